-- More calls than Handlers, more connections than Readers.

local tags = { "regression" }

-- A method "work" whose Handlers all wait until `open()` is called.
local function gated(t, server, before, after)
    local free = false
    server:on("work", function(call, request)
        if not free then t:wait(function() return free end) end
        if before then call:sleep(before) end
        if after then after(request) end
        return {}
    end)
    return function() free = true end
end

scenario("OV-01 · A full callQueue blocks its Reader; nothing is lost, and order is kept", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1, queue = 5 }
    local order = {}
    local open = gated(t, server, "10ms", function(request) order[#order + 1] = request.message end)
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(100, function(i) return client:call("work", { message = tostring(i) }) end)
    t:sleep "1s"

    t:expect(server.counters.call_queue_length):is(5)
    t:expect(server:lane "reader/0".doing):is "put"
    t:expect(t:events("server.put", { server })):count(6)
    open()

    t:each(calls):returns()
    local sent = t:events("wire.request", { client }):map "call_id"
    t:expect(t:events("server.execute", { server }):map "call_id"):is(sent) -- wire order
    t:expect(#order):is(100)
end)

scenario("OV-02 · A blocked Reader keeps its other connections waiting; another Reader reads on", {
    rough = false,
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1, queue = 2, conf = { ["ipc.server.read.threadpool.size"] = 2 } }
    local open = gated(t, server)
    -- The Listener begins with reader 1: connections 1 and 3 are there, 2 is at reader 0.
    local flood, other, neighbour = t:dial(server), t:dial(server), t:dial(server)
    for _, raw in ipairs { flood, other, neighbour } do
        raw:open()
        t:settle()
    end
    for _ = 1, 10 do flood:send { "request", method = "work", value = {} } end
    t:sleep "1s"
    other:send { "ping" }
    neighbour:send { "ping" }
    t:sleep "1s"

    t:expect(server:lane "reader/1".doing):is "put"
    t:expect(other.connection.last_contact - flood.connection.last_contact):is(at_least(1000))
    t:expect(neighbour.connection.last_contact - flood.connection.last_contact):is(at_most(1))
    open()
    t:sleep "1s"
    t:expect(neighbour.connection.last_contact - flood.connection.last_contact):is(at_least(0))
    t:expect(server.counters.executions):is(10)
end)

-- What the Listener has taken from the backlog: before 2.3 the last one may still be in its hand.
local function taken(t, server) return #t:events("server.accept", { server }) end

scenario("OV-03 · Before 2.3 one Reader that stands in the callQueue stops the Listener (HADOOP-9956)", {
    rough = false,
    releases = "-2.2",
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1, queue = 1, conf = { ["ipc.server.read.threadpool.size"] = 2 } }
    local open = gated(t, server)
    local flood = t:client(server, { rpc_timeout = 0 }) -- it is at Reader 1
    local calls = t:times(3, function() return flood:call "work" end)
    t:settle()
    t:expect(server:lane "reader/1".doing):is "put"
    for i = 1, 4 do -- in turn at Reader 0, which is free, and at Reader 1
        calls[#calls + 1] = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "client " .. i })
        t:settle()
    end

    t:expect(taken(t, server)):is(3)
    t:expect(server.counters.accepted):is(2)
    t:expect(server:lane "listener".blocked):is(false)
    open()
    t:each(calls):returns()
    t:expect(server.counters.accepted):is(5)
end)

scenario("OV-04 · Before 2.3 it is a connection for each Reader, Handler and place in the queue, and one in hand", {
    rough = false,
    releases = "-2.2",
    tags = tags,
    cases = {
        { readers = 1, queue = 1, clients = 10, accepted = 3 },
        { readers = 4, queue = 2, clients = 56, accepted = 7 },
    },
}, function(t, case)
    local server = t:server {
        handlers = 1,
        queue = case.queue,
        conf = { ["ipc.server.read.threadpool.size"] = case.readers },
    }
    local open = gated(t, server)
    local calls = t:times(case.clients, function()
        local call = t:client(server, { rpc_timeout = 0 }):call "work"
        t:settle()
        return call
    end)

    t:expect(server.counters.accepted):is(case.accepted)
    t:expect(taken(t, server)):is(case.accepted + 1)
    open()
    t:each(calls):returns()
end)

scenario("OV-04 · How many connections are accepted while the only Handler hangs", {
    rough = false,
    releases = "2.3-",
    tags = tags,
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
    local open = gated(t, server)
    local calls = t:times(case.clients, function()
        return t:client(server, { rpc_timeout = 0 }):call "work"
    end)
    t:sleep "1s"

    t:expect(server.counters.accepted):is(case.accepted)
    open()
    t:each(calls):returns()
end)

scenario("OV-05 · Clients beyond the backlog see connect time-outs, no refusals", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server {
        handlers = 1,
        queue = 1,
        conf = {
            ["ipc.server.read.connection-queue.size"] = t:since "2.3" and 1 or nil,
            ["ipc.server.listen.queue.size"] = 5,
        },
    }
    local open = gated(t, server)
    local calls = t:times(20, function()
        return t:client(server, { rpc_timeout = 0 }):call "work"
    end)
    t:sleep "21s"

    t:expect(server.counters.accepted):is(t:by { ["-2.2"] = 3, ["2.3-"] = 5 })
    -- Who finds the backlog full asks again after a second, three, seven …: nobody is refused.
    t:expect(t:events "client.connect"):count(at_most(20))
    t:expect(t:events("client.connect", { result = "refused" })):count(0)
    open()
    t:each(calls):returns()
end)

scenario("OV-06 · The idle scan closes even the connection whose call the Reader is putting", {
    rough = false,
    releases = "2.3-",
    tags = tags,
}, function(t)
    local server = t:server {
        handlers = 1,
        queue = 1,
        conf = {
            ["ipc.client.connection.maxidletime"] = 1000,
            ["ipc.client.connection.idle-scan-interval.ms"] = 750,
            ["ipc.client.idlethreshold"] = 0,
        },
    }
    local open = gated(t, server)
    local busy = t:times(2, function() return t:client(server, { rpc_timeout = 0 }):call "work" end)
    t:settle()
    local putting = t:client(server, { rpc_timeout = 0 }):call "work"
    t:sleep "10s"

    t:expect(server:lane "reader/0".doing):is "put"
    t:expect(putting):fails(one_of("eof", "reset")):at "2250ms"
    open()
    t:each(busy):returns()
    t:settle()
    t:expect(server.counters.skipped):is(1)
    t:expect(server.counters.executions):is(2)
end)

scenario("OV-07 · With back-off a full callQueue refuses, and disconnects", {
    rough = false,
    releases = "3.4",
    tags = tags,
}, function(t)
    local server = t:server { handlers = 1, queue = 1, port = 8020, conf = { ["ipc.8020.backoff.enable"] = true } }
    local open = gated(t, server)
    local running = t:client(server):call "work"
    t:settle()
    local queued = t:client(server):call "work"
    t:settle()
    local client = t:client(server)
    local refused = t:times(2, function() return client:call "work" end)

    t:each(refused):fails "remote_fatal":at(0):with {
        class = "org.apache.hadoop.ipc.RetriableException",
        message = "Server too busy - disconnecting",
    }
    t:expect(server.counters.backoffs):is(at_least(1))
    open()
    t:expect(running):returns()
    t:expect(queued):returns()
end)

scenario("OV-10 · A full callQueue may send clients to another server", {
    rough = false,
    releases = "3.4",
    tags = tags,
}, function(t)
    local server = t:server {
        handlers = 1,
        queue = 1,
        port = 8020,
        conf = {
            ["ipc.8020.backoff.enable"] = true,
            ["ipc.8020.callqueue.overflow.trigger.failover"] = true,
        },
    }
    local open = gated(t, server)
    t:times(2, function()
        t:client(server):call "work"
        t:settle()
    end)

    t:expect(t:client(server):call "work"):fails "remote_fatal":with {
        class = "org.apache.hadoop.ipc.StandbyException",
        message = "Server too busy - disconnect and failover",
    }
    open()
end)

scenario("OV-17 · The queue has room for a hundred calls a Handler", {
    tags = tags,
    cases = { { handlers = 10, room = 1000 }, { handlers = 1, room = 100 } },
}, function(t, case)
    local server = t:server { handlers = case.handlers }
    local open = gated(t, server)
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(case.room + case.handlers + 5, function() return client:call "work" end)
    t:wait(function() return server.counters.call_queue_length >= case.room end)
    t:settle()

    t:expect(server.counters.call_queue_length):is(case.room)
    open()
    t:each(calls):returns()
end)

scenario("OV-17 · A queue's size is for the whole server, in 3.4 for each Handler", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 10, queue = 7 }
    local open = gated(t, server)
    local client = t:client(server, { rpc_timeout = 0 })
    local calls = t:times(100, function() return client:call "work" end)
    t:settle()

    t:expect(server.counters.call_queue_length):is(t:by { ["-2.6"] = 7, ["3.4"] = 70 })
    open()
    t:each(calls):returns()
end)
