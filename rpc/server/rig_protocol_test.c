#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"
#include "rpc/wire/writable.h"

struct server_call *rig_hung;

static struct world_executor *script;
static bool written;

static void is(enum rpc_status status, enum rpc_status expected)
{
    cr_assert(eq(int, (int)status, (int)expected));
}

/* --- bodies: texts as they are, before version 9 as Strings --- */

/* The text of a call, whose room is `text`. */
static struct wire_bytes asked(struct server_call *call)
{
    enum { BEFORE = 4 + 2 + sizeof("java.lang.String") - 1 + 2 }; /* a count and a class */
    struct wire_bytes body = server_call_body(call);

    if (!written)
        return body;
    return (struct wire_bytes){body.data + BEFORE, body.length - BEFORE};
}

static void answer_with(struct server_call *call, struct wire_bytes text)
{
    struct wire_buffer out = {0};

    if (written) {
        is(writable_put_string_object(&out, text, false), RPC_OK);
        text = (struct wire_bytes){out.data, out.length};
    }
    server_call_return(call, text);
    wire_buffer_release(&out);
}

/* An array of Strings that is `size` bytes at least. */
static void answer_with_array(struct server_call *call, size_t size)
{
    enum { EACH = 20000 }; /* a String ends at 21845 */
    struct wire_buffer out = {0};
    uint8_t *text = calloc(1, EACH);

    is(writable_put_text(&out, WRITABLE_UTF8, wire_text("[Ljava.lang.String;"), false), RPC_OK);
    is(writable_put_number(&out, WRITABLE_INT, (int64_t)(size / EACH + 1)), RPC_OK);
    for (size_t i = 0; i < size / EACH + 1; i++)
        is(writable_put_string_object(&out, (struct wire_bytes){text, EACH}, false), RPC_OK);
    server_call_return(call, (struct wire_bytes){out.data, out.length});
    wire_buffer_release(&out);
    free(text);
}

/* --- the protocol: echo, blob:N, sleep:MS, hang, throw, defer:MS --- */

struct sleeper {
    struct world_timer timer;
    struct world_task task;
    struct server_call *call;
    struct sleeper *next;
};

static struct sleeper *sleepers;

static void wake(struct world_timer *timer)
{
    struct sleeper *sleeper = world_container(timer, struct sleeper, timer);
    server_call_finish(sleeper->call);
}

static unsigned long number_of(struct wire_bytes body)
{
    char text[32];
    size_t length = body.length < sizeof(text) ? body.length : sizeof(text) - 1;
    memcpy(text, body.data, length);
    text[length] = '\0';
    return strtoul(text, NULL, 10);
}

static void fall_asleep(struct world_task *task)
{
    struct sleeper *sleeper = world_container(task, struct sleeper, task);
    uint64_t ms = number_of(asked(sleeper->call));

    world_timer_start(&sleeper->timer, world_now(rig_world) + ms * WORLD_MS);
}

static void sleep_with(struct server_call *call)
{
    struct sleeper *sleeper = calloc(1, sizeof(*sleeper));
    sleeper->call = call;
    sleeper->next = sleepers;
    sleepers = sleeper;
    world_timer_init(script, &sleeper->timer, wake);
    sleeper->task.run = fall_asleep;
    world_post(script, &sleeper->task);
}

static enum server_outcome echo(struct server_call *call, void *owner)
{
    (void)owner;
    answer_with(call, asked(call));
    return SERVER_DONE;
}

static enum server_outcome blob(struct server_call *call, void *owner)
{
    (void)owner;
    size_t size = number_of(asked(call));
    if (written) {
        answer_with_array(call, size);
        return SERVER_DONE;
    }
    uint8_t *value = calloc(1, size + 1);
    server_call_return(call, (struct wire_bytes){value, size});
    free(value);
    return SERVER_DONE;
}

static enum server_outcome slow(struct server_call *call, void *owner)
{
    (void)owner;
    answer_with(call, asked(call));
    sleep_with(call);
    return SERVER_PENDING;
}

static enum server_outcome deferred(struct server_call *call, void *owner)
{
    slow(call, owner);
    return SERVER_DEFERRED;
}

static enum server_outcome hang(struct server_call *call, void *owner)
{
    (void)owner;
    rig_hung = call;
    return SERVER_PENDING;
}

static enum server_outcome throw_it(struct server_call *call, void *owner)
{
    (void)owner;
    server_call_throw(call, "java.io.FileNotFoundException", "no such file");
    return SERVER_DONE;
}

static enum server_outcome throw_unchecked(struct server_call *call, void *owner)
{
    (void)owner;
    server_call_throw(call, "java.lang.IllegalStateException", "not now");
    return SERVER_DONE;
}

static enum server_outcome unserializable(struct server_call *call, void *owner)
{
    (void)owner;
    server_call_unserializable(call, "java.io.IOException", "cannot be written");
    return SERVER_DONE;
}

static server_method_fn *find(const struct server_protocol *protocol, struct wire_bytes method)
{
    static const struct {
        const char *name;
        server_method_fn *method;
    } methods[] = {{"echo", echo},
                   {"blob", blob},
                   {"sleep", slow},
                   {"hang", hang},
                   {"defer", deferred},
                   {"throw", throw_it},
                   {"broken", unserializable},
                   {"unchecked", throw_unchecked}};
    (void)protocol;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (wire_is(method, methods[i].name))
            return methods[i].method;
    return NULL;
}

void rig_protocol_begin(struct world_executor *executor, bool writables)
{
    script = executor;
    written = writables;
    is(server_add_protocol(
           rig_server,
           &(struct server_protocol){.name = "test.Echo",
                                     .version = 1,
                                     .find = find,
                                     .engine = writables ? SERVER_WRITABLE : SERVER_PROTOBUF}),
       RPC_OK);
}

void rig_protocol_end(void)
{
    while (sleepers != NULL) {
        struct sleeper *next = sleepers->next;
        world_timer_release(&sleepers->timer);
        free(sleepers);
        sleepers = next;
    }
}
