#include "rpc/client/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/client/caller.h"
#include "rpc/client/connection.h"

static void tell(struct world_task *task)
{
    struct client_call *call = world_container(task, struct client_call, tell);
    client_done_fn *finished = call->finished;
    call->finished = NULL;
    if (finished != NULL)
        finished(call, call->owner);
    client_call_drop(call);
}

struct client_call *client_call_keep(struct client_call *call)
{
    call->references++;
    return call;
}

static void trim(struct wire_buffer *buffer)
{
    buffer->length = 0;
    if (buffer->capacity > CLIENT_KEPT_BUFFER)
        wire_buffer_release(buffer);
}

/* Ready to be used again. */
static void clear(struct client_call *call)
{
    struct client *client = call->client;
    memset(call, 0, offsetof(struct client_call, method));
    call->client = client;
    call->tell.run = tell;
    trim(&call->method);
    trim(&call->body);
    trim(&call->value);
    trim(&call->frame);
}

void client_call_drop(struct client_call *call)
{
    assert(call->references > 0);
    if (--call->references > 0)
        return;
    struct client *client = call->client;
    LIST_REMOVE(call, all);
    if (call->connection != NULL)
        client_connection_drop(call->connection);
    client_failure_drop(call->error);
    client_failure_drop(call->told);
    clear(call);
    LIST_INSERT_HEAD(&client->free_calls, call, all);
}

static bool copy_in(struct client_call *call, const struct client_remote *remote,
                    const char *method, struct wire_bytes body)
{
    struct client *client = call->client;
    call->protocol_version = remote->protocol_version;
    call->methods_hash = remote->methods_hash;
    call->service_class = remote->own_service_class ? remote->service_class : client->service_class;
    return client_connection_id_of(client, remote, &call->key) == RPC_OK &&
           wire_buffer_add(&call->method, method, strlen(method) + 1) == RPC_OK &&
           wire_buffer_add(&call->body, body.data, body.length) == RPC_OK;
}

struct client_call *client_call_create(struct client *client, const struct client_remote *remote,
                                       const char *method, struct wire_bytes body)
{
    struct client_call *call = LIST_FIRST(&client->free_calls);
    if (call != NULL) {
        LIST_REMOVE(call, all);
    } else {
        call = calloc(1, sizeof(*call));
        if (call == NULL)
            return NULL;
        *call = (struct client_call){.client = client, .tell = {.run = tell}};
    }
    LIST_INSERT_HEAD(&client->calls, call, all);
    call->references = 1;
    if (!copy_in(call, remote, method, body)) {
        client_call_drop(call);
        return NULL;
    }
    call->number = world_new_id(client->world, WORLD_ID_CALL);
    call->started_ns = world_now(client->world);
    return call;
}

static void wake(struct client_call *call)
{
    call->done = true;
    if (call->caller != NULL && call->caller->call == call)
        client_caller_notify(call->caller);
}

void client_call_set_value(struct client_call *call, struct wire_bytes value)
{
    call->value.length = 0;
    if (value.length > 0 && wire_buffer_add(&call->value, value.data, value.length) != RPC_OK)
        call->error = client_failure_create(CLIENT_INTERNAL, "java.lang.OutOfMemoryError",
                                            "Java heap space", NULL, NULL);
    wake(call);
}

/* 0.20: one that has its error already is given another when the connection closes. */
void client_call_set_error(struct client_call *call, struct client_failure *failure)
{
    if (call->over)
        return;
    client_failure_drop(call->error);
    call->error = client_failure_keep(failure);
    wake(call);
}

static void describe(struct client_call *call)
{
    static const uint8_t nothing;
    const struct client_failure *told = call->told;
    if (told == NULL) {
        call->outcome.ending = CLIENT_VALUE;
        call->outcome.value = (struct wire_bytes){
            call->value.data != NULL ? call->value.data : &nothing, call->value.length};
        return;
    }
    call->outcome = (struct client_outcome){
        .ending = told->ending,
        .class_name = told->class_name,
        .message = told->message,
        .stack = told->stack,
        .cause_class = told->cause_class,
        .cause_message = told->cause_message,
        .code = told->code,
    };
    if (call->error != NULL && call->error != told) {
        call->outcome.root_class = call->error->cause_class;
        call->outcome.root_message = call->error->cause_message;
    }
}

