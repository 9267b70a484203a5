#include "rpc/client/stage.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/wire/writable.h"
#include "rpc/world/sim/sim.h"

/* --- what is said ------------------------------------------------------------------------ */

/* A String as an ObjectWritable, or the text itself. */
static void put_value(const struct stage *stage, const char *text, struct wire_buffer *out)
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
        put_value(stage, text, out);
        return;
    }
    wire_buffer_add(out, head, sizeof(head));
    for (size_t at = 0; at <= length; at += LONGEST) {
        size_t rest = length - at;
        struct wire_bytes part = {(const uint8_t *)text + at, rest < LONGEST ? rest : LONGEST};
        writable_put_string_object(out, part, false);
    }
}

/* The text in it. */
static struct wire_bytes text_of(const struct stage *stage, struct wire_bytes body)
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

static struct stage *create(enum release_id release, uint64_t seed, bool rough)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    assert(stage != NULL);
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

static void end_link(struct stage_link *link)
{
    world_watch_release(&link->watch);
    world_watch_release(&link->write_watch);
    if (link->stream != NULL)
        world_close(link->stream);
    link->stream = NULL;
}

void stage_free(struct stage *stage)
{
    if (stage->armed)
        point_arm(stage->armed_point, stage->strike.effect, NULL, NULL);
    for (size_t i = 0; i < stage->call_count; i++)
        client_call_free(stage->calls[i].call);
    client_free(stage->client);
    for (size_t i = 0; i < stage->link_count; i++) {
        end_link(&stage->links[i]);
        wire_decoder_free(stage->links[i].decoder);
        wire_buffer_release(&stage->links[i].out);
    }
    stage_unlisten(stage);
    world_timer_release(&stage->alarm);
    world_executor_release(&stage->peer);
    world_executor_release(&stage->body);
    struct sim_statistics left;
    sim_statistics(stage->world, &left);
    assert(left.executors == 0 && left.timers_armed == 0 && left.watches_on == 0);
    assert(left.streams == 0 && left.listeners == 0 && left.locks == 0);
    world_free(stage->world);
    free(stage);
}

/* --- the server ------------------------------------------------------------------------ */

static void remember(struct stage_link *link, const struct wire_message *message)
{
    struct stage *stage = link->stage;
    struct stage_message beyond;
    struct stage_message *seen =
        link->message_count < STAGE_MESSAGES ? &link->messages[link->message_count++] : &beyond;
    *seen = (struct stage_message){.kind = message->kind,
                                   .call_id = message->call_id,
                                   .retry = message->retry,
                                   .service_class = message->service_class,
                                   .at_ms = stage_now_ms(stage)};
    struct wire_message opened = *message;
    char problem[WIRE_PROBLEM_MAX];
    struct wire_bytes text = WIRE_ABSENT;
    if (message->kind == WIRE_CONTEXT &&
        stage->codec->open_context(&opened, wire_decoder_arena(link->decoder), problem) == RPC_OK)
        text = opened.user;
    if (message->kind == WIRE_REQUEST &&
        stage->codec->open_request(&opened, wire_decoder_arena(link->decoder), problem) == RPC_OK)
        text = text_of(stage, opened.body);
    size_t length = text.length < sizeof(seen->text) - 1 ? text.length : sizeof(seen->text) - 1;
    if (length > 0)
        memcpy(seen->text, text.data, length);
    if (message->kind == WIRE_REQUEST && stage->echoes)
        stage_reply(stage, (size_t)(link - stage->links), message->call_id, seen->text);
}

static void writable(struct world_watch *watch);

static void readable(struct world_watch *watch)
{
    struct stage_link *link = world_container(watch, struct stage_link, watch);
    uint8_t *into;
    size_t got;
    link->reads++;
    for (;;) {
        size_t want = wire_decoder_want(link->decoder, &into);
        enum rpc_status status = world_read(link->stream, into, want, &got);
        if (status == RPC_AGAIN)
            return;
        if (status != RPC_OK) {
            link->ended = status;
            link->ended_ms = stage_now_ms(link->stage);
            end_link(link);
            return;
        }
        struct wire_message message;
        link->bytes += got;
        if (wire_decoder_take(link->decoder, got, &message) == RPC_OK)
            remember(link, &message);
        if (link->stream == NULL)
            return;
    }
}

static void accepting(struct world_watch *watch)
{
    struct stage *stage = world_container(watch, struct stage, accepts);
    struct world_stream *stream;
    while (world_accept(stage->listener, &stream) == RPC_OK) {
        assert(stage->link_count < STAGE_LINKS);
        struct stage_link *link = &stage->links[stage->link_count++];
        link->stage = stage;
        link->stream = stream;
        link->accepted_ms = stage_now_ms(stage);
        link->decoder = wire_decoder_create(stage->codec, WIRE_TO_SERVER, 64 << 20);
        world_watch_init(&stage->peer, &link->watch, stream, WORLD_READ, readable);
        world_watch_init(&stage->peer, &link->write_watch, stream, WORLD_WRITE, writable);
        if (!stage->deaf)
            world_watch_start(&link->watch);
    }
}

