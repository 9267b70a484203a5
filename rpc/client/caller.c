#include "rpc/client/caller.h"

#include <assert.h>
#include <stdlib.h>

#include "rpc/client/call_failure.h"
#include "rpc/client/connection.h"
#include "rpc/client/request.h"
#include "rpc/client/sender.h"
#include "rpc/client/setup.h"
#include "rpc/client/writer.h"
#include "rpc/world/name.h"

static void start(struct client_thread *thread);
static void get_connection(struct client_thread *thread);
static void offer(struct client_thread *thread);
static void await_reply(struct client_thread *thread);

static struct client_caller *caller_of(struct client_thread *thread)
{
    return world_container(thread, struct client_caller, thread);
}

/* --- its life --- */

static void timer_fired(struct world_timer *timer)
{
    struct client_caller *caller = world_container(timer, struct client_caller, timer);
    switch (caller->place) {
    case CALLER_CONNECTS:
        client_setup_timed_out(caller);
        return;
    case CALLER_SLEEPS:
        client_setup_slept(caller);
        return;
    case CALLER_OFFERS:
        caller->place = CALLER_ELSEWHERE;
        client_sender_withdraw(caller->thread.connection, caller->call);
        offer(&caller->thread);
        return;
    case CALLER_ELSEWHERE:
    case CALLER_WRITES:
    case CALLER_AWAITS:
        break;
    }
}

struct client_caller *client_caller_create(struct client *client)
{
    struct client_caller *caller = calloc(1, sizeof(*caller));
    if (caller == NULL)
        return NULL;
    char name[WORLD_NAME_MAX];
    world_name_print(name, sizeof(name), "client%u/caller/%u", client->id, ++client->caller_count);
    client_thread_init(&caller->thread, client->host, name, client->executor);
    world_timer_init(&caller->thread.executor, &caller->timer, timer_fired);
    caller->client = client;
    caller->owned = true;
    STAILQ_INIT(&caller->calls);
    STAILQ_INSERT_TAIL(&client->callers, caller, all);
    return caller;
}

static void give_back(struct client_caller *caller)
{
    caller->interrupted = false;
    caller->retry_count = 0;
    caller->owned = caller->freed = false;
    SLIST_INSERT_HEAD(&caller->client->idle_callers, caller, idle);
}

void client_caller_free(struct client_caller *caller)
{
    if (caller == NULL)
        return;
    caller->freed = true;
    if (caller->call == NULL)
        give_back(caller);
}

struct client_caller *client_caller_borrow(struct client *client)
{
    struct client_caller *caller = SLIST_FIRST(&client->idle_callers);
    if (caller != NULL)
        SLIST_REMOVE_HEAD(&client->idle_callers, idle);
    else
        caller = client_caller_create(client);
    if (caller != NULL)
        caller->owned = false;
    return caller;
}

void client_caller_release(struct client_caller *caller)
{
    client_setup_release(caller);
    client_failure_drop(caller->failure);
    world_timer_release(&caller->timer);
    client_thread_release(&caller->thread);
    free(caller);
}

bool client_caller_interrupted(struct client_caller *caller)
{
    bool was = caller->interrupted;
    caller->interrupted = false;
    return was;
}

uint32_t client_caller_lane(const struct client_caller *caller)
{
    return caller->thread.executor.lane;
}

void client_caller_begin(struct client_caller *caller, struct client_call *call)
{
    client_call_keep(call);
    call->caller = caller;
    if (caller->call == NULL) {
        caller->call = call;
        client_thread_go(&caller->thread, start);
        return;
    }
    STAILQ_INSERT_TAIL(&caller->calls, call, behind);
}

/* --- the end of a call --- */

static void next_call(struct client_caller *caller)
{
    struct client_call *call = STAILQ_FIRST(&caller->calls);
    caller->call = call;
    caller->thread.doing = "wait";
    caller->thread.connection = NULL;
    if (call == NULL) {
        if (!caller->owned || caller->freed)
            give_back(caller);
        return;
    }
    STAILQ_REMOVE_HEAD(&caller->calls, behind);
    client_thread_go(&caller->thread, start);
}

