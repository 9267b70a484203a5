-- What a script judges itself, `where`: at every point, in both worlds.

local points = {
    "client.call", "client.setup", "client.add", "client.resolve", "client.connect", "client.streams",
    "client.encode", "client.write", "client.read", "client.reply", "client.end", "client.close",
    "server.accept", "server.register", "server.read", "server.put", "server.take", "server.execute",
    "server.reply", "server.write", "server.select", "server.close",
    "wire.preamble", "wire.context", "wire.request", "wire.response", "net.segment", "net.fin",
}
local throw, lag = { class = "java.io.IOException" }, { by = "1s" }
local effects = {
    ["net.syn.delay"] = lag,
    ["client.connect.throw"] = throw,
    ["client.write.error"] = { errno = "ECONNRESET" },
    ["client.read.short"] = { bytes = 1 },
    ["client.reply.throw"] = throw,
    ["server.accept.error"] = { errno = "EMFILE" },
    ["server.read.short"] = { bytes = 1 },
    ["server.execute.throw"] = throw,
    ["server.reply.throw"] = throw,
    ["server.write.short"] = { bytes = 1 },
    ["wire.request.swallow"] = {},
    ["wire.response.delay"] = lag,
    ["net.segment.drop"] = {},
    ["net.drop"] = {},
    ["net.fin.drop"] = {},
}

-- Everybody is asked about, nobody is meant.
local function ask_everywhere(t)
    local asked = {}
    local function aim(name, parameters)
        local made = { maybe = true }
        for key, value in pairs(parameters) do made[key] = value end
        function made.where(event)
            asked[name] = (asked[name] or 0) + (event.point ~= nil and 1 or 0)
            return false
        end
        return made
    end
    for _, point in ipairs(points) do t:hold(point, aim(point, {})) end
    for effect, parameters in pairs(effects) do t:fault(effect, aim(effect, parameters)) end
    return asked
end

scenario("It is asked at every point, and nothing comes of it", function(t)
    local server = t:server { handlers = 2 }
    local asked = ask_everywhere(t)
    local clients = t:times(2, function() return t:client(server) end)
    for _ = 1, 5 do
        t:each(t:times(4, function(i) return clients[i % 2 + 1]:call("echo", { message = "hi" }) end)):returns()
    end
    for _, client in ipairs(clients) do client:stop() end
    t:wait(function() return server.counters.open_connections == 0 end)
    server:stop()
    t:expect(asked["server.write"]):is(at_least(20))
    t:expect(asked["server.write.short"]):is(at_least(20))
    t:expect(asked["wire.response"]):is(at_least(20))
    t:expect(asked["net.segment"]):is(at_least(20))
    t:expect(asked["net.drop"]):is(at_least(20))
    t:expect(asked["server.accept.error"]):is(at_least(2))
    t:expect(asked["server.take"]):is(at_least(20))
    t:expect(asked["client.read"]):is(at_least(2))
end)

scenario("Servers stop and hosts die while it is asked", function(t)
    local servers = t:times(2, function() return t:server { handlers = 4 } end)
    local asked = ask_everywhere(t)
    for _ = 1, 3 do
        local once = { conf = { ["ipc.client.connect.max.retries"] = 0 } }
        local clients = t:times(2, function(i) return t:client(servers[i], once) end)
        local calls = t:times(40, function(i) return clients[i % 2 + 1]:call("echo", { message = "hi" }) end)
        t:wait(t:events "server.execute", 1)
        servers[1].host:kill()
        clients[2]:stop()
        t:wait(calls)
        servers[1]:start()
    end
    t:expect(t:client(servers[1]):call("echo", { message = "hi" })):returns()
    local last = t:times(40, function() return t:client(servers[2]):call("echo", { message = "hi" }) end)
    servers[2]:stop()
    t:wait(last)
    t:expect(asked["server.read"]):is(at_least(1))
end)

scenario("The script looks at its server while that waits for its answer", function(t)
    local server = t:server { handlers = 4 }
    local client, asked, looks = t:client(server), 0, 0
    t:fault("wire.response.swallow", {
        maybe = true,
        where = function()
            asked = asked + 1
            return false
        end,
    })
    t:expect(client:call("echo", { message = "hi" })):returns()
    local calls = t:times(100, function() return client:call("echo", { message = "hi" }) end)
    t:wait(function()
        for _ = 1, 20 do looks = looks + #server.connections end
        return asked > 100
    end)
    t:each(calls):returns()
    t:expect(looks):is(at_least(20))
end)

