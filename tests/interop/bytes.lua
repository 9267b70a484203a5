-- Byte by byte: our client against the Java client, our server against the Java server.

local twin = include "lib/twin.lua"
local v4 = include "lib/v4.lua"

local options = { world = "live", releases = "3.4" }

-- --- clients -------------------------------------------------------------------------------------

local function said(raw) return twin.blotted(raw:drain()) end

scenario("BY-01 · Preamble, context, request and pings of our client are those of the Java client", {
    world = "live",
    releases = "3.4",
    cases = {
        { name = "hi", message = "hi", time = 0 },
        { name = "empty", message = "", time = 0 },
        { name = "not-ascii", message = "g\u{fc}n \u{1f600}", time = 1 },
        { name = "long", message = ("x"):rep(20000), time = 70000 },
    },
}, function(t, row)
    local theirs, ours = t:peer(), t:peer()
    local conf = { ["ipc.ping.interval"] = 200, ["ipc.client.rpc-timeout.ms"] = 500 }
    local java = twin.client(t, conf, "echo", theirs.address, row.message, row.time)
    local call = t:client(ours, { user = "alice", conf = conf }):call("echo", { message = row.message, time = row.time })

    local expected = said(theirs:accept())
    t:expect(said(ours:accept())):is(expected)
    t:expect(java):exits(1)
    t:expect(call):fails "read_timeout"
end)

-- --- servers -------------------------------------------------------------------------------------

local id = "0123456789abcdef"
local echo = { "request", method = "echo", value = { message = "hi" }, client_id = id }

local function request(fields)
    local made = { "request", method = "echo", value = { message = "hi" }, client_id = id }
    for key, value in pairs(fields) do made[key] = value end
    return made
end

