-- What a relay may say in a server's place, in its rules' hex; and where on the way something begins.
local v4 = include "lib/v4.lua"

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local response = "org.ripcord.EchoResponse"
local hi = v4.object(response, response, "\1\2hi")

-- A value of a class that is not there.
local stranger = v4.object(response, "no.Such", "\0")

-- What the latest call's id is for the relay.
local latest = "CALL"

-- --- IPC version 4 -------------------------------------------------------------------------------

-- `replied`: how long the answer to getProtocolVersion is; `opened`: preamble and header.
local four = { replied = 22, opened = 44 }

local function value_of_four(id) return id and hex(string.pack(">i4", id)) .. "00000000" or latest .. "00000000" end

-- The value of an echo; id: nil is the latest call's.
function four.value(id) return value_of_four(id) .. hex(hi) end

function four.stranger() return value_of_four() .. hex(stranger) end

-- For entries that are not of this version.
function four.to_another() return "" end

four.failure = four.to_another

function four.fatal(class, message) return hex(v4.failure(-1, class, message, -1)) end

function four.unreadable() return hex(v4.call(9, "echo", v4.utf8 "no.Such")) end

-- --- IPC version 9 -------------------------------------------------------------------------------

-- `opened`: preamble and context of alice for the test protocol.
local nine = { replied = 0, opened = 74 }

-- A number of five bytes, which the relay has for an id.
local function number(id)
    local bytes = {}
    for i = 1, 5 do
        bytes[i] = string.char(id & 0x7f | (i < 5 and 0x80 or 0))
        id = id >> 7
    end
    return table.concat(bytes)
end

-- `fields`: of the header, behind its call id.
local function frame(id, fields, body)
    local header = 1 + 5 + #fields
    return hex(string.pack(">i4B", 1 + header + #body, header)) .. "08" .. (id and hex(number(id)) or latest)
        .. hex(fields .. body)
end

local function status(code) return string.char(16, code, 24, 9) end

local function thrown(code, class, message)
    return status(code) .. string.pack("Bs1Bs1", 34, class, 42, message)
end

-- trailing: bytes behind the value.
function nine.value(id, trailing) return frame(id, status(0), hi .. (trailing or "")) end

-- The client's id is another one.
function nine.to_another() return frame(nil, status(0) .. string.pack("Bs1", 58, ("j"):rep(16)), hi) end

function nine.stranger() return frame(nil, status(0), stranger) end

function nine.failure(id, class, message, trailing) return frame(id, thrown(1, class, message), trailing or "") end

function nine.fatal(class, message) return frame(0xffffffff, thrown(2, class, message), "") end

-- A call of version 1 of the test protocol, hash 0, with one parameter of a class that is not there.
function nine.unreadable()
    local header = string.pack("s1", "\8\1\16\0\24\18\34\16" .. ("i"):rep(16) .. "\40\0")
    local method = string.pack(">i8", 2) .. v4.utf8 "org.ripcord.TestProtocol" .. v4.utf8 "echo" .. string.pack(">i8i4", 1, 0)
    return hex(v4.frame(header, method, "\0\0\0\1", v4.utf8 "no.Such"))
end

return function(t) return t:since "2.2" and nine or four end