scenario("It picks the writes that are short", function(t)
    local server = t:server()
    local writes = 0
    local short = t:fault("server.write.short", {
        server,
        bytes = 1,
        where = function(write)
            writes = writes + 1
            return writes % 2 == 1 and write.server == server and write.bytes > 1
        end,
    })
    local client = t:client(server)
    for i = 1, 10 do t:expect(client:call("echo", { message = "call " .. i })):returns { message = "call " .. i } end
    t:expect(short.strikes):is(at_least(5))
    t:expect(writes):is(at_least(15))
end)

scenario("It picks whose calls wait: Alice's, while Bob's are served", function(t)
    local server = t:server { handlers = 2 }
    local gate = t:hold("server.execute", { where = function(event) return event.connection.user == "alice" end })
    local alices = t:client(server, { user = "alice" }):call("echo", { message = "a" })
    t:wait(gate, 1)
    t:expect(t:client(server, { user = "bob" }):call("echo", { message = "b" })):returns()
    t:expect(alices):pending()
    gate:release()
    t:expect(alices):returns()
end)

scenario("It picks the message that is changed, the segment that is late", function(t)
    local server = t:server()
    local client = t:client(server)
    local changed = t:fault("wire.response.change", {
        where = function(response) return response.method == "echo" and response.call_id % 3 == 0 end,
        fields = { status = "ERROR", class = "java.io.IOException", message = "changed" },
    })
    local late = t:fault("net.segment.delay", {
        direction = "s2c",
        by = "1ms",
        where = function(segment) return segment.bytes > 1000 end,
    })
    local calls = t:times(6, function() return client:call("echo", { message = "hi" }) end)
    local big = client:call("blob", { size = 5000 })
    t:expect(big):returns()
    t:wait(calls)
    t:expect(changed.strikes):is(2)
    t:expect(late.strikes):is(at_least(1))
end)

scenario("It looks, and does nothing", function(t)
    local server = t:server { handlers = 2 }
    local client, peer, kept = t:client(server), t:peer(), nil
    server:on("keep", function(call)
        kept = call
        call:sleep "1s"
    end)
    local call = client:call "keep"
    t:wait(function() return kept end)
    local gate = t:hold("server.purge", { server, maybe = true })
    local fault = t:fault("server.read.short", { server, bytes = 1, maybe = true })
    local all = {
        { t, "always answer client dial dns draw each expect fault hold host login net peer program protocol relay",
            "require server settle sleep spawn wait writable" },
        { server, "on refresh start stop" },
        { client, "call proxy stop" },
        { client:proxy {}, "call close open" },
        { call, "interrupt" },
        { kept, "abort answer defer hang sleep throw unwritable" },
        { peer, "accept close" },
        { t:dial(peer), "close drain open recv reset send shutdown" },
        { server.host, "clock kill pause resume" },
        { gate, "release" },
        { fault, "lift" },
    }
    if t.world == "live" then table.insert(all, { t:program { "true" }, "kill" }) end
    local tried, done, looked = 0, {}, nil
    local function try(of, name)
        local well, why = pcall(of[name], of)
        tried = tried + 1
        if well or not why:find("^tests/harness/where.lua:%d+: [%w ]+:" .. name .. ": in a `where` nothing can be done") then
            done[#done + 1] = name .. ": " .. tostring(why)
        end
    end
    t:fault("server.execute.delay", {
        by = "1ms",
        maybe = true,
        where = function()
            if looked then return false end
            for _, each in ipairs(all) do
                for i = 2, #each do
                    for name in each[i]:gmatch "%w+" do try(each[1], name) end
                end
            end
            t:log "it says so"
            looked = t:times(3, function(i) return i end)[3] == 3
                and t:by { ["-3.4"] = t:since "0.20" }
                and server:lane("handler/0").name == "handler/0"
                and #t:events("server.execute", { server }):map "at" >= 1
                and t:random(1, 1) == 1
            return false
        end,
    })
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(looked):is(true)
    t:expect(done):is {}
    t:expect(tried):is(t.world == "live" and 58 or 57)
    t:expect(call):returns()
end)
