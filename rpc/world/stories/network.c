#include <string.h>

#include "rpc/world/stories/story.h"

/* --- SYNs that a fault takes --- */

struct thief {
    unsigned visits, takes;
    uint64_t at_ns[16];
    enum point_effect effect;
    uint64_t by_ns;
};

static bool judge(void *owner, const struct point_event *event, enum point_effect effect,
                  struct point_strike *strike)
{
    struct thief *thief = owner;
    if (effect != thief->effect)
        return false;
    thief->at_ns[thief->visits & 15] = event->at_ns;
    strike->by_ns = thief->by_ns;
    return thief->visits++ < thief->takes;
}

static void lost_syns_come_late(struct story *story)
{
    struct thief thief = {.takes = 2, .effect = EFFECT_DROP};
    struct world_listener *listener = story_listen(story, 8);
    point_arm(POINT_NET_SYN, EFFECT_DROP, judge, &thief);
    uint64_t began_ns = world_now(story->world);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, world_connected(client), RPC_AGAIN);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    uint64_t took_ns = world_now(story->world) - began_ns;
    EXPECT(story, took_ns >= 3 * WORLD_SEC && took_ns < 10 * WORLD_SEC);
    EXPECT(story, thief.visits == 3);
    EXPECT(story, thief.at_ns[1] - began_ns >= WORLD_SEC);
    struct world_stream *server = story_accept(story, listener);
    if (server != NULL)
        EXPECT(story, server->connection == client->connection);
    point_arm(POINT_NET_SYN, EFFECT_DROP, NULL, NULL);
    story_pair_close(&(struct story_pair){listener, client, server});
}

struct attempt {
    struct world_watch watch;
    unsigned ended;
};

static void attempt_ended(struct world_watch *watch)
{
    struct attempt *attempt = world_container(watch, struct attempt, watch);
    attempt->ended = 1;
    world_watch_stop(watch);
    world_stop(watch->executor->world);
}

/* Sleep through whatever it takes. */
static void await(struct story *story, struct world_stream *stream)
{
    struct attempt attempt = {.ended = 0};
    world_watch_init(&story->client, &attempt.watch, stream, WORLD_WRITE, attempt_ended);
    world_watch_start(&attempt.watch);
    while (attempt.ended == 0 && world_run(story->world, WORLD_NEVER) == WORLD_STOPPED)
        continue;
    world_watch_release(&attempt.watch);
}

static void syns_are_given_up(struct story *story)
{
    static const uint64_t seconds[] = {0, 1, 3, 7, 15, 31, 63};
    struct thief thief = {.takes = 100, .effect = EFFECT_DROP};
    struct world_listener *listener = story_listen(story, 8);
    point_arm(POINT_NET_SYN, EFFECT_DROP, judge, &thief);
    uint64_t began_ns = world_now(story->world);
    struct world_stream *client = story_connect(story, listener->address);
    await(story, client);
    EXPECT_STATUS(story, world_connected(client), RPC_TIMED_OUT);
    uint64_t took_ns = world_now(story->world) - began_ns;
    EXPECT(story, took_ns >= 127 * WORLD_SEC && took_ns < 140 * WORLD_SEC);
    EXPECT(story, thief.visits == 7);
    for (unsigned index = 0; index < 7 && !story->live; index++)
        EXPECT(story, thief.at_ns[index] == began_ns + seconds[index] * WORLD_SEC);
    point_arm(POINT_NET_SYN, EFFECT_DROP, NULL, NULL);
    story_pair_close(&(struct story_pair){listener, client, NULL});
}

static void a_syn_is_delayed(struct story *story)
{
    struct thief thief = {.takes = 1, .effect = EFFECT_DELAY, .by_ns = 300 * WORLD_MS};
    struct world_listener *listener = story_listen(story, 8);
    point_arm(POINT_NET_SYN, EFFECT_DELAY, judge, &thief);
    uint64_t began_ns = world_now(story->world);
    struct world_stream *client = story_connect(story, listener->address);
    EXPECT_STATUS(story, story_connected(story, client), RPC_OK);
    EXPECT(story, world_now(story->world) - began_ns >= 300 * WORLD_MS);
    point_arm(POINT_NET_SYN, EFFECT_DELAY, NULL, NULL);
    story_pair_close(&(struct story_pair){listener, client, NULL});
}

