/*
 * The test protocol, served in C: echo, blob, throw, hang.
 *
 * What takes its time belongs to the server's thread: a task brings it to server_executor,
 * whose timer ends it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/handles/served.h"
#include "harness/handles/spoken.h"
#include "harness/handles/test_values.h"

struct harness_test_call {
    struct harness_test_call *next;  /* of those that wait; the server's thread */
    struct harness_test_call *older; /* of all */
    struct harness_server_life *life;
    struct server_call *call; /* it has its answer */
    struct world_task begin;
    struct world_timer timer;
    uint64_t time_ms, begun_ns;
    bool hangs;
    uint32_t connection;
    int32_t call_id;
};

/* --- requests --- */

static const struct harness_spoken *spoken_of(const void *speaker)
{
    return ((const struct harness_speaker *)speaker)->spoken;
}

/* False: the call has its answer, an exception. */
static bool read_request(const struct harness_spoken *spoken, struct server_call *call,
                         enum harness_test_kind kind, struct harness_test_request *request)
{
    char problem[WIRE_PROBLEM_MAX];
    const struct release *release = spoken->server->harness->release;
    enum rpc_status status =
        harness_test_read(spoken, kind, server_call_body(call), request, problem);
    if (status == RPC_OK && !request->null)
        return true;
    if (status == RPC_OK)
        server_call_throw(call, "java.lang.NullPointerException", NULL);
    else
        server_call_throw(call, release->protobuf_exception, problem);
    return false;
}

/* --- taking time --- */

static void leave(struct harness_test_call *test)
{
    struct harness_test_call **at = &test->life->test_calls;
    while (*at != test)
        at = &(*at)->next;
    *at = test->next;
    world_timer_release(&test->timer);
    server_call_finish(test->call);
}

static void time_is_over(struct world_timer *timer)
{
    leave(world_container(timer, struct harness_test_call, timer));
}

static void interrupt(struct harness_test_call *test)
{
    server_call_throw(test->call, "java.lang.InterruptedException", "sleep interrupted");
    leave(test);
}

static void begin_to_wait(struct world_task *task)
{
    struct harness_test_call *test = world_container(task, struct harness_test_call, begin);
    struct harness_server_life *life = test->life;
    struct world_executor *executor = server_executor(life->server);
    struct harness_test_call **last = &life->test_calls;
    while (*last != NULL)
        last = &(*last)->next;
    *last = test;
    world_timer_init(executor, &test->timer, time_is_over);
    if (life->interrupted)
        interrupt(test);
    else if (!test->hangs)
        world_timer_start(&test->timer, world_now(executor->world) + test->time_ms * WORLD_MS);
    else if (life->healed)
        leave(test);
}

/* The call has its answer, which it gives when its time is over. */
static enum server_outcome take_time(const void *speaker, struct server_call *call,
                                     uint64_t time_ms, bool hangs)
{
    struct harness_server_life *life = ((const struct harness_speaker *)speaker)->life;
    enum { YEAR_MS = 365 * 86400 };
    if (time_ms == 0 && !hangs)
        return SERVER_DONE;
    struct harness_test_call *test = calloc(1, sizeof(*test));
    if (test == NULL)
        return SERVER_DONE;
    uint64_t most = (uint64_t)YEAR_MS * 1000;
    *test = (struct harness_test_call){.life = life,
                                       .call = call,
                                       .begin = {.run = begin_to_wait},
                                       .time_ms = time_ms < most ? time_ms : most,
                                       .begun_ns = world_now(life->owner->harness->world),
                                       .hangs = hangs,
                                       .connection = server_call_connection(call),
                                       .call_id = server_call_id(call)};
    test->older = atomic_load(&life->all_test_calls);
    while (!atomic_compare_exchange_weak(&life->all_test_calls, &test->older, test))
        continue;
    world_post(server_executor(life->server), &test->begin);
    return SERVER_PENDING;
}

