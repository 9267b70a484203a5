-- WritableRpcEngine over IPC version 9: our client against the Java client, our server against the Java server, of
-- releases 2.6 and 3.4.

local twin = include "lib/twin.lua"
local v4 = include "lib/v4.lua"
local objects_of = include "lib/objects.lua"

local options = { world = "live", releases = twin.writable_releases }

local test_protocol = "org.ripcord.TestProtocol"
local versioned = "org.apache.hadoop.ipc.VersionedProtocol"

-- The test protocol as tests/java/writable has it, whose methods the client counts.
local function declare(t)
    t:protocol(test_protocol, {
        methods = {
            getProtocolVersion = { "long", "String", "long" },
            getProtocolSignature = { "org.apache.hadoop.ipc.ProtocolSignature", "String", "long", "int" },
        },
    })
end

local function objects_server(t)
    local server = objects_of.server(t)
    server:on("boxed", function(call) call:unwritable("java.io.IOException", "Can't write: 7 as class java.lang.Integer") end)
    return server
end

-- --- clients -------------------------------------------------------------------------------------

local ping = "\0\0\0\x1b\x1a\8\2\16\0\24\7\34\16<id>\40\1"

scenario("EG-01 · Preamble, context, request and pings of our client are those of the Java client", {
    world = "live",
    releases = twin.writable_releases,
    cases = {
        { name = "hi", message = "hi", time = 0 },
        { name = "empty", message = "", time = 0 },
        { name = "not-ascii", message = "g\u{fc}n \u{1f600}", time = 1 },
        { name = "long", message = ("x"):rep(20000), time = 70000 },
    },
}, function(t, row)
    declare(t)
    local conf = { ["ipc.ping.interval"] = 200 }
    local peer = t:peer()

    -- For 500 ms; how many pings that is, and where between, depends on the machine.
    local function said()
        local raw = peer:accept()
        t:spawn(function()
            t:sleep(500)
            raw:shutdown()
        end)
        local parts, pings = {}, -1
        for part in (twin.blotted(raw:drain()) .. ping):gmatch("(.-)" .. ping:gsub("%W", "%%%0")) do
            parts[#parts + 1], pings = part, pings + 1
        end
        t:expect(pings):is(between(1, 4))
        return table.concat(parts)
    end
    local java = twin.writable_client(t, conf, "echo", peer.address, row.message, row.time)
    local expected = said()
    t:expect(java):exits(1)
    local client = t:client(peer, { user = "alice", conf = conf })
    local call = client:call("echo", { message = row.message, time = row.time })
    t:expect(said()):is(expected)
    t:wait(call)
    t:expect(call.ending):is "eof"
end)

scenario("EG-02 · Whatever an ObjectWritable can hold, the Java client gets the same from us", options, function(t)
    local _, address = twin.writable_server(t)
    local server = objects_server(t)
    local real = twin.writable_client(t, nil, "objects", address)
    local ours = twin.writable_client(t, nil, "objects", server.address)
    t:expect(real):exits(0)
    t:expect(ours):exits(0)
    -- Nil at the end of a list can't be said, and a MapWritable is not declared: those lines are left out.
    local function comparable(output)
        for _, name in ipairs { "texts", "strings", "a map" } do output = output:gsub(name .. ":[^\n]*\n", "") end
        return output
    end
    t:expect(comparable(ours.output)):is(comparable(real.output))
end)

-- --- servers -------------------------------------------------------------------------------------

local id = "0123456789abcdef"
local echo_request = v4.echo_request "hi"

local function parameters(...) return string.pack(">i4", select("#", ...)) .. table.concat { ... } end

local function request(fields)
    local made = { "request", rpc_kind = "writable", method = "echo", bytes = parameters(echo_request), client_id = id }
    for key, value in pairs(fields) do made[key] = value end
    return made
end

local function of_objects(parameter, method)
    return request { protocol = "org.ripcord.ObjectProtocol", method = method, bytes = parameters(parameter) }
end

local echo = request {}

-- A frame by hand: what stands behind the header, of kind 1.
local function frame(...)
    local header = "\8\1\16\0\24\0\34\16" .. id .. "\40\0"
    return string.pack(">s4", string.pack("s1", header) .. table.concat { ... })
end

local head = string.pack(">i8", 2) .. v4.utf8(test_protocol) .. v4.utf8 "echo" .. string.pack(">i8i4", 1, 0)

local function echo_of(...) return request { bytes = parameters(...) } end

local function throwing(class)
    return request {
        method = "throw",
        bytes = parameters(v4.object("org.ripcord.ThrowRequest", "org.ripcord.ThrowRequest",
            v4.text(class) .. "\1" .. v4.text "no luck" .. ("\0"):rep(8))),
    }
end

local function version_of(protocol, version, fields)
    local made = request(fields or {})
    made.protocol, made.version, made.method = versioned, 0, "getProtocolVersion"
    made.bytes = parameters(v4.string(protocol), v4.utf8 "long" .. string.pack(">i8", version))
    return made
end

-- `hash`: that of the methods that the client knows.
local function methods_of(protocol, hash)
    local made = request { protocol = versioned, version = 0, method = "getProtocolSignature" }
    made.bytes = parameters(v4.string(protocol), v4.utf8 "long" .. string.pack(">i8", 1),
        v4.utf8 "int" .. string.pack(">i4", hash))
    return made
end

local function packed(type, count, bytes)
    return v4.utf8 "org.apache.hadoop.io.ArrayPrimitiveWritable$Internal" .. v4.utf8(type)
        .. string.pack(">i4", count) .. bytes
end

local hi = string.pack(">s4", string.pack("s1", "\8\0\16\0\24\9:\16" .. id .. "\64\0")
    .. v4.object("org.ripcord.EchoResponse", "org.ripcord.EchoResponse", "\1\2hi"))

-- What is said after preamble and context.  `java`: the text is the JDK's own, and does not count.
local inputs = {
    { "echo", echo, answer = hi },
    { "echo of nothing", echo_of(v4.echo_request()) },
    { "three calls", echo, echo, echo },
    { "a retry", request { retry = 3 } },
    { "bytes behind a call", request { trailing = "abc" }, echo },
    { "a methods hash of its own", request { hash = 12345 } },
    { "an exception", throwing "java.io.FileNotFoundException", echo },
    { "a runtime exception", throwing "java.lang.IllegalStateException" },
    { "an Error", throwing "java.lang.InternalError" },
    { "an RpcServerException", throwing "org.apache.hadoop.ipc.RpcServerException" },
    { "a StandbyException", throwing "org.apache.hadoop.ipc.StandbyException" },
    { "no such method", request { method = "dance" }, echo },
    { "no such method without parameters", request { method = "dance", bytes = parameters() } },
    { "a method name of NUL and more", request { method = "a\0\u{fc}" } },
    { "a method of java.lang.Object", request { method = "toString", bytes = parameters() } },
    { "another type", echo_of(v4.string "hi") },
    { "two parameters for one", echo_of(echo_request, echo_request) },
    { "no parameters for one", echo_of() },
    { "an int for none", request { method = "dance", bytes = parameters(v4.utf8 "int" .. "\0\0\0\7") } },
    { "no such protocol", request { protocol = "no.Such" }, echo },
    { "an empty protocol", request { protocol = "" }, echo },
    { "no such version", request { version = 7 }, echo },
    { "a negative version", request { version = -1 }, echo },
    { "rpc version 1", request { rpc_version = 1 }, echo },
    { "rpc version 3 of no such protocol", request { rpc_version = 3, protocol = "no.Such" } },
    { "the version", version_of(test_protocol, 1) },
    { "the version, asked with another", version_of(test_protocol, 2) },
    { "the version of a stranger", version_of("no.Such", 1) },
    { "the version, of version 7", version_of(test_protocol, 1, {}), request { protocol = versioned, version = 7 } },
    { "the test protocol's own version", request {
        method = "getProtocolVersion",
        bytes = parameters(v4.string(test_protocol), v4.utf8 "long" .. string.pack(">i8", 1)),
    } },
    { "the methods, to who knows them", methods_of(test_protocol, 1145649283) },
    { "the methods of a stranger", methods_of("no.Such", 1) },
    { "a call of VersionedProtocol's that is none", request { protocol = versioned, method = "dance" } },
    { "echo as one of VersionedProtocol's", request { protocol = versioned, version = 0 } },
    { "rpc kind 0", request { rpc_kind = "builtin" } },
    { "rpc kind 2", request { rpc_kind = "protobuf", bytes = "\10\2hi" } },
    { "no head", frame "" },
    { "half a head", frame(head:sub(1, 20)) },
    { "no count", frame(head) },
    { "half a count", frame(head, "\0\0") },
    { "count -1", frame(head, "\xff\xff\xff\xff") },
    { "a parameter that does not come", frame(head, "\0\0\0\1") },
    { "a value cut short", frame(head, "\0\0\0\1", echo_request:sub(1, -2)) },
    { "an unknown declared class", echo_of(v4.object("foo.Bar", "foo.Bar", "")) },
    { "an unknown class", echo_of(v4.object("org.ripcord.EchoRequest", "foo.Bar", "")) },
    { "a class that is no Writable", echo_of(v4.object("org.ripcord.EchoRequest", "java.lang.String", v4.utf8 "x")),
        java = true },
    { "an Integer", echo_of(v4.utf8 "java.lang.Integer" .. "\0\0\0\1"), java = true },
    { "an empty class name", echo_of(v4.utf8 "") },
    { "null of its type", echo_of(v4.null "org.ripcord.EchoRequest"), java = true },
    { "null of another type", echo_of(v4.null "java.lang.String") },
    { "null of an unknown class", echo_of(v4.null "no.Such") },
    { "a string", of_objects(v4.string "hi") },
    { "NUL in a string", of_objects(v4.string "a\0b") },
    { "no UTF-8", of_objects(v4.string "a\x80b") },
    { "half of two bytes", of_objects(v4.string "a\xc3") },
    { "packed ints", of_objects(packed("int", 2, "\0\0\0\1\xff\xff\xff\xfe")) },
    { "packed bytes", of_objects(packed("byte", 3, "abc")) },
    { "packed booleans", of_objects(packed("boolean", 1, "\1")) },
    { "no packed ints", of_objects(packed("int", 0, "")) },
    { "packed ints cut short", of_objects(packed("int", 2, "\0\0\0\1")) },
    { "packed, of negative length", of_objects(packed("int", -1, "")) },
    { "packed strings", of_objects(packed("java.lang.String", 1, v4.utf8 "x")) },
    { "ints one by one", of_objects(v4.utf8 "[I" .. "\0\0\0\1" .. v4.utf8 "int" .. "\0\0\0\7") },
    { "an array of negative length", of_objects(v4.utf8 "[I" .. "\xff\xff\xff\xff") },
    { "a long in an array of ints", of_objects(v4.utf8 "[I" .. "\0\0\0\1" .. v4.utf8 "long" .. ("\0"):rep(8)) },
    { "an array cut short", of_objects(v4.utf8 "[I" .. "\0\0\0\2" .. v4.utf8 "int" .. "\0\0\0\1") },
    { "an array of 2^31-1 elements", of_objects(v4.utf8 "[I" .. "\x7f\xff\xff\xff"), java = true },
    { "nested 20000 deep", of_objects(v4.object("org.apache.hadoop.io.Writable", "org.apache.hadoop.io.ObjectWritable", "")
        :rep(20000) .. v4.string "x"), java = true },
    { "parameter count 2^31-1", frame(head, "\x7f\xff\xff\xff"), java = true },
    { "an enum", of_objects(v4.utf8 "org.ripcord.Colour" .. v4.utf8 "RED") },
    { "an enum of no such name", of_objects(v4.utf8 "org.ripcord.Colour" .. v4.utf8 "BLUE") },
    { "nothing", request { protocol = "org.ripcord.ObjectProtocol", method = "nothing", bytes = parameters() } },
    { "what can't be written", request { protocol = "org.ripcord.ObjectProtocol", method = "boxed", bytes = parameters() },
        of_objects(v4.string "hi") },
}

-- Contexts of other kinds, and what is asked then.
local contexts = {
    { "no protocol", { "context", user = "alice", client_id = id, bytes = "\9\18\7\10\5alice" }, echo },
    { "no protocol, and its version", { "context", user = "alice", client_id = id, bytes = "\9\18\7\10\5alice" },
        version_of(test_protocol, 1) },
    { "another protocol", { "context", user = "alice", client_id = id, protocol = "no.Such" }, echo },
    { "another protocol, and its version", { "context", user = "alice", client_id = id, protocol = "no.Such" },
        version_of(test_protocol, 1) },
}

-- What came back, of a text the first line, and of one of the JDK's nothing.
local function answers(raw, java)
    local words = {}
    raw:send(string.pack(">i4", -1))
    repeat
        local got = raw:recv()
        if got.message then got.message = got.message:match "^[^\n]*" end
        if java then got.message = nil end
        got.length = nil
        words[#words + 1] = got
    until got[1] == "fin" or got[1] == "rst"
    return words
end

local function ask(t, target, protocol, context, input)
    local raw = t:dial(target)
    raw:send({ "preamble" }, context or { "context", user = "alice", client_id = id, protocol = protocol })
    raw:send(table.unpack(input, context and 3 or 2))
    return raw
end

scenario("EG-03 · Our server answers calls of Writables as the Java server does", options, function(t)
    declare(t)
    local _, address = twin.writable_server(t)
    local server, echoing = t:server(), objects_server(t)
    local asked = {}
    local function compare(input, context)
        local first = input[context and 3 or 2]
        local protocol = type(first) == "table" and first.protocol == "org.ripcord.ObjectProtocol" and first.protocol
            or test_protocol
        local ours = protocol == test_protocol and server or echoing
        asked[#asked + 1] = {
            input,
            ask(t, address, protocol, context, input),
            ask(t, ours, protocol, context, input),
        }
    end
    for _, input in ipairs(inputs) do compare(input) end
    for _, input in ipairs(contexts) do compare(input, input[2]) end
    t:sleep "500ms"
    for _, pair in ipairs(asked) do
        local input = pair[1]
        local expected = { input[1], answers(pair[2], input.java) }
        t:expect({ input[1], answers(pair[3], input.java) }):is(expected)
        if input.answer then t:expect(expected[2][1].bytes):is(input.answer:sub(-#expected[2][1].bytes)) end
    end
end)

-- --- endings -------------------------------------------------------------------------------------

local response = "org.ripcord.EchoResponse"
local value = v4.object(response, response, "\1\2hi")

local function answer(fields)
    return function(raw, call)
        local made = { "response", call = call, rpc_kind = "writable", bytes = value }
        for key, field in pairs(fields) do made[key] = field end
        raw:send(made)
    end
end

local function object(bytes) return answer { bytes = bytes } end
local function bytes(text)
    return function(raw) raw:send(text) end
end

-- How a server answers an echo of "hi", before it closes.
local answers_to_a_client = {
    { "a value", answer {} },
    { "a value of nothing", object(v4.object(response, response, "\0")) },
    { "two values", function(raw, call)
        answer {}(raw, call)
        answer {}(raw, call)
    end },
    { "another call id", answer { call_id = 77 } },
    { "bytes behind a value", answer { trailing = "abc" } },
    { "a value of no bytes", object "" },
    { "a protobuf value", object "\10\2hi" },
    { "half a value", object(value:sub(1, -2)) },
    { "an unknown declared class", object(v4.object("no.Such", response, "\0")) },
    { "an unknown class", object(v4.object(response, "no.Such", "\0")) },
    { "null of an unknown class", object(v4.null "no.Such") },
    { "an array of negative length", object(v4.utf8 "[I" .. "\xff\xff\xff\xff") },
    { "packed, of negative length", object(packed("int", -1, "")) },
    { "packed strings", object(packed("java.lang.String", 1, v4.utf8 "x")) },
    { "a long in an array of ints", object(v4.utf8 "[I" .. "\0\0\0\1" .. v4.utf8 "long" .. ("\0"):rep(8)) },
    { "an exception", answer { class = "java.io.FileNotFoundException", message = "no such file" } },
    { "an exception without text", answer { class = "java.io.IOException" } },
    { "FATAL", answer { status = "FATAL", class = "java.io.IOException", message = "x" } },
    { "nothing", function() end },
    { "half a length", bytes "\0\0" },
    { "a length alone", bytes "\0\0\0\x20" },
    { "half a frame", bytes "\0\0\0\x20\x1a\x08" },
    { "half a header", bytes "\0\0\0\x20\x1a\x08\0\x10" },
    { "length 0", bytes "\0\0\0\0" },
    { "length -1", bytes "\xff\xff\xff\xff" },
    { "garbage", bytes "\0\0\0\x05\x04\x07\x07\x07\x07" },
    { "a header without call id", bytes "\0\0\0\x03\x02\x10\x00" },
    { "an exception and bytes behind it", answer { class = "java.io.IOException", message = "x", trailing = "abc" } },
}

local function told(call)
    if call.ending == "value" then return "value " .. (call.value.message or "null") end
    return (call.ending:find "^remote" and "remote " or "error ") .. call.class .. ": " .. (call.message or "")
end

scenario("EG-04 · Whatever a server answers to a call of Writables, our client tells what the Java client tells", options,
    function(t)
        local conf = { ["ipc.ping.interval"] = 200 }
        local peers, addresses = twin.peers(t, answers_to_a_client)
        local java = twin.writable_client(t, conf, "each", table.unpack(addresses))
        local calls = t:times(#peers, function(i)
            local client = t:client(peers[i], { user = "alice", conf = conf, engine = "writable" })
            return client:call("echo", { message = "hi" })
        end)
        t:wait(calls)
        twin.tells_the_same(t, answers_to_a_client, java, calls, told)
    end)

-- --- values --------------------------------------------------------------------------------------

scenario("EG-05 · Our client calls the Java server, and gets what it has sent", options, function(t)
    local _, address = twin.writable_server(t)
    objects_of.server(t)
    local client = t:client(address, { protocol = "org.ripcord.ObjectProtocol" })
    for _, text in ipairs { "", "g\u{fc}n \u{1f600}" } do
        t:expect(client:call("join", { text, 7, "x" })):returns(text .. "7x")
    end
    t:expect(client:call("nothing")):returns(nil)
    t:expect(client:call("boxed")):fails "remote_error":says(has "Can't write: 7 as class java.lang.Integer")
    local raw = t:dial(address)
    raw:open { user = "alice", protocol = "org.ripcord.ObjectProtocol" }
    local function back(type, given)
        raw:send { "request", method = "echo", types = { type }, value = { given } }
        t:expect({ type, raw:recv("response").value }):is { type, given }
    end
    back("[I", { 1, -2 })
    back("[B", "raw\0")
    back("[[Ljava.lang.String;", { { "a" }, { "b", "c" } })
    back("org.ripcord.Colour", "GREEN")
    back("double", -2.25)
    t:expect(t:client(address, { engine = "writable" }):call("echo", { message = "hi" })):returns { message = "hi" }
end)
