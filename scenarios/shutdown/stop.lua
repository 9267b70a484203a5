-- Stopping either side while work is under way.

local tags = { "regression" }

-- What the open-connection counter says after a stop that has closed so many: until 2.2 closing all
-- of them does not count.
local function not_counted_off(n) return { ["-2.2"] = n, ["2.3-"] = 0 } end

scenario("SD-01 · Stopping an idle client closes its connection and fails nobody", {
    tags = { "regression", "live" },
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "1s"
    client:stop()
    t:settle()

    t:expect(t:events("client.close", { client })):at { "1s" }
end)

scenario("SD-02 · Stopping a client ends the call that waits", {
    rough = false,
    tags = tags,
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0 })
    local call = client:call "hang"
    t:sleep "1s"
    client:stop()

    t:expect(call):fails "stopped":at "1s":says "59000 millis timeout left."
end)

scenario("SD-03 · On a plain socket a call outlives the stop, up to its time-out", {
    tags = tags,
}, function(t)
    local client = t:client(t:server(), { rpc_timeout = 0, plain_sockets = true })
    local call = client:call "hang"
    t:sleep "1s"
    client:stop()

    t:expect(call):fails "read_timeout":at "60s":says "Read timed out"
    t:expect(t:events("client.ping", { client })):count(0)
end)

scenario("SD-04 · Before 2.x Readers outlive their server, in select", { tags = tags }, function(t)
    local server = t:server { conf = { ["ipc.server.read.threadpool.size"] = 2 } }
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
    server:stop()
    t:sleep "1s"

    for i = 0, 1 do
        t:expect(server:lane("reader/" .. i).doing):is(t:by { ["-1.2"] = "select", ["2.0-"] = "closed" })
    end
    t:expect(server:lane "handler/0".doing):is "closed"
    t:expect(server:lane "responder".doing):is "closed"
    t:expect(server.host.threads):is(t:by { ["-1.2"] = 2, ["2.0-"] = 0 })
end)

scenario("SD-05 · Stopping a server whose Reader is blocked: 2.x waits for it for ever", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1, queue = 1 }
    server:on("work", function(call)
        call:hang() -- it does not mind the interrupt
        return {}
    end)
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(10, function() return client:call "work" end)
    t:sleep "1s"
    t:expect(server:lane "reader/0".doing):is "put"
    server:stop()

    if t.release:find "^2" then -- stop joins the Reader; the Handlers, who could free it, are gone
        t:expect(calls[1]):fails "remote_error":at "1s":with { class = "java.lang.InterruptedException" }
        t:sleep "1h"
        t:each({ table.unpack(calls, 2) }):pending()
        t:expect(t:events("server.close", { server })):count(0)
        -- Listener and Reader, and the idle scan's Timer; the Responder ended with its last select.
        t:expect(server.host.threads):is(t:by { ["2.2"] = 2, ["2.6"] = 3 })
        server.host:kill()
        t:expect(server.host.threads):is(0)
        t:each({ table.unpack(calls, 2) }):fails(one_of("eof", "reset")):at "3601s"
    else
        t:each(calls):fails(one_of("eof", "reset")):at "1s"
    end
    t:expect(server.counters.executions):is(1)
end)

scenario("SD-06 · Stopping a server: what was queued never runs, every caller is told", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1 }
    local client = t:client(server)
    local calls = t:times(6, function() return client:call("echo", { message = "x", time = "5s" }) end)
    t:sleep "1s"
    server:stop()

    t:each(calls):fails(one_of("eof", "reset")):at "1s"
    t:expect(server.counters.executions):is(1)
end)

scenario("SD-06 · Half a reply that the Responder holds ends with its server, not in the server's next life", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    local half = client:call("blob", { size = "1MiB" })
    t:sleep "1s"
    t:expect(t:events("server.handover", { server })):count(1)
    server:stop()
    server:start()
    t:sleep "1s"
    deaf:lift()

    t:expect(half):fails(one_of("eof", "reset"))
    t:expect(client:call("blob", { size = "1MiB" })):returns()
    t:expect(server.counters.executions):is(1)
end)

scenario("SD-08 · Stopping a client that connects to nowhere: it tries on, but 3.4's is interrupted", {
    tags = tags,
    cases = {
        { name = "lost", fault = "client.connect.drop", old = "965s", ends = "920s" },
        { name = "refused", fault = "client.connect.refuse", old = "10s", ends = "10s" },
    },
}, function(t, case)
    local server = t:server()
    t:fault(case.fault, {})
    local client = t:client(server)
    local call = client:call("echo", { message = "x" })
    t:sleep "1s"
    client:stop()

    t:expect(call):fails():at(t:by { ["-2.0"] = case.old, ["2.1-2.6"] = case.ends, ["3.4"] = "1s" })
end)

