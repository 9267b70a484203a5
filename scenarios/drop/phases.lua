-- A connection that is dropped, in each phase of the protocol.

local endings = { fin = "eof", rst = "reset" }

scenario("DC-01 · Closed right after accept: the call fails once, and nobody connects again", {
    cases = { { how = "fin" }, { how = "rst" } },
}, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    if case.how == "fin" then raw:close() else raw:reset() end

    t:expect(call):fails(one_of("eof", "reset")):at(0)
    t:expect(t:events "client.connect"):count(1)
end)

scenario("DC-02 · Closed after the preamble", { cases = { { how = "fin" }, { how = "rst" } } }, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:recv "preamble"
    if case.how == "fin" then raw:close() else raw:reset() end

    t:expect(call):fails(one_of("eof", "reset")):at(0)
    t:expect(t:events "client.connect"):count(1)
end)

scenario("DC-05 · Closed after the request was read: nothing has run, the call ends at once", {
    cases = { { how = "fin" }, { how = "rst" } },
}, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    raw:recv "request"
    if case.how == "fin" then raw:close() else raw:reset() end

    t:expect(call):fails(endings[case.how]):at(0)
end)

scenario("DC-07 · The stream ends inside a response", {
    cases = {
        { name = "in-the-length", bytes = 2 },
        { name = "in-the-header", bytes = 10 },
        { name = "in-the-body", bytes = 34 },
    },
}, function(t, case)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"
    local bytes = raw:encode { "response", call = request, value = { message = "hello" } }
    raw:send(bytes:sub(1, case.bytes))
    raw:close()

    t:expect(call):fails(one_of("eof", "bad_reply")):at(0)
end)

scenario("DC-11 · A client that ends its side gets no answer", function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "echo", value = { message = "x", time = 1000 } }
    t:sleep "10ms"
    raw:shutdown()

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server })):at { "10ms" }
end)

scenario("DC-12 · A dropped idle connection is noticed by the next call only", function(t)
    local peer = t:peer()
    local client = t:client(peer)
    local function serve(raw)
        local request = raw:recv "request"
        raw:send { "response", call = request, value = { message = "hi" } }
    end
    local first = client:call("echo", { message = "hi" })
    local raw = peer:accept()
    raw:open()
    serve(raw)
    t:expect(first):returns()
    t:sleep "3s"
    raw:close()
    t:sleep "2s"
    t:expect(t:events("client.close", { client })):count(0)

    t:expect(client:call("echo", { message = "stale" })):fails(one_of("eof", "reset")):at "5s"

    local third = client:call("echo", { message = "hi" })
    local fresh = peer:accept()
    fresh:open()
    serve(fresh)
    t:expect(third):returns { message = "hi" }
end)

scenario("DC-17 · A cable pulled mid-call: the ping finds out when the kernel gives up", function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    local call = client:call("echo", { message = "x", time = ms "1h" })
    t:sleep "1s"
    t:fault("net.partition", { client })

    t:expect(call):fails "reset":at(ms "60s" + ms "924s"):says "Connection timed out"
end)
