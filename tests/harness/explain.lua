-- Each scenario fails, or is void, for the reason that its title names: the sentence behind
-- "because" must say so.  docs/explain.md is made of this file and of what it prints.

-- # Which stage holds a call

scenario("It waits in the callQueue, for every Handler is busy", function(t)
    local server = t:server { handlers = 2 }
    t:client(server):call("echo", { message = "a", time = "8s" })
    t:sleep "1s"
    t:client(server):call("echo", { message = "b", time = "8s" })
    local late = t:client(server):call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(late):at "1s"
end)

scenario("Its Handler runs the method, which takes its time", function(t)
    local client = t:client(t:server())
    local slow = client:call("echo", { message = "hi", time = "1m" })
    t:sleep "5s"
    t:expect(slow):took(at_most "5s")
end)

scenario("The method never answers", function(t)
    local call = t:client(t:server(), { rpc_timeout = "5s" }):call "hang"
    t:expect(call):returns()
end)

scenario("The method has deferred its answer, and nobody gives it", function(t)
    local server = t:server()
    server:on("report", function(call) call:defer() end)
    local call = t:client(server):call "report"
    t:sleep "1s"
    t:expect(call):took(0)
end)

scenario("The Reader stands before a full callQueue with it", { limit = "30s" }, function(t)
    local server = t:server { handlers = 1, queue = 1 }
    local client = t:client(server, { rpc_timeout = "10s" })
    client:call "hang"
    client:call "hang"
    t:sleep "1s"
    t:expect(client:call("echo", { message = "hi" })):returns()
end)

scenario("The Reader stands before a full callQueue with the call of another", function(t)
    local server = t:server { handlers = 1, queue = 1 }
    local client = t:client(server)
    for _ = 1, 3 do client:call("echo", { message = "a", time = "9s" }) end
    t:sleep "1s"
    local deaf = t:client(server):call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(deaf):took(0)
end)

scenario("A hold of the script's has not been released", function(t)
    local server = t:server()
    t:hold("server.put", { server, method = "echo" })
    local call = t:client(server):call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(call):took(0)
end)

scenario("The server's host is paused", function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "1s"
    server.host:pause()
    local call = client:call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(call):took(0)
    server.host:resume()
end)

scenario("Its response is written short, and the rest waits for the socket", function(t)
    local client = t:client(t:server())
    t:fault("client.read.stop", { client })
    local stuck = client:call("blob", { size = "4MiB" })
    t:sleep "1m"
    t:expect(stuck):took(at_most "1m")
end)

scenario("Its response waits behind another of its connection", function(t)
    local client = t:client(t:server { handlers = 2 })
    t:fault("client.read.stop", { client })
    client:call("blob", { size = "4MiB" })
    local small = client:call("echo", { message = "hi", time = "1s" })
    t:sleep "5s"
    t:expect(small):took "1s"
end)

scenario("Its response lies unread", function(t)
    local client = t:client(t:server())
    t:fault("client.read.stop", { client })
    local call = client:call("echo", { message = "hi", time = "1s" })
    t:sleep "5s"
    t:expect(call):took "1s"
end)

scenario("A scripted peer has not answered", function(t)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "hi" })
    local raw = peer:accept()
    raw:open()
    raw:recv "request"
    t:sleep "1s"
    t:expect(call):took(0)
    raw:close()
    t:expect(call):fails "eof"
end)

scenario("Its request has not left the client: the peer's window is closed", function(t)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = ("x"):rep(1000000) })
    local raw = peer:accept()
    t:sleep "1s"
    t:expect(call):took(0)
    raw:reset()
    t:expect(call):fails()
end)

scenario("The client sleeps between two attempts to connect", function(t)
    t:host "nn"
    local call = t:client("nn:9"):call("echo", { message = "hi" })
    t:sleep "2500ms"
    t:expect(call):took(at_most "2s")
    t:expect(call):fails "refused"
end)

