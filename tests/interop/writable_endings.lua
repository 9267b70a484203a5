-- IPC version 4: what ends a call of the Java client ends ours, with the same exception and the same words.

local twin = include "lib/twin.lua"
local v4 = include "lib/v4.lua"

local response = "org.ripcord.EchoResponse"
local value = v4.object(response, response, "\1\2hi")
local function hi(id) return v4.value(id, value) end

local function fin(raw) raw:shutdown() end
local function rst(raw) raw:reset() end
local function stay() end

-- Another call than any.
local other = 7777

local function object(...)
    local bytes = v4.object(...)
    return function(id) return v4.value(id, bytes) end
end

local function failure(class, message, status)
    return function(id) return v4.failure(id, class, message, status) end
end

local function bytes(text)
    return function() return text end
end

-- How a server answers an echo of "hi", and what it does then.
local answers = {
    { "a value", hi, stay },
    { "a value of nothing", object(response, response, "\0"), stay },
    { "nothing", bytes "", fin },
    { "RST", bytes "", rst },
    { "two values", function(id) return hi(id) .. hi(id) end, stay },
    { "a value of another call", bytes(hi(other)), stay },
    { "a value of another call, and then the right one", function(id) return hi(other) .. hi(id) end, stay },
    { "a value of another call, and FIN", bytes(hi(other)), fin },
    { "an exception of another call", bytes(v4.failure(other, "java.io.IOException", "x")), stay },
    { "an exception", failure("java.io.FileNotFoundException", "no such file"), stay },
    { "an exception without text", failure "java.io.IOException", stay },
    { "an exception without class", failure(nil, "x"), stay },
    { "an exception of an empty class", failure("", "x"), stay },
    { "FATAL", failure("java.io.IOException", "x", -1), stay },
    { "FATAL for call -1", bytes(v4.failure(-1, "java.io.IOException", "x", -1)), stay },
    { "FATAL for another call", bytes(v4.failure(other, "java.io.IOException", "x", -1)), stay },
    { "a status that does not exist", function(id) return string.pack(">i4i4", id, 2) end, stay },
    { "that, and then a value", function(id) return string.pack(">i4i4", id, 2) .. hi(id) end, stay },
    { "that, and FIN", function(id) return string.pack(">i4i4", id, 2) end, fin },
    { "half an id", bytes "\0\0", fin },
    { "an id", function(id) return string.pack(">i4", id) end, fin },
    { "half a value", function(id) return hi(id):sub(1, -2) end, fin },
    { "half a value, and RST", function(id) return hi(id):sub(1, -2) end, rst },
    { "half a value, and nothing more", function(id) return hi(id):sub(1, -2) end, stay },
    { "an unknown declared class", object("no.Such", response, "\0"), stay },
    { "an unknown class", object(response, "no.Such", "\0"), stay },
    { "an unknown class, and FIN", object(response, "no.Such", "\0"), fin },
    { "null of an unknown class", function(id) return v4.value(id, v4.null "no.Such") end, stay },
    { "an Integer", function(id) return v4.value(id, v4.utf8 "java.lang.Integer" .. "\0\0\0\1") end, stay },
    { "a text of negative length", object(response, response, "\1\xff"), stay },
    { "an array of negative length", function(id) return v4.value(id, v4.utf8 "[I" .. "\xff\xff\xff\xff") end, stay },
    { "an array of 2^31-1", function(id) return v4.value(id, v4.utf8 "[I" .. "\x7f\xff\xff\xff") end, stay },
    { "a class name of negative length", function(id) return string.pack(">i4i4i4", id, 1, -5) end, stay },
    { "a class name of 2^31-1", function(id) return string.pack(">i4i4i4", id, 1, 0x7fffffff) end, stay },
    { "half an id behind the value", function(id) return hi(id) .. "\0\0" end, fin },
    { "HTTP", bytes "HTTP/1.1 404 Not Found\r\n\r\n", fin },
    { "the goodbye of version 9", bytes(v4.failure(-1, "org.apache.hadoop.ipc.RPC$VersionMismatch",
        "Server IPC version 9 cannot communicate with client version 4", -1)), fin },
}

local function version(number)
    return function(id) return v4.value(id, v4.utf8 "long" .. string.pack(">i8", number)) end
end

-- What is answered to getProtocolVersion instead.
local versions = {
    { "another version", version(2) },
    { "an exception for the version", failure("java.io.IOException", "Unknown protocol: x") },
}

-- A reset has another name in JDKs of that age.
local function blot(text)
    text = twin.nameless(text):gsub("java%.net%.SocketException: Connection reset", "RESET")
    return (text:gsub("java%.io%.IOException: Connection reset by peer", "RESET"))
end

-- As the twin prints it.
local function told(call)
    if not call.at then return "pending" end
    if call.ending == "value" then return "value " .. tostring(call.value.message or "null") end
    local text = tostring(call.class) .. ": " .. tostring(call.message or "")
    return (call.ending:find "^remote" and "remote " or "error ") .. text
end

-- The next call's id.
local function called(raw)
    local got
    repeat got = raw:recv() until got[1] ~= "ping"
    return got.call_id
end

scenario("WE-01 · Whatever a server answers, our client tells what the Java client tells", {
    world = "live",
    releases = "-1.2",
}, function(t)
    local conf = { ["ipc.ping.interval"] = 200 }
    local all = {}
    for _, answer in ipairs(answers) do all[#all + 1] = { answer[1], version(1), answer[2], answer[3] } end
    for _, answer in ipairs(versions) do all[#all + 1] = { answer[1], answer[2] } end

    local java, calls = {}, {}
    for i, answer in ipairs(all) do
        local peer = t:peer()
        t:spawn(function()
            for _ = 1, 2 do
                local raw = peer:accept()
                t:spawn(function()
                    raw:open()
                    raw:send(answer[2](called(raw)))
                    if not answer[3] then return end
                    raw:send(answer[3](called(raw)))
                    answer[4](raw)
                end)
            end
        end)
        java[i] = "0,echo,hi,0,twin.target=" .. peer.address
        local proxy = t:client(peer, { user = "alice", conf = conf }):proxy {}
        calls[i] = proxy:open()
        t:spawn(function()
            t:wait(calls[i])
            if calls[i].ending == "value" then calls[i] = proxy:call("echo", { message = "hi", time = 0 }) end
        end)
    end
    local program, said = twin.together(t, { { conf = conf, "script", "-", 1500, table.unpack(java) } })
    t:expect(program):exits(0)

    local i = 0
    for ending in ("\n" .. said(1)):gmatch "\n%d+ [%d-]+ ([^\n]+)" do
        i = i + 1
        t:expect({ all[i][1], blot(told(calls[i])) }):is { all[i][1], blot(ending) }
        if not calls[i].at then t:expect(calls[i]):pending() end
    end
    t:expect(i):is(#all)
end)
