-- Hostile values before 2.x, where only reading a call tells what it holds: the server closes, and
-- neither its memory nor its other clients notice.

local tags = { "badinput", "writables" }

local function utf8(text) return string.pack(">s2", text) end

local function parameters(...)
    return string.pack(">i4", select("#", ...)) .. table.concat({ ... })
end

local nested = (utf8 "org.apache.hadoop.io.Writable" .. utf8 "org.apache.hadoop.io.ObjectWritable"):rep(2000)

scenario("BI-W1 · A call whose values do not read is closed upon, without a word", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "negative_count", body = string.pack(">i4", -1) },
        { name = "negative_array", body = parameters(utf8 "[I" .. string.pack(">i4", -5)) },
        { name = "array_of_2^28", body = parameters(utf8 "[J" .. string.pack(">i4", 1 << 28)) },
        { name = "unknown_class", body = parameters(utf8 "foo.Bar") },
        { name = "unknown_concrete_class", body = parameters(utf8 "org.ripcord.EchoRequest" .. utf8 "foo.Bar") },
        { name = "long_class_name", body = parameters(utf8(("x"):rep(65535))) },
        { name = "enum_without_constant", body = parameters(
            utf8 "org.apache.hadoop.hdfs.protocol.FSConstants$SafeModeAction" .. utf8 "SAFEMODE_EAT") },
        { name = "truncated_text", body = parameters(utf8 "java.lang.String" .. "\xff\xff") },
        { name = "truncated_vint", body = parameters(
            utf8 "org.apache.hadoop.io.VLongWritable" .. utf8 "org.apache.hadoop.io.VLongWritable" .. "\x88\1") },
        { name = "more_parameters_than_bytes", body = string.pack(">i4", 0x0fffffff) },
        { name = "long_in_ints", body = parameters(utf8 "[I" .. "\0\0\0\1" .. utf8 "long" .. ("\0"):rep(8)) },
        { name = "string_in_ints", body = parameters(utf8 "[I" .. "\0\0\0\1" .. utf8 "java.lang.String" .. utf8 "x") },
        { name = "nothing", body = "" },
    },
}, function(t, case)
    local server = t:server()
    local rude, polite = t:client(server), t:client(server)
    t:expect(polite:call("echo", { message = "before" })):returns { message = "before" }
    t:expect(rude:call("echo", case.body)):fails "eof"
    t:expect(polite:call("echo", { message = "after" })):returns { message = "after" }
end)

scenario("BI-W2 · What reads, but is not what the method takes, is no such method", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "no_argument", body = parameters(), types = "" },
        { name = "another_type", body = parameters(utf8 "int" .. "\0\0\0\7"), types = "int" },
        { name = "two_arguments", types = "java.lang.String,[B",
            body = parameters(utf8 "java.lang.String" .. utf8 "x", utf8 "[B" .. "\0\0\0\0") },
    },
}, function(t, case)
    local client = t:client(t:server())
    t:expect(client:call("echo", case.body)):fails "remote_error"
        :says("java.lang.NoSuchMethodException: org.ripcord.TestProtocol.echo(" .. case.types .. ")")
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("BI-W3 · An Error while a call is read is the end of its Reader, and of all who need it", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "array_of_2^31", body = parameters(utf8 "[J" .. string.pack(">i4", 0x7fffffff)) },
        { name = "nested_2000_deep", body = parameters(nested) },
    },
}, function(t, case)
    local server = t:server()
    local rude, polite = t:client(server), t:client(server)
    t:expect(polite:call("echo", { message = "before" })):returns { message = "before" }
    local fatal = rude:call("echo", case.body)
    t:sleep "1s"
    local calls = { fatal, polite:call("echo", { message = "after" }) }
    t:sleep "1h"
    t:each(calls):pending()
    server.host:kill()
    t:each(calls):fails(one_of("eof", "reset"))
end)

