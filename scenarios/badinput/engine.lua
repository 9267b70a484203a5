-- Calls of Writables over IPC version 9 (WritableRpcEngine): what a server says to those that it can't take, and a
-- client to replies that it can't read.

local tags = { "badinput", "writables" }

local function utf8(text) return string.pack(">s2", text) end

local function parameters(...)
    return string.pack(">i4", select("#", ...)) .. table.concat { ... }
end

local function packed(type, count, bytes)
    return utf8 "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal" .. utf8(type) .. string.pack(">i4", count) .. bytes
end

local function still_serves(t, server)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end

scenario("BI-10 · A server of one engine does not know the other's kind of call", {
    rough = false,
    releases = "2.2-",
    tags = tags,
    cases = {
        { name = "writable", engine = "protobuf", asked = "writable", kind = "RPC_WRITABLE" },
        { name = "protobuf", engine = "writable", asked = "protobuf", kind = "RPC_PROTOCOL_BUFFER" },
        { name = "builtin", engine = "writable", asked = "builtin", kind = "RPC_BUILTIN" },
    },
}, function(t, case)
    local server = t:server { engine = case.engine }
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "echo", rpc_kind = case.asked, value = { message = "hi" } }

    t:expect(raw:recv "response"):with {
        status = "FATAL",
        code = 12,
        class = "org.apache.hadoop.ipc.RpcServerException",
        message = "Unknown rpc kind in rpc header" .. case.kind,
    }
    t:expect(raw:drain()):is ""
    still_serves(t, server)
end)

scenario("BI-10 · A client of the other engine learns so by its first call", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    t:expect(t:client(server, { engine = "writable" }):call("echo", { message = "hi" }))
        :fails "remote_fatal":says "Unknown rpc kind in rpc headerRPC_WRITABLE"
    still_serves(t, server)
end)

scenario("BI-08 · Writables that do not read are FATAL, from 3.x on too", {
    rough = false,
    releases = "2.2-",
    tags = tags,
    cases = {
        { name = "unknown_class", body = parameters(utf8 "foo.Bar"), says = "readObject can't find class foo.Bar" },
        { name = "negative_count", body = string.pack(">i4", -1), says = "-1" },
        { name = "negative_array", body = parameters(utf8 "[I" .. string.pack(">i4", -5)), says = "-5" },
        { name = "negative_packed", body = parameters(packed("int", -5, "")), says = "encoded array length is negative -5" },
        { name = "packed_strings", body = parameters(packed("java.lang.String", 1, utf8 "x")),
            says = "encoded array component type java.lang.String is not a candidate primitive type" },
        { name = "null_of_unknown_class", body = parameters(utf8 "org.apache.hadoop.io.Writable"
            .. utf8 "org.apache.hadoop.io.ObjectWritable$NullInstance" .. utf8 "foo.Bar"),
            says = "java.lang.ClassNotFoundException: Class foo.Bar not found" },
        { name = "long_in_ints", body = parameters(utf8 "[I" .. "\0\0\0\1" .. utf8 "long" .. ("\0"):rep(8)),
            says = "argument type mismatch" },
        { name = "array_of_2^29", body = parameters(utf8 "[J" .. string.pack(">i4", 1 << 29)), says = "Java heap space" },
        { name = "nothing", body = "", says = "null" },
    },
}, function(t, case)
    local server = t:server { engine = "writable" }
    local rude, polite = t:client(server), t:client(server)
    t:expect(polite:call("echo", { message = "before" })):returns { message = "before" }
    t:expect(rude:call("echo", case.body)):fails "remote_fatal":says("IPC server unable to read call parameters: " .. case.says)
    t:expect(polite:call("echo", { message = "after" })):returns { message = "after" }
end)

scenario("BI-11 · Of Writables an unknown method, protocol, version or rpc version is an error of that call only", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server { engine = "writable" }
    local raw = t:dial(server)
    raw:open()
    local function refused(request, code, class, text)
        request[1], request.method = "request", request.method or "echo"
        raw:send(request)
        t:expect(raw:recv "response"):with { status = "ERROR", code = code, class = class, message = starts(text) }
    end
    local server_exception = "org.apache.hadoop.ipc.RpcServerException"
    refused({ method = "dance", types = { "int", "[J" }, value = { 1, { 2 } } }, 1, "java.io.IOException",
        "java.lang.NoSuchMethodException: org.ripcord.TestProtocol.dance(int,[J)")
    refused({ types = { "java.lang.String" }, value = { "hi" } }, 1, "java.io.IOException",
        "java.lang.NoSuchMethodException: org.ripcord.TestProtocol.echo(java.lang.String)")
    refused({ protocol = "no.Such" }, 4, server_exception, "Unknown protocol: no.Such")
    refused({ version = 7 }, 6, "org.apache.hadoop.ipc.RPC$VersionMismatch",
        "Protocol org.ripcord.TestProtocol version mismatch. (client = 7, server = 1)")
    refused({ rpc_version = 1 }, 4, server_exception,
        "WritableRpc version mismatch, client side version=1, server side version=2")

    raw:send { "request", method = "echo", value = { message = "hi" } }
    t:expect(raw:recv("response").value):is { message = "hi" }
end)

scenario("CC-06 · A value of Writables that does not read ends its connection, whose other calls fail with it", {
    releases = "2.2-",
    tags = tags,
    cases = {
        { name = "unknown_class", value = utf8 "foo.Bar" .. utf8 "foo.Bar" },
        { name = "negative_array", value = utf8 "[I" .. "\xff\xff\xff\xff" },
        { name = "packed_strings", value = packed("java.lang.String", 1, utf8 "x") },
    },
}, function(t, case)
    local peer = t:peer()
    local client = t:client(peer, { engine = "writable" })
    local first, second = client:call("echo", { message = "a" }), client:call("echo", { message = "b" })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"
    raw:recv "request"
    raw:send { "response", call = request, bytes = case.value }

    t:expect(first):fails "bad_reply"
    t:expect(second):fails "bad_reply"
    t:expect(raw:drain()):is ""
end)

scenario("CC-08 · Bytes behind a value of Writables: 2.x takes them for the next reply, 3.x ends the connection", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local peer = t:peer()
    local client = t:client(peer, { engine = "writable" })
    local first = client:call("echo", { message = "a" })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"
    local second = client:call("echo", { message = "b" })
    local other = raw:recv "request"
    local behind = raw:encode { "response", call = other, value = { message = "b" } }
    raw:send { "response", call = request, value = { message = "a" }, trailing = behind }

    t:expect(first):returns { message = "a" }
    if t:since "3.4" then
        t:expect(second):fails "bad_reply"
    else
        t:expect(second):returns { message = "b" }
    end
end)
