-- Timetables of calls, played by the Java client or ours against the Java server or ours, a relay between
-- them: what was seen on the way, at either end, in words that can be compared.  IPC version 4.  All are played at
-- once, each with a client and a server of its own: they only wait.
--
-- An entry: client = {conf}, server = {conf}, handlers, rpc_timeout, acl, relay = {rules}, last (ms, when it is over),
-- steps = { { at, method, argument, time, user = "bob" } … }; `at` as in Script.java, rules as in Relay.java; a step of
-- another user's has a connection of its own.
-- nobody = true: there is no server.  Times are written @MS; late = by how many ms they may be late.
local twin = include "lib/twin.lua"

local pairing = {}

-- A busy machine is later than planned, never earlier.
local EARLY, LATE = 30, 500

-- Between the beginnings of those that are played at once (ms), as the twin has it.
local STEP = 100

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

local function java_script(address, entry)
    local play = { conf = { ["ipc.client.rpc-timeout.ms"] = entry.rpc_timeout }, "script", address, entry.last }
    for key, value in pairs(entry.client or {}) do play.conf[key] = value end
    for _, step in ipairs(entry.steps) do
        local parts = { step[1], step[2], step[3] or "", step[4] or 0 }
        if step.user then parts[#parts + 1] = "twin.user=" .. step.user end
        play[#play + 1] = table.concat(parts, ",")
    end
    if not entry.nobody then play[#play + 1] = "--" end
    return table.move(entry.relay or {}, 1, #(entry.relay or {}), #play + 1, play)
end

-- Of each entry how its calls ended, and what its relay has told.
local function java_clients(t, places, entries)
    local plays, played = {}, {}
    for i, entry in ipairs(entries) do plays[i] = java_script(places[i].address, entry) end
    local scripts, said = twin.together(t, plays)
    t:require(scripts):exits(0)
    for i in ipairs(entries) do
        local output, endings = said(i), {}
        for ended, text in output:gsub("|[^\n]*\n", ""):gmatch "%d+ ([%d-]+) ([^\n]+)" do
            endings[#endings + 1] = ended == "-" and "pending" or java_ending(text) .. " at @" .. ended
        end
        played[i] = { endings = endings, told = output }
    end
    return played
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

local function our_clients(t, places, entries)
    local played, tasks = {}, {}
    for i, entry in ipairs(entries) do
        tasks[i] = t:spawn(function() played[i] = { endings = our_client(t, places[i].address, entry) } end)
        t:sleep(STEP)
    end
    t:wait(tasks)
    for i in ipairs(entries) do played[i].told = places[i].told() end
    return played
end

-- --- servers -------------------------------------------------------------------------------------

local function nobody(t)
    local peer = t:peer()
    local place = { address = peer.address, told = function() return "" end }
    peer:close()
    return place
end

local function java_serving(entry, relayed)
    local play = { conf = { ["twin.tells"] = true }, "server", entry.handlers or 1 }
    for key, value in pairs(entry.server or {}) do play.conf[key] = value end
    if entry.acl then
        play.conf["hadoop.security.authorization"] = true
        play.conf["twin.policy"] = true
        play.conf["twin.acl"] = entry.acl
    end
    if relayed then
        play[#play + 1] = "--"
        table.move(entry.relay or {}, 1, #(entry.relay or {}), #play + 1, play)
    end
    return play
end

-- Of each entry the server's address, a function that tells which methods it has begun with, and one that gives
-- what its relay has told: it is part of the client's JVM, or of the server's where the client is ours (relayed).
local function java_servers(t, entries, relayed)
    local plays, places = {}, {}
    for i, entry in ipairs(entries) do
        plays[#plays + 1] = not entry.nobody and java_serving(entry, relayed) or nil
        places[i] = entry.nobody and nobody(t) or { number = #plays }
    end
    local servers, said = twin.together(t, plays)
    t:wait(function() return select(2, servers.output:gsub(" port %d+\n", "")) == #plays or servers.status end)
    for _, place in ipairs(places) do
        if place.number then
            place.address = "127.0.0.1:" .. (said(place.number):match "port (%d+)" or error(servers.output))
            function place.told() return said(place.number) end
            function place.ran()
                local ran = {}
                for method in place.told():gmatch "ran (%a+) " do ran[#ran + 1] = method end
                return ran
            end
        end
    end
    return places
end

local function our_server(t, entry)
    local server = t:server { conf = entry.server, handlers = entry.handlers, acl = entry.acl and { entry.acl } }
    local events = t:events("server.execute", { server })
    return { address = server.address, ran = function()
        local ran = {}
        for _, method in ipairs(events:map "method") do
            if method ~= "getProtocolVersion" then ran[#ran + 1] = method end
        end
        return ran
    end }
end

local function our_servers(t, entries)
    local places = {}
    for i, entry in ipairs(entries) do places[i] = entry.nobody and nobody(t) or our_server(t, entry) end
    return places
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

-- Plays them; gives what was seen of each, in one line.
function pairing.play(t, kind, entries)
    local clients = kind:find "^real" and java_clients or our_clients
    local servers = kind:find "our server" and our_servers or java_servers
    local places = servers(t, entries, clients == our_clients)
    local seen = {}
    for i, played in ipairs(clients(t, places, entries)) do
        local words = { ends(played.endings, entries[i]) }
        if places[i].ran then
            local methods = places[i].ran()
            for _, word in ipairs(wire(played.told, entries[i])) do words[#words + 1] = word end
            words[#words + 1] = #methods == 0 and "nothing is run" or "runs " .. table.concat(folded(methods), ", ")
        end
        seen[i] = table.concat(words, ". ")
    end
    return seen
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
