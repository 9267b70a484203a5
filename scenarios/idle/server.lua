-- When a server closes connections that nobody uses: a timer scan from 2.3 on.

local quick = {
    ["ipc.client.connection.maxidletime"] = 1000, -- the server takes it twice
    ["ipc.client.connection.idle-scan-interval.ms"] = 750,
    ["ipc.client.idlethreshold"] = 0,
    ["ipc.client.kill.max"] = 3,
}

local tags = { "regression" }

-- So many peers who say nothing.
local function quiet(t, server, count)
    return t:times(count, function()
        local raw = t:dial(server)
        raw:send "hrp"
        return raw
    end)
end

scenario("ID-09 · The scan closes three at a time and spares the busy one", {
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { handlers = 7, conf = quick }
    local clients = t:times(7, function() return t:client(server, { rpc_timeout = 0 }) end)
    local open = {}
    for i = 2, 7 do clients[i]:call("echo", { message = "hi" }) end
    local busy = clients[1]:call("echo", { message = "busy", time = "6s" })

    for _, at in ipairs { 1900, 2300, 3100, 5900 } do
        t:sleep(at - t.now)
        open[#open + 1] = server.counters.open_connections
    end
    t:expect(open):is { 7, 4, 1, 1 }

    t:expect(busy):returns():at "6s"
    t:sleep "1s"
    t:expect(server.counters.open_connections):is(0)
end)

scenario("ID-12 · Half a preamble is closed by the scan only", {
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { conf = quick }
    local raw = quiet(t, server, 1)[1]
    t:sleep "2s"
    t:expect(server.counters.open_connections):is(1)

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server })):at { "2250ms" }
end)

scenario("ID-15 · A busy connection is never idle", { releases = "2.3-", tags = tags }, function(t)
    local server = t:server { conf = quick }

    local call = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "x", time = "100s" })

    t:expect(call):returns():at "100s"
end)

scenario("ID-16 · Out of memory, the Listener closes all that is idle and rests for a minute", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 6 }
    local busy = t:times(5, function()
        return t:client(server, { rpc_timeout = 0 }):call("echo", { message = "x", time = "5m" })
    end)
    t:settle()
    quiet(t, server, 50)
    t:sleep "21s" -- longer than twice the idle time
    t:fault("server.accept.memory", { server, nth = 1 })
    local late = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "hi" })
    t:settle()

    t:expect(server.counters.open_connections):is(5)
    t:expect(late):returns { message = "hi" }:at "81s"
    t:each(busy):returns():at "5m"
end)

scenario("ID-17 · A server's clock that jumps makes every connection idle at the next scan", {
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { host = "nn", conf = { ["ipc.client.idlethreshold"] = 0 } }
    quiet(t, server, 3)
    t:sleep "5s"
    server.host:clock "+1h"
    t:sleep "10s"

    t:expect(t:events("server.close", { server })):at { "10s", "10s", "10s" }
end)

scenario("ID-18 · Twenty-five idle connections go ten, ten, five", {
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { conf = { ["ipc.client.idlethreshold"] = 0 } }
    quiet(t, server, 25)

    t:sleep "65s"

    local scans = t:events("server.scan", { server, where = function(scan) return scan.closed > 0 end })
    t:expect(scans:map "closed"):is { 10, 10, 5 }
    t:expect(scans):at { "30s", "40s", "50s" }
    t:expect(server.counters.idle_closed):is(25)
end)

scenario("ID-19 · Fewer connections than the threshold are left alone", {
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { conf = { ["ipc.client.idlethreshold"] = 4 } }
    quiet(t, server, 6)

    t:sleep "5m"

    t:expect(server.counters.open_connections):is(3) -- stop when fewer than four are left
end)
