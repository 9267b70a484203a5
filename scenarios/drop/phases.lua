-- A connection that is dropped, in each phase of the protocol.  The peer is a script: it reads
-- so much, then ends the connection with FIN or RST; the client connects once only.

local hows = { { how = "fin" }, { how = "rst" } }
local endings = { fin = "eof", rst = "reset" }

local function drop(raw, how)
    if how == "fin" then raw:close() else raw:reset() end
end

scenario("DC-01 · Closed right after accept: the call fails once, and nobody connects again", {
    cases = hows,
    tags = { "live" },
}, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    drop(peer:accept(), case.how)

    t:expect(call):fails(one_of("eof", "reset")):at(0)
    t:expect(t:events "client.connect"):count(1)
end)

scenario("DC-02 · Closed after the preamble", { cases = hows, tags = { "live" } }, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:recv "preamble"
    drop(raw, case.how) -- the context is unread: a FIN becomes an RST

    t:expect(call):fails(one_of("eof", "reset")):at(0)
    t:expect(t:events "client.connect"):count(1)
end)

scenario("DC-02 · Closed after the context", { cases = hows, tags = { "live" } }, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    drop(raw, case.how)

    t:expect(call):fails(one_of("eof", "reset")):at(0)
    t:expect(t:events "client.connect"):count(1)
end)

scenario("DC-05 · Closed after the request was read: nothing has run, the call ends at once", {
    cases = hows,
    tags = { "live" },
}, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    raw:recv "request"
    drop(raw, case.how)

    t:expect(call):fails(endings[case.how]):at(0)
end)

-- A request is read, and the response is cut off after so many bytes.
local function cut_off(t, bytes, how)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    local response = raw:encode { "response", call = raw:recv "request", value = { message = "hello" } }
    raw:send(response:sub(1, bytes < 0 and #response + bytes or bytes))
    t:settle() -- an RST would throw away what is unread
    drop(raw, how)
    return call
end

scenario("DC-07 · The stream ends inside the length word", {
    cases = hows,
    tags = { "live" },
}, function(t, case)
    t:expect(cut_off(t, 2, case.how)):fails(endings[case.how]):at(0)
end)

scenario("DC-07 · An EOFException has a sentence of its own from 2.6 on", { tags = { "live" } }, function(t)
    t:expect(cut_off(t, 2, "fin")):fails "eof":says(t:by {
        ["-1.2"] = "failed on local exception: java.io.EOFException",
        ["2.0-2.2"] = "Failed on local exception: java.io.EOFException; Host Details : local host is: ",
        ["2.6-"] = "End of File Exception between local host is: ",
    })
end)

scenario("DC-08 · The stream ends after the first word, a length or before 2.x the call id", function(t)
    local call = cut_off(t, 4, "fin")

    t:expect(call):fails "eof":at(0)
    t:expect(call):says(t:by {
        ["-1.2"] = "failed on local exception: java.io.EOFException",
        ["2.0-2.6"] = "Response is null.",
        ["3.4"] = "End of File Exception",
    })
end)

scenario("DC-09 · The stream ends inside the response's header", function(t)
    local call = cut_off(t, t:since "2.0" and 10 or 6, "fin")

    t:expect(call):fails "eof":at(0)
    t:expect(call):says(t:by {
        ["-1.2"] = "failed on local exception: java.io.EOFException",
        ["2.0-2.6"] = "While parsing a protocol message, the input ended unexpectedly",
        ["3.4"] = "End of File Exception",
    })
end)

scenario("DC-09 · The stream ends inside the response's body", { tags = { "live" } }, function(t)
    t:expect(cut_off(t, -3, "fin")):fails "eof":at(0)
end)

scenario("DC-10 · A reset inside a response is a reset, wherever it strikes", {
    cases = {
        { name = "in-the-length", bytes = 2 },
        { name = "after-the-length", bytes = 4 },
        { name = "in-the-header", bytes = 10 },
        { name = "in-the-body", bytes = -3 },
    },
    tags = { "live" },
}, function(t, case)
    t:expect(cut_off(t, case.bytes, "rst")):fails "reset":at(0)
end)

scenario("DC-09 · Before 2.x the stream ends after the status, and inside a class's name", {
    releases = "-1.2",
    tags = { "live" },
    cases = { { name = "after_the_status", bytes = 8 }, { name = "in_the_class", bytes = 20 } },
}, function(t, case)
    local call = cut_off(t, case.bytes, "fin")

    t:expect(call):fails "eof":at(0):says "failed on local exception: java.io.EOFException"
end)

scenario("DC-11 · A client that ends its side gets no answer", { tags = { "live" } }, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "echo", value = { message = "x", time = 1000 } }
    t:sleep "10ms"
    raw:shutdown()

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server })):at { "10ms" }
end)

scenario("DC-15 · A connection that fails half built poisons nobody", {
    releases = "1.2-",
    tags = { "regression" }, -- HADOOP-7428
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.streams.throw", { client, nth = 1, class = "java.lang.RuntimeException", message = "Injected fault" })

    t:expect(client:call("echo", { message = "a" })):fails():at(0):says "Couldn't set up IO streams"
    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }
    t:expect(server.counters.executions):is(1)
end)

scenario("DC-15 · In 0.20 a connection that fails half built poisons whoever comes after", {
    releases = "0.20",
    tags = { "regression" }, -- HADOOP-7428
}, function(t)
    local client = t:client(t:server())
    t:fault("client.streams.throw", { client, nth = 1, class = "java.lang.RuntimeException", message = "Injected fault" })

    t:expect(client:call("echo", { message = "a" })):fails():at(0):with {
        class = "java.lang.RuntimeException",
        message = "Injected fault",
    }
    for _ = 1, 3 do
        t:sleep "1m"
        local call = client:call("echo", { message = "b" })
        t:expect(call):fails():took(0)
        t:expect(call.class):is "java.lang.NullPointerException"
    end
    t:expect(#client.connections):is(1) -- the dead entry
    t:expect(t:events "client.connect"):count(1)
end)

scenario("DC-16 · A set-up that fails behind the connect leaves its socket open before 2.3", {
    tags = { "regression" }, -- HADOOP-10081
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.streams.throw", { client, times = 10, class = "java.io.IOException", message = "no streams" })
    for _ = 1, 10 do
        t:expect(client:call("echo", { message = "x" })):fails():took(0):says "no streams"
    end
    t:settle()

    t:expect(client.host.descriptors):is(t:by { ["-2.2"] = 10, ["2.3-"] = 0 })
    t:expect(#client.connections):is(0)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("DC-21 · A connection that dies before it is accepted fails its call, and leaves the server alone", function(t)
    local server = t:server { start = false }
    local client = t:client(server)
    t:fault("net.rst", { client, nth = 1, after = 0 })
    t:expect(client:call("echo", { message = "x" })):fails "reset":at(0)

    server:start()
    t:settle()
    t:expect(server.counters.executions):is(0)
    t:expect(server.counters.open_connections):is(0)
end)
