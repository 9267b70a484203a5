#include "rpc/client/stage.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/writable.h"
#include "rpc/world/sim/sim.h"

/* --- what is said --- */

void stage_put_value(const struct stage *stage, const char *text, struct wire_buffer *out)
{
    enum rpc_status status = stage->writables
                                 ? writable_put_string_object(out, wire_text(text), false)
                                 : wire_buffer_add(out, text, strlen(text));
    assert(status == RPC_OK);
    (void)status;
}

/* A long text makes several parameters: a String has an end. */
static void put_body(const struct stage *stage, const char *text, struct wire_buffer *out)
{
    enum { LONGEST = 20000 };
    size_t length = strlen(text), count = length / LONGEST + 1;
    uint8_t head[] = {0, 0, (uint8_t)(count >> 8), (uint8_t)count};
    if (!stage->writables) {
        stage_put_value(stage, text, out);
        return;
    }
    wire_buffer_add(out, head, sizeof(head));
    for (size_t at = 0; at <= length; at += LONGEST) {
        size_t rest = length - at;
        struct wire_bytes part = {(const uint8_t *)text + at, rest < LONGEST ? rest : LONGEST};
        writable_put_string_object(out, part, false);
    }
}

struct wire_bytes stage_text_of(const struct stage *stage, struct wire_bytes body)
{
    enum { BEFORE = 4 + 2 + 16 + 2 }; /* the count, java.lang.String, a length */
    if (!stage->writables)
        return body;
    if (body.length < BEFORE)
        return WIRE_ABSENT;
    const uint8_t *text = body.data + BEFORE;
    return (struct wire_bytes){text, (size_t)text[-2] << 8 | text[-1]};
}

static struct stage *stage_of(struct world_tracer *tracer)
{
    return world_container(tracer, struct stage, tracer);
}

uint64_t stage_now_ms(const struct stage *stage)
{
    return world_now(stage->world) / WORLD_MS;
}

static void on_event(struct world_tracer *tracer, const struct point_event *event)
{
    struct stage *stage = stage_of(tracer);
    if (stage->event_count == STAGE_EVENTS)
        return;
    struct stage_event *seen = &stage->events[stage->event_count++];
    *seen = (struct stage_event){.point = event->point,
                                 .at_ms = event->at_ns / WORLD_MS,
                                 .connection = event->connection,
                                 .call_id = event->call_id};
    bool number = false;
    for (size_t i = 0; i < event->value_count; i++) {
        if (event->values[i].text != NULL)
            snprintf(seen->text, sizeof(seen->text), "%s", event->values[i].text);
        else if (!number)
            seen->number = event->values[i].number, number = true;
    }
}