scenario("Nobody answers its SYN", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("net.partition", { client, server })
    local call = client:call("echo", { message = "hi" })
    t:sleep "50s"
    t:expect(call):took(at_most "50s")
end)

scenario("Another call sets the connection up", function(t)
    t:host "nn"
    local client = t:client "nn:9"
    local first = client:call("echo", { message = "a" })
    local second = client:call("echo", { message = "b" })
    t:sleep "2500ms"
    t:expect(second):took(at_most "2s")
    t:each({ first, second }):fails "refused"
end)

scenario("Its Handler is gone: memory ran out as it made the response", function(t)
    local server = t:server()
    t:fault("server.reply.memory", { server, nth = 1 })
    local call = t:client(server, { rpc_timeout = "5s" }):call("echo", { message = "hi", time = "2s" })
    t:expect(call):returns()
end)

scenario("Its response was lost as it was made, and the Handler goes on", function(t)
    local server = t:server()
    t:fault("server.reply.throw", { server, class = "java.io.IOException", nth = 1 })
    local call = t:client(server, { rpc_timeout = "5s" }):call("echo", { message = "hi", time = "2s" })
    t:expect(call):returns()
end)

scenario("It waits in the callQueue, for the only Handler is gone", function(t)
    local server = t:server { handlers = 1 }
    t:fault("server.reply.memory", { server, nth = 1 })
    t:client(server, { rpc_timeout = "1s" }):call("echo", { message = "hi" })
    t:sleep "1s"
    local late = t:client(server, { rpc_timeout = "5s" }):call("echo", { message = "hi" })
    t:expect(late):returns()
end)

scenario("It waits in the callQueue: one Handler is gone, the other is busy", function(t)
    local server = t:server { handlers = 2 }
    t:fault("server.reply.memory", { server, nth = 1 })
    t:client(server, { rpc_timeout = "1s" }):call("echo", { message = "hi" })
    t:sleep "1s"
    t:client(server):call("echo", { message = "a", time = "8s" })
    t:sleep "1s"
    local late = t:client(server, { rpc_timeout = "5s" }):call("echo", { message = "hi" })
    t:expect(late):returns()
end)

scenario("The Reader of its connection is gone", function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:fault("server.read.memory", { server, nth = 1 })
    local call = client:call("echo", { message = "hi again" })
    t:expect(call):returns()
end)

scenario("Its caller is dead", { limit = "2d" }, function(t)
    local client = t:client(t:server())
    local call = client:call("echo", { message = "x", time = "10s" })
    t:sleep "1s"
    client.host:kill()
    t:expect(call):returns()
end)

-- # What ended a call, or its connection

scenario("The Responder has purged the connection", function(t)
    local client = t:client(t:server())
    local deaf = t:fault("client.read.stop", { client })
    local stuck = client:call("blob", { size = "4MiB" })
    t:sleep "16m"
    deaf:lift()
    t:expect(stuck):returns()
end)

scenario("The server's idle scan has closed the connection", function(t)
    local server = t:server { conf = { ["ipc.client.idlethreshold"] = 0 } }
    local client = t:client(server, { conf = { ["ipc.client.connection.maxidletime"] = "1h" } })
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "1m"
    t:expect(client:call("echo", { message = "b" })):returns()
end)

scenario("The server was stopped", function(t)
    local server = t:server()
    local call = t:client(server):call "hang"
    t:sleep "1s"
    server:stop()
    t:expect(call):fails "read_timeout"
end)

scenario("The server's host was killed", function(t)
    local server = t:server()
    local call = t:client(server):call "hang"
    t:sleep "1s"
    server.host:kill()
    t:expect(call):fails "read_timeout"
end)

scenario("Who listened there has been stopped", function(t)
    local server = t:server()
    server:stop()
    t:sleep "1s"
    local client = t:client(server, { conf = { ["ipc.client.connect.max.retries"] = 0 } })
    t:expect(client:call("echo", { message = "hi" })):returns()
end)

