#include "rpc/wire/kinds.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void call(struct wire_kinds *kinds, int32_t id, int rpc_kind)
{
    struct wire_message message = wire_message(WIRE_REQUEST);
    message.call_id = id;
    message.rpc_kind = rpc_kind;
    wire_kinds_pass(kinds, wire_codec(9), &message);
    cr_assert(eq(int, message.rpc_kind, rpc_kind));
}

static int reply(struct wire_kinds *kinds, int32_t id)
{
    struct wire_message message = wire_message(WIRE_RESPONSE);
    message.call_id = id;
    message.rpc_kind = WIRE_NUMBER_ABSENT;
    wire_kinds_pass(kinds, wire_codec(9), &message);
    return message.rpc_kind;
}

Test(kinds, a_reply_is_of_the_kind_of_its_call_in_whatever_order)
{
    struct wire_kinds kinds = {0};
    call(&kinds, 0, WIRE_KIND_WRITABLE);
    call(&kinds, 1, WIRE_KIND_PROTOBUF);
    call(&kinds, 2, WIRE_KIND_BUILTIN);
    call(&kinds, 3, WIRE_KIND_WRITABLE);
    cr_assert(eq(int, reply(&kinds, 3), WIRE_KIND_WRITABLE));
    cr_assert(eq(int, reply(&kinds, 1), WIRE_KIND_PROTOBUF));
    cr_assert(eq(int, reply(&kinds, 0), WIRE_KIND_WRITABLE));
    cr_assert(eq(int, reply(&kinds, 2), WIRE_KIND_BUILTIN));
    cr_assert(zero(ulong, kinds.count));
    wire_kinds_release(&kinds);
}

Test(kinds, a_call_is_forgotten_when_its_reply_has_passed)
{
    struct wire_kinds kinds = {0};
    call(&kinds, 7, WIRE_KIND_WRITABLE);
    cr_assert(eq(int, reply(&kinds, 7), WIRE_KIND_WRITABLE));
    cr_assert(eq(int, reply(&kinds, 7), WIRE_KIND_PROTOBUF));
    wire_kinds_release(&kinds);
}

Test(kinds, the_last_call_of_an_id_counts)
{
    struct wire_kinds kinds = {0};
    call(&kinds, 7, WIRE_KIND_WRITABLE);
    call(&kinds, 7, WIRE_KIND_WRITABLE);
    cr_assert(eq(ulong, kinds.count, (size_t)1));
    call(&kinds, 7, WIRE_KIND_PROTOBUF);
    cr_assert(eq(int, reply(&kinds, 7), WIRE_KIND_PROTOBUF));
    wire_kinds_release(&kinds);
}

Test(kinds, of_too_many_calls_the_oldest_is_forgotten)
{
    struct wire_kinds kinds = {0};
    for (int32_t id = 0; id <= WIRE_KINDS_MAX; id++)
        call(&kinds, id, WIRE_KIND_WRITABLE);
    cr_assert(eq(ulong, kinds.count, (size_t)WIRE_KINDS_MAX));
    cr_assert(eq(int, reply(&kinds, 0), WIRE_KIND_PROTOBUF));
    cr_assert(eq(int, reply(&kinds, 1), WIRE_KIND_WRITABLE));
    cr_assert(eq(int, reply(&kinds, WIRE_KINDS_MAX), WIRE_KIND_WRITABLE));
    wire_kinds_release(&kinds);
}

Test(kinds, calls_of_protobuf_take_no_memory_and_other_messages_stay_as_they_are)
{
    struct wire_kinds kinds = {0};
    struct wire_message ping = wire_message(WIRE_PING), old = wire_codec(4)->message(WIRE_REQUEST);
    for (int32_t id = 0; id < 100; id++)
        call(&kinds, id, WIRE_KIND_PROTOBUF);
    wire_kinds_pass(&kinds, wire_codec(9), &ping);
    wire_kinds_pass(&kinds, wire_codec(4), &old);
    cr_assert(eq(int, ping.rpc_kind, WIRE_KIND_PROTOBUF));
    cr_assert(zero(ulong, kinds.room));
}
