-- What ends a call of the Java client ends ours, with the same exception and the same words.

local twin = include "lib/twin.lua"

local function response(fields)
    return function(raw, request)
        local made = { "response", call = request, value = { message = "hi" } }
        for key, value in pairs(fields) do made[key] = value end
        raw:send(made)
    end
end

local function bytes(text)
    return function(raw) raw:send(text) end
end

-- How a server answers an echo of "hi", before it closes.
local answers = {
    { "a value", response {} },
    { "nothing", function() end },
    { "RST", function(raw) raw:reset() end },
    { "two values", function(raw, request)
        response {}(raw, request)
        response {}(raw, request)
    end },
    { "no client id", response { client_id = "" } },
    { "another client id", response { client_id = "0123456789abcdef" } },
    { "another call id", response { call_id = 77 } },
    { "an exception", response { class = "java.io.FileNotFoundException", message = "no such file" } },
    { "an exception without text", response { class = "java.io.IOException" } },
    { "an exception without class", response { status = "ERROR", message = "x" } },
    { "FATAL", response { status = "FATAL", class = "java.io.IOException", message = "x" } },
    { "FATAL for call -1", response { status = "FATAL", call_id = -1, class = "java.io.IOException", message = "x" } },
    { "half a length", bytes "\0\0" },
    { "half a frame", bytes "\0\0\0\x20\x1a\x08" },
    { "length 0", bytes "\0\0\0\0" },
    { "length -1", bytes "\xff\xff\xff\xff" },
    { "length -2", bytes "\xff\xff\xff\xfe" },
    { "a giant length", bytes "\x7f\xff\xff\xff" },
    { "garbage", bytes "\0\0\0\x05\x04\x07\x07\x07\x07" },
    { "a header without call id", bytes "\0\0\0\x03\x02\x10\x00" },
    { "a goodbye", function(raw)
        raw:send { "goodbye", class = "org.apache.hadoop.ipc.RPC$VersionMismatch", message = "Server IPC version 8" }
    end },
    { "HTTP", bytes "HTTP/1.1 404 Not Found\r\n\r\n" },
}

local codes = { [1] = "ERROR_APPLICATION", [10] = "FATAL_UNKNOWN" }

-- As the twin prints it.
local function told(call)
    if call.ending == "value" then return "value " .. call.value.message end
    local text = call.class .. ": " .. tostring(call.message)
    if not call.ending:find "^remote" then return "error " .. text end
    return "remote " .. (codes[call.code] or "null") .. " " .. text
end

scenario("EN-01 · Whatever a server answers, our client tells what the Java client tells", {
    world = "live",
    releases = "3.4",
}, function(t)
    local conf = { ["ipc.ping.interval"] = 200, ["ipc.client.rpc-timeout.ms"] = 400 }
    local peers, addresses = twin.peers(t, answers)
    local java = twin.client(t, conf, "each", table.unpack(addresses))
    local calls = t:times(#answers, function(i)
        return t:client(peers[i], { user = "alice", conf = conf }):call("echo", { message = "hi", time = 0 })
    end)
    t:wait(calls)
    twin.tells_the_same(t, answers, java, calls, told)
end)
