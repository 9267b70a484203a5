-- How a proxy is opened: whose version it asks for, how long it waits, and who stops the Client behind it.

local tags = { "regression", "completion" }
local mismatch = "org.apache.hadoop.ipc.RPC$VersionMismatch"

scenario("RX-25 · Who waits for a proxy asks once a second until somebody answers", {
    releases = "-1.2",
    tags = tags,
    rough = false,
}, function(t)
    local server = t:server { port = 8020 }
    server:stop()
    t:settle()
    local conf = { ["ipc.client.connect.max.retries"] = 0 }
    local client = t:client(server, { conf = conf })
    local patient = client:proxy {}
    local found = patient:open { wait = "60s" }
    local given_up = t:client(server, { conf = conf }):proxy({}):open { wait = "3s" }
    t:sleep "5500ms"
    t:expect(found):pending()
    server:start()

    t:expect(given_up):fails "refused":at "3s"
    t:expect(#given_up.attempts):is(4)
    t:expect(found):returns(1):at "6s"
    t:expect(#found.attempts):is(7)
    t:expect(patient:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(#server.connections):is(1)
end)

scenario("RX-25 · From 2.2 on a proxy is there at once, and the first call meets the closed port", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server { port = 8020 }
    server:stop()
    t:settle()
    local proxy = t:client(server, { conf = { ["ipc.client.connect.max.retries"] = 0 } }):proxy {}
    t:expect(proxy:open { wait = "60s" }):returns(nil):at(0)
    t:expect(t:events "client.connect"):count(0)
    t:expect(proxy:call("echo", { message = "hi" })):fails "refused"
end)

scenario("HT-37 · A proxy of another version is refused where it is made, and no other call leaves", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    local opening = client:proxy({ version = 2 }):open()
    t:expect(opening):fails "rejected":with { class = mismatch }
        :says "Protocol org.ripcord.TestProtocol version mismatch. (client = 2, server = 1)"
    t:expect(t:events("wire.request", { client })):count(1)

    local unchecked = client:proxy { version = 2 }
    t:expect(unchecked:call("echo", { message = "hi" })):returns { message = "hi" }
    local question = { "org.ripcord.TestProtocol", 2 }
    t:expect(unchecked:call("getProtocolVersion", question)):returns(1) -- the explicit check's
end)

scenario("HT-37 · From 2.2 on a proxy of another version is made without a byte", {
    releases = "2.2-",
    tags = tags,
}, function(t)
    local server = t:server()
    t:expect(t:client(server):proxy({ version = 2 }):open()):returns(nil):at(0)
    t:expect(t:events "client.connect"):count(0)
end)

scenario("SD-12 · The last proxy stops its Client, but one that nobody got keeps it for ever", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local server = t:server()
    local function closed(client)
        local proxies = t:times(2, function() return client:proxy {} end)
        for _, proxy in ipairs(proxies) do
            t:expect(proxy:open()):returns(1)
            proxy:close()
        end
        t:sleep "200ms"
    end
    local clean, leaky = t:client(server), t:client(server)
    t:expect(leaky:proxy({ version = 2 }):open()):fails "rejected"
    closed(clean)
    closed(leaky)
    t:expect(#clean.connections):is(0)
    t:expect(#leaky.connections):is(1)
    t:expect(leaky:call("echo", { message = "hi" })):returns { message = "hi" }
end)
