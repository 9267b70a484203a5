-- Whatever comes back, each call ends exactly once, and only with what is its own.

local function connected(t, count, options)
    local peer = t:peer()
    local client = t:client(peer, options)
    local calls = t:times(count, function(i) return client:call("echo", { message = "call " .. i }) end)
    local raw = peer:accept()
    raw:open()
    local requests = t:times(count, function() return raw:recv "request" end)
    return raw, calls, requests, client
end

scenario("CC-02 · A hundred values in any order reach their own calls", function(t)
    local raw, calls, requests = connected(t, 100)
    for i = 100, 1, -1 do
        local other = t:random(1, i)
        requests[i], requests[other] = requests[other], requests[i]
        raw:send { "response", call = requests[i], value = requests[i].value }
    end

    for i, call in ipairs(calls) do
        t:expect(call):returns { message = "call " .. i }
    end
end)

scenario("CC-03 · A reply that comes twice breaks the neighbours, not its call", { releases = "2.2-" }, function(t)
    local raw, calls, requests = connected(t, 2)
    local reply = { "response", call = requests[1], value = { message = "once" } }
    raw:send(reply)
    raw:send(reply)

    t:expect(calls[1]):returns { message = "once" }
    t:expect(calls[2]):fails "internal"
end)

scenario("CC-04 · A reply to nobody fails every call of its connection", { releases = "2.2-" }, function(t)
    local raw, calls = connected(t, 3)
    raw:send { "response", call = 999, value = { message = "for whom?" } }

    t:each(calls):fails "internal":at(0):says "Error reading responses"
end)

scenario("CC-07 · A reply with another client's id fails every call", { releases = "2.2-" }, function(t)
    local raw, calls, requests = connected(t, 2)
    raw:send { "response", call = requests[1], client_id = string.rep("x", 16), value = { message = "a" } }

    t:each(calls):fails "bad_reply":at(0):says "Client IDs not matched: local ID="
end)

scenario("CC-10 · Interrupting a caller who waits", function(t)
    local server = t:server()
    local client = t:client(server)
    local call = client:call("echo", { message = "hi", time = ms "2s" })
    t:sleep "500ms"
    call:interrupt()

    if t:since "3.0" then
        t:expect(call):fails "interrupted":at "500ms":says "Call interrupted"
    else
        t:expect(call):returns { message = "hi" }:at "2s"
    end
end)

scenario("CC-14 · Call ids wrap to zero and never turn negative", { releases = "2.2-" }, function(t)
    local client = t:client(t:server(), { call_id = 2147483646 })
    local ids = {}
    for i = 1, 4 do
        local call = client:call("echo", { message = "call " .. i })
        t:expect(call):returns()
        ids[i] = call.call_id
    end

    t:expect(ids):is { 2147483646, 2147483647, 0, 1 }
end)

scenario("CC-20 · A reply that is swallowed on the wire: only a time-out ends the call", { releases = "1.2-" }, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    local lost = t:fault("wire.response.swallow", { server, client, nth = 1 })

    t:expect(client:call("echo", { message = "lost" })):fails "read_timeout":at "5s"
    t:expect(lost.strikes):is(1)
    t:expect(server.counters.executions):is(1)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-21 · A reply that is held on the wire comes later, and whole", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.delay", { server, client, by = "3s" })

    t:expect(client:call("echo", { message = "late" })):returns { message = "late" }:at "3s"
end)

scenario("CC-22 · A reply whose call id was changed on the wire fails its connection", { releases = "2.2-" }, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.change", { server, client, fields = { call = 999 } })

    t:expect(client:call("echo", { message = "x" })):fails "internal":at(0)
end)
