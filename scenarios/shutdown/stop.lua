-- Stopping either side while work is under way.

scenario("SD-01 · Stopping an idle client closes its connection and fails nobody", function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "1s"
    client:stop()

    t:expect(t:events("client.close", { client })):at { "1s" }
end)

scenario("SD-02 · Stopping a client ends the call that waits", function(t)
    local client = t:client(t:server(), { rpc_timeout = 0 })
    local call = client:call "hang"
    t:sleep "1s"
    client:stop()

    t:expect(call):fails "stopped":at "1s":says "59000 millis timeout left."
end)

scenario("SD-06 · Stopping a server: what was queued never runs, every caller is told", function(t)
    local server = t:server { handlers = 1 }
    local client = t:client(server)
    local calls = t:times(6, function() return client:call("echo", { message = "x", time = ms "5s" }) end)
    t:sleep "1s"
    server:stop()

    t:each(calls):fails(one_of("eof", "reset")):at "1s"
    t:expect(server.counters.executions):is(1)
end)

scenario("SD-14 · A second stop is harmless", function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "hi" })):returns()
    client:stop()
    client:stop()
    server:stop()
    server:stop()

    t:expect(server.counters.open_connections):is(0)
end)

scenario("SD-18 · A host that dies takes its server along; the next call finds nobody", function(t)
    local server = t:server { host = "nn1" }
    local client = t:client(server, { conf = { ["ipc.client.connect.max.retries"] = 0 } })
    local call = client:call("echo", { message = "x", time = ms "5s" })
    t:sleep "1s"
    server.host:kill()

    t:expect(call):fails(one_of("eof", "reset")):at "1s"
    t:expect(client:call("echo", { message = "y" })):fails "refused"
end)