/* The call returns or throws; takes the failure. */
static void leave(struct client_caller *caller, struct client_failure *failure)
{
    caller->place = CALLER_ELSEWHERE;
    client_call_over(caller->call, failure);
    next_call(caller);
}

void client_caller_throws(struct client_caller *caller, struct client_failure *failure)
{
    leave(caller, failure);
}

static void take_outcome(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_failure *error = caller->call->error, *told = NULL;
    if (error == NULL) {
        told = client_call_value_failure(caller->call);
    } else {
        struct client_hosts hosts = client_connection_hosts(thread->connection);
        told = client_failure_wrap(caller->client->release, &hosts, error);
    }
    leave(caller, told);
}

/* Its call is done, but what has become of it is not yet looked at. */
static void finish(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    if (point_guarded(POINT_CLIENT_END)) {
        struct point_event event = client_visit(caller->client, POINT_CLIENT_END, thread,
                                                thread->connection, caller->call);
        if (client_thread_held(thread, &event, take_outcome))
            return;
    }
    take_outcome(thread);
}

/* --- waiting for the reply --- */

static void call_interrupted(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    leave(caller, client_failure_create(CLIENT_INTERRUPTED, "java.io.InterruptedIOException",
                                        "Call interrupted", NULL, NULL));
}

static void await_reply(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    thread->doing = "wait";
    if (caller->call->done)
        finish(thread);
    else if (caller->interrupted && caller->client->release->interrupts_waiters)
        call_interrupted(thread);
    else
        caller->place = CALLER_AWAITS;
}

/* From here on it waits for the reply; it need not run for that unless there is something. */
static void settle(struct client_caller *caller)
{
    bool leaves = caller->interrupted && caller->client->release->interrupts_waiters;
    caller->place = CALLER_AWAITS;
    caller->thread.doing = "wait";
    if (!caller->call->done && !leaves)
        return;
    caller->place = CALLER_ELSEWHERE;
    client_thread_go(&caller->thread, await_reply);
}

void client_caller_notify(struct client_caller *caller)
{
    if (caller->place != CALLER_AWAITS)
        return;
    caller->place = CALLER_ELSEWHERE;
    client_thread_go(&caller->thread, finish);
}

/* --- sending, 2.x: a pool's thread writes, and is waited for --- */

void client_caller_written(struct client_caller *caller)
{
    if (caller->place != CALLER_WRITES)
        return;
    client_monitor_leave(&caller->thread.connection->send_lock, &caller->thread);
    settle(caller);
}

/* senderFuture.get() throws; the pool's thread writes on. */
static void write_interrupted(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    client_monitor_leave(&thread->connection->send_lock, thread);
    client_log(caller->client, thread, thread->connection, "warn",
               "interrupted waiting to send rpc request to server");
    leave(caller, client_failure_create(CLIENT_INTERRUPTED, "java.io.IOException",
                                        "java.lang.InterruptedException",
                                        "java.lang.InterruptedException", NULL));
}

static void submit(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    thread->doing = "write_lock";
    client_sender_offer(thread->connection, caller->call);
    if (caller->interrupted)
        write_interrupted(thread);
    else
        caller->place = CALLER_WRITES;
}

/* --- sending, 3.x: the connection's thread takes what is offered --- */

static void offer_interrupted(struct client_thread *thread)
{
    leave(caller_of(thread),
          client_failure_create(CLIENT_INTERRUPTED, "java.io.InterruptedIOException",
                                "Interrupted waiting to send RPC request to server",
                                "java.lang.InterruptedException", NULL));
}

/* Offers last a second each, to see in between whether the connection is closing. */
static void offer(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client *client = caller->client;
    if (thread->connection->closing) {
        await_reply(thread);
        return;
    }
    thread->doing = "write_lock";
    if (caller->interrupted) {
        offer_interrupted(thread);
        return;
    }
    if (client_sender_offer(thread->connection, caller->call)) {
        await_reply(thread);
        return;
    }
    caller->place = CALLER_OFFERS;
    world_timer_start(&caller->timer, world_now(client->world) + WORLD_SEC);
}

