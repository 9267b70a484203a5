-- When a server closes connections that nobody uses: a timer scan from 2.3 on, before that the
-- Listener when it has accepted, between two places of its list that it draws.

local quick = {
    ["ipc.client.connection.maxidletime"] = 1000, -- the server takes it twice
    ["ipc.client.connection.idle-scan-interval.ms"] = 750,
    ["ipc.client.idlethreshold"] = 0,
    ["ipc.client.kill.max"] = 3,
}

local tags = { "regression", "idle" }

-- The same before 2.3: the server looks where `draws` say, two numbers each time, and at most every
-- ten seconds.
local function drawing(t, draws, threshold)
    t:draw("server.cleanup", draws)
    return {
        ["ipc.client.connection.maxidletime"] = 1000,
        ["ipc.client.idlethreshold"] = threshold,
        ["ipc.client.kill.max"] = 3,
    }
end

-- So many peers who say nothing.
local function quiet(t, server, count)
    return t:times(count, function()
        local raw = t:dial(server)
        raw:send "hrp"
        return raw
    end)
end

scenario("ID-05 · Before 2.3 a clean-up looks between two places that it draws, and ends after so many", {
    rough = false,
    releases = "-2.2",
    tags = tags,
}, function(t)
    local server = t:server {
        conf = {
            ["ipc.client.connection.maxidletime"] = 1000,
            ["ipc.client.idlethreshold"] = 4,
            ["ipc.client.kill.max"] = 2,
        },
    }
    t:draw("server.cleanup", { 0, 0, 1, 4, 5, -1, 0, 0 })
    local closed = t:events("server.close", { server, why = "idle" })
    local scans = t:events("server.scan", { server })
    local six = {}
    for i = 1, 6 do
        six[i] = quiet(t, server, 1)[1].connection
        t:settle()
        t:expect(scans):count(i <= 4 and 0 or 1) -- more than four; nobody is idle, but it has run
    end

    t:sleep "10s"
    quiet(t, server, 1)
    t:settle()
    t:expect(closed:map "connection"):is { six[2], six[3] } -- from place 1 on, of 0 to 6

    t:sleep "9s"
    quiet(t, server, 1)
    t:settle()
    t:expect(closed):count(2) -- not ten seconds yet

    t:sleep "2s"
    quiet(t, server, 1)
    t:settle()
    t:expect(scans):count(2) -- who draws a negative number gives up, and has not run

    quiet(t, server, 1)
    t:settle()
    t:expect(closed:map "connection"):is { six[2], six[3], six[1] } -- the only one in place 0 to 0
    t:expect(server.counters.idle_closed):is(3)
end)

scenario("ID-05 · No more than the threshold are left alone for ever", { releases = "-2.2", tags = tags }, function(t)
    local server = t:server {
        conf = { ["ipc.client.connection.maxidletime"] = 1000, ["ipc.client.idlethreshold"] = 4 },
    }
    for _ = 1, 4 do
        quiet(t, server, 1)
        t:sleep "1h"
    end

    t:expect(server.counters.open_connections):is(4)
    t:expect(t:events("server.scan", { server })):count(0)
end)

scenario("ID-06 · Before 2.3 nobody is closed while nobody comes; who comes has ten closed", {
    rough = false,
    releases = "-2.2",
    tags = tags,
}, function(t)
    local server = t:server { conf = { ["ipc.client.idlethreshold"] = 400 } } -- usually 4000
    t:draw("server.cleanup", { 0, 0, 0, 499 })
    for _ = 1, 5 do -- the first run is there, while nobody is idle
        quiet(t, server, 100)
        t:settle()
    end
    t:sleep "1h"
    t:expect(server.counters.open_connections):is(500)

    quiet(t, server, 1)
    t:settle()
    t:expect(server.counters.idle_closed):is(10)
    t:expect(server.counters.open_connections):is(491)
end)

scenario("ID-07 · A server without its default file is done with a client after two seconds", {
    releases = "-1.2",
    tags = tags, -- HADOOP-7949
    cases = { { name = "no_file", idle = false }, { name = "default_file", idle = 10000 } },
}, function(t, case)
    local server = t:server {
        conf = { ["ipc.client.connection.maxidletime"] = case.idle, ["ipc.client.idlethreshold"] = 1 },
    }
    t:draw("server.cleanup", { 0, 1 })
    local client = t:client(server)
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "3s"
    quiet(t, server, 1)
    t:sleep "1s"

    local call = client:call("echo", { message = "b" })
    if case.idle then
        t:expect(call):returns { message = "b" }
    else
        t:expect(t:events("server.close", { server })):at { "3s" }
        t:expect(call):fails(one_of("eof", "reset")):at "4s"
        t:expect(client:call("echo", { message = "c" })):returns { message = "c" }
    end
end)

