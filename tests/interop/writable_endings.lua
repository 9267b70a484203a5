-- IPC version 4: what ends a call of the Java client ends ours, with the same exception and the same words.

local twin = include "lib/twin.lua"
local v4 = include "lib/v4.lua"

local response = "org.ripcord.EchoResponse"
local value = v4.object(response, response, "\1\2hi")
local hi = v4.value(1, value)

local function fin(raw) raw:shutdown() end
local function rst(raw) raw:reset() end
local function stay() end

-- How a server answers an echo of "hi" (call 1), and what it does then.
local answers = {
    { "a value", hi, stay },
    { "a value of nothing", v4.value(1, v4.object(response, response, "\0")), stay },
    { "nothing", "", fin },
    { "RST", "", rst },
    { "two values", hi .. hi, stay },
    { "a value of another call", v4.value(77, value), stay },
    { "a value of another call, and then the right one", v4.value(77, value) .. hi, stay },
    { "a value of another call, and FIN", v4.value(77, value), fin },
    { "an exception of another call", v4.failure(77, "java.io.IOException", "x"), stay },
    { "an exception", v4.failure(1, "java.io.FileNotFoundException", "no such file"), stay },
    { "an exception without text", v4.failure(1, "java.io.IOException"), stay },
    { "an exception without class", v4.failure(1, nil, "x"), stay },
    { "an exception of an empty class", v4.failure(1, "", "x"), stay },
    { "FATAL", v4.failure(1, "java.io.IOException", "x", -1), stay },
    { "FATAL for call -1", v4.failure(-1, "java.io.IOException", "x", -1), stay },
    { "FATAL for another call", v4.failure(77, "java.io.IOException", "x", -1), stay },
    { "a status that does not exist", string.pack(">i4i4", 1, 2), stay },
    { "that, and then a value", string.pack(">i4i4", 1, 2) .. hi, stay },
    { "that, and FIN", string.pack(">i4i4", 1, 2), fin },
    { "half an id", "\0\0", fin },
    { "an id", "\0\0\0\1", fin },
    { "half a value", hi:sub(1, -2), fin },
    { "half a value, and RST", hi:sub(1, -2), rst },
    { "half a value, and nothing more", hi:sub(1, -2), stay },
    { "an unknown declared class", v4.value(1, v4.object("no.Such", response, "\0")), stay },
    { "an unknown class", v4.value(1, v4.object(response, "no.Such", "\0")), stay },
    { "an unknown class, and FIN", v4.value(1, v4.object(response, "no.Such", "\0")), fin },
    { "null of an unknown class", v4.value(1, v4.null "no.Such"), stay },
    { "an Integer", v4.value(1, v4.utf8 "java.lang.Integer" .. "\0\0\0\1"), stay },
    { "a text of negative length", v4.value(1, v4.object(response, response, "\1\xff")), stay },
    { "an array of negative length", v4.value(1, v4.utf8 "[I" .. "\xff\xff\xff\xff"), stay },
    { "an array of 2^31-1", v4.value(1, v4.utf8 "[I" .. "\x7f\xff\xff\xff"), stay },
    { "a class name of negative length", string.pack(">i4i4i4", 1, 1, -5), stay },
    { "a class name of 2^31-1", string.pack(">i4i4i4", 1, 1, 0x7fffffff), stay },
    { "half an id behind the value", hi .. "\0\0", fin },
    { "HTTP", "HTTP/1.1 404 Not Found\r\n\r\n", fin },
    { "the goodbye of version 9", v4.failure(-1, "org.apache.hadoop.ipc.RPC$VersionMismatch",
        "Server IPC version 9 cannot communicate with client version 4", -1), fin },
}

-- What is answered to getProtocolVersion (call 0) instead.
local versions = {
    { "another version", v4.value(0, v4.utf8 "long" .. string.pack(">i8", 2)) },
    { "an exception for the version", v4.failure(0, "java.io.IOException", "Unknown protocol: x") },
}

local version = v4.value(0, v4.utf8 "long" .. string.pack(">i8", 1))

-- Hosts have other names for the JVM.
local names = {
    { "peer%d+", "HOST" },
    { "[%w.-]*/%d+%.%d+%.%d+%.%d+", "HOST" },
    { "%d+%.%d+%.%d+%.%d+", "HOST" },
    { "HOST:%d+", "HOST" },
    { "HOST/HOST", "HOST" },
    { "\n.*", "" },
}

local function blot(text)
    for _, name in ipairs(names) do text = text:gsub(name[1], name[2]) end
    return text
end

-- As the twin prints it.
local function told(call)
    if not call.at then return "pending" end
    if call.ending == "value" then return "value " .. tostring(call.value.message or "null") end
    local text = tostring(call.class) .. ": " .. tostring(call.message or "")
    return (call.ending:find "^remote" and "remote " or "error ") .. text
end

local function skip_call(raw)
    repeat local got = raw:recv() until got[1] ~= "ping"
end

scenario("WE-01 · Whatever a server answers, our client tells what the Java client tells", {
    world = "live",
    releases = "-1.2",
}, function(t)
    local conf = { ["ipc.ping.interval"] = 200 }
    local all = {}
    for _, answer in ipairs(answers) do all[#all + 1] = { answer[1], version, answer[2], answer[3] } end
    for _, answer in ipairs(versions) do all[#all + 1] = { answer[1], answer[2] } end

    local java, calls = {}, {}
    for i, answer in ipairs(all) do
        local peer = t:peer()
        t:spawn(function()
            for _ = 1, 2 do
                local raw = peer:accept()
                t:spawn(function()
                    raw:open()
                    skip_call(raw)
                    raw:send(answer[2])
                    if not answer[3] then return end
                    skip_call(raw)
                    raw:send(answer[3])
                    answer[4](raw)
                end)
            end
        end)
        java[i] = "0,echo,hi,0,twin.target=" .. peer.address
        calls[i] = t:client(peer, { user = "alice", conf = conf }):call("echo", { message = "hi", time = 0 })
    end
    local script = twin.client(t, conf, "script", "-", 1500, table.unpack(java))
    t:expect(script):exits(0)

    local i = 0
    for line in script.output:gmatch "[^\n]+" do
        i = i + 1
        local ending = line:gsub("^%d+ [%d-]+ ", "")
        t:expect({ all[i][1], blot(told(calls[i])) }):is { all[i][1], blot(ending) }
    end
    t:expect(i):is(#all)
end)
