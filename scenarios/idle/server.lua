-- When a server closes connections that nobody uses: a timer scan from 2.3 on.

local quick = {
    ["ipc.client.connection.maxidletime"] = 1000, -- the server takes it twice
    ["ipc.client.connection.idle-scan-interval.ms"] = 750,
    ["ipc.client.idlethreshold"] = 0,
    ["ipc.client.kill.max"] = 3,
}

scenario("ID-09 · The scan closes three at a time and spares the busy one", { releases = "2.3-" }, function(t)
    local server = t:server { handlers = 7, conf = quick }
    local clients = t:times(7, function() return t:client(server, { rpc_timeout = 0 }) end)
    local open = {}
    for i = 2, 7 do clients[i]:call("echo", { message = "hi" }) end
    local busy = clients[1]:call("echo", { message = "busy", time = ms "6s" })

    for _, at in ipairs { 1900, 2300, 3100, 5900 } do
        t:sleep(at - t.now)
        open[#open + 1] = server.counters.open_connections
    end
    t:expect(open):is { 7, 4, 1, 1 }

    t:expect(busy):returns():at "6s"
    t:sleep "1s"
    t:expect(server.counters.open_connections):is(0)
end)

scenario("ID-12 · Half a preamble is closed by the scan only", { releases = "2.3-" }, function(t)
    local server = t:server { conf = quick }
    local raw = t:dial(server)
    raw:send "hrp"
    t:sleep "2s"
    t:expect(server.counters.open_connections):is(1)

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server })):at { "2250ms" }
end)

scenario("ID-15 · A busy connection is never idle", { releases = "2.3-" }, function(t)
    local server = t:server { conf = quick }

    local call = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "x", time = ms "100s" })

    t:expect(call):returns():at "100s"
end)

scenario("ID-18 · Twenty-five idle connections go ten, ten, five", { releases = "2.3-" }, function(t)
    local server = t:server { conf = { ["ipc.client.idlethreshold"] = 0 } }
    t:times(25, function()
        local raw = t:dial(server)
        raw:send "hrp"
        return raw
    end)

    t:sleep "65s"

    local scans = t:events("server.scan", { server, where = function(scan) return scan.closed > 0 end })
    t:expect(scans:map "closed"):is { 10, 10, 5 }
    t:expect(server.counters.idle_closed):is(25)
end)
