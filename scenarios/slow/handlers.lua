-- Handlers are slots: who waits for one, and what happens to a caller who has gone.

scenario("SH-10 · A call whose caller has gone is not run", function(t)
    local server = t:server()
    t:client(server):call("echo", { message = "first", time = ms "1s" })
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

scenario("SH-11 · A call waits in the callQueue while the only Handler is busy", function(t)
    local server = t:server { handlers = 1 }
    local first = t:client(server):call("echo", { message = "a", time = ms "1s" })
    t:sleep "100ms"
    local second = t:client(server):call("echo", { message = "b", time = ms "1s" })

    t:expect(first):returns():at "1s"
    t:expect(second):returns():at "2s":took "1900ms"
    t:expect(t:events("server.take", { server })):at { 0, "1s" }
end)

scenario("SH-12 · Replies come in the order of completion, each to its own call", function(t)
    local client = t:client(t:server { handlers = 2 })

    local slow = client:call("echo", { message = "slow", time = 500 })
    local fast = client:call("echo", { message = "fast", time = 100 })

    t:expect(fast):returns { message = "fast" }:at "100ms"
    t:expect(slow):returns { message = "slow" }:at "500ms"
end)
