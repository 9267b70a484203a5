local many = include "lib/many.lua"

local ping, idle = "ipc.ping.interval", "ipc.client.connection.maxidletime"
local threshold, scan = "ipc.client.idlethreshold", "ipc.client.connection.idle-scan-interval.ms"

return function()
    return {
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
            "ID-06", "the server's clean-up needs an accept to wake it up", releases = "-1.2",
            server = { [threshold] = 0, [idle] = 100 }, last = 950,
            steps = { { 0, "echo", "a" }, { 800, "echo", "b" } },
            sees = "value a at @0; value b at @800. 1 connection. no ping. runs echo (2 times)",
        },
        {
            "ID-08", "an ERROR reply leaks the call: no idle close, pings for ever", releases = "0.20",
            client = { [ping] = 400, [idle] = 300 }, last = 1150,
            steps = { { 0, "throw", "java.io.IOException" } },
            sees = "remote java.io.IOException: java.io.IOException: no luck at @0. 1 connection. pings at @400, @800. "
                .. "runs throw",
        },
        {
            "ID-08", "an ERROR reply ends the call like any other", releases = "1.2-",
            client = { [ping] = 200, [idle] = 300 }, last = 950,
            steps = { { 0, "throw", "java.io.IOException" } },
            sees = {
                ["1.2"] = "remote java.io.IOException: java.io.IOException: no luck at @0. 1 connection. no ping. "
                    .. "client fin ends connection 1 at @300. runs throw",
                ["2.6-"] = "remote java.io.IOException: no luck at @0. 1 connection. no ping. "
                    .. "client fin ends connection 1 at @300. runs throw",
            },
        },
        {
            "ID-09", "the server's scan closes who is idle, so many at a time, and nobody with a call", releases = "2.6-",
            server = { [threshold] = 0, [idle] = 200, [scan] = 450, ["ipc.client.kill.max"] = 2 }, handlers = 2, last = 1950,
            strangers = true,
            steps = many(5, function(i) return { 0, "echo", "call" .. i, i == 1 and 5000 or 0, user = "user" .. i } end),
            sees = "pending; value call2 at @0; value call3 at @0; value call4 at @0; value call5 at @0. 5 connections. no ping. "
                .. "server fin ends one at +@0. server fin ends one at +@0. server fin ends one at +@450. "
                .. "server fin ends one at +@450. runs echo (5 times)",
        },
        {
            "ID-12", "who stops inside the header is closed as idle", releases = "2.6-",
            server = { [threshold] = 0, [idle] = 200, [scan] = 100 }, last = 1150, relay = { "1,c2s,3,hold" },
            steps = { { 0, "echo", "x" } },
            sees = "lost at @400. 1 connection. no ping. server fin ends connection 1 at @400. nothing is run",
        },
        {
            "ID-12", "no scan below the threshold", releases = "2.6-",
            server = { [threshold] = 3, [idle] = 100, [scan] = 100 }, last = 850,
            steps = { { 0, "echo", "a" }, { 0, "echo", "b", 0, user = "bob" } },
            sees = "value a at @0; value b at @0. 2 connections. no ping. runs echo (2 times)",
        },
        {
            "ID-15", "a connection with a call is not idle, whoever draws what", releases = "-1.2",
            server = { [threshold] = 0, [idle] = 200 }, handlers = 2, last = 1250,
            steps = {
                { 0, "echo", "late", 1000 }, { 600, "echo", "b", 0, user = "bob" }, { 800, "echo", "c", 0, user = "carol" },
            },
            sees = "value late at @1000; value b at @600; value c at @800. 3 connections. no ping. runs echo (3 times)",
        },
        {
            "ID-15", "a connection with a call is not idle, and pings count as contact", releases = "2.6-",
            client = { [ping] = 300 }, server = { [threshold] = 0, [idle] = 200, [scan] = 100 }, last = 1750,
            steps = { { 0, "echo", "late", 1000 } },
            sees = "value late at @1000. 1 connection. pings at @300, @600, @900. server fin ends connection 1 at @1300. "
                .. "runs echo",
        },
    }
end
