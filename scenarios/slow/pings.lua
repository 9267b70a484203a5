-- A call that takes long: what keeps it alive, and what ends it.

scenario("SH-01 · A long call is kept alive by pings, and its connection closes with the reply", {
    tags = { "regression", "timeout", "live" },
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })

    local call = client:call("echo", { message = "late", time = "150s" })

    t:expect(call):returns { message = "late" }:at "150s"
    t:expect(t:events("client.ping", { client })):at { "60s", "120s" }
    t:expect(t:events("client.close", { client })):at { "150s" }
end)

scenario("SH-02 · A server that never answers holds a call for ever, but not in 3.4", {
    rough = false,
    tags = { "regression", "timeout" },
}, function(t)
    local client = t:client(t:server())

    local call = client:call "hang"

    if t:since "3.0" then
        t:expect(call):fails "read_timeout":at "120s":says "60000 millis timeout"
        t:expect(t:events("client.ping", { client })):at { "60s" }
    else
        t:sleep "600s"
        t:expect(call):pending()
        t:expect(t:events("client.ping", { client })):count(10)
    end
end)

scenario("SH-02 · A frozen server is no different from one that never answers", {
    tags = { "regression", "timeout" },
}, function(t)
    local server = t:server { host = "nn" }
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "awake" })):returns()
    local call = client:call("echo", { message = "x", time = "1s" })
    t:sleep "500ms"
    server.host:pause() -- its kernel still acknowledges
    t:sleep "600s"

    t:expect(call):pending()
    t:expect(t:events("client.ping", { client })):count(10)
    server.host:resume()
    t:expect(call):returns { message = "x" }:at "600500ms"
end)

scenario("SH-05 · Without pings only the rpc time-out ends a call", {
    releases = "2.2-",
    tags = { "regression", "timeout" },
    cases = {
        { name = "90s", timeout = "90s" },
        { name = "none", timeout = 0 },
    },
}, function(t, case)
    local client = t:client(t:server(), {
        rpc_timeout = case.timeout,
        conf = { ["ipc.client.ping"] = false },
    })

    local call = client:call "hang"

    if case.timeout == 0 then
        t:sleep "1h"
        t:expect(call):pending()
    else
        t:expect(call):fails "read_timeout":at "90s":says "90000 millis timeout"
    end
    t:expect(t:events("client.ping", { client })):count(0)
end)

scenario("SH-05 · 1.2 pings whatever the key says", {
    releases = "1.2",
    tags = { "regression", "timeout" },
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0, conf = { ["ipc.client.ping"] = false } })

    local call = client:call "hang"
    t:sleep "190s"

    t:expect(call):pending()
    t:expect(t:events("client.ping", { client })):at { "60s", "120s", "180s" }
end)

scenario("SH-14 · Before 2.1 a ping is the length -1, and nothing behind it", {
    releases = "-2.0",
    tags = { "regression", "timeout" },
}, function(t)
    local peer = t:peer()
    local call = t:client(peer, { rpc_timeout = 0 }):call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"
    t:sleep "150s"
    raw:send { "response", call = request, value = { message = "x" } }
    t:expect(call):returns():at "150s"

    -- It ends with the reply: what it has sent meanwhile is all there is.
    t:expect(raw:drain()):is "\xff\xff\xff\xff\xff\xff\xff\xff"
end)

scenario("CC-18 · A server answers a thousand pings with nothing", {
    tags = { "regression", "timeout", "live" },
}, function(t)
    local raw = t:dial(t:server())
    raw:open()
    for _ = 1, 1000 do raw:send { "ping" } end
    raw:send { "request", method = "echo", value = { message = "hi" } }

    local first = raw:recv()
    t:expect(first):with { "response", value = { message = "hi" } }
    raw:shutdown()
    t:expect(raw:drain()):is ""
end)

scenario("SH-14 · A ping is a request header without a body, and is never answered", {
    releases = "2.2-",
    tags = { "regression", "timeout" },
}, function(t)
    local peer = t:peer()
    local client = t:client(peer, { rpc_timeout = 0 })
    local call = client:call("echo", { message = "x" })
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"

    local ping = raw:recv "ping"
    t:expect(t:events("client.ping", { client })):at { "60s" }
    t:expect(ping.call_id):is(-4)
    t:expect(ping.retry):is(-1)
    raw:send { "response", call = request, value = { message = "x" } }
    t:expect(call):returns():at "60s"
end)

scenario("SH-23 · A ping that is lost with the network is sent again, and so is a reply that was due meanwhile", {
    rough = false,
    tags = { "regression", "timeout" },
    cases = {
        { name = "ping", time = "100s", heals = "61s", ends = "100s" },
        { name = "reply", time = "65s", heals = "70s", ends = "71200ms" }, -- tried after 0.2, 0.6, 1.4, 3, 6.2 s
    },
}, function(t, case)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    t:fault("net.partition", { client, from = "60s", to = case.heals })

    t:expect(client:call("echo", { message = "hi", time = case.time })):returns { message = "hi" }:at(case.ends)
    t:expect(t:events("client.ping", { client })):at { "60s" }
    t:expect(t:events "client.connect"):count(1)
end)

scenario("SH-15 · Replies to neighbours make pings unnecessary", { tags = { "regression", "timeout" } }, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server, { rpc_timeout = 0 })

    local calls = t:times(3, function(i)
        return client:call("echo", { message = "call " .. i, time = ms "50s" * i })
    end)

    t:expect(calls[1]):returns():at "50s"
    t:expect(calls[2]):returns():at "100s"
    t:expect(calls[3]):returns():at "150s"
    t:expect(t:events("client.ping", { client })):count(0)
end)