scenario("BI-W7 · A header whose protocol claims two gigabytes is the end of its Reader", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local server = t:server()
    local polite = t:client(server)
    t:expect(polite:call("echo", { message = "before" })):returns { message = "before" }
    local raw = t:dial(server)
    raw:send("hrpc\4\80" .. string.pack(">i4", 6) .. "\x8c\x7f\xff\xff\xffx")
    t:sleep "1s"
    local call = polite:call("echo", { message = "after" })
    t:sleep "1h"
    t:expect(call):pending()
    server.host:kill()
    t:expect(call):fails(one_of("eof", "reset"))
end)

local function null(class)
    return utf8 "org.apache.hadoop.io.Writable" .. utf8 "org.apache.hadoop.io.ObjectWritable$NullInstance" .. utf8(class)
end

scenario("BI-W4 · A null is of the class that it names, and finds its method by it", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "of_its_type", class = "org.ripcord.EchoRequest", says = "java.lang.NullPointerException" },
        { name = "of_another_type", class = "java.lang.String",
            says = "java.lang.NoSuchMethodException: org.ripcord.TestProtocol.echo(java.lang.String)" },
    },
}, function(t, case)
    local client = t:client(t:server())
    t:expect(client:call("echo", parameters(null(case.class)))):fails "remote_error":says(case.says)
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)

scenario("BI-W5 · A null of a String is an argument, in the list of them", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    t:protocol("org.ripcord.NullProtocol", { version = 1, methods = { name = { "String", "String" } } })
    local server = t:server { protocol = "org.ripcord.NullProtocol" }
    server:on("name", function(_, request) return type(request) .. " of " .. tostring(request[1]) end)
    local client = t:client(server)
    t:expect(client:call("name", parameters(null "java.lang.String"))):returns "table of nil"
    t:expect(client:call("name", { "x" })):returns "table of x"
end)

scenario("BI-W6 · A String that is not UTF-8 is closed upon by 1.2, and read somehow by 0.20", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "continuation_byte", text = "a\x80b" },
        { name = "half_of_two_bytes", text = "a\xc3" },
        { name = "two_of_three_bytes", text = "a\xe2\x82" },
        { name = "byte_ff", text = "a\xffbcdef" },
    },
}, function(t, case)
    local client = t:client(t:server())
    local call = client:call("echo", parameters(utf8 "java.lang.String" .. utf8(case.text)))
    if t.release == "0.20" then
        t:expect(call):fails "remote_error":says "NoSuchMethodException: org.ripcord.TestProtocol.echo(java.lang.String)"
    else
        t:expect(call):fails "eof"
    end
end)

-- The class of a protocol that the server does not speak: a client that has got hold of another server's port.
local another = "org.apache.hadoop.hdfs.protocol.ClientProtocol"
local version = parameters(utf8 "java.lang.String" .. utf8(another), utf8 "long" .. string.pack(">i8", 61))

scenario("BI-W8 · A connection may name any class that is there: each of its calls says that it is the wrong one", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "method_of_it", protocol = another, method = "getFileInfo", body = parameters(utf8 "java.lang.String"
            .. utf8 "/"), says = "IllegalArgumentException: object is not an instance of declaring class" },
        { name = "its_version", protocol = another, method = "getProtocolVersion", body = version,
            says = "Unknown protocol: " .. another },
        { name = "no_method_of_it", protocol = another, method = "dance", body = parameters(),
            says = "NoSuchMethodException: " .. another .. ".dance()" },
        { name = "a_writable", protocol = "org.ripcord.EchoRequest", method = "echo", body = parameters(),
            says = "NoSuchMethodException: org.ripcord.EchoRequest.echo()" },
        { name = "an_array", protocol = "[I", method = "echo", body = parameters(),
            says = "NoSuchMethodException: [I.echo()" },
    },
}, function(t, case)
    local client = t:client(t:server(), { protocol = case.protocol })
    t:expect(client:call(case.method, case.body)):fails "remote_error":says(case.says)
    t:expect(client:call(case.method, case.body)):fails "remote_error":says(case.says)
    t:expect(#client.connections):is(1)
end)

