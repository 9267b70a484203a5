-- What can stand at a hold on the wire, and where nothing can.

scenario("a response", function(t)
    local server = t:server()
    local gate = t:hold("wire.response", { server, method = "echo" })
    local call = t:client(server):call("echo", { message = "hi" })
    t:wait(gate, 1)
    t:sleep "3s"
    t:expect(call):pending()
    gate:release()
    t:expect(call):returns { message = "hi" }:at "3s"
end)

scenario("a request, which only stands as long as the scenario", function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "2s" })
    local gate = t:hold("wire.request", { client })
    t:expect(client:call("echo", { message = "hi" })):fails "read_timeout":at "2s"
    t:expect(gate.held):is(1)
    t:expect(server.counters.executions):is(0)
end)

scenario("two segments, one after the other", function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "hi" })):returns()
    local gate = t:hold("net.segment", { client, direction = "c2s" })
    local calls = t:times(2, function() return client:call("echo", { message = "hi" }) end)
    t:wait(gate, 2)
    t:sleep "1s"
    gate:release(1)
    t:expect(calls[1]):returns():at "1s"
    t:expect(calls[2]):pending()
    gate:release()
    t:expect(calls[2]):returns():at "1s"
end)

scenario("a FIN", function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "hi" })):returns()
    local gate = t:hold("net.fin", { client, direction = "c2s" })
    client:stop()
    t:wait(gate, 1)
    t:sleep "1s"
    t:expect(server.counters.open_connections):is(1)
    gate:release()
    t:settle()
    t:expect(server.counters.open_connections):is(0)
end)

scenario("no SYN", function(t) t:hold "net.syn" end)
scenario("not the net itself", function(t) t:hold "net" end)
scenario("no line of the log", function(t) t:hold "log" end)
