-- The rpc time-out is about silence on a connection, not about the age of a call.

scenario("SH-03 · The rpc time-out beats a slow handler; the late reply hurts nobody", {
    rough = false,
    releases = "1.2-",
    tags = { "regression", "timeout", "live" },
}, function(t)
    local server = t:server()
    server:on("report", function(call, request) -- luacheck: ignore request
        call:sleep "8s" -- the Handler stays busy; call:defer() would free it
        return {}
    end)
    local client = t:client(server, { rpc_timeout = "5s" })

    local late = client:call "report"
    t:expect(late):fails "read_timeout":at "5s":says "5000 millis timeout"
    t:sleep "3s"
    t:expect(server.counters.output_errors):is(1)

    local again = client:call("echo", { message = "hi" })
    t:expect(again):returns { message = "hi" }
    t:expect(again.connection):is_not(late.connection)
end)

scenario("SH-04 · 3.4 rounds the time-out up to a multiple of the ping interval", {
    releases = "3.4",
    tags = { "regression", "timeout" },
    cases = {
        { name = "100s", timeout = "100s", pings = { "60s" }, ends = "120s", says = "60000 millis" },
        { name = "120s", timeout = "120s", pings = { "60s" }, ends = "120s", says = "60000 millis" },
        { name = "120s1ms", timeout = "120s1ms", pings = { "60s", "120s" }, ends = "180s", says = "60000 millis" },
        { name = "50s", timeout = "50s", pings = {}, ends = "50s", says = "50000 millis" },
    },
}, function(t, case)
    local client = t:client(t:server(), { rpc_timeout = case.timeout })

    local call = client:call "hang"

    t:expect(call):fails "read_timeout":at(case.ends):says(case.says)
    t:expect(t:events("client.ping", { client })):at(case.pings)
end)

scenario("SH-04 · Until 2.6 a time-out longer than the ping interval is kept to the millisecond, without a ping", {
    releases = "1.2-2.6",
    tags = { "regression", "timeout" },
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = "100s" })

    local call = client:call "hang"

    t:expect(call):fails "read_timeout":at "100s":says "100000 millis timeout"
    t:expect(t:events("client.ping", { client })):count(0)
end)

-- A wait for bytes is measured by the wall clock, and begins again with what that says is left.
scenario("SH-22 · A client whose clock is set back waits longer by as much, for its time-out and for its pings", {
    rough = false,
    tags = { "regression", "timeout" },
    cases = {
        { name = "time-out", timeout = "5s", ending = "read_timeout", ends = "1h5s", pings = {}, releases = "1.2-" },
        { name = "pings", timeout = 0, ending = "value", ends = "1h2m30s", pings = { "1h1m", "1h2m" } },
    },
}, function(t, case)
    local client = t:client(t:server(), { rpc_timeout = case.timeout })
    local call = client:call("echo", { message = "hi", time = "1h2m30s" })
    t:sleep "1s"
    client.host:clock "-1h"

    t:wait(call)
    t:expect(call.ending):is(case.ending)
    t:expect(call):at(case.ends)
    t:expect(t:events("client.ping", { client })):at(case.pings)
end)

scenario("SH-22 · A client whose clock is set back while it connects waits longer for that attempt, and for no other", {
    rough = false,
    tags = { "regression", "timeout" },
}, function(t)
    local server = t:server()
    t:fault("client.connect.drop", { server, times = 2 })
    local client = t:client(server)
    local call = client:call("echo", { message = "hi" })
    t:sleep "1s"
    client.host:clock "-10m"

    local sleep = t:since "2.1" and 0 or 1000
    t:expect(call):returns { message = "hi" }:at(ms "10m40s" + 2 * sleep)
end)

scenario("SH-22 · A clock that is set forward hurries no wait, but a client that stops then has waited for too long", {
    rough = false,
    tags = { "regression", "timeout" },
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0 })
    local call = client:call "hang"
    t:sleep "1s"
    client.host:clock "+1h"
    t:sleep "1s"
    t:expect(call):pending()
    client:stop()

    if t:since "3.0" then
        t:expect(call):fails "stopped":at "2s":says "Total timeout mills is 60000, 0 millis timeout left."
    else
        t:expect(call):fails "read_timeout":at "2s":says "60000 millis timeout"
    end
end)

scenario("SH-07 · A chatty neighbour hides a stuck call from the time-out", {
    releases = "1.2-",
    tags = { "regression", "timeout" },
}, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { rpc_timeout = "5s" })

    local stuck = client:call "hang"
    for _ = 1, 30 do
        t:sleep "2s"
        t:expect(client:call("echo", { message = "still here" })):returns()
    end

    t:expect(stuck):pending()
    t:expect(stuck):fails "read_timeout":at "65s"
end)

scenario("SH-08 · A response that dribbles in never times out", {
    releases = "1.2-",
    tags = { "regression", "timeout" },
}, function(t)
    local peer = t:peer()
    local client = t:client(peer, { rpc_timeout = "5s" })
    local call = client:call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"

    local bytes = raw:encode { "response", call = request, value = { message = "slowly" } }
    for i = 1, #bytes do
        t:sleep "4s"
        raw:send(bytes:sub(i, i))
    end

    t:expect(call):returns { message = "slowly" }:at(#bytes * ms "4s")
end)