scenario("BI-W9 · What is not there as a class, or is in no policy, is not let in", {
    rough = false,
    releases = "-1.2",
    tags = tags,
}, function(t)
    local function ask(server, protocol)
        return t:client(server, { protocol = protocol }):call("dance", parameters())
    end

    local open, guarded = t:server(), t:server { acl = { "alice" } }
    t:expect(ask(open, "int")):fails "eof"
    t:expect(ask(open, "no.Such")):fails "eof"
    t:expect(ask(guarded, another)):fails "remote_fatal":says("Protocol interface " .. another .. " is not known.")
    t:expect(ask(guarded, "org.ripcord.EchoRequest")):fails "remote_fatal"
        :says "Protocol class org.ripcord.EchoRequest is not known."
end)

-- A server of take(Base), take(int), take(Writable) and take(Base[]), and a client of its.
local function typed(t)
    t:writable("org.ripcord.Base", { { "int", "n" } })
    t:writable("org.ripcord.Derived", { { "org.ripcord.Base", "" } })
    t:writable("org.ripcord.Other", { { "int", "n" } })
    local types = { "org.ripcord.Base", "int", "org.apache.hadoop.io.Writable", "org.ripcord.Base[]" }
    for i, name in ipairs(types) do types[i] = { "String", name } end
    t:protocol("org.ripcord.TypedProtocol", { version = 1, methods = { take = types } })
    local server = t:server { protocol = "org.ripcord.TypedProtocol" }
    server:on("take", function() return "taken" end)
    return t:client(server)
end

local function object(declared, actual) return utf8(declared) .. utf8(actual) .. string.pack(">i4", 7) end

local function array(element) return utf8 "[Lorg.ripcord.Base;" .. string.pack(">i4", 1) .. element end

scenario("BI-W10 · A method takes no object of another class, and no null for a primitive", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "another_class", argument = object("org.ripcord.Base", "org.ripcord.Other"),
            says = ": argument type mismatch" },
        { name = "a_super_class", argument = object("org.ripcord.Derived", "org.ripcord.Base"),
            says = "NoSuchMethodException: org.ripcord.TypedProtocol.take(org.ripcord.Derived)" },
        { name = "null_for_an_int", argument = null "int", says = "java.lang.IllegalArgumentException" },
    },
}, function(t, case)
    local client = typed(t)
    t:expect(client:call("take", parameters(case.argument))):fails "remote_error":says(case.says)
    t:expect(client:call("take", parameters(utf8 "int" .. "\0\0\0\7"))):returns "taken"
end)

scenario("BI-W11 · A method takes an object of a sub-class, and of any class for an interface", {
    releases = "-1.2",
    tags = tags,
    cases = {
        { name = "itself", argument = object("org.ripcord.Base", "org.ripcord.Base") },
        { name = "sub_class", argument = object("org.ripcord.Base", "org.ripcord.Derived") },
        { name = "interface", argument = object("org.apache.hadoop.io.Writable", "org.ripcord.Other") },
        { name = "null", argument = null "org.ripcord.Base" },
        { name = "sub_class_in_an_array", argument = array(object("org.ripcord.Base", "org.ripcord.Derived")) },
    },
}, function(t, case)
    t:expect(typed(t):call("take", parameters(case.argument))):returns "taken"
end)

scenario("BI-W12 · An array whose element is of another class is closed upon", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local client = typed(t)
    t:expect(client:call("take", parameters(array(object("org.ripcord.Base", "org.ripcord.Other"))))):fails "eof"
end)

scenario("BI-W13 · A method's name that is not UTF-8 is closed upon by 1.2, and no method's in 0.20", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local raw = t:dial(t:server())
    raw:open()
    raw:send(string.pack(">s4", "\0\0\0\7" .. utf8 "a\x80" .. parameters()))
    local answer = raw:recv()
    if t.release == "0.20" then
        t:expect(answer.message):is(has "NoSuchMethodException")
    else
        t:expect(answer):is { "fin" }
    end
end)
