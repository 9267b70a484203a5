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
