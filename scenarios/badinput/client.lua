-- What a client makes of a server that does not speak the protocol.

local function connected(t)
    local peer = t:peer()
    local client = t:client(peer)
    local calls = t:times(2, function(i) return client:call("echo", { message = "call " .. i }) end)
    local raw = peer:accept()
    raw:open()
    return raw, calls, { raw:recv "request", raw:recv "request" }
end

scenario("BI-15 · A response of length nought, or longer than the limit, is refused by 3.4", {
    releases = "3.4",
    tags = { "live" },
    cases = {
        { length = 0, says = "RPC response has invalid length of 0" },
        { length = 134217729, says = "RPC response has a length of 134217729 exceeds maximum data length" },
    },
}, function(t, case)
    local raw, calls = connected(t)
    raw:send(string.pack(">i4", case.length))

    t:each(calls):fails "bad_reply":at(0):says(case.says)
end)

scenario("BI-15 · A response as long as the limit is read", { releases = "3.4" }, function(t)
    local raw, calls = connected(t)
    raw:send(string.pack(">i4", 134217728))
    t:settle()

    t:each(calls):pending()
    raw:close()
    t:each(calls):fails "eof"
end)

scenario("BI-20 · A server that answers with a web page fails every call", {
    tags = { "live" },
}, function(t)
    local raw, calls = connected(t)
    raw:send "HTTP/1.1 400 Bad Request\r\n\r\n"
    raw:close()

    t:each(calls):fails(one_of("bad_reply", "eof", "reset")):at(0)
end)

scenario("BI-21 · A response whose header does not parse fails every call", {
    releases = "2.2-",
    tags = { "live" },
}, function(t)
    local raw, calls = connected(t)
    raw:send "\0\0\0\6\5\xff\xff\xff\xff\xff"

    t:each(calls):fails "bad_reply":at(0)
end)
