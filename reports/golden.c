#include "reports/golden.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/record.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

/* A microsecond; nothing in a story where nothing takes time. */
static int64_t us = 1000;

static struct record *begin(const struct record_scenario *scenario)
{
    struct record *record;
    enum rpc_status status = record_create_memory(0, &record);
    assert(status == RPC_OK);
    record_scenario(record, scenario);
    return record;
}

static struct golden finish(struct record *record, const struct record_end *end)
{
    struct golden golden;
    record_finish(record, end);
    const char *bytes = record_bytes(record, &golden.length);
    golden.bytes = malloc(golden.length + 1);
    assert(golden.bytes != NULL);
    memcpy(golden.bytes, bytes, golden.length);
    golden.bytes[golden.length] = '\0';
    record_free(record);
    return golden;
}

static void server_lanes(struct record *record, int handlers)
{
    static const char *const names[][2] = {
        {"listener", "Listener"},   {"reader/0", "Reader 0"},        {"callqueue", "Call queue"},
        {"responder", "Responder"}, {"respqueue", "Response queue"}, {"idletimer", "Idle scan"},
    };
    char id[64], name[64];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(id, sizeof(id), "server1/%s", names[i][0]);
        record_lane(record, &(struct record_lane){id, "server1", names[i][1]});
    }
    for (int i = 0; i < handlers; i++) {
        snprintf(id, sizeof(id), "server1/handler/%d", i);
        snprintf(name, sizeof(name), "Handler %d", i);
        record_lane(record, &(struct record_lane){id, "server1", name});
    }
}

static void state(struct record *record, int64_t t, uint32_t connection, bool server,
                  const char *to, const char *why)
{
    record_state(record, &(struct record_state){t, connection, server, to, why});
}

static void span(struct record *record, const char *lane, int64_t t, int64_t end, const char *kind,
                 uint32_t call, const char *label)
{
    record_span(
        record,
        &(struct record_span){
            .lane = lane, .t_ns = t, .end_ns = end, .kind = kind, .call = call, .label = label});
}

static uint32_t next_message;

static void message(struct record *record, enum record_direction direction,
                    enum record_message kind, uint32_t connection, uint32_t call, int64_t t,
                    int64_t flight, int64_t length)
{
    record_msg(record, &(struct record_msg){.message = ++next_message,
                                            .direction = direction,
                                            .kind = kind,
                                            .connection = connection,
                                            .call = call,
                                            .t_ns = t,
                                            .rx_ns = flight < 0 ? RECORD_NEVER : t + flight,
                                            .length = length});
}

/* A connection from SYN to open, in about 400 us. */
static void open_connection(struct record *record, uint32_t connection, uint32_t client, int64_t t)
{
    char local[32], key[64];
    snprintf(local, sizeof(local), "127.0.0.1:%u", 41000 + (unsigned)connection);
    snprintf(key, sizeof(key), "ripcord, EchoProtocol, client %u", (unsigned)client);
    record_conn(record, &(struct record_conn){connection, client, local, "nn1:8020", key});
    state(record, t, connection, false, "new", NULL);
    state(record, t + 10 * us, connection, false, "connecting", NULL);
    message(record, RECORD_C2S, RECORD_MESSAGE_SYN, connection, 0, t + 10 * us, 90 * us, 0);
    message(record, RECORD_S2C, RECORD_MESSAGE_SYNACK, connection, 0, t + 110 * us, 90 * us, 0);
    record_mark(record, &(struct record_mark){"server1/listener", t + 105 * us, "accept",
                                              connection, 0, NULL});
    state(record, t + 105 * us, connection, true, "header", NULL);
    state(record, t + 200 * us, connection, false, "header", NULL);
    message(record, RECORD_C2S, RECORD_MESSAGE_PREAMBLE, connection, 0, t + 205 * us, 90 * us, 7);
    message(record, RECORD_C2S, RECORD_MESSAGE_CONTEXT, connection, 0, t + 240 * us, 90 * us, 118);
    span(record, "server1/reader/0", t + 295 * us, t + 350 * us, "read", 0, "context");
    state(record, t + 330 * us, connection, true, "context", NULL);
    state(record, t + 340 * us, connection, true, "open", NULL);
    state(record, t + 260 * us, connection, false, "open_idle", NULL);
}

