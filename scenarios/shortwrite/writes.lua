-- Who writes a response: the Handler as far as the socket takes it, then the Responder.

scenario("SW-01 · A small response is written by its Handler", function(t)
    local server = t:server()

    t:expect(t:client(server):call("blob", { size = 200 })):returns()

    t:expect(t:events("server.write", { server })):count(1)
    t:expect(t:events("server.write", { server })[1].lane):is(server:lane "handler/0")
    t:expect(t:events("server.handover", { server })):count(0)
end)

scenario("SW-02 · A short write hands the response over to the Responder", function(t)
    local server = t:server()
    local silent, lively = t:client(server), t:client(server)
    local deaf = t:fault("client.read.stop", { silent })

    local big = silent:call("blob", { size = 1000000 })
    t:expect(lively:call("echo", { message = "hi" })):returns { message = "hi" }:at(0)
    t:expect(t:events("server.handover", { server })):count(1)
    t:expect(t:events("server.rest", { server })):count(0)

    deaf:lift()
    t:expect(big):returns()
    t:expect(t:events("server.rest", { server })):count(1)
end)

scenario("SW-04 · No single write is longer than 8 KiB", {
    cases = {
        { name = "8192", size = 8192, writes = { 8192 } },
        { name = "8193", size = 8193, writes = { 8192, 1 } },
        { name = "20000", size = 20000, writes = { 8192, 8192, 3616 } },
    },
}, function(t, case)
    local server = t:server()

    t:expect(t:client(server):call("blob", { size = case.size })):returns()

    t:expect(t:events("server.write", { server }):map "accepted"):is(case.writes)
end)

scenario("SW-11 · A write error in the middle ends the connection, not the Handler", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("server.write.error", { server, client, after = 3000, errno = "EPIPE" })

    local broken = client:call("blob", { size = 20000 })

    t:expect(broken):fails(one_of("eof", "reset")):at(0)
    t:expect(server.counters.output_errors):is(1)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("SW-12 · A socket that takes nothing is a short write, not an error", function(t)
    local server = t:server()
    t:fault("server.write.short", { server, bytes = 0, nth = 1 })

    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }

    t:expect(t:events("server.handover", { server })):count(1)
    t:expect(server.counters.output_errors):is(0)
end)

scenario("SW-13 · A request written byte by byte arrives whole and runs once", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.write.short", { client, bytes = 1 })

    t:expect(client:call("echo", { message = "in pieces" })):returns { message = "in pieces" }

    t:expect(server.counters.executions):is(1)
end)

scenario("SW-15 · Requests in one segment are read one a pass", function(t)
    local server = t:server { handlers = 3 }
    local raw = t:dial(server)
    raw:open()
    local bytes = ""
    for i = 1, 3 do
        bytes = bytes .. raw:encode { "request", method = "echo", call = i, value = { message = "call " .. i } }
    end
    raw:send(bytes)

    local replies = t:times(3, function() return raw:recv "response" end)
    t:expect(replies[3].value):is { message = "call 3" }
    t:expect(t:events("server.put", { server })):count(3)
end)
