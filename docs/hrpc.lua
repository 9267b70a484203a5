-- A Wireshark dissector for Hadoop RPC, IPC version 9 (Hadoop 2 and 3).
--
--     tshark -X lua_script:docs/hrpc.lua -r run.pcapng -V
--
-- With the directory of the protocol files in Wireshark's protobuf search paths
-- (Preferences > Protocols > ProtoBuf, or
--     -o 'uat:protobuf_search_paths:"/path/to/rpc/wire/proto","TRUE"')
-- headers are shown with the names of their fields, without it with their numbers.
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

local function request(tvb, pinfo, tree, told)
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
    elseif told.call >= 0 then
        local rest, call = message(tvb, at, pinfo, tree, "RequestHeaderProto")
        told.method = call and text(call[1])
        if rest then
            message(tvb, rest, pinfo, tree)
        end
    end
end

local function response(tvb, pinfo, tree, told)
    local at, header = message(tvb, 4, pinfo, tree, "RpcResponseHeaderProto")
    if not at then
        return
    end
    told.call = signed32(header[1] or 0)
    told.status = header[2] or 0
    told.kind = SPECIAL[told.call] or "response"
    told.error = text(header[4])
    if told.status == 0 then
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

local function frame(tvb, pinfo, root, to_server)
    local tree = root:add(hrpc, tvb())
    local told = {}
    tree:add(f.length, tvb(0, 4))
    local dissect = to_server and request or response
    dissect(tvb, pinfo, tree, told)
    for _, name in ipairs { "kind", "call", "retry", "method", "status", "error" } do
        if told[name] then
            tree:add(f[name], told[name]):set_generated()
        end
    end
    tree:append_text(", " .. describe(told))
    return describe(told)
end

local function preamble(tvb, root)
    local tree = root:add(hrpc, tvb(0, 7), "Hadoop RPC, preamble")
    tree:add(f.version, tvb(4, 1))
    tree:add(f.class, tvb(5, 1))
    tree:add(f.auth, tvb(6, 1))
    return "preamble, version " .. tvb(4, 1):uint()
end

-- More bytes are wanted from `at` on.
local function wait_for(pinfo, at, missing)
    pinfo.desegment_offset = at
    pinfo.desegment_len = missing
end

function hrpc.dissector(tvb, pinfo, root)
    local to_server = pinfo.dst_port == pinfo.match_uint
    local at, words = 0, {}
    pinfo.cols.protocol = "HRPC"
    while at < tvb:len() do
        local left = tvb:len() - at
        if left < 4 then
            wait_for(pinfo, at, DESEGMENT_ONE_MORE_SEGMENT)
            break
        end
        if tvb(at, 4):raw() == "hrpc" then
            if left < 7 then
                wait_for(pinfo, at, 7 - left)
                break
            end
            words[#words + 1] = preamble(tvb(at, 7):tvb(), root)
            at = at + 7
        else
            local length = tvb(at, 4):int()
            if length < 0 or length > LENGTH_MAX then
                words[#words + 1] = "length " .. length
                break
            end
            if left < 4 + length then
                wait_for(pinfo, at, 4 + length - left)
                break
            end
            words[#words + 1] = frame(tvb(at, 4 + length):tvb(), pinfo, root, to_server)
            at = at + 4 + length
        end
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
