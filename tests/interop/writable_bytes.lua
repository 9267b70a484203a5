-- IPC version 4, byte by byte: our client against the Java client, our server against the Java server.

local twin = include "lib/twin.lua"
local v4 = include "lib/v4.lua"
local objects_of = include "lib/objects.lua"

local options = { world = "live", releases = "-1.2" }

scenario("WB-01 · Preamble, header, calls and pings of our client are those of the Java client", {
    world = "live",
    releases = "-1.2",
    cases = {
        { name = "hi", message = "hi", time = 0 },
        { name = "empty", message = "", time = 0 },
        { name = "not-ascii", message = "g\u{fc}n \u{1f600}", time = 1 },
        { name = "long", message = ("x"):rep(20000), time = 70000 },
    },
}, function(t, row)
    local conf = { ["ipc.ping.interval"] = 200 }

    -- Answers the first call, of getProtocolVersion, and gives up 500 ms later.
    local function said(peer)
        local raw = peer:accept()
        raw:send(v4.value(0, v4.utf8 "long" .. string.pack(">i8", 1)))
        t:spawn(function()
            t:sleep(500)
            raw:shutdown()
        end)
        -- How many pings that is depends on the machine.
        local bytes, pings = raw:drain(), 0
        while bytes:sub(-4) == v4.ping do
            bytes, pings = bytes:sub(1, -5), pings + 1
        end
        t:expect(pings):is(between(1, 3))
        return bytes
    end

    local theirs, ours = t:peer(), t:peer()
    local java = twin.client(t, conf, "echo", theirs.address, row.message, row.time)
    local expected = said(theirs)
    local proxy, call = t:client(ours, { user = "alice", conf = conf }):proxy {}, nil
    t:spawn(function()
        t:wait(proxy:open())
        call = proxy:call("echo", { message = row.message, time = row.time })
    end)
    t:expect(said(ours)):is(expected)
    t:expect(java):exits(1)
    t:expect(call):fails "eof"
end)

-- --- servers -------------------------------------------------------------------------------------

local request = "org.ripcord.EchoRequest"
local start = v4.preamble .. v4.header("org.ripcord.TestProtocol", "alice")
local objects = v4.preamble .. v4.header("org.ripcord.ObjectProtocol", "alice")
local echo = v4.call(7, "echo", v4.echo_request "hi")
local zeros = ("\0"):rep(8)

local function echo_of(parameter) return start .. v4.call(7, "echo", parameter) end

-- An EchoRequest whose text is these bytes.
local function echo_bytes(bytes) return echo_of(v4.object(request, request, "\1" .. bytes .. zeros)) end

local function object(parameter) return objects .. v4.call(7, "echo", parameter) end

local function string_of(bytes) return object(v4.string(bytes)) end

-- A protocol whose class is there, but which the server does not speak.
local another = "org.apache.hadoop.hdfs.protocol.ClientProtocol"
local elsewhere = v4.preamble .. v4.header(another, "alice")
local get_file_info = v4.call(7, "getFileInfo", v4.string "/")