struct step {
    uint32_t call, connection;
    const char *method;
    int64_t t, handle_ns;
    int handler;
};

static void request_side(struct record *record, const struct step *step)
{
    char lane[32];
    int64_t t = step->t;
    snprintf(lane, sizeof(lane), "server1/handler/%d", step->handler);
    message(record, RECORD_C2S, RECORD_MESSAGE_REQUEST, step->connection, step->call, t + 20 * us,
            92 * us, 161);
    span(record, "server1/reader/0", t + 112 * us, t + 140 * us, "read", step->call, step->method);
    record_gauge(record, &(struct record_gauge){"server1/callqueue", t + 140 * us, 1});
    record_gauge(record, &(struct record_gauge){"server1/callqueue", t + 147 * us, 0});
    span(record, lane, t + 147 * us, t + 147 * us + step->handle_ns, "handle", step->call,
         step->method);
}

static void good_call(struct record *record, const struct step *step)
{
    int64_t done = step->t + 147 * us + step->handle_ns;
    state(record, step->t, step->connection, false, "open_busy", NULL);
    request_side(record, step);
    message(record, RECORD_S2C, RECORD_MESSAGE_RESPONSE, step->connection, step->call,
            done + 12 * us, 92 * us, 96);
    span(record, "server1/responder", done, done + 12 * us, "write", step->call, step->method);
    state(record, done + 110 * us, step->connection, false, "open_idle", NULL);
    record_call(record, &(struct record_call){
                            .call = step->call,
                            .call_id = (int32_t)step->call,
                            .connection = step->connection,
                            .client = 1,
                            .method = step->method,
                            .protocol = "org.example.EchoProtocol",
                            .t_ns = step->t,
                            .end_ns = done + 110 * us,
                            .ending = "value",
                            .has_phases = true,
                            .phase_ns = {RECORD_NEVER, 112 * us, 7 * us, step->handle_ns, 110 * us},
                            .executions = 1,
                        });
}

static const struct record_source purge_lines[] = {
    {13, "    local stuck = silent:call(\"blob\", { size = \"4MiB\" })"},
    {14, "    t:sleep \"16m\""},
    {15, "    t:expect(stuck):fails \"eof\":at { \"15m\", \"+2ms\" }"},
    {16, "    deaf:lift()"},
    {17, "    t:expect(lively:call(\"echo\", { message = \"hi\" })):returns { message = \"hi\" }"},
};

static void purge_frame(struct record *record)
{
    static const unsigned char bytes[] = {
        0x00, 0x00, 0x00, 0x91, 0x1f, 0x08, 0x02, 0x10, 0x00, 0x18, 0x07, 0x22, 0x10, 0x3f, 0x9a,
        0x51, 0x0c, 0xd2, 0x77, 0x4e, 0x1b, 0x8c, 0x06, 0xe9, 0xaa, 0x41, 0x70, 0x2b, 0x5d, 0x28,
        0x01, 0x2e, 0x0a, 0x0a, 0x67, 0x65, 0x74, 0x4c, 0x69, 0x73, 0x74, 0x69, 0x6e, 0x67,
    };
    static const struct record_field fields[] = {
        {0, 4, 0, "frame length", "145", NULL},
        {4, 1, 0, "RpcRequestHeaderProto length", "31", NULL},
        {5, 2, 1, "rpcKind", "2 RPC_PROTOCOL_BUFFER", NULL},
        {7, 2, 1, "rpcOp", "0 RPC_FINAL_PACKET", NULL},
        {9, 2, 1, "callId", "7", NULL},
        {11, 18, 1, "clientId", "3f9a510cd2774e1b8c06e9aa41702b5d", NULL},
        {29, 2, 1, "retryCount", "0", "retryCount says 0, third attempt"},
        {32, 12, 1, "methodName", "getListing", NULL},
    };
    record_frame(record, &(struct record_frame){
                             .frame = 14,
                             .length = 149,
                             .bytes = bytes,
                             .byte_count = sizeof(bytes),
                             .fields = fields,
                             .field_count = sizeof(fields) / sizeof(fields[0]),
                         });
}

