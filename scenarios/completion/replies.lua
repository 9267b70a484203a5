-- Whatever comes back, each call ends exactly once, and only with what is its own.

local function connected(t, count, options)
    local peer = t:peer()
    local client = t:client(peer, options)
    local calls = t:times(count, function(i)
        local call = client:call("echo", { message = "call " .. i })
        t:settle() -- so that requests come in the order of the calls
        return call
    end)
    local raw = peer:accept()
    raw:open()
    local requests = t:times(count, function() return raw:recv "request" end)
    return raw, calls, requests, client
end

local tags = { "regression", "completion", "live" }

scenario("CC-02 · A hundred values in any order reach their own calls", { tags = tags }, function(t)
    local raw, calls, requests = connected(t, 100)
    for i = 100, 1, -1 do
        local other = t:random(1, i)
        requests[i], requests[other] = requests[other], requests[i]
        local value = { message = requests[i].value.message }
        raw:send { "response", call = requests[i], value = value }
    end

    for i, call in ipairs(calls) do
        t:expect(call):returns { message = "call " .. i }
    end
end)

scenario("CC-03 · A reply that comes twice breaks the neighbours, not its call", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local raw, calls, requests = connected(t, 2)
    local reply = { "response", call = requests[1], value = { message = "once" } }
    raw:send(reply)
    raw:send(reply)

    t:expect(calls[1]):returns { message = "once" }
    t:expect(calls[2]):fails "bad_reply":says "Error reading responses"
end)

scenario("CC-04 · A reply to nobody fails every call of its connection", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local raw, calls, _, client = connected(t, 3)
    raw:send { "response", call = 999, value = { message = "for whom?" } }

    t:each(calls):fails "bad_reply":at(0):says "Error reading responses"
    t:expect(t:events("client.close", { client })):count(1)
end)

scenario("CC-04 · Before 2.x a reply to nobody is the receiver's end, and nobody is told", {
    releases = "-1.2",
    tags = { "regression", "completion" },
    cases = { { name = "unknown_id", twice = false }, { name = "twice", twice = true } }, -- the second: CC-03
}, function(t, case)
    local raw, calls, requests, client = connected(t, 3)
    if case.twice then
        local reply = { "response", call = requests[1], value = { message = "once" } }
        raw:send(reply)
        raw:send(reply)
        t:expect(table.remove(calls, 1)):returns { message = "once" }
    else
        raw:send { "response", call = 999, value = { message = "for whom?" } }
    end
    t:sleep "1s"
    raw:send { "response", call = requests[3], value = { message = "nobody reads this" } }
    t:sleep "5m"
    calls[#calls + 1] = client:call("echo", { message = "on the same connection" })
    t:sleep "5m"

    t:each(calls):pending()
    t:expect(t:events("client.ping", { client })):count(0)
    t:expect(#client.connections):is(1)
end)

scenario("CC-06 · Before 2.x a decoder that throws is the receiver's end, and nobody is told", {
    releases = "-1.2",
    tags = { "regression", "completion" }, -- HADOOP-6723
}, function(t)
    local client = t:client(t:server { handlers = 2 })
    t:fault("client.reply.throw", { client, nth = 1, class = "java.lang.RuntimeException", message = "what is this?" })
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i, time = i }) end)
    t:sleep "10m"

    t:each(calls):pending()
    t:expect(t:events("client.ping", { client })):count(0)
    t:expect(t:events("client.close", { client })):count(0)
end)

scenario("CC-06 · A decoder that throws fails the calls that wait, and their connection", {
    releases = "2.2-",
    tags = { "regression", "completion" }, -- HADOOP-6723
}, function(t)
    local client = t:client(t:server { handlers = 2 })
    t:fault("client.reply.throw", { client, nth = 1, class = "java.lang.RuntimeException", message = "what is this?" })
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i, time = i }) end)

    t:each(calls):fails "bad_reply":at "1ms":says "Error reading responses"
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("CC-07 · A reply with another client's id fails every call", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local raw, calls, requests = connected(t, 2)
    raw:send { "response", call = requests[1], client_id = string.rep("x", 16), value = { message = "a" } }

    t:each(calls):fails "bad_reply":at(0):says "Client IDs not matched: local ID="
end)

scenario("CC-08 · A length word that is four too large: 2.6 minds, 3.4 does not where a value comes", {
    releases = "2.2-",
    tags = { "regression", "completion" },
}, function(t)
    local raw, calls, requests = connected(t, 2)
    raw:send { "response", call = requests[1], value = { message = "a" }, trailing = "more" }
    raw:send { "response", call = requests[2], value = { message = "b" } }

    t:expect(calls[1]):returns { message = "a" }
    if t:since "3.0" then
        t:expect(calls[2]):returns { message = "b" }
    else
        t:expect(calls[2]):fails "bad_reply":says "RPC response length mismatch on rpc success"
    end
end)

scenario("CC-08 · An ERROR whose length is wrong fails every call, the one that it is meant for too", {
    releases = "2.2-",
    tags = { "regression", "completion" },
}, function(t)
    local raw, calls, requests = connected(t, 2)
    raw:send { "response", call = requests[1], class = "java.io.IOException", message = "x", trailing = "more" }

    local text = t:by { ["-2.6"] = "RPC response length mismatch on rpc error", ["3.4"] = "RPC response length mismatch" }
    t:each(calls):fails "bad_reply":at(0):says(text)
end)

scenario("CC-17 · A caller that is late for its ERROR hears of the connection's end instead, in 0.20", {
    tags = tags,
}, function(t)
    local raw, calls, requests = connected(t, 1)
    local late = t:hold("client.end", {})
    raw:send { "response", call = requests[1], class = "java.io.IOException", message = "x" }
    t:wait(late, 1)
    raw:shutdown()
    t:sleep "1s"
    t:expect(calls[1]):pending()
    late:release()

    t:expect(calls[1]):fails(t:since "1.0" and "remote_error" or "eof"):at "1s"
end)

scenario("CC-33 · An exception brings its class and a stack trace along; before 2.x its text begins with its class", {
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)

    local call = client:call("throw", { class = "java.io.FileNotFoundException", message = "no such thing" })
    t:expect(call):fails "remote_error":with { class = "java.io.FileNotFoundException" }
    t:expect(call.message):is(starts(t:by {
        ["-1.2"] = "java.io.FileNotFoundException: no such thing",
        ["2.0-"] = "no such thing",
    }))
    t:expect(call.stack):is(starts("\n\tat org.apache.hadoop.ipc." .. t:by {
        ["-1.2"] = "RPC$Server.call(",
        ["2.0-2.6"] = "ProtobufRpcEngine$Server$ProtoBufRpcInvoker.call(",
        ["3.4"] = "ProtobufRpcEngine2$Server$ProtoBufRpcInvoker.call(",
    }))
    t:expect(call.stack):is(has "\n\tat org.apache.hadoop.ipc.Server$Handler.run(Server.java:")
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(t:events "client.connect"):count(1)
end)

scenario("CC-14 · Call ids wrap to zero and never turn negative, but before 2.x they do", {
    tags = tags,
}, function(t)
    local client = t:client(t:server(), { call_id = 2147483646 })
    local ids = {}
    for i = 1, 4 do
        local call = client:call("echo", { message = "call " .. i })
        t:expect(call):returns()
        ids[i] = call.call_id
    end

    t:expect(ids):is(t:by {
        ["-1.2"] = { 2147483646, 2147483647, -2147483648, -2147483647 },
        ["2.0-"] = { 2147483646, 2147483647, 0, 1 },
    })
end)
