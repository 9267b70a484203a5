-- Timetables of calls, played by the Java client or ours against the Java server or ours, a relay between
-- them: what was seen on the way, at either end, in words that can be compared.  All are played at
-- once, each with a client and a server of its own: they only wait.
--
-- An entry's fields:
--   client, server   {conf}
--   handlers, rpc_timeout, acl
--   start = false    the server is bound, and never starts
--   stop             when the server stops after it has begun with a call (ms)
--   nobody = true    there is no server
--   relay            {rules}, as in Relay.java
--   steps            { { at, method, argument, time, user = "bob", rpc_timeout = 5000, conf = {conf} } … }: `at`, and
--                    steps that are no calls, as in Script.java; a step with words of its own has another proxy
--   last             when it is over (ms)
--   sees             what is seen, with times as @MS; late: by how many ms they may be late
-- And what does not count:
--   both_end         who ends a connection first
--   strangers        which connection ends; its time is that since the first one ended
--   racing           what is run; of a step: how and when it ends
--   counted          of calls, how each of them ends
-- apart: each call's ending counts with its own time, though they are equal.
local twin = include "lib/twin.lua"

local pairing = {}

-- A busy machine is later than planned, never earlier; but what is seen on the way counts from the first connection,
-- which is late itself.
local EARLY, EARLY_ON_THE_WAY, LATE = 30, 100, 200

-- Between the beginnings of those that are played at once (ms), as the twin has it.
local STEP = 60

-- --- clients -------------------------------------------------------------------------------------

-- Steps that are no calls.
local acts = { interrupt = true, stop = true }

local lost = { "EOFException", "Connection reset", "Broken pipe" }

-- What an exception says, but for who speaks with whom.
local function plain(text)
    text = text:gsub("DestHost:destPort %S+ , LocalHost:localPort %S+ ", ""):gsub("; Host Details : .*", "")
    text = text:gsub("%d+ millis timeout left", "MS millis timeout left")
    return twin.nameless(text)
end

-- In our words: "value …", "remote CLASS: TEXT" or "error CLASS: TEXT".
local function worded(text)
    if text:find "^value %d+ bytes$" then return "value of bytes" end
    if not text:find "^error " then return plain(text) end
    for _, word in ipairs(lost) do
        if text:find(word, 1, true) then return "lost" end
    end
    if text:find "^error java.net.SocketTimeoutException" then return "timed out" end
    if text:find "^error java.net.ConnectException" then return "refused" end
    if text:find "^error org.apache.hadoop.net.ConnectTimeoutException" then return "connect timed out" end
    return plain(text)
end

local function told(step, text, ended)
    return step.racing and "ended" or ("%s at @%.0f"):format(worded(text), ended)
end

