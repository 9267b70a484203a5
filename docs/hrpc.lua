-- A Wireshark dissector for Hadoop RPC, IPC versions 9 (Hadoop 2 and 3) and 4 (0.20.203 to 1.2).
--
--     tshark -X lua_script:docs/hrpc.lua -r run.pcapng -V
--
-- With the directory of the protocol files in Wireshark's protobuf search paths
-- (Preferences > Protocols > ProtoBuf, or
--     -o 'uat:protobuf_search_paths:"/path/to/rpc/wire/proto","TRUE"')
-- headers are shown with the names of their fields, without it with their numbers.
-- Which version a connection speaks is known from its first bytes; without them it is taken for 9.
-- Replies of version 4 have no length: one whose value is of a class that is not known here is taken
-- to end with its segment.
-- It runs on Lua 5.2 and later, whichever Wireshark has.  The ports are a preference of the protocol; 8020 unless told otherwise.

local hrpc = Proto("hrpc", "Hadoop RPC")

local f = {
    version = ProtoField.uint8("hrpc.version", "Version"),
    class = ProtoField.uint8("hrpc.service_class", "Service class"),
    auth = ProtoField.int8("hrpc.auth", "Authentication"),
    length = ProtoField.int32("hrpc.length", "Length"),
    call = ProtoField.int32("hrpc.call_id", "Call id"),
    retry = ProtoField.int32("hrpc.retry", "Retry count"),
    kind = ProtoField.string("hrpc.kind", "Kind"),
    method = ProtoField.string("hrpc.method", "Method"),
    status = ProtoField.uint32("hrpc.status", "Status", base.DEC, { [0] = "SUCCESS", [1] = "ERROR", [2] = "FATAL" }),
    error = ProtoField.string("hrpc.error", "Error"),
    protocol = ProtoField.string("hrpc.protocol", "Protocol"),
    user = ProtoField.string("hrpc.user", "User"),
    value = ProtoField.string("hrpc.value", "Value"),
}
hrpc.fields = f
hrpc.prefs.ports = Pref.range("TCP ports", "8020", "Where servers listen", 65535)

local PACKAGE = "hadoop.common."
local LENGTH_MAX = 128 * 1024 * 1024
local SPECIAL = { [-2] = "invalid", [-3] = "context", [-4] = "ping", [-33] = "sasl" }

-- The varint at `at`: its value and what stands behind it; nil when the bytes end before.
local function varint(tvb, at)
    local value, factor = 0, 1
    while at < tvb:len() and factor < 2 ^ 64 do
        local byte = tvb(at, 1):uint()
        at = at + 1
        value = value + (byte % 128) * factor
        factor = factor * 128
        if byte < 128 then
            return value, at
        end
    end
    return nil
end

local function zigzag(value)
    return value % 2 == 0 and value / 2 or -(value + 1) / 2
end

local function signed32(value)
    value = value % 2 ^ 32
    return math.floor(value >= 2 ^ 31 and value - 2 ^ 32 or value)
end

-- The fields of a protobuf message by number: numbers, or tvb ranges.
local function fields_of(tvb)
    local found, at = {}, 0
    while at < tvb:len() do
        local key, value
        key, at = varint(tvb, at)
        if not key then
            break
        end
        local wire = key % 8
        if wire == 0 then
            value, at = varint(tvb, at)
        elseif wire == 2 then
            value, at = varint(tvb, at)
            if not value or at + value > tvb:len() then
                break
            end
            value, at = value > 0 and tvb(at, value) or nil, at + value
        elseif wire == 1 or wire == 5 then
            at = at + (wire == 1 and 8 or 4)
        else
            break
        end
        if not at then
            break
        end
        found[math.floor(key / 8)] = value
    end
    return found
end

-- Show the delimited message at `at`; what stands behind it, and its fields.
local function message(tvb, at, pinfo, tree, type_name)
    local length, body = varint(tvb, at)
    if not length or body + length > tvb:len() then
        return nil
    end
    if length == 0 then
        return body, {}
    end
    local inner = tvb(body, length):tvb()
    pinfo.private["pb_msg_type"] = "message," .. (type_name and PACKAGE .. type_name or "")
    pcall(Dissector.call, Dissector.get("protobuf"), inner, pinfo, tree)
    return body + length, fields_of(inner)
end

local function text(range)
    return range and range:string() or nil
end

