-- Our client calls Hadoop's own RPC server.

local twin = include "lib/twin.lua"

local options = { world = "live", releases = twin.releases }
local with_rpc_timeout = { world = "live", releases = "1.2,3.4" }
local from_2_3 = { world = "live", releases = "3.4" }
local version = "org.ripcord.TestProtocol"

scenario("JS-01 · Real Hadoop answers what was said, short, long or not at all", options, function(t)
    local _, address = twin.server(t)
    local client = t:client(address)

    for _, message in ipairs { "", "hi", "g\u{fc}n \u{1f600}", ("x"):rep(8 << 20) } do
        t:expect(client:call("echo", { message = message })):returns { message = message }
    end
    t:expect(client:call "echo"):returns {}
end)

scenario("JS-02 · Replies of real Hadoop arrive whole, whatever their size", options, function(t)
    local _, address = twin.server(t)
    local client = t:client(address)

    for _, size in ipairs { 100, 8192, 8193, 65536, 1 << 20, 8 << 20 } do
        t:expect(client:call("blob", { size = size })):returns()
        local replies = t:events "wire.response"
        t:expect(replies[#replies].length):is(size)
    end
end)

scenario("JS-03 · An exception of a Java method comes with its class and its text", options, function(t)
    local _, address = twin.server(t)
    local client = t:client(address)

    local thrown = client:call("throw", { class = "java.io.FileNotFoundException", message = "no such file" })
    t:expect(thrown):fails "remote_error":with { class = "java.io.FileNotFoundException" }:says "no such file"
    t:expect(client:call("echo", { message = "again" })):returns { message = "again" }
    t:expect(t:events("client.connect", { client })):count(1)
end)

scenario("JS-04 · Real Hadoop refuses a method or a protocol that it does not know", from_2_3, function(t)
    local _, address = twin.server(t)
    local client = t:client(address)

    t:expect(client:call("dance", "")):fails "remote_error":with {
        class = "org.apache.hadoop.ipc.RpcNoSuchMethodException",
    }:says("Unknown method dance called on " .. version .. " protocol.")
    local stranger = client:proxy { protocol = "no.Such" }
    t:expect(stranger:call("echo", "")):fails "remote_error":with {
        class = "org.apache.hadoop.ipc.RpcNoSuchProtocolException",
    }:says "Unknown protocol: no.Such"
end)

scenario("JS-05 · Real Hadoop takes our pings and answers afterwards", options, function(t)
    local _, address = twin.server(t)
    local client = t:client(address, { rpc_timeout = t:since "1.2" and 0 or nil, conf = { ["ipc.ping.interval"] = 200 } })
    t:expect(client:call("echo", { message = "warm" })):returns()
    local before = #t:events("client.ping", { client })
    local call = client:call("echo", { message = "late", time = 700 })

    t:expect(call):returns { message = "late" }:took(between(690, 1500))
    t:expect(#t:events("client.ping", { client }) - before):is(between(3, 4))
end)

scenario("JS-06 · A Java method that hangs ends by our rpc time-out", with_rpc_timeout, function(t)
    local _, address = twin.server(t)
    local client = t:client(address, { rpc_timeout = 500, conf = { ["ipc.ping.interval"] = 500 } })

    t:expect(client:call "hang"):fails "read_timeout":took(between(490, 900)):says "500 millis timeout"
end)

scenario("JS-07 · Our idle close disturbs nobody: the next call connects again", options, function(t)
    local _, address = twin.server(t)
    local client = t:client(address, { conf = { ["ipc.client.connection.maxidletime"] = 200 } })
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep(400)
    t:expect(#client.connections):is(0)

    t:expect(client:call("echo", { message = "b" })):returns { message = "b" }
    t:expect(t:events("client.connect", { client })):count(2)
end)

scenario("JS-08 · A thousand calls on one connection: each gets its own answer", options, function(t)
    local _, address = twin.server(t, { handlers = 4 })
    local client = t:client(address)
    local calls = t:times(1000, function(i) return client:call("echo", { message = "call " .. i }) end)

    for i, call in ipairs(calls) do t:expect(call):returns { message = "call " .. i } end
    t:expect(t:events("client.connect", { client })):count(1)
end)

scenario("JS-09 · Answers of real Hadoop come in order of completion", options, function(t)
    local _, address = twin.server(t, { handlers = 3 })
    local client = t:client(address)
    t:expect(client:call("echo", { message = "warm" })):returns()
    local calls = t:times(3, function(i) return client:call("echo", { message = "call " .. i, time = (4 - i) * 200 }) end)

    t:each(calls):returns()
    t:expect(calls[1].took):is(at_least(calls[2].took))
    t:expect(calls[2].took):is(at_least(calls[3].took))
    t:expect(calls[3]):took(between(190, 900))
end)

scenario("JS-10 · The idle scan of real Hadoop closes us; the call after it fails once", from_2_3, function(t)
    local conf = {
        ["ipc.client.idlethreshold"] = 0,
        ["ipc.client.connection.maxidletime"] = 100,
        ["ipc.client.connection.idle-scan-interval.ms"] = 100,
    }
    local _, address = twin.server(t, { conf = conf })
    local client = t:client(address)
    t:expect(client:call("echo", { message = "a" })):returns()
    t:sleep(600)

    t:expect(client:call("echo", { message = "b" })):fails(one_of("eof", "reset"))
    t:expect(client:call("echo", { message = "c" })):returns { message = "c" }
end)

scenario("JS-11 · A JVM that is killed in mid-call ends the call at once, and the next is refused", options, function(t)
    local server, address = twin.server(t)
    local client = t:client(address, { conf = { ["ipc.client.connect.max.retries"] = 0 } })
    t:expect(client:call("echo", { message = "a" })):returns()
    local hang = client:call "hang"
    t:sleep(200)
    t:expect(hang):pending()
    server:kill(9)

    t:expect(hang):fails(one_of("eof", "reset")):took(between(190, 700))
    t:expect(server):exits(137)
    t:expect(client:call("echo", { message = "b" })):fails "refused"
end)

scenario("JS-12 · A request longer than the server allows ends the connection, there as here", from_2_3, function(t)
    local conf = { ["ipc.maximum.data.length"] = 1024 }
    local _, address = twin.server(t, { conf = conf })

    for _, target in ipairs { address, t:server { conf = conf } } do
        local client = t:client(target)
        t:expect(client:call("echo", { message = ("x"):rep(900) })):returns()
        t:expect(client:call("echo", { message = ("x"):rep(1000) })):fails(one_of("eof", "reset"))
        t:expect(client:call("echo", { message = "again" })):returns { message = "again" }
    end
end)
