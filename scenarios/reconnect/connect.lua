-- How often, how fast and how long a client tries to connect.

local refused = ms "10s"

scenario("RC-01 · A SYN black hole takes 46 attempts of 20 seconds", function(t)
    local server = t:server()
    t:fault("client.connect.drop", {})

    local call = t:client(server):call("echo", { message = "x" })

    t:expect(call):fails "connect_timeout":at(t:by { ["-2.0"] = "965s", ["2.1-"] = "920s" })
    t:expect(call):says "20000 millis timeout while waiting for channel to be ready for connect"
    t:expect(t:events "client.connect"):count(46)
end)

scenario("RC-02 · A refused connection is tried eleven times", {
    cases = { { retries = 10, attempts = 11, at = refused }, { retries = 0, attempts = 1, at = 0 } },
}, function(t, case)
    local server = t:server { start = false }
    t:fault("client.connect.refuse", {})

    local client = t:client(server, { conf = { ["ipc.client.connect.max.retries"] = case.retries } })
    local call = client:call("echo", { message = "x" })

    t:expect(call):fails "refused":at(case.at)
    t:expect(t:events "client.connect"):count(case.attempts)
end)

scenario("RC-03 · A server that comes up is found at the next attempt", function(t)
    local server = t:server { start = true }
    server:stop()
    local call = t:client(server):call("echo", { message = "hi" })
    t:sleep "2500ms"
    server:start()

    t:expect(call):returns { message = "hi" }:at "3s"
    t:expect(t:events "client.connect"):at { 0, "1s", "2s", "3s" }
end)

scenario("RC-05 · The retry interval is a setting from 2.3 on", { releases = "2.3-" }, function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local client = t:client(server, {
        conf = {
            ["ipc.client.connect.retry.interval"] = 100,
            ["ipc.client.connect.max.retries"] = 3,
        },
    })

    t:expect(client:call("echo", { message = "x" })):fails "refused":at "300ms"
    t:expect(t:events "client.connect"):at { 0, "100ms", "200ms", "300ms" }
end)

scenario("RC-07 · Many callers share one attempt to connect", function(t)
    local server = t:server()
    t:fault("client.connect.refuse", {})
    local client = t:client(server)

    local calls = t:times(20, function(i) return client:call("echo", { message = "call " .. i }) end)

    t:each(calls):fails "refused"
end)

scenario("RC-09 · A server that moved is found again, but not by 0.20", function(t)
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

scenario("RC-15 · A name that does not resolve", function(t)
    local call = t:client "nowhere:8020":call("echo", { message = "x" })

    if t:since "3.0" then
        t:expect(call):fails "unreachable":at "10s"
    else
        t:expect(call):fails "unreachable":at(0)
    end
    t:expect(call.class):is "java.net.UnknownHostException"
end)

scenario("RC-16 · A restart under load: every caller finds the server again", function(t)
    local server = t:server { handlers = 10 }
    local client = t:client(server)
    local finished = 0
    for i = 1, 10 do
        t:spawn(function()
            repeat
                local call = client:call("echo", { message = "caller " .. i, time = 100 })
                t:wait(call)
                if call.ending ~= "value" then t:expect(call):fails(one_of("eof", "reset")) end
            until t.now >= ms "6s"
            finished = finished + 1
        end)
    end
    t:sleep "1s"
    server:stop()
    t:sleep "3s"
    server:start()
    t:wait(function() return finished == 10 end)

    t:expect(#client.connections):is(1)
end)