static void an_attempt_is_closed_between_two_syns(struct story *story)
{
    struct thief thief = {.takes = 100, .effect = EFFECT_DROP};
    struct world_listener *listener = story_listen(story, 8);
    point_arm(POINT_NET_SYN, EFFECT_DROP, judge, &thief);
    struct world_stream *client = story_connect(story, listener->address);
    story_pass(story, 4 * WORLD_SEC);
    unsigned visits = thief.visits;
    EXPECT(story, visits == 3);
    world_close(client);
    story_pass(story, 20 * WORLD_SEC);
    EXPECT(story, thief.visits == visits);
    point_arm(POINT_NET_SYN, EFFECT_DROP, NULL, NULL);
    world_listener_close(listener);
}

/* --- what is told of it --- */

struct ear {
    struct world_tracer tracer;
    unsigned seen[POINT_COUNT], streams, lanes;
    uint64_t bytes;
    bool wrong;
};

static void hear(struct world_tracer *tracer, const struct point_event *event)
{
    struct ear *ear = world_container(tracer, struct ear, tracer);
    ear->seen[event->point]++;
    ear->wrong |= event->connection == 0 || event->host == 0 || event->at_ns == 0;
    if (event->point == POINT_NET_SEGMENT && event->direction == DIRECTION_C2S)
        ear->bytes += (uint64_t)event->values[0].number;
}

static bool hold_nobody(struct world_tracer *tracer, const struct point_event *event,
                        struct world_executor *executor, struct world_task *step)
{
    (void)tracer, (void)event, (void)executor, (void)step;
    return false;
}

static void count_stream(struct world_tracer *tracer, struct world_stream *stream)
{
    (void)stream;
    world_container(tracer, struct ear, tracer)->streams++;
}

static void count_lane(struct world_tracer *tracer, uint32_t lane, const char *name,
                       struct world_host *host)
{
    (void)lane, (void)name, (void)host;
    world_container(tracer, struct ear, tracer)->lanes++;
}

static const struct world_tracer_ops ear_ops = {hear, hold_nobody, count_stream, count_lane};

static void the_network_tells(struct story *story)
{
    struct ear ear = {.tracer.ops = &ear_ops};
    struct world_executor lane;
    story_settle(story);
    story->world->tracer = &ear.tracer;
    world_executor_init(story->world, &lane, story->near_host, "lane", &story->client);
    EXPECT(story, ear.lanes == 1);
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT(story, ear.streams == 2);
    EXPECT(story, ear.seen[POINT_NET_SYN] == 1);
    EXPECT_STATUS(story, story_write(story, pair.client, "hello", 5), RPC_OK);
    story_reads(story, pair.server, "hello");
    EXPECT(story, ear.seen[POINT_NET_SEGMENT] >= 1 && ear.bytes == 5);
    world_shutdown(pair.client);
    story_settle(story);
    EXPECT(story, ear.seen[POINT_NET_FIN] == 1);
    EXPECT(story, ear.seen[POINT_NET_RST] == 0);
    world_reset(pair.server);
    pair.server = NULL;
    story_settle(story);
    EXPECT(story, ear.seen[POINT_NET_RST] == 1);
    EXPECT(story, ear.seen[POINT_NET_FIN] == 1);
    EXPECT(story, !ear.wrong);
    story_pair_close(&pair);
    world_executor_release(&lane);
    story->world->tracer = NULL;
}

/* --- filters --- */

struct upper {
    struct world_filter filter;
    unsigned reads, writes, shutdowns, closes;
};

static enum rpc_status upper_read(struct world_filter *filter, struct world_stream *stream,
                                  void *buffer, size_t size, size_t *got)
{
    struct upper *upper = world_container(filter, struct upper, filter);
    char *bytes = buffer;
    upper->reads++;
    enum rpc_status status = world_raw_read(stream, buffer, size, got);
    for (size_t at = 0; at < *got; at++)
        bytes[at] = bytes[at] >= 'a' && bytes[at] <= 'z' ? (char)(bytes[at] - 32) : bytes[at];
    return status;
}

static enum rpc_status upper_writev(struct world_filter *filter, struct world_stream *stream,
                                    const struct iovec *parts, int count, size_t *accepted)
{
    world_container(filter, struct upper, filter)->writes++;
    return world_raw_writev(stream, parts, count, accepted);
}

