-- Bytes that come in other pieces than they were sent in.

scenario("SW-15 · Requests in one segment are read one a pass, and a neighbour has its turn between", {
    rough = false,
}, function(t)
    local server = t:server { handlers = 4 }
    local raw, other = t:dial(server), t:dial(server)
    raw:open()
    other:open()
    t:settle()
    local bytes = ""
    for i = 1, 3 do
        bytes = bytes .. raw:encode { "request", method = "echo", call_id = i, value = { message = "a" .. i } }
    end
    raw:send(bytes)
    other:send { "request", method = "echo", call_id = 10, value = { message = "b" } }

    local replies = t:times(3, function() return raw:recv "response" end)
    t:expect(replies[3].value):is { message = "a3" }
    t:expect(t:events("server.put", { server }):map "call_id"):is { 1, 10, 2, 3 }
end)

scenario("SW-14 · A server that reads a byte at a time still reads requests whole", {
    tags = { "live" },
}, function(t)
    local server = t:server()
    t:fault("server.read.short", { server, bytes = 1 })

    t:expect(t:client(server):call("echo", { message = "in crumbs" })):returns { message = "in crumbs" }
    t:expect(server.counters.executions):is(1)
end)

scenario("SW-17 · A client that reads a byte at a time still reads replies whole", {
    tags = { "live" },
}, function(t)
    local client = t:client(t:server { handlers = 3 })
    t:fault("client.read.short", { client, bytes = 1 })
    local calls = t:times(3, function(i) return client:call("echo", { message = "call " .. i }) end)

    for i, call in ipairs(calls) do
        t:expect(call):returns { message = "call " .. i }
    end
end)

scenario("SW-18 · Segments that the network splits make no difference", {
    tags = { "live" },
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("net.segment.split", { client, size = 3, gap = "1ms" })

    t:expect(client:call("echo", { message = "piecemeal" })):returns { message = "piecemeal" }
    t:expect(server.counters.executions):is(1)
end)

scenario("SW-19 · Over a slow line a reply takes its time, and no time-out", { rough = false }, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = t:since "1.2" and "5s" or 0 })
    t:fault("net.segment.slow", { client, direction = "s2c", rate = "1KiB" })

    -- 100 KiB at 1 KiB a second: something comes at least every five seconds.
    t:expect(client:call("blob", { size = "100KiB" })):returns():took(at_least "90s")
end)
