-- FATAL replies: one ends every call of its connection, whatever call id it carries.

scenario("FA-01 · A SIMPLE client is refused by a server that wants SASL", { releases = "2.2-" }, function(t)
    local server = t:server { auth = "token" }

    local call = t:client(server):call("echo", { message = "hi" })

    t:expect(call):fails "remote_fatal":at(0):with {
        class = "org.apache.hadoop.security.AccessControlException",
    }
    t:expect(call):says "SIMPLE authentication is not enabled.  Available:["
    t:expect(t:events "client.connect"):count(1)
    t:expect(server.counters.executions):is(0)
end)

scenario("FA-03 · FATAL fails every call of its connection, with one reason", function(t)
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

scenario("FA-04 · A user without the right is refused with FATAL, not with an error per call", { releases = "2.2-" }, function(t)
    local server = t:server { acl = { "alice" } }

    local call = t:client(server, { user = "mallory" }):call("echo", { message = "hi" })

    t:expect(call):fails "remote_fatal":with {
        class = "org.apache.hadoop.security.authorize.AuthorizationException",
    }
    t:expect(call):says "User mallory"
    t:expect(server.counters.authorization_failures):is(1)
    t:expect(t:client(server, { user = "alice" }):call("echo", { message = "hi" })):returns { message = "hi" }
end)

local class = "org.apache.hadoop.ipc.RPC$VersionMismatch"
local text = "Server IPC version 9 cannot communicate with client version 3"

scenario("FA-06 · Each old version gets the goodbye it understands", {
    releases = "2.2-",
    cases = {
        { version = 3, reply = string.pack(">i4i4s4s4", -1, -1, class, text) },
        { version = 0, reply = "" },
    },
}, function(t, case)
    local raw = t:dial(t:server())
    raw:send { "preamble", version = case.version }
    t:expect(raw:drain()):is(case.reply)
    t:expect(raw.ended):is "fin"
end)

scenario("FA-07 · An unknown auth byte: 2.6 says nothing, 3.4 says why", { releases = "2.2-" }, function(t)
    local raw = t:dial(t:server())
    raw:send { "preamble", auth = 7 }

    if t:since "3.1" then
        local reply = raw:recv "response"
        t:expect(reply.status):is "FATAL"
        t:expect(reply.message):is "Unknown auth protocol:7"
    end
    t:expect(raw:drain()):is ""
end)

scenario("FA-15 · ERROR keeps the connection, FATAL ends it", function(t)
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