-- What is said, and what comes back in a known case.  `java`: the text holds words of the JDK.
local hi = v4.value(7, v4.object("org.ripcord.EchoResponse", "org.ripcord.EchoResponse", "\1\2hi"))
local inputs = {
    { "echo", start .. echo, answer = { hi } },
    { "echo of nothing", echo_of(v4.echo_request()) },
    { "three calls in one segment", start .. echo .. echo .. echo, answer = { hi, hi, hi } },
    { "a ping before the header", v4.preamble .. v4.ping .. start:sub(7) .. echo, answer = { hi } },
    { "a ping after the header", start .. v4.ping .. echo, answer = { hi } },
    { "no header", v4.preamble .. echo },
    { "two headers", start .. start:sub(7) },
    { "call id -1", start .. v4.call(-1, "echo", v4.echo_request "hi") },
    { "the highest call id", start .. v4.call(0x7fffffff, "echo", v4.echo_request "hi") },
    { "the same call id twice", start .. echo .. echo },
    { "bytes behind a call", start .. v4.frame(echo:sub(5), "abc") .. echo, answer = { hi, hi } },
    { "bytes behind the header", v4.preamble .. v4.frame(start:sub(11), "abc") .. echo, answer = { hi } },
    { "another magic", "hrpx\4\x50" .. start:sub(7) .. echo, answer = {} },
    { "version 3", "hrpc\3\x50" .. start:sub(7) .. echo, answer = {} },
    { "version 9", "hrpc\9\0\0", answer = {} },
    { "version 0", "hrpc\0\x50", answer = {} },
    { "a browser", "GET / HTTP/1.0\r\n\r\n", answer = {} },
    { "an auth byte below", "hrpc\4\x4f" .. start:sub(7) .. echo, answer = {} },
    { "an auth byte above", "hrpc\4\x53" .. start:sub(7) .. echo, answer = {} },
    { "Kerberos", "hrpc\4\x51" .. v4.frame "token" .. start:sub(7) .. echo, answer = { "switch to simple", hi } },
    { "a token", "hrpc\4\x52" .. v4.frame "" .. start:sub(7) .. echo, answer = { "switch to simple", hi } },
    { "a token that does not come", "hrpc\4\x52", answer = { "switch to simple" } },
    { "pings around a token", "hrpc\4\x52" .. v4.ping .. v4.frame "" .. v4.ping .. start:sub(7) .. echo },
    { "length -2 for the header", v4.preamble .. "\xff\xff\xff\xfe" },
    { "the lowest length", v4.preamble .. "\x80\0\0\0" },
    { "length 0 for the header", v4.preamble .. v4.frame "" .. echo, answer = {} },
    { "a header of one byte", v4.preamble .. v4.frame "\5" },
    { "a header without user", v4.preamble .. v4.frame(v4.text "org.ripcord.TestProtocol") },
    { "a header with a negative length", v4.preamble .. v4.frame("\xff", ("x"):rep(20)) },
    { "an unknown protocol", v4.preamble .. v4.header("no.Such", "alice") .. echo, answer = {} },
    { "no protocol", v4.preamble .. v4.header("", "alice") .. echo, java = true },
    { "nobody", v4.preamble .. v4.header("org.ripcord.TestProtocol") .. echo, answer = { hi } },
    { "an empty user", v4.preamble .. v4.header("org.ripcord.TestProtocol", "") .. echo, answer = {} },
    { "a proxy who may not", v4.preamble .. v4.header("org.ripcord.TestProtocol", "carol", "alice") .. echo,
        answer = { "-1 -1 org.apache.hadoop.security.authorize.AuthorizationException | "
            .. "User: alice is not allowed to impersonate carol" } },
    { "length -2 for a call", start .. "\xff\xff\xff\xfe" },
    { "length 0 for a call", start .. v4.frame "" .. echo, answer = {} },
    { "a call of three bytes", start .. v4.frame "\0\0\0" },
    { "an id alone", start .. v4.frame "\0\0\0\7" },
    { "half a method name", start .. v4.frame "\0\0\0\7\0\4ec" },
    { "no parameter count", start .. v4.frame("\0\0\0\7", v4.utf8 "echo") },
    { "parameter count -1", start .. v4.frame("\0\0\0\7", v4.utf8 "echo", "\xff\xff\xff\xff") },
    { "a parameter that does not come", start .. v4.frame("\0\0\0\7", v4.utf8 "echo", "\0\0\0\1") },
    { "one parameter of two", start .. v4.frame("\0\0\0\7", v4.utf8 "echo", "\0\0\0\2", v4.echo_request "hi") },
    { "no parameters", start .. v4.call(7, "echo") },
    { "no such method", start .. v4.call(7, "dance", v4.echo_request "hi") .. echo },
    { "a method name of NUL and more", start .. v4.call(7, "a\0\u{fc}", v4.echo_request "hi") },
    { "null of its type", echo_of(v4.null(request)) .. echo, java = true },
    { "a parameter of another type", start .. v4.call(7, "echo", v4.string "hi") },
    { "two parameters for one", start .. v4.call(7, "echo", v4.echo_request "hi", v4.echo_request "hi") },
    { "a method of java.lang.Object", start .. v4.call(7, "toString") },
    { "another protocol than the server's", elsewhere .. get_file_info },
    { "another protocol's version", elsewhere .. v4.call(7, "getProtocolVersion", v4.string(another),
        v4.utf8 "long" .. string.pack(">i8", 61)) },
    { "a method that another protocol has not", elsewhere .. echo },
    { "VersionedProtocol itself", v4.preamble .. v4.header("org.apache.hadoop.ipc.VersionedProtocol", "alice") .. echo
        .. v4.call(8, "getProtocolVersion", v4.string "org.ripcord.TestProtocol", v4.utf8 "long" .. zeros) },
    { "a class that is no protocol", v4.preamble .. v4.header(request, "alice") .. echo },
    { "an array's class", v4.preamble .. v4.header("[I", "alice") .. echo },
    { "a string's class", v4.preamble .. v4.header("java.lang.String", "alice") .. echo },
    { "a primitive's name", v4.preamble .. v4.header("int", "alice") .. echo, answer = {} },
    { "a method name that is no UTF-8", start .. v4.call(7, "a\x80", v4.echo_request "hi"), releases = "1.2", answer = {} },
    { "another class than the declared one", echo_of(v4.object(request, "org.ripcord.BlobRequest", zeros .. zeros)),
        java = true },
    { "null for an int", object(v4.null "int"), java = true },
    { "a Text in an array of requests", object(v4.utf8("[L" .. request .. ";") .. "\0\0\0\1"
        .. v4.object("org.apache.hadoop.io.Writable", "org.apache.hadoop.io.Text", v4.text "x")), answer = {} },
    { "an unknown declared class", echo_of(v4.object("no.Such", request, "\0" .. zeros)) },
    { "an unknown class", echo_of(v4.object(request, "no.Such", "\0" .. zeros)) },
    { "a class that is no Writable", echo_of(v4.object(request, "java.lang.String", v4.utf8 "x")) },
    { "an interface as class", echo_of(v4.object("org.apache.hadoop.io.Writable", "org.apache.hadoop.io.Writable", "")) },
    { "an Integer", echo_of(v4.utf8 "java.lang.Integer" .. "\0\0\0\1") },
    { "a list", echo_of(v4.utf8 "java.util.ArrayList" .. "\0\0\0\1") },
    { "an empty class name", echo_of(v4.utf8 "") },
    { "a class name of 65535", start .. v4.frame("\0\0\0\7", v4.utf8 "echo", "\0\0\0\1", v4.utf8(("x"):rep(65535))) },
    { "a value cut short", start .. v4.frame("\0\0\0\7", v4.utf8 "echo", "\0\0\0\1", v4.echo_request("hi"):sub(1, -2)) },
    { "boolean 2", echo_of(v4.object(request, request, "\2\2hi" .. zeros)), answer = { hi } },
    { "a text longer than the frame", echo_bytes "\x8e\x7f\xffhi" },
    { "a text of negative length", echo_bytes "\xffhi" },
    { "a text that is not UTF-8", echo_bytes "\2\xc3\x28" },
    { "an exception", start .. v4.call(7, "throw", v4.object("org.ripcord.ThrowRequest", "org.ripcord.ThrowRequest",
        v4.text "java.io.FileNotFoundException" .. "\1" .. v4.text "no such file" .. zeros)) .. echo },
    { "a runtime exception", start .. v4.call(7, "throw", v4.object("org.ripcord.ThrowRequest",
        "org.ripcord.ThrowRequest", v4.text "java.lang.IllegalStateException" .. "\1" .. v4.text "no" .. zeros)) },
    { "the version", start .. v4.call(7, "getProtocolVersion", v4.string "org.ripcord.TestProtocol", v4.utf8 "long"
        .. string.pack(">i8", 1)) },
    { "the version, asked with another", start .. v4.call(7, "getProtocolVersion", v4.string "org.ripcord.TestProtocol",
        v4.utf8 "long" .. string.pack(">i8", 2)) },
    { "the version of a stranger", start .. v4.call(7, "getProtocolVersion", v4.string "no.Such", v4.utf8 "long"
        .. string.pack(">i8", 1)) },
    { "NUL in a string", string_of "a\0b" },
    { "NUL in a string, in two bytes", string_of "a\xc0\x80b" },
    { "an emoji of two surrogates", string_of "\xed\xa0\xbd\xed\xb8\x80" },
    { "an emoji of four bytes", string_of "\xf0\x9f\x98\x80", releases = "1.2" },
    { "a continuation byte in a string", string_of "a\x80b", releases = "1.2", answer = {} },
    { "half of two bytes", string_of "a\xc3", releases = "1.2", answer = {} },
    { "two of three bytes", string_of "a\xe2\x82", releases = "1.2", answer = {} },
    { "byte FF in a string", string_of "a\xffbcdef", releases = "1.2", answer = {} },
    { "ints", object(v4.utf8 "[I" .. "\0\0\0\2" .. v4.utf8 "int" .. "\0\0\0\1" .. v4.utf8 "int" .. "\xff\xff\xff\xfe") },
    { "an array of negative length", object(v4.utf8 "[I" .. "\xff\xff\xff\xff") },
    { "a long in an array of ints", object(v4.utf8 "[I" .. "\0\0\0\1" .. v4.utf8 "long" .. zeros),
        answer = {} },
    { "a string in an array of ints", object(v4.utf8 "[I" .. "\0\0\0\1" .. v4.string "x"), answer = {} },
    { "an int in an array of strings", object(v4.utf8 "[Ljava.lang.String;" .. "\0\0\0\1" .. v4.utf8 "int" .. "\0\0\0\1"),
        answer = {} },
    { "null in an array of ints", object(v4.utf8 "[I" .. "\0\0\0\1" .. v4.null "java.lang.String"), answer = {} },
    { "a short in an array of ints", object(v4.utf8 "[I" .. "\0\0\0\1" .. v4.utf8 "short" .. "\0\1") },
    { "an array cut short", object(v4.utf8 "[I" .. "\0\0\0\2" .. v4.utf8 "int" .. "\0\0\0\1") },
    { "an enum", object(v4.utf8 "org.ripcord.Colour" .. v4.utf8 "RED") },
    { "an enum of no such name", object(v4.utf8 "org.ripcord.Colour" .. v4.utf8 "BLUE") },
    { "void", object(v4.utf8 "void") },
    { "null", object(v4.null "java.lang.String") },
    { "null of an unknown class", object(v4.null "no.Such") },
    { "an ObjectWritable in one", object(v4.object("org.apache.hadoop.io.Writable",
        "org.apache.hadoop.io.ObjectWritable", v4.string "x")) },
    { "a reply that can't be written", objects .. v4.call(7, "boxed") .. v4.call(8, "nothing") },
}

