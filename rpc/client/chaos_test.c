#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/client/stage.h"

/* Chance without a stream, for the test's own decisions. */
static uint32_t draw(uint64_t seed, uint32_t ordinal, uint32_t max)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u + ordinal * 0xbf58476d1ce4e5b9u;
    x ^= x >> 31;
    x *= 0x94d049bb133111ebu;
    x ^= x >> 29;
    return (uint32_t)(x % (max + 1u));
}

static void misbehave(struct stage *stage, uint64_t seed, uint32_t ordinal)
{
    size_t last = stage->link_count;
    if (last == 0)
        return;
    size_t link = last - 1 - (last > 1 ? draw(seed, ordinal, 1) : 0);
    switch (draw(seed, ordinal + 1, 9)) {
    case 0:
        stage_close(stage, link, false);
        break;
    case 1:
        stage_close(stage, link, true);
        break;
    case 2:
        stage_send(stage, link, "\0\0\0", 3);
        break;
    case 3:
        stage_reply_error(stage, link, 0, WIRE_FATAL, "a.B", "no more");
        break;
    case 4:
        stage_unlisten(stage);
        break;
    case 5:
        if (stage->listener == NULL)
            stage_listen(stage);
        break;
    case 6:
        if (stage->call_count > 0)
            client_call_interrupt(stage->calls[stage->call_count - 1].call);
        break;
    default:
        break;
    }
}

static uint64_t play(enum release_id release, uint64_t seed)
{
    struct stage *stage = stage_create_rough(release, seed);
    stage->remote.rpc_timeout_ms = 3000;
    stage->settings.value[SETTING_PING_INTERVAL] = 1000;
    stage->settings.value[SETTING_MAX_IDLE] = 500;
    stage->settings.value[SETTING_CONNECT_RETRY_INTERVAL] = 100;
    stage->echoes = true;
    stage_start(stage);
    for (uint32_t i = 0; i < 50; i++) {
        for (uint32_t n = draw(seed, 100 + i, 4); n > 0; n--)
            stage_call(stage, "hi");
        misbehave(stage, seed, 1000 + 10 * i);
        stage_until(stage, stage_now_ms(stage) + 1 + draw(seed, 300 + i, 700));
    }
    if (stage->listener == NULL)
        stage_listen(stage);
    stage_until(stage, stage_now_ms(stage) + 60000);
    if (release == RELEASE_0_20) { /* which has no rpc time-out */
        stage_stop(stage);
        stage_until(stage, stage_now_ms(stage) + 61000);
    }
    for (size_t i = 0; i < stage->call_count; i++) {
        const struct stage_call *call = &stage->calls[i];
        if (!call->done)
            fprintf(stderr, "%u/%u: call %zu is pending: %s\n", (unsigned)release, (unsigned)seed,
                    i, client_call_doing(call->call));
        cr_assert(call->done);
        if (call->outcome->ending == CLIENT_VALUE)
            cr_assert(stage_returned(call, "hi", call->at_ms));
    }
    struct client_connection_view view = {0};
    if (client_connections(stage->client, &view, 1) > 0)
        fprintf(stderr, "%u/%u: connection %u is %s, its receiver %s, %zu calls\n",
                (unsigned)release, (unsigned)seed, view.connection, view.state, view.doing,
                view.calls);
    cr_assert(eq(sz, client_connections(stage->client, NULL, 0), 0));
    stage_stop(stage);
    stage_until(stage, stage_now_ms(stage) + 61000);
    cr_assert(ne(u64, stage->stopped_ms, UINT64_MAX));
    uint64_t hash = world_hash(stage->world);
    stage_free(stage);
    return hash;
}

/* CC-01, CC-13 */
Test(chaos, ends_every_call_once_whatever_the_server_does)
{
    for (uint64_t seed = 1; seed <= 150; seed++)
        STAGE_EACH_RELEASE(release)
        {
            play(release, seed);
        }
}

Test(chaos, is_the_same_chaos_for_the_same_seed)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        STAGE_EACH_RELEASE(release)
        {
            cr_assert(eq(u64, play(release, seed), play(release, seed)));
            cr_assert(ne(u64, play(release, seed), play(release, seed + 1)));
        }
}