static void purge_ends(struct record *record, int64_t issued, int64_t purged)
{
    record_mark(record, &(struct record_mark){"server1/responder", 900 * S + MS, "wakeup", 0, 0,
                                              "select timed out"});
    span(record, "server1/responder", purged, purged + 800 * us, "purge", 7, "purge");
    record_gauge(record, &(struct record_gauge){"server1/respqueue", purged + 800 * us, 0});
    state(record, purged, 1, true, "closing", "purged: a response waited 15:55.311");
    state(record, purged + 400 * us, 1, true, "closed", NULL);
    state(record, purged + 360 * us, 1, false, "closing", "java.io.EOFException");
    state(record, purged + 400 * us, 1, false, "closed", "java.io.EOFException");
    record_call(record,
                &(struct record_call){
                    .call = 7,
                    .call_id = 7,
                    .connection = 1,
                    .client = 1,
                    .method = "getListing",
                    .protocol = "org.example.EchoProtocol",
                    .t_ns = issued,
                    .end_ns = purged + 360 * us,
                    .ending = "eof",
                    .error_class = "java.io.EOFException",
                    .error_message = "End of File Exception between local host is: "
                                     "\"client1\"; destination host is: \"nn1\":8020",
                    .has_phases = true,
                    .phase_ns = {RECORD_NEVER, 112 * us, 7 * us, 880 * us, purged - issued - MS},
                    .executions = 1,
                });
    record_fault(record, &(struct record_fault){
                             .fault = 1,
                             .kind = "client.read.stop",
                             .t_ns = S,
                             .end_ns = 957 * S,
                             .target_connection = 1,
                             .target_direction = "s2c",
                             .target_text = "client1, its connection 1",
                             .file = "scenarios/purge/slow_reader.lua",
                             .line = 12,
                             .strikes = 1,
                             .strike_ns = (const int64_t[]){issued + 1100 * us},
                             .strike_ns_count = 1,
                         });
}

static void purge_checks(struct record *record, int64_t purged)
{
    record_check(record, &(struct record_check){
                             .check = 1,
                             .t_ns = S + 300 * MS,
                             .ok = true,
                             .expr = "t:expect(server.lane \"responder\").doing:is \"select\"",
                             .file = "scenarios/purge/slow_reader.lua",
                             .line = 11,
                         });
    record_check(record, &(struct record_check){
                             .check = 2,
                             .t_ns = 957 * S,
                             .expr = "t:expect(stuck):fails \"eof\":at { \"15m\", \"+2ms\" }",
                             .expected = "eof, 15:00.000 to 15:00.002",
                             .actual = "eof, 15:55.311 after it was queued (virtual 15:56.512)",
                             .file = "scenarios/purge/slow_reader.lua",
                             .line = 15,
                             .source = purge_lines,
                             .source_count = 5,
                             .about_call = 7,
                             .about_connection = 1,
                             .about_fault = 1,
                             .about_t_ns = purged,
                             .why = "The Responder looks for old responses only when its select() "
                                    "returns. It woke at 15:00.001 for connection 2, 1.2 s before "
                                    "call 7 came of age, and nothing woke it again until "
                                    "15:56.512.",
                         });
    record_check(record, &(struct record_check){
                             .check = 3,
                             .t_ns = 957 * S + MS,
                             .ok = true,
                             .invariant = true,
                             .expr = "one-end: each call ends exactly once",
                         });
}

