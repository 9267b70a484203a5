/*
 * The test protocol, served in C: echo, blob, throw, hang.
 *
 * What takes its time belongs to the server's thread: a task brings it to server_executor,
 * whose timer ends it.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/handles/served.h"
#include "rpc/wire/schema_walk.h"

/* Any request of the test protocol. */
struct request {
    struct wire_bytes text; /* echo: message, field 1; throw: class */
    struct wire_bytes message;
    int64_t size; /* blob */
    uint64_t time_ms;
};

struct harness_test_call {
    struct harness_test_call *next;  /* of those that wait; the server's thread */
    struct harness_test_call *older; /* of all */
    struct harness_server_life *life;
    struct server_call *call; /* it has its answer */
    struct world_task begin;
    struct world_timer timer;
    uint64_t time_ms;
    bool hangs;
};

/* --- requests ------------------------------------------------------------------------------ */

static void see_echo(void *owner, const struct schema_item *item)
{
    struct request *request = owner;
    if (item->field == NULL || item->depth > 0)
        return;
    if (item->number == 1)
        request->text = item->bytes;
    else
        request->time_ms = item->value;
}

static void see_blob(void *owner, const struct schema_item *item)
{
    struct request *request = owner;
    if (item->field == NULL || item->depth > 0)
        return;
    if (item->number == 1)
        request->size = (int64_t)item->value;
    else
        request->time_ms = item->value;
}

static void see_throw(void *owner, const struct schema_item *item)
{
    struct request *request = owner;
    if (item->field == NULL || item->depth > 0)
        return;
    if (item->number == 1)
        request->text = item->bytes;
    else if (item->number == 2)
        request->message = item->bytes;
    else
        request->time_ms = item->value;
}

/* False: the call has its answer, an exception. */
static bool read_request(const struct harness_server_life *life, struct server_call *call,
                         const char *method, schema_visit_fn *see, struct request *request)
{
    char problem[WIRE_PROBLEM_MAX];
    const ProtobufCMessageDescriptor *type = harness_method(HARNESS_TEST_PROTOCOL, method).request;
    *request = (struct request){0};
    enum rpc_status status = schema_walk(type, server_call_body(call), see, request, problem);
    if (status == RPC_OK)
        return true;
    server_call_throw(call, life->owner->harness->release->protobuf_exception, problem);
    return false;
}

/* --- taking time --------------------------------------------------------------------------- */

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
static enum server_outcome take_time(struct harness_server_life *life, struct server_call *call,
                                     uint64_t time_ms, bool hangs)
{
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
                                       .hangs = hangs};
    test->older = atomic_load(&life->all_test_calls);
    while (!atomic_compare_exchange_weak(&life->all_test_calls, &test->older, test))
        continue;
    world_post(server_executor(life->server), &test->begin);
    return SERVER_PENDING;
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

/* --- methods ------------------------------------------------------------------------------- */

/* A message whose field 1 is `bytes`; NULL data: field 1 is absent. */
static void return_bytes(struct server_call *call, struct wire_bytes bytes)
{
    struct wire_buffer value = {0};
    uint8_t head[11] = {0x0a};
    enum rpc_status status = RPC_OK;
    if (bytes.data != NULL) {
        size_t used = 1 + schema_write_varint(head + 1, bytes.length);
        status = wire_buffer_add(&value, head, used);
        if (status == RPC_OK)
            status = wire_buffer_add(&value, bytes.data, bytes.length);
    }
    if (status == RPC_OK)
        server_call_return(call, (struct wire_bytes){value.data, value.length});
    else
        server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
    wire_buffer_release(&value);
}

static enum server_outcome echo(struct server_call *call, void *life)
{
    struct request request;
    if (!read_request(life, call, "echo", see_echo, &request))
        return SERVER_DONE;
    return_bytes(call, request.text);
    return take_time(life, call, request.time_ms, false);
}

