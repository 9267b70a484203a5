-- What a server says to somebody who does not speak the protocol.

local function still_serves(t, server)
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end

scenario("BI-02 · A web browser is told that this is an RPC port", { releases = "2.0-" }, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:send "GET / HTTP/1.0\r\n\r\n"

    t:expect(raw:drain()):is(starts "HTTP/1.1 404 Not Found\r\n")
    still_serves(t, server)
end)

scenario("BI-03 · A negative length closes the connection without a word", {
    releases = "2.2-",
    cases = { { length = -1 }, { length = -2 }, { length = -2147483648 } },
}, function(t, case)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send(string.pack(">i4", case.length))

    t:expect(raw:drain()):is ""
    still_serves(t, server)
end)

scenario("BI-05 · A frame may be as long as the limit, not a byte longer", { releases = "2.2-" }, function(t)
    local server = t:server()
    local limit = t:by { ["-2.6"] = 67108864, ["3.4"] = 134217728 }
    local fits, over = t:dial(server), t:dial(server)
    fits:open()
    over:open()
    fits:send(string.pack(">i4", limit))
    over:send(string.pack(">i4", limit + 1))

    t:expect(over:drain()):is ""
    t:expect(fits.ended):is(nil)
    still_serves(t, server)
end)

scenario("BI-11 · An unknown method, protocol or version is an error of that call only", { releases = "2.2-" }, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    local function refused(request, code, text)
        raw:send(request)
        local reply = raw:recv "response"
        t:expect(reply.status):is "ERROR"
        t:expect(reply.code):is(code)
        t:expect(reply.message):is(starts(text))
    end

    refused({ "request", method = "dance", value = "" }, 2, "Unknown method dance called on ")
    refused({ "request", method = "echo", protocol = "no.Such", value = "" }, 3, "Unknown protocol: no.Such")
    raw:send { "request", method = "echo", value = { message = "hi" } }
    t:expect(raw:recv "response".value):is { message = "hi" }
end)

scenario("BI-12 · Random bytes end in a close or in waiting, never in a crash", { releases = "2.2-", seeds = 20 }, function(t)
    local server = t:server()
    local raw = t:dial(server)
    raw:open()
    raw:send(t:random_bytes(10000))
    t:settle()

    t:expect(server.counters.executions):is(0)
    still_serves(t, server)
end)

scenario("BI-14 · A ping before the context is silently accepted", { releases = "2.2-" }, function(t)
    local raw = t:dial(t:server())
    raw:send { "preamble" }
    raw:send { "ping" }
    raw:send { "context" }
    raw:send { "request", method = "echo", value = { message = "hi" } }

    t:expect(raw:recv "response".value):is { message = "hi" }
end)

scenario("BI-17 · A SASL message on a connection that did not ask for it", { releases = "2.2-" }, function(t)
    local raw = t:dial(t:server())
    raw:open()
    raw:send { "sasl", state = "NEGOTIATE" }

    local reply = raw:recv "response"
    t:expect(reply.status):is "FATAL"
    t:expect(reply.message):is "SASL protocol not requested by client"
    t:expect(raw:drain()):is ""
end)
