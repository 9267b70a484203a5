/* From request to reply. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

Test(call, an_echo_comes_back_with_its_id_at_the_same_instant)
{
    rig_begin(NULL);
    unsigned peer = rig_open();
    rig_call(peer, 7, "echo", "hi");
    rig_hear(peer);
    const struct rig_reply *reply = rig_reply(peer, 7);
    cr_assert(eq(int, (int)reply->status, WIRE_SUCCESS));
    cr_assert(eq(ulong, reply->length, 2ul));
    cr_assert(eq(int, reply->first, 'h'));
    cr_assert(eq(ulong, reply->client_id_length, 16ul));
    cr_assert(eq(ulong, reply->at_ns, 0ul));
    cr_assert(eq(ulong, rig_counters().executions, 1ul));
    cr_assert(eq(ulong, rig_counters().open_connections, 1ul));
    rig_end();
}
