-- When a client closes a connection that it does not need.

scenario("ID-01 · An idle connection is closed ten seconds after its last read began", {
    tags = { "regression", "idle", "live" },
}, function(t)
    local client = t:client(t:server())

    t:expect(client:call("echo", { message = "hi", time = 5 })):returns():at "5ms"
    t:sleep "20s"

    t:expect(t:events("client.close", { client })):at { "10s" }
    t:expect(#client.connections):is(0)
end)

scenario("ID-02 · A call longer than the idle time closes its connection at once", {
    tags = { "regression", "idle", "live" },
}, function(t)
    local client = t:client(t:server())

    local long = client:call("echo", { message = "a", time = "12s" })
    t:expect(long):returns():at "12s"
    t:expect(t:events("client.close", { client })):at { "12s" }

    t:sleep(1)
    local next = client:call("echo", { message = "b" })
    t:expect(next):returns()
    t:expect(next.connection):is_not(long.connection)
end)

scenario("ID-04 · A large idle time is kept to the millisecond", { tags = { "regression", "idle" } }, function(t)
    local client = t:client(t:server(), { conf = { ["ipc.client.connection.maxidletime"] = "1h" } })

    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "59m59s"
    t:expect(t:events("client.close", { client })):count(0)
    t:sleep "1s"

    t:expect(t:events("client.close", { client })):at { "1h" }
end)

scenario("ID-08 · A call that got an ERROR stays in 0.20's table: it pings for ever and is never idle", {
    tags = { "regression", "idle" }, -- HADOOP-6833
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0 })

    t:expect(client:call("throw", { class = "java.io.IOException", message = "no" })):fails "remote_error"
    t:sleep "10m"

    local closes, pings = t:events("client.close", { client }), t:events("client.ping", { client })
    if t:since "1.2" then
        t:expect(closes):at { "10s" }
        t:expect(pings):count(0)
    else
        t:expect(closes):count(0)
        t:expect(pings):at { "1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m", "9m", "10m" }
        t:expect(client.connections[1].calls):is(1)
    end
end)

scenario("ID-14 · A call that meets the idle close succeeds, on one connection or the other", {
    tags = { "regression", "idle" },
    rough = true, -- the seed decides who wins
    seeds = 20,
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "10s"

    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }
end)

scenario("ID-17 · A client's clock that jumps changes nothing in a wait that has begun", {
    tags = { "regression", "idle" },
    cases = { { name = "forwards", jump = "+1h" }, { name = "backwards", jump = "-1h" } },
}, function(t, case)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "4s"
    client.host:clock(case.jump)
    t:sleep "10s"

    t:expect(t:events("client.close", { client })):at { "10s" }
    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }
end)