local function delimited(bytes) return string.char(#bytes) .. bytes end

-- A frame by hand: the header's fields, and what follows it.
local function frame(header, ...) return string.pack(">s4", delimited(header) .. table.concat { ... }) end

local kind, op, call, own, retry = "\8\2", "\16\0", "\24\0", "\34\16" .. id, "\40\0"
local named = delimited("\10\4echo\18\24org.ripcord.TestProtocol\24\1")
local body = delimited "\10\2hi"

-- What is said after preamble and context (or instead of them: bare).  Of an answer with a trace the first line counts, of
-- one with a text of the protobuf library all but the text.
local hi = string.pack(">s4", delimited("\8\0\16\0\24\9:\16" .. id .. "\64\0") .. delimited "\10\2hi")
local inputs = {
    { "echo", echo, answer = hi },
    { "echo of nothing", request { value = {} } },
    { "three calls", echo, echo, echo },
    { "a blob", request { method = "blob", value = { size = 20000 } } },
    { "an exception", request { method = "throw", value = { class = "java.io.IOException", message = "x" } }, trace = true },
    { "a runtime exception", request { method = "throw", value = { class = "java.lang.IllegalStateException", message = "y" } },
        trace = true },
    { "no such method", request { method = "dance", value = "" }, echo, trace = true },
    { "no such protocol", request { protocol = "no.Such", value = "" }, echo, trace = true },
    { "no such protocol version", request { version = 2 }, echo, trace = true },
    { "a retry", request { retry = 3 } },
    { "retry count -1", request { retry = -1 } },
    { "an empty client id", request { client_id = "" } },
    { "a short client id", request { client_id = "abc" } },
    { "the same call id twice", request { call_id = 5 }, request { call_id = 5 } },
    { "the highest call id", request { call_id = 0x7fffffff } },
    { "a ping", { "ping" }, echo },
    { "bytes behind a request", request { trailing = "abc" }, echo },
    { "a value that does not decode", request { bytes = "\x02\x0a\x7f" }, echo, library = true },
    { "rpc kind 0", request { rpc_kind = 0 }, echo, trace = true },
    { "rpc kind 1", request { rpc_kind = 1 }, echo, trace = true },
    { "rpc kind 7", request { rpc_kind = 7 } },
    { "an unknown negative call id", request { call_id = -7 } },
    { "a second context", { "context" } },
    { "SASL that nobody asked for", { "sasl", state = "NEGOTIATE", client_id = "" } },
    { "a frame of length 0", string.pack(">i4", 0) },
    { "a frame of garbage", string.pack(">i4", 9) .. "\x08garbage!" },
    { "a negative length", string.pack(">i4", -1) },
    { "a giant length", string.pack(">i4", 0x7fffffff) },
    { "a header by hand", frame(kind .. op .. call .. own .. retry, named, body), answer = hi },
    { "a header in another order", frame(retry .. own .. call .. op .. kind, named, body) },
    { "a header with an unknown field", frame(kind .. op .. call .. own .. retry .. "\xa0\6\1", named, body) },
    { "a header without retry count", frame(kind .. op .. call .. own, named, body) },
    { "a header without kind", frame(op .. call .. own .. retry, named, body) },
    { "a header without operation", frame(kind .. call .. own .. retry, named, body) },
    { "a header without call id", frame(kind .. op .. own .. retry, named, body) },
    { "a header without client id", frame(kind .. op .. call .. retry, named, body) },
    { "another operation", frame(kind .. "\16\1" .. call .. own .. retry, named, body) },
    { "an operation that does not exist", frame(kind .. "\16\9" .. call .. own .. retry, named, body) },
    { "no value", frame(kind .. op .. call .. own .. retry, named), echo, library = true },
    { "no value and no method", frame(kind .. op .. call .. own .. retry), { "ping" } },
    { "a method that does not decode", frame(kind .. op .. call .. own .. retry, "\2\10\127"), { "ping" } },
    { "a request before the context", { "preamble" }, echo, bare = true },
    { "a ping before the context", { "preamble" }, { "ping" }, { "context" }, echo, bare = true },
    { "a service class", { "preamble", service_class = 7 }, { "context" }, echo, bare = true },
    { "an unknown auth byte", { "preamble", auth = 5 }, bare = true },
    { "version 8", { "preamble", version = 8 }, bare = true },
    { "version 4", { "preamble", version = 4 }, bare = true },
    { "version 3", { "preamble", version = 3 }, bare = true },
    { "version 2", { "preamble", version = 2 }, bare = true },
    { "version 0", { "preamble", version = 0 }, bare = true },
    { "version 255", { "preamble", version = 255 }, bare = true },
    { "another magic", { "preamble", magic = "hrpx" }, bare = true },
    { "a browser", "GET / HTTP/1.0\r\n\r\n", bare = true },
    { "a browser's POST", "POST / HTTP/1.0\r\n\r\n", bare = true },
    { "a context without user", { "preamble" }, { "context", user = "" }, echo, bare = true },
    { "a context of garbage", { "preamble" }, { "context", bytes = "\x05\x12\x7fabc" }, bare = true },
}

local function begin(t, target, input)
    local raw = t:dial(target)
    if not input.bare then raw:send({ "preamble" }, { "context", user = "alice", client_id = id }) end
    raw:send(table.unpack(input, 2))
    return raw
end

-- Until the server closes; a negative length makes it.
local function ending(raw)
    raw:send(string.pack(">i4", -1))
    return raw:drain()
end

-- The answers in words: of a text with a trace the first line.
local function answers(raw, library)
    local words = {}
    raw:send(string.pack(">i4", -1))
    repeat
        local got = raw:recv()
        if got.message then got.message = not library and got.message:match "^[^\n]*" or nil end
        got.length = nil
        words[#words + 1] = got
    until got[1] == "fin" or got[1] == "rst"
    return words
end

-- Each input to both servers, and what came back in that time is the same.
local function compare(t, address, server, all, time)
    local asked = {}
    for i, input in ipairs(all) do asked[i] = { input[1], begin(t, address, input), begin(t, server, input) } end
    t:sleep(time)
    for i, pair in ipairs(asked) do
        local input = all[i]
        local read = (input.trace or input.library) and answers or ending
        local expected = { pair[1], read(pair[2], input.library) }
        t:expect({ pair[1], read(pair[3], input.library) }):is(expected)
        if input.answer then t:expect(expected[2]):is(input.answer) end
    end
end

scenario("BY-02 · Our server answers as the Java server does, byte by byte", options, function(t)
    local _, address = twin.server(t)
    compare(t, address, t:server(), inputs, "500ms")
end)

-- --- servers with several protocols --------------------------------------------------------------

local test, foo, bar = "org.ripcord.TestProtocol", "org.ripcord.Foo", "org.ripcord.Several$Bar"
local versioned, meta = "org.apache.hadoop.ipc.VersionedProtocol", "org.apache.hadoop.ipc.ProtocolMetaInfoPB"
local signature = "org.apache.hadoop.ipc.ProtocolSignature"

local function parameters(...) return string.pack(">i4", select("#", ...)) .. table.concat { ... } end

local function long(number) return v4.utf8 "long" .. string.pack(">i8", number) end
local function int(number) return v4.utf8 "int" .. string.pack(">i4", number) end

local function written(protocol, version, method, ...)
    return request { rpc_kind = "writable", protocol = protocol, version = version, method = method, bytes = parameters(...) }
end
local function ping(version) return written(foo, version, "ping", v4.string "hi") end
local function mix(version) return written(bar, version, "mix", v4.string "hi", int(3)) end

local function told(fields, version)
    return request { protocol = meta, version = version, method = fields.method, bytes = fields.bytes }
end
local function signature_of(class, rpc_kind)
    return told { method = "getProtocolSignature", bytes = "\10" .. delimited(class) .. "\18" .. delimited(rpc_kind) }
end
local function versions_of(class)
    return told { method = "getProtocolVersions", bytes = "\10" .. delimited(class) }
end

-- Of one whose connection is Bar's.
local context = { "context", user = "alice", client_id = id, protocol = bar }
local function of_bar(name, ...) return { name, { "preamble" }, context, ..., bare = true } end

local of_several = {
    { "Foo 0, Foo 1, Bar and the test protocol", ping(0), ping(1), mix(2), echo },
    { "Foo 2", ping(2), echo, trace = true },
    { "Bar 1", mix(1), echo, trace = true },
    { "Foo of protobuf", request { protocol = foo, version = 0 }, trace = true },
    { "the test protocol of Writables", written(test, 1, "echo"), trace = true },
    { "a method of Foo's on Bar", written(bar, 2, "ping", v4.string "hi"), trace = true },
    { "the version of Bar, asked of the test protocol", written(versioned, 0, "getProtocolVersion", v4.string(bar), long(2)),
        trace = true },
    of_bar("the version of Bar", written(versioned, 0, "getProtocolVersion", v4.string(bar), long(1))),
    of_bar("Foo on Bar's connection", ping(0)),
    of_bar("the methods of Bar to who knows them", written(versioned, 0, "getProtocolSignature", v4.string(bar), long(2),
        int(1630949742))),
    { "the methods of no.Such", { "preamble" }, context, written(versioned, 0, "getProtocolSignature", v4.string "no.Such",
        long(2), int(0)), bare = true, trace = true },
    { "the methods of null", { "preamble" }, context, written(versioned, 0, "getProtocolSignature",
        v4.null "java.lang.String", long(2), int(0)), bare = true, trace = true },
    { "no methods of that kind", signature_of(test, "RPC_WRITABLE"), signature_of(bar, "RPC_PROTOCOL_BUFFER"),
        signature_of(bar, "RPC_BUILTIN") },
    { "the methods of a class that is not there", signature_of("no.Such", "RPC_WRITABLE"), echo, trace = true },
    { "the methods of a kind that is none", signature_of(test, "RPC_SOAP"), trace = true },
    { "the methods of nothing", told { method = "getProtocolSignature", bytes = "" }, trace = true },
    { "the methods of half a name", told { method = "getProtocolSignature", bytes = "\10\7no" }, trace = true },
    { "the methods in a wire type that is none", told { method = "getProtocolSignature", bytes = "\15\7no" },
        trace = true },
    { "the methods of no kind", told { method = "getProtocolSignature", bytes = "\10" .. delimited(test) },
        trace = true },
    { "the versions", versions_of(test), trace = true },
    { "the versions of a class that is not there", versions_of "no.Such", trace = true },
    { "another method of the protocol that tells", told { method = "dance", bytes = "" }, trace = true },
    { "version 2 of the protocol that tells", told({ method = "getProtocolVersions", bytes = "" }, 2), trace = true },
}

scenario("BY-03 · Our server with several protocols answers as the Java server does", options, function(t)
    local _, address = twin.server(t, { conf = { ["twin.several"] = true } })
    t:protocol(foo, { methods = { ping = { "String", "String" } } })
    t:protocol(bar, {
        version = 2,
        methods = {
            mix = { "int", "String", "int" },
            getProtocolVersion = { "long", "String", "long" },
            getProtocolSignature = { signature, "String", "long", "int" },
        },
    })
    local server = t:server {
        protocols = { test, { protocol = foo, version = 0 }, { protocol = foo, version = 1 }, bar },
    }
    server:on(foo .. ".ping", function(served, text) return served.version .. " " .. text[1] end)
    server:on(bar .. ".mix", function(_, values) return #values[1] + values[2] end)
    compare(t, address, server, of_several, "1s") -- two engines are loaded
end)
