-- Callers who are interrupted or come at a bad moment, and calls that can't be sent.

local tags = { "regression", "completion" }

scenario("CC-01 · Under random faults each call ends exactly once, and a value is its own", {
    tags = tags,
    rough = true,
    seeds = 20,
}, function(t)
    local server = t:server { handlers = 3 }
    local timeout = t:since "1.2" and "30s" or 0
    local clients = t:times(3, function() return t:client(server, { rpc_timeout = timeout }) end)
    local function maybe(name, aim)
        aim.chance, aim.maybe, aim.to = 0.02, true, "20s"
        t:fault(name, aim)
    end
    maybe("net.segment.fin", {})
    maybe("net.segment.rst", {})
    maybe("net.segment.delay", { by = "800ms" })
    maybe("server.write.short", { bytes = 3 })
    maybe("server.execute.delay", { by = "1s" })
    maybe("server.execute.throw", { class = "java.io.IOException", message = "injected" })
    local calls = {}
    for i = 1, 50 do
        calls[i] = clients[t:random(1, 3)]:call("echo", { message = "call " .. i, time = t:random(0, 300) })
        t:sleep(t:random(0, 500))
        if i == 25 then
            server:stop()
            server:start()
        end
    end

    t:wait(calls)
    for i, call in ipairs(calls) do
        t:expect(call.ending):is_not "never"
        t:expect(call.executions):is(at_most(1))
        if call.ending == "value" then t:expect(call.value):is { message = "call " .. i } end
    end
end)

scenario("CC-09 · Interrupting a caller who writes harms nobody else", {
    releases = "2.2-",
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server { handlers = 5 }
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(3, function(i) return client:call("echo", { message = "call " .. i, time = "5s" }) end)
    t:settle()
    local deaf = t:fault("server.read.stop", { server })
    local writer = client:call("echo", { message = string.rep("x", 300000) })
    t:sleep "1s" -- half written
    writer:interrupt()
    t:expect(writer):fails "interrupted":at "1s"
    deaf:lift()

    for i, call in ipairs(calls) do
        t:expect(call):returns { message = "call " .. i }
    end
    t:expect(server.counters.executions):is(4) -- its request was completed, and ran
    t:expect(t:events "client.connect"):count(1)
end)

scenario("CC-09 · Before 2.x interrupting a caller who writes is the end of all calls, once the receiver looks up", {
    releases = "-1.2",
    tags = { "regression", "completion" }, -- HADOOP-6762
    rough = false,
}, function(t)
    local server = t:server { handlers = 5 }
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(3, function(i) return client:call("echo", { message = "call " .. i, time = "5m" }) end)
    t:settle()
    local deaf = t:fault("server.read.stop", { server })
    local writer = client:call("echo", { message = string.rep("x", 300000) })
    t:sleep "1s" -- half written
    writer:interrupt()
    t:sleep "1s"
    t:each(calls):pending()

    calls[4] = writer
    t:each(calls):fails():at "60s":says "Interruped while waiting for IO on channel"
    t:each(calls):says "0 millis timeout left."
    deaf:lift()
    t:settle()
    t:expect(server.counters.executions):is(3)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-10 · Interrupting a caller who waits", { tags = tags }, function(t)
    local server = t:server()
    local client = t:client(server)
    local call = client:call("echo", { message = "hi", time = "2s" })
    t:sleep "500ms"
    call:interrupt()

    if t:since "3.0" then
        t:expect(call):fails "interrupted":at "500ms":says "Call interrupted"
    else
        t:expect(call):returns { message = "hi" }:at "2s"
    end
    t:sleep "20s" -- nobody minds the late response
    t:expect(t:events("client.close", { client })):count(1)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-11 · A request that can't be encoded fails its own caller only, and leaks", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0 })
    local neighbour = client:call("echo", { message = "hi", time = "1s" })
    t:settle()
    t:fault("client.encode.throw", { client, nth = 1, class = "java.io.IOException", message = "can't" })

    t:expect(client:call("echo", { message = "x" })):fails():at(0):says "can't"
    t:expect(neighbour):returns { message = "hi" }
    -- The entry stays: no idle close, and a ping a minute for ever.
    t:sleep "10m"
    t:expect(#client.connections):is(1)
    t:expect(t:events("client.ping", { client })):count(at_least(9))
end)

scenario("CC-11 · Before 2.x a request that can't be encoded closes its connection", {
    releases = "-1.2",
    tags = tags,
    cases = { { name = "neighbour_answered", time = "1s" }, { name = "neighbour_waits", time = "5m" } },
}, function(t, case)
    local client = t:client(t:server(), { rpc_timeout = 0 })
    local neighbour = client:call("echo", { message = "hi", time = case.time })
    t:settle()
    t:fault("client.encode.throw", { client, nth = 1, class = "java.io.IOException", message = "can't" })
    local call = client:call("echo", { message = "x" })

    -- It is the receiver who closes, when its read returns.
    if case.time == "1s" then
        t:expect(neighbour):returns { message = "hi" }:at "1s"
        t:expect(call):fails():at "1s":says "can't"
    else
        t:each({ neighbour, call }):fails():at "60s":says "can't"
    end
    t:expect(t:events("client.close", { client })):count(1)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-11 · Before 2.x what is not an IOException passes to the caller, and its call leaks", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:fault("client.encode.throw", { client, nth = 1, class = "java.lang.RuntimeException", message = "can't" })

    local call = client:call("echo", { message = "x" })
    t:expect(call):fails():at(0):with { class = "java.lang.RuntimeException", message = "can't" }
    t:sleep "10m"
    t:expect(#client.connections):is(1)
    t:expect(t:events("client.ping", { client })):count(at_least(9))
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-15 · Five servers are asked at once and two refuse: three values, and all is known after ten seconds", {
    tags = tags,
}, function(t)
    local up = t:times(3, function() return t:server() end)
    t:dns("nobody", t:host "empty")
    local client = t:client(up[1])
    local calls = {}
    for i, target in ipairs { up[1], "nobody:8020", up[2], "nobody:8021", up[3] } do
        calls[i] = client:proxy { target }:call("echo", { message = "call " .. i })
    end
    t:wait(calls) -- as 0.20 and 1.x do in RPC.call, which gives null for those that fail

    for i, call in ipairs(calls) do
        if i % 2 == 1 then
            t:expect(call):returns { message = "call " .. i }:at(0)
        else
            t:expect(call):fails "refused":at "10s"
        end
    end
    t:expect(t.now):is(at_least(10000))
end)

scenario("CC-13 · A caller who meets a closing connection is served on it or on a new one", {
    tags = tags,
    rough = true,
    seeds = 20,
}, function(t)
    local server = t:server { handlers = 4 }
    local client = t:client(server, { conf = { ["ipc.client.connection.maxidletime"] = 10 } })
    for i = 1, 50 do
        local calls = t:times(2, function() return client:call("echo", { message = "call " .. i }) end)
        t:each(calls):returns { message = "call " .. i }
        t:sleep(t:random(8, 12))
    end
end)
