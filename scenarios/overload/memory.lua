-- Memory that runs out: which thread it costs, and who hears of it.

local tags = { "regression" }

scenario("OV-19 · Out of memory in a method, its caller is told like of any other error", { tags = tags }, function(t)
    local server = t:server()
    t:fault("server.execute.memory", { server, nth = 1 })
    local client = t:client(server)

    local call = client:call("echo", { message = "x" })
    t:expect(call):fails "remote_error":at(0):with {
        class = t:by { ["-1.2"] = "java.io.IOException", ["2.0-"] = "java.lang.OutOfMemoryError" },
    }
    t:expect(call):says "Java heap space"
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(t:events "client.connect"):count(1)
end)

scenario("OV-20 · Out of memory while it makes a reply, a Handler is gone, and nobody is told", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    t:fault("server.reply.memory", { server, nth = 1 })
    local client = t:client(server, { rpc_timeout = 0 })

    local lost = client:call("echo", { message = "x" })
    t:settle()
    for i = 1, 5 do -- the other one serves everybody
        t:expect(client:call("echo", { message = "call " .. i })):returns()
    end
    t:sleep "10m"
    t:expect(lost):pending()
    t:expect(t:events("client.ping", { client })):count(at_least(9))
    t:expect(client.connections[1].rpc_count):is(1)
    local gone = {}
    for i = 0, 1 do gone[i + 1] = server:lane("handler/" .. i).doing == "closed" and 1 or 0 end
    t:expect(gone[1] + gone[2]):is(1)
    server.host:kill()
    t:expect(lost):fails(one_of("eof", "reset"))
end)

scenario("OV-21 · Out of memory while it writes, a Handler is gone, and so is the connection", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    t:fault("server.write.memory", { server, nth = 1 })
    local client = t:client(server, { rpc_timeout = 0 })

    t:expect(client:call("echo", { message = "x" })):fails(one_of("eof", "reset")):at(0)
    local first = client:call("echo", { message = "hi", time = "1s" })
    t:settle()
    local second = client:call("echo", { message = "hi", time = "1s" })
    t:expect(first):returns():at "1s"
    t:expect(second):returns():at "2s" -- one Handler for both
end)

scenario("OV-22 · Out of memory in its select, the Responder sleeps for a minute, and what is handed over waits", {
    rough = false,
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2 }
    local slow, quick = t:client(server, { rpc_timeout = 0 }), t:client(server)
    t:fault("server.select.memory", { server, nth = 1 })
    local big = slow:call("blob", { size = "1MiB" }) -- more than the socket takes

    t:expect(quick:call("echo", { message = "Handlers write by themselves" })):returns():at(0)
    t:sleep "50s"
    t:expect(big):pending()
    t:expect(big):returns():at "60s"
    t:expect(t:events("server.close", { server, client = slow, why = "oom" })):count(0)
end)

scenario("OV-23 · Out of memory in a Reader, its connections are deaf; in 3.4 the whole server is gone", {
    tags = tags,
}, function(t)
    local server = t:server { handlers = 2, conf = { ["ipc.server.read.threadpool.size"] = 2 } }
    local clients = t:times(2, function() return t:client(server, { rpc_timeout = 0 }) end)
    for _, client in ipairs(clients) do t:expect(client:call("echo", { message = "hi" })):returns() end
    t:fault("server.read.memory", { server, client = clients[1], nth = 1 })

    local unheard = clients[1]:call("echo", { message = "x" })
    t:settle()
    local neighbour = clients[2]:call("echo", { message = "y" })
    if t:since "3.0" then
        t:expect(unheard):fails(one_of("eof", "reset")):at(0)
        t:expect(neighbour):fails(one_of("eof", "reset", "refused"))
        return
    end
    t:expect(neighbour):returns { message = "y" }
    t:sleep "10m30s"
    t:expect(unheard):pending()
    t:expect(t:events("client.ping", { client = clients[1] })):count(10)
    server.host:kill()
    t:expect(unheard):fails(one_of("eof", "reset"))
end)