void client_caller_taken(struct client_caller *caller)
{
    if (caller->place != CALLER_OFFERS)
        return;
    world_timer_stop(&caller->timer);
    settle(caller);
}

/* --- encoding --- */

void client_caller_is_sent(struct client_caller *caller)
{
    await_reply(&caller->thread);
}

static void encode(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    if (caller->client->release->caller_writes) {
        client_writer_begin(caller);
        return;
    }
    struct client_failure *failure = client_request_make(caller);
    if (failure != NULL) { /* its entry stays in the table: Hadoop's leak */
        leave(caller, failure);
        return;
    }
    if (caller->client->release->has_sender_thread) {
        offer(thread);
        return;
    }
    thread->doing = "write_lock";
    if (client_monitor_enter(&thread->connection->send_lock, thread, submit))
        submit(thread);
}

static void send(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    if (thread->connection->closing) {
        await_reply(thread);
        return;
    }
    if (!thread->connection->has_streams) { /* half built: there is nothing to write to */
        leave(caller, client_failure_create(CLIENT_INTERNAL, "java.lang.NullPointerException", NULL,
                                            NULL, NULL));
        return;
    }
    if (point_guarded(POINT_CLIENT_ENCODE)) {
        struct point_value value;
        struct point_event event = client_request_visit(caller, &value);
        if (client_thread_held(thread, &event, encode))
            return;
    }
    encode(thread);
}

/* --- setting up --- */

void client_caller_is_set_up(struct client_caller *caller)
{
    send(&caller->thread);
}

static bool needs_setup(const struct client_connection *connection)
{
    return connection->stream == NULL && !connection->closing;
}

static void set_up_with_monitor(struct client_thread *thread)
{
    if (needs_setup(thread->connection)) {
        client_setup_begin(caller_of(thread));
        return;
    }
    client_monitor_leave(&thread->connection->monitor, thread);
    send(thread);
}

static void set_up(struct client_thread *thread)
{
    if (client_monitor_enter(&thread->connection->monitor, thread, set_up_with_monitor))
        set_up_with_monitor(thread);
}

static void visit_setup(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    thread->doing = "setup";
    if (needs_setup(thread->connection) && point_guarded(POINT_CLIENT_SETUP)) {
        struct point_event event = client_visit(caller->client, POINT_CLIENT_SETUP, thread,
                                                thread->connection, caller->call);
        if (client_thread_held(thread, &event, set_up))
            return;
    }
    set_up(thread);
}

/* --- joining a connection --- */

/* It is closed.  Before 3.x a caller tries until the one who closes it has taken it out of the
 * pool; 3.x does so itself. */
static void refused(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_connection *connection = thread->connection;
    struct client_call *call = caller->call;
    bool waits = connection->in_pool && !caller->client->release->has_sender_thread;
    if (waits)
        STAILQ_INSERT_TAIL(&connection->spinning, caller, spinning);
    else
        client_remove_connection(caller->client, connection);
    call->connection = NULL;
    thread->connection = NULL;
    client_connection_drop(connection);
    if (!waits)
        get_connection(thread);
}

void client_caller_looks_again(struct client_caller *caller)
{
    client_thread_go(&caller->thread, get_connection);
}

static void join(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_connection *connection = thread->connection;
    bool joins = !connection->closing;
    if (joins)
        client_connection_join(connection, caller->call);
    if (client_seen(caller->client, POINT_CLIENT_ADD)) {
        struct point_event event =
            client_visit(caller->client, POINT_CLIENT_ADD, thread, connection, caller->call);
        CLIENT_VALUES(event, WORLD_TEXT(RESULT, joins ? "ok" : "closed"));
        client_trace(caller->client, &event);
    }
    client_monitor_leave(&connection->monitor, thread);
    if (joins)
        visit_setup(thread);
    else
        refused(thread);
}

static void add(struct client_thread *thread)
{
    if (client_monitor_enter(&thread->connection->monitor, thread, join))
        join(thread);
}

