#include "rpc/wire/kinds.h"

#include <stdlib.h>
#include <string.h>

struct wire_kinds_call {
    int32_t id;
    int rpc_kind;
};

/* Its place; the end when it is not known. */
static size_t find(const struct wire_kinds *kinds, int32_t id)
{
    size_t i = 0;
    while (i < kinds->count && kinds->calls[i].id != id)
        i++;
    return i;
}

static void forget(struct wire_kinds *kinds, int32_t id)
{
    size_t place = find(kinds, id);
    if (place == kinds->count)
        return;
    kinds->count--;
    memmove(kinds->calls + place, kinds->calls + place + 1,
            (kinds->count - place) * sizeof(*kinds->calls));
}

int wire_kinds_of(const struct wire_kinds *kinds, int32_t call_id)
{
    size_t place = find(kinds, call_id);
    return place < kinds->count ? kinds->calls[place].rpc_kind : WIRE_KIND_PROTOBUF;
}

static bool make_room(struct wire_kinds *kinds)
{
    enum { FIRST_ROOM = 8 };
    if (kinds->count == WIRE_KINDS_MAX)
        forget(kinds, kinds->calls[0].id);
    if (kinds->count < kinds->room)
        return true;
    size_t room = kinds->room == 0 ? FIRST_ROOM : 2 * kinds->room;
    struct wire_kinds_call *grown = realloc(kinds->calls, room * sizeof(*grown));
    if (grown == NULL)
        return false;
    kinds->calls = grown;
    kinds->room = room;
    return true;
}

static void put(struct wire_kinds *kinds, int32_t id, int rpc_kind)
{
    bool told = rpc_kind == WIRE_KIND_WRITABLE || rpc_kind == WIRE_KIND_BUILTIN;
    forget(kinds, id);
    if (told && make_room(kinds))
        kinds->calls[kinds->count++] = (struct wire_kinds_call){id, rpc_kind};
}

void wire_kinds_pass(struct wire_kinds *kinds, const struct wire_codec *codec,
                     struct wire_message *message)
{
    if (!codec->protobuf_headers)
        return;
    if (message->kind == WIRE_REQUEST) {
        put(kinds, message->call_id, message->rpc_kind);
    } else if (message->kind == WIRE_RESPONSE) {
        message->rpc_kind = wire_kinds_of(kinds, message->call_id);
        forget(kinds, message->call_id);
    }
}

void wire_kinds_release(struct wire_kinds *kinds)
{
    free(kinds->calls);
    *kinds = (struct wire_kinds){0};
}
