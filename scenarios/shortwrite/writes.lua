-- Who writes a response: the Handler as far as the socket takes it, then the Responder.

scenario("SW-01 · A small response is written by its Handler", { rough = false }, function(t)
    local server = t:server()

    t:expect(t:client(server):call("blob", { size = 200 })):returns()

    t:expect(t:events("server.write", { server })):count(1)
    t:expect(t:events("server.write", { server })[1].lane):is(server:lane "handler/0")
    t:expect(t:events("server.handover", { server })):count(0)
end)

scenario("SW-02 · A short write hands the response over to the Responder", {
    rough = false,
    tags = { "live" },
}, function(t)
    local server = t:server()
    local silent, lively = t:client(server), t:client(server)
    local deaf = t:fault("client.read.stop", { silent })

    local big = silent:call("blob", { size = 1000000 })
    t:expect(lively:call("echo", { message = "hi" })):returns { message = "hi" }:at(0)
    t:wait(t:events("server.handover", { server }), 1)
    t:expect(t:events("server.rest", { server })):count(0)

    deaf:lift()
    t:expect(big):returns()
    t:expect(t:events("server.handover", { server })):count(1)
    t:expect(t:events("server.rest", { server })):count(1)
end)

scenario("SW-04 · No single write is longer than 8 KiB", {
    rough = false,
    tags = { "regression" }, -- HADOOP-4797
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

scenario("SW-05 · A response above 1 MiB is worth a warning, and is delivered like any other", {
    rough = false,
    cases = {
        { name = "1048576", size = 1048576, mark = 1048576, warnings = 0 },
        { name = "1048577", size = 1048577, mark = 1048576, warnings = 1 },
        { name = "a_lower_mark", size = 1001, mark = 1000, warnings = 1 },
    },
}, function(t, case)
    local server = t:server { conf = { ["ipc.server.max.response.size"] = case.mark } }
    local client = t:client(server)

    t:expect(client:call("blob", { size = case.size })):returns()
    t:expect(client:call("echo", { message = "small" })):returns()

    local warnings = t:events("log", { server, level = "warn", text = has "Large response size " })
    t:expect(warnings):count(case.warnings)
    for _, warning in ipairs(warnings) do
        t:expect(warning.text):is("Large response size " .. case.size .. " for call org.ripcord.TestProtocol.blob")
    end
end)

scenario("SW-06 · Two clients that read slowly are served in turn, one response a pass", {
    rough = false,
}, function(t)
    local server = t:server { handlers = 2 }
    local clients = t:times(2, function() return t:client(server, { rpc_timeout = 0 }) end)
    local deaf = t:fault("client.read.stop", {})
    local calls = {}
    for _, client in ipairs(clients) do
        for i = 1, 10 do
            -- The first fills the socket, the others wait behind it.
            calls[#calls + 1] = client:call("blob", { size = i == 1 and "256KiB" or 100 })
        end
    end
    t:settle()
    deaf:lift()

    t:each(calls):returns()
    -- Once a stuck response is through, no connection sends two before the other sends one.
    local done = t:events("server.write", { server, done = true, lane = server:lane "responder" })
    t:expect(done):count(20)
    for i = 4, 19, 2 do
        t:expect(done[i].connection):is_not(done[i - 1].connection)
    end
end)

scenario("SW-07 · Two Handlers hand over at one instant; the Responder waits for both (HADOOP-2789)", {
    tags = { "regression" },
}, function(t)
    local server = t:server { handlers = 2 }
    local gate = t:hold("server.handover", { server })
    local calls = t:times(2, function() return t:client(server):call("blob", { size = "1MiB" }) end)
    t:wait(gate, 2) -- both have woken the Responder, none is registered
    t:expect(gate.held):is(2)
    local selects = #t:events("server.select", { server })
    t:settle()
    t:expect(t:events("server.select", { server })):count(selects)
    gate:release()

    t:each(calls):returns()
    t:expect(t:events("server.close", { server })):count(0)
end)

scenario("SW-11 · A write error in the middle ends the connection, not the Handler", {
    tags = { "live" },
    cases = { { errno = "EPIPE" }, { errno = "ECONNRESET" } },
}, function(t, case)
    local server = t:server()
    local client = t:client(server)
    t:fault("server.write.error", { server, client, after = 3000, errno = case.errno })

    local broken = client:call("blob", { size = 20000 })

    t:expect(broken):fails(one_of("eof", "reset")):at(0)
    t:expect(server.counters.output_errors):is(1)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("SW-12 · A socket that takes nothing is a short write, not an error", {
    tags = { "live" },
}, function(t)
    local server = t:server()
    t:fault("server.write.short", { server, bytes = 0, nth = 1 })

    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }

    t:expect(t:events("server.handover", { server })):count(1)
    t:expect(server.counters.output_errors):is(0)
end)

scenario("SW-13 · A request written byte by byte arrives whole and runs once", {
    tags = { "live" },
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.write.short", { client, bytes = 1 })

    t:expect(client:call("echo", { message = "in pieces" })):returns { message = "in pieces" }

    t:expect(server.counters.executions):is(1)
end)

scenario("SW-13 · A request of any length is written byte by byte", {
    releases = "1.2, 3.4", -- a caller writes, a sender does
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "connected" })):returns()
    t:fault("client.write.short", { client, bytes = 1 })
    local long = { message = ("x"):rep(30000) }

    t:expect(client:call("echo", long)):returns(long)
end)

scenario("SW-16 · Every response goes out byte by byte, and every call gets its own", {
    tags = { "live" },
}, function(t)
    local server = t:server { handlers = 4 }
    local client = t:client(server)
    t:fault("server.write.short", { server, bytes = 1 })
    local calls = t:times(20, function(i) return client:call("echo", { message = "call " .. i }) end)

    for i, call in ipairs(calls) do
        t:expect(call):returns { message = "call " .. i }
    end
    t:expect(server.counters.output_errors):is(0)
end)
