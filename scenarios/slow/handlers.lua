-- Handlers are slots: who waits for one, and what happens to a caller who has gone.

scenario("SH-10 · A call whose caller has gone is not run", {
    rough = false,
    tags = { "regression", "timeout" },
}, function(t)
    local server = t:server()
    t:client(server):call("echo", { message = "first", time = "1s" })
    local gone = t:dial(server)
    gone:open()
    t:sleep "50ms"
    gone:send { "request", method = "echo", value = { message = "second" } }
    t:sleep "50ms"
    gone:close()
    t:sleep "1s"

    if t:since "2.3" then
        t:expect(server.counters.executions):is(1)
        t:expect(server.counters.skipped):is(1)
    else
        t:expect(server.counters.executions):is(2)
    end
end)

scenario("SH-11 · A call waits in the callQueue while the only Handler is busy", {
    tags = { "live" },
}, function(t)
    local server = t:server { handlers = 1 }
    local first = t:client(server):call("echo", { message = "a", time = "1s" })
    t:sleep "100ms"
    local second = t:client(server):call("echo", { message = "b", time = "1s" })

    t:expect(first):returns():at "1s"
    t:expect(second):returns():at "2s"
    t:expect(t:events("server.take", { server })):at { 0, "1s" }
end)

scenario("SH-12 · Replies come in the order of completion, each to its own call", {
    tags = { "live" },
}, function(t)
    local client = t:client(t:server { handlers = 2 })

    local slow = client:call("echo", { message = "slow", time = 500 })
    local fast = client:call("echo", { message = "fast", time = 100 })

    t:expect(fast):returns { message = "fast" }:at "100ms"
    t:expect(slow):returns { message = "slow" }:at "500ms"
end)

scenario("SH-16 · A server that is bound but not started takes connections, and answers nobody", {
    releases = "1.2-",
    tags = { "regression", "timeout" },
}, function(t)
    local server = t:server { start = false }
    local call = t:client(server, { rpc_timeout = "2s" }):call("echo", { message = "hi" })

    t:expect(call):fails "read_timeout":at "2s"
    t:expect(t:events "client.connect"):at { 0 }
    t:sleep "1s"
    server:start()
    t:sleep "1s"
    -- The abandoned connection is accepted at last; its request may run as a ghost.
    t:expect(server.counters.accepted):is(1)
    t:expect(server.counters.executions):is(at_most(1))
    t:expect(server.counters.open_connections):is(0)
end)

scenario("SH-20 · A deferred call frees its Handler and is answered later", {
    tags = { "live" },
}, function(t)
    local server = t:server { handlers = 1 }
    local later
    server:on("later", function(call)
        call:defer()
        later = call
    end)
    local client = t:client(server)
    local deferred = client:call "later"

    t:expect(client:call("echo", { message = "the Handler is free" })):returns()
    t:sleep "2s"
    t:expect(deferred):pending()
    t:expect(later:answer {}):is(true)
    t:expect(deferred):returns():at "2s"
end)

scenario("SH-21 · A Handler that stalls delays its own call only", { tags = { "live" } }, function(t)
    local server = t:server { handlers = 2 }
    t:fault("server.execute.delay", { server, nth = 1, by = "3s" })
    local client = t:client(server)

    local stalled = client:call("echo", { message = "stalled" })
    t:settle()
    t:expect(client:call("echo", { message = "hi" })):returns():at(0)
    t:expect(stalled):returns { message = "stalled" }:at "3s"
end)

scenario("SH-18 · A deferred call that is given up takes its connection along", {
    releases = "3.4",
    tags = { "live" },
}, function(t)
    local server = t:server { handlers = 2 }
    local later
    server:on("postponed", function(call)
        call:defer()
        later = call
    end)
    local client = t:client(server)
    local postponed, other = client:call "postponed", client:call "hang"
    t:sleep "1s"
    later:abort("java.io.IOException", "given up")

    t:each({ postponed, other }):fails "remote_fatal":at "1s"
    t:expect(other):with { class = "java.io.IOException", message = "given up" }
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
end)

scenario("SH-18 · Whoever stays after the FATAL is closed at the next byte", {
    releases = "3.4",
    tags = { "live" },
}, function(t)
    local server = t:server()
    local later
    server:on("postponed", function(call)
        call:defer()
        later = call
    end)
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "postponed" }
    t:sleep "1s"
    later:abort("java.io.IOException", "given up")
    t:expect(raw:recv "response"):with { status = "FATAL", code = 4, message = "given up" }
    t:sleep "1s"
    t:expect(raw.connection.state):is "open"
    raw:send { "ping" }

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server }):map "why"):is { "fatal" }
end)

scenario("SH-19 · A call is slow that takes far longer than a thousand before it, and longer than the threshold", {
    releases = "3.4",
    cases = {
        { name = "far_longer", others = 1025, threshold = 0, slow = 1 },
        { name = "too_few_before_it", others = 1024, threshold = 0, slow = 0 },
        { name = "within_the_threshold", others = 1025, threshold = 20000, slow = 0 },
    },
}, function(t, case)
    local server = t:server {
        conf = { ["ipc.server.log.slow.rpc"] = true, ["ipc.server.log.slow.rpc.threshold.ms"] = case.threshold },
    }
    local client = t:client(server)
    t:each(t:times(case.others, function(i)
        return client:call("echo", { message = "quick", time = i % 2 == 0 and "9ms" or "11ms" })
    end)):returns()
    t:expect(server.counters.slow_calls):is(0)
    t:expect(client:call("echo", { message = "slow", time = "10s" })):returns()

    t:settle()
    t:expect(server.counters.slow_calls):is(case.slow)
end)