local function keys(step)
    local conf = { ["twin.user"] = step.user, ["ipc.client.rpc-timeout.ms"] = step.rpc_timeout }
    for key, value in pairs(step.conf or {}) do conf[key] = value end
    local words = {}
    for key, value in pairs(conf) do words[#words + 1] = key .. "=" .. tostring(value) end
    table.sort(words)
    return words
end

local function java_script(address, entry)
    local play = { conf = { ["ipc.client.rpc-timeout.ms"] = entry.rpc_timeout }, "script", address, entry.last }
    for key, value in pairs(entry.client or {}) do play.conf[key] = value end
    for _, step in ipairs(entry.steps) do
        local parts = { step[1], step[2], step[3] or "", step[4] or 0, table.unpack(keys(step)) }
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
        local output, endings, number = said(i), {}, 0
        for ended, text in output:gsub("|[^\n]*\n", ""):gmatch "%d+ ([%d-]+) ([^\n]+)" do
            number = number + 1
            local step = entries[i].steps[number]
            if not acts[step[2]] then endings[#endings + 1] = ended == "-" and "pending" or told(step, text, ended) end
        end
        played[i] = { endings = endings, told = output }
    end
    return played
end

local function our_ending(step, call, begin)
    if not call or not call.at then return "pending" end
    local text
    if call.ending ~= "value" then
        text = (call.ending:find "^remote" and "remote " or "error ") .. call.class .. ": " .. tostring(call.message)
    elseif step[2] == "blob" then
        text = "value " .. #call.value.data .. " bytes"
    else
        text = "value " .. (call.value.message or "")
    end
    return told(step, text, call.at - begin)
end

local function request(step)
    local time = step[4] or 0
    if step[2] == "blob" then return { size = math.tointeger(step[3]), time = time } end
    if step[2] == "throw" then return { class = step[3], message = "no luck", time = time } end
    if step[2] == "hang" then return {} end
    return { message = step[3], time = time }
end

local function our_client(t, address, entry)
    local options = { user = "alice", conf = entry.client, rpc_timeout = entry.rpc_timeout, engine = "writable" }
    local client, opened, calls, made = t:client(address, options), {}, {}, {}
    local begin = t.now

    -- Until something has ended, or all is over.
    local function await(ended)
        while not ended() and t.now < begin + entry.last do t:sleep(2) end
    end

    -- The step's proxy, opened by whoever comes first, for step i; nil: that could not be done, or takes too long.
    local function proxy(i, step)
        local name = table.concat(keys(step), ",")
        local found = opened[name]
        if not found then
            found = { proxy = client:proxy {
                user = step.user or "alice", rpc_timeout = step.rpc_timeout or entry.rpc_timeout, conf = step.conf,
            } }
            found.opening = found.proxy:open()
            opened[name] = found
        end
        calls[i] = found.opening
        await(function() return found.opening.at end)
        if found.opening.ending == "value" then return found.proxy end
        if found.opening.at then opened[name] = nil end
    end

    local function call(own, step)
        if step[2] ~= "unwritable" then return own:call(step[2], request(step)) end
        t:fault("client.encode.throw", { own, nth = 1, class = "java.io.IOException", message = "can't" })
        return own:call("echo", {})
    end

    for i, step in ipairs(entry.steps) do
        t:spawn(function()
            if type(step[1]) == "string" then
                await(function() return made[i - 1] and calls[i - 1].at end)
                if tonumber(step[1]) > 0 then t:sleep(tonumber(step[1])) end
            elseif step[1] > 0 then
                t:sleep(begin + step[1] - t.now)
            end
            if step[2] == "interrupt" then
                calls[step[3]]:interrupt()
            elseif step[2] == "stop" then
                client:stop()
            else
                local own = proxy(i, step)
                if own then calls[i] = call(own, step) end
            end
            made[i] = true
        end)
    end
    t:sleep(begin + entry.last - t.now)
    local endings = {}
    for i, step in ipairs(entry.steps) do
        if not acts[step[2]] then
            endings[#endings + 1] = our_ending(step, calls[i], begin)
            if endings[#endings] == "pending" then t:expect(calls[i]):pending() end
        end
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
    play.conf["twin.stop"], play.conf["twin.start"] = entry.stop, entry.start
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
    local server = t:server {
        conf = entry.server, handlers = entry.handlers, acl = entry.acl and { entry.acl }, engine = "writable",
        start = entry.start,
    }
    local events = t:events("server.execute", { server })
    local function ran()
        local methods = {}
        for _, method in ipairs(events:map "method") do
            if method ~= "getProtocolVersion" then methods[#methods + 1] = method end
        end
        return methods
    end
    if entry.stop then
        t:spawn(function()
            t:wait(function() return #ran() > 0 end)
            t:sleep(entry.stop)
            server:stop()
        end)
    end
    return { address = server.address, ran = ran }
end

local function our_servers(t, entries)
    local places = {}
    for i, entry in ipairs(entries) do places[i] = entry.nobody and nobody(t) or our_server(t, entry) end
    return places
end

-- --- what was seen -------------------------------------------------------------------------------

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

local function wire(output, entry)
    local accepts, pings, ends, first = 0, {}, {}, nil
    for time, number, what in output:gmatch "| (%d+) (%d+) ([^\n]+)" do
        if tonumber(time) > entry.last - 60 then break end
        local side, how = what:match "^(%a+) (%a+)$"
        if what == "accept" then
            accepts = accepts + 1
        elseif what == "ping" then
            pings[#pings + 1] = "@" .. time
        elseif side and not entry.both_end then
            first = first or time
            if entry.strangers then
                ends[#ends + 1] = ("%s %s ends one at +@%d"):format(side, how, time - first)
            else
                ends[#ends + 1] = ("%s %s ends connection %s at @%s"):format(side, how, number, time)
            end
        end
    end
    local count = accepts == 1 and "1 connection" or accepts .. " connections"
    local pinged = #pings == 0 and "no ping" or "pings at " .. table.concat(pings, ", ")
    return { count, pinged, table.unpack(ends) }
end

-- How calls ended; of `counted` ones how many, and when the last did.
local function ends(endings, entry)
    if not entry.counted then return table.concat(entry.apart and endings or folded(endings), "; ") end
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
        if not entries[i].nobody then
            local methods = places[i].ran()
            for _, word in ipairs(wire(played.told, entries[i])) do words[#words + 1] = word end
            if not entries[i].racing then
                words[#words + 1] = #methods == 0 and "nothing is run" or "runs " .. table.concat(folded(methods), ", ")
            end
        end
        seen[i] = table.concat(words, ". ")
    end
    return seen
end

-- What was expected, if that is what was seen, with some grace for times; otherwise what was seen.
function pairing.graced(seen, entry)
    local expected, late = entry.sees, entry.late or LATE
    if timeless(seen) ~= timeless(expected) then return seen end
    local way = seen:find " connections?%." or #seen
    local planned = expected:gmatch "@(%d+)"
    for at, time in seen:gmatch "()@(%d+)" do
        local off = tonumber(time) - tonumber(planned())
        if off < (at < way and -EARLY or -EARLY_ON_THE_WAY) or off > late then return seen end
    end
    return expected
end

return pairing