scenario("A FATAL response to another call has ended the connection", function(t)
    local peer = t:peer()
    local client = t:client(peer)
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i }) end)
    local raw = peer:accept()
    raw:open()
    local first = raw:recv "request"
    raw:recv "request"
    raw:send { "response", call = first, status = "FATAL", class = "java.io.IOException", message = "x" }
    t:expect(calls[2]):returns()
    raw:recv "fin"
end)

scenario("A response with an unknown call id has closed the connection", function(t)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "hi" })
    local raw = peer:accept()
    raw:open()
    raw:recv "request"
    raw:send { "response", call = 77, value = { message = "hi" } }
    t:expect(call):returns()
end)

scenario("A second response to a call has closed the connection", function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    t:fault("wire.response.duplicate", { server, method = "echo" })
    local hang = client:call "hang"
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:expect(hang):fails "eof"
end)

scenario("Every attempt to connect was refused", function(t)
    t:host "nn"
    local call = t:client("nn:9"):call("echo", { message = "hi" })
    t:expect(call):fails "connect_timeout"
end)

scenario("The only attempt to connect got no answer to its SYN", function(t)
    local server = t:server()
    local client = t:client(server, {
        conf = { ["ipc.client.connect.max.retries.on.timeouts"] = 0 },
    })
    t:fault("net.syn.drop", { client })
    t:expect(client:call("echo", { message = "hi" })):fails "refused"
end)

scenario("The server turned the connection away", function(t)
    local server = t:server { acl = { "alice" } }
    local call = t:client(server, { user = "bob" }):call("echo", { message = "hi" })
    t:expect(call):returns()
end)

scenario("Two calls are not on one connection, for the older was closed as idle", function(t)
    local client = t:client(t:server())
    local first = client:call("echo", { message = "a" })
    t:expect(first):returns()
    t:sleep "11s"
    local second = client:call("echo", { message = "b" })
    t:expect(second):returns()
    t:expect(second.connection):is(first.connection)
end)

scenario("Only another release says it so", function(t)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "hi" })
    local raw = peer:accept()
    raw:open()
    raw:recv "request"
    raw:reset()
    t:expect(call):fails "reset":says "failed on socket exception"
end)

-- # Which time-out is armed, or fired

scenario("No rpc time-out is set: pings go out, and end nothing", function(t)
    local call = t:client(t:server()):call "hang"
    t:sleep "90s"
    t:expect(call):took(at_most "90s")
end)

scenario("No timer is armed at all", function(t)
    local client = t:client(t:server(), { conf = { ["ipc.client.ping"] = false } })
    t:expect(client:call "hang"):returns()
end)

scenario("The rpc time-out is armed, for later than was expected", function(t)
    local call = t:client(t:server(), { rpc_timeout = "30s" }):call "hang"
    t:sleep "5s"
    t:expect(call):at "5s"
    t:expect(call):fails "read_timeout"
end)

scenario("The read time-out began anew when bytes came", function(t)
    local client = t:client(t:server { handlers = 2 }, { rpc_timeout = "5s" })
    local call = client:call "hang"
    t:expect(client:call("echo", { message = "hi", time = "3s" })):returns()
    t:expect(call):fails "read_timeout":at "5s"
end)

scenario("The read time-out counts a silence that is older than the call", function(t)
    local client = t:client(t:server { handlers = 2 }, { rpc_timeout = "5s" })
    client:call "hang"
    t:sleep "4s"
    local call = client:call "hang"
    t:expect(call):fails "read_timeout":took "5s"
end)

scenario("Only another release sets a time-out by itself", function(t)
    local call = t:client(t:server()):call "hang"
    t:sleep "1s"
    t:expect(call):fails "read_timeout"
end)

