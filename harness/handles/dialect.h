/*
 * Messages of the wire as tables of a script: { "response", call = request, status = "FATAL" }.
 *
 * What a table leaves out is as a good peer says it; a dialect remembers what that needs:
 * who speaks, as whom, and which method and of which RPC kind each call id was for.
 */
#ifndef HARNESS_HANDLES_DIALECT_H
#define HARNESS_HANDLES_DIALECT_H

#include <lua.h>

#include "rpc/wire/kinds.h"

enum { HARNESS_DIALECT_TEXT_MAX = 128 };

struct harness_dialect {
    const struct wire_codec *codec; /* borrowed; the case's release's */
    enum wire_side speaks;          /* to whom */
    bool writables;                 /* what requests are made of, where they don't say it */
    struct wire_kinds kinds;        /* owned; of the calls said or heard */
    char protocol[HARNESS_DIALECT_TEXT_MAX], user[HARNESS_DIALECT_TEXT_MAX];
    uint64_t protocol_version;
    uint8_t client_id[16];
    int32_t next_call_id;
};

/* Append the bytes of what stands at `index`: a string as it is, or a message's table; any
 * mistake in it is a Lua error. */
void harness_dialect_encode(lua_State *L, int index, struct harness_dialect *dialect,
                            struct wire_buffer *out);

/* Push the table of a decoded message.  What does not decode stays a string of bytes. */
void harness_dialect_push(lua_State *L, struct harness_dialect *dialect,
                          struct wire_message *message, struct arena *arena);

/* "request", and back (false: there is no such kind). */
const char *harness_kind_name(enum wire_kind kind);

#endif
