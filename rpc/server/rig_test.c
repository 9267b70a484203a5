#include "rpc/server/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/wire/writable.h"
#include "rpc/world/sim/sim.h"

struct world *rig_world;
struct server *rig_server;
struct rig_peer rig_peers[RIG_PEERS_MAX];
struct rig_event rig_events[RIG_EVENTS_MAX];
size_t rig_event_count;

static unsigned peer_count;
static const struct wire_codec *codec;
static bool written;
static struct world_host *peer_host;
static struct world_executor script;
static struct release_settings settings;
static const struct release *release_of_rig;
static uint32_t lateness_ms;

static void is(enum rpc_status status, enum rpc_status expected)
{
    cr_assert(eq(int, (int)status, (int)expected));
}

/* --- the tracer: events, one hold ---------------------------------------------------- */

static enum point held_point;
static enum point meanwhile_point;
static void (*meanwhile)(void);
static struct world_executor *held[64];
static unsigned held_count;

static void on_event(struct world_tracer *tracer, const struct point_event *event)
{
    (void)tracer;
    if (meanwhile != NULL && event->point == meanwhile_point) {
        void (*then)(void) = meanwhile;
        meanwhile = NULL;
        then();
    }
    if (rig_event_count == RIG_EVENTS_MAX)
        return;
    struct rig_event *seen = &rig_events[rig_event_count++];
    *seen = (struct rig_event){.point = event->point,
                               .at_ns = event->at_ns,
                               .connection = event->connection,
                               .lane = event->lane,
                               .call_id = event->call_id};
    for (size_t i = 0; i < event->value_count; i++) {
        seen->values[event->values[i].field] = event->values[i].number;
        if (event->values[i].text != NULL)
            strncpy(seen->text, event->values[i].text, sizeof(seen->text) - 1);
    }
}

static bool on_held(struct world_tracer *tracer, const struct point_event *event,
                    struct world_executor *executor, struct world_task *step)
{
    (void)tracer;
    if (held_point != event->point || held_count == 64)
        return false;
    held[held_count++] = executor;
    world_stand(executor, step);
    return true;
}

static void on_stream(struct world_tracer *tracer, struct world_stream *stream)
{
    (void)tracer, (void)stream;
}

static void on_lane(struct world_tracer *tracer, uint32_t lane, const char *name,
                    struct world_host *host)
{
    (void)tracer, (void)lane, (void)name, (void)host;
}

static const struct world_tracer_ops tracer_ops = {on_event, on_held, on_stream, on_lane};
static struct world_tracer tracer = {&tracer_ops};

void rig_hold(enum point point)
{
    held_point = point;
    held_count = 0;
    point_hold_guard(point, 1);
}

unsigned rig_held(void)
{
    return held_count;
}

void rig_release(void)
{
    point_hold_guard(held_point, -1);
    held_point = POINT_COUNT;
    for (unsigned i = 0; i < held_count; i++)
        world_resume(held[i]);
}

size_t rig_count(enum point point)
{
    size_t count = 0;
    for (size_t i = 0; i < rig_event_count; i++)
        count += rig_events[i].point == point;
    return count;
}

const struct rig_event *rig_nth(enum point point, size_t n)
{
    for (size_t i = 0; i < rig_event_count; i++)
        if (rig_events[i].point == point && n-- == 0)
            return &rig_events[i];
    cr_assert(false, "no such event of %s", point_name(point));
    abort();
}

/* --- one fault ----------------------------------------------------------------------- */

static struct point_strike fault_strike;
static unsigned fault_times, fault_strikes;

static bool judge(void *owner, const struct point_event *event, enum point_effect effect,
                  struct point_strike *strike)
{
    (void)owner, (void)event;
    if (fault_strikes == fault_times || effect != fault_strike.effect)
        return false;
    fault_strikes++;
    *strike = fault_strike;
    return true;
}

void rig_fault(enum point point, const struct point_strike *strike, unsigned times)
{
    fault_strike = *strike;
    fault_times = times;
    fault_strikes = 0;
    point_arm(point, strike->effect, times > 0 ? judge : NULL, NULL);
}

unsigned rig_strikes(void)
{
    return fault_strikes;
}

static uint32_t draw(void *owner, enum world_site site, uint32_t entity, uint32_t ordinal,
                     uint32_t max, uint32_t drawn)
{
    (void)owner, (void)entity, (void)ordinal, (void)max;
    return site == SITE_SERVER_SELECT ? lateness_ms : drawn;
}

