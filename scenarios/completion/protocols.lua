-- Servers with several protocols: from 2.x on of either engine and in several versions (RPC.Server.addProtocol), and
-- with one that tells about the others (ProtocolMetaInfoPB); before that, interfaces of the server's one object.

local tags = { "protocols" }
local engine = { releases = "2.2-", tags = tags }
local before = { releases = "-1.2", tags = tags }

local foo, bar, test = "org.example.Foo", "org.example.Bar", "org.ripcord.TestProtocol"
local meta = "org.apache.hadoop.ipc.ProtocolMetaInfoPB"

local function declare(t)
    t:protocol(foo, { methods = { ping = { "String" } } })
    t:protocol(bar, { version = 2, methods = { ping = { "String" }, mix = { "String", "String", "int" } } })
end

-- Foo in versions 0 and 1, Bar, and the test protocol of protobuf messages.
local function several(t)
    declare(t)
    return t:server {
        protocols = {
            { protocol = foo, version = 0, methods = { ping = function() return "foo 0" end } },
            { protocol = foo, version = 1, methods = { ping = function() return "foo 1" end } },
            bar,
            test,
        },
    }:on(bar .. ".ping", function() return "bar" end)
        :on(bar .. ".mix", function(call, request) return ("%s %d %s"):format(call.protocol, call.version, request[1]) end)
end