scenario("ID-09 · The scan closes three at a time and spares the busy one", {
    rough = false,
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
    rough = false,
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

scenario("ID-12 · Before 2.3 half a preamble waits for somebody to come, and for a lucky draw", {
    releases = "-2.2",
    tags = tags,
}, function(t)
    local server = t:server { conf = drawing(t, { 0, 0, -1, 0, 1, 2, 0, 2 }, 0) }
    local raw = quiet(t, server, 1)[1]
    t:sleep "1h"
    t:expect(server.counters.open_connections):is(1)
    for _ = 1, 3 do -- two look elsewhere: a negative place, and behind it
        t:expect(t:events("server.close", { server, connection = raw.connection })):count(0)
        quiet(t, server, 1)
        t:sleep "11s"
    end

    t:expect(raw:drain()):is ""
    t:expect(t:events("server.close", { server, connection = raw.connection })):at { "3622s" }
end)

scenario("ID-15 · A busy connection is never idle, wherever the clean-up looks", {
    releases = "-2.2",
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2, conf = drawing(t, { 0, 0, 0, 1, 0, 2, 0, 2, 0, 2, 0, 2 }, 0) }
    local call = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "x", time = "100s" })
    for _ = 1, 5 do
        t:sleep "19s"
        quiet(t, server, 1)
    end

    t:expect(call):returns():at "100s"
    t:expect(server.counters.idle_closed):is(4) -- each who came, when the next one came
end)

scenario("ID-10 · Who was answered in SASL is never idle: that reply was counted off, and never on", {
    tags = tags,
}, function(t)
    local since_2, by_timer = t:since "2.0", t:since "2.3"
    local server = t:server { conf = by_timer and quick or drawing(t, { 0, 0, 0, 0, 0, 2 }, 0) }
    local raw = t:dial(server)
    if since_2 then
        raw:send({ "preamble", auth = "sasl" }, { "sasl", state = "NEGOTIATE" })
        t:expect(raw:recv "sasl"):with { state = "SUCCESS" }
    else
        raw:send({ "preamble", auth = "digest" }, { "sasl", token = "let me in" })
        t:expect(raw:recv "sasl"):with { state = "SUCCESS" } -- it is told to go on without
    end
    raw:send({ "context" }, { "request", method = "echo", value = { message = "hi" } })
    t:expect(raw:recv "response".value):is { message = "hi" }
    t:settle()
    t:expect(raw.connection.rpc_count):is(-1)
    for _ = 1, 2 do
        t:sleep "11s"
        quiet(t, server, 1)
    end
    t:sleep "1s"

    t:expect(raw.connection.state):is "open"
    t:expect(server.counters.idle_closed):is(1) -- the first of those who came later
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
    t:sleep "30s" -- much longer than twice the idle time
    t:fault("server.accept.memory", { server, nth = 1 })
    local late = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "hi" })
    t:sleep "1s"

    t:expect(server.counters.open_connections):is(5)
    t:expect(late):returns { message = "hi" }:at "90s"
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

scenario("ID-17 · Before 2.3 a server's clock that jumps makes every connection idle when the next one comes", {
    releases = "-2.2",
    tags = tags,
}, function(t)
    local server = t:server { host = "nn", conf = { ["ipc.client.idlethreshold"] = 0 } }
    t:draw("server.cleanup", { 0, 0, 0, 3 })
    quiet(t, server, 3)
    t:sleep "5s"
    server.host:clock "+1h"
    t:sleep "5s"
    t:expect(t:events("server.close", { server })):count(0)
    quiet(t, server, 1)
    t:settle()

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

scenario("ID-15 · A call that has been read protects its connection only once it is in the callQueue", {
    rough = false,
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { conf = quick }
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "a" })):returns()
    local put, close = t:hold("server.put", { server }), t:hold("server.close", { server })
    local late = client:call("echo", { message = "b" })
    t:wait(close, 1)
    put:release() -- the scan has been, and the closing still stands
    t:settle()
    close:release()

    t:expect(late):fails(one_of("eof", "reset"))
    t:expect(t:events("server.put", { server })):at { 0, "2250ms" }
    t:expect(t:events("server.close", { server, why = "idle" })):at { "2250ms" }
end)
