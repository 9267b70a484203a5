/*
 * What java.io.DataInput, UTF8, Text and WritableUtils read, from bytes at hand.
 *
 * Errors stick: after the first one everything reads as zero or absent, so that a message can be
 * read straight through and asked once at its end.
 */
#ifndef RPC_WIRE_DATA_INPUT_H
#define RPC_WIRE_DATA_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "rpc/wire/wire.h"

struct wire_data_input {
    const uint8_t *at, *end;
    struct arena *arena; /* borrowed; for texts that are not UTF-8 as they stand; NULL:
                          * these are left as they are */
    char *problem;       /* WIRE_PROBLEM_MAX bytes */
    /* RPC_OK; RPC_END: an EOFException; RPC_MALFORMED: another IOException; RPC_BAD_VALUE: a
     * NegativeArraySizeException; RPC_NO_MEMORY. */
    enum rpc_status status;
    struct wire_bytes no_utf8; /* the first UTF8 that is none, as it stands */
};

/* `problem` is emptied. */
struct wire_data_input wire_data_input(struct wire_bytes bytes, struct arena *arena, char *problem);

bool wire_data_boolean(struct wire_data_input *in);
int32_t wire_data_int32(struct wire_data_input *in);
int64_t wire_data_int64(struct wire_data_input *in);

/* Texts are given as UTF-8, in the bytes or in the arena. */

struct wire_bytes wire_data_utf8(struct wire_data_input *in);   /* UTF8.readString */
struct wire_bytes wire_data_utf(struct wire_data_input *in);    /* DataInput.readUTF */
struct wire_bytes wire_data_text(struct wire_data_input *in);   /* Text.readString */
struct wire_bytes wire_data_string(struct wire_data_input *in); /* WritableUtils.readString;
                                                                 * -1 is absent */
/* All that is left. */
struct wire_bytes wire_data_rest(struct wire_data_input *in);

#endif