struct golden golden_purge(void)
{
    static const struct record_pair config[] = {{"handlers", NULL, 2},
                                                {"ipc.server.max.connections", NULL, 0}};
    struct record *record = begin(&(struct record_scenario){
        .name = "purge.slow_reader",
        .title = "A response that nobody reads is purged after 15 minutes; its neighbour "
                 "notices nothing",
        .file = "scenarios/purge/slow_reader.lua",
        .line = 9,
        .subject = "self",
        .release = "2.6",
        .seed = 7,
        .config = config,
        .config_count = 2,
        .refs = (const char *const[]){"HADOOP-2789"},
        .ref_count = 1,
        .replay = "ripcord run scenarios/purge/slow_reader.lua --release 2.6 --seed 7",
    });
    int64_t issued = 1200 * MS, purged = 956 * S + 512 * MS;
    next_message = 0;
    server_lanes(record, 2);
    open_connection(record, 1, 1, 0);
    for (uint32_t i = 1; i <= 6; i++)
        good_call(record, &(struct step){i, 1, "echo", 500 * us + i * 900 * us, 80 * us, i % 2});
    struct step stuck = {7, 1, "getListing", issued, 880 * us, 1};
    state(record, issued, 1, false, "open_busy", NULL);
    request_side(record, &stuck);
    record_gauge(record, &(struct record_gauge){"server1/respqueue", issued + 1030 * us, 1});
    purge_frame(record);
    record_msg(record, &(struct record_msg){.message = ++next_message,
                                            .direction = RECORD_S2C,
                                            .connection = 1,
                                            .t_ns = issued + 1037 * us,
                                            .rx_ns = RECORD_NEVER,
                                            .kind = RECORD_MESSAGE_RESPONSE,
                                            .call = 7,
                                            .length = 4194391,
                                            .fate = RECORD_FATE_HELD,
                                            .fault = 1,
                                            .frame = 14,
                                            .note = "65536 bytes taken by the kernel"});
    for (int64_t minute = 1; minute <= 14; minute++)
        message(record, RECORD_C2S, RECORD_MESSAGE_PING, 1, 0, issued + minute * 60 * S, 92 * us,
                4);
    open_connection(record, 2, 2, 899 * S + 820 * MS);
    good_call(record, &(struct step){8, 2, "echo", 899 * S + 821 * MS, 95 * us, 0});
    good_call(record, &(struct step){9, 2, "getFileInfo", 930 * S + 500 * MS, 400 * us, 0});
    purge_ends(record, issued, purged);
    open_connection(record, 3, 1, 957 * S);
    good_call(record, &(struct step){10, 3, "echo", 957 * S + MS, 95 * us, 1});
    purge_checks(record, purged);
    record_log(record, &(struct record_log){purged, "server1/responder", "info",
                                            "Purging: a response of call 7 waited 955 s"});
    return finish(
        record, &(struct record_end){.status = RECORD_FAILED,
                                     .t_ns = 960 * S,
                                     .counts = (const struct record_pair[]){{"calls", NULL, 10},
                                                                            {"events", NULL, 135}},
                                     .count_count = 2});
}

struct golden golden_truncated(void)
{
    struct golden golden = golden_purge();
    golden.length -= golden.length / 3;
    while (golden.bytes[golden.length - 1] == '\n')
        golden.length--;
    golden.bytes[golden.length] = '\0';
    return golden;
}

struct golden golden_storm(void)
{
    struct record *record = begin(&(struct record_scenario){
        .name = "reconnect.storm",
        .title = "50 clients find a restarted server again, none twice",
        .file = "scenarios/reconnect/storm.lua",
        .line = 4,
        .subject = "self",
        .release = "3.4",
        .seed = 1,
        .replay = "ripcord run scenarios/reconnect/storm.lua --release 3.4",
    });
    next_message = 0;
    server_lanes(record, 4);
    for (uint32_t i = 1; i <= 50; i++) {
        int64_t t = 37 * us * i;
        open_connection(record, i, i, t);
        good_call(record,
                  &(struct step){i, i, "echo", t + 700 * us, 60 * us + 3 * us * i, (int)(i % 4)});
        state(record, 30 * S + i * 11 * us, i, false, "closed", "java.net.SocketException: reset");
        state(record, 30 * S, i, true, "closed", "the server was stopped");
    }
    for (uint32_t i = 1; i <= 50; i++) {
        int64_t t = 31 * S + 53 * us * i;
        open_connection(record, 50 + i, i, t);
        good_call(record, &(struct step){50 + i, 50 + i, "echo", t + 700 * us, 50 * us + 7 * us * i,
                                         (int)(i % 4)});
    }
    record_check(record,
                 &(struct record_check){
                     .check = 1, .t_ns = 32 * S, .ok = true, .expr = "t:each(calls):returns()"});
    return finish(record, &(struct record_end){.status = RECORD_PASSED, .t_ns = 40 * S});
}

