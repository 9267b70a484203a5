-- Clients whom a server does not want: the wrong credentials, the wrong version, no right.

scenario("FA-01 · A SIMPLE client is refused by a server that wants SASL", {
    rough = false,
    tags = { "live" },
}, function(t)
    local server = t:server { auth = "token" }

    local call = t:client(server):call("echo", { message = "hi" })

    t:expect(call):fails "remote_fatal":at(0):with {
        class = "org.apache.hadoop.security.AccessControlException",
    }
    t:expect(call):says(t:by {
        ["-0.20"] = "Authentication is required",
        ["1.2"] = "Authorization (hadoop.security.authorization) is enabled but authentication "
            .. "(hadoop.security.authentication) is configured as simple.",
        ["2.0-"] = "SIMPLE authentication is not enabled.  Available:[",
    })
    t:expect(t:events "client.connect"):count(1)
    t:expect(server.counters.executions):is(0)
end)

scenario("FA-02 · A refusal races the bytes behind it: what is unread makes it an RST", function(t)
    local raw = t:dial(t:server { auth = "token" })
    local request = { "request", method = "echo", value = { message = "hi" } }
    raw:send({ "preamble" }, { "context" }, request, request)

    local fatal = raw:recv()
    if fatal[1] == "response" then -- else the RST has overtaken it
        t:expect(fatal):with {
            status = "FATAL",
            call_id = -1,
            class = "org.apache.hadoop.security.AccessControlException",
        }
        t:expect(raw:drain()):is ""
    end
    t:expect(raw.ended):is(one_of("rst", "fin"))
end)

scenario("FA-04 · A user without the right is refused with FATAL, not with an error per call", {
    rough = false,
    tags = { "live" },
}, function(t)
    local server = t:server { acl = { "alice" } }
    local raw = t:dial(server)
    raw:open { user = "mallory" }
    t:expect(raw:recv "response"):with { status = "FATAL", call_id = t:since "2.0" and -3 or -1 }
    t:expect(server.counters.authorization_failures):is(1)

    local call = t:client(server, { user = "mallory" }):call("echo", { message = "hi" })

    t:expect(call):fails "remote_fatal":with {
        class = "org.apache.hadoop.security.authorize.AuthorizationException",
    }
    t:expect(call):says "User mallory"
    t:expect(call):says "is not authorized for protocol"
    t:expect(server.counters.authorization_failures):is(2)
    t:expect(server.counters.executions):is(0)
    t:expect(t:client(server, { user = "alice" }):call("echo", { message = "hi" })):returns { message = "hi" }
end)

local class = "org.apache.hadoop.ipc.RPC$VersionMismatch"
local text = "Server IPC version 9 cannot communicate with client version 3"

scenario("FA-06 · Each old version gets the goodbye it understands", {
    rough = false,
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

local function text_for(version)
    return "Server IPC version 9 cannot communicate with client version " .. version
end

scenario("FA-06 · Versions 3 to 8 share a goodbye, 2 has its own, and others get none", {
    rough = false,
    releases = "2.2-",
    cases = {
        { version = 8, reply = string.pack(">i4i4s4s4", -1, -1, class, text_for(8)) },
        { version = 2, reply = string.pack(">i4Bs4s4", 0, 1, class, text_for(2)) },
        { version = 1, reply = "" },
        { version = 255, reply = "" },
    },
}, function(t, case)
    local raw = t:dial(t:server())
    raw:send { "preamble", version = case.version }
    t:expect(raw:drain()):is(case.reply)
end)

scenario("FA-06 · A version to come gets the goodbye of this one", {
    rough = false,
    releases = "2.2-",
    cases = { { version = 10 }, { version = 127 } },
}, function(t, case)
    local raw = t:dial(t:server())
    raw:send { "preamble", version = case.version }

    local goodbye = raw:recv "response"
    t:expect(goodbye):with { call = -1, status = "FATAL", code = 14, class = class, message = text_for(case.version) }
    t:expect(raw:drain()):is ""
end)

scenario("FA-06 · Before 2.x no other version gets a word", {
    rough = false,
    releases = "-1.2",
    cases = {
        { version = 0 }, { version = 2 }, { version = 3 }, { version = 5 }, { version = 9 }, { version = 10 },
        { version = 127 }, { version = 255 },
    },
}, function(t, case)
    local server = t:server()
    local raw = t:dial(server)
    raw:send { "preamble", version = case.version }

    t:expect(raw:drain()):is ""
    t:expect(raw.ended):is "fin"
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("FA-07 · An unknown auth byte: only 3.4 says why it closes", { rough = false }, function(t)
    local raw = t:dial(t:server())
    raw:send { "preamble", auth = 7 }

    if t:since "3.1" then
        local reply = raw:recv "response"
        t:expect(reply.status):is "FATAL"
        t:expect(reply.message):is "Unknown auth protocol:7"
    end
    t:expect(raw:drain()):is ""
end)
