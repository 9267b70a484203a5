-- The same in release 1.2, whose client can lose the thread that reads.

-- # What ended a call, or its connection

scenario("A response with an unknown call id has ended the thread that reads", { releases = "1.2" }, function(t)
    local peer = t:peer()
    local call = t:client(peer):call("echo", { message = "hi" })
    local raw = peer:accept()
    raw:open()
    raw:recv "request"
    raw:send { "response", call = 77, value = { message = "hi" } }
    t:sleep "1s"
    t:expect(call):took(0)
    call:interrupt()
    raw:reset()
end)

scenario("A second response has ended the thread that reads", { releases = "1.2" }, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    t:fault("wire.response.duplicate", { server, method = "echo" })
    local hang = client:call "hang"
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "1s"
    t:expect(hang):took(0)
end)

scenario("A FATAL response is to no call in particular", { releases = "1.2" }, function(t)
    local server = t:server { acl = { "alice" } }
    local call = t:client(server, { user = "bob" }):call("echo", { message = "hi" })
    t:expect(call):returns()
end)
