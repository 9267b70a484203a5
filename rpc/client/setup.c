#include "rpc/client/setup.h"

#include <assert.h>
#include <stdio.h>

#include "rpc/client/output.h"
#include "rpc/client/receiver.h"
#include "rpc/client/setup_failure.h"

static void attempt(struct client_thread *thread);
static void streams(struct client_thread *thread);

static struct client_caller *caller_of(struct client_thread *thread)
{
    return world_container(thread, struct client_caller, thread);
}

static int64_t setting(const struct client_thread *thread, enum release_setting which)
{
    return thread->connection->id.settings->value[which];
}

static void close_socket(struct client_caller *caller)
{
    struct client_connection *connection = caller->thread.connection;
    world_watch_release(&caller->setup.watch);
    world_timer_stop(&caller->timer);
    if (connection->stream != NULL)
        world_close(connection->stream);
    connection->stream = NULL;
}

/* --- the end --- */

static void end(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    thread->connection->connecting = NULL;
    client_monitor_leave(&thread->connection->monitor, thread);
    client_caller_is_set_up(caller);
}

/* 0.20: nobody catches it, and Client.stop would wait for this connection for ever.  A socket that
 * is there keeps the next caller from trying again, and without streams nobody will get any further
 * (HADOOP-7428). */
static void throw_out(struct client_thread *thread, struct client_failure *failure)
{
    struct client_connection *connection = thread->connection;
    connection->connecting = NULL;
    connection->dead = true;
    if (connection->stream == NULL)
        client_connection_enter(connection, CONNECTION_NEW);
    client_monitor_leave(&connection->monitor, thread);
    client_caller_throws(caller_of(thread), failure);
}

/* The catch (Throwable) of setupIOstreams; takes the failure. */
static void give_up(struct client_thread *thread, struct client_failure *failure)
{
    struct client_connection *connection = thread->connection;
    if (!client_failure_is_io(failure) && connection->client->release->setup_handles_io_only) {
        throw_out(thread, failure);
        return;
    }
    if (!client_failure_is_io(failure))
        failure = client_setup_unchecked(connection->client->release, failure);
    client_connection_mark_closed(connection, failure);
    client_connection_close(connection, thread, end);
}

static enum rpc_status add(struct client_connection *connection, struct wire_message *message)
{
    struct client *client = connection->client;
    if (message->kind != WIRE_PREAMBLE)
        message->client_id = (struct wire_bytes){client->client_id, CLIENT_ID_LENGTH};
    return client->codec->encode(message, &connection->out);
}

static void open_up(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client *client = connection->client;
    struct wire_message context = client->codec->message(WIRE_CONTEXT);
    connection->has_streams = true;
    context.user = client_text_bytes(connection->id.user);
    if (client->real_user != NULL)
        context.real_user = wire_text(client->real_user);
    if (connection->id.protocol != NULL)
        context.protocol = client_text_bytes(connection->id.protocol);
    enum rpc_status status = add(connection, &context);
    if (status != RPC_OK) {
        give_up(thread, client_io_failure(client, status, false));
        return;
    }
    client_receiver_touch(connection);
    client_connection_enter(connection, !TAILQ_EMPTY(&connection->calls) ? CONNECTION_OPEN_BUSY
                                                                         : CONNECTION_OPEN_IDLE);
    client_receiver_start(connection);
    end(thread);
}

/* Before 3.x: the preamble has been written. */
static void preamble_written(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_failure *failure = connection->write_failure;
    connection->write_failure = NULL;
    client_monitor_leave(&connection->stream_lock, thread);
    if (failure != NULL)
        give_up(thread, failure);
    else
        open_up(thread);
}

static void send_preamble(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    const struct wire_codec *codec = connection->client->codec;
    struct wire_message preamble = codec->message(WIRE_PREAMBLE);
    preamble.version = codec->version;
    preamble.service_class = (int8_t)(uint8_t)connection->service_class;
    preamble.auth = codec->auth_simple;
    client_connection_enter(connection, CONNECTION_HEADER);
    enum rpc_status status = add(connection, &preamble);
    if (status != RPC_OK) {
        give_up(thread, client_io_failure(connection->client, status, false));
    } else if (connection->client->release->header_unflushed) {
        open_up(thread);
    } else {
        bool entered = client_monitor_enter(&connection->stream_lock, thread, NULL);
        assert(entered); /* nobody writes before it is open */
        (void)entered;
        client_output_flush(thread, NULL, RPC_OK, preamble_written);
    }
}