-- Readers of Java's own encodings, see below; and which calls of version 9 have them (WritableRpcEngine), by
-- connection and call: their replies do not say it.
local v4, written = {}, {}

local function place_of(stream, call) return stream .. ":" .. call end

-- WritableRpcEngine.Invocation: eight bytes of its version, then protocol and method.
local function invocation(tvb, at, told)
    local protocol, behind = v4.utf(tvb, at + 8)
    told.protocol = protocol
    told.method = protocol and v4.utf(tvb, behind)
end

local function request(tvb, pinfo, tree, told, stream)
    local at, header = message(tvb, 4, pinfo, tree, "RpcRequestHeaderProto")
    if not at then
        return
    end
    told.call = signed32(zigzag(header[3] or 0))
    told.retry = signed32(zigzag(header[5] or 1))
    told.kind = SPECIAL[told.call] or "request"
    if told.call == -3 then
        message(tvb, at, pinfo, tree, "IpcConnectionContextProto")
    elseif told.call == -33 then
        message(tvb, at, pinfo, tree, "RpcSaslProto")
    elseif told.call >= 0 and header[1] == 1 then
        written[place_of(stream, told.call)] = true
        invocation(tvb, at, told)
    elseif told.call >= 0 then
        written[place_of(stream, told.call)] = nil
        local rest, call = message(tvb, at, pinfo, tree, "RequestHeaderProto")
        told.method = call and text(call[1])
        if rest then
            message(tvb, rest, pinfo, tree)
        end
    end
end

local function response(tvb, pinfo, tree, told, stream)
    local at, header = message(tvb, 4, pinfo, tree, "RpcResponseHeaderProto")
    if not at then
        return
    end
    told.call = signed32(header[1] or 0)
    told.status = header[2] or 0
    told.kind = SPECIAL[told.call] or "response"
    told.error = text(header[4])
    if told.status == 0 and written[place_of(stream, told.call)] then
        told.value = v4.object(tvb, at) or "of a class that is not known"
    elseif told.status == 0 then
        message(tvb, at, pinfo, tree, told.call == -33 and "RpcSaslProto" or nil)
    end
end

