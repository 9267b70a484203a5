-- Hadoop's own Java client calls our server.

local twin = include "lib/twin.lua"

local options = { world = "live", releases = twin.releases }
local with_rpc_timeout = { world = "live", releases = "1.2,3.4" }
local from_2_3 = { world = "live", releases = "3.4" }

-- What an error text is in front of: the class alone, or an IOException that tells of it.
local function local_error(t, class)
    return t:by { ["-1.2"] = has(" failed on local exception: " .. class), ["2.2-"] = has("error " .. class .. ": ") }
end

scenario("JC-01 · The Java client gets its own words back", options, function(t)
    local server = t:server()
    local echo = twin.client(t, nil, "echo", server.address, "g\u{fc}n")

    t:expect(echo):exits(0)
    t:expect(echo.output):is "value g\u{fc}n\n"
    t:expect(t:events("server.execute", { server, method = "echo" })):count(1)
end)

scenario("JC-02 · Replies up to 8 MiB reach the Java client whole", {
    world = "live",
    releases = twin.releases,
    cases = {
        { name = "100", size = 100, data = 66 },
        { name = "8192", size = 8192, data = 8156 },
        { name = "1MiB", size = 1 << 20, data = (1 << 20) - 38 },
        { name = "8MiB", size = 8 << 20, data = (8 << 20) - 40 },
    },
}, function(t, row)
    local blob = twin.client(t, nil, "blob", t:server().address, row.size)

    t:expect(blob):exits(0)
    t:expect(blob.output):is("value " .. t:by { ["-1.2"] = row.size - 64, ["2.2-"] = row.data } .. " bytes\n")
    local lengths = t:events("wire.response"):map "length"
    t:expect(lengths[#lengths]):is(row.size)
end)

scenario("JC-03 · An exception of our method is the Java client's RemoteException", options, function(t)
    local server = t:server()
    server:on("echo", function(call) call:throw("java.io.FileNotFoundException", "no such file") end)
    local echo = twin.client(t, nil, "echo", server.address, "x")

    t:expect(echo):exits(1)
    t:expect(echo.output):is(t:by {
        ["-1.2"] = "remote java.io.FileNotFoundException: java.io.FileNotFoundException: no such file\n",
        ["2.2-"] = "remote ERROR_APPLICATION java.io.FileNotFoundException: no such file\n",
    })
end)

scenario("JC-04 · A protocol that we don't serve is refused as Hadoop does", options, function(t)
    local server = t:server { protocol = "org.ripcord.Other" }
    local echo = twin.client(t, nil, "echo", server.address, "x")

    t:expect(echo):exits(1)
    t:expect(echo.output):is(t:by {
        -- Its class is there, and getProtocolVersion is every server's.
        ["-1.2"] = "remote java.io.IOException: java.io.IOException: Unknown protocol: org.ripcord.TestProtocol\n",
        ["2.2-"] = "remote ERROR_NO_SUCH_PROTOCOL org.apache.hadoop.ipc.RpcNoSuchProtocolException: "
            .. "Unknown protocol: org.ripcord.TestProtocol\n",
    })
end)

scenario("JC-05 · Eight Java calls on one connection are answered in order of completion", options, function(t)
    local server = t:server { handlers = 8 }
    local many = twin.client(t, nil, "many", server.address, 8, 50)

    t:expect(many):exits(0)
    t:expect(many.output):is("value call 0\nvalue call 1\nvalue call 2\nvalue call 3\n"
        .. "value call 4\nvalue call 5\nvalue call 6\nvalue call 7\n")
    t:expect(t:events("server.accept", { server })):count(1)
end)

scenario("JC-06 · The Java client pings while it waits, and we keep silent about it", options, function(t)
    local conf = { ["ipc.ping.interval"] = 200, ["ipc.client.rpc-timeout.ms"] = 0 }
    local echo = twin.client(t, conf, "echo", t:server().address, "late", 900)

    t:expect(echo):exits(0)
    t:expect(echo.output):is "value late\n"
    t:expect(t:events "wire.ping"):count(between(4, 5))
    t:expect(t:events("wire.response", { method = "echo" })):count(1)
end)

scenario("JC-07 · A method that hangs ends by the Java client's time-out", with_rpc_timeout, function(t)
    local conf = { ["ipc.ping.interval"] = 1000, ["ipc.client.rpc-timeout.ms"] = 500 }
    local server = t:server()
    local hang = twin.client(t, conf, "hang", server.address)

    t:expect(hang):exits(1)
    t:expect(hang.output):is(has "java.net.SocketTimeoutException: ")
    t:expect(hang.output):is(has "500 millis timeout while waiting for channel to be ready for read")
    t:expect(t:events "wire.ping"):count(0)
end)

scenario("JC-08 · A reply that is swallowed is a time-out as well", with_rpc_timeout, function(t)
    local conf = { ["ipc.ping.interval"] = 200, ["ipc.client.rpc-timeout.ms"] = 500 }
    local server = t:server()
    local lost = t:fault("wire.response.swallow", { server, method = "echo" })
    local echo = twin.client(t, conf, "echo", server.address, "x")

    t:expect(echo):exits(1)
    t:expect(echo.output):is(has "java.net.SocketTimeoutException: ")
    t:expect(lost.strikes):is(1)
    t:expect(t:events("server.execute", { server, method = "echo" })):count(1)
end)

scenario("JC-09 · The Java client closes an idle connection and makes a new one", options, function(t)
    local server = t:server()
    local twice = twin.client(t, { ["ipc.client.connection.maxidletime"] = 200 }, "twice", server.address, "x", 600)

    t:expect(twice):exits(0)
    t:expect(twice.output):is "value x\nvalue x\n"
    t:expect(t:events("server.accept", { server })):count(2)
end)

scenario("JC-10 · We close an idle connection; the Java client notices at its next call, which fails", from_2_3, function(t)
    local server = t:server {
        conf = {
            ["ipc.client.idlethreshold"] = 0,
            ["ipc.client.connection.maxidletime"] = 100,
            ["ipc.client.connection.idle-scan-interval.ms"] = 100,
        },
    }
    local twice = twin.client(t, nil, "twice", server.address, "x", 800)

    t:expect(twice):exits(1)
    t:expect(twice.output):is(starts "value x\nerror java.io.EOFException: ")
    t:expect(server.counters.idle_closed):is(1)
end)

scenario("JC-11 · FATAL fails the Java call with the exception's class", options, function(t)
    local server = t:server()
    t:fault("wire.response.change", {
        server,
        method = "echo",
        nth = 1,
        fields = t:by {
            ["-1.2"] = { status = "FATAL", class = "java.io.IOException", message = "out of order" },
            ["2.2-"] = { status = "FATAL", code = 10, class = "java.io.IOException", message = "out of order" },
        },
    })
    local echo = twin.client(t, nil, "echo", server.address, "x")

    t:expect(echo):exits(1)
    t:expect(echo.output):is(t:by {
        ["-1.2"] = "remote java.io.IOException: out of order\n",
        ["2.2-"] = "remote FATAL_UNKNOWN java.io.IOException: out of order\n",
    })
end)

scenario("JC-12 · An end inside the reply fails the Java call", {
    world = "live",
    releases = twin.releases,
    cases = {
        { name = "fin", fault = "net.fin", says = "java.io.EOFException" },
        { name = "rst", fault = "net.rst", says = "java.net.SocketException" },
    },
}, function(t, row)
    local server = t:server()
    t:fault(row.fault, { server, direction = "s2c", nth = 1, after = 10 })
    local echo = twin.client(t, nil, "echo", server.address, "x")

    t:expect(echo):exits(1)
    t:expect(echo.output):is(local_error(t, row.says))
end)

scenario("JC-13 · A server of another version is told to the Java client", options, function(t)
    local peer = t:peer()
    local echo = twin.client(t, nil, "echo", peer.address, "x")
    local raw = peer:accept()
    raw:recv "preamble"
    local theirs, own = t:by { ["-1.2"] = 9, ["2.2-"] = 8 }, t:by { ["-1.2"] = 4, ["2.2-"] = 9 }
    local text = "Server IPC version " .. theirs .. " cannot communicate with client version " .. own
    raw:send(string.pack(">i4i4s4s4", -1, -1, "org.apache.hadoop.ipc.RPC$VersionMismatch", text))
    raw:close()

    t:expect(echo):exits(1)
    t:expect(echo.output):is("remote " .. t:by { ["-1.2"] = "", ["2.2-"] = "null " }
        .. "org.apache.hadoop.ipc.RPC$VersionMismatch: " .. text .. "\n")
end)

scenario("JC-14 · A reply to a call that the Java client never made ends its connection", from_2_3, function(t)
    local peer = t:peer()
    local echo = twin.client(t, nil, "echo", peer.address, "x")
    local raw = peer:accept()
    raw:open()
    local request = raw:recv "request"
    raw:send { "response", call = request, call_id = 77, value = { message = "x" } }

    t:expect(echo):exits(1)
    t:expect(echo.output):is(starts "error java.io.IOException: ")
    t:expect(echo.output):is(has "java.io.IOException: Error reading responses")
    t:expect(raw:drain()):is ""
end)

scenario("JC-15 · Nobody listens: the Java client says so", options, function(t)
    local peer = t:peer()
    local address = peer.address
    peer:close()
    local echo = twin.client(t, { ["ipc.client.connect.max.retries"] = 0 }, "echo", address, "x")

    t:expect(echo):exits(1)
    t:expect(echo.output):is(has "error java.net.ConnectException: ")
    t:expect(echo.output):is(has "Connection refused")
end)

scenario("JC-16 · The Java client finds out which methods our server has", { world = "live", releases = "3.4" }, function(t)
    local server = t:server()
    local function ask(kind) return twin.client(t, nil, "methods", server.address, kind, "echo", "blob", "hang", "dance") end
    local messages, writables = ask "RPC_PROTOCOL_BUFFER", ask "RPC_WRITABLE"

    t:expect(messages):exits(0)
    t:expect(messages.output):is "echo true\nblob true\nhang true\ndance false\n"
    t:expect(writables):exits(0)
    t:expect(writables.output):is "echo false\nblob false\nhang false\ndance false\n"
end)