static struct client_failure *strike_throw(const struct point_event *event)
{
    struct point_strike strike;
    if (!point_strikes(event, &strike) || strike.effect != EFFECT_THROW)
        return NULL;
    return client_failure_thrown(CLIENT_SETUP_FAILED, strike.class_name, strike.message);
}

static void make_streams(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct point_event event = client_visit(connection->client, POINT_CLIENT_STREAMS, thread,
                                            connection, caller_of(thread)->call);
    struct client_failure *failure = strike_throw(&event);
    client_trace(connection->client, &event);
    if (failure != NULL)
        give_up(thread, failure);
    else
        send_preamble(thread);
}

static void streams(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct point_event event = client_visit(connection->client, POINT_CLIENT_STREAMS, thread,
                                            connection, caller_of(thread)->call);
    thread->doing = "setup";
    if (!client_thread_held(thread, &event, make_streams))
        make_streams(thread);
}

/* --- a failed attempt --- */

/* What handleConnectionFailure throws, unless the server has moved (HADOOP-17068). */
static void throw_failure(struct client_thread *thread, struct client_failure *failure)
{
    struct client_caller *caller = caller_of(thread);
    if (!caller->setup.moved || !caller->client->release->tries_moved_server) {
        give_up(thread, failure);
        return;
    }
    client_log(caller->client, thread, thread->connection, "warn",
               "Exception when handle ConnectionFailure: %s",
               failure->message != NULL ? failure->message : "null");
    client_failure_drop(failure);
    attempt(thread);
}

static void log_retry(struct client_thread *thread, int tried)
{
    struct client_connection *connection = thread->connection;
    char server[WORLD_NAME_MAX * 2 + 32], policy[128], rest[160] = ".";
    if (connection->client->world->tracer == NULL)
        return;
    client_server_text(connection->id.address, connection->server, server, sizeof(server));
    if (connection->client->release->tells_policy && caller_of(thread)->setup.timed_out)
        snprintf(rest, sizeof(rest), "; maxRetries=%lld",
                 (long long)setting(thread, SETTING_CONNECT_TIMEOUT_RETRIES));
    else if (connection->client->release->tells_policy)
        snprintf(rest, sizeof(rest), "; retry policy is %s",
                 client_setup_policy(connection, policy, sizeof(policy)));
    client_log(connection->client, thread, connection, "info",
               "Retrying connect to server: %s. Already tried %d time(s)%s", server, tried, rest);
}

void client_setup_slept(struct client_caller *caller)
{
    struct client_setup *setup = &caller->setup;
    caller->place = CALLER_ELSEWHERE;
    client_failure_drop(setup->failure);
    setup->failure = NULL;
    log_retry(&caller->thread,
              (setup->timed_out ? setup->timeout_failures : setup->io_failures) - 1);
    attempt(&caller->thread);
}

static void sleep_interrupted(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    caller->interrupted = false;
    if (caller->client->release->sleeps_on) {
        client_setup_slept(caller);
        return;
    }
    client_failure_drop(caller->setup.failure);
    caller->setup.failure = NULL;
    throw_failure(thread, client_setup_interrupted_sleep(thread->connection));
}

static struct point_event sleep_visit(struct client_thread *thread)
{
    return client_visit(thread->connection->client, POINT_CLIENT_SLEEP, thread, thread->connection,
                        caller_of(thread)->call);
}

