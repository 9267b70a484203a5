-- FATAL replies: one ends every call of its connection, whatever call id it carries.

scenario("FA-03 · FATAL fails every call of its connection, with one reason", {
    tags = { "live" },
}, function(t)
    local peer = t:peer() -- a socket with our codec and no manners
    local client = t:client(peer)
    local calls = t:times(5, function(i) return client:call("echo", { message = "call " .. i }) end)

    local raw = peer:accept()
    raw:open() -- preamble, context
    local requests = t:times(5, function() return raw:recv "request" end)
    raw:send { "response", call = requests[3], status = "FATAL", class = "java.io.IOException", message = "x" }

    t:each(calls):fails "remote_fatal":at(0):with { message = "x" }
    raw:recv "fin"
end)

scenario("FA-08 · A FATAL reply behind a full socket is lost, and so is the reply that fills it", {
    releases = "2.2-",
}, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send { "request", method = "blob", value = { size = 1 << 20 } }
    t:sleep "1s"
    raw:send { "request", method = "echo", rpc_op = false, value = { message = "no rpc op" } }
    t:sleep "1s"

    local bytes = raw:drain()
    t:expect(#bytes):is(between(1, (1 << 20) - 1))
    t:expect(bytes:find("No rpc op", 1, true)):is(nil)
    t:expect(t:events("server.close", { server })):count(1)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("FA-15 · ERROR keeps the connection, FATAL ends it", { tags = { "live" } }, function(t)
    local peer = t:peer()
    local client = t:client(peer)
    local function serve(raw, status)
        local request = raw:recv "request"
        raw:send { "response", call = request, status = status, class = "java.io.IOException", message = status }
    end
    local raw
    for i = 1, 10 do
        local call = client:call("echo", { message = "call " .. i })
        if raw == nil then
            raw = peer:accept()
            raw:open()
        end
        serve(raw, i < 10 and "ERROR" or "FATAL")
        t:expect(call):fails(i < 10 and "remote_error" or "remote_fatal")
    end
    t:expect(t:events "client.connect"):count(1)

    local eleventh = client:call("echo", { message = "again" })
    local fresh = peer:accept()
    fresh:open()
    serve(fresh, "ERROR")
    t:expect(eleventh):fails "remote_error"
    t:expect(t:events "client.connect"):count(2)
end)

scenario("FA-19 · FATAL instead of a reply, with every code there is", {
    rough = false,
    releases = "2.2-",
    tags = { "live" },
    cases = {
        { name = "unknown", code = 10 },
        { name = "unsupported-serialization", code = 11 },
        { name = "invalid-rpc-header", code = 12 },
        { name = "deserializing-request", code = 13 },
        { name = "version-mismatch", code = 14 },
        { name = "unauthorized", code = 15 },
    },
}, function(t, case)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    local fields = { status = "FATAL", code = case.code, class = "java.io.IOException", message = "no more" }
    t:fault("wire.response.change", { server, client, method = "echo", fields = fields })
    local neighbour = client:call "hang"

    local call = client:call("echo", { message = "hi" })
    t:expect(call):fails "remote_fatal":with { code = case.code, message = "no more" }
    t:expect(neighbour):fails "remote_fatal":with { code = case.code, message = "no more" }
    t:expect(t:events "client.connect"):count(1)
end)

scenario("FA-20 · ERROR with every code there is fails one call and keeps the connection", {
    releases = "2.2-",
    tags = { "live" },
    cases = {
        { name = "application", code = 1 },
        { name = "no-such-method", code = 2 },
        { name = "no-such-protocol", code = 3 },
        { name = "rpc-server", code = 4 },
        { name = "serializing-response", code = 5 },
        { name = "rpc-version-mismatch", code = 6 },
    },
}, function(t, case)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    local fields = { status = "ERROR", code = case.code, class = "java.io.IOException", message = "not this" }
    t:fault("wire.response.change", { server, client, nth = 1, fields = fields })

    local call = client:call("echo", { message = "hi" })
    t:expect(call):fails "remote_error":with { code = case.code, message = "not this" }
    local next = client:call("echo", { message = "hi" })
    t:expect(next):returns { message = "hi" }
    t:expect(next.connection):is(call.connection)
end)

scenario("FA-21 · FATAL where a connection expects its context to be accepted", {
    tags = { "live" },
}, function(t)
    local peer = t:peer()
    local calls = t:times(2, function() return t:client(peer):call("echo", { message = "x" }) end)
    for _ = 1, 2 do
        local raw = peer:accept()
        raw:open()
        -- Nobody has asked anything yet: the call id is that of the context, before 2.x none.
        raw:send {
            "response", call = t:since "2.0" and -3 or -1, status = "FATAL", code = t:since "2.0" and 15 or nil,
            class = "org.apache.hadoop.security.AccessControlException", message = "not you",
        }
        raw:close()
    end

    t:each(calls):fails(one_of("remote_fatal", "reset", "eof")):at(0)
    t:expect(t:events "client.connect"):count(2)
end)

scenario("FA-17 · A FATAL reply that can't be built is a close without a word", {
    releases = "2.2-",
    tags = { "live" },
}, function(t)
    local server = t:server { acl = { "alice" } }
    t:fault("server.reply.throw", {
        server,
        status = "FATAL",
        class = "java.lang.NullPointerException", -- as of a null error message
    })
    local raw = t:dial(server)
    raw:open { user = "bob" }
    t:expect(raw:drain()):is ""

    local refused = t:client(server, { user = "bob" }):call("echo", { message = "hi" })
    t:expect(refused):fails(one_of("eof", "reset"))
    local welcome = t:client(server, { user = "alice" }):call("echo", { message = "hi" })
    t:expect(welcome):returns { message = "hi" }
end)
