-- A response that sits unsent: the Responder gives its connection up after 15 minutes.

local tags = { "regression", "purge" }

scenario("PU-01 · A response that nobody reads is purged after 15 minutes; its neighbour notices nothing", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    local silent, lively = t:client(server), t:client(server)

    local deaf = t:fault("client.read.stop", { silent })
    local stuck = silent:call("blob", { size = "4MiB" })
    t:sleep "15m1ms"

    t:expect(t:events("server.purge", { server })):at { "15m1ms" }
    deaf:lift()
    t:expect(stuck):fails "eof":at "15m1ms"
    t:expect(lively:call("echo", { message = "hi" })):returns { message = "hi" }
end)

-- A client that does not read gets a response that does not fit; what lifts its deafness.
local function stick(t, server)
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    return client:call("blob", { size = "1MiB" }), deaf
end

-- Wake the Responder up: a response that is handed over, and goes out.
local function wake(t, server)
    local client = t:client(server)
    t:fault("server.write.short", { client, bytes = 0, nth = 1 })
    t:expect(client:call("echo", { message = "wake up" })):returns()
end

scenario("PU-02 · At exact equality a response survives one more interval", {
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server()
    t:draw("server.select", 0)
    local stuck, deaf = stick(t, server)
    t:sleep "30m1ms"

    t:expect(t:events("server.purge", { server })):at { "30m" }
    deaf:lift()
    t:expect(stuck):fails "eof"
end)

scenario("PU-03 · A slow call's response is as young as its first short write", {
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    local call = client:call("blob", { size = "1MiB", time = "16m" })
    t:sleep "5m"
    wake(t, server) -- the last check is at 5 min
    t:sleep "16m"
    wake(t, server) -- the call is 21 min old, its response five
    t:sleep "20m"

    t:expect(t:events("server.purge", { server })):at { "36m1ms" }
    deaf:lift()
    t:expect(call):fails "eof"
end)

scenario("PU-03 · Behind another response it is as old as its call, and takes its connection along", {
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server, { rpc_timeout = 0 })
    local slow = client:call("echo", { message = "slow", time = "20m" })
    t:sleep "10m"
    wake(t, server) -- the last check is at 10 min
    t:sleep "9m59s"
    local deaf = t:fault("client.read.stop", { client })
    local stuck = client:call("blob", { size = "1MiB" }) -- the slow one comes behind it
    t:sleep "6m1s"
    wake(t, server)

    t:expect(t:events("server.purge", { server })):at { "26m" } -- nothing was stuck for more than 7 min
    deaf:lift()
    t:each({ slow, stuck }):fails(one_of("eof", "reset"))
end)

scenario("PU-04 · A response that makes progress is purged all the same", { tags = tags }, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    local call = client:call("blob", { size = "2MiB" })
    for _ = 1, 17 do -- every 55 s the client reads a little more
        t:sleep "55s"
        t:expect(call):pending()
        local before = deaf
        deaf = t:fault("client.read.stop", { client, after = "64KiB", maybe = true })
        before:lift()
    end
    t:settle()

    t:expect(t:events("server.purge", { server })):at { "15m35s" }
    deaf:lift()
    t:expect(call):fails(one_of("eof", "reset"))
end)

scenario("PU-05 · A response may wait for nearly three intervals", {
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server { handlers = 2 }
    wake(t, server) -- the last check is at 0
    t:sleep "1s"
    local stuck, deaf = stick(t, server)
    t:sleep "14m58s"
    wake(t, server) -- no check is due, and the next select can last 15 minutes
    t:sleep "20m"

    t:expect(t:events("server.purge", { server })):at { "29m59s1ms" }
    deaf:lift()
    t:expect(stuck):fails "eof"
end)

scenario("PU-07 · What is answered after the purge is dropped; what was queued does not run", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1 }
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    local calls = { client:call("blob", { size = "1MiB" }) }
    t:settle()
    calls[2] = client:call("echo", { message = "running", time = "20m" })
    t:settle()
    for i = 3, 5 do calls[i] = client:call("echo", { message = "queued" }) end
    t:sleep "15m1ms"
    t:expect(server.counters.purged):is(1)
    t:sleep "10m"

    t:expect(server.counters.executions):is(t:by { ["-2.2"] = 5, ["2.3-"] = 2 })
    t:expect(server.counters.output_errors):is(at_most(1))
    t:expect(t:events("server.close", { server })):count(1)
    deaf:lift()
    t:each(calls):fails(one_of("eof", "reset"))
end)

scenario("PU-09 · Short writes and purges at any moment end in no deadlock (HADOOP-4552)", {
    tags = tags,
    rough = true,
    seeds = 5,
}, function(t)
    local server = t:server { handlers = 4 }
    local calls = t:times(20, function()
        local client = t:client(server, { rpc_timeout = 0 })
        t:fault("client.read.stop", { client, from = t:random(0, "30m"), maybe = true })
        return client
    end)
    for minute = 0, 60 do
        for i, client in ipairs(calls) do
            if (minute + i) % 7 == 0 then client:call("blob", { size = t:random(100, 200000) }) end
        end
        t:sleep "1m"
    end

    t:expect(server.counters.purged):is(at_least(1))
    t:expect(t:client(server, { rpc_timeout = 0 }):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("PU-06 · The first wake-up looks for old responses, in 3.4 not before its host is up for 15 minutes", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { host = t:host("nn", { uptime = "5m" }) }
    local checks = t:events("server.check", { server })
    t:sleep "1m"
    wake(t, server)
    t:expect(checks):at(t:by { ["-2.6"] = { "1m" }, ["3.4"] = {} })
    t:sleep "9m"
    wake(t, server)

    t:expect(checks):at { t:by { ["-2.6"] = "1m", ["3.4"] = "10m" } }
    t:expect(server.host.uptime):is(ms "15m")
end)

scenario("PU-10 · The interval is a setting in 3.4, and nonsense means 15 minutes", {
    releases = "3.4",
    tags = tags,
    cases = {
        { name = "1", minutes = 1, at = "1m1ms" },
        { name = "0", minutes = 0, at = "15m1ms" },
        { name = "minus-5", minutes = -5, at = "15m1ms" },
    },
}, function(t, case)
    local server = t:server { conf = { ["ipc.server.purge.interval"] = case.minutes } }
    local stuck, deaf = stick(t, server)
    t:sleep "16m"

    t:expect(t:events("server.purge", { server })):at { case.at }
    deaf:lift()
    t:expect(stuck):fails "eof"
end)

scenario("PU-11 · A call that runs for an hour is not purged", { tags = tags }, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })

    local call = client:call("echo", { message = "x", time = "1h" })

    t:expect(call):returns():at "1h"
    t:expect(t:events("client.ping", { client })):count(one_of(59, 60))
    t:expect(t:events("server.purge", { server })):count(0)
end)

scenario("PU-14 · A jump of the server's clock ages responses, but not in 3.4", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2, host = "nn" }
    local stuck, deaf = stick(t, server)
    t:sleep "1m"
    server.host:clock "+1h"
    wake(t, server)
    t:sleep "15m1ms"

    t:expect(t:events("server.purge", { server })):at { t:by { ["-2.6"] = "1m", ["3.4"] = "16m1ms" } }
    deaf:lift()
    t:expect(stuck):fails "eof"
end)

scenario("PU-13 · What was never registered is not looked at: a response that is forgotten lies there for good", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    local forgotten = t:client(server, { rpc_timeout = 0 })
    t:fault("server.handover.drop", { server, nth = 1 })
    local first, deaf = forgotten:call("blob", { size = "1MiB" }), t:fault("client.read.stop", { forgotten })
    t:wait(t:events("server.handover", { server }), 1)
    deaf:lift()
    local second = forgotten:call("echo", { message = "behind it" })
    local purged = stick(t, server)
    t:sleep "46m"

    t:expect(t:events("server.purge", { server })):count(1)
    t:expect(t:events("server.purge", { server, client = forgotten })):count(0)
    t:expect(purged):pending() -- its client does not read
    t:each { first, second }:pending()
    t:expect(forgotten.connections[1].rpc_count):is(2)
    server.host:kill()
    t:each { first, second }:fails(one_of("eof", "reset"))
end)
