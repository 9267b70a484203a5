-- Connections that die between calls, and peers that are gone without a word.

-- Serve one request of a scripted peer.
local function serve(raw)
    raw:send { "response", call = raw:recv "request", value = { message = "hi" } }
end

scenario("DC-12 · A dropped idle connection is noticed by the next call only", {
    cases = { { how = "fin" }, { how = "rst" } },
    tags = { "regression", "idle", "live" },
}, function(t, case)
    local peer = t:peer()
    local client = t:client(peer)
    local first = client:call("echo", { message = "hi" })
    local raw = peer:accept()
    raw:open()
    serve(raw)
    t:expect(first):returns()
    t:sleep "3s"
    if case.how == "fin" then raw:close() else raw:reset() end
    t:sleep "2s"
    t:expect(t:events("client.close", { client })):count(0)

    t:expect(client:call("echo", { message = "stale" })):fails(one_of("eof", "reset")):at "5s"

    local third = client:call("echo", { message = "hi" })
    local fresh = peer:accept()
    fresh:open()
    serve(fresh)
    t:expect(third):returns { message = "hi" }
end)

scenario("DC-12 · A call after the idle time never meets the dropped connection", {
    tags = { "live" },
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "10001ms"

    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }
    t:expect(t:events "client.connect"):count(2)
end)

scenario("DC-14 · A reply that is lost after execution: who repeats the call runs it twice", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("net.segment.fin", { client, direction = "s2c", nth = 1, after = 0 })

    t:expect(client:call("echo", { message = "x" })):fails(one_of("eof", "reset"))
    t:expect(client:call("echo", { message = "x" })):returns()
    t:expect(server.counters.executions):is(2)
end)

scenario("DC-17 · A cable pulled mid-call: the ping finds out when the kernel gives up", {
    tags = { "regression", "timeout" },
    cases = { { name = "no-time-out", timeout = 0 }, { name = "120s", timeout = "120s", releases = "3.4" } },
}, function(t, case)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = case.timeout })
    local call = client:call("echo", { message = "x", time = "1h" })
    t:sleep "1s"
    t:fault("net.partition", { client })

    if case.timeout == 0 then
        t:expect(call):fails "reset":at(ms "60s" + ms "924s"):says "Connection timed out"
    else
        t:expect(call):fails "read_timeout":at "120s":says "60000 millis timeout"
    end
end)

scenario("DC-18 · Who may wait for whom while nobody reads", { tags = { "regression" } }, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "connected" })):returns()
    local deaf = t:fault("server.read.stop", { server })
    local big = client:call("echo", { message = string.rep("x", 200000) })
    t:sleep "1s"
    local second = client:call("echo", { message = "2" })
    t:sleep "64s"
    local third = client:call("echo", { message = "3" })
    t:settle()

    -- The ping waits behind the writer; it holds the lock that a new call needs.
    if not t:since "3.0" then t:expect { big.doing, second.doing, third.doing }:is { "write", "write_lock", "add" } end
    t:expect(t:events("client.close", { client })):count(0)
    deaf:lift()
    t:each({ big, second, third }):returns()
end)

scenario("DC-18 · A reset ends the stall: writer, ping and who came behind them fail with it", {
    tags = { "regression" },
}, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "connected" })):returns()
    t:fault("server.read.stop", { server })
    local big = client:call("echo", { message = string.rep("x", 200000) })
    t:sleep "65s" -- the ping waits behind the writer
    local late = client:call("echo", { message = "late" })
    t:settle()
    server.host:kill()

    t:each({ big, late }):fails(one_of("eof", "reset")):at "65s"
end)

scenario("DC-18 · A client that dies in the stall leaves its request unread, and its server in peace", {
    tags = { "regression" },
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "connected" })):returns()
    local deaf = t:fault("server.read.stop", { server })
    local half = client:call("echo", { message = string.rep("x", 200000) })
    t:sleep "1s"
    client.host:kill()
    deaf:lift()

    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(half):never_ends()
    t:expect(server.counters.executions):is(2)
end)

scenario("DC-19 · A peer that dies while idle is found dead by the next call", {
    tags = { "regression" },
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "3s"
    t:fault("net.partition", { server })
    t:sleep "2s"

    local call = client:call("echo", { message = "b" })
    t:expect(call):fails "reset":at(ms "5s" + ms "924s"):says "Connection timed out"
end)

scenario("DC-20 · A client that dies leaves nothing to run", {
    rough = false,
    tags = { "regression" },
}, function(t)
    local server = t:server { handlers = 1 }
    t:client(server):call("echo", { message = "busy", time = "1s" })
    t:settle()
    local doomed = t:client(server)
    local calls = t:times(5, function(i) return doomed:call("echo", { message = "call " .. i }) end)
    t:sleep "100ms"
    t:expect(server.counters.open_connections):is(2)
    t:each(calls):pending()
    doomed.host:kill()
    t:settle()

    t:expect(server.counters.open_connections):is(1)
    t:sleep "2s"
    t:expect(server.counters.executions):is(t:by { ["-2.2"] = 6, ["2.3-"] = 1 })
end)

scenario("DC-22 · A partition that heals within the time-outs is only a delay", {
    rough = false,
    tags = { "regression", "timeout" },
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "a" })):returns()
    t:fault("net.partition", { server, client, from = "1s", to = "4s" })
    t:sleep "2s"

    -- Lost at 2 s and sent again after 200 ms, 400 ms … : the first try after the healing is at 5 s.
    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }:at "5s"
    t:expect(t:events "client.connect"):count(1)
end)
