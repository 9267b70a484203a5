-- Scenarios of the catalogue in both worlds at once: what real Hadoop does with itself, our client with it, and
-- it with our server.  Short settings, so that each takes a second or two; @300 is a time in ms.

local pairing = include "lib/pairing.lua"
local v4 = include "lib/v4.lua"

local ping, idle = "ipc.ping.interval", "ipc.client.connection.maxidletime"

local function hex(bytes) return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- How long the answer to getProtocolVersion is.
local answered = 22

local class = "org.ripcord.EchoResponse"
local function value(id) return hex(v4.value(id, v4.object(class, class, "\1\2hi"))) end
local fatal = hex(v4.failure(-1, "java.io.IOException", "x", -1))
local stranger = hex(v4.value(1, v4.object(class, "no.Such", "\0")))

local function many(n, step)
    local steps = {}
    for i = 1, n do steps[i] = step(i) end
    return steps
end

local entries = {
    {
        "SH-01", "a long call is kept alive by pings",
        client = { [ping] = 400, [idle] = 250 }, last = 1550,
        steps = { { 0, "echo", "late", 1100 } },
        sees = "value late at @1100. 1 connection. pings at @400, @800. client fin ends connection 1 at @1100. runs echo",
    },
    {
        "SH-02", "a server that stands still is pinged for ever",
        client = { [ping] = 200 }, last = 1250, relay = { "1,s2c," .. answered .. ",hold" },
        steps = { { 0, "echo", "x", 100 } },
        sees = "pending. 1 connection. pings at @200, @400, @600, @800, @1000. runs echo",
    },
    {
        "SH-03", "the rpc timeout beats a slow Handler", releases = "1.2",
        rpc_timeout = 300, handlers = 2, last = 850,
        steps = { { 0, "echo", "slow", 600 }, { "+0", "echo", "next" } },
        sees = "timed out at @300; value next at @300. 2 connections. no ping. client fin ends connection 1 at @300. "
            .. "runs echo (2 times)",
    },
    {
        "SH-07", "a chatty neighbour hides a stuck call", releases = "1.2",
        rpc_timeout = 400, handlers = 2, last = 1550,
        steps = { { 0, "hang" }, { 300, "echo", "a" }, { 600, "echo", "b" }, { 900, "echo", "c" } },
        sees = "timed out at @1300; value a at @300; value b at @600; value c at @900. 1 connection. no ping. "
            .. "client fin ends connection 1 at @1300. runs hang, echo (3 times)",
    },
    {
        "SH-08", "a reply that dribbles never times out", releases = "1.2",
        rpc_timeout = 400, last = 2850, late = 1500, relay = { "1,s2c," .. answered .. ",slow:15" },
        steps = { { 0, "echo", "hi" } },
        sees = "value hi at @950. 1 connection. no ping. runs echo",
    },
    {
        "SH-10", "the call of a client that has gone is run all the same",
        last = 850, relay = { "1,at,300,fin" },
        steps = { { 0, "echo", "a", 0, user = "bob" }, { 100, "echo", "busy", 400 }, { 200, "echo", "b", 0, user = "bob" } },
        sees = "value a at @0; value busy at @500; lost at @300. 2 connections. no ping. runs echo (3 times)",
    },
    {
        "SH-12", "replies come out of order",
        handlers = 2, last = 950,
        steps = { { 0, "echo", "slow", 500 }, { 0, "echo", "fast", 100 } },
        sees = "value slow at @500; value fast at @100. 1 connection. no ping. runs echo (2 times)",
    },
    {
        "SH-15", "replies suppress pings",
        client = { [ping] = 300 }, handlers = 3, last = 950,
        steps = { { 0, "echo", "a", 200 }, { 0, "echo", "b", 400 }, { 0, "echo", "c", 600 } },
        sees = "value a at @200; value b at @400; value c at @600. 1 connection. no ping. runs echo (3 times)",
    },
    {
        "DC-01", "closed right after accept",
        last = 950, relay = { "1,c2s,1,fin" },
        steps = { { 0, "echo", "x" } },
        sees = "lost at @0. 1 connection. no ping. nothing is run",
    },
    {
        "DC-02", "FIN after the header: no second try",
        last = 950, relay = { "1,c2s,44,fin" },
        steps = { { 0, "echo", "x" } },
        sees = "lost at @0. 1 connection. no ping. nothing is run",
    },
    {
        "DC-07", "FIN inside a reply's id",
        last = 950, relay = { "1,s2c," .. answered + 2 .. ",fin" },
        steps = { { 0, "echo", "x" } },
        sees = "lost at @0. 1 connection. no ping. runs echo",
    },
    {
        "DC-09", "FIN inside a reply's value",
        last = 950, relay = { "1,s2c," .. answered + 40 .. ",fin" },
        steps = { { 0, "echo", "x" } },
        sees = "lost at @0. 1 connection. no ping. runs echo",
    },
    {
        "DC-10", "RST inside a reply's value",
        last = 950, relay = { "1,s2c," .. answered + 40 .. ",rst" },
        steps = { { 0, "echo", "x" } },
        sees = "lost at @0. 1 connection. no ping. runs echo",
    },
    {
        "DC-12", "a connection closed while idle: the next call fails, the one after it connects",
        last = 850, relay = { "1,at,300,fin" },
        steps = { { 0, "echo", "a" }, { 600, "echo", "b" }, { "+0", "echo", "c" } },
        sees = "value a at @0; lost at @600; value c at @600. 2 connections. no ping. runs echo (2 times)",
    },
    {
        "DC-14", "a reply lost after the method ran: the caller's second try runs it again",
        last = 950, relay = { "1,s2c," .. answered + 1 .. ",fin" },
        steps = { { 0, "echo", "x" }, { "+0", "echo", "x" } },
        sees = "lost at @0; value x at @0. 2 connections. no ping. runs echo (2 times)",
    },
    {
        "DC-20", "the calls of a client that died are run, all of them",
        last = 850, relay = { "1,at,200,rst" },
        steps = many(6, function(i) return i == 1 and { 0, "echo", "busy", 500 } or { 100, "echo", "queued" } end),
        sees = "lost at @200 (6 times). 1 connection. no ping. runs echo (6 times)",
    },
    {
        "ID-01", "an idle connection is closed by its client",
        client = { [idle] = 300 }, last = 950,
        steps = { { 0, "echo", "x" } },
        sees = "value x at @0. 1 connection. no ping. client fin ends connection 1 at @300. runs echo",
    },
    {
        "ID-02", "a call longer than the idle time closes its connection at once",
        client = { [idle] = 300 }, last = 1650,
        steps = { { 0, "echo", "late", 600 }, { "+100", "echo", "next" } },
        sees = "value late at @600; value next at @700. 2 connections. no ping. client fin ends connection 1 at @600. "
            .. "client fin ends connection 2 at @1000. runs echo (2 times)",
    },
    {
        "ID-06", "the server's clean-up needs an accept to wake it up",
        server = { ["ipc.client.idlethreshold"] = 0, [idle] = 100 }, last = 950,
        steps = { { 0, "echo", "a" }, { 800, "echo", "b" } },
        sees = "value a at @0; value b at @800. 1 connection. no ping. runs echo (2 times)",
    },
    {
        "ID-08", "an ERROR reply leaks the call: no idle close, pings for ever", releases = "0.20",
        client = { [ping] = 200, [idle] = 300 }, last = 1050,
        steps = { { 0, "throw", "java.io.IOException" } },
        sees = "remote java.io.IOException: java.io.IOException: no luck at @0. 1 connection. pings at @200, @400, @600, @800. "
            .. "runs throw",
    },
    {
        "ID-08", "an ERROR reply ends the call like any other", releases = "1.2",
        client = { [ping] = 200, [idle] = 300 }, last = 950,
        steps = { { 0, "throw", "java.io.IOException" } },
        sees = "remote java.io.IOException: java.io.IOException: no luck at @0. 1 connection. no ping. "
            .. "client fin ends connection 1 at @300. runs throw",
    },
    {
        "ID-15", "a connection with a call is not idle, whoever draws what",
        server = { ["ipc.client.idlethreshold"] = 0, [idle] = 200 }, handlers = 2, last = 1250,
        steps = { { 0, "echo", "late", 1000 }, { 600, "echo", "b", 0, user = "bob" }, { 800, "echo", "c", 0, user = "carol" } },
        sees = "value late at @1000; value b at @600; value c at @800. 3 connections. no ping. runs echo (3 times)",
    },
    {
        "FA-03", "FATAL fails every outstanding call",
        handlers = 5, last = 850, relay = { "1,at,300,client:" .. fatal },
        steps = many(6, function(i) return i < 6 and { 0, "hang" } or { "+100", "echo", "next" } end),
        sees = "remote java.io.IOException: x at @300 (5 times); pending. 2 connections. no ping. "
            .. "client fin ends connection 1 at @300. runs hang (5 times)",
    },
    {
        "FA-04", "who is not in the ACL gets one FATAL",
        acl = "bob", last = 950, both_end = true,
        steps = { { 0, "echo", "x" } },
        sees = "remote org.apache.hadoop.security.authorize.AuthorizationException: User alice is not authorized for "
            .. "protocol interface org.ripcord.TestProtocol, expected client Kerberos principal is null at @0. "
            .. "1 connection. no ping. nothing is run",
    },
    {
        "FA-15", "ERROR keeps the connection, FATAL ends it",
        handlers = 2, last = 1150, relay = { "1,at,500,client:" .. fatal },
        steps = {
            { 0, "throw", "java.io.IOException" }, { "+0", "throw", "java.io.IOException" }, { "+0", "echo", "a" },
            { "+0", "hang" }, { "+100", "echo", "b" },
        },
        sees = "remote java.io.IOException: java.io.IOException: no luck at @0 (2 times); value a at @0; "
            .. "remote java.io.IOException: x at @500; value b at @600. 2 connections. no ping. "
            .. "client fin ends connection 1 at @500. runs throw (2 times), echo, hang, echo",
    },
    {
        "RC-02", "a refused connection is tried again each second",
        client = { ["ipc.client.connect.max.retries"] = 2 }, nobody = true, last = 2350,
        steps = { { 0, "echo", "x" } },
        sees = "refused at @2000",
    },
    {
        "RC-14", "a connection for each ConnectionId: another user has another one",
        handlers = 2, last = 1250,
        steps = {
            { 0, "echo", "a" }, { "+0", "echo", "b" }, { "+0", "echo", "c", 0, user = "bob" },
            { "+0", "echo", "d", 0, user = "bob" }, { "+0", "echo", "e", 0, user = "carol" }, { "+0", "echo", "f" },
        },
        sees = "value a at @0; value b at @0; value c at @0; value d at @0; value e at @0; value f at @0. 3 connections. "
            .. "no ping. runs echo (6 times)",
    },
    {
        "CC-02", "each call gets its own value, in whatever order",
        handlers = 10, last = 1850,
        steps = many(10, function(i) return { 0, "echo", "call-" .. i, i * 7 % 5 * 100 + 100 } end),
        sees = "value call-1 at @300; value call-2 at @500; value call-3 at @200; value call-4 at @400; value call-5 at @100; "
            .. "value call-6 at @300; value call-7 at @500; value call-8 at @200; value call-9 at @400; value call-10 at @100. "
            .. "1 connection. no ping. runs echo (10 times)",
    },
    {
        "CC-03", "a second reply to a call is one to nobody's",
        client = { [ping] = 1000 }, last = 1150, relay = { "1,at,300,client:" .. value(1) },
        steps = { { 0, "echo", "hi" }, { 700, "echo", "next" } },
        sees = "value hi at @0; pending. 1 connection. no ping. runs echo (2 times)",
    },
    {
        "CC-04", "a reply to nobody's call: what waits and what comes later waits for ever",
        client = { [ping] = 400 }, handlers = 4, last = 1150, relay = { "1,at,200,client:" .. value(999) },
        steps = { { 0, "echo", "a", 300 }, { 0, "echo", "b", 400 }, { 0, "echo", "c", 500 }, { 700, "echo", "d" } },
        sees = "pending (4 times). 1 connection. no ping. runs echo (4 times)",
    },
    {
        "CC-06", "a value of an unknown class: nobody waits in vain but everybody",
        client = { [ping] = 400 }, handlers = 2, last = 1250, relay = { "1,at,200,client:" .. stranger },
        steps = { { 0, "hang" }, { 500, "echo", "b" } },
        sees = "pending (2 times). 1 connection. no ping. runs hang, echo",
    },
    {
        "OV-01", "a full queue stops the Reader, and nothing is lost",
        server = { ["ipc.server.handler.queue.size"] = 5 }, last = 1250,
        steps = many(21, function(i) return i == 1 and { 0, "echo", "busy", 500 } or { 100, "echo", "x", 10 } end),
        counted = true,
        sees = "21 values, the last at @700. 1 connection. no ping. runs echo (21 times)",
    },
    {
        "BI-03", "a negative length closes, without a word",
        last = 950, handlers = 2, relay = { "1,at,200,server:fffffffe" },
        steps = { { 0, "echo", "hi" }, { 400, "echo", "b" }, { "+0", "echo", "c" } },
        sees = "value hi at @0; lost at @400; value c at @400. 2 connections. no ping. server fin ends connection 1 at @200. "
            .. "runs echo (2 times)",
    },
    {
        "BI-04", "a giant length kills the Reader: it is deaf to everybody",
        client = { [ping] = 300 }, last = 1350, relay = { "1,at,200,server:7fffffff" },
        steps = { { 0, "echo", "hi" }, { 400, "echo", "b" }, { 400, "echo", "c", 0, user = "bob" } },
        sees = "value hi at @0; pending (2 times). 2 connections. pings at @700, @700, @1000, @1000. runs echo",
    },
    {
        "BI-08", "a call that can't be read closes, without a word",
        last = 950, handlers = 2,
        relay = { "1,at,200,server:" .. hex(v4.call(9, "echo", v4.utf8 "no.Such")) },
        steps = { { 0, "echo", "a", 400 }, { "+100", "echo", "b" } },
        sees = "lost at @200; value b at @300. 2 connections. no ping. server fin ends connection 1 at @200. "
            .. "runs echo (2 times)",
    },
    -- The last one: twelve MiB make the others late.
    {
        "OV-18", "who does not read holds no Handler up",
        last = 1150, relay = { "1,s2c," .. answered .. ",stop" },
        steps = { { 0, "blob", 12 << 20 }, { 500, "echo", "x", 0, user = "bob" } },
        sees = "pending; value x at @500. 2 connections. no ping. runs blob, echo",
    },
}

local cases = {}
for i, kind in ipairs(pairing.kinds) do cases[i] = { name = kind } end

scenario("JU-01 · Ours do with real Hadoop what real Hadoop does with itself", {
    world = "live",
    releases = "-1.2",
    cases = cases,
}, function(t, row)
    local own = {}
    for _, entry in ipairs(entries) do
        if not entry.releases or entry.releases == t.release then own[#own + 1] = entry end
    end
    for i, played in ipairs(pairing.play(t, row.name, own)) do
        local entry = own[i]
        local seen = pairing.graced(played, entry)
        t:answer(("| %s | %s | %s | %s |"):format(entry[1], entry[2], row.name, seen:gsub("@", "")))
        t:expect({ entry[1], seen }):is { entry[1], entry.sees }
    end
end)