struct golden golden_fatal(void)
{
    struct record *record = begin(&(struct record_scenario){
        .name = "completion.fatal_reply",
        .title = "FA-03 · FATAL fails every call of its connection, with one reason",
        .file = "scenarios/completion/fatal_reply.lua",
        .line = 1,
        .subject = "self",
        .release = "2.6",
        .seed = 1,
        .replay = "ripcord run scenarios/completion/fatal_reply.lua --release 2.6",
    });
    next_message = 0;
    server_lanes(record, 1);
    open_connection(record, 1, 1, 0);
    for (uint32_t i = 1; i <= 5; i++)
        message(record, RECORD_C2S, RECORD_MESSAGE_REQUEST, 1, i, 500 * us + i * 20 * us, 92 * us,
                160);
    message(record, RECORD_S2C, RECORD_MESSAGE_FATAL, 1, 3, 800 * us, 92 * us, 149);
    for (uint32_t i = 1; i <= 6; i++)
        record_call(record, &(struct record_call){
                                .call = i,
                                .call_id = (int32_t)i,
                                .connection = 1,
                                .method = "echo",
                                .t_ns = 480 * us + i * 20 * us,
                                .end_ns = i < 6 ? 892 * us : RECORD_NEVER,
                                .ending = i < 6 ? "remote_fatal" : "never",
                                .error_class = i < 6 ? "java.io.IOException" : NULL,
                                .error_message = i < 6 ? "x" : NULL,
                            });
    state(record, 892 * us, 1, false, "closed", "FATAL from the server");
    record_check(record, &(struct record_check){.check = 1,
                                                .t_ns = 892 * us,
                                                .ok = true,
                                                .expr = "t:each(calls):fails \"remote_fatal\""});
    return finish(record, &(struct record_end){.status = RECORD_PASSED, .t_ns = MS});
}

struct golden golden_calm(void)
{
    struct record *record = begin(&(struct record_scenario){
        .name = "slow.handler",
        .title = "SH-03 · The rpc time-out beats a slow handler; the late reply hurts nobody",
        .file = "scenarios/slow/handler.lua",
        .line = 1,
        .subject = "self",
        .release = "3.4",
        .seed = 1,
        .replay = "ripcord run scenarios/slow/handler.lua --release 3.4",
    });
    us = 0;
    next_message = 0;
    server_lanes(record, 1);
    open_connection(record, 1, 1, 0);
    good_call(record, &(struct step){1, 1, "echo", 0, 0, 0});
    good_call(record, &(struct step){2, 1, "echo", 0, 0, 0});
    struct step late = {3, 1, "report", 2 * S, 8 * S, 0};
    state(record, late.t, 1, false, "open_busy", NULL);
    request_side(record, &late);
    state(record, 7 * S, 1, false, "closing", "java.net.SocketTimeoutException");
    message(record, RECORD_C2S, RECORD_MESSAGE_FIN, 1, 0, 7 * S, 0, 0);
    state(record, 7 * S, 1, false, "closed", "java.net.SocketTimeoutException");
    record_call(record, &(struct record_call){
                            .call = 3,
                            .call_id = 3,
                            .connection = 1,
                            .method = "report",
                            .t_ns = 2 * S,
                            .end_ns = 7 * S,
                            .ending = "read_timeout",
                            .error_class = "java.net.SocketTimeoutException",
                            .error_message = "5000 millis timeout while waiting for channel",
                            .executions = 1,
                        });
    record_check(record, &(struct record_check){.check = 1,
                                                .t_ns = 7 * S,
                                                .ok = true,
                                                .expr = "t:expect(late):fails \"read_timeout\""});
    open_connection(record, 2, 1, 10 * S);
    good_call(record, &(struct step){4, 2, "echo", 10 * S, 0, 0});
    us = 1000;
    return finish(record, &(struct record_end){.status = RECORD_PASSED, .t_ns = 10 * S});
}