static void sleep_now(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct point_event event = sleep_visit(thread);
    int64_t time_ms = setting(thread, SETTING_CONNECT_RETRY_INTERVAL);
    const struct client_failure *failure = caller->setup.failure;
    CLIENT_VALUES(
        event, WORLD_NUMBER(TIME, time_ms),
        WORLD_TEXT(WHY, failure->message != NULL ? failure->message : failure->class_name));
    client_trace(caller->client, &event);
    if (caller->interrupted) {
        sleep_interrupted(thread);
        return;
    }
    caller->place = CALLER_SLEEPS;
    world_timer_start(&caller->timer,
                      world_now(caller->client->world) + (uint64_t)time_ms * WORLD_MS);
}

static void begin_sleep(struct client_thread *thread)
{
    struct point_event event = sleep_visit(thread);
    thread->doing = "sleep";
    if (!client_thread_held(thread, &event, sleep_now))
        sleep_now(thread);
}

static void handle_failure(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_setup *setup = &caller->setup;
    bool fails = setup->io_failures++ >= setting(thread, SETTING_CONNECT_RETRIES);
    if (fails ||
        (caller->interrupted && caller->client->release->interrupted_caller_sees_failure)) {
        struct client_failure *failure = setup->failure;
        setup->failure = NULL;
        throw_failure(thread, failure);
        return;
    }
    begin_sleep(thread);
}

static void handle_timeout(struct client_thread *thread)
{
    struct client_setup *setup = &caller_of(thread)->setup;
    struct client_failure *failure = setup->failure;
    int tried = setup->timeout_failures++;
    if (tried < setting(thread, SETTING_CONNECT_TIMEOUT_RETRIES) &&
        thread->connection->client->release->sleeps_after_connect_timeout) {
        begin_sleep(thread);
        return;
    }
    setup->failure = NULL;
    if (tried >= setting(thread, SETTING_CONNECT_TIMEOUT_RETRIES)) {
        give_up(thread, failure);
        return;
    }
    client_failure_drop(failure);
    log_retry(thread, tried);
    attempt(thread);
}

/* The failure of a factory ends as that of closing the socket that it did not make. */
static void trip_over_socket(struct client_thread *thread)
{
    struct client_setup *setup = &caller_of(thread)->setup;
    client_failure_drop(setup->failure);
    setup->failure = NULL;
    give_up(thread, client_failure_create(CLIENT_SETUP_FAILED, "java.lang.NullPointerException",
                                          NULL, NULL, NULL));
}

static void handle(struct client_thread *thread)
{
    const struct client_setup *setup = &caller_of(thread)->setup;
    if (setup->no_socket && thread->connection->client->release->needs_socket_to_close)
        trip_over_socket(thread);
    else if (setup->timed_out)
        handle_timeout(thread);
    else
        handle_failure(thread);
}

/* The server is somewhere else, or (before 3.x) no longer anywhere. */
static void move(struct client_thread *thread, uint32_t ip)
{
    struct client_connection *connection = thread->connection;
    struct client_setup *setup = &caller_of(thread)->setup;
    char old[WORLD_NAME_MAX * 2 + 32], new[WORLD_NAME_MAX * 2 + 32];
    struct world_address to = {.ip = ip, .port = connection->server.port};
    client_server_text(connection->id.address, connection->server, old, sizeof(old));
    client_server_text(connection->id.address, to, new, sizeof(new));
    client_log(connection->client, thread, connection, "warn",
               "Address change detected. Old: %s New: %s", old, new);
    connection->server = to;
    setup->moved = true;
    setup->io_failures = setup->timeout_failures = 0;
    if (connection->client->release->keeps_old_address)
        connection->place = connection->id.address->address = to;
}

/* updateAddress */
static void look_up(struct client_thread *thread)
{
    struct client_connection *connection = thread->connection;
    struct client_caller *caller = caller_of(thread);
    uint32_t ip = 0;
    enum rpc_status status =
        client_look_up(connection->client, thread, caller->call, connection->id.address->name, &ip);
    bool keeps = connection->client->release->keeps_old_address;
    if (status != RPC_OK)
        ip = 0;
    if (ip != connection->server.ip && !(ip == 0 && keeps))
        move(thread, ip);
    handle(thread);
}

