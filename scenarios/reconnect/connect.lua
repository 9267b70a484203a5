-- How often, how fast and how long a client tries to connect.

local tags = { "regression", "retry" }

scenario("RC-01 · A SYN black hole takes 46 attempts of 20 seconds", {
    tags = tags,
    cases = { { lost = "client.connect.drop" }, { lost = "net.syn.drop" } },
}, function(t, case)
    local server = t:server()
    t:fault(case.lost, {})

    local call = t:client(server):call("echo", { message = "x" })

    t:expect(call):fails "connect_timeout":at(t:by { ["-2.0"] = "965s", ["2.1-"] = "920s" })
    t:expect(call):says "20000 millis timeout while waiting for channel to be ready for connect"
    t:expect(t:events "client.connect"):count(46)
end)

scenario("RC-01 · An attempt that was given up is over: no FIN leaves, and no server hears of it later", {
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("net.partition", { server, to = "45s" })
    local lost = t:fault("net.fin.drop", { client })

    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
        :at(t:by { ["-2.0"] = "49s", ["2.1-"] = "47s" }) -- the third attempt's third repeated SYN
    t:sleep "2m"
    t:expect(t:events("server.accept", { server })):count(1)
    t:expect(lost.strikes):is(1)
end)

scenario("RC-02 · A refused connection is tried eleven times", {
    tags = { "regression", "retry", "live" },
    cases = { { retries = 10, attempts = 11, at = "10s" }, { retries = 0, attempts = 1, at = 0 } },
}, function(t, case)
    t:dns("nn", t:host "empty") -- where nobody listens
    local client = t:client("nn:8020", { conf = { ["ipc.client.connect.max.retries"] = case.retries } })

    local call = client:call("echo", { message = "x" })

    t:expect(call):fails "refused":at(case.at)
    t:expect(t:events "client.connect"):count(case.attempts)
end)

scenario("RC-02 · Time-outs and refusals are counted apart: neither uses up the attempts of the other", {
    tags = tags,
}, function(t)
    local server = t:server()
    for nth = 1, 3 do t:fault("client.connect.drop", { nth = nth }) end -- each counts what the others leave
    t:fault("client.connect.refuse", {})
    local client = t:client(server, { conf = { ["ipc.client.connect.max.retries"] = 3 } })
    local call = client:call("echo", { message = "x" })

    t:expect(call):fails "refused"
    -- The first, third and fifth time out; four are refused, which is three retries.
    t:expect(t:events "client.connect"):count(7)
end)

scenario("RC-20 · No route to the server is tried again like a refusal, and told by its own name", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    t:fault("client.connect.throw", { class = "java.net.NoRouteToHostException", message = "No route to host" })
    local call = t:client(server):call("echo", { message = "x" })

    t:expect(call):fails "unreachable":at "10s":with { class = "java.net.NoRouteToHostException" }
        :says "No Route to Host from  client1/"
    t:expect(t:events "client.connect"):count(11)
end)

scenario("RC-21 · The preamble leaves at once, and the context with the first call; in 3.4 all three leave together", {
    rough = false,
    tags = tags,
}, function(t)
    local client = t:client(t:server())
    local sent = t:events("net.segment", { client, direction = "c2s" })
    t:expect(client:call("echo", { message = "hi" })):returns()

    local sizes = sent:map "bytes"
    if t:since "3.0" then
        t:expect(#sizes):is(1)
    else
        t:expect({ #sizes, sizes[1] }):is { 2, t:by { ["-1.2"] = 6, ["2.0-2.6"] = 7 } }
    end
end)

scenario("RC-03 · A server that comes up is found at the next attempt", { rough = false, tags = tags }, function(t)
    local server = t:server()
    server:stop()
    t:settle()
    local call = t:client(server):call("echo", { message = "hi" })
    t:sleep "2500ms"
    server:start()

    t:expect(call):returns { message = "hi" }:at "3s"
    t:expect(t:events "client.connect"):at { 0, "1s", "2s", "3s" }
end)

scenario("RC-05 · The retry interval is a setting from 2.3 on", {
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local client = t:client(server, {
        conf = {
            ["ipc.client.connect.retry.interval"] = 100,
            ["ipc.client.connect.max.retries"] = 3,
        },
    })

    t:expect(client:call("echo", { message = "x" })):fails "refused":at "300ms"
    t:expect(t:events "client.connect"):at { 0, "100ms", "200ms", "300ms" }
end)

scenario("RC-07 · Twenty callers who come together share one attempt to connect", {
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local client = t:client(server)
    local gate = t:hold("client.setup", { client })
    local calls = t:times(20, function(i) return client:call("echo", { message = "call " .. i }) end)
    t:settle() -- all are registered before the first begins to set up
    gate:release()

    t:each(calls):fails "refused":at "10s"
    t:expect(t:events "client.connect"):count(11)
end)

scenario("RC-07 · Nineteen callers who come later wait, and then try for themselves", {
    tags = tags,
}, function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local client = t:client(server)
    local first = client:call("echo", { message = "first" })
    t:sleep "500ms"
    local others = t:times(19, function(i) return client:call("echo", { message = "call " .. i }) end)

    t:expect(first):fails "refused":at "10s"
    t:each(others):fails "refused":at(at_least "20s")
    t:expect(#t:events "client.connect" % 11):is(0)
end)

scenario("RC-08 · Before 2.x an interrupt ends one sleep between two attempts, and attempts go on", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local call = t:client(server):call("echo", { message = "x" })
    t:sleep "1500ms"
    call:interrupt()

    t:expect(call):fails "refused":at "9500ms"
    t:expect(t:events "client.connect"):at {
        0, "1s", "1500ms", "2500ms", "3500ms", "4500ms", "5500ms", "6500ms", "7500ms", "8500ms", "9500ms",
    }
end)

scenario("RC-08 · Interrupting a caller who sleeps between two attempts ends its call", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local call = t:client(server):call("echo", { message = "x" })
    t:sleep "1500ms"
    call:interrupt()

    t:expect(call):fails "interrupted":at "1500ms":says "Interrupted: action="
    t:expect(t:events "client.connect"):count(2)
end)

scenario("RC-13 · A socket factory that throws is retried like a refusal", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.connect.throw", { client, class = "java.io.IOException", message = "no sockets" })

    t:expect(client:call("echo", { message = "x" })):fails():at "10s":says "no sockets"
    t:expect(t:events "client.connect"):count(11)
end)

-- As run on 0.20.203 and 1.2.1: closing the socket that is not there throws what hides the reason.
scenario("RC-13 · A socket factory that throws: the missing socket is tripped over", {
    releases = "-1.2",
    tags = { "regression" }, -- HADOOP-6724
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.connect.throw", { client, nth = 1, class = "java.io.IOException", message = "no sockets" })

    local call = client:call("echo", { message = "x" })
    t:expect(call):fails():at(0)
    t:expect(call.class):is(t:by { ["-0.20"] = "java.lang.NullPointerException", ["1.2"] = "java.io.IOException" })
    if t:since "1.2" then t:expect(call):says "Couldn't set up IO streams" end
    t:expect(client:call("echo", { message = "y" })):returns { message = "y" }
end)

scenario("RC-14 · What makes two calls share a connection, and what does not", {
    tags = { "regression", "retry", "live" },
    cases = {
        { differs = "nothing", proxy = {}, connections = 1 },
        { differs = "protocol", proxy = { protocol = "org.ripcord.Other" }, connections = 2 },
        { differs = "user", proxy = { user = "bob" }, connections = 2 },
        { differs = "login", proxy = { login = 2 }, connections = 2 },
        { differs = "rpc time-out", proxy = { rpc_timeout = "5s" }, connections = 2, releases = "1.2-" },
        { differs = "rpc time-out, none or none", proxy = { rpc_timeout = -1 }, connections = 2, releases = "1.2-" },
        { differs = "ping interval", proxy = { conf = { ["ipc.ping.interval"] = "10s" } }, connections = 2 },
        { differs = "pings", proxy = { conf = { ["ipc.client.ping"] = false } }, connections = 2, releases = "2.2-" },
        { differs = "idle time", proxy = { conf = { ["ipc.client.connection.maxidletime"] = "9s" } }, connections = 2 },
        { differs = "nodelay", proxy = { conf = { ["ipc.client.tcpnodelay"] = true } }, connections = 2, releases = "-1.2" },
        { differs = "nodelay", proxy = { conf = { ["ipc.client.tcpnodelay"] = false } }, connections = 2, releases = "2.2-" },
        { differs = "retries", proxy = { conf = { ["ipc.client.connect.max.retries"] = 3 } }, connections = 2 },
        { differs = "retries of time-outs", proxy = { conf = { ["ipc.client.connect.max.retries.on.timeouts"] = 3 } },
            connections = 1, releases = "2.2-" },
        { differs = "a server's key", proxy = { conf = { ["ipc.server.listen.queue.size"] = 3 } }, connections = 1 },
        { differs = "service class", proxy = { service_class = 3 }, connections = 1, releases = "2.2-" },
    },
}, function(t, case)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { user = "alice" })
    local first = client:call "hang"
    t:settle()
    t:wait(client:proxy(case.proxy):call("echo", { message = "x" })) -- which may be an error

    -- Before 2.x a server closes on a protocol that it does not serve.
    local closed = case.differs == "protocol" and not t:since "2.0"
    t:expect(#client.connections):is(closed and 1 or case.connections)
    t:expect(server.counters.accepted):is(case.connections)
    t:expect(first):pending()
end)

scenario("RC-14 · A proxy asks for its protocol's version on the connection of the calls that follow", {
    tags = { "regression", "retry", "live" }, -- HADOOP-6132
}, function(t)
    local server = t:server()
    local client = t:client(server)
    local proxy = client:proxy {}
    t:expect(proxy:open()):returns()
    t:expect(proxy:call("echo", { message = "hi" })):returns { message = "hi" }

    t:expect(#client.connections):is(1)
    t:expect(server.counters.accepted):is(1)
end)

scenario("RC-16 · A restart under load: every caller finds the server again", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 10 }
    local client = t:client(server)
    local finished = 0
    for i = 1, 10 do
        t:spawn(function()
            repeat
                local call = client:call("echo", { message = "caller " .. i, time = 100 })
                t:wait(call)
                if call.ending ~= "value" then t:expect(call):fails(one_of("eof", "reset")) end
            until t.now >= ms "6s"
            finished = finished + 1
        end)
    end
    t:sleep "1s"
    server:stop()
    t:sleep "3s"
    server:start()
    t:wait(function() return finished == 10 end)

    t:expect(t.now):is(at_most(ms "16s"))
    t:expect(#client.connections):is(1)
end)

scenario("RC-19 · A request that may have arrived is never sent again", {
    tags = { "regression", "retry" },
    rough = true,
    seeds = 20,
}, function(t)
    local server = t:server { handlers = 4 }
    local client = t:client(server)
    t:fault("net.segment.rst", { client, chance = 0.1, maybe = true })
    for i = 1, 30 do
        local call = client:call("echo", { message = "call " .. i })
        t:wait(call)
        t:expect(call.executions):is(at_most(1))
        t:expect(call.ending):is(one_of("value", "reset", "eof"))
    end
end)

scenario("RC-20 · A full backlog is a black hole, not a refusal", { tags = tags }, function(t)
    local server = t:server { start = false, conf = { ["ipc.server.listen.queue.size"] = 3 } }
    local calls = t:times(10, function()
        return t:client(server, { rpc_timeout = 0 }):call("echo", { message = "hi" })
    end)
    t:sleep "21s"
    t:expect(t:events("client.connect", { result = "timeout" })):count(at_least(1))
    t:expect(t:events("client.connect", { result = "refused" })):count(0)
    server:start()

    t:each(calls):returns { message = "hi" }
end)