local function describe(told)
    local words = { told.kind or "frame" }
    if told.kind == "request" or told.kind == "response" then
        words[#words + 1] = "call " .. told.call
    end
    words[#words + 1] = told.method
    if told.status and told.status > 0 then
        words[#words + 1] = told.status == 2 and "FATAL" or "ERROR"
        words[#words + 1] = told.error
    end
    return table.concat(words, " ")
end

local function tell(tree, told)
    for _, name in ipairs { "kind", "call", "retry", "protocol", "user", "method", "status", "error", "value" } do
        if told[name] then
            tree:add(f[name], told[name]):set_generated()
        end
    end
    tree:append_text(", " .. describe(told))
    return describe(told)
end

local function frame(tvb, pinfo, root, to_server, stream)
    local tree = root:add(hrpc, tvb())
    local told = {}
    tree:add(f.length, tvb(0, 4))
    local dissect = to_server and request or response
    dissect(tvb, pinfo, tree, told, stream)
    return tell(tree, told)
end

-- Versions before 9 have no service class.
local function preamble_length(version)
    return version < 9 and 6 or 7
end

local function preamble(tvb, root)
    local length = tvb:len()
    local tree = root:add(hrpc, tvb(), "Hadoop RPC, preamble")
    tree:add(f.version, tvb(4, 1))
    if length == 7 then
        tree:add(f.class, tvb(5, 1))
    end
    tree:add(f.auth, tvb(length - 1, 1))
    return "preamble, version " .. tvb(4, 1):uint()
end

-- IPC version 4: Java's own encodings.  Each reader takes a place and gives what stands there and the
-- place behind it; nothing when the bytes end before.

function v4.int(tvb, at)
    if at + 4 <= tvb:len() then
        return tvb(at, 4):int(), at + 4
    end
end

local function string_of(tvb, at, length)
    if at + length <= tvb:len() then
        return length > 0 and tvb(at, length):string() or "", at + length
    end
end

-- UTF8 and writeUTF: two bytes of length.
function v4.utf(tvb, at)
    if at + 2 <= tvb:len() then
        return string_of(tvb, at + 2, tvb(at, 2):uint())
    end
end

-- Text: a vint (here up to 65535) of length.
function v4.text(tvb, at)
    if at >= tvb:len() then
        return nil
    end
    local first = tvb(at, 1):int()
    if first >= 0 then
        return string_of(tvb, at + 1, first)
    elseif (first == -113 or first == -114) and at + 1 - (first + 112) <= tvb:len() then
        local size = -112 - first
        return string_of(tvb, at + 1 + size, tvb(at + 1, size):uint())
    end
end

-- WritableUtils.writeString: four bytes of length, -1 is null.
function v4.string(tvb, at)
    local length, behind = v4.int(tvb, at)
    if length == -1 then
        return "null", behind
    elseif length and length >= 0 then
        return string_of(tvb, behind, length)
    end
end

local WRITABLE = "org.apache.hadoop.io.Writable"
local NULL = "org.apache.hadoop.io.ObjectWritable$NullInstance"
local PRIMITIVES = { boolean = 1, byte = 1, char = 2, short = 2, int = 4, long = 8, float = 4, double = 8, void = 0 }
local SIMPLE = {
    BooleanWritable = 1, ByteWritable = 1, IntWritable = 4, LongWritable = 8, FloatWritable = 4, DoubleWritable = 8,
    NullWritable = 0,
}

local function number(tvb, at, name, size)
    if at + size > tvb:len() then
        return nil
    elseif size == 0 then
        return name, at
    elseif name == "boolean" then
        return tostring(tvb(at, 1):uint() ~= 0), at + 1
    elseif name == "char" then
        return tostring(tvb(at, 2):uint()), at + 2
    elseif name == "float" or name == "double" then
        return tostring(tvb(at, size):float()), at + size
    elseif size == 8 then
        return tostring(tvb(at, size):int64()), at + size
    end
    return tostring(tvb(at, size):int()), at + size
end

-- An ObjectWritable.  Nothing: its bytes end before; false: its class is not known.
function v4.object(tvb, at)
    local name, behind = v4.utf(tvb, at)
    if not name then
        return nil
    elseif PRIMITIVES[name] then
        return number(tvb, behind, name, PRIMITIVES[name])
    elseif name == "java.lang.String" then
        return v4.utf(tvb, behind)
    elseif name:sub(1, 1) == "[" then
        local count, next_at = v4.int(tvb, behind)
        local words = {}
        for i = 1, count or 0 do
            words[i], next_at = v4.object(tvb, next_at)
            if not words[i] then
                return words[i]
            end
        end
        return count and "{ " .. table.concat(words, ", ") .. " }", next_at
    end
    local class, inside = v4.utf(tvb, behind)
    if not class then
        return nil
    elseif name == WRITABLE and class == NULL then
        local of, next_at = v4.utf(tvb, inside)
        return of and (of == "void" and of or "null"), next_at
    end
    local size = SIMPLE[class:match "^org%.apache%.hadoop%.io%.(%w+)$" or ""]
    if size then
        return number(tvb, inside, class, size)
    end
    return false
end

function v4.context(tvb, told)
    local at
    told.protocol, at = v4.text(tvb, 4)
    if at and at < tvb:len() and tvb(at, 1):uint() ~= 0 then
        told.user = v4.utf(tvb, at + 1)
    end
end

function v4.request(tvb, told)
    told.call = v4.int(tvb, 4)
    told.method = told.call and v4.utf(tvb, 8)
end

-- A reply at `at`: what it says, and the place behind it; nothing when its bytes end before.
function v4.response(tvb, at)
    local told = { kind = "response" }
    local status, behind
    told.call, behind = v4.int(tvb, at)
    if told.call then
        status, behind = v4.int(tvb, behind)
    end
    if not status then
        return nil
    end
    told.status = status == -1 and 2 or status
    if status == 0 then
        local value, next_at = v4.object(tvb, behind)
        if value == nil then
            return nil
        end
        told.value = value or "of a class that is not known"
        return told, value and next_at or tvb:len()
    elseif status == 1 or status == -1 then
        told.error, behind = v4.string(tvb, behind)
        local message_text, next_at
        if told.error then
            message_text, next_at = v4.string(tvb, behind)
        end
        if not message_text then
            return nil
        end
        return told, next_at
    end
    return told, behind
end

-- More bytes are wanted from `at` on.
local function wait_for(pinfo, at, missing)
    pinfo.desegment_offset = at
    pinfo.desegment_len = missing
end

-- What is known of the connections that speak version 4, by their number; and what frames of theirs
-- are, by packet and place.
local stream_of = Field.new "tcp.stream"
local old, kinds = {}, {}

function hrpc.init()
    old, kinds, written = {}, {}, {}
end

-- What a frame to the server is: nothing in it says so.  A server that wants no token says that at once.
local function kind_of(pinfo, at, known)
    local place = pinfo.number .. ":" .. at
    if not kinds[place] then
        kinds[place] = known.next
        known.next = known.next == "sasl" and "context" or "request"
    end
    return kinds[place]
end

local function old_frame(tvb, pinfo, root, at, known)
    local told = { kind = "ping" }
    if tvb:len() > 4 or tvb(0, 4):int() == 0 then
        told.kind = kind_of(pinfo, at, known)
    end
    local tree = root:add(hrpc, tvb())
    tree:add(f.length, tvb(0, 4))
    if v4[told.kind] then
        v4[told.kind](tvb, told)
    end
    return tell(tree, told)
end

local function old_reply(tvb, at, behind, told, root)
    return tell(root:add(hrpc, tvb(at, behind - at)), told)
end

-- One message at `at`: the place behind it and its words; nothing: more is wanted, or (false) none can be
-- told from here on.
local readers = {}

function readers.preamble(tvb, pinfo, root, at, stream)
    local left = tvb:len() - at
    local length = left > 4 and preamble_length(tvb(at + 4, 1):uint()) or 7
    if left < length then
        return wait_for(pinfo, at, length - left)
    end
    local version, auth = tvb(at + 4, 1):uint(), tvb(at + 5, 1):uint()
    if version == 4 and not old[stream] then
        old[stream] = { next = auth == 80 and "context" or "sasl", token = auth ~= 80 }
    end
    return at + length, preamble(tvb(at, length):tvb(), root)
end

function readers.frame(tvb, pinfo, root, at, stream)
    local left, length = tvb:len() - at, tvb(at, 4):int()
    local known = old[stream]
    if known and length == -1 then
        length = 0
    end
    if length < 0 or length > LENGTH_MAX then
        return false, "length " .. length
    elseif left < 4 + length then
        return wait_for(pinfo, at, 4 + length - left)
    end
    local bytes = tvb(at, 4 + length):tvb()
    if known then
        return at + 4 + length, old_frame(bytes, pinfo, root, at, known)
    end
    return at + 4 + length, frame(bytes, pinfo, root, pinfo.dst_port == pinfo.match_uint, stream)
end

function readers.reply(tvb, pinfo, root, at, stream)
    if old[stream].token and tvb:len() - at >= 8 and tvb(at, 4):int() == 0 and tvb(at + 4, 4):int() == -88 then
        return at + 8, old_reply(tvb, at, at + 8, { kind = "switch to SIMPLE" }, root)
    end
    local told, behind = v4.response(tvb, at)
    if not told then
        return wait_for(pinfo, at, DESEGMENT_ONE_MORE_SEGMENT)
    end
    return behind, old_reply(tvb, at, behind, told, root)
end

local function reader_of(tvb, at, to_server, stream)
    if tvb(at, 4):raw() == "hrpc" and to_server then
        return readers.preamble
    elseif old[stream] and not to_server then
        return readers.reply
    end
    return readers.frame
end

function hrpc.dissector(tvb, pinfo, root)
    local to_server = pinfo.dst_port == pinfo.match_uint
    local at, words = 0, {}
    local stream = stream_of()
    stream = stream and stream.value or 0
    pinfo.cols.protocol = "HRPC"
    while at and at < tvb:len() do
        local behind, word
        if tvb:len() - at < 4 then
            wait_for(pinfo, at, DESEGMENT_ONE_MORE_SEGMENT)
        else
            behind, word = reader_of(tvb, at, to_server, stream)(tvb, pinfo, root, at, stream)
        end
        words[#words + 1] = word
        at = behind
    end
    if #words > 0 then
        pinfo.cols.info:set(table.concat(words, "; "))
    end
    return tvb:len()
end

local ports = hrpc.prefs.ports
DissectorTable.get("tcp.port"):add(ports, hrpc)

function hrpc.prefs_changed()
    if ports ~= hrpc.prefs.ports then
        DissectorTable.get("tcp.port"):remove(ports, hrpc)
        ports = hrpc.prefs.ports
        DissectorTable.get("tcp.port"):add(ports, hrpc)
    end
end
