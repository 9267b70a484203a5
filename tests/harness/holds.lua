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

scenario("what stands on the wire has not been yet, nor what is behind it", {
    cases = { { name = "wire.preamble" }, { name = "wire.context" }, { name = "wire.request" }, { name = "wire.response" } },
}, function(t, case)
    local server = t:server()
    local client = t:client(server)
    local gate = t:hold(case.name, { server })
    local calls = t:times(3, function() return client:call("echo", { message = "hi" }) end)
    t:wait(gate, 1)
    t:sleep "1s"
    t:expect(gate.held):is(1)
    t:expect(t:events(case.name)):count(0)
    gate:release(1)
    t:sleep "1s"
    t:expect(t:events(case.name)):count(1)
    gate:release()
    t:each(calls):returns()
    t:expect(t:events(case.name)[1].at):is(at_least(1000))
    t:expect(t:events(case.name, { server })):count(case.name:find "re[qs]" and 3 or 1)
end)

scenario("what stands ends with its stream", function(t)
    local server = t:server()
    local gate = t:hold("wire.request", { server })
    local raw = t:dial(server)
    raw:open()
    raw:send({ "request", method = "echo", value = {} }, { "request", method = "echo", value = {}, call_id = 1 })
    raw:shutdown()
    t:sleep "1s"
    t:expect({ gate.held, #t:events "net.fin", #t:events "server.put" }):is { 1, 0, 0 }
    gate:release()
    t:settle()
    t:expect({ #t:events "wire.request", #t:events "net.fin", #t:events "server.put" }):is { 2, 2, 2 }
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

scenario("a refusal, with a word or without", {
    cases = { { name = "a version", sends = "hrpc\x63\0\0" }, { name = "no preamble", sends = "abcdefg" } },
}, function(t, case)
    local server = t:server()
    local gate = t:hold("server.refuse", { server })
    local raw = t:dial(server)
    raw:send(case.sends)
    t:wait(gate, 1)
    t:sleep "1s"
    t:expect(t:events "server.refuse"):count(0)
    t:expect(server.counters.open_connections):is(1)
    gate:release()
    t:settle()
    t:expect(t:events "server.refuse"):count(1)
    t:expect(server.counters.open_connections):is(0)
end)

scenario("no SYN", function(t) t:hold "net.syn" end)
scenario("not the net itself", function(t) t:hold "net" end)
scenario("no line of the log", function(t) t:hold "log" end)
