-- From 2.x on a protocol has one of two engines: its calls are protobuf messages, or Writables as before
-- (WritableRpcEngine).  What a file declares by Java types is of the second kind.

local tags = { "writables" }

local engine = { releases = "2.2-", tags = tags }

scenario("WR-04 · The test protocol is the same in both engines", {
    releases = "2.2-",
    tags = tags,
    cases = { { name = "protobuf", engine = "protobuf" }, { name = "writable", engine = "writable" } },
}, function(t, case)
    local server = t:server { engine = case.engine, handlers = 2 }
    local client = t:client(server)

    t:expect(client:call("echo", { message = "g\u{fc}n" })):returns { message = "g\u{fc}n" }
    t:expect(client:call("echo", {})):returns {}
    t:expect(client:call("blob", { size = "1MiB" })):returns()
    local lengths = t:events("wire.response"):map "length"
    t:expect(lengths[#lengths]):is(1 << 20)
    local slow, fast = client:call("echo", { message = "slow", time = "2s" }), client:call("echo", { message = "fast" })
    t:expect(slow):returns { message = "slow" }
    t:expect(fast):returns({ message = "fast" }):at(0)
    t:expect(client:call("throw", { class = "java.io.FileNotFoundException", message = "no such file" }))
        :fails "remote_error":says "no such file"
end)

scenario("WR-05 · An exception that is no IOException comes as one of Writables, as itself of protobuf", engine, function(t)
    local unchecked = { class = "java.lang.IllegalStateException", message = "not now" }
    local written = t:client(t:server { engine = "writable" }):call("throw", unchecked)
    local message = t:client(t:server()):call("throw", unchecked)

    t:expect(written):fails "remote_error":says "java.lang.IllegalStateException: not now"
    t:expect(message):fails "remote_error":says "not now"
    t:expect(written.class):is "java.io.IOException"
    t:expect(message.class):is "java.lang.IllegalStateException"
end)

scenario("HT-37 · Of Writables the highest version answers who asks for one; calls of others are refused", engine, function(t)
    t:protocol("org.example.Adder", { version = 3, methods = { add = { "long", "int", "int" } } })
    local server = t:server { protocol = "org.example.Adder" }
    server:on("add", function(_, numbers) return numbers[1] + numbers[2] end)
    local client = t:client(server)

    t:expect(client:call("add", { 2, 3 })):returns(5)
    local other = client:proxy { version = 2 }
    t:expect(other:open()):returns(nil):at(0)
    t:expect(other:call("getProtocolVersion", { "org.example.Adder", 2 })):returns(3)
    local refused = other:call("add", { 2, 3 })
    t:expect(refused):fails "remote_error"
        :says "Protocol org.example.Adder version mismatch. (client = 2, server = 3)"
    t:expect(refused.class):is "org.apache.hadoop.ipc.RPC$VersionMismatch"
end)

scenario("BI-09 · What can't be written of Writables is an error of its call only", engine, function(t)
    local server = t:server { engine = "writable", handlers = 1 }
    server:on("odd", function(call) call:unwritable("java.io.IOException", "Can't write: 7 as class java.lang.Integer") end)
    local client = t:client(server)

    t:expect(client:call("odd", {})):fails "remote_error"
        :says "java.io.IOException: Can't write: 7 as class java.lang.Integer"
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(t:events("server.accept", { server })):count(1)
end)

scenario("WR-06 · A duplicated, a changed and a swallowed reply of Writables do what they do to any", engine, function(t)
    local server = t:server { engine = "writable" }
    local changed = t:fault("wire.response.change", { server, nth = 1, fields = { value = "\0\4long" .. ("\0"):rep(7) .. "\9" } })
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "echo", value = { message = "hi" } }

    t:expect(raw:recv("response").value):is(9)
    t:expect(changed.strikes):is(1)
    local client = t:client(server, { conf = { ["ipc.ping.interval"] = "1m" } })
    t:fault("wire.response.swallow", { server, nth = 1 })
    t:expect(client:call("echo", { message = "lost" })):pending()
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("WR-07 · A client says which protocol a method is of, in which version, and packs arrays", engine, function(t)
    t:protocol("org.example.Sum", {
        version = 3,
        methods = { of = { { "int", "String" }, { "int", "int[]" } }, clear = { "void" } },
    })
    local peer = t:peer()
    local client = t:client(peer, { protocol = "org.example.Sum" })
    local call = client:call("of", { { 1, 2 } })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"
    t:expect(request):with {
        rpc_kind = "writable",
        rpc_version = 2,
        protocol = "org.example.Sum",
        version = 3,
        hash = 1014055065, -- ProtocolSignature.getFingerprint's
        types = { "[I" },
        value = { { 1, 2 } },
    }
    t:expect(request.bytes):is(has "ArrayPrimitiveWritable$Internal\0\3int\0\0\0\2\0\0\0\1\0\0\0\2")
    raw:send { "response", call = request, value = 3 }
    t:expect(call):returns(3)

    local question = client:call("getProtocolVersion", { "org.example.Sum", 3 })
    request = raw:recv "request"
    t:expect(request):with { protocol = "org.apache.hadoop.ipc.VersionedProtocol", version = 0, hash = 0 }
    raw:send { "response", call = request, type = "long", value = 3 }
    t:expect(question):returns(3)
end)