void rig_lateness(uint32_t ms)
{
    lateness_ms = ms;
    rig_world->draw = draw;
}

static bool has_writables(void)
{
    return written || codec->version < 9;
}

static bool nobody(void *owner, struct wire_bytes user, struct wire_bytes protocol)
{
    (void)owner, (void)user, (void)protocol;
    return false;
}

/* --- life ---------------------------------------------------------------------------- */

const char *rig_release_after(const char *release, const char *last)
{
    if (strcmp(release, last) == 0)
        return NULL;
    return release_get(release_by_name(release)->id + 1)->name;
}

/* A test that has failed has not come to rig_end. */
static void tell_where(void)
{
    if (rig_world != NULL)
        fprintf(stderr, "This was a server of release %s.\n", release_of_rig->name);
}

/* Keeps the clock going where nothing else is due. */
static void tick(struct world_timer *timer)
{
    (void)timer;
}

void rig_run_deaf(uint64_t ms)
{
    struct world_timer timer;

    cr_assert(ms * WORLD_MS >= world_now(rig_world));
    world_timer_init(&script, &timer, tick);
    world_timer_start(&timer, ms * WORLD_MS);
    world_run(rig_world, ms * WORLD_MS);
    world_timer_release(&timer);
}

void rig_settle(void)
{
    world_run(rig_world, world_now(rig_world));
}

void rig_run(uint64_t ms)
{
    /* To the reader of a reply its time matters: stop at each instant at which something is. */
    while (world_now(rig_world) < ms * WORLD_MS) {
        rig_run_deaf(world_now(rig_world) / WORLD_MS + 1);
        for (unsigned i = 0; i < peer_count; i++)
            rig_read(i);
        rig_settle();
    }
    rig_settle();
    for (unsigned i = 0; i < peer_count; i++)
        rig_read(i);
}

void rig_begin(const struct rig_options *given)
{
    static const struct rig_options none;
    const struct rig_options *options = given != NULL ? given : &none;
    const struct release *release =
        release_by_name(options->release != NULL ? options->release : "3.4");

    if (release_of_rig == NULL)
        atexit(tell_where);
    release_of_rig = release;
    written = options->writable;
    codec = wire_codec((int)release->ipc_version);
    point_init();
    held_point = POINT_COUNT;
    meanwhile = NULL;
    rig_world = sim_create(&(struct sim_options){.seed = options->seed > 0 ? options->seed : 1,
                                                 .rough = options->rough});
    rig_world->tracer = &tracer;
    if (options->buffer > 0)
        is(world_net(rig_world,
                     &(struct world_net){.buffer = options->buffer, .give_up_ns = 924 * WORLD_SEC}),
           RPC_OK);
    peer_host = world_host(rig_world, "client1");
    release_defaults(release, &settings);
    for (size_t i = 0; i < options->setting_count; i++)
        is(release_set(release, &settings, options->settings[i].setting,
                       options->settings[i].value),
           RPC_OK);
    if (options->no_idle_key)
        release_unset(release, &settings, SETTING_MAX_IDLE);
    struct server_config config = {.release = release,
                                   .settings = &settings,
                                   .host = world_host(rig_world, "server1"),
                                   .handlers = options->handlers,
                                   .queue = options->queue,
                                   .requires_sasl = options->requires_sasl,
                                   .thread_each = options->thread_each,
                                   .authorize = options->acl ? nobody : NULL};
    is(server_create(rig_world, &config, &rig_server), RPC_OK);
    world_executor_init(rig_world, &script, peer_host, "script", server_executor(rig_server));
    rig_protocol_begin(&script, has_writables());
    if (!options->not_started)
        server_start(rig_server);
    rig_settle();
}

unsigned rig_meet(const char *release)
{
    rig_begin(&(struct rig_options){.release = release});
    unsigned peer = rig_open();
    rig_settle();
    return peer;
}

static unsigned stops_done;

static void count_done(struct world_task *task)
{
    (void)task;
    stops_done++;
}

void rig_meanwhile(enum point point, void (*then)(void))
{
    meanwhile_point = point;
    meanwhile = then;
}

void rig_stop(void)
{
    static struct world_task done = {.run = count_done};
    server_stop(rig_server, server_executor(rig_server), &done);
    rig_settle();
}

unsigned rig_stops_done(void)
{
    return stops_done;
}

void rig_quit(void)
{
    server_kill(rig_server);
    rig_end();
}

