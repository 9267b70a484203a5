-- A response that sits unsent: the Responder gives its connection up after 15 minutes.

scenario("PU-01 · A response that nobody reads is purged after 15 minutes; its neighbour notices nothing", function(t)
    local server = t:server { handlers = 2 }
    local silent, lively = t:client(server, { rpc_timeout = 0 }), t:client(server)

    local deaf = t:fault("client.read.stop", { silent })
    local stuck = silent:call("blob", { size = "4MiB" })
    t:sleep "15m1ms"

    t:expect(t:events("server.purge", { server })):at { "15m1ms" }
    deaf:lift()
    t:expect(stuck):fails "eof":at "15m1ms"
    t:expect(lively:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("PU-02 · At exact equality a response survives one more interval", function(t)
    local server = t:server()
    local silent = t:client(server, { rpc_timeout = 0 })
    t:draw("server.select", 0)
    local deaf = t:fault("client.read.stop", { silent })

    local stuck = silent:call("blob", { size = "1MiB" })
    t:sleep "30m1ms"

    t:expect(t:events("server.purge", { server })):at { "30m" }
    deaf:lift()
    t:expect(stuck):fails "eof"
end)

scenario("PU-10 · The interval is a setting in 3.4, and nonsense means 15 minutes", {
    releases = "3.4",
    cases = {
        { name = "1", minutes = 1, at = "1m1ms" },
        { name = "0", minutes = 0, at = "15m1ms" },
        { name = "minus-5", minutes = -5, at = "15m1ms" },
    },
}, function(t, case)
    local server = t:server { conf = { ["ipc.server.purge.interval"] = case.minutes } }
    local silent = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { silent })

    local stuck = silent:call("blob", { size = "1MiB" })
    t:sleep "16m"

    t:expect(t:events("server.purge", { server })):at { case.at }
    deaf:lift()
    t:expect(stuck):fails "eof"
end)

scenario("PU-11 · A call that runs for an hour is not purged", function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })

    local call = client:call("echo", { message = "x", time = ms "1h" })

    t:expect(call):returns():at "1h"
    t:expect(t:events("client.ping", { client })):count(one_of(59, 60))
    t:expect(t:events("server.purge", { server })):count(0)
end)
