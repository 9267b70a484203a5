/* Connections before 2.x that name a class which is no protocol of the server. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"

/* A connection that names `class`. */
static unsigned open_as(const char *class)
{
    char header[64];
    unsigned peer = rig_connect();
    int length = snprintf(header, sizeof(header), "hrpc\4\120%c%c%c%c%c%s\1%c\5alice%c", 0, 0, 0,
                          (int)strlen(class) + 10, (int)strlen(class), class, 0, 0);
    rig_send(peer, header, (size_t)length);
    rig_settle();
    return peer;
}

Test(class_path, each_call_looks_for_its_method_in_the_class_that_is_named)
{
    static const char *const classes[] = {"org.apache.hadoop.io.LongWritable",
                                          "org.apache.hadoop.io.Writable", "java.lang.String",
                                          "org.apache.hadoop.ipc.VersionedProtocol", "[I"};
    char text[RIG_TEXT_MAX];
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
            rig_begin(&(struct rig_options){.release = release});
            unsigned peer = open_as(classes[i]);
            for (int32_t id = 0; id < 2; id++) {
                rig_call(peer, id, "echo", "x");
                rig_run(1);
                cr_assert(eq(int, (int)rig_reply(peer, id)->status, WIRE_ERROR));
                IS_TEXT(rig_reply(peer, id)->class_name, "java.io.IOException");
                snprintf(text, sizeof(text),
                         "java.io.IOException: java.lang.NoSuchMethodException: "
                         "%s.echo(java.lang.String)",
                         classes[i]);
                IS_TEXT(rig_reply(peer, id)->text, text);
            }
            rig_end();
        }
    }
}

/* The rig's protocol has none. */
Test(class_path, the_version_is_asked_of_the_servers_own_protocol)
{
    static const uint8_t question[] = "\0\0\0\2\0\020java.lang.String\0\1x\0\4long\0\0\0\0\0\0\0\1";
    rig_begin(&(struct rig_options){.release = "1.2"});
    unsigned peer = open_as("org.apache.hadoop.ipc.VersionedProtocol");
    struct wire_message call = wire_codec(4)->message(WIRE_REQUEST);
    call.call_id = 5;
    call.method = wire_text("getProtocolVersion");
    call.body = (struct wire_bytes){question, sizeof(question) - 1};
    rig_send_message(peer, &call);
    rig_run(1);
    IS_TEXT(rig_reply(peer, 5)->text,
            "java.io.IOException: java.lang.NoSuchMethodException: "
            "org.apache.hadoop.ipc.VersionedProtocol.getProtocolVersion(java.lang.String,long)");
    rig_end();
}

Test(class_path, primitives_and_void_are_no_classes_to_be_found)
{
    static const char *const classes[] = {"int", "void", "org.example.Nothing", "[Lno.Such;"};
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
            rig_begin(&(struct rig_options){.release = release});
            unsigned peer = open_as(classes[i]);
            rig_run(1);
            cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END), "%s", classes[i]);
            cr_assert(eq(ulong, rig_peers[peer].bytes, 0ul));
            IS_TEXT(rig_nth(POINT_SERVER_CLOSE, 0)->text, "protocol");
            rig_end();
        }
    }
}

Test(class_path, a_policy_knows_the_servers_own_protocols_only)
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        rig_begin(&(struct rig_options){.release = release, .acl = true});
        unsigned peer = open_as("org.apache.hadoop.io.LongWritable");
        rig_run(1);
        const struct rig_reply *reply = rig_reply(peer, -1);
        cr_assert(eq(int, (int)reply->status, WIRE_FATAL));
        IS_TEXT(reply->class_name, "org.apache.hadoop.security.authorize.AuthorizationException");
        IS_TEXT(reply->text, "Protocol class org.apache.hadoop.io.LongWritable is not known.");
        rig_end();
    }
}

/* --- what a method takes --- */

/* Call echo with one parameter. */
static void call_with(unsigned peer, int32_t id, const char *parameter, size_t length)
{
    struct wire_message call = wire_codec(4)->message(WIRE_REQUEST);
    uint8_t body[256] = {0, 0, 0, 1};
    memcpy(body + 4, parameter, length);
    call.call_id = id;
    call.method = wire_text("echo");
    call.body = (struct wire_bytes){body, length + 4};
    rig_send_message(peer, &call);
    rig_run(1);
}

#define CALL_WITH(peer, id, parameter) call_with(peer, id, parameter, sizeof(parameter) - 1)

Test(class_path, an_argument_that_does_not_go_to_its_parameter_is_an_illegal_one)
{
#define LONG    "\0\041org.apache.hadoop.io.LongWritable"
#define BOOLEAN "\0\044org.apache.hadoop.io.BooleanWritable"
#define NONE                                                                                       \
    "\0\035org.apache.hadoop.io.Writable\0\060org.apache.hadoop.io.ObjectWritable$NullInstance"
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        rig_begin(&(struct rig_options){.release = release});
        unsigned peer = rig_open();
        CALL_WITH(peer, 0, LONG BOOLEAN "\1");
        IS_TEXT(rig_reply(peer, 0)->text, "java.io.IOException: "
                                          "java.lang.IllegalArgumentException: argument type "
                                          "mismatch");
        CALL_WITH(peer, 1, NONE "\0\3int");
        IS_TEXT(rig_reply(peer, 1)->text,
                "java.io.IOException: java.lang.IllegalArgumentException");
        rig_call(peer, 2, "echo", "x");
        rig_run(2);
        cr_assert(eq(int, (int)rig_reply(peer, 2)->status, WIRE_SUCCESS));
        rig_end();
    }
}

Test(class_path, a_method_name_that_is_no_utf8_closes)
{
    rig_begin(&(struct rig_options){.release = "1.2"});
    unsigned peer = rig_open();
    rig_settle();
    rig_send(peer, "\0\0\0\014\0\0\0\7\0\2a\200\0\0\0\0", 16);
    rig_run(1);
    cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
    rig_end();
    rig_begin(&(struct rig_options){.release = "2.2", .writable = true});
    peer = rig_open();
    rig_settle();
    struct wire_message call = wire_message(WIRE_REQUEST);
    call.rpc_kind = WIRE_KIND_WRITABLE;
    call.protocol = wire_text("test.Echo");
    call.method = wire_text("a\200");
    rig_send_message(peer, &call);
    rig_run(1);
    IS_TEXT(rig_reply(peer, 0)->text, "IPC server unable to read call parameters: Invalid UTF8 at "
                                      "80");
    rig_end();
}
