-- Who is aimed at by its server: while no server has accepted yet, and when it is started again.

scenario("Who connects to the server is struck, another server's caller is not", {
    cases = {
        { name = "connect", fault = "client.connect.refuse", with = { times = 1 }, at = "1s" },
        { name = "syn", fault = "net.syn.delay", with = { by = "500ms", times = 1 }, at = "500ms" },
        { name = "preamble", fault = "wire.preamble.delay", with = { by = "3s" }, at = "3s" },
    },
}, function(t, case)
    local server, other = t:server(), t:server()
    local aim = { server = server }
    for name, value in pairs(case.with) do aim[name] = value end
    local fault = t:fault(case.fault, aim)
    local first = t:client(other):call("echo", { message = "a" })
    t:expect(first):returns():at(0)
    t:expect(fault.strikes):is(0)
    t:expect(t:client(server):call("echo", { message = "b" })):returns():at(case.at)
    t:expect(fault.strikes):is(1)
end)

scenario("A server that does not listen yet is connected to all the same", function(t)
    local server = t:server { start = false }
    local asked = t:events("net.syn", { server })
    local call = t:client(server):call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(#asked):is(1)
    t:expect(asked[1].server):is(server)
    server:start()
    t:expect(call):returns()
end)

scenario("Who aims at a server aims at it for good, however often it is started again", {
    cases = {
        { name = "stopped", ends = function(server) server:stop() end },
        { name = "killed", ends = function(server) server.host:kill() end },
    },
}, function(t, case)
    local server, other = t:server(), t:server()
    local function calls(of) return t:client(of):call("echo", { message = "hi" }) end
    local thrown = t:fault("server.execute.throw", { server, class = "java.io.IOException", message = "no" })
    local put = t:events("server.put", { server })
    local asked = t:events("net.syn", { server })
    local taken = t:events("server.take", { server:lane "handler/0" })
    local named = t:events("server.take", { server, lane = server:lane "handler/0" })
    local judged = t:events("server.put", { where = function(event) return event.server == server end })
    for life = 1, 3 do
        t:expect(calls(server)):fails "remote_error"
        t:expect(calls(other)):returns()
        t:expect(thrown.strikes):is(life)
        for _, events in ipairs { put, asked, taken, named, judged } do
            t:expect(events):count(life)
            t:expect(events[life].server):is(server)
        end
        case.ends(server)
        t:sleep "1s"
        server:start()
    end
    thrown:lift()
    local gate = t:hold("server.put", { server })
    local call = calls(server)
    t:wait(gate, 1)
    t:expect(calls(other)):returns()
    t:expect(call):pending()
    gate:release()
    t:expect(call):returns()
end)

scenario("Who aims at a proxy means its connections and calls, and spares its client's others", function(t)
    local server = t:server()
    local client = t:client(server)
    local ann, bob = client:proxy { user = "ann" }, client:proxy { user = "bob" }
    local twin = client:proxy { user = "bob" } -- bob's ConnectionId, so they share a connection
    local lists = {}
    local function count(point, all, of_ann, of_bob, of_twin)
        local aims = { { client }, { ann }, { bob }, { twin } }
        for i, wanted in ipairs { all, of_ann, of_bob, of_twin } do
            lists[#lists + 1] = { events = t:events(point, aims[i]), wanted = wanted }
        end
    end
    count("client.call", 4, 1, 1, 1)
    count("client.setup", 3, 1, 1, 0) -- by the call that has made the connection
    count("net.syn", 3, 1, 1, 1)
    count("wire.context", 3, 1, 1, 1)
    count("wire.request", 4, 1, 1, 1)
    count("server.accept", 3, 1, 1, 1)
    count("server.take", 4, 1, 1, 1)
    local delayed = t:fault("server.execute.delay", { bob, by = "1s" })
    local gate = t:hold("client.call", { twin })
    t:expect(client:call("echo", { message = "own" })):returns():at(0)
    t:expect(ann:call("echo", { message = "ann" })):returns():at(0)
    t:expect(bob:call("echo", { message = "bob" })):returns():at "1s"
    t:expect(gate.held):is(0)
    local last = twin:call("echo", { message = "twin" })
    t:wait(gate, 1)
    gate:release()
    t:expect(last):returns():at "1s"
    t:expect(delayed.strikes):is(1)
    for _, list in ipairs(lists) do t:expect(list.events):count(list.wanted) end
end)

scenario("A matcher aims at lane, call_id, retry and direction as at any field", function(t)
    local server = t:server()
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
    for _, lane in ipairs { any, has "handler/", starts "handler", starts "server1/", one_of("reader/0", "handler/0"),
        one_of(server:lane "handler/0") } do
        t:expect(t:events("server.take", { lane = lane })):count(1)
    end
    for _, lane in ipairs { starts "reader", has "handler/1", one_of("responder", "listener"), one_of(server:lane "reader/0") } do
        t:expect(t:events("server.take", { lane = lane })):count(0)
    end
    for _, aim in ipairs { { call_id = any }, { call_id = at_most(0) }, { call_id = one_of(0, 1) }, { retry = at_most(3) },
        { retry = any }, { direction = any }, { direction = one_of("c2s", "s2c") } } do
        t:expect(t:events("wire.request", aim)):count(1)
    end
    for _, aim in ipairs { { call_id = at_least(1) }, { retry = between(1, 3) }, { direction = starts "s" } } do
        t:expect(t:events("wire.request", aim)):count(0)
    end
    t:expect(t:events("wire.ping", { call_id = any })):count(0)
    t:expect(t:events("server.take")[1].lane):is(server:lane "handler/0")
    t:expect(t:events("client.end")[1].lane):is "client1/caller/1"
    t:expect(t:events("wire.request")[1].lane):is(nil)
end)

scenario("An aim that nobody could ever fit is an error", function(t)
    local server = t:server()
    local call = t:client(server):call("echo", { message = "hi" })
    local function mistake(what, point, aim)
        local well, why = pcall(t.events, t, point, aim)
        t:expect(well):is(false)
        t:expect(why):is(has(what))
    end
    mistake("server.take has no lane 'hander/0'; did you mean 'handler/0'?", "server.take", { lane = "hander/0" })
    mistake("server1 has no lane 'reder/0'; did you mean 'reader/0'?", "server.put", { server, lane = "reder/0" })
    mistake("server1 has no lane 'reader/9' (listener reader/0 … handler/0 … responder)", "server.put",
        { server, lane = "server1/reader/9" })
    mistake("server.write has no direction", "server.write", { direction = "c2s" })
    mistake("wire.request has no lane", "wire.request", { lane = any })
    mistake("net.segment has no call_id", "net.segment", { call_id = 0 })
    mistake("wire.request can't be aimed at server1/reader/0", "wire.request", { server:lane "reader/0" })
    mistake("net.segment can't be aimed at call 1 (echo)", "net.segment", { call })
    mistake("direction can't be 'sc2'; did you mean 's2c'?", "wire.request", { direction = "sc2" })
    t:events("server.take", { lane = "server1/handler/0" })
    t:events("server.scan", { server, lane = "idletimer" })
    t:expect(call):returns()
end)

scenario("What an event says of a time is in milliseconds, and an aim at it knows units", { world = "sim" }, function(t)
    local server = t:server()
    local client = t:client(server)
    local deaf = t:fault("client.read.stop", { client })
    local call = client:call("blob", { size = "4MiB" })
    t:sleep "15m1ms"
    t:expect(t:events("server.purge")[1].age):is(900001)
    t:expect(t:events("server.purge", { age = "15m1ms" })):count(1)
    t:expect(t:events("server.purge", { age = between("15m", "16m") })):count(1)
    deaf:lift()
    t:expect(call):fails "eof"
    t:fault("client.connect.refuse", { server, times = 1 })
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:expect(t:events("client.sleep")[1].time):is(1000)
    t:expect(t:events("client.sleep", { time = "1s" })):count(1)
end)
