/* Calls of Writables over version 9, and which engine a server has. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

static unsigned begin(const char *release)
{
    rig_begin(&(struct rig_options){.release = release, .writable = true});
    unsigned peer = rig_open();
    rig_settle();
    return peer;
}

static struct wire_message a_call(int32_t id, const char *method)
{
    static const uint8_t none[4];
    struct wire_message call = wire_message(WIRE_REQUEST);
    call.rpc_kind = WIRE_KIND_WRITABLE;
    call.call_id = id;
    call.protocol = wire_text("test.Echo");
    call.method = wire_text(method);
    call.body = (struct wire_bytes){none, sizeof(none)};
    return call;
}

static void is_error(unsigned peer, int32_t id, int code, const char *class_name, const char *text)
{
    const struct rig_reply *reply = rig_reply(peer, id);
    cr_assert(eq(int, (int)reply->status, WIRE_ERROR));
    cr_assert(eq(int, reply->code, code));
    IS_TEXT(reply->class_name, class_name);
    IS_TEXT(reply->text, text);
    cr_assert(reply->has_stack);
}

Test(writable, a_call_of_writables_is_answered_by_one)
{
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        unsigned peer = begin(release);
        rig_call(peer, 0, "echo", "hello");
        rig_run(1);
        cr_assert(eq(int, (int)rig_reply(peer, 0)->status, WIRE_SUCCESS));
        cr_assert(eq(ulong, rig_reply(peer, 0)->length, (size_t)2 + 16 + 2 + 5));
        rig_end();
    }
}

Test(writable, errors_are_those_of_its_engine)
{
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        unsigned peer = begin(release);
        struct wire_message call = a_call(0, "nope");
        rig_send_message(peer, &call);
        call = a_call(1, "echo");
        call.writable_version = 1;
        rig_send_message(peer, &call);
        call = a_call(2, "echo");
        call.protocol_version = 7;
        rig_send_message(peer, &call);
        call = a_call(3, "echo");
        call.protocol = wire_text("no.Such");
        rig_send_message(peer, &call);
        rig_call(peer, 4, "unchecked", "x");
        rig_call(peer, 5, "throw", "x");
        call = a_call(6, "throw"); /* the methods of VersionedProtocol are the connection's */
        call.protocol = wire_text("org.apache.hadoop.ipc.VersionedProtocol");
        call.protocol_version = 0;
        rig_send_message(peer, &call);
        rig_run(1);
        is_error(peer, 0, WIRE_ERROR_APPLICATION, "java.io.IOException",
                 "java.lang.NoSuchMethodException: test.Echo.nope()");
        is_error(peer, 1, WIRE_ERROR_RPC_SERVER, "org.apache.hadoop.ipc.RpcServerException",
                 "WritableRpc version mismatch, client side version=1, server side version=2");
        is_error(peer, 2, WIRE_ERROR_RPC_VERSION_MISMATCH,
                 "org.apache.hadoop.ipc.RPC$VersionMismatch",
                 "Protocol test.Echo version mismatch. (client = 7, server = 1)");
        is_error(peer, 3, WIRE_ERROR_RPC_SERVER, "org.apache.hadoop.ipc.RpcServerException",
                 "Unknown protocol: no.Such");
        is_error(peer, 4, WIRE_ERROR_APPLICATION, "java.io.IOException",
                 "java.lang.IllegalStateException: not now");
        is_error(peer, 5, WIRE_ERROR_APPLICATION, "java.io.FileNotFoundException", "no such file");
        is_error(peer, 6, WIRE_ERROR_APPLICATION, "java.io.FileNotFoundException", "no such file");
        rig_end();
    }
}

Test(writable, parameters_that_do_not_decode_are_fatal_even_in_3x)
{
    static const uint8_t bad[] = "\0\0\0\1\0\7foo.Bar";
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        unsigned peer = begin(release);
        struct wire_message call = a_call(5, "echo");
        call.body = (struct wire_bytes){bad, sizeof(bad) - 1};
        rig_send_message(peer, &call);
        rig_run(1);
        cr_assert(eq(int, (int)rig_reply(peer, 5)->status, WIRE_FATAL));
        cr_assert(eq(int, rig_reply(peer, 5)->code, WIRE_FATAL_DESERIALIZING_REQUEST));
        IS_TEXT(rig_reply(peer, 5)->text, "IPC server unable to read call parameters: readObject "
                                          "can't find class foo.Bar");
        rig_end();
    }
}

