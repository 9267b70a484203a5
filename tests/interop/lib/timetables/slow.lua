local ping, idle = "ipc.ping.interval", "ipc.client.connection.maxidletime"

return function(wire)
    return {
        {
            "SH-01", "a long call is kept alive by pings",
            client = { [ping] = 400, [idle] = 250 }, last = 1550,
            steps = { { 0, "echo", "late", 1100 } },
            sees = "value late at @1100. 1 connection. pings at @400, @800. client fin ends connection 1 at @1100. runs echo",
        },
        {
            "SH-02", "a server that stands still is pinged for ever",
            client = { [ping] = 400 }, last = 1550, relay = { "1,s2c," .. wire.replied .. ",hold" },
            steps = { { 0, "echo", "x", 100 } },
            sees = "pending. 1 connection. pings at @400, @800, @1200. runs echo",
        },
        {
            "SH-03", "the rpc timeout beats a slow Handler", releases = "1.2-",
            rpc_timeout = 300, handlers = 2, last = 850,
            steps = { { 0, "echo", "slow", 600 }, { "+0", "echo", "next" } },
            sees = "timed out at @300; value next at @300. 2 connections. no ping. client fin ends connection 1 at @300. "
                .. "runs echo (2 times)",
        },
        {
            "SH-04", "the rpc timeout is rounded up to whole pings", releases = "3.4",
            client = { [ping] = 200 }, rpc_timeout = 300, last = 950,
            steps = { { 0, "hang" } },
            sees = "timed out at @400. 1 connection. pings at @200. client fin ends connection 1 at @400. runs hang",
        },
        {
            "SH-04", "the rpc timeout takes the ping's place", releases = "1.2-2.6",
            client = { [ping] = 200 }, rpc_timeout = 300, last = 950,
            steps = { { 0, "hang" } },
            sees = "timed out at @300. 1 connection. no ping. client fin ends connection 1 at @300. runs hang",
        },
        {
            "SH-05", "without pings a call waits for ever", releases = "2.6-",
            client = { [ping] = 200, ["ipc.client.ping"] = false }, last = 950,
            steps = { { 0, "hang" } },
            sees = "pending. 1 connection. no ping. runs hang",
        },
        {
            "SH-05", "without pings the rpc timeout is not rounded", releases = "2.6-",
            client = { [ping] = 200, ["ipc.client.ping"] = false }, rpc_timeout = 300, last = 950,
            steps = { { 0, "hang" } },
            sees = "timed out at @300. 1 connection. no ping. client fin ends connection 1 at @300. runs hang",
        },
        {
            "SH-05", "pings can't be turned off", releases = "1.2",
            client = { [ping] = 400, ["ipc.client.ping"] = false }, last = 1150,
            steps = { { 0, "hang" } },
            sees = "pending. 1 connection. pings at @400, @800. runs hang",
        },
        {
            "SH-07", "a chatty neighbour hides a stuck call", releases = "1.2-",
            rpc_timeout = 600, handlers = 2, last = 2050,
            steps = { { 0, "hang" }, { 300, "echo", "a" }, { 600, "echo", "b" }, { 900, "echo", "c" } },
            sees = "timed out at @1500; value a at @300; value b at @600; value c at @900. 1 connection. no ping. "
                .. "client fin ends connection 1 at @1500. runs hang, echo (3 times)",
        },
        {
            "SH-07", "whatever is read, waiting begins anew, and with it the count of pings", releases = "3.4",
            client = { [ping] = 200 }, rpc_timeout = 500, handlers = 2, last = 1750,
            steps = { { 0, "hang" }, { 300, "echo", "a" }, { 700, "echo", "b" } },
            sees = "timed out at @1300; value a at @300; value b at @700. 1 connection. pings at @200, @500, @900, @1100. "
                .. "client fin ends connection 1 at @1300. runs hang, echo (2 times)",
        },
        {
            "SH-08", "a reply that dribbles never times out", releases = "1.2-",
            rpc_timeout = 400, last = 1950, late = 900, relay = { "1,s2c," .. wire.replied .. ",slow:8" },
            steps = { { 0, "echo", "hi" } },
            sees = { ["-1.2"] = "value hi at @500. 1 connection. no ping. runs echo",
                ["2.6-"] = "value hi at @690. 1 connection. no ping. runs echo" },
        },
        {
            "SH-10", "the call of a client that has gone is run all the same", releases = "-1.2",
            last = 850, relay = { "1,at,300,fin" },
            steps = { { 0, "echo", "a", 0, user = "bob" }, { 100, "echo", "busy", 400 }, { 200, "echo", "b", 0, user = "bob" } },
            sees = "value a at @0; value busy at @500; lost at @300. 2 connections. no ping. runs echo (3 times)",
        },
        {
            "SH-10", "the queued call of a client that has gone is not run", releases = "2.6-",
            last = 850, relay = { "1,at,300,fin" },
            steps = { { 0, "echo", "a", 0, user = "bob" }, { 100, "echo", "busy", 400 }, { 200, "echo", "b", 0, user = "bob" } },
            sees = "value a at @0; value busy at @500; lost at @300. 2 connections. no ping. runs echo (2 times)",
        },
        {
            "SH-12", "replies come out of order",
            handlers = 2, last = 950,
            steps = { { 0, "echo", "slow", 500 }, { 0, "echo", "fast", 100 } },
            sees = "value slow at @500; value fast at @100. 1 connection. no ping. runs echo (2 times)",
        },
        {
            "SH-15", "replies suppress pings",
            client = { [ping] = 500 }, handlers = 3, last = 1250,
            steps = { { 0, "echo", "a", 300 }, { 0, "echo", "b", 600 }, { 0, "echo", "c", 900 } },
            sees = "value a at @300; value b at @600; value c at @900. 1 connection. no ping. runs echo (3 times)",
        },
        {
            "SH-16", "a server that is bound and has not started takes connections, and no more", releases = "1.2-",
            rpc_timeout = 300, start = false, last = 950,
            steps = { { 0, "echo", "x" } },
            sees = "timed out at @300. 1 connection. no ping. client fin ends connection 1 at @300. nothing is run",
        },
        {
            "SW-11", "a reply that breaks off: its Handler goes on",
            last = 950, relay = { "1,s2c," .. wire.replied + 3000 .. ",rst" },
            steps = { { 0, "blob", 1 << 20 }, { 300, "echo", "x", 0, user = "bob" } },
            sees = "lost at @0; value x at @300. 2 connections. no ping. runs blob, echo",
        },
        {
            "SW-13", "a call that comes byte by byte is run once, and whole",
            last = 1950, late = 1000, relay = { "1,c2s," .. wire.opened + 20 .. ",slow:4" },
            steps = { { 0, "echo", "x" } },
            sees = "value x at @500. 1 connection. no ping. runs echo",
        },
    }
end