void rig_end(void)
{
    server_stop(rig_server, NULL, NULL);
    for (int i = 0; i < 60 && server_connections(rig_server, NULL, 0) > 0; i++)
        rig_run_deaf(world_now(rig_world) / WORLD_MS + (i > 0 ? 1000 : 1));
    if (!release_of_rig->stop_keeps_count)
        cr_assert(eq(ulong, rig_counters().open_connections, 0ul));
    rig_free();
}

void rig_free(void)
{
    struct sim_statistics statistics;

    rig_protocol_end();
    world_executor_release(&script);
    server_free(rig_server);
    for (unsigned i = 0; i < peer_count; i++)
        rig_close(i);
    world_run(rig_world, WORLD_NEVER);
    sim_statistics(rig_world, &statistics);
    cr_assert(eq(uint, statistics.executors, 0u));
    cr_assert(eq(uint, statistics.timers_armed, 0u));
    cr_assert(eq(uint, statistics.watches_on, 0u));
    cr_assert(eq(uint, statistics.streams, 0u));
    cr_assert(eq(uint, statistics.listeners, 0u));
    cr_assert(eq(uint, statistics.locks, 0u));
    world_free(rig_world);
    rig_world = NULL;
    memset(rig_peers, 0, sizeof(rig_peers));
    peer_count = 0;
    rig_event_count = 0;
    stops_done = 0;
}

/* --- peers --------------------------------------------------------------------------- */

unsigned rig_dial(void)
{
    struct rig_peer *peer = &rig_peers[peer_count];

    cr_assert(peer_count < RIG_PEERS_MAX);
    is(world_connect(peer_host, server_address(rig_server),
                     world_new_id(rig_world, WORLD_ID_CONNECTION), &peer->stream),
       RPC_OK);
    peer->decoder = wire_decoder_create(codec, WIRE_TO_CLIENT, 1 << 28);
    return peer_count++;
}

unsigned rig_connect(void)
{
    unsigned peer = rig_dial();
    rig_settle();
    return peer;
}

static void run_a_little(void)
{
    rig_run_deaf(world_now(rig_world) / WORLD_MS + 1);
}

/* A calm world takes all at once. */
void rig_send(unsigned peer, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;

    while (length > 0) {
        size_t accepted = 0;
        enum rpc_status status = world_write(rig_peers[peer].stream, at, length, &accepted);
        if (status == RPC_AGAIN)
            run_a_little();
        else if (status == RPC_RESET || status == RPC_BROKEN_PIPE)
            return; /* the server was quicker */
        else
            is(status, RPC_OK);
        at += accepted;
        length -= accepted;
    }
}

void rig_send_message(unsigned peer, const struct wire_message *message)
{
    struct wire_buffer out = {0};
    is(codec->encode(message, &out), RPC_OK);
    rig_send(peer, out.data, out.length);
    wire_buffer_release(&out);
}

unsigned rig_open(void)
{
    unsigned peer = rig_connect();
    struct wire_message preamble = codec->message(WIRE_PREAMBLE);
    struct wire_message context = codec->message(WIRE_CONTEXT);
    context.user = wire_text("alice");
    context.protocol = wire_text("test.Echo");
    context.client_id = wire_text("0123456789abcdef");
    while (world_connected(rig_peers[peer].stream) == RPC_AGAIN)
        run_a_little();
    rig_send_message(peer, &preamble);
    rig_send_message(peer, &context);
    return peer;
}

void rig_call(unsigned peer, int32_t id, const char *method, const char *body)
{
    struct wire_message call = codec->message(WIRE_REQUEST);
    struct wire_buffer parameters = {0};

    call.call_id = id;
    call.client_id = wire_text("0123456789abcdef");
    call.protocol = wire_text("test.Echo");
    call.method = wire_text(method);
    call.body = wire_text(body);
    if (has_writables()) {
        is(writable_put_number(&parameters, WRITABLE_INT, 1), RPC_OK);
        is(writable_put_string_object(&parameters, wire_text(body), false), RPC_OK);
        call.body = (struct wire_bytes){parameters.data, parameters.length};
        call.rpc_kind = WIRE_KIND_WRITABLE;
    }
    rig_send_message(peer, &call);
    wire_buffer_release(&parameters);
}