Test(writable, an_array_that_no_memory_has_room_for_is_fatal_too)
{
    static const uint8_t huge[] = "\0\0\0\1\0\2[I\40\0\0\0";
    unsigned peer = begin("2.6");
    struct wire_message call = a_call(5, "echo");
    call.body = (struct wire_bytes){huge, sizeof(huge) - 1};
    rig_send_message(peer, &call);
    rig_run(1);
    IS_TEXT(rig_reply(peer, 5)->text, "IPC server unable to read call parameters: Java heap space");
    rig_end();
}

Test(writable, a_server_of_the_other_engine_knows_no_such_kind) /* BI-10 */
{
    for (int written = 0; written < 2; written++) {
        rig_begin(&(struct rig_options){.release = "3.4", .writable = written != 0});
        unsigned peer = rig_open();
        struct wire_message call = wire_message(WIRE_REQUEST);
        call.rpc_kind = written ? WIRE_KIND_PROTOBUF : WIRE_KIND_WRITABLE;
        call.protocol = wire_text("test.Echo");
        call.method = wire_text("echo");
        rig_send_message(peer, &call);
        rig_run(1);
        cr_assert(eq(int, rig_reply(peer, 0)->code, WIRE_FATAL_INVALID_RPC_HEADER));
        IS_TEXT(rig_reply(peer, 0)->text, written
                                              ? "Unknown rpc kind in rpc headerRPC_PROTOCOL_BUFFER"
                                              : "Unknown rpc kind in rpc headerRPC_WRITABLE");
        rig_end();
    }
}

static server_method_fn *find_nothing(const struct server_protocol *protocol,
                                      struct wire_bytes method)
{
    (void)protocol, (void)method;
    return NULL;
}

Test(writable, a_protocol_belongs_to_its_engine)
{
    rig_begin(&(struct rig_options){.release = "2.6", .writable = true, .not_started = true});
    cr_assert(
        eq(int,
           (int)server_add_protocol(rig_server, &(struct server_protocol){.name = "test.Messages",
                                                                          .version = 1,
                                                                          .find = find_nothing}),
           RPC_OK));
    server_start(rig_server);
    unsigned peer = rig_open();
    struct wire_message call = wire_message(WIRE_REQUEST);
    call.protocol = wire_text("test.Echo");
    call.method = wire_text("echo");
    rig_send_message(peer, &call);
    call = a_call(1, "echo");
    call.protocol = wire_text("test.Messages");
    rig_send_message(peer, &call);
    rig_run(1);
    is_error(peer, 0, WIRE_ERROR_NO_SUCH_PROTOCOL,
             "org.apache.hadoop.ipc.RpcNoSuchProtocolException", "Unknown protocol: test.Echo");
    is_error(peer, 1, WIRE_ERROR_RPC_SERVER, "org.apache.hadoop.ipc.RpcServerException",
             "Unknown protocol: test.Messages");
    rig_end();
}

/* A method by its exact types: one long. */
static server_method_fn *find_long(const struct server_protocol *protocol,
                                   const struct server_call *call, char *types, size_t size)
{
    (void)protocol;
    cr_assert(eq(ulong, server_call_body(call).length, (size_t)4));
    snprintf(types, size, "java.lang.String,long");
    return NULL;
}

Test(writable, a_method_is_looked_up_by_its_types)
{
    rig_begin(&(struct rig_options){.release = "1.2", .not_started = true});
    cr_assert(
        eq(int,
           (int)server_add_protocol(rig_server, &(struct server_protocol){.name = "test.Typed",
                                                                          .version = 1,
                                                                          .find_typed = find_long}),
           RPC_OK));
    server_start(rig_server);
    unsigned peer = rig_connect();
    static const char opening[] = "hrpc\4\120\0\0\0\25\12test.Typed\1\0\5alice\0\0";
    rig_send(peer, opening, sizeof(opening) - 1);
    rig_send(peer, "\0\0\0\16\0\0\0\11\0\4echo\0\0\0\0", 18);
    rig_run(1);
    IS_TEXT(rig_reply(peer, 9)->text, "java.io.IOException: java.lang.NoSuchMethodException: "
                                      "test.Typed.echo(java.lang.String,long)");
    rig_send(peer, "\0\0\0\15\0\0\0\12\0\3a\0b\0\0\0\0", 17);
    rig_run(1);
    static const char nul[] = "NoSuchMethodException: test.Typed.a\0b(java.lang.String,long)";
    const uint8_t *raw = rig_peers[peer].raw;
    bool told = false;
    for (size_t at = 0; !told && at + sizeof(nul) <= sizeof(rig_peers[peer].raw); at++)
        told = memcmp(raw + at, nul, sizeof(nul) - 1) == 0;
    cr_assert(told, "a NUL does not cut it");
    rig_end();
}