static bool on_held(struct world_tracer *tracer, const struct point_event *event,
                    struct world_executor *executor, struct world_task *step)
{
    struct stage *stage = stage_of(tracer);
    if (event->point != stage->hold || stage->hold_times == 0)
        return false;
    stage->hold_times--;
    stage->held[stage->held_count++] = executor;
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

static void wake_up(struct world_timer *timer)
{
    struct stage *stage = world_container(timer, struct stage, alarm);
    world_stop(stage->world);
}

static void on_stopped(struct world_task *task)
{
    struct stage *stage = world_container(task, struct stage, stopped);
    stage->stopped_ms = stage_now_ms(stage);
}

static const struct stage *standing; /* created and not freed yet */

/* The stage of a failed test stands for ever. */
static void tell_where(void)
{
    if (standing != NULL)
        fprintf(stderr, "This was a client of release %s.\n", standing->config.release->name);
}

static struct stage *create(enum release_id release, uint64_t seed, bool rough)
{
    static bool tells;
    struct stage *stage = calloc(1, sizeof(*stage));
    assert(stage != NULL);
    if (!tells)
        atexit(tell_where);
    tells = true;
    standing = stage;
    stage->tracer.ops = &tracer_ops;
    stage->world = sim_create(&(struct sim_options){.seed = seed, .rough = rough});
    stage->world->tracer = &stage->tracer;
    stage->here = world_host(stage->world, "client1");
    stage->there = world_host(stage->world, "nn");
    world_executor_init(stage->world, &stage->body, world_host(stage->world, "body"), "body", NULL);
    world_executor_lowest(&stage->body);
    world_executor_init(stage->world, &stage->peer, stage->there, "peer", NULL);
    world_timer_init(&stage->body, &stage->alarm, wake_up);
    release_defaults(release_get(release), &stage->settings);
    stage->codec = wire_codec((int)release_get(release)->ipc_version);
    stage->writables = !stage->codec->frames_replies;
    stage->config = (struct client_config){.release = release_get(release),
                                           .settings = &stage->settings,
                                           .host = stage->here,
                                           .user = "alice"};
    stage->remote = (struct client_remote){.name = "nn",
                                           .address = {.port = 8020},
                                           .protocol = "org.example.EchoProtocol",
                                           .protocol_version = 1};
    stage->stopped.run = on_stopped;
    stage->stopped_ms = UINT64_MAX;
    stage->hold = POINT_COUNT;
    stage->rough = rough;
    return stage;
}

struct stage *stage_create(enum release_id release)
{
    return create(release, 1, false);
}

struct stage *stage_create_rough(enum release_id release, uint64_t seed)
{
    return create(release, seed, true);
}

void stage_begin(struct stage *stage)
{
    enum rpc_status status =
        client_create(stage->world, &stage->config, &stage->body, &stage->client);
    assert(status == RPC_OK);
    (void)status;
}

void stage_start(struct stage *stage)
{
    stage_begin(stage);
    stage_listen(stage);
}

struct stage *stage_lonely(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage_begin(stage);
    return stage;
}

struct stage *stage_open(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage_start(stage);
    return stage;
}

struct stage *stage_deaf(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage->deaf = true;
    stage_start(stage);
    return stage;
}

struct stage *stage_pending(enum release_id release, struct stage_call **call)
{
    struct stage *stage = stage_open(release);
    *call = stage_call(stage, "hi");
    stage_until(stage, 10);
    return stage;
}

void stage_free(struct stage *stage)
{
    if (stage->armed)
        point_arm(stage->armed_point, stage->strike.effect, NULL, NULL);
    for (size_t i = 0; i < stage->call_count; i++)
        client_call_free(stage->calls[i].call);
    client_free(stage->client);
    stage_end_server(stage);
    world_timer_release(&stage->alarm);
    world_executor_release(&stage->peer);
    world_executor_release(&stage->body);
    struct sim_statistics left;
    sim_statistics(stage->world, &left);
    assert(left.executors == 0 && left.timers_armed == 0 && left.watches_on == 0);
    assert(left.streams == 0 && left.listeners == 0 && left.locks == 0);
    world_free(stage->world);
    standing = NULL;
    free(stage);
}

/* --- the application --- */

void stage_until(struct stage *stage, uint64_t at_ms)
{
    world_timer_start(&stage->alarm, at_ms * WORLD_MS);
    world_run(stage->world, WORLD_NEVER);
    assert(stage_now_ms(stage) == at_ms || stage->rough);
}

static void call_done(struct client_call *call, void *owner)
{
    struct stage_call *slot = owner;
    assert(!slot->done);
    slot->done = true;
    slot->at_ms = stage_now_ms(slot->stage);
    slot->outcome = client_call_outcome(call);
}

struct stage_call *stage_call_to(struct stage *stage, const struct client_remote *remote,
                                 const char *body, struct client_caller *caller)
{
    assert(stage->call_count < STAGE_CALLS);
    struct stage_call *slot = &stage->calls[stage->call_count++];
    slot->stage = stage;
    struct wire_buffer bytes = {0};
    put_body(stage, body, &bytes);
    enum rpc_status status =
        client_call(stage->client, remote, "echo", (struct wire_bytes){bytes.data, bytes.length},
                    caller, call_done, slot, &slot->call);
    assert(status == RPC_OK);
    (void)status;
    wire_buffer_release(&bytes);
    return slot;
}

struct stage_call *stage_call(struct stage *stage, const char *body)
{
    return stage_call_to(stage, &stage->remote, body, NULL);
}

const char *stage_long_text(void)
{
    static char text[(1 << 20) + 1];
    memset(text, 'x', sizeof(text) - 1);
    return text;
}

void stage_stop(struct stage *stage)
{
    client_stop(stage->client, &stage->stopped);
}

/* --- what happened --- */

size_t stage_count(const struct stage *stage, enum point point)
{
    size_t count = 0;
    for (size_t i = 0; i < stage->event_count; i++)
        count += stage->events[i].point == point;
    return count;
}

const struct stage_event *stage_event(const struct stage *stage, enum point point, size_t nth)
{
    for (size_t i = 0; i < stage->event_count; i++)
        if (stage->events[i].point == point && --nth == 0)
            return &stage->events[i];
    return NULL;
}

void stage_hold(struct stage *stage, enum point point, uint32_t times)
{
    stage->hold = point;
    stage->hold_times = times;
    point_hold_guard(point, 1);
}

void stage_release(struct stage *stage)
{
    point_hold_guard(stage->hold, -1);
    stage->hold = POINT_COUNT;
    for (size_t i = 0; i < stage->held_count; i++)
        world_resume(stage->held[i]);
    stage->held_count = 0;
}

static bool judge(void *owner, const struct point_event *event, enum point_effect effect,
                  struct point_strike *strike)
{
    struct stage *stage = owner;
    (void)event;
    if (effect != stage->strike.effect || stage->strikes_left == 0)
        return false;
    stage->strikes_left--;
    *strike = stage->strike;
    return true;
}

void stage_arm(struct stage *stage, enum point point, const struct point_strike *strike,
               uint32_t times)
{
    point_init();
    stage->armed = true;
    stage->armed_point = point;
    stage->strike = *strike;
    stage->strikes_left = times;
    point_arm(point, strike->effect, judge, stage);
}

void stage_throw(struct stage *stage, enum point point, const char *class_name, const char *message,
                 uint32_t times)
{
    stage_arm(stage, point,
              &(struct point_strike){
                  .effect = EFFECT_THROW, .class_name = class_name, .message = message},
              times);
}

void stage_drop_connects(struct stage *stage, uint32_t times)
{
    stage_arm(stage, POINT_CLIENT_CONNECT, &(struct point_strike){.effect = EFFECT_DROP}, times);
}

/* --- what a test asks --- */

bool stage_is(const char *seen, const char *expected)
{
    if (seen != NULL && strcmp(seen, expected) == 0)
        return true;
    fprintf(stderr, "seen:     %s\nexpected: %s\n", seen != NULL ? seen : "(null)", expected);
    return false;
}

bool stage_has(const char *seen, const char *part)
{
    if (seen != NULL && strstr(seen, part) != NULL)
        return true;
    fprintf(stderr, "seen:     %s\nexpected: … %s …\n", seen != NULL ? seen : "(null)", part);
    return false;
}

/* It ended so, then. */
bool stage_ended(const struct stage_call *call, const char *ending, uint64_t at_ms)
{
    if (!call->done) {
        fprintf(stderr, "the call is pending: %s\n", client_call_doing(call->call));
        return false;
    }
    if (call->at_ms != at_ms)
        fprintf(stderr, "ended at %llu, expected %llu\n", (unsigned long long)call->at_ms,
                (unsigned long long)at_ms);
    return stage_is(client_ending_name(call->outcome->ending), ending) && call->at_ms == at_ms;
}

bool stage_returned(const struct stage_call *call, const char *value, uint64_t at_ms)
{
    if (!stage_ended(call, "value", at_ms))
        return false;
    struct wire_buffer expected = {0};
    struct wire_bytes seen = call->outcome->value;
    stage_put_value(call->stage, value, &expected);
    bool same = seen.length == expected.length &&
                (seen.length == 0 || memcmp(seen.data, expected.data, seen.length) == 0);
    wire_buffer_release(&expected);
    return same;
}

#define REFUSED     "java.net.ConnectException: Connection refused"
#define SEE_REFUSED "; For more details see:  http://wiki.apache.org/hadoop/ConnectionRefused"

bool stage_refused(const struct stage_call *call, uint64_t at_ms)
{
    bool old = call->stage->config.release->id <= RELEASE_1_2;
    return stage_ended(call, "refused", at_ms) &&
           stage_is(call->outcome->class_name, "java.net.ConnectException") &&
           stage_is(call->outcome->message,
                    old ? "Call to nn/10.0.0.2:8020 failed on connection exception: " REFUSED
                        : "Call From client1/10.0.0.1 to nn:8020 failed on connection "
                          "exception: " REFUSED SEE_REFUSED) &&
           stage_is(call->outcome->cause_message, "Connection refused");
}