static void upper_shutdown(struct world_filter *filter, struct world_stream *stream)
{
    world_container(filter, struct upper, filter)->shutdowns++;
    world_raw_shutdown(stream);
}

static void upper_close(struct world_filter *filter, struct world_stream *stream, bool reset)
{
    world_container(filter, struct upper, filter)->closes++;
    world_raw_close(stream, reset);
}

static const struct world_filter_ops upper_ops = {upper_read, upper_writev, upper_shutdown,
                                                  upper_close};

static void a_filter_stands_between(struct story *story)
{
    struct upper upper = {.filter.ops = &upper_ops};
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    pair.server->filter = &upper.filter;
    EXPECT_STATUS(story, story_write(story, pair.client, "loud", 4), RPC_OK);
    story_reads(story, pair.server, "LOUD");
    EXPECT_STATUS(story, story_write(story, pair.server, "soft", 4), RPC_OK);
    story_reads(story, pair.client, "soft");
    world_shutdown(pair.server);
    story_pair_close(&pair);
    EXPECT(story, upper.reads >= 1 && upper.writes >= 1);
    EXPECT(story, upper.shutdowns == 1 && upper.closes == 1);
}

struct looker {
    struct world_watch watch;
    unsigned count, most;
};

static void look(struct world_watch *watch)
{
    struct looker *looker = world_container(watch, struct looker, watch);
    if (++looker->count < looker->most)
        return;
    watch->stream->readiness[watch->direction] = WORLD_AS_BENEATH;
    world_stop(watch->executor->world);
}

static void a_filter_speaks_for_readiness(struct story *story)
{
    struct looker looker = {.most = 1000};
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_watch_init(&story->server, &looker.watch, pair.server, WORLD_READ, look);
    world_watch_start(&looker.watch);
    pair.server->readiness[WORLD_READ] = WORLD_NOT_READY;
    EXPECT_STATUS(story, story_write(story, pair.client, "held", 4), RPC_OK);
    story_settle(story);
    EXPECT(story, looker.count <= 1); /* readiness may be spurious, but no level */
    world_watch_stop(&looker.watch);
    char text[4];
    size_t got = 0;
    EXPECT_STATUS(story, world_raw_read(pair.server, text, sizeof(text), &got), RPC_OK);
    world_watch_start(&looker.watch);
    story_settle(story);
    EXPECT(story, looker.count <= 1);
    unsigned before = looker.count;
    looker.most = before + 5;
    pair.server->readiness[WORLD_READ] = WORLD_READY;
    world_wake(pair.server, WORLD_READ);
    story_settle(story);
    EXPECT(story, looker.count == before + 5); /* as long as it was ready */
    world_watch_release(&looker.watch);
    story_pair_close(&pair);
}

static void a_filter_lets_readiness_through_again(struct story *story)
{
    struct looker looker = {.most = 3};
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    world_watch_init(&story->server, &looker.watch, pair.server, WORLD_WRITE, look);
    pair.server->readiness[WORLD_WRITE] = WORLD_NOT_READY;
    world_watch_start(&looker.watch);
    story_settle(story);
    EXPECT(story, looker.count == 0);
    pair.server->readiness[WORLD_WRITE] = WORLD_AS_BENEATH;
    world_wake(pair.server, WORLD_WRITE);
    EXPECT(story, story_until(story, &looker.count, 3));
    world_watch_release(&looker.watch);
    story_pair_close(&pair);
}

/* --- what no kernel of ours can do --- */

static void live_has_no_network_of_its_own(struct story *story)
{
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.latency_ns = 1}),
                  RPC_UNSUPPORTED);
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.give_up_ns = 1}),
                  RPC_UNSUPPORTED);
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.buffer = 65536}), RPC_OK);
    EXPECT_STATUS(story, world_partition(story->near_host, NULL, true), RPC_UNSUPPORTED);
}