scenario("SD-10 · Fifty lives of a server leave nothing behind, but before 2.x their Readers", { tags = tags }, function(t)
    local server = t:server()
    local client = t:client(server)
    local forgotten = t:events("client.close", { client })
    for i = 1, 50 do
        t:expect(client:call("echo", { message = "life " .. i })):returns()
        server:stop()
        t:settle()
        t:expect(server.counters.open_connections):is(t:by(not_counted_off(1)))
        t:expect(server.host.descriptors):is(0)
        t:expect(server.host.threads):is(t:by { ["-1.2"] = i, ["2.0-"] = 0 }) -- the Readers
        server:start()
        t:wait(forgotten, i) -- 10 s after the answer, which a lost SYN makes late
        t:expect({ server.host.descriptors, client.host.descriptors }):is { 1, 0 }
    end
end)

scenario("A server that starts again listens on its old port", { tags = { "live" } }, function(t)
    local server = t:server()
    local before, after = t:client(server), t:client(server)
    local address, port = server.address, server.port
    t:expect(before:call("echo", { message = "first" })):returns()
    server:stop()
    t:sleep "1s"
    server:start()
    t:sleep "1s"

    t:expect(after:call("echo", { message = "second" })):returns { message = "second" }
    t:expect({ server.address, server.port }):is { address, port }
end)

scenario("SD-11 · Counters can be read before a server starts", { tags = { "live" } }, function(t)
    t:expect(t:server { start = false }.counters.open_connections):is(0)
end)

scenario("SD-12 · Three proxies share a client; the third that is closed stops it, a double close does not", {
    tags = { "regression", "live" },
}, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server)
    local first, second = client:proxy { user = "alice" }, client:proxy { user = "bob" }
    local third = client:proxy { user = "carol" }
    for _, proxy in ipairs { first, second, third } do
        t:expect(proxy:call("echo", { message = "hi" })):returns()
    end
    first:close()
    first:close()
    second:close()
    second:close()
    t:sleep "1s"
    t:expect(#client.connections):is(3)
    t:expect(third:call("echo", { message = "still open" })):returns { message = "still open" }

    third:close()
    t:settle()
    t:expect(t:events("client.close", { client })):at { "1s", "1s", "1s" }
    t:expect(#client.connections):is(0)
end)

scenario("SD-14 · A second stop is harmless", { tags = { "live" } }, function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "hi" })):returns()
    client:stop()
    client:stop()
    t:sleep "1s"
    t:expect(t:events("client.close", { client })):at { 0 }
    server:stop()
    server:stop()
    t:settle()

    t:expect(t:events("server.close", { server })):at { 0 }
    t:expect(server.counters.open_connections):is(0)
end)

scenario("SD-16 · After a stop no connection is counted any more, but by servers before 2.3", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 5 }
    t:times(5, function() return t:client(server):call("echo", { message = "hi" }) end)
    t:settle()
    t:expect(server.counters.open_connections):is(5)
    server:stop()
    t:settle()

    t:expect(server.counters.open_connections):is(t:by(not_counted_off(5)))
    t:expect(server.host.descriptors):is(0)
end)

scenario("SD-17 · After a stop no idle scan runs", { releases = "2.3-", tags = tags }, function(t)
    local server = t:server { conf = { ["ipc.client.idlethreshold"] = 0 } }
    t:sleep "15s"
    t:expect(t:events("server.scan", { server })):at { "10s" }
    server:stop()
    t:sleep "1m"

    t:expect(t:events("server.scan", { server })):count(1)
    t:expect(server.host.threads):is(0)
end)

scenario("SD-18 · A host that dies takes its server along; the next call finds nobody", {
    tags = tags,
}, function(t)
    local server = t:server { host = "nn1" }
    local client = t:client(server, { conf = { ["ipc.client.connect.max.retries"] = 0 } })
    local call = client:call("echo", { message = "x", time = "5s" })
    t:sleep "1s"
    server.host:kill()

    t:expect(call):fails(one_of("eof", "reset")):at "1s"
    t:expect(client:call("echo", { message = "y" })):fails "refused"
end)

scenario("SD-19 · A server that was killed is replaced, and callers find the new one by themselves", {
    tags = tags,
}, function(t)
    local host = t:host "nn"
    t:server { host = host, port = 8020 }
    local client = t:client "nn:8020"
    t:expect(client:call("echo", { message = "a" })):returns()
    host:kill()
    t:settle()
    local call = client:call("echo", { message = "b" })
    t:wait(call) -- it may still meet the dead connection
    local next = client:call("echo", { message = "c" })
    t:sleep "2500ms"
    t:server { host = "nn", port = 8020 }

    t:expect(call):fails(one_of("eof", "reset"))
    t:expect(next):returns { message = "c" }:at "3s"
end)