static void trace_end(const struct client_call *call)
{
    struct client *client = call->client;
    if (!client_seen(client, POINT_CLIENT_END))
        return;
    struct point_event event =
        client_visit(client, POINT_CLIENT_END, &call->caller->thread, call->connection, call);
    CLIENT_VALUES(event, WORLD_TEXT(ENDING, client_ending_name(call->outcome.ending)));
    client_trace(client, &event);
}

void client_call_over(struct client_call *call, struct client_failure *told)
{
    struct client *client = call->client;
    assert(!call->over);
    call->over = true;
    call->ended_ns = world_now(client->world);
    call->told = told;
    describe(call);
    trace_end(call);
    if (call->connection != NULL)
        client_connection_drop(call->connection);
    call->connection = NULL;
    world_post(&client->lane, &call->tell);
}

/* WritableRpcEngine.Invocation: what every protocol of Writables has belongs to none. */
static void invoke(const struct client_call *call, struct wire_message *message)
{
    message->rpc_kind = WIRE_KIND_WRITABLE;
    message->methods_hash = call->methods_hash;
    if (!wire_is(message->method, "getProtocolVersion") &&
        !wire_is(message->method, "getProtocolSignature"))
        return;
    message->protocol = wire_text("org.apache.hadoop.ipc.VersionedProtocol");
    message->protocol_version = 0;
    message->methods_hash = 0;
}

enum rpc_status client_call_encode(struct client_call *call)
{
    struct client *client = call->client;
    struct wire_message message = client->codec->message(WIRE_REQUEST);
    message.call_id = call->id;
    message.retry = call->retry;
    message.client_id = (struct wire_bytes){client->client_id, CLIENT_ID_LENGTH};
    static const uint8_t nothing;
    message.method = (struct wire_bytes){call->method.data, call->method.length - 1};
    message.protocol = call->key.protocol != NULL ? client_text_bytes(call->key.protocol)
                                                  : (struct wire_bytes){&nothing, 0};
    message.protocol_version = call->protocol_version;
    message.body = (struct wire_bytes){call->body.data != NULL ? call->body.data : &nothing,
                                       call->body.length};
    if (client->writables)
        invoke(call, &message);
    call->frame.length = 0;
    return client->codec->encode(&message, &call->frame);
}

const struct client_outcome *client_call_outcome(const struct client_call *call)
{
    return &call->outcome;
}

int32_t client_call_id(const struct client_call *call)
{
    return call->id;
}

int32_t client_call_retry(const struct client_call *call)
{
    return call->retry;
}

uint32_t client_call_number(const struct client_call *call)
{
    return call->number;
}

uint32_t client_call_connection(const struct client_call *call)
{
    return call->connection_number;
}

uint64_t client_call_started_ns(const struct client_call *call)
{
    return call->started_ns;
}

uint64_t client_call_ended_ns(const struct client_call *call)
{
    return call->ended_ns;
}

const char *client_call_doing(const struct client_call *call)
{
    if (call->over)
        return "closed";
    if (call->being_written)
        return "write";
    if (call->caller == NULL || call->caller->call != call)
        return "wait";
    return call->caller->thread.doing;
}

void client_call_interrupt(struct client_call *call)
{
    if (call->caller != NULL && !call->over)
        client_caller_interrupt(call->caller);
}

void client_call_check(struct client_call *call, client_check_fn *check, const void *owner)
{
    call->check = check;
    call->check_owner = owner;
}

void client_call_free(struct client_call *call)
{
    if (call == NULL)
        return;
    call->finished = NULL;
    client_call_drop(call);
}
