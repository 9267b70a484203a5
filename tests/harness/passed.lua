-- What the language promises and no server is needed for.

scenario("lines between two waits happen at one instant", function(t)
    local order = {}
    t:spawn(function()
        order[#order + 1] = "task"
        t:sleep "1s"
        order[#order + 1] = "task later"
    end)
    order[#order + 1] = "body"
    t:expect(t.now):is(0)
    t:settle()
    t:expect(t.now):is(0)
    t:expect(order):is { "body", "task" }
    t:sleep "1s"
    t:expect(t.now):is(1000)
    t:settle()
    t:expect(order):is { "body", "task", "task later" }
end)

scenario("durations", function(t)
    t:expect(ms "1h30m"):is(5400000)
    t:expect(ms "250us"):is(0.25)
    t:sleep(0.5)
    t:expect(t.now):is(0.5)
    t:sleep "10h"
    t:expect(t.now):is(36000000.5)
end)

scenario("pairs are sorted, chance is seeded, nothing has an address", function(t)
    local keys = {}
    for key in pairs { b = 1, a = 2, [3] = 3, [1] = 4, [true] = 5 } do keys[#keys + 1] = key end
    t:expect(keys):is { true, 1, 3, "a", "b" }
    t:expect(next { z = 1, y = 2 }):is "y"
    t:expect(tostring {}):is "table"
    t:expect(("%s"):format(print)):is "function"
    local first, second = math.random(1000000), t:random(1, 1000000)
    t:expect { first, second }:is { between(1, 1000000), between(1, 1000000) }
    t:expect(#t:random_bytes "1KiB"):is(1024)
    local list = { { 2, "a" }, { 1, "b" }, { 2, "c" }, { 1, "d" } }
    table.sort(list, function(a, b) return a[1] < b[1] end)
    t:expect(list):is { { 1, "b" }, { 1, "d" }, { 2, "a" }, { 2, "c" } }
end)

scenario("rows", {
    cases = { { n = 1, text = "A b" }, { n = 2, text = "c", name = "the second" }, { n = 3, text = "d", releases = "3.4" } },
}, function(t, case)
    t:expect(case.n):is(t:by { ["-2.6"] = at_most(2), ["3.4"] = 3 })
end)

scenario("seeds", { seeds = 2 }, function(t)
    t:expect(t.seed):is(between(1, 2))
end)

scenario("lists stay live", function(t)
    local logs = t:events("log", { text = starts "x" })
    t:expect(logs):count(0)
    t:log "x1"
    t:log "y"
    t:log "x2"
    t:expect(logs):count(2):at { 0, 0 }
    t:expect(logs[1]):before(logs[2])
    t:expect(logs[3]):is(nil)
    t:expect(logs[2]):with { text = "x2", level = "info", at = 0 }
    t:expect(t:events("log", { nth = 2 })[1].text):is "y"
    t:expect(t:events("log", { where = function(event) return event.text == "y" end })):count(1)
    t:wait(logs, 2)
end)

scenario("times gives way to what it does", function(t)
    local slept = t:times(3, function(i)
        t:sleep(i)
        return t.now
    end)
    t:expect(slept):is { 1, 3, 6 }
end)

scenario("a proven hang, meant", function(t)
    local call = t:client(t:server(), { rpc_timeout = 0 }):call "hang"
    t:expect(call):never_ends()
end)

scenario("who waits for a function is asked when a script has gone on", function(t)
    local free = false
    local waiting = t:spawn(function()
        t:wait(function() return free end)
        return t.now
    end)
    t:sleep "1s"
    free = true
    t:sleep "1ms"
    free = false
    t:wait(waiting)
    t:expect(t.now):is(1001)
end)

scenario("a matcher in an aim says what it says in an expectation", function(t)
    local client = t:client(t:server())
    for size = 1, 4 do t:expect(client:call("blob", { size = 3000 * size })):returns() end
    t:expect(client:call("echo", { message = "x" })):returns()
    local function count(field, fits)
        local n = 0
        for _, event in ipairs(t:events "server.reply") do n = n + (fits(event[field]) and 1 or 0) end
        return n
    end
    local cases = {
        { any, function() return true end, 5 },
        { at_least(6000), function(n) return n >= 6000 end, 3 },
        { at_most(5999.5), function(n) return n <= 5999.5 end, 2 },
        { between(3000, 9500), function(n) return 3000 <= n and n <= 9500 end, 3 },
        { one_of(between(1, 5000), at_least(12000), "six"), function(n) return n <= 5000 or n >= 12000 end, 3 },
        { has "6", function() return false end, 0 },
    }
    for _, case in ipairs(cases) do
        t:expect(t:events("server.reply", { length = case[1] })):count(count("length", case[2]))
        t:expect(count("length", case[2])):is(case[3])
    end
    t:expect(t:events("server.execute", { method = starts "bl" })):count(4)
    t:expect(t:events("server.execute", { method = has "ch" })):count(1)
    t:expect(t:events("server.execute", { method = between("a", "c") })):count(4)
    t:expect(t:events("server.execute", { method = between("blob", "blob") })):count(4)
    t:expect(t:events("server.execute", { method = at_most "blob" })):count(4)
    t:expect(t:events("server.execute", { method = at_least "echo" })):count(1)
    t:expect(t:events("server.execute", { method = at_least(1) })):count(0)
    t:expect(t:events("server.execute", { method = one_of("echo", true) })):count(1)
end)

scenario("a matcher in an aim knows the field's unit, as a plain value does", function(t)
    local client = t:client(t:server())
    t:expect(client:call("blob", { size = "4KiB" })):returns()
    t:expect(client:call("blob", { size = "8KiB" })):returns()
    local function count(length) return #t:events("server.reply", { length = length }) end
    t:expect(count(at_least "1KiB")):is(2)
    t:expect(count(between("1KiB", "6KiB"))):is(1)
    t:expect(count(at_most "1KiB")):is(0)
    t:expect(count(one_of(between("8KiB", "9KiB"), "0"))):is(1)
end)

scenario("a list has what equals, or what the matcher fits", function(t)
    t:expect({ "a", 2, { x = 1 } }):is(has "a"):is(has(2)):is(has { x = 1 }):is(has(at_least(2)))
    t:expect({ "ab", 2 }):is_not(has "a"):is_not(has(1)):is(has(has "a"))
    t:log "x"
    t:expect(t:events("log"):map "text"):is(has "x")
    t:expect(t:events "log"):is_not(has(1))
    t:expect("a2"):is(has "2"):is_not(has(2))
end)

scenario("a wait for so many waits for them", function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    local gate = t:hold("server.reply", { server })
    local calls = t:times(3, function(i) return client:call("echo", { message = "x", time = i * 1000 }) end)
    local ends = t:events("client.end", { client })
    t:wait(gate, 2)
    t:expect(t.now):is(2000)
    gate:release()
    t:wait(ends, 3)
    t:expect(#ends):is(3)
    t:each(calls):returns()
end)

scenario("a caller dies with its machine", function(t)
    local server = t:server()
    local client = t:client(server)
    local call = client:call("echo", { message = "x", time = "10s" })
    t:sleep "1s"
    client.host:kill()
    t:sleep "20s"
    t:expect(call.ending):is "never"
    t:expect(server.counters.open_connections):is(0)
    local next_client = t:client(server, { host = client.host })
    t:expect(next_client:call("echo", { message = "x" })):returns()
end)

scenario("an attempt to connect that has begun at 0 says so when it ends", function(t)
    t:fault("net.syn.drop", {})
    t:expect(t:client(t:server()):call "echo"):fails "connect_timeout"
    local attempts = t:events "client.connect"
    t:expect(attempts[1].at):is(0)
    t:expect(attempts[2].at):is(20000)
end)

scenario("a stop takes a start back that still waits for the stop before", function(t)
    local server = t:server()
    server.host:pause()
    server:stop()
    server:start()
    server:stop()
    server.host:resume()
    t:sleep "1s"
    t:expect(server:lane "listener".doing):is "closed"
    server:start()
    t:expect(t:client(server):call("echo", { message = "x" })):returns()
end)

scenario("a host that stands still at the end of a scenario goes on then", function(t)
    local server = t:server()
    local client = t:client(server)
    t:expect(client:call("echo", { message = "a" })):returns()
    server.host:pause()
    client:call("echo", { message = "b" })
    t:sleep "1s"
    t:expect(t:events("server.put", { server })):count(1)
end)