/* An exception in setupConnection's loop; takes the failure. */
static void fail(struct client_caller *caller, struct client_failure *failure, bool timed_out)
{
    struct client_thread *thread = &caller->thread;
    struct client_connection *connection = thread->connection;
    struct point_value value;
    caller->place = CALLER_ELSEWHERE;
    caller->setup.failure = failure;
    caller->setup.timed_out = timed_out;
    caller->setup.moved = false;
    close_socket(caller);
    if (!connection->id.address->named || !caller->client->release->follows_names) {
        handle(thread);
        return;
    }
    struct point_event event = client_look_up_visit(connection->client, thread, caller->call,
                                                    &value, connection->id.address->name);
    thread->doing = "setup";
    if (!client_thread_held(thread, &event, look_up))
        look_up(thread);
}

/* --- an attempt --- */

static void trace_attempt(struct client_caller *caller, const char *result)
{
    struct client_connection *connection = caller->thread.connection;
    char to[24];
    struct point_event event = client_visit(caller->client, POINT_CLIENT_CONNECT, &caller->thread,
                                            connection, caller->call);
    event.at_ns = caller->setup.attempt_ns;
    event.begun = true;
    CLIENT_VALUES(event, WORLD_NUMBER(ATTEMPT, caller->setup.attempts),
                  WORLD_TEXT(TO, world_address_text(connection->server, to)),
                  WORLD_TEXT(RESULT, result));
    client_trace(caller->client, &event);
}

void client_setup_timed_out(struct client_caller *caller)
{
    if (client_select_go_on(&caller->setup.select, caller->client) > 0) {
        world_timer_start(&caller->timer, caller->setup.select.ends_ns);
        return;
    }
    trace_attempt(caller, "timeout");
    fail(caller, client_setup_timeout(caller->thread.connection), true);
}

/* A connect that met itself: its port was the server's (HADOOP-6722). */
static bool met_itself(const struct client_connection *connection)
{
    return connection->stream->local.port == connection->stream->remote.port &&
           connection->stream->local.ip == connection->stream->remote.ip;
}

static void attempt_ended(struct client_caller *caller, enum rpc_status status)
{
    struct client_connection *connection = caller->thread.connection;
    const char *result = "ok";
    struct client_failure *failure = NULL;
    caller->place = CALLER_ELSEWHERE;
    if (status != RPC_OK) {
        failure = client_setup_refusal(status, &result);
    } else if (met_itself(connection) && !caller->client->release->meets_itself) {
        result = "self";
        failure = client_failure_create(
            CLIENT_REFUSED, "java.net.ConnectException",
            "Localhost targeted connection resulted in a loopback. No daemon is listening on the "
            "target port.",
            NULL, NULL);
    }
    trace_attempt(caller, result);
    if (failure != NULL) {
        fail(caller, failure, false);
        return;
    }
    world_watch_release(&caller->setup.watch);
    world_timer_stop(&caller->timer);
    streams(&caller->thread);
}

static void connect_ready(struct world_watch *watch)
{
    struct client_caller *caller = world_container(watch, struct client_caller, setup.watch);
    enum rpc_status status = world_connected(caller->thread.connection->stream);
    if (status == RPC_AGAIN)
        return;
    world_watch_stop(watch);
    attempt_ended(caller, status);
}

static void start_connect(struct client_caller *caller, bool dropped)
{
    struct client_connection *connection = caller->thread.connection;
    struct client *client = caller->client;
    if (!dropped) {
        enum rpc_status status = world_connect(client->host, connection->server, connection->number,
                                               &connection->stream);
        if (status != RPC_OK) {
            connection->stream = NULL;
            attempt_ended(caller, status);
            return;
        }
        world_watch_init(&caller->thread.executor, &caller->setup.watch, connection->stream,
                         WORLD_WRITE, connect_ready);
        world_watch_start(&caller->setup.watch);
    }
    caller->place = CALLER_CONNECTS;
    int64_t timeout = client->settings.value[SETTING_CONNECT_TIMEOUT];
    client_select_begin(&caller->setup.select, client, timeout);
    if (timeout > 0)
        world_timer_start(&caller->timer, caller->setup.select.ends_ns);
}

