-- Messages that the wire loses, doubles, holds back, damages or sends to the wrong address.

local tags = { "regression", "completion", "live" }

scenario("CC-20 · A reply that is swallowed on the wire: only a time-out ends the call", {
    releases = "1.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    local lost = t:fault("wire.response.swallow", { server, client, nth = 1 })

    t:expect(client:call("echo", { message = "lost" })):fails "read_timeout":at "5s"
    t:expect(lost.strikes):is(1)
    t:expect(server.counters.executions):is(1)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-20 · A request that is swallowed on the wire never runs", {
    releases = "1.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    t:fault("wire.request.swallow", { client, nth = 1 })

    t:expect(client:call("echo", { message = "lost" })):fails "read_timeout":at "5s"
    t:expect(server.counters.executions):is(0)
end)

scenario("CC-21 · A reply that is held on the wire comes later, and whole", { tags = tags }, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.delay", { server, client, by = "3s" })

    t:expect(client:call("echo", { message = "late" })):returns { message = "late" }:at "3s"
end)

scenario("CC-22 · A reply whose call id was changed on the wire fails its connection", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.change", { server, client, fields = { call = 999 } })

    t:expect(client:call("echo", { message = "x" })):fails "bad_reply":at(0):says "Error reading responses"
end)

scenario("CC-22 · Before 2.x a changed call id, or a second copy, leaves everybody on the connection waiting", {
    releases = "-1.2",
    tags = { "regression", "completion" },
    cases = { { name = "changed_id", copy = false }, { name = "doubled", copy = true } }, -- the second: CC-23
}, function(t, case)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { rpc_timeout = 0 })
    if case.copy then
        t:fault("wire.response.duplicate", { server, client, nth = 1 })
        t:expect(client:call("echo", { message = "once" })):returns { message = "once" }
    else
        t:fault("wire.response.change", { server, client, nth = 1, fields = { call = 999 } })
    end
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i, time = i }) end)
    t:sleep "10m"

    t:each(calls):pending() -- the receiver is dead: nobody reads, pings or closes
    t:expect(t:events("client.ping", { client })):count(0)
    t:expect(server.counters.open_connections):is(1)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-23 · A reply that is doubled answers its call once, and is nobody's the second time", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.duplicate", { server, client, nth = 1 })

    t:expect(client:call("echo", { message = "once" })):returns { message = "once" }
    -- Nobody reads while nobody waits: the next caller finds the second copy.
    t:expect(client:call("echo", { message = "unlucky" })):fails "bad_reply":says "Error reading responses"
    t:expect(client:call("echo", { message = "again" })):returns { message = "again" }
end)

scenario("CC-24 · Replies that overtake each other are told apart by their ids", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server)
    for i = 1, 3 do -- the later a call, the sooner its reply
        server:on("step" .. i, function(call)
            call:sleep((4 - i) * 100)
            return { message = "step " .. i }
        end)
    end
    local calls = t:times(3, function(i) return client:call("step" .. i) end)

    for i, call in ipairs(calls) do
        t:expect(call):returns():at((4 - i) * 100)
    end
end)

scenario("CC-25 · A reply that is cut short on the wire ends every call, each once", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    t:fault("net.segment.fin", { client, direction = "s2c", nth = 1, after = 7 })
    local calls = { client:call("echo", { message = "cut" }), client:call "hang" }

    t:each(calls):fails(one_of("eof", "reset")):at(0)
end)

scenario("CC-26 · One bit that turns over in a reply never becomes another call's value", {
    releases = "2.2-",
    tags = { "regression", "completion" },
    seeds = 20,
}, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { rpc_timeout = "5s" })
    local offset, bit = t:random(0, 40), t:random(0, 7)
    t:fault("net.segment.corrupt", { client, direction = "s2c", nth = 1, offset = offset, bit = bit })
    local calls = t:times(2, function(i) return client:call("echo", { message = "call number " .. i, time = i }) end)

    t:wait(calls)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-27 · Bytes that nobody has sent are no reply", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    local client = t:client(t:server { handlers = 2 })
    t:fault("net.segment.inject", { client, direction = "s2c", nth = 1, message = "\0\0\0\5\4\xff\xff\xff\xff" })
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i }) end)

    t:each(calls):fails():at(0)
end)

scenario("CC-28 · A segment that comes twice is taken once", { tags = tags }, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("net.segment.duplicate", { client })

    t:expect(client:call("echo", { message = "once" })):returns { message = "once" }
    t:expect(server.counters.executions):is(1)
end)

scenario("CC-29 · What is lost on the way is sent again, and nothing is missing", {
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("net.segment.drop", { client, times = 3 })

    t:expect(client:call("echo", { message = "at last" })):returns { message = "at last" }:at(between("200ms", "3s"))
    t:expect(server.counters.executions):is(1)
end)

scenario("CC-30 · A context that is lost, doubled or late never mixes connections up", {
    releases = "1.2-",
    cases = { { what = "duplicate" }, { what = "swallow" } },
    tags = { "regression", "completion" },
}, function(t, case)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    t:fault("wire.context." .. case.what, { client, nth = 1 })

    t:expect(client:call("echo", { message = "x" })):fails()
    t:expect(server.counters.executions):is(at_most(1))
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-31 · A read error ends every call of the connection, whoever meets it", {
    rough = false,
    tags = tags,
    cases = { { point = "client.read.error" }, { point = "server.read.error" } },
}, function(t, case)
    local client = t:client(t:server { handlers = 2 })
    t:fault(case.point, { nth = 1, errno = "ECONNRESET" })
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i }) end)

    t:each(calls):fails(one_of("reset", "eof")):at(0)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-32 · A write error alone is noticed when the receiver's read times out", {
    rough = false,
    releases = "2.2-",
    tags = tags,
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "1s"
    t:fault("client.write.error", { client, nth = 1, errno = "ECONNRESET" })

    t:expect(client:call("echo", { message = "b" })):fails "reset":at "61s"
    t:expect(client:call("echo", { message = "c" })):returns { message = "c" }
end)

scenario("CC-34 · A fault that was lifted leaves nothing behind: what comes next is whole, however long", {
    tags = tags,
    cases = { { fault = "wire.request.delay" }, { fault = "wire.response.delay" } },
}, function(t, case)
    local client = t:client(t:server())
    local late = t:fault(case.fault, { client, by = "1ms" })
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    late:lift()

    local long = { message = ("x"):rep(100000) } -- takes many writes
    t:expect(client:call("echo", long)):returns(long)
    t:expect(t:events "client.connect"):count(1)
end)