static enum server_outcome throw_exception(struct server_call *call, void *life)
{
    struct request request;
    if (!read_request(life, call, "throw", see_throw, &request))
        return SERVER_DONE;
    char *class_name = strndup((const char *)request.text.data, request.text.length);
    char *message = request.message.data == NULL
                        ? NULL
                        : strndup((const char *)request.message.data, request.message.length);
    server_call_throw(call, class_name == NULL ? "java.lang.OutOfMemoryError" : class_name,
                      message);
    free(class_name);
    free(message);
    return take_time(life, call, request.time_ms, false);
}

static enum server_outcome hang(struct server_call *call, void *life)
{
    server_call_return(call, WIRE_ABSENT);
    return take_time(life, call, 0, true);
}

/* --- blob ---------------------------------------------------------------------------------- */

static size_t varint_length(uint64_t value)
{
    uint8_t bytes[10];
    return schema_write_varint(bytes, value);
}

/* Bytes of the answer's frame before its value, but for the value's delimiter. */
static size_t bytes_before_value(const struct server_call *call)
{
    struct wire_message message = wire_message(WIRE_RESPONSE);
    struct wire_buffer frame = {0};
    message.call_id = server_call_id(call);
    message.retry = server_call_retry(call);
    message.client_id = server_call_client_id(call);
    message.body = (struct wire_bytes){(const uint8_t *)"", 0};
    size_t length = 0;
    if (wire_codec(9)->encode(&message, &frame) == RPC_OK)
        length = frame.length - 1;
    wire_buffer_release(&frame);
    return length;
}

/* Whether a frame of `size` bytes can have a value whose field 1 has `data` bytes and a length
 * of `prefix` bytes: which may be one more than it needs, since not all sizes fit without. */
static bool fits(size_t size, size_t before, size_t data, size_t *prefix)
{
    for (size_t more = 0; more < 2; more++) {
        *prefix = varint_length(data) + more;
        size_t value = 1 + *prefix + data;
        if (before + varint_length(value) + value == size)
            return true;
    }
    return false;
}

/* As many bytes as a frame of `size` bytes can have.  Where a value's own delimiter gets a byte
 * longer, no frame has that size: the one before it is taken. */
static void fit(size_t size, size_t before, size_t *data, size_t *prefix)
{
    enum { OVERHEAD_MIN = 3, OVERHEAD_MAX = 16 };
    for (size_t wanted = size; wanted > before + OVERHEAD_MIN && wanted + 2 > size; wanted--) {
        for (size_t over = OVERHEAD_MIN; over < OVERHEAD_MAX && before + over <= wanted; over++) {
            *data = wanted - before - over;
            if (fits(wanted, before, *data, prefix))
                return;
        }
    }
    *data = 0;
    *prefix = 1;
}

static enum server_outcome blob(struct server_call *call, void *life)
{
    struct request request;
    size_t data, prefix;
    if (!read_request(life, call, "blob", see_blob, &request))
        return SERVER_DONE;
    size_t size = request.size < 0 ? 0 : (size_t)request.size;
    if (size > (size_t)1 << 30) {
        server_call_throw(call, "java.lang.OutOfMemoryError",
                          "Requested array size exceeds VM limit");
        return SERVER_DONE;
    }
    fit(size, bytes_before_value(call), &data, &prefix);
    uint8_t *value = calloc(1, 1 + prefix + data);
    if (value == NULL) {
        server_call_throw(call, "java.lang.OutOfMemoryError", "Java heap space");
        return SERVER_DONE;
    }
    value[0] = 0x0a;
    size_t used = schema_write_varint(value + 1, data);
    if (used < prefix)
        value[used] |= 0x80;
    memset(value + 1 + prefix, 'b', data);
    server_call_return(call, (struct wire_bytes){value, 1 + prefix + data});
    free(value);
    return take_time(life, call, request.time_ms, false);
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