static struct point_event attempt_visit(struct client_caller *caller, struct point_value values[2],
                                        char *to)
{
    struct client_connection *connection = caller->thread.connection;
    struct point_event event = client_visit(caller->client, POINT_CLIENT_CONNECT, &caller->thread,
                                            connection, caller->call);
    values[0] = (struct point_value)WORLD_NUMBER(ATTEMPT, caller->setup.attempts);
    values[1] = (struct point_value)WORLD_TEXT(TO, world_address_text(connection->server, to));
    event.values = values;
    event.value_count = 2;
    return event;
}

/* A fault instead of an attempt: the socket factory throws. */
static void throw_in_attempt(struct client_caller *caller, const struct point_strike *strike)
{
    const char *timeout = caller->client->release->connect_timeout;
    struct client_failure *failure =
        client_failure_thrown(CLIENT_SETUP_FAILED, strike->class_name, strike->message);
    trace_attempt(caller, "throw");
    if (client_failure_is_io(failure)) {
        caller->setup.no_socket = true;
        fail(caller, failure, client_failure_is(failure, timeout));
    } else {
        close_socket(caller);
        give_up(&caller->thread, failure);
    }
}

static void attempt_now(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct point_value values[2];
    struct point_strike strike;
    char to[24];
    struct point_event event = attempt_visit(caller, values, to);
    caller->setup.attempt_ns = world_now(caller->client->world);
    caller->setup.no_socket = false;
    if (!point_strikes(&event, &strike))
        start_connect(caller, false);
    else if (strike.effect == EFFECT_REFUSE)
        attempt_ended(caller, RPC_REFUSED);
    else if (strike.effect == EFFECT_THROW)
        throw_in_attempt(caller, &strike);
    else
        start_connect(caller, strike.effect == EFFECT_DROP);
}

static void attempt(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    struct client_connection *connection = thread->connection;
    struct point_value values[2];
    char to[24];
    thread->doing = "connect";
    caller->setup.attempts++;
    if (connection->server.ip == 0) {
        if (connection->client->release->retries_unknown_host)
            fail(caller, client_setup_unknown_host(connection), false);
        else
            give_up(thread, client_failure_create(CLIENT_INTERNAL,
                                                  "java.nio.channels.UnresolvedAddressException",
                                                  NULL, NULL, NULL));
        return;
    }
    struct point_event event = attempt_visit(caller, values, to);
    if (!client_thread_held(thread, &event, attempt_now))
        attempt_now(thread);
}

/* --- from the caller --- */

void client_setup_begin(struct client_caller *caller)
{
    struct client_thread *thread = &caller->thread;
    struct client_connection *connection = thread->connection;
    struct point_event event =
        client_visit(caller->client, POINT_CLIENT_SETUP, thread, connection, caller->call);
    client_trace(caller->client, &event);
    thread->doing = "setup";
    caller->setup = (struct client_setup){0};
    connection->connecting = caller;
    connection->dead = false;
    client_connection_enter(connection, CONNECTION_CONNECTING);
    attempt(thread);
}

static void connect_interrupted(struct client_thread *thread)
{
    struct client_caller *caller = caller_of(thread);
    int64_t total = caller->client->settings.value[SETTING_CONNECT_TIMEOUT];
    int64_t left = client_select_go_on(&caller->setup.select, caller->client);
    trace_attempt(caller, "interrupted");
    fail(caller, client_io_interrupted(thread->connection, true, total, left), false);
}

void client_setup_interrupt(struct client_caller *caller)
{
    if (caller->place == CALLER_CONNECTS && caller->client->plain_sockets)
        return;
    client_step_fn *step =
        caller->place == CALLER_CONNECTS ? connect_interrupted : sleep_interrupted;
    caller->place = CALLER_ELSEWHERE;
    world_timer_stop(&caller->timer);
    if (caller->setup.watch.executor != NULL)
        world_watch_stop(&caller->setup.watch);
    client_thread_go(&caller->thread, step);
}

void client_setup_release(struct client_caller *caller)
{
    world_watch_release(&caller->setup.watch);
    client_failure_drop(caller->setup.failure);
    caller->setup.failure = NULL;
}
