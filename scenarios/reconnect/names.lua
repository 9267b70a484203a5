-- Names that lead elsewhere, nowhere, or back to where the client is.

local tags = { "regression", "retry" }

scenario("RC-09 · A server that moved is found again, but not by 0.20", { tags = tags }, function(t)
    local old, new = t:host "old", t:host "new"
    t:server { host = new, port = 8020 }
    t:dns("nn", old)
    local client = t:client "nn:8020"
    local call = client:call("echo", { message = "hi" })
    t:sleep "500ms"
    t:dns("nn", new)

    if t:since "1.2" then
        t:expect(call):returns { message = "hi" }:at "2s"
        t:expect(t:events("client.connect", { client }):map "to"):is { old, old, new }
    else
        t:expect(call):fails "refused":at "10s"
    end
end)

scenario("RC-10 · A name that stops to resolve: 2.6 gives up for now, 3.4 keeps the address", {
    releases = "1.2-",
    tags = tags, -- HADOOP-8294
}, function(t)
    local host = t:host "nn"
    t:dns("nn", host)
    local client = t:client "nn:8020"
    local call = client:call("echo", { message = "x" })
    t:sleep "500ms"
    t:dns("nn", "fail")

    if t:since "3.0" then
        t:expect(call):fails "refused":at "10s"
        t:expect(t:events "client.connect"):count(11)
    else
        t:expect(call):fails():at "2s":says "Couldn't set up IO streams"
    end
    t:dns("nn", host)
    t:server { host = host, port = 8020 }
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("RC-11 · A connection to oneself is a refusal", { releases = "1.2-", tags = tags }, function(t)
    local client = t:client("localhost:8020", { host = "localhost" })
    t:dns("localhost", client.host)
    t:draw("client.port", 8020)

    local call = client:call("echo", { message = "x" })

    t:expect(call):fails "refused":at "10s"
    t:expect(call):says "Localhost targeted connection resulted in a loopback."
    t:expect(t:events "client.connect"):count(11)
end)

scenario("RC-10 · A name that stops to resolve is nothing to 0.20, which never looks it up again", {
    releases = "0.20",
    tags = tags,
}, function(t)
    local host = t:host "nn"
    t:dns("nn", host)
    local call = t:client "nn:8020":call("echo", { message = "x" })
    t:sleep "500ms"
    t:dns("nn", "fail")

    t:expect(call):fails "refused":at "10s"
    t:expect(t:events "client.connect"):count(11)
end)

scenario("RC-11 · In 0.20 a connection to oneself is none the wiser, and reads its own preamble", {
    releases = "0.20",
    tags = { "regression" }, -- HADOOP-6722
}, function(t)
    local client = t:client("localhost:8020", { host = "localhost" })
    t:dns("localhost", client.host)
    t:draw("client.port", 8020)

    local call = client:call("echo", { message = "x" })
    t:sleep "1h1s"

    t:expect(t:events("client.connect", { client })):count(1)
    t:expect(call):pending() -- "hrpc" is no call id that anybody waits for
    t:expect(t:events("client.ping", { client })):count(at_least(59)) -- which it reads, too
end)

scenario("RC-15 · A name that does not resolve", { tags = tags }, function(t)
    local call = t:client "nowhere:8020":call("echo", { message = "x" })

    if t:since "3.0" then
        t:expect(call):fails "unreachable":at "10s"
    else
        t:expect(call):fails "unreachable":at(0)
    end
    t:expect(call.class):is "java.net.UnknownHostException"
end)

scenario("RC-15 · A name that appears meanwhile is found by 3.4", {
    releases = "3.0-",
    tags = tags,
}, function(t)
    local server = t:server()
    local call = t:client("late:" .. server.port):call("echo", { message = "hi" })
    t:sleep "2500ms"
    t:dns("late", server.host)

    -- The attempt at 3 s still has no address; its failure looks the name up again.
    t:expect(call):returns { message = "hi" }:at "4s"
end)

scenario("RC-18 · A new address starts the count of failures anew", {
    rough = false,
    releases = "1.2-",
    tags = tags,
}, function(t)
    local old, new = t:host "old", t:host "new"
    t:dns("nn", old)
    local call = t:client "nn:8020":call("echo", { message = "x" })
    t:sleep "8500ms"
    t:dns("nn", new)

    t:expect(call):fails "refused":at "19s"
    local to = t:events "client.connect":map "to"
    t:expect { #to, to[10], to[11], to[20] }:is { 20, old, new, new }
end)

scenario("RC-18 · Without retries only 3.4 tries the new address, and at once", {
    releases = "1.2-",
    tags = tags, -- HADOOP-17068
}, function(t)
    local old, new = t:host "old", t:host "new"
    t:dns("nn", old)
    local client = t:client("nn:8020", { conf = { ["ipc.client.connect.max.retries"] = 0 } })
    local gate = t:hold("client.connect", { client, nth = 1 })
    local call = client:call("echo", { message = "x" })
    t:wait(gate, 1)
    t:dns("nn", new)
    gate:release()

    t:expect(call):fails "refused":at(0)
    t:expect(t:events "client.connect":map "to"):is(t:by { ["-2.6"] = { old }, ["3.4"] = { old, new } })
end)