void stage_listen(struct stage *stage)
{
    enum rpc_status status = world_listen(stage->there, 8020, 128, &stage->listener);
    assert(status == RPC_OK);
    (void)status;
    world_watch_init_listener(&stage->peer, &stage->accepts, stage->listener, accepting);
    world_watch_start(&stage->accepts);
}

void stage_unlisten(struct stage *stage)
{
    if (stage->listener == NULL)
        return;
    world_watch_release(&stage->accepts);
    world_listener_close(stage->listener);
    stage->listener = NULL;
}

void stage_hear(struct stage *stage, size_t link)
{
    world_watch_start(&stage->links[link].watch);
}

static void write_on(struct stage_link *link)
{
    size_t accepted;
    while (link->out.length > 0) {
        enum rpc_status status =
            world_write(link->stream, link->out.data, link->out.length, &accepted);
        if (status == RPC_AGAIN) {
            world_watch_start(&link->write_watch);
            return;
        }
        if (status != RPC_OK)
            accepted = link->out.length;
        link->out.length -= accepted;
        memmove(link->out.data, link->out.data + accepted, link->out.length);
    }
    world_watch_stop(&link->write_watch);
}

static void writable(struct world_watch *watch)
{
    write_on(world_container(watch, struct stage_link, write_watch));
}

void stage_send(struct stage *stage, size_t link, const void *bytes, size_t length)
{
    struct stage_link *at = &stage->links[link];
    if (at->stream == NULL)
        return;
    wire_buffer_add(&at->out, bytes, length);
    write_on(at);
}

void stage_send_message(struct stage *stage, size_t link, const struct wire_message *message)
{
    struct wire_buffer bytes = {0};
    stage->codec->encode(message, &bytes);
    stage_send(stage, link, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

void stage_encode_reply(const struct stage *stage, int32_t call_id, const char *value,
                        struct wire_buffer *bytes)
{
    struct wire_message message = stage->codec->message(WIRE_RESPONSE);
    struct wire_buffer body = {0};
    put_value(stage, value, &body);
    message.call_id = call_id;
    message.body =
        (struct wire_bytes){body.data != NULL ? body.data : (const uint8_t *)"", body.length};
    stage->codec->encode(&message, bytes);
    wire_buffer_release(&body);
}

void stage_reply(struct stage *stage, size_t link, int32_t call_id, const char *value)
{
    struct wire_buffer bytes = {0};
    stage_encode_reply(stage, call_id, value, &bytes);
    stage_send(stage, link, bytes.data, bytes.length);
    wire_buffer_release(&bytes);
}

void stage_reply_error(struct stage *stage, size_t link, int32_t call_id, enum wire_status status,
                       const char *class_name, const char *text)
{
    struct wire_message message = stage->codec->message(WIRE_RESPONSE);
    message.call_id = call_id;
    message.status = status;
    message.class_name = wire_text(class_name);
    message.text = wire_text(text);
    message.code = WIRE_ERROR_APPLICATION;
    stage_send_message(stage, link, &message);
}

void stage_close(struct stage *stage, size_t link, bool reset)
{
    struct stage_link *at = &stage->links[link];
    if (at->stream == NULL)
        return;
    world_watch_release(&at->watch);
    world_watch_release(&at->write_watch);
    if (reset)
        world_reset(at->stream);
    else
        world_close(at->stream);
    at->stream = NULL;
}

size_t stage_got(const struct stage *stage, size_t link, enum wire_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < stage->links[link].message_count; i++)
        count += stage->links[link].messages[i].kind == kind;
    return count;
}

uint64_t stage_got_ms(const struct stage *stage, size_t link, enum wire_kind kind, size_t nth)
{
    for (size_t i = 0; i < stage->links[link].message_count; i++)
        if (stage->links[link].messages[i].kind == kind && --nth == 0)
            return stage->links[link].messages[i].at_ms;
    return UINT64_MAX;
}

/* --- the application -------------------------------------------------------------------- */

void stage_until(struct stage *stage, uint64_t at_ms)
{
    world_timer_start(&stage->alarm, at_ms * WORLD_MS);
    world_run(stage->world, WORLD_NEVER);
    assert(stage_now_ms(stage) == at_ms || stage->rough);
}

static void call_done(struct client_call *call, void *owner)
{
    struct stage_call *slot = owner;
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

void stage_stop(struct stage *stage)
{
    client_stop(stage->client, &stage->stopped);
}

/* --- what happened ----------------------------------------------------------------------- */

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

/* --- what a test asks --------------------------------------------------------------- */

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
    put_value(call->stage, value, &expected);
    bool same = seen.length == expected.length &&
                (seen.length == 0 || memcmp(seen.data, expected.data, seen.length) == 0);
    wire_buffer_release(&expected);
    return same;
}

struct stage *stage_open(enum release_id release)
{
    struct stage *stage = stage_create(release);
    stage_begin(stage);
    stage_listen(stage);
    return stage;
}