-- Both servers are asked at the same time; what closes at last is a length that neither takes.
local function ask(t, target, said)
    local raw = t:dial(target)
    raw:send(said)
    return function()
        raw:send "\xff\xff\xff\xfe"
        return v4.replies(raw:drain())
    end
end

-- A text of the JDK's own (of a NullPointerException, say) is none of Hadoop's.
local function blot(words)
    for i, word in ipairs(words) do words[i] = word:gsub("(| java%.io%.IOException: java%.lang%.[%w]*Exception): .*", "%1") end
    return words
end

scenario("WB-02 · Our server answers as the Java server does, byte by byte", options, function(t)
    local _, address = twin.server(t, { handlers = 1 })
    local server, echoing = t:server(), objects_of.server(t)
    t:fault("server.reply.throw", { echoing, method = "boxed", class = "java.io.IOException", message = "Can't write" })
    local asked = {}
    for _, input in ipairs(inputs) do
        if not input.releases or input.releases == t.release then
            local ours = input[2]:sub(1, #objects) == objects and echoing or server
            asked[#asked + 1] = { input, ask(t, address, input[2]), ask(t, ours, input[2]) }
        end
    end
    t:sleep "500ms"
    for _, pair in ipairs(asked) do
        local input = pair[1]
        local expected = pair[2]()
        local words = pair[3]()
        if input.answer then t:expect({ input[1], expected }):is { input[1], input.answer } end
        if input.java then expected, words = blot(expected), blot(words) end
        t:expect({ input[1], words }):is { input[1], expected }
    end
end)

-- --- what kills a Reader -------------------------------------------------------------------------

local function huge(method) return start .. v4.frame("\0\0\0\7", v4.utf8(method), "\x7f\xff\xff\xff") end

scenario("WB-03 · What is too much for memory ends the Reader: nobody is answered any more", {
    world = "live",
    releases = "-1.2",
    cases = {
        { name = "header", said = v4.preamble .. "\x7f\xff\xff\xff" },
        { name = "call", said = start .. "\x7f\xff\xff\xff" },
        { name = "parameters", said = huge "echo" },
        { name = "array", said = objects .. v4.call(7, "echo", v4.utf8 "[I" .. "\x7f\xff\xff\xff") },
        { name = "text", said = echo_bytes "\x8c\x7f\xff\xff\xff" },
        { name = "depth", said = objects .. v4.call(7, "echo",
            v4.object("org.apache.hadoop.io.Writable", "org.apache.hadoop.io.ObjectWritable", ""):rep(20000)
            .. v4.string "x") },
    },
}, function(t, row)
    local java, address = twin.server(t, { env = { TWIN_JAVA = "-Xmx64m" } })
    local own = row.said:sub(1, #objects) == objects
    local server = own and objects_of.server(t) or t:server()
    local first = own and objects or start
    local question = own and v4.call(8, "nothing") or echo
    for _, target in ipairs { address, server } do
        local heard = {}
        local function listen(name, raw)
            t:spawn(function()
                local bytes = raw:drain()
                heard[#heard + 1] = { name, bytes }
            end)
        end
        local before, hostile = t:dial(target), t:dial(target)
        before:send(first .. question)
        t:sleep "100ms"
        hostile:send(row.said)
        t:sleep "600ms"
        local after = t:dial(target)
        before:send(question)
        after:send(first .. question)
        listen("the hostile one", hostile)
        listen("who came after", after)
        t:sleep "300ms"
        t:expect(heard):is {}
        listen("who was there before", before)
        if target == address then java:kill(9) else server:stop() end
        t:wait(function() return #heard == 3 end)
        for _, one in ipairs(heard) do
            -- Who was there before has the answer to what was asked while the Reader was alive.
            t:expect(#v4.replies(one[2])):is(one[1] == "who was there before" and 1 or 0)
        end
    end
end)