struct golden golden_events(int n)
{
    struct record *record = begin(&(struct record_scenario){
        .name = "bench.events",
        .title = "Many events",
        .file = "scenarios/bench/events.lua",
        .subject = "self",
        .release = "2.6",
        .seed = 3,
        .replay = "ripcord run scenarios/bench/events.lua",
    });
    uint64_t random = 88172645463325252u;
    int64_t t = 0;
    next_message = 0;
    server_lanes(record, 4);
    for (uint32_t i = 1; i <= 4; i++)
        open_connection(record, i, i, i * 10 * us);
    for (int i = 0; i < n / 10; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        t += (int64_t)(random % 100000) + (random % 512 == 0 ? 20 * S : 0);
        good_call(record, &(struct step){(uint32_t)i + 1, (uint32_t)(i % 4) + 1, "echo", S + t,
                                         (int64_t)(random % 300) * us, i % 4});
    }
    return finish(record, &(struct record_end){.status = RECORD_PASSED, .t_ns = t + 2 * S});
}

struct golden golden_empty(void)
{
    struct record *record = begin(&(struct record_scenario){
        .name = "drop.interop",
        .title = "A real client meets a NameNode whose first listing is lost",
        .file = "scenarios/drop/interop.lua",
        .line = 1,
        .subject = "hdfs-cli",
        .release = "2.6",
        .seed = 1,
        .replay = "ripcord run scenarios/drop/interop.lua --live",
    });
    return finish(record, &(struct record_end){.status = RECORD_SKIPPED,
                                               .reason = "the simulation has no programs"});
}

struct golden golden_hostile(void)
{
    static const char evil[] = "<script>alert(1)</script><!--\"'&\x01\x1b[31m\xff\xc0\x80]]> # \\ "
                               "\n::error::%0A";
    struct record *record = begin(&(struct record_scenario){
        .name = "badinput.<b>bold</b>&amp;\"quoted\"",
        .title = evil,
        .file = evil,
        .line = 1,
        .subject = "<img src=x onerror=alert(1)>",
        .release = evil,
        .seed = UINT64_MAX,
        .config = (const struct record_pair[]){{"__proto__", evil, 0}},
        .config_count = 1,
        .replay = evil,
    });
    record_lane(record, &(struct record_lane){evil, evil, evil});
    record_conn(record, &(struct record_conn){1, 1, evil, evil, evil});
    state(record, 5, 1, false, evil, evil);
    record_call(record, &(struct record_call){.call = 1,
                                              .connection = 1,
                                              .method = evil,
                                              .protocol = evil,
                                              .t_ns = 10,
                                              .end_ns = 20,
                                              .ending = evil,
                                              .error_class = evil,
                                              .error_message = evil});
    span(record, evil, 11, 12, evil, 1, evil);
    record_mark(record, &(struct record_mark){evil, 13, evil, 1, 1, evil});
    record_gauge(record, &(struct record_gauge){evil, INT64_C(1) << 60, INT64_MAX});
    record_msg(record, &(struct record_msg){
                           .message = 1, .connection = 1, .t_ns = 14, .rx_ns = 3, .note = evil});
    record_fault(
        record,
        &(struct record_fault){
            .fault = 1, .kind = evil, .end_ns = RECORD_NEVER, .target_text = evil, .file = evil});
    record_check(record, &(struct record_check){.check = 1,
                                                .t_ns = 15,
                                                .expr = evil,
                                                .expected = evil,
                                                .actual = evil,
                                                .file = evil,
                                                .line = 3,
                                                .source = purge_lines,
                                                .source_count = 5,
                                                .why = evil});
    record_log(record, &(struct record_log){16, evil, evil, evil});
    return finish(record,
                  &(struct record_end){.status = RECORD_FAILED, .t_ns = 20, .reason = evil});
}
