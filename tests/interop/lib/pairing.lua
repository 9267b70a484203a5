-- One timetable of calls, played by the Java client or ours against the Java server or ours, a relay between
-- them: what was seen on the way, at either end, in words that can be compared.  IPC version 4.
--
-- An entry: client = {conf}, server = {conf}, handlers, rpc_timeout, acl, relay = {rules}, last (ms, when it is over),
-- steps = { { at, method, argument, time, user = "bob" } … }; `at` as in Script.java, rules as in Relay.java; a step of
-- another user's has a connection of its own.
-- nobody = true: there is no server.  Times are written @MS; late = by how many ms they may be late.
local twin = include "lib/twin.lua"

local pairing = {}

-- A busy machine is later than planned, never earlier.
local EARLY, LATE = 30, 500

-- --- clients -------------------------------------------------------------------------------------

local lost = { "EOFException", "Connection reset", "Broken pipe" }

local function java_ending(text)
    for _, word in ipairs(lost) do
        if text:find(word, 1, true) then return "lost" end
    end
    if text:find "^error java.net.SocketTimeoutException" then return "timed out" end
    if text:find "^error java.net.ConnectException" then return "refused" end
    return text
end

local function java_client(t, address, entry)
    local conf = { ["ipc.client.rpc-timeout.ms"] = entry.rpc_timeout }
    for key, value in pairs(entry.client or {}) do conf[key] = value end
    local words = {}
    for i, step in ipairs(entry.steps) do
        local parts = { step[1], step[2], step[3] or "", step[4] or 0 }
        if step.user then parts[#parts + 1] = "twin.user=" .. step.user end
        words[i] = table.concat(parts, ",")
    end
    if not entry.nobody then words[#words + 1] = "--" end
    table.move(entry.relay or {}, 1, #(entry.relay or {}), #words + 1, words)
    local script = twin.client(t, conf, "script", address, entry.last, table.unpack(words))
    t:require(script):exits(0)
    local endings = {}
    for ended, text in script.output:gsub("|[^\n]*\n", ""):gmatch "%d+ ([%d-]+) ([^\n]+)" do
        endings[#endings + 1] = ended == "-" and "pending" or java_ending(text) .. " at @" .. ended
    end
    return endings, script.output
end

local our_words = { eof = "lost", reset = "lost", read_timeout = "timed out", refused = "refused" }

local function our_ending(step, call, begin)
    if not call or not call.at then return "pending" end
    local text = our_words[call.ending]
    if call.ending == "value" and step[2] == "blob" then
        text = "value " .. #call.value.data .. " bytes"
    elseif call.ending == "value" then
        text = "value " .. (call.value.message or "")
    elseif not text then
        text = (call.ending:find "^remote" and "remote " or "error ") .. call.class .. ": "
            .. tostring(call.message):match "^[^\n]*"
    end
    return ("%s at @%.0f"):format(text, call.at - begin)
end

local function request(step)
    local time = step[4] or 0
    if step[2] == "blob" then return { size = math.tointeger(step[3]), time = time } end
    if step[2] == "throw" then return { class = step[3], message = "no luck", time = time } end
    if step[2] == "hang" then return {} end
    return { message = step[3], time = time }
end

local function our_client(t, address, entry)
    local options = { user = "alice", conf = entry.client, rpc_timeout = entry.rpc_timeout }
    local client, opened, calls, made = t:client(address, options), {}, {}, {}
    local begin = t.now

    -- Until something has ended, or all is over.
    local function await(ended)
        while not ended() and t.now < begin + entry.last do t:sleep(2) end
    end

    -- The user's proxy, opened by whoever comes first, for step i; nil: that could not be done, or takes too long.
    local function proxy(i, user)
        local name = user or "alice"
        local found = opened[name]
        if not found then
            found = { proxy = client:proxy { user = name, rpc_timeout = entry.rpc_timeout } }
            found.opening = found.proxy:open()
            opened[name] = found
        end
        calls[i] = found.opening
        await(function() return found.opening.at end)
        if found.opening.ending == "value" then return found.proxy end
        if found.opening.at then opened[name] = nil end
    end

    for i, step in ipairs(entry.steps) do
        t:spawn(function()
            if type(step[1]) == "string" then
                await(function() return made[i - 1] and calls[i - 1].at end)
                if tonumber(step[1]) > 0 then t:sleep(tonumber(step[1])) end
            elseif step[1] > 0 then
                t:sleep(begin + step[1] - t.now)
            end
            local own = proxy(i, step.user)
            if own then calls[i] = own:call(step[2], request(step)) end
            made[i] = true
        end)
    end
    t:sleep(begin + entry.last - t.now)
    local endings = {}
    for i, step in ipairs(entry.steps) do
        endings[i] = our_ending(step, calls[i], begin)
        if endings[i] == "pending" then t:expect(calls[i]):pending() end
    end
    return endings
end

-- --- servers -------------------------------------------------------------------------------------

-- Its address, a function that tells which methods it has begun with, and one that gives what its relay has told.
local function java_server(t, entry, relay)
    local conf = { ["twin.tells"] = true, ["twin.warm"] = true }
    for key, value in pairs(entry.server or {}) do conf[key] = value end
    if entry.acl then
        conf["hadoop.security.authorization"] = true
        conf["twin.policy"] = true
        conf["twin.acl"] = entry.acl
    end
    local server, address = twin.server(t, { conf = conf, handlers = entry.handlers, relay = relay })
    return address, function()
        local ran = {}
        for method in server.output:gmatch "ran (%a+) " do ran[#ran + 1] = method end
        return ran
    end, function() return server.output end
end

local function our_server(t, entry)
    local server = t:server { conf = entry.server, handlers = entry.handlers, acl = entry.acl and { entry.acl } }
    local events = t:events("server.execute", { server })
    return server.address, function()
        local ran = {}
        for _, method in ipairs(events:map "method") do
            if method ~= "getProtocolVersion" then ran[#ran + 1] = method end
        end
        return ran
    end
end

-- --- what was seen -------------------------------------------------------------------------------

local function wire(output, entry)
    local seen, accepts, pings = {}, 0, {}
    for time, number, what in output:gmatch "| (%d+) (%d+) ([^\n]+)" do
        if tonumber(time) > entry.last - 60 then break end
        local side, how = what:match "^(%a+) (%a+)$"
        if what == "accept" then
            accepts = accepts + 1
        elseif what == "ping" then
            pings[#pings + 1] = "@" .. time
        elseif side and not entry.both_end then
            seen[#seen + 1] = ("%s %s ends connection %s at @%s"):format(side, how, number, time)
        end
    end
    local count = accepts == 1 and "1 connection" or accepts .. " connections"
    table.insert(seen, 1, count)
    table.insert(seen, 2, #pings == 0 and "no ping" or "pings at " .. table.concat(pings, ", "))
    return seen
end

local function timeless(text) return (text:gsub("@%d+", "@")) end

-- Equal neighbours as one, with the time of the first: "value x at @100 (5 times)".
local function folded(words)
    local all, i = {}, 1
    while i <= #words do
        local n = 1
        while words[i + n] and timeless(words[i + n]) == timeless(words[i]) do n = n + 1 end
        all[#all + 1] = n == 1 and words[i] or words[i] .. " (" .. n .. " times)"
        i = i + n
    end
    return all
end

-- How calls ended; of `counted` ones how many, and when the last did.
local function ends(endings, entry)
    if not entry.counted then return table.concat(folded(endings), "; ") end
    local last, values = 0, 0
    for _, ending in ipairs(endings) do
        if ending:find "^value " then values = values + 1 end
        last = math.max(last, tonumber(ending:match "@(%d+)" or 0))
    end
    return ("%d values, the last at @%d"):format(values, last)
end

pairing.kinds = { "real client, real server", "real client, our server", "our client, real server" }

-- Plays it; gives what was seen, in one line.
function pairing.play(t, kind, entry)
    local client = kind:find "^real" and java_client or our_client
    if entry.nobody then
        local peer = t:peer()
        local address = peer.address
        peer:close()
        return table.concat(client(t, address, entry), "; ")
    end
    local serve = kind:find "our server" and our_server or java_server
    -- The relay is part of the client's JVM, or of the server's where the client is ours.
    local address, ran, told = serve(t, entry, client == our_client and (entry.relay or {}) or nil)
    local endings, output = client(t, address, entry)
    local methods = ran()
    local words = wire(output or told(), entry)
    table.insert(words, 1, ends(endings, entry))
    words[#words + 1] = #methods == 0 and "nothing is run" or "runs " .. table.concat(folded(methods), ", ")
    return table.concat(words, ". ")
end

-- What was expected, if that is what was seen, with some grace for times; otherwise what was seen.
function pairing.graced(seen, entry)
    local expected, late = entry.sees, entry.late or LATE
    if timeless(seen) ~= timeless(expected) then return seen end
    local planned = expected:gmatch "@(%d+)"
    for time in seen:gmatch "@(%d+)" do
        local off = tonumber(time) - tonumber(planned())
        if off < -EARLY or off > late then return seen end
    end
    return expected
end

return pairing
