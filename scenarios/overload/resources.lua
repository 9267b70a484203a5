-- Descriptors, connections and readers that run out.

scenario("OV-12 · Out of descriptors, the Listener goes on trying", {
    rough = false,
    tags = { "regression" },
    cases = { { errno = "EMFILE" }, { errno = "ENFILE" } },
}, function(t, case)
    local server = t:server { handlers = 2 }
    local connected = t:client(server, { rpc_timeout = 0 })
    t:expect(connected:call("echo", { message = "before" })):returns()
    t:fault("server.accept.error", { server, errno = case.errno, to = "1s" })

    local call = t:client(server):call("echo", { message = "hi" })
    t:settle()
    t:expect(connected:call("echo", { message = "still served" })):returns():at(0)
    t:expect(call):returns { message = "hi" }:at "1s"
end)

scenario("OV-13 · Beyond the maximum a connection is closed at once", {
    releases = "3.4",
    tags = { "live" },
}, function(t)
    local server = t:server { conf = { ["ipc.server.max.connections"] = 3 } }
    local raws = t:times(3, function()
        local raw = t:dial(server)
        raw:open()
        return raw
    end)
    t:settle()

    t:expect(t:client(server):call("echo", { message = "x" })):fails(one_of("eof", "reset")):at(0)
    t:expect(server.counters.dropped_connections):is(1)

    raws[1]:close()
    t:settle()
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("OV-18 · Clients that do not read cannot hold a Handler", {
    tags = { "regression" },
}, function(t)
    local server = t:server { handlers = 1 }
    t:times(50, function()
        local client = t:client(server, { rpc_timeout = 0 })
        t:fault("client.read.stop", { client })
        return client:call("blob", { size = "1MiB" })
    end)
    t:settle()

    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }:at(0)
end)
