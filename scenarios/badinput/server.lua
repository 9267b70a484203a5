-- What a server says to somebody who does not speak the protocol.  Whatever it is, the next
-- client is served.

local tags = { "live" }

local function still_serves(t, server)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end

scenario("BI-01 · Garbage for magic is answered as the version byte behind it asks", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:send "xxxx\9\0\0"

    t:expect(raw:drain()):is(has "Server IPC version 9 cannot communicate with client version 9")
    still_serves(t, server)
end)

scenario("BI-01 · Before 2.x whatever does not begin with the right magic is closed upon, without a word", {
    rough = false,
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "garbage", bytes = "xxxx\4\80\0" },
        { name = "a_web_browser", bytes = "GET / HTTP/1.0\r\n\r\n" }, -- BI-02
        { name = "version_9", bytes = "hrpc\9\0\0" },
    },
}, function(t, case)
    local server = t:server()
    local raw = t:dial(server)
    raw:send(case.bytes)

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server })):count(1)
    still_serves(t, server)
end)

scenario("BI-02 · A web browser is told that this is an RPC port", {
    rough = false,
    releases = "2.0-",
    tags = tags,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:send "GET / HTTP/1.0\r\n\r\n"

    t:expect(raw:drain()):is(starts "HTTP/1.1 404 Not Found\r\n")
    still_serves(t, server)
end)

scenario("BI-03 · A negative length closes the connection without a word", {
    releases = "2.2-",
    tags = tags,
    cases = { { length = -1 }, { length = -2 }, { length = -2147483648 } },
}, function(t, case)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send(string.pack(">i4", case.length))

    t:expect(raw:drain()):is ""
    still_serves(t, server)
end)

scenario("BI-03 · Before 2.x -1 is a ping, and other negative lengths close the connection without a word", {
    releases = "-1.2",
    tags = tags,
    cases = { { length = -1 }, { length = -2 }, { length = -2147483648 } },
}, function(t, case)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send(string.pack(">i4", case.length))

    if case.length == -1 then
        raw:send { "request", method = "echo", value = { message = "hi" } }
        t:expect(raw:recv "response".value):is { message = "hi" }
        t:expect(raw.connection.state):is "open"
    else
        t:expect(raw:drain()):is ""
    end
    still_serves(t, server)
end)

scenario("BI-04 · Before 2.x a giant length is the end of its Reader, and nobody who needs it is answered", {
    releases = "-1.2",
    tags = { "regression" }, -- HADOOP-9676
}, function(t)
    local server = t:server { conf = { ["ipc.server.read.threadpool.size"] = 2 } }
    local function connect()
        local client = t:client(server, { rpc_timeout = 0 })
        return client, client:call("echo", { message = "a" })
    end
    local fine, first = connect() -- Readers take turns: 1, 0, 1, 0
    t:expect(first):returns()
    local deaf
    deaf, first = connect()
    t:expect(first):returns()
    local other = t:dial(server)
    other:open()
    t:settle()
    local raw = t:dial(server)
    raw:open()
    t:settle()
    t:expect(raw.connection.reader):is(deaf.connections[1].reader)
    raw:send(string.pack(">i4", 0x7fffffff))
    t:settle()

    t:expect(fine:call("echo", { message = "b" })):returns { message = "b" }
    local call = deaf:call("echo", { message = "b" })
    local _, third = connect()
    t:expect(third):returns()
    local _, fourth = connect() -- it falls to the dead one
    t:sleep "5m"
    t:each({ call, fourth }):pending()
    t:expect(t:events("client.ping", { client = deaf })):count(5)
    t:expect(server.counters.open_connections):is(at_least(4))
    server.host:kill()
    t:each({ call, fourth }):fails(one_of("eof", "reset"))
end)

scenario("BI-04 · A giant length closes its connection, and the Reader lives on (HADOOP-9676)", {
    releases = "2.2-",
    tags = { "regression", "live" },
}, function(t)
    local server = t:server()
    local neighbour = t:client(server)
    t:expect(neighbour:call("echo", { message = "a" })):returns()
    local raw = t:dial(server)
    raw:open()
    raw:send(string.pack(">i4", 0x7fffffff))

    t:expect(raw:drain()):is ""
    t:expect(neighbour:call("echo", { message = "b" })):returns { message = "b" }
    still_serves(t, server)
end)

scenario("BI-05 · A frame may be as long as the limit, not a byte longer", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local limit = t:by { ["-2.6"] = 67108864, ["3.4"] = 134217728 }
    local fits, over = t:dial(server), t:dial(server)
    fits:open()
    over:open()
    fits:send(string.pack(">i4", limit))
    over:send(string.pack(">i4", limit + 1))

    t:expect(over:drain()):is ""
    t:settle()
    t:expect(fits.connection.state):is "open" -- the server waits for the body
    still_serves(t, server)
end)

scenario("BI-07 · A header that leaves out what must be there ends its connection", {
    rough = false,
    releases = "2.2-",
    tags = tags,
    cases = {
        { name = "no-op", op = false, kind = 2, says = " IPC Server: No rpc op in rpcRequestHeader" },
        { name = "continuation", op = 1, kind = 2, says = "IPC Server does not implement rpc header operation" },
        { name = "no-kind", op = 0, kind = false, says = " IPC Server: No rpc kind in rpcRequestHeader" },
    },
}, function(t, case)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send {
        "request",
        method = "echo",
        value = { message = "hi" },
        rpc_op = case.op,
        rpc_kind = case.kind,
    }

    local reply = raw:recv "response"
    t:expect(reply):with { status = "FATAL", code = 12 }
    t:expect(reply.message):is(starts(case.says))
    t:expect(raw:drain()):is ""
    still_serves(t, server)
end)

scenario("BI-08 · Before 2.x a call that does not decode is closed upon, and all calls of its client fail", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    local neighbour = client:call "hang"
    t:settle()
    local call = client:call("echo", "\0\0\0\1\0\1?")

    t:each({ call, neighbour }):fails "eof":at(0):says "failed on local exception: java.io.EOFException"
    t:expect(t:events("server.close", { server })):count(1)
    still_serves(t, server)
end)

scenario("BI-08 · A request message that does not decode is an error of its call", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    -- Field 1 claims more bytes than there are.
    raw:send { "request", method = "echo", value = "\10\100x" }

    t:expect(raw:recv "response".status):is "ERROR"
    raw:send { "request", method = "echo", value = { message = "hi" } }
    t:expect(raw:recv "response".value):is { message = "hi" }
end)

scenario("BI-08 · A request header that does not decode: 2.6 ends the connection, 3.4 is silent", {
    releases = "2.2-",
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    local bytes = raw:encode { "request", method = "echo", value = { message = "x" } }
    local header = 5 + bytes:byte(5) + 2 -- behind the length, the rpc header and its own length
    raw:send(bytes:sub(1, header - 1) .. "\10\127" .. bytes:sub(header + 2))

    if t:since "3.0" then
        raw:send { "request", method = "echo", value = { message = "hi" } }
        t:expect(raw:recv "response".value):is { message = "hi" } -- the first is never answered
    else
        local reply = raw:recv "response"
        t:expect(reply):with { status = "FATAL", code = 13 }
        t:expect(reply.message):is(starts "IPC server unable to read call parameters:")
        t:expect(raw:drain()):is ""
    end
    still_serves(t, server)
end)

scenario("BI-09 · A reply that dies inside the server leaves its caller to the time-out, its neighbours in peace", {
    releases = "1.2-",
    tags = { "regression", "completion", "live" },
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    t:fault("server.reply.throw", { server, nth = 1, class = "java.lang.RuntimeException", message = "oops" })

    local call = client:call("echo", { message = "x" })
    t:settle()
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(call):fails "read_timeout":at "5s"
    still_serves(t, server)
end)

scenario("BI-09 · A value that can't be written is an ERROR; before 2.x it is nothing, and its connection never idle", {
    tags = { "regression", "completion" }, -- HADOOP-7121
}, function(t)
    local server = t:server { handlers = 2 }
    server:on("odd", function(call) call:unwritable("java.io.IOException", "can't write it") end)
    local client = t:client(server, { rpc_timeout = 0 })
    local call = client:call "odd"
    t:settle()
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(t:events "client.connect"):count(1)
    still_serves(t, server)
    if t:since "2.0" then
        t:expect(call):fails "remote_error":at(0):with { code = 5, class = "java.io.IOException" }
        return
    end
    t:sleep "10m"

    t:expect(call):pending()
    t:expect(t:events("client.ping", { client })):count(10)
    t:expect(client.connections[1].rpc_count):is(1)
    server.host:kill()
    t:expect(call):fails(one_of("eof", "reset"))
end)

scenario("BI-10 · An unknown rpc kind is FATAL", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "echo", rpc_kind = 9, value = { message = "hi" } }

    local reply = raw:recv "response"
    t:expect(reply):with { status = "FATAL", code = 12 }
    t:expect(reply.message):is(has "rpc kind in rpc")
    t:expect(raw:drain()):is ""
    still_serves(t, server)
end)

scenario("BI-11 · An unknown method, protocol or version is an error of that call only", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    local function refused(request, code, text)
        raw:send(request)
        local reply = raw:recv "response"
        t:expect(reply.status):is "ERROR"
        t:expect(reply.code):is(code)
        t:expect(reply.message):is(starts(text))
    end

    refused({ "request", method = "dance", value = "" }, 2, "Unknown method dance called on ")
    refused({ "request", method = "echo", protocol = "no.Such", value = "" }, 3, "Unknown protocol: no.Such")
    refused({ "request", method = "echo", version = 7, value = "" }, 6, "Protocol org.ripcord.TestProtocol version mismatch")
    raw:send { "request", method = "echo", value = { message = "hi" } }
    t:expect(raw:recv "response".value):is { message = "hi" }
end)

scenario("BI-12 · Random bytes end in a close or in waiting, never in a crash", {
    releases = "2.2-",
    seeds = 20,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send(t:random_bytes(10000))
    t:settle()

    t:expect(server.counters.executions):is(0)
    still_serves(t, server)
end)

scenario("BI-12 · Before 2.x a random call ends in a close, or now and then in the end of its Reader", {
    releases = "-1.2",
    seeds = 20,
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send(string.pack(">s4", t:random_bytes(10000)))
    t:settle()

    t:expect(server.counters.executions):is(0)
    if server.counters.open_connections == 0 then
        still_serves(t, server)
    else -- as many parameters as no JVM has room for
        t:expect(server:lane "reader/0".doing):is "closed"
    end
end)

scenario("BI-14 · A ping before the context is silently accepted", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local raw = t:dial(t:server())
    raw:send { "preamble" }
    raw:send { "ping" }
    raw:send { "context" }
    raw:send { "request", method = "echo", value = { message = "hi" } }

    t:expect(raw:recv "response".value):is { message = "hi" }
end)

scenario("BI-17 · A SASL message on a connection that did not ask for it", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    local raw = t:dial(t:server())
    raw:open()
    raw:send { "sasl", state = "NEGOTIATE" }

    local reply = raw:recv "response"
    t:expect(reply.status):is "FATAL"
    t:expect(reply.message):is "SASL protocol not requested by client"
    t:expect(raw:drain()):is ""
end)

scenario("BI-18 · Before 2.x a protocol that the server does not know is the end of its connection", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server, { protocol = "org.example.Unknown" })

    for _ = 1, 2 do
        t:expect(client:call("echo", {})):fails(one_of("eof", "reset")):at(0)
    end
    t:expect(t:events "client.connect"):count(2)
    t:expect(server.counters.executions):is(0)
    still_serves(t, server)
end)

scenario("BI-18 · A protocol that the server does not know is an error of each call", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server, { protocol = "org.example.Unknown" })

    for _ = 1, 2 do
        t:expect(client:call("echo", {})):fails "remote_error":with { code = 3 }
    end
    t:expect(t:events "client.connect"):count(1)
    still_serves(t, server)
end)