scenario("The body waits for a call that does not end in time", { limit = "20s" }, function(t)
    local call = t:client(t:server()):call "hang"
    t:wait(call)
    t:expect(call):fails()
end)

scenario("It is late by a sleep between two attempts to connect", function(t)
    t:host "nn"
    local call = t:client("nn:9"):call("echo", { message = "hi" })
    t:expect(call):fails "refused":at "9s"
end)

scenario("Its time went by in the callQueue and in its Handler", function(t)
    local client = t:client(t:server { handlers = 1 })
    client:call("echo", { message = "a", time = "10s" })
    local call = client:call("echo", { message = "b", time = "2s" })
    t:expect(call):returns():took "2s"
end)

scenario("The Responder's select ends late by a millisecond", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("client.read.stop", { client })
    client:call("blob", { size = "4MiB" })
    t:sleep "16m"
    t:expect(t:events("server.purge", { server })):at { "15m" }
end)

-- # Which fault struck it, or has not

scenario("A fault has swallowed its response", function(t)
    local server = t:server()
    t:fault("wire.response.swallow", { server, method = "echo" })
    local call = t:client(server, { rpc_timeout = "5s" }):call("echo", { message = "hi" })
    t:expect(call):returns()
end)

scenario("A fault delays its Handler", function(t)
    local server = t:server()
    t:fault("server.execute.delay", { server, by = "30s" })
    local call = t:client(server):call("echo", { message = "hi" })
    t:sleep "5s"
    t:expect(call):took(0)
end)

scenario("A fault has reset its connection", function(t)
    local server = t:server()
    t:fault("net.segment.rst", { server, direction = "s2c" })
    local call = t:client(server):call("echo", { message = "hi" })
    t:expect(call):returns()
end)

scenario("A partition stands between the two", function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep "1s"
    t:fault("net.partition", { client, server })
    local call = client:call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(call):took(0)
end)

scenario("The fault that should have broken it has met nobody", function(t)
    local server = t:server()
    t:fault("wire.response.swallow", { server, method = "ech" })
    local call = t:client(server):call("echo", { message = "hi" })
    t:expect(call):fails "read_timeout"
end)

-- # Why an event, a strike or a hold never came

scenario("No event has the method that was aimed at", function(t)
    local server = t:server()
    t:client(server):call("echo", { message = "hi" })
    t:settle()
    t:expect(t:events("server.execute", { server, method = "ech" })):count(1)
end)

scenario("The events are on another connection", function(t)
    local server = t:server()
    local one, other = t:client(server), t:client(server)
    local first = one:call("echo", { message = "a" })
    t:expect(first):returns()
    t:expect(other:call("echo", { message = "b" })):returns()
    one:stop()
    local closes = t:events("client.close", { connection = first.connection, client = other })
    t:settle()
    t:expect(closes):count(1)
end)

scenario("The events are not in that time", function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "a" })):returns()
    t:expect(t:events("server.take", { from = "1s" })):count(1)
end)

scenario("Nobody has come to the point at all", function(t)
    local server = t:server()
    t:expect(t:client(server):call("echo", { message = "a" })):returns()
    t:expect(t:events("server.purge", { server })):count(1)
end)

scenario("The fault came too late for whom it was aimed at", function(t)
    local server = t:server()
    t:expect(t:client(server):call("echo", { message = "a" })):returns()
    t:sleep "1s"
    t:fault("server.execute.delay", { server, by = "1s" })
end)

scenario("The fault is aimed at a visit that was never made", function(t)
    local server = t:server()
    t:fault("server.execute.delay", { server, nth = 3, by = "1s" })
    t:expect(t:client(server):call("echo", { message = "a" })):returns()
end)

scenario("The hold is aimed at a lane where nobody came", function(t)
    local server = t:server { handlers = 2 }
    t:hold("server.execute", { server, lane = "handler/1" })
    t:expect(t:client(server):call("echo", { message = "a" })):returns()
end)
