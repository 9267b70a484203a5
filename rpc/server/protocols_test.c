/* Servers with several protocols, and the one that tells about them. */
#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "rpc/server/rig.h"
#include "rpc/wire/fingerprint.h"

#define META   "org.apache.hadoop.ipc.ProtocolMetaInfoPB"
#define PROTOS "org.apache.hadoop.ipc.protobuf.ProtocolInfoProtos$GetProtocol"
#define LITERAL(text)                                                                              \
    (struct wire_bytes)                                                                            \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static enum server_outcome tell(struct server_call *call, void *owner)
{
    server_call_return(call, wire_text(owner));
    return SERVER_DONE;
}

static server_method_fn *find_tell(const struct server_protocol *protocol, struct wire_bytes method)
{
    (void)protocol;
    return wire_is(method, "tell") ? tell : NULL;
}

static size_t two(const struct server_protocol *protocol, int32_t *hashes, size_t max)
{
    cr_assert(ge(sz, max, 2));
    hashes[0] = 5;
    hashes[1] = -1;
    return protocol->version == 1 ? 2 : 0;
}

static void add(const char *name, uint64_t version, enum server_engine engine, const char *tells)
{
    const struct server_protocol protocol = {.name = name,
                                             .class_name = "test.FooPB",
                                             .version = version,
                                             .find = find_tell,
                                             .owner = (char *)(uintptr_t)tells,
                                             .engine = engine,
                                             .fingerprints = two};
    cr_assert(eq(int, (int)server_add_protocol(rig_server, &protocol), RPC_OK));
}

static unsigned begin(const char *release)
{
    rig_begin(&(struct rig_options){.release = release, .not_started = true});
    add("test.Foo", 0, SERVER_PROTOBUF, "old");
    add("test.Foo", 1, SERVER_PROTOBUF, "lost");
    add("test.Foo", 1, SERVER_PROTOBUF, "newer");
    add("test.Foo", 4, SERVER_WRITABLE, "written");
    server_start(rig_server);
    unsigned peer = rig_open();
    rig_settle();
    return peer;
}

static struct wire_message a_call(int32_t id, const char *protocol, uint64_t version,
                                  const char *method)
{
    struct wire_message call = wire_message(WIRE_REQUEST);
    call.call_id = id;
    call.protocol = wire_text(protocol);
    call.protocol_version = version;
    call.method = wire_text(method);
    return call;
}

/* What has been read since `from`, ends with these bytes. */
static void ends_with(unsigned peer, struct wire_bytes bytes)
{
    size_t end = rig_peers[peer].bytes;
    cr_assert(ge(sz, end, bytes.length));
    cr_assert(memcmp(rig_peers[peer].raw + end - bytes.length, bytes.data, bytes.length) == 0);
}

static void answers(unsigned peer, struct wire_message call, struct wire_bytes bytes)
{
    rig_send_message(peer, &call);
    rig_hear(peer);
    cr_assert(eq(int, (int)rig_reply(peer, call.call_id)->status, WIRE_SUCCESS));
    cr_assert(eq(sz, rig_reply(peer, call.call_id)->length, bytes.length));
    ends_with(peer, bytes);
}

static void fails(unsigned peer, struct wire_message call, const char *class_name, const char *text)
{
    rig_send_message(peer, &call);
    rig_hear(peer);
    cr_assert(eq(int, (int)rig_reply(peer, call.call_id)->status, WIRE_ERROR));
    IS_TEXT(rig_reply(peer, call.call_id)->class_name, class_name);
    IS_TEXT(rig_reply(peer, call.call_id)->text, text);
}

Test(protocols, the_version_that_the_client_says_is_called)
{
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        unsigned peer = begin(release);
        answers(peer, a_call(0, "test.Foo", 0, "tell"), wire_text("old"));
        answers(peer, a_call(1, "test.Foo", 1, "tell"), wire_text("newer"));
        fails(peer, a_call(2, "test.Foo", 4, "tell"), "org.apache.hadoop.ipc.RPC$VersionMismatch",
              "Protocol test.Foo version mismatch. (client = 4, server = 1)");
        fails(peer, a_call(3, META, 3, "tell"), "org.apache.hadoop.ipc.RPC$VersionMismatch",
              "Protocol " META " version mismatch. (client = 3, server = 1)");
        rig_end();
    }
}

Test(protocols, what_one_of_writables_lacks_is_told_by_java_s_name_of_it)
{
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        unsigned peer = begin(release);
        struct wire_message call = a_call(0, "test.Foo", 4, "nope");
        call.rpc_kind = WIRE_KIND_WRITABLE;
        call.body = LITERAL("\0\0\0\0");
        fails(peer, call, "java.io.IOException",
              "java.lang.NoSuchMethodException: test.FooPB.nope()");
        rig_end();
    }
}

static struct wire_message a_question(int32_t id, struct wire_bytes body)
{
    struct wire_message call = a_call(id, META, 1, "getProtocolSignature");
    call.body = body;
    return call;
}

Test(protocols, fingerprints_are_told_by_version_of_the_class_that_java_has)
{
    RIG_EACH_RELEASE(release, "2.2", "3.4")
    {
        unsigned peer = begin(release);
        answers(peer,
                a_question(0, LITERAL("\x0a\x0a"
                                      "test.FooPB\x12\x13RPC_PROTOCOL_BUFFER")),
                LITERAL("\x0a\2\x08\0\x0a\x0a\x08\1\x10\5\x10\xff\xff\xff\xff\x0f"));
        answers(peer,
                a_question(1, LITERAL("\x0a\x0a"
                                      "test.FooPB\x12\x0cRPC_WRITABLE")),
                LITERAL("\x0a\2\x08\4"));
        fails(peer,
              a_question(2, LITERAL("\x0a\x08"
                                    "test.Foo\x12\x0cRPC_WRITABLE")),
              "java.lang.ClassNotFoundException", "test.Foo");
        rig_end();
    }
}

Test(protocols, before_2x_there_is_none_that_tells)
{
    RIG_EACH_RELEASE(release, "0.20", "1.2")
    {
        rig_begin(&(struct rig_options){.release = release});
        unsigned peer = rig_connect();
        static const char opening[] =
            "hrpc\4\120\0\0\0\62\50org.apache.hadoop.ipc.ProtocolMetaInfoPB\1\0\5alice\0";
        rig_send(peer, opening, sizeof(opening) - 1);
        rig_hear(peer);
        cr_assert(eq(int, (int)rig_peers[peer].ended, RPC_END));
        rig_end();
    }
}

Test(protocols, the_one_that_tells_has_fingerprints_of_its_own)
{
    unsigned peer = begin("3.4");
    struct wire_message call =
        a_question(0, LITERAL("\x0a\x28" META "\x12\x13RPC_PROTOCOL_BUFFER"));
    rig_send_message(peer, &call);
    rig_hear(peer);
    uint32_t hash = (uint32_t)wire_fingerprint(
        "getProtocolSignature", PROTOS "SignatureResponseProto",
        (const char *const[]){"org.apache.hadoop.thirdparty.protobuf.RpcController",
                              PROTOS "SignatureRequestProto"},
        2);
    uint8_t varint[5] = {0};
    size_t length = 0;
    for (; hash > 0x7f; hash >>= 7)
        varint[length++] = (uint8_t)(hash | 0x80);
    varint[length++] = (uint8_t)hash;
    ends_with(peer, (struct wire_bytes){varint, length});
    rig_end();
}
