-- What raws and peers promise of the messages of IPC version 4.

scenario("A raw calls with what its table says, and a reply is a table", function(t)
    local raw = t:dial(t:server())
    raw:open { user = "alice" }
    raw:send { "request", method = "echo", value = { message = "hi" } }
    local reply = raw:recv "response"
    t:expect(reply.value.message):is "hi"
    t:expect(reply.status):is "SUCCESS"
    t:expect(reply.retry == nil and reply.length == nil and reply.client_id == nil):is(true)
    raw:send {
        "request", method = "getProtocolVersion", types = { "java.lang.String", "long" },
        value = { "org.ripcord.TestProtocol", 1 },
    }
    t:expect(raw:recv("response").value):is(1)
    raw:send({ "ping" }, { "request", method = "no", types = { "int" }, value = { 5 } })
    reply = raw:recv "response"
    t:expect(reply.status):is "ERROR"
    t:expect(reply.class):is "java.io.IOException"
    t:expect(reply.message):is(starts "java.io.IOException: java.lang.NoSuchMethodException: org.ripcord.TestProtocol.no(int)")
end)

scenario("A peer hears a client of Java's manners and answers it", function(t)
    local peer = t:peer()
    local client = t:client(peer, { user = "bob" })
    local call = client:call("echo", { message = "yo" })
    local raw = peer:accept()
    local header = raw:open()
    t:expect(header.user):is "bob"
    t:expect(header.protocol):is "org.ripcord.TestProtocol"
    local request = raw:recv "request"
    if request.method == "getProtocolVersion" then
        t:expect(request.types):is { "java.lang.String", "long" }
        raw:send { "response", call = request, value = 1 }
        request = raw:recv "request"
    end
    t:expect(request.types):is { "org.ripcord.EchoRequest" }
    t:expect(request.value.message):is "yo"
    raw:send { "response", call = request, value = { message = "back" } }
    t:expect(call):returns { message = "back" }
end)

scenario("Bytes and places are those of version 4", function(t)
    local raw = t:dial(t:server())
    local function hex(bytes)
        return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
    end
    t:expect(hex(raw:encode { "preamble" })):is "687270630450"
    t:expect(hex(raw:encode { "preamble", auth = "digest" })):is "687270630452"
    t:expect(hex(raw:encode { "ping" })):is "ffffffff"
    t:expect(hex(raw:encode { "context", user = "a", protocol = "P" })):is "0000000701500100016100"
    t:expect(hex(raw:encode { "request", call_id = -1, method = "m", bytes = "xyz" })):is "0000000affffffff00016d78797a"
    t:expect(hex(raw:encode { "request", call_id = 2, method = "m", types = { "long" }, value = { 1 }, length = -3 })):is(
        "fffffffd0000000200016d0000000100046c6f6e670000000000000001")
    local con = t:peer()
    t:dial(con)
    local accepted = con:accept()
    t:expect(hex(accepted:encode { "response", call = 1, type = "int", value = 7 })):is "00000001000000000003696e7400000007"
    t:expect(hex(accepted:encode { "response", call_id = -1, status = "FATAL", class = "C", message = "m" })):is(
        "ffffffffffffffff0000000143000000016d")
    t:expect(hex(accepted:encode { "response", call = 3, status = 9 })):is "0000000300000009"
    t:expect(hex(accepted:encode { "sasl", state = "SUCCESS" })):is "00000000ffffffa8"
    t:expect(hex(accepted:encode { "sasl", state = "CHALLENGE", token = "t" })):is "000000000000000174"
    t:expect(hex(accepted:encode { "sasl", status = "ERROR", class = "C", message = "" })):is "00000001000000014300000000"
end)

scenario("The fault change takes a table as the value of a request or response", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.request.change", { client, nth = 1, method = "echo", fields = { value = { message = "b" } } })
    t:fault("wire.response.change", { client, nth = 2, method = "echo", fields = { value = { message = "c" } } })
    t:expect(client:call("echo", { message = "a" })):returns { message = "b" }
    t:expect(client:call("echo", { message = "a" })):returns { message = "c" }
end)

scenario("An id with a bit turned over names no call of another connection", function(t)
    local near, far = t:server(), t:server()
    local client = t:client(near)
    local proxy = client:proxy { far }
    t:expect(proxy:call("echo", { message = "I connect" })):returns()
    local calls = t:times(2, function() return client:call("echo", { message = "hi", time = "1s" }) end)
    t:fault("net.segment.corrupt", { client, far, offset = 7, bit = 1 })
    local changed = proxy:call("echo", { message = "hi" })
    t:each(calls):returns()
    t:expect(changed):pending()
    t:expect(far.counters.executions):is(2)
    t:expect(calls[1].call_id):is(changed.call_id ~ 2) -- and this one only near has executed:
    t:expect(calls[1].executions):is(1)
end)
