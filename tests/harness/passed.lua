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
