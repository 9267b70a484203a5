-- IPC version 4 by hand: what is said as bytes, and what comes back in words.
local v4 = {}

function v4.utf8(text) return string.pack(">s2", text) end

-- io.Text of less than 128 bytes.
function v4.text(text) return string.pack("s1", text) end

function v4.frame(...) return string.pack(">s4", table.concat { ... }) end

v4.preamble = "hrpc\4\x50"
v4.switch_to_simple = -88
v4.ping = "\xff\xff\xff\xff"

-- A ConnectionHeader; user: nil is nobody.
function v4.header(protocol, user, real)
    local by = user and "\1" .. v4.utf8(user) .. (real and "\1" .. v4.utf8(real) or "\0") or "\0"
    return v4.frame(v4.text(protocol), by)
end

function v4.call(id, method, ...)
    return v4.frame(string.pack(">i4", id), v4.utf8(method), string.pack(">i4", select("#", ...)), ...)
end

-- One parameter.
function v4.object(declared, actual, bytes) return v4.utf8(declared) .. v4.utf8(actual) .. bytes end

function v4.string(bytes) return v4.utf8 "java.lang.String" .. v4.utf8(bytes) end

function v4.null(class)
    return v4.object("org.apache.hadoop.io.Writable", "org.apache.hadoop.io.ObjectWritable$NullInstance", v4.utf8(class))
end

local echo_request = "org.ripcord.EchoRequest"

function v4.echo_request(message, time)
    local optional = message and "\1" .. v4.text(message) or "\0"
    return v4.object(echo_request, echo_request, optional .. string.pack(">i8", time or 0))
end

function v4.value(id, object) return string.pack(">i4i4", id, 0) .. object end

local function nullable(text) return text and string.pack(">s4", text) or "\xff\xff\xff\xff" end

function v4.failure(id, class, message, status)
    return string.pack(">i4i4", id, status or 1) .. nullable(class) .. nullable(message)
end

-- Where an ObjectWritable ends that a reply of the tests can hold.
local object_end
function object_end(bytes, at)
    local declared
    declared, at = string.unpack(">s2", bytes, at)
    if declared == "java.lang.String" or declared == "org.ripcord.Colour" then
        return select(2, string.unpack(">s2", bytes, at))
    elseif declared == "[I" then
        local count
        count, at = string.unpack(">i4", bytes, at)
        return at + 9 * count
    elseif declared == "[Ljava.lang.String;" then
        local count
        count, at = string.unpack(">i4", bytes, at)
        for _ = 1, count do at = object_end(bytes, at) end
        return at
    elseif declared == "long" or declared == "int" then
        return at + (declared == "long" and 8 or 4)
    end
    local actual
    actual, at = string.unpack(">s2", bytes, at)
    if actual == "org.apache.hadoop.io.ObjectWritable$NullInstance" then
        return select(2, string.unpack(">s2", bytes, at))
    elseif actual == "org.apache.hadoop.io.ObjectWritable" then
        return object_end(bytes, at)
    end
    local has
    has, at = string.unpack("B", bytes, at)
    return has == 0 and at or select(2, string.unpack("s1", bytes, at))
end

-- The frames of a stack trace that are there whatever was thrown: below the engine, and none of the JDK's.
local function frames(text)
    local found = {}
    for frame in text:gmatch "\n\tat (org%.apache%.hadoop%.[^\n]*)" do
        if not frame:find "RPC$Server.call" then found[#found + 1] = frame end
    end
    return table.concat(found, " ")
end

-- Replies: values as they are; of an exception the first line of its text, and in a word of its own the server's
-- frames of the stack trace.
function v4.replies(bytes)
    local words, at = {}, 1
    while at <= #bytes do
        if #bytes - at < 7 then
            words[#words + 1] = bytes:sub(at)
            break
        end
        local id, status, next = string.unpack(">i4i4", bytes, at)
        if status == 0 then
            local till = object_end(bytes, next)
            words[#words + 1] = bytes:sub(at, till - 1)
            at = till
        elseif status == v4.switch_to_simple then
            words[#words + 1] = "switch to simple"
            at = next
        else
            local class, text
            class, text, at = string.unpack(">s4s4", bytes, next)
            words[#words + 1] = ("%d %d %s | %s"):format(id, status, class, text:match "^[^\n]*")
            if text:find "\n\tat " then words[#words + 1] = frames(text) end
        end
    end
    return words
end

return v4
