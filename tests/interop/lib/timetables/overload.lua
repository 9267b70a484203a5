local many = include "lib/many.lua"

local queue, idle = "ipc.server.handler.queue.size", "ipc.client.connection.maxidletime"

return function(wire)
    return {
        {
            "OV-01", "a full queue stops the Reader, and nothing is lost",
            server = { [queue] = 5 }, last = 1950,
            steps = many(21, function(i) return i == 1 and { 0, "echo", "busy", 500 } or { 100, "echo", "x", 10 } end),
            counted = true,
            sees = "21 values, the last at @700. 1 connection. no ping. runs echo (21 times)",
        },
        {
            "OV-02", "a Reader that waits for the queue is deaf to its connections, another one is not", releases = "2.6-",
            server = { [queue] = 1, ["ipc.server.read.threadpool.size"] = 2 }, last = 1950,
            relay = { "1,at,800,server:fffffffe", "2,at,650,server:fffffffe" },
            steps = {
                { 0, "echo", "a", 0, user = "bob" }, { 150, "echo", "b", 0, user = "carol" },
                { 300, "echo", "running", 1200 }, { 450, "echo", "queued" }, { 600, "echo", "held" },
            },
            sees = "value a at @0; value b at @150; value running at @1500; value queued at @1500; value held at @1500. "
                .. "3 connections. no ping. server fin ends connection 2 at @800. server fin ends connection 1 at @1500. "
                .. "runs echo (5 times)",
        },
        {
            "OV-06", "the scan closes who waits for the queue in a Reader, and all that is not read", releases = "2.6-",
            server = {
                [queue] = 1, ["ipc.client.idlethreshold"] = 0, [idle] = 250,
                ["ipc.client.connection.idle-scan-interval.ms"] = 100,
            },
            last = 1650, strangers = true, late = 350,
            steps = {
                { 0, "echo", "running", 1100 }, { 50, "echo", "queued", 0, user = "bob" },
                { 100, "echo", "held", 0, user = "carol" }, { 150, "echo", "unread", 0, user = "dave" },
            },
            sees = "value running at @1100; value queued at @1100; lost at @600 (2 times). 4 connections. no ping. "
                .. "server fin ends one at +@0. server fin ends one at +@0. server fin ends one at +@450. "
                .. "server fin ends one at +@450. runs echo (2 times)",
        },
        {
            "OV-07", "with backoff a full queue is told at once, and closes", releases = "3.4",
            server = { [queue] = 1, ["ipc.0.backoff.enable"] = true }, last = 1050, both_end = true, apart = true,
            steps = {
                { 0, "echo", "running", 500 }, { 100, "echo", "queued" }, { 200, "echo", "refused", 0, user = "bob" },
                { 300, "echo", "refused" }, { 700, "echo", "next" },
            },
            sees = "remote org.apache.hadoop.ipc.RetriableException: Server too busy - disconnecting at @300; "
                .. "remote org.apache.hadoop.ipc.RetriableException: Server too busy - disconnecting at @300; "
                .. "remote org.apache.hadoop.ipc.RetriableException: Server too busy - disconnecting at @200; "
                .. "remote org.apache.hadoop.ipc.RetriableException: Server too busy - disconnecting at @300; "
                .. "value next at @700. 3 connections. no ping. runs echo (2 times)",
        },
        {
            "OV-10", "with backoff and failover a full queue sends to another server", releases = "3.4",
            server = {
                [queue] = 1, ["ipc.0.backoff.enable"] = true, ["ipc.0.callqueue.overflow.trigger.failover"] = true,
            },
            last = 1050, both_end = true, apart = true,
            steps = { { 0, "echo", "running", 500 }, { 100, "echo", "queued" }, { 200, "echo", "refused", 0, user = "bob" } },
            sees = "value running at @500; value queued at @500; remote org.apache.hadoop.ipc.StandbyException: Server too busy "
                .. "- disconnect and failover at @200. 2 connections. no ping. runs echo (2 times)",
        },
        {
            "OV-17", "the queue has room for as many calls of each Handler", releases = "3.4",
            server = { [queue] = 2, ["ipc.0.backoff.enable"] = true }, handlers = 2, last = 1450, both_end = true,
            steps = many(7, function(i)
                if i <= 2 then return { 0, "echo", "busy", 800 } end
                return { i == 7 and 400 or 200, "echo", "x", 0, user = i == 7 and "bob" or nil }
            end),
            sees = "value busy at @800 (2 times); value x at @800 (4 times); remote org.apache.hadoop.ipc.RetriableException: "
                .. "Server too busy - disconnecting at @400. 2 connections. no ping. runs echo (6 times)",
        },
        {
            "OV-13", "no more connections than there may be", releases = "3.4",
            server = { ["ipc.server.max.connections"] = 2 }, client = { [idle] = 300 }, last = 1450, both_end = true, late = 1100,
            steps = {
                { 0, "echo", "a" }, { 0, "echo", "b", 0, user = "bob" }, { 100, "echo", "c", 0, user = "carol" },
                { 600, "echo", "d", 0, user = "carol" },
            },
            sees = "value a at @0; value b at @0; lost at @100; value d at @600. 4 connections. no ping. runs echo (3 times)",
        },
        -- The last ones: twelve MiB make the others late.
        {
            "SW-02", "a reply that finds no room goes on when there is some, and holds no Handler up",
            last = 2250, late = 1400, relay = { "1,s2c," .. wire.replied + 1000 .. ",stop:600" },
            steps = { { 0, "blob", 12 << 20 }, { 300, "echo", "x", 0, user = "bob" } },
            sees = "value of bytes at @600; value x at @300. 2 connections. no ping. runs blob, echo",
        },
        {
            "OV-18", "who does not read holds no Handler up",
            last = 1150, relay = { "1,s2c," .. wire.replied .. ",stop" },
            steps = { { 0, "blob", 12 << 20 }, { 500, "echo", "x", 0, user = "bob" } },
            sees = "pending; value x at @500. 2 connections. no ping. runs blob, echo",
        },
    }
end