scenario("HT-36 · Each call is answered by the implementation of its kind, name and version", engine, function(t)
    local server = several(t)
    local client = t:client(server)
    local older, other = client:proxy { version = 0 }, client:proxy { protocol = bar }

    t:expect(client:call "ping"):returns "foo 1"
    t:expect(older:call "ping"):returns "foo 0"
    t:expect(other:call "ping"):returns "bar"
    t:expect(other:call("mix", { "x", 1 })):returns "org.example.Bar 2 x"
    t:expect(t:client(server, { protocol = test }):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("HT-36 · What one of its protocols lacks, another of them does not help out with", engine, function(t)
    local server = several(t)
    local client = t:client(server)
    local function refused(call, class, text)
        t:expect(call):fails "remote_error":says(text)
        t:expect(call.class):is(class)
    end

    refused(client:call("mix", "\0\0\0\0"), "java.io.IOException", "NoSuchMethodException: org.example.Foo.mix()")
    refused(client:proxy { version = 7 }:call "ping", "org.apache.hadoop.ipc.RPC$VersionMismatch",
        "Protocol org.example.Foo version mismatch. (client = 7, server = 1)")
    refused(client:proxy { protocol = "no.Such" }:call "ping", "org.apache.hadoop.ipc.RpcServerException",
        "Unknown protocol: no.Such")
    local messages = t:client(server, { protocol = test })
    refused(messages:call("ping"), "org.apache.hadoop.ipc.RpcNoSuchMethodException",
        "Unknown method ping called on org.ripcord.TestProtocol protocol.")
    refused(t:client(server, { protocol = foo, engine = "protobuf" }):call "ping",
        "org.apache.hadoop.ipc.RpcNoSuchProtocolException", "Unknown protocol: org.example.Foo")
end)

scenario("HT-36 · A protocol of one name in both engines is two", engine, function(t)
    local server = t:server {
        protocols = { { protocol = test, engine = "writable", version = 3 }, { protocol = test, version = 2 } },
    }
    server:on(test .. ".which", function(call) return { number = call.version } end)

    t:expect(t:client(server, { engine = "writable" }):call "which"):returns { number = 3 }
    local messages = t:client(server, { engine = "protobuf" })
    t:expect(messages:call "which"):returns { number = 2 }
    local mismatch = messages:proxy { version = 3 }:call "which"
    t:expect(mismatch):fails "remote_error":says "version mismatch. (client = 3, server = 2)"
end)

scenario("HT-36 · A call means the protocol that declares its method, not that of its connection", engine, function(t)
    local server = several(t)
    local raw = t:dial(server)
    raw:open { protocol = bar }
    local function said(request)
        request[1], request.rpc_kind, request.method, request.bytes = "request", "writable", "ping", "\0\0\0\0"
        raw:send(request)
        local reply = raw:recv "response"
        return reply.status == "SUCCESS" and reply.bytes:match "\0.(%l+ ?%d?)$" or reply.message:match "^[^\n]*"
    end

    t:expect(said { protocol = foo, version = 0 }):is "foo 0"
    t:expect(said { protocol = bar, version = 2 }):is "bar"
    t:expect(said { protocol = bar, version = 1 })
        :is "Protocol org.example.Bar version mismatch. (client = 1, server = 2)"
end)

scenario("HT-37 · The highest version answers for a protocol of which there are several", engine, function(t)
    local client = t:client(several(t))
    local newer = client:proxy { version = 2 }

    t:expect(newer:call("getProtocolVersion", { foo, 2 })):returns(1)
    t:expect(newer:call("getProtocolVersion", { bar, 2 })):returns(2)
    t:expect(newer:call("getProtocolVersion", { test, 1 })):fails "remote_error":says("Unknown protocol: " .. test)
end)

-- ProtocolSignature.getFingerprint: the name, 31 times the return type, then times 31 xor each parameter.
local function hash(text)
    local sum = 0
    for i = 1, #text do sum = (31 * sum + text:byte(i)) & 0xffffffff end
    return sum
end
local function fingerprint(name, returns, ...)
    local sum = (hash(name) + 31 * hash(returns)) & 0xffffffff
    for _, type in ipairs { ... } do sum = (31 * sum & 0xffffffff) ~ hash(type) end
    return sum
end

local function signed(number) return number - (number >> 31 << 32) end

local ping, mix = fingerprint("ping", "java.lang.String"), fingerprint("mix", "java.lang.String", "java.lang.String", "int")

scenario("HT-38 · getProtocolSignature lists the methods to who does not know them all", engine, function(t)
    local client = t:client(several(t), { protocol = bar })
    local function ask(protocol, known) return client:call("getProtocolSignature", { protocol, 2, known, n = 3 }) end
    local told = ask(bar, 0)

    t:expect(told):returns()
    t:expect(told.value.version):is(2)
    local hashes, all = { signed(ping), signed(mix) }, 1
    table.sort(hashes)
    for _, each in ipairs(hashes) do all = 31 * all + each & 0xffffffff end
    t:expect(told.value.methods):is(hashes)
    t:expect(ask(bar, signed(all))):returns { version = 2 }
    t:expect(ask("no.Such", 0)):fails "remote_error":says "java.lang.ClassNotFoundException: no.Such"
    t:expect(ask(nil, 0)):fails "remote_error":says "java.lang.NullPointerException"
    t:expect(client:call("getProtocolVersion", { nil, 2, n = 2 })):fails "remote_error":says "java.lang.NullPointerException"
end)

scenario("HT-38 · The methods of each version can be looked up, in the kind that has the protocol", engine, function(t)
    local server = several(t)
    local client = t:client(server, { protocol = meta, engine = "protobuf" })
    local function signature(protocol, kind)
        return client:call("getProtocolSignature", { protocol = protocol, rpcKind = kind })
    end

    t:expect(signature(foo, "RPC_WRITABLE")):returns {
        protocolSignature = { { version = 0, methods = { ping } }, { version = 1, methods = { ping } } },
    }
    t:expect(signature(foo, "RPC_PROTOCOL_BUFFER")):returns {}
    t:expect(signature(foo, "RPC_BUILTIN")):returns {}

    local protobuf = t:since "3.4" and "org.apache.hadoop.thirdparty.protobuf" or "com.google.protobuf"
    local messages = signature(test, "RPC_PROTOCOL_BUFFER")
    t:expect(messages):returns()
    t:expect(#messages.value.protocolSignature[1].methods):is(4)
    t:expect(messages.value.protocolSignature[1].methods[1]):is(fingerprint("echo",
        "org.ripcord.TestProtos$EchoResponse", protobuf .. ".RpcController", "org.ripcord.TestProtos$EchoRequest"))
    local own = signature(meta, "RPC_PROTOCOL_BUFFER")
    t:expect(own):returns()
    local info = "org.apache.hadoop.ipc.protobuf.ProtocolInfoProtos$GetProtocol"
    t:expect(own.value.protocolSignature):is {
        {
            version = 1,
            methods = {
                fingerprint("getProtocolVersions", info .. "VersionsResponseProto", protobuf .. ".RpcController",
                    info .. "VersionsRequestProto"),
                fingerprint("getProtocolSignature", info .. "SignatureResponseProto", protobuf .. ".RpcController",
                    info .. "SignatureRequestProto"),
            },
        },
    }
end)

scenario("HT-38 · What can't be looked up is an error of that call only", engine, function(t)
    local client = t:client(t:server(), { protocol = meta })
    local protobuf = t:since "3.4" and "org.apache.hadoop.thirdparty.protobuf" or "com.google.protobuf"
    local incomplete = t:since "3.4" and ".InvalidProtocolBufferException" or ".UninitializedMessageException"
    local function refused(call, class, text)
        t:expect(call):fails "remote_error"
        t:expect({ call.class, call.message }):is { class, text }
    end

    refused(client:call("getProtocolSignature", { protocol = "no.Such", rpcKind = "RPC_WRITABLE" }),
        "java.lang.ClassNotFoundException", "no.Such")
    refused(client:call("getProtocolSignature", { protocol = test, rpcKind = "RPC_SOAP" }),
        "java.lang.IllegalArgumentException", "No enum constant org.apache.hadoop.ipc.RPC.RpcKind.RPC_SOAP")
    refused(client:call("getProtocolSignature", ""), protobuf .. incomplete,
        "Message missing required fields: protocol, rpcKind")
    refused(client:call("getProtocolSignature", "\x0a\5no"), protobuf .. ".InvalidProtocolBufferException",
        has "the input ended unexpectedly in the middle of a field")
    -- Of a kind that has no such protocol the answer would leave out its name, which is required.
    refused(client:call("getProtocolVersions", { protocol = test }), protobuf .. ".UninitializedMessageException",
        "Message missing required fields: rpcKind")
    refused(client:call("getProtocolVersions", { protocol = "no.Such" }), "java.lang.ClassNotFoundException", "no.Such")
    refused(client:call("dance", ""), "org.apache.hadoop.ipc.RpcNoSuchMethodException",
        "Unknown method dance called on " .. meta .. " protocol.")
    refused(client:proxy { version = 2 }:call("getProtocolVersions", { protocol = test }),
        "org.apache.hadoop.ipc.RPC$VersionMismatch", "Protocol " .. meta .. " version mismatch. (client = 2, server = 1)")
    t:expect(#client.connections):is(1)
end)

scenario("HT-36 · A server whose engine is Writables only has nobody to tell about it", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    declare(t)
    local client = t:client(t:server { protocol = foo }, { protocol = meta, engine = "protobuf" })

    t:expect(client:call("getProtocolSignature", { protocol = foo, rpcKind = "RPC_WRITABLE" })):fails "remote_fatal"
        :says "Unknown rpc kind in rpc headerRPC_PROTOCOL_BUFFER"
end)

-- --- before 2.x ------------------------------------------------------------------------------------

scenario("HT-36 · Before 2.x a connection names the interface; the object has them all", before, function(t)
    local client_protocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol"
    local datanodes = roles.datanodes()
    local server = t:server { protocols = { roles.namenode { tree = { ["/a"] = "hello" } }, datanodes } }
    local user, node = t:client(server), t:client(server, { protocol = datanodes.protocol })
    local me = { name = "dn:50010", storageID = "DS-9", infoPort = 50075, ipcPort = 50020 }

    t:expect(user:call("getFileInfo", { "/a" })):returns()
    t:expect(user:call("getProtocolVersion", { client_protocol, 1 })):returns(61)
    t:expect(node:call("sendHeartbeat", { me, 1, 2, 3, 0, 0 })):returns()
    t:expect(node:call("getProtocolVersion", { client_protocol, 1 })):returns(61)
    t:expect(node:call("getFileInfo", "\0\0\0\0")):fails "remote_error"
        :says("NoSuchMethodException: " .. datanodes.protocol .. ".getFileInfo()")
    t:expect(node:call("getProtocolSignature", "\0\0\0\0")):fails "remote_error":says "NoSuchMethodException"
end)
