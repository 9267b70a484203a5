-- More calls than Handlers, more connections than Readers.

scenario("OV-01 · A full callQueue blocks its Reader; nothing is lost, and order is kept", function(t)
    local server = t:server { handlers = 1, queue = 5 }
    local order = {}
    local free = false
    server:on("work", function(call, request)
        if not free then
            t:wait(function() return free end)
        end
        call:sleep "10ms"
        order[#order + 1] = request.message
        return { message = request.message }
    end)
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(100, function(i) return client:call("work", { message = tostring(i) }) end)
    t:sleep "1s"

    t:expect(server.counters.call_queue_length):is(5)
    t:expect(server:lane "reader/0".doing):is "put"
    t:expect(t:events("server.put", { server })):count(6)
    free = true

    t:each(calls):returns()
    t:expect(order):is(t:times(100, tostring))
end)

scenario("OV-04 · How many connections are accepted while the only Handler hangs", {
    releases = "2.3-",
    cases = {
        { readers = 1, pending = 1, queue = 1, clients = 10, accepted = 5 },
        { readers = 4, pending = 5, queue = 2, clients = 56, accepted = 28 },
    },
}, function(t, case)
    local server = t:server {
        handlers = 1,
        queue = case.queue,
        conf = {
            ["ipc.server.read.threadpool.size"] = case.readers,
            ["ipc.server.read.connection-queue.size"] = case.pending,
        },
    }
    local free = false
    server:on("work", function()
        t:wait(function() return free end)
        return {}
    end)
    local calls = t:times(case.clients, function()
        return t:client(server, { rpc_timeout = 0 }):call "work"
    end)
    t:sleep "1s"

    t:expect(server.counters.accepted):is(case.accepted)
    free = true
    t:each(calls):returns()
end)

scenario("OV-12 · Out of descriptors, the Listener goes on trying", function(t)
    local server = t:server()
    t:fault("server.accept.error", { server, errno = "EMFILE", to = "1s" })

    local call = t:client(server):call("echo", { message = "hi" })

    t:expect(call):returns { message = "hi" }:at "1s"
end)

scenario("OV-13 · Beyond the maximum a connection is closed at once", { releases = "3.4" }, function(t)
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

scenario("OV-17 · The queue has room for a hundred calls a Handler", {
    cases = { { handlers = 10, room = 1000 }, { handlers = 1, room = 100 } },
}, function(t, case)
    local server = t:server { handlers = case.handlers }
    local free = false
    server:on("work", function()
        t:wait(function() return free end)
        return {}
    end)
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(case.room + case.handlers + 5, function() return client:call "work" end)
    t:settle()

    t:expect(server.counters.call_queue_length):is(case.room)
    free = true
    t:each(calls):returns()
end)

scenario("OV-18 · Clients that do not read cannot hold a Handler", function(t)
    local server = t:server { handlers = 1 }
    local deaf = t:times(10, function() return t:client(server, { rpc_timeout = 0 }) end)
    for _, client in ipairs(deaf) do
        t:fault("client.read.stop", { client })
        client:call("blob", { size = "1MiB" })
    end

    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }:at(0)
end)
