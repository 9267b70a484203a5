-- What can happen in a story: calls, faults, holds, deaths, stops, strangers, clocks.  Each kind
-- draws all that it needs at once and gives an act: `text`, and `begin(story)`, which may give what
-- lifts it.  `harm` is what an act may leave behind for good: "lost" (until the servers die a call
-- may wait, or one end of a connection be there) or "client" (until the clients die, too).

local function pick(t, list) return list[t:random(1, #list)] end

local words

-- A drawn value, as it might stand in a scenario.
local function word(value)
    if type(value) == "table" then return ("{ %s }"):format(words(value)) end
    if type(value) ~= "string" then return tostring(value) end
    return '"' .. value:gsub("[^ -~]", function(byte) return ("\\%d"):format(byte:byte()) end) .. '"'
end

function words(fields)
    local list = {}
    for name, value in pairs(fields) do list[#list + 1] = name .. " = " .. word(value) end
    return table.concat(list, ", ")
end

-- --- faults ---------------------------------------------------------------------------------

-- How each point can be broken, and what else an effect takes.
local points = {
    ["client.resolve"] = "fail",
    ["client.connect"] = "drop refuse throw",
    ["client.streams"] = "throw",
    ["client.encode"] = "throw",
    ["client.write"] = "error short",
    ["client.read"] = "error short stop",
    ["client.reply"] = "throw",
    ["server.accept"] = "error memory",
    ["server.read"] = "error memory short stop",
    ["server.execute"] = "delay memory throw",
    ["server.reply"] = "memory throw",
    ["server.write"] = "error memory short",
    ["server.select"] = "memory",
    ["wire.preamble"] = "change delay duplicate swallow",
    ["wire.context"] = "change delay duplicate swallow",
    ["wire.ping"] = "delay duplicate swallow",
    ["wire.request"] = "change delay duplicate swallow",
    ["wire.response"] = "change delay duplicate swallow",
    ["net.syn"] = "delay drop",
    ["net.segment"] = "corrupt delay drop duplicate fin inject rst slow split",
    ["net.fin"] = "delay drop",
    ["net.rst"] = "delay drop",
    ["net"] = "delay drop partition rst fin slow split",
}
local parameters = {
    change = { fields = { { cut = 0 }, { cut = 1 }, { cut = 9 } } },
    corrupt = { offset = { 0, 1, 3, 7, 20, 100 }, bit = { 0, 1, 5, 7 } },
    delay = { by = { "1ms", "70ms", "3s", "65s", "10m" } },
    error = { errno = { "ECONNRESET", "EPIPE", "ETIMEDOUT", "EMFILE", "EIO" }, after = { 0, 0, 1, 100, 9000 } },
    fin = { after = { 0, 0, 1, 17, 9000 } },
    inject = { message = { "\0\0\0\5\4\xff\xff\xff\xff", "xx", ("\0"):rep(100) } },
    rst = { after = { 0, 0, 1, 17, 9000 } },
    short = { bytes = { 20, 300, 9000 } },
    slow = { rate = { 1000, 10000, 1000000 } },
    split = { size = { 20, 1000 }, gap = { 0, 0, 1 } },
    stop = { after = { 0, 0, 1, 9000 } },
    throw = { class = { "java.io.IOException", "java.lang.RuntimeException" } },
}
local responses = {
    { cut = 0 }, { cut = 1 }, { cut = 9 }, { call = 999 },
    { status = "FATAL", class = "java.io.IOException", message = "no more" },
    { status = "ERROR", class = "java.io.IOException", message = "not this" },
}
local limits = { nth = { 1, 2, 3, 5 }, times = { 1, 1, 2, 5 }, chance = { 0.1, 0.5, 0.9 } }
-- Bytes that are none of the peer's, or not all of them; and what may lose some otherwise.
local spoiling = { change = true, corrupt = true, drop = true, duplicate = true, inject = true }
local losing = { memory = true, partition = true, swallow = true, throw = true }

-- By world: the machine's own network can't be divided.
local names = { sim = {}, live = {} }
for point, effects in pairs(points) do
    for effect in effects:gmatch "%S+" do
        local name = { point = point, effect = effect }
        names.sim[#names.sim + 1] = name
        if effect ~= "partition" then names.live[#names.live + 1] = name end
    end
end

-- Whom: by the side that the point is on; else either, or a pair; or everybody, whom nothing divides.
local function draw_aim(t, point, effect)
    local side = point:match "^client" or point:match "^server"
    local client, server = t:random(1, 3), t:random(1, 2)
    local whom = side or pick(t, { "client", "server", "pair" })
    local aim = {}
    if t:random(1, 3) == 1 and effect ~= "partition" then return aim end
    if whom ~= "server" then aim[#aim + 1] = { "clients", client } end
    if whom ~= "client" then aim[#aim + 1] = { "servers", server } end
    return aim
end

local function draw_options(t, name)
    local options = {}
    for key, values in pairs(parameters[name.effect] or {}) do
        options[key] = pick(t, values)
    end
    if name.point == "wire.response" and name.effect == "change" then options.fields = pick(t, responses) end
    if name.effect == "partition" then return options end
    local limit = pick(t, { "nth", "times", "chance", "none", "none" })
    if limit ~= "none" then options[limit] = pick(t, limits[limit]) end
    return options
end

local function name_of(whom) return whom[1]:sub(1, -2) .. whom[2] end

-- "server2, by = 1", "everybody"
local function aim_text(aim, options)
    local list = {}
    for i, whom in ipairs(aim) do list[i] = name_of(whom) end
    if #aim == 0 then list[1] = "everybody" end
    if next(options) then list[#list + 1] = words(options) end
    return table.concat(list, ", ")
end

local function aimed(story, aim, options)
    local full = { maybe = true }
    for key, value in pairs(options) do full[key] = value end
    for i, whom in ipairs(aim) do full[i] = story[whom[1]][whom[2]] end
    return full
end

-- An old client's receiver dies of what it does not understand (HADOOP-6723), and what is thrown in
-- it may leave a call in its connection's table.
local function harm_of(t, name)
    local own = name.effect == "throw" and name.point:find "^client"
    if name.point == "client.write" and name.effect == "error" then return "lost" end -- half a frame is out
    if (own or spoiling[name.effect]) and not t:since "2.0" then return "client" end
    return (spoiling[name.effect] or losing[name.effect]) and "lost"
end

local function fault(t)
    local name = pick(t, names[t.world])
    local aim, options = draw_aim(t, name.point, name.effect), draw_options(t, name)
    local full = name.point .. "." .. name.effect
    return {
        text = ("%s (%s)"):format(full, aim_text(aim, options)),
        harm = harm_of(t, name),
        begin = function(story)
            local armed = story.t:fault(full, aimed(story, aim, options))
            return function() armed:lift() end
        end,
    }
end

local gates = {
    "client.call", "client.connect", "client.setup", "client.add", "client.write", "client.ping", "client.read",
    "client.reply", "client.close", "client.end", "server.accept", "server.register", "server.read", "server.put",
    "server.take", "server.execute", "server.reply", "server.write", "server.handover", "server.select",
    "server.check", "server.scan", "server.close",
}

local function hold(t)
    local point = pick(t, gates)
    local aim = draw_aim(t, point)
    return {
        text = ("hold %s (%s)"):format(point, aim_text(aim, {})),
        begin = function(story)
            local gate = story.t:hold(point, aimed(story, aim, {}))
            return function() gate:release() end
        end,
    }
end

-- --- calls ----------------------------------------------------------------------------------

local sizes = { 0, 1, 100, 8000, 70000, 400000 }
local times = {
    sim = { 0, 0, 0, 1, 50, 1000, 30000, 200000 },
    live = { 0, 0, 0, 1, 50, 1000, 9000 },
}

local requests = {
    echo = function(t) return { message = ("x"):rep(pick(t, sizes)), time = pick(t, times[t.world]) } end,
    blob = function(t) return { size = pick(t, sizes), time = pick(t, times[t.world]) } end,
    throw = function(t) return { class = "java.io.IOException", message = "thrown", time = pick(t, times[t.world]) } end,
    work = function() return {} end,
}

local function size_text(request)
    local size = request.size or request.message and #request.message
    return size and (" of %d bytes, %d ms"):format(size, request.time) or ""
end

local function call(t)
    local client, method = t:random(1, 3), pick(t, { "echo", "blob", "throw", "work" })
    local proxy, chained = pick(t, { "near", "near", "far" }), pick(t, { false, false, true })
    local request, count = requests[method](t), pick(t, { 1, 1, 1, 3, 12 })
    return {
        text = ("client%d makes %d × %s%s at its %s server%s"):format(client, count, method, size_text(request),
            proxy, chained and count > 1 and ", one after another" or ""),
        harm = method == "throw" and not t:since "1.2" and "client", -- HADOOP-6833
        begin = function(story)
            local last
            for _ = 1, count do
                last = story:call(client, proxy, method, request, { caller = chained and last or nil })
            end
        end,
    }
end

-- So many at once that several Handlers answer on one connection.
local function burst(t)
    local client, count = t:random(1, 3), pick(t, { 12, 40 })
    return {
        text = ("client%d makes %d × echo of 0 bytes at its near server"):format(client, count),
        begin = function(story)
            for _ = 1, count do story:call(client, "near", "echo", {}) end
        end,
    }
end

-- What the method `work` does from now on.
local manners = {
    ["sleeps"] = function(_, called, time) called:sleep(time) end,
    ["throws"] = function(_, called) called:throw("java.io.IOException", "work") end,
    ["can't be written"] = function(_, called) called:unwritable("java.io.IOException", "work") end,
    ["is deferred"] = function(story, called, time)
        called:defer()
        story.t:spawn(function()
            story.t:sleep(time)
            called:answer {}
        end)
    end,
}

local function manner(t)
    local name, time = pick(t, { "sleeps", "throws", "can't be written", "is deferred" }), pick(t, times[t.world])
    return {
        text = ("work %s (%d ms)"):format(name, time),
        harm = not t:since "2.0" and "client", -- HADOOP-7121, HADOOP-6833
        begin = function(story)
            story.work = function(called) return manners[name](story, called, time) end
            return function() story.work = nil end
        end,
    }
end

local function interrupt(t)
    local which = t:random(1, 1000)
    return {
        text = ("one of the calls that are under way is interrupted (%d)"):format(which),
        harm = t:since "3.0" and "client", -- one that was not sent yet stays in its connection's table
        begin = function(story)
            local open = story:open_calls()
            if #open > 0 then open[which % #open + 1]:interrupt() end
        end,
    }
end

-- --- machines -------------------------------------------------------------------------------

local function any_host(t) return pick(t, { { "clients", t:random(1, 3) }, { "servers", t:random(1, 2) } }) end

-- What befalls a machine, in words with its name.
local function befalls(text, harm, begin)
    return function(t)
        local whom = any_host(t)
        return {
            text = text:format(name_of(whom)),
            harm = harm,
            begin = function(story) return begin(story, whom[1], whom[2]) end,
        }
    end
end

local kill = befalls("%s's host dies, and comes up again", "lost", function(story, ...) return story:kill(...) end)
local stop = befalls("%s is stopped, and there is one again", "lost", function(story, ...) return story:stop(...) end)
local pause = befalls("%s's host stands still", nil, function(story, kind, i)
    local host = story[kind][i].host
    host:pause()
    return function() host:resume() end
end)

local function clock(t)
    local whom, by = any_host(t), pick(t, { "+1s", "-1s", "+5m", "-5m", "+1h", "-1h" })
    return {
        text = ("%s's clock jumps %s"):format(name_of(whom), by),
        begin = function(story) story[whom[1]][whom[2]].host:clock(by) end,
    }
end

-- --- strangers ------------------------------------------------------------------------------

local function stranger(t)
    local server, bytes, polite = t:random(1, 2), t:random_bytes(t:random(0, 60)), t:random(0, 1) == 1
    return {
        text = ("a stranger comes to server%d, %s, and says %d bytes"):format(server,
            polite and "with preamble and context" or "without a word", #bytes),
        harm = "lost",
        begin = function(story)
            return story:stranger(server, function(raw)
                if polite then raw:open() end
                raw:send(bytes)
            end)
        end,
    }
end

local function deaf(t)
    local server, size, count = t:random(1, 2), pick(t, sizes), t:random(1, 9)
    return {
        text = ("a stranger asks server%d for %d × %d bytes, and does not read"):format(server, count, size),
        begin = function(story)
            return story:stranger(server, function(raw)
                raw:open()
                for _ = 1, count do raw:send { "request", method = "blob", value = { size = size } } end
            end)
        end,
    }
end

-- By world, each as often as it stands here: threads that meet are live's.
local usual = {
    call, call, call, call, call, call, call, call, call, call, fault, fault, fault, fault, fault, hold, manner,
    interrupt, kill, stop, pause, clock, stranger, deaf,
}
local kinds = { sim = usual, live = { burst, burst, burst, table.unpack(usual) } }
local tempi = {
    sim = { { 0, 0, 1 }, { 0, 1, 40, 1000 }, { 40, 1000, 9000 }, { 0, 1000, 30000, 70000 }, { 1000, 70000, 400000 } },
    live = { { 0, 0, 1 }, { 0, 1, 40, 1000 }, { 1, 40, 40, 400 }, { 0, 40, 1000, 9000 }, { 40, 1000, 9000 } },
}
local lengths = {
    sim = { 1, 40, 1000, 9000, 70000, 70000, 400000, 400000 },
    live = { 1, 40, 40, 1000, 1000, 9000, 9000, 70000 },
}

-- `n` acts, each with `at` and `lasts`, in ms; gentle ones do no harm.
local function draw(t, n, gentle)
    local acts, at, gaps = {}, 0, pick(t, tempi[t.world])
    for i = 1, n do
        at = at + pick(t, gaps)
        local act = pick(t, kinds[t.world])(t)
        act.number, act.at, act.lasts = i, at, pick(t, lengths[t.world])
        if not (gentle and act.harm) then acts[#acts + 1] = act end
    end
    return acts
end

return { draw = draw, pick = pick }