bool harness_test_call_now(const struct harness_server *server, uint32_t connection,
                           int32_t call_id, struct harness_serving *serving)
{
    const struct harness_test_call *test = atomic_load(&server->life->all_test_calls);
    while (test != NULL && (test->connection != connection || test->call_id != call_id))
        test = test->older;
    if (test == NULL)
        return false;
    *serving = (struct harness_serving){
        .hangs = test->hangs,
        .until_ns = test->hangs ? 0 : test->begun_ns + test->time_ms * WORLD_MS};
    return true;
}

void harness_test_calls_interrupt(struct harness_server_life *life)
{
    life->interrupted = true;
    while (life->test_calls != NULL)
        interrupt(life->test_calls);
}

void harness_test_calls_heal(struct harness_server_life *life)
{
    struct harness_test_call *next;
    life->healed = true;
    for (struct harness_test_call *test = life->test_calls; test != NULL; test = next) {
        next = test->next;
        if (test->hangs)
            leave(test);
    }
}

void harness_test_calls_free(struct harness_server_life *life)
{
    for (struct harness_test_call *test = life->test_calls; test != NULL; test = test->next)
        world_timer_release(&test->timer);
    life->test_calls = NULL;
    struct harness_test_call *test = atomic_load(&life->all_test_calls);
    while (test != NULL) {
        struct harness_test_call *older = test->older;
        free(test);
        test = older;
    }
}

/* --- methods --- */

static void out_of_memory(struct server_call *call)
{
    server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
}

static enum server_outcome echo(struct server_call *call, void *speaker)
{
    struct harness_test_request request;
    struct wire_buffer value = {0};
    if (!read_request(spoken_of(speaker), call, HARNESS_TEST_ECHO, &request))
        return SERVER_DONE;
    server_call_return_made(
        call, harness_test_answer(spoken_of(speaker), HARNESS_TEST_ECHO, request.text, &value),
        &value);
    return take_time(speaker, call, request.time_ms, false);
}

static enum server_outcome throw_exception(struct server_call *call, void *speaker)
{
    struct harness_test_request request;
    if (!read_request(spoken_of(speaker), call, HARNESS_TEST_THROW, &request))
        return SERVER_DONE;
    char *class_name = strndup((const char *)request.text.data, request.text.length);
    char *message = request.message.data == NULL
                        ? NULL
                        : strndup((const char *)request.message.data, request.message.length);
    if (class_name == NULL)
        out_of_memory(call);
    else
        server_call_throw(call, class_name, message);
    free(class_name);
    free(message);
    return take_time(speaker, call, request.time_ms, false);
}

static enum server_outcome hang(struct server_call *call, void *speaker)
{
    struct wire_buffer value = {0};
    server_call_return_made(
        call, harness_test_answer(spoken_of(speaker), HARNESS_TEST_HANG, WIRE_ABSENT, &value),
        &value);
    return take_time(speaker, call, 0, true);
}

static enum server_outcome blob(struct server_call *call, void *speaker)
{
    struct harness_test_request request;
    struct wire_buffer value = {0};
    if (!read_request(spoken_of(speaker), call, HARNESS_TEST_BLOB, &request))
        return SERVER_DONE;
    size_t size = request.size < 0 ? 0 : (size_t)request.size;
    if (size > (size_t)1 << 30) {
        server_call_throw(call, "java.lang.OutOfMemoryError",
                          "Requested array size exceeds VM limit");
        return SERVER_DONE;
    }
    server_call_return_made(call, harness_test_blob(spoken_of(speaker), call, size, &value),
                            &value);
    return take_time(speaker, call, request.time_ms, false);
}

server_method_fn *harness_test_method(struct wire_bytes name)
{
    static const struct {
        const char *name;
        server_method_fn *serve;
    } all[] = {{"echo", echo}, {"blob", blob}, {"throw", throw_exception}, {"hang", hang}};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        if (wire_is(name, all[i].name))
            return all[i].serve;
    return NULL;
}