/* The text of an exception, and whether a stack trace stands behind it. */
static struct wire_bytes before_stack(struct wire_bytes text, bool *has_stack)
{
    static const char frame[] = "\n\tat ";
    size_t at = 0, length = sizeof(frame) - 1;
    while (at + length <= text.length && memcmp(text.data + at, frame, length) != 0)
        at++;
    *has_stack = at + length <= text.length;
    return *has_stack ? (struct wire_bytes){text.data, at} : text;
}

static void copy_text(char *to, struct wire_bytes from)
{
    size_t length = from.length < RIG_TEXT_MAX ? from.length : RIG_TEXT_MAX - 1;
    if (length > 0)
        memcpy(to, from.data, length);
    to[length] = '\0';
}

static void keep_reply(struct rig_peer *peer, struct wire_message *message)
{
    char problem[WIRE_PROBLEM_MAX];
    struct rig_reply *reply = &peer->replies[peer->reply_count++];

    cr_assert(peer->reply_count < RIG_REPLIES_MAX);
    *reply = (struct rig_reply){.at_ns = world_now(rig_world),
                                .kind = message->kind,
                                .call_id = message->call_id,
                                .retry = message->retry,
                                .status = message->status,
                                .code = message->code,
                                .client_id_length = message->client_id.length};
    copy_text(reply->class_name, message->class_name);
    copy_text(reply->text, before_stack(message->text, &reply->has_stack));
    if (message->kind == WIRE_RESPONSE && message->status == WIRE_SUCCESS) {
        message->rpc_kind = has_writables() ? WIRE_KIND_WRITABLE : WIRE_KIND_PROTOBUF;
        is(codec->open_value(message, wire_decoder_arena(peer->decoder), problem), RPC_OK);
        reply->length = message->body.length;
        reply->first = reply->length > 0 ? message->body.data[0] : 0;
    }
}

static void decode(struct rig_peer *peer, struct wire_bytes bytes)
{
    while (bytes.length > 0) {
        struct wire_message message;
        size_t used;
        enum rpc_status status = wire_decoder_feed(peer->decoder, bytes, &used, &message);
        if (status == RPC_OK)
            keep_reply(peer, &message);
        else
            is(status, RPC_AGAIN);
        bytes.data += used;
        bytes.length -= used;
    }
}

void rig_read_some(unsigned index, size_t most)
{
    static uint8_t room[65536];
    struct rig_peer *peer = &rig_peers[index];

    while (peer->stream != NULL && peer->ended == RPC_OK && most > 0) {
        size_t got;
        enum rpc_status status =
            world_read(peer->stream, room, most < sizeof(room) ? most : sizeof(room), &got);
        if (status == RPC_AGAIN)
            return;
        if (status != RPC_OK) {
            peer->ended = status;
            peer->ended_ns = world_now(rig_world);
            return;
        }
        for (size_t i = 0; i < got && peer->bytes + i < sizeof(peer->raw); i++)
            peer->raw[peer->bytes + i] = room[i];
        peer->bytes += got;
        most -= got;
        if (!peer->raw_only)
            decode(peer, (struct wire_bytes){room, got});
    }
}

void rig_read(unsigned index)
{
    rig_read_some(index, SIZE_MAX);
}

void rig_hear(unsigned index)
{
    rig_settle();
    rig_read(index);
}

void rig_close(unsigned index)
{
    struct rig_peer *peer = &rig_peers[index];
    if (peer->stream != NULL)
        world_close(peer->stream);
    peer->stream = NULL;
    wire_decoder_free(peer->decoder);
    peer->decoder = NULL;
}

static const struct rig_reply *find_reply(unsigned index, int32_t id)
{
    const struct rig_peer *peer = &rig_peers[index];
    for (size_t i = 0; i < peer->reply_count; i++)
        if (peer->replies[i].call_id == id)
            return &peer->replies[i];
    return NULL;
}

bool rig_has_reply(unsigned peer, int32_t id)
{
    return find_reply(peer, id) != NULL;
}

const struct rig_reply *rig_reply(unsigned peer, int32_t id)
{
    const struct rig_reply *reply = find_reply(peer, id);
    cr_assert(reply != NULL, "peer %u has no reply to %d", peer, id);
    return reply;
}

struct server_counters rig_counters(void)
{
    struct server_counters counters;
    server_counters(rig_server, &counters);
    return counters;
}

struct server_connection_view rig_connection(void)
{
    struct server_connection_view view;
    cr_assert(eq(ulong, server_connections(rig_server, &view, 1), 1ul));
    return view;
}

const char *rig_doing(const char *lane)
{
    return server_lane_doing(rig_server, lane);
}
