-- What handles promise.

scenario("The test protocol echoes, takes its time, and throws", function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server)
    local call = client:call("echo", { message = "hi\0there" })
    t:expect(call):returns { message = "hi\0there" }:at(0)
    local slow = client:call("echo", { message = "late", time = "3s" })
    t:expect(slow):returns { message = "late" }:took "3s"
    t:expect(slow.executions):is(1)
    t:expect(slow.connection):is(call.connection)
    t:expect(slow.call_id):is(call.call_id + 1)
    local thrown = client:call("throw", { class = "java.io.IOException", message = "x", time = 5 })
    t:expect(thrown):fails "remote_error":with { class = "java.io.IOException", message = "x" }
    t:expect(client:call "nothing"):fails "remote_error":says "nothing"
    t:expect(server.counters.executions):is(3)
end)

-- But for the two sizes that no frame has: where a value's delimiter gets a byte longer.
scenario("A blob has exactly as many bytes on the wire as were asked for", function(t)
    local client = t:client(t:server())
    local shorter = 0
    local function try(size)
        t:expect(client:call("blob", { size = size })):returns()
        local responses = t:events "wire.response"
        local length = responses[#responses].length
        if length == size - 1 then
            shorter = shorter + 1
        else
            t:expect(length):is(size)
        end
    end
    for size = 100, 400 do try(size) end
    for size = 16400, 16440 do try(size) end
    try(70000)
    t:expect(shorter):is(2)
end)

scenario("A Lua handler sleeps, throws, defers, and answers once", function(t)
    local server = t:server { handlers = 1 }
    local seen, later
    server:on("slow", function(call, request)
        seen = { call.user, call.method, call.retry, #call.client_id, request["?"] }
        call:sleep "8s"
        return {}
    end)
    server:on("bad", function(call) call:throw("java.io.FileNotFoundException", "no such file") end)
    server:on("later", function(call)
        call:defer()
        later = call
    end)
    server:on("raw", function() return "\x9a\x06\2ok" end)
    local client = t:client(server, { user = "alice" })
    t:expect(client:call "slow"):returns {}:took "8s"
    t:expect(seen):is { "alice", "slow", 0, 16 }
    t:expect(client:call "bad"):fails "remote_error":with {
        class = "java.io.FileNotFoundException",
        message = "no such file",
    }
    t:expect(client:call "raw"):returns { ["?"] = "\x9a\x06\2ok" }
    local deferred = client:call "later"
    t:expect(client:call("echo", { message = "the Handler is free" })):returns()
    t:sleep "2s"
    t:expect(deferred):pending()
    t:expect(later:answer {}):is(true)
    t:expect(later:answer {}):is(false)
    t:expect(deferred):returns():took "2s"
end)

scenario("Mistakes are told with the nearest right name", function(t)
    local function mistake(text, fn, ...)
        local well, message = pcall(fn, ...)
        t:expect(well):is(false)
        t:expect(tostring(message)):is(has(text))
    end
    local server = t:server()
    local client = t:client(server)
    mistake("did you mean 'handlers'", t.server, t, { handler = 2 })
    mistake("did you mean 'message'", client.call, client, "echo", { mesage = "x" })
    mistake("ipc.server.read.threadpool.size", t.server, t, { conf = { ["ipc.server.read.threadpool.siz"] = 2 } })
    mistake("queue: 0 is not between 1 and", t.server, t, { queue = 0 })
    mistake("Java makes no callQueue without room", t.server, t, { conf = { ["ipc.server.handler.queue.size"] = 0 } })
    local taken = ("server1:%d is taken; it needs a port or a host of its own"):format(server.port)
    mistake(taken, t.server, t, { host = "server1", port = server.port })
    mistake(taken, t.peer, t, { host = "server1", port = server.port })
    mistake("did you mean 'counters'", function() return server["counter"] end)
    mistake("has no lane", server.lane, server, "reader/9")
    mistake("can't be set", function() server.port = 1 end)
    mistake("engine can't be 'writeable'; did you mean 'writable'", t.server, t, { engine = "writeable" })
    mistake("engine can't be 'writeable'; did you mean 'writable'", t.client, t, server, { engine = "writeable" })
    t:protocol("org.example.Written", { methods = { nothing = { "void" } } })
    if t:since "2.2" then
        mistake("are Writables: it needs another client", client.proxy, client, { protocol = "org.example.Written" })
    end
    mistake("did you mean 'request'", function(kind) t:dial(server):recv(kind) end, "reqest")
end)

scenario("A server stops, starts again at its address, and answers as before", function(t)
    local server = t:server()
    local client = t:client(server)
    local address = server.address
    t:expect(client:call("echo", { message = "a" })):returns()
    local hang = client:call "hang"
    t:sleep "1s"
    server:stop()
    t:expect(hang):fails(one_of("eof", "remote_error"))
    server:start()
    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }
    t:expect(server.address):is(address)
end)

scenario("A server whose host is killed is gone; another takes its place", function(t)
    local host = t:host "nn"
    local first = t:server { host = host, port = 8020 }
    local client = t:client "nn:8020"
    t:expect(client:call("echo", { message = "a" })):returns()
    local hang = client:call "hang"
    t:sleep "1s"
    host:kill()
    t:expect(hang):fails(one_of("eof", "reset"))
    t:expect(client:call("echo", { message = "b" })):fails "refused"
    t:server { host = "nn", port = 8020 }
    t:expect(client:call("echo", { message = "c" })):returns { message = "c" }
    t:expect(tostring(first)):is "server1"
end)

scenario("Whatever hangs at the end is let go", { releases = "-2.6" }, function(t)
    local server = t:server { handlers = 5 }
    server:on("h", function(call)
        call:hang()
        return {}
    end)
    server:on("d", function(call) call:defer() end)
    local client = t:client(server)
    local calls = { client:call "hang", client:call "h", client:call "d" }
    t:sleep "1h"
    t:each(calls):pending()
end)

scenario("A raw client says what it is told, and reads when it is told", function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open { user = "alice" }
    raw:send(
        { "request", method = "echo", value = { message = "a" } },
        { "ping" },
        { "request", method = "echo", value = { message = "b" }, call_id = 7 }
    )
    local a, b = raw:recv "response", raw:recv "response"
    t:expect(a.value):is { message = "a" }
    t:expect(b.value):is { message = "b" }
    t:expect({ a.call_id, b.call_id }):is { 0, 7 }
    t:expect(server.connections[1].user):is "alice"
    t:expect(server.connections[1].state):is "open"
    raw:send { "request", method = "throw", value = { class = "x.Y", message = "m" } }
    local thrown = raw:recv "response"
    t:expect({ thrown.status, thrown.class }):is { "ERROR", "x.Y" }
    t:expect(thrown.message):is(starts "m\n\tat org.apache.hadoop.ipc.")
    raw:send { "request", method = "echo", value = {}, length = -5 }
    t:expect(raw:drain()):is ""
    t:expect(raw.ended):is(one_of("fin", "rst"))
end)

scenario("A peer's answers reach the client, and its manners are its own", function(t)
    local peer = t:peer()
    local client = t:client(peer, { user = "bob" })
    local calls = t:times(3, function(i) return client:call("echo", { message = "call " .. i }) end)
    local raw = peer:accept()
    local context = raw:open()
    t:expect({ context.user, context.protocol }):is { "bob", "org.ripcord.TestProtocol" }
    local requests = t:times(3, function() return raw:recv "request" end)
    t:expect(requests[2].value):is { message = "call 2" }
    raw:send { "response", call = requests[2], value = { message = "two" } }
    t:expect(calls[2]):returns { message = "two" }
    raw:send { "response", call = requests[1], class = "a.B", message = "c" }
    t:expect(calls[1]):fails "remote_error":with { class = "a.B", message = "c" }
    raw:reset()
    t:expect(calls[3]):fails "reset"
end)

scenario("A peer that has closed refuses", function(t)
    local peer = t:peer()
    peer:close()
    local client = t:client(peer, { conf = { ["ipc.client.connect.max.retries"] = 0 } })
    t:expect(client:call("echo", {})):fails "refused"
end)

scenario("A call of a client that was stopped ends at once", function(t)
    local client = t:client(t:server())
    client:stop()
    t:expect(client:call("echo", {})):fails("stopped"):with { message = "The client is stopped" }
end)

scenario("A message can be changed on its way, and another put in", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.request.change", { server, method = "echo", nth = 1, fields = { method = "blub" } })
    t:expect(client:call("echo", { message = "a" })):fails "remote_error":says "blub"
    t:expect(client:call("echo", { message = "a" })):returns()
end)

scenario("An acl lets in whom it names", { releases = "2.6-" }, function(t)
    local server = t:server { acl = { "alice" } }
    t:expect(t:client(server, { user = "alice" }):call("echo", { message = "a" })):returns()
    t:expect(t:client(server, { user = "bob" }):call("echo", { message = "a" })):fails "remote_fatal"
    t:expect(server.counters.authorization_failures):is(1)
end)

scenario("Proxies of one client share what is equal, and nothing else", function(t)
    local server = t:server()
    local client = t:client(server)
    local same = client:proxy {}
    local other = client:proxy { user = "bob" }
    local first = client:call("echo", { message = "a" })
    t:expect(first):returns()
    local second, third = same:call("echo", { message = "b" }), other:call("echo", { message = "c" })
    t:expect(second):returns()
    t:expect(third):returns()
    t:expect(second.connection):is(first.connection)
    t:expect(third.connection):is_not(first.connection)
    t:expect(#client.connections):is(2)
    client:stop()
end)

scenario("A NameNode keeps its tree", function(t)
    local namenode = t:server {
        role = roles.namenode { tree = { ["/a"] = "hello", ["/dir/"] = {}, ["/dir/x/y"] = "" } },
    }
    local client = t:client(namenode)
    local info = client:call("getFileInfo", { src = "/a" })
    t:expect(info):returns()
    t:expect(info.value.fs.length):is(5)
    local list = client:call("getListing", { src = "/", startAfter = "", needLocation = false })
    t:expect(list):returns()
    t:expect(list.value.dirList.partialListing[1].path):is "a"
    t:expect(list.value.dirList.partialListing[2].path):is "dir"
    local mkdirs = { src = "/q/w", masked = { perm = 493 }, createParent = true }
    t:expect(client:call("mkdirs", mkdirs)):returns { result = true }
    local rename = { src = "/q", dst = "/dir/z", overwriteDest = false }
    t:expect(client:call("rename2", rename)):returns()
    t:expect(client:call("getFileInfo", { src = "/q" })):returns {}
    t:expect(client:call("getFileInfo", { src = "/dir/z/w" })):returns()
    t:expect(client:call("delete", { src = "/dir", recursive = false })):fails "remote_error":with {
        class = "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException",
    }
    t:expect(client:call("delete", { src = "/dir", recursive = true })):returns { result = true }
    t:expect(client:call("rename2", rename)):fails "remote_error":with {
        class = "java.io.FileNotFoundException",
    }
end)