/* The connection of its ConnectionId, made when there is none.  With a reference. */
static struct client_failure *choose(struct client *client, struct client_call *call,
                                     struct client_connection **chosen)
{
    struct client_connection *found = client_find_connection(client, &call->key);
    if (found != NULL) {
        *chosen = client_connection_keep(found);
        return NULL;
    }
    if (call->key.address->address.ip == 0 && !client->release->retries_unknown_host)
        return client_call_unknown_host(call);
    if (client_connection_create(client, call, chosen) != RPC_OK)
        return client_failure_create(CLIENT_INTERNAL, "java.lang.OutOfMemoryError",
                                     "Java heap space", NULL, NULL);
    client_add_connection(client, *chosen);
    return NULL;
}

static void get_connection(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client *client = caller->client;
    struct client_call *call = caller->call;
    struct client_connection *connection;
    thread->doing = "add";
    if (client->stop_begun && client->release->has_sender_thread) {
        leave(caller, client_call_stopped(call));
        return;
    }
    struct client_failure *failure = choose(client, call, &connection);
    if (failure != NULL) {
        leave(caller, failure);
        return;
    }
    call->connection = thread->connection = connection;
    call->connection_number = connection->number;
    if (point_guarded(POINT_CLIENT_ADD)) {
        struct point_event event = client_visit(client, POINT_CLIENT_ADD, thread, connection, call);
        if (client_thread_held(thread, &event, add))
            return;
    }
    add(thread);
}

/* --- the beginning --- */

static void call_it(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    if (caller->client->stop_begun)
        leave(caller, client_call_stopped(caller->call));
    else
        get_connection(thread);
}

static void look_up(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_address *address = caller->call->key.address;
    uint32_t ip;
    if (client_look_up(caller->client, thread, caller->call, address->name, &ip) == RPC_OK)
        address->address.ip = ip;
    call_it(thread);
}

static void begin(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_call *call = caller->call;
    if (client_seen(caller->client, POINT_CLIENT_CALL)) {
        struct point_event event =
            client_visit(caller->client, POINT_CLIENT_CALL, thread, NULL, call);
        CLIENT_VALUES(event, WORLD_TEXT(METHOD, client_call_method(call)));
        client_trace(caller->client, &event);
    }
    if (call->key.address->address.ip != 0) {
        call_it(thread);
        return;
    }
    struct point_value value;
    struct point_event event =
        client_look_up_visit(caller->client, thread, call, &value, call->key.address->name);
    if (!client_thread_held(thread, &event, look_up))
        look_up(thread);
}

static void start(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    thread->doing = "add";
    if (point_guarded(POINT_CLIENT_CALL)) {
        struct point_event event =
            client_visit(caller->client, POINT_CLIENT_CALL, thread, NULL, caller->call);
        CLIENT_VALUES(event, WORLD_TEXT(METHOD, client_call_method(caller->call)));
        if (client_thread_held(thread, &event, begin))
            return;
    }
    begin(thread);
}

/* --- interrupts --- */

void client_caller_interrupt(struct client_caller *caller)
{
    caller->interrupted = true;
    switch (caller->place) {
    case CALLER_CONNECTS:
    case CALLER_SLEEPS:
        client_setup_interrupt(caller);
        break;
    case CALLER_WRITES:
        if (caller->client->release->caller_writes) {
            client_writer_interrupt(caller);
            break;
        }
        caller->place = CALLER_ELSEWHERE;
        client_thread_go(&caller->thread, write_interrupted);
        break;
    case CALLER_OFFERS:
        caller->place = CALLER_ELSEWHERE;
        world_timer_stop(&caller->timer);
        client_sender_withdraw(caller->thread.connection, caller->call);
        client_thread_go(&caller->thread, offer_interrupted);
        break;
    case CALLER_AWAITS:
        if (!caller->client->release->interrupts_waiters)
            break;
        caller->place = CALLER_ELSEWHERE;
        client_thread_go(&caller->thread, call_interrupted);
        break;
    case CALLER_ELSEWHERE:
        break;
    }
}