static void a_latency_is_one_way(struct story *story)
{
    struct story_pair pair;
    EXPECT_STATUS(story, world_net(story->world, &(struct world_net){.latency_ns = WORLD_SEC}),
                  RPC_OK);
    uint64_t began_ns = world_now(story->world);
    if (!story_pair_open(story, &pair))
        return;
    EXPECT(story, world_now(story->world) - began_ns >= 3 * WORLD_SEC); /* SYN, its ACK, ACK */
    began_ns = world_now(story->world);
    EXPECT_STATUS(story, story_write(story, pair.client, "slow", 4), RPC_OK);
    story_reads(story, pair.server, "slow");
    EXPECT(story, world_now(story->world) - began_ns >= WORLD_SEC);
    EXPECT(story, world_now(story->world) - began_ns < 2 * WORLD_SEC);
    story_pair_close(&pair);
}

static void a_host_that_is_not_there(struct story *story)
{
    struct world_address nobody = {.ip = story->far_host->ip + 100, .port = 8020};
    uint64_t began_ns = world_now(story->world);
    struct world_stream *stream = story_connect(story, nobody);
    await(story, stream);
    EXPECT_STATUS(story, world_connected(stream), RPC_TIMED_OUT);
    EXPECT(story, world_now(story->world) - began_ns >= 127 * WORLD_SEC);
    world_close(stream);
}

static void a_partition_makes_bytes_late(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, world_partition(story->near_host, story->far_host, true), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "late", 4), RPC_OK);
    EXPECT(story, !story_ready(story, pair.server, WORLD_READ, 10 * WORLD_SEC));
    EXPECT_STATUS(story, world_partition(story->near_host, story->far_host, false), RPC_OK);
    EXPECT(story, story_ready(story, pair.server, WORLD_READ, 120 * WORLD_SEC));
    story_reads(story, pair.server, "late");
    story_pair_close(&pair);
}

static void a_partition_breaks_what_waits_too_long(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, world_partition(story->near_host, NULL, true), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "lost", 4), RPC_OK);
    EXPECT(story, story_ready(story, pair.client, WORLD_READ, 1000 * WORLD_SEC));
    EXPECT_STATUS(story, story_read_to_end(story, pair.client), RPC_TIMED_OUT);
    /* The other end knows nothing of it. */
    EXPECT(story, !story_ready(story, pair.server, WORLD_READ, 10 * WORLD_SEC));
    EXPECT_STATUS(story, world_partition(story->near_host, NULL, false), RPC_OK);
    story_pair_close(&pair);
    story_pass(story, 1000 * WORLD_SEC);
}

static void an_idle_connection_survives_a_partition(struct story *story)
{
    struct story_pair pair;
    if (!story_pair_open(story, &pair))
        return;
    EXPECT_STATUS(story, world_partition(story->near_host, story->far_host, true), RPC_OK);
    story_pass(story, 7200 * WORLD_SEC);
    EXPECT_STATUS(story, world_partition(story->near_host, story->far_host, false), RPC_OK);
    EXPECT_STATUS(story, story_write(story, pair.client, "hello", 5), RPC_OK);
    story_reads(story, pair.server, "hello");
    story_pair_close(&pair);
}

static const struct story_claim claims[] = {
    STORY_FAST("a lost SYN is sent again after one, then two seconds", lost_syns_come_late, 20),
    STORY_FAST("a connection is given up after 127 seconds", syns_are_given_up, 100),
    STORY("a SYN can be delayed", a_syn_is_delayed),
    STORY_FAST("an attempt can be closed between two SYNs", an_attempt_is_closed_between_two_syns,
               100),
    STORY("the network tells what it carries", the_network_tells),
    STORY("a filter stands between a stack and its stream", a_filter_stands_between),
    STORY("a filter speaks for its stream's readiness", a_filter_speaks_for_readiness),
    STORY("a filter lets readiness through again", a_filter_lets_readiness_through_again),
    STORY_LIVE_ONLY("live has no network of its own", live_has_no_network_of_its_own),
    STORY_SIM_ONLY("a latency is one way", a_latency_is_one_way),
    STORY_SIM_ONLY("a host that is not there never answers", a_host_that_is_not_there),
    STORY_SIM_ONLY("a partition makes bytes late", a_partition_makes_bytes_late),
    STORY_SIM_ONLY("a partition breaks what waits too long",
                   a_partition_breaks_what_waits_too_long),
    STORY_SIM_ONLY("an idle connection survives a partition",
                   an_idle_connection_survives_a_partition),
};

const struct story_chapter story_network = {"network", claims, sizeof(claims) / sizeof(claims[0])};
