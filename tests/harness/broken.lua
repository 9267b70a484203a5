-- A scenario that makes no sense is broken, whatever else it finds, and says why.

scenario("nothing is expected", function(t)
    t:sleep "1s"
end)

scenario("an expectation without a link", function(t)
    t:expect(1)
end)

scenario("each of an empty list", function(t)
    t:each({}):is(1)
end)

scenario("a fault that never struck", function(t)
    t:fault("client.read.stop", {})
    t:expect(1):is(1)
end)

scenario("a fault that need not strike", function(t)
    t:fault("client.read.stop", { maybe = true })
    t:expect(1):is(1)
end)

scenario("a hold that nobody reached", function(t)
    t:hold "server.put"
    t:expect(1):is(1)
end)

scenario("draws that were left over", function(t)
    t:draw("server.select", { 0, 1 })
    t:expect(1):is(1)
end)

scenario("an error of the script", function(t)
    t:expect(1):is(1)
    error "something is wrong"
end)

scenario("a script that runs away", function()
    while true do
        pcall(function() while true do end end)
    end
end)

scenario("a script that wants all the memory", function()
    local text = "x"
    while true do text = text .. text end
end)

scenario("waiting where nothing can wait", function(t)
    t:expect(1):is(1)
    table.sort({ 2, 1 }, function(a, b)
        t:sleep "1s"
        return a < b
    end)
end)

scenario("waiting inside a coroutine of one's own", function(t)
    t:expect(1):is(1)
    coroutine.wrap(function() t:sleep "1s" end)()
end)

scenario("Two values where one is asked about", function(t)
    local call = t:client(t:server()):call("echo", { message = "hi" })
    t:expect(call, { message = "hi" })
end)

scenario("Of several expectations one has no link", function(t)
    t:expect(1):is(1)
    t:expect(2)
    t:expect(3):is(3)
end)

scenario("Nothing is expected, and nobody has waited", function(t)
    t:fault("client.read.stop", {})
    t:client(t:server()):call "hang"
end)

scenario("where: an error", function(t)
    t:hold("server.put", { where = function(event) return event.mehtod == "echo" end })
    t:expect(t:client(t:server()):call("echo", { message = "hi" })):returns()
end)

scenario("where: it never ends", function(t)
    t:hold("server.read", { where = function() while true do end end })
    t:expect(t:client(t:server()):call("echo", { message = "hi" })):returns()
end)

scenario("where: a wait", function(t)
    t:fault("server.read.short", { bytes = 1, where = function() t:sleep "1s" end })
    t:expect(t:client(t:server()):call("echo", { message = "hi" })):returns()
end)

scenario("where: something is done", function(t)
    local server = t:server()
    t:fault("server.execute.delay", { by = "1s", where = function() server.host:kill() end })
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
end)

scenario("where: a server is asked in the midst of a write", function(t)
    t:fault("wire.response.swallow", { where = function(event) return event.connection.user == "alice" end })
    t:expect(t:client(t:server()):call("echo", { message = "hi" })):returns()
end)

scenario("an always that says nothing", function(t)
    t:always("nothing is returned", function() local _ = t.now end)
    t:log "something happens"
    t:sleep "1s"
    t:expect(1):is(1)
end)

scenario("an always that does something", function(t)
    local server = t:server()
    t:always("the server is up", function()
        server:stop()
        return true
    end)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
end)

scenario("an always that expects", function(t)
    t:always("there are few events", function()
        t:expect(#t:events("log") < 9):is(true)
        return true
    end)
    t:log "something happens"
    t:sleep "1s"
    t:expect(1):is(1)
end)

scenario("an always that looks", function(t)
    local server = t:server()
    t:always("the server is up", function() return server.port > 0 and #t:events("log") < 9 end)
    t:log "something happens"
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
end)

scenario("Several things are void: all are told", function(t)
    t:fault("client.read.stop", {})
    t:hold "server.purge"
    t:draw("server.select", { 0, 1 })
    for _ = 1, 3 do t:each({}):is(1) end
    t:expect(1):is(1)
    t:expect(2)
    t:expect(3)
end)

scenario("Many things are void: the first are told", function(t)
    for _ = 1, 30 do t:hold "server.read" end
    for _, point in ipairs { "accept", "put", "take", "execute", "reply", "write", "purge", "close" } do
        t:hold("server." .. point)
    end
    for _, point in ipairs { "connect", "read", "write", "close" } do t:hold("client." .. point) end
    t:expect(1):is(1)
end)

scenario("What is void, and an error: what only follows is not told", function(t)
    t:fault("client.read.stop", {})
    t:each({}):is(1)
    error "something is wrong"
end)

scenario("a dial that is under way at the end", function(t)
    local server = t:server()
    t:fault("net.partition", { server })
    t:spawn(function() t:dial(server) end)
    t:sleep "1s"
    t:expect(1):is(1)
end)
