local ping = "ipc.ping.interval"

return function(wire)
    return {
        {
            "BI-03", "a length of -1 is a ping", releases = "-1.2",
            last = 950, handlers = 2, relay = { "1,at,200,server:ffffffff" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" } },
            sees = "value hi at @0; value b at @400. 1 connection. no ping. runs echo (2 times)",
        },
        {
            "BI-03", "a length of -1 is no ping any more", releases = "2.6-",
            last = 950, handlers = 2, relay = { "1,at,200,server:ffffffff" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" } },
            sees = "value hi at @0; lost at @400. 1 connection. no ping. server fin ends connection 1 at @200. runs echo",
        },
        {
            "BI-03", "a negative length closes, without a word",
            last = 950, handlers = 2, relay = { "1,at,200,server:fffffffe" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" }, { "+0", "echo", "c" } },
            sees = "value hi at @0; lost at @400; value c at @400. 2 connections. no ping. server fin ends connection 1 at @200. "
                .. "runs echo (2 times)",
        },
        {
            "BI-04", "a giant length kills the Reader: it is deaf to everybody", releases = "-1.2",
            client = { [ping] = 300 }, last = 1350, relay = { "1,at,200,server:7fffffff" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" }, { 400, "echo", "c", 0, user = "bob" } },
            sees = "value hi at @0; pending (2 times). 2 connections. pings at @700, @700, @1000, @1000. runs echo",
        },
        {
            "BI-04", "a giant length closes, without a word, and nobody else suffers", releases = "2.6-",
            client = { [ping] = 300 }, last = 1350, relay = { "1,at,200,server:7fffffff" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" }, { 400, "echo", "c", 0, user = "bob" } },
            sees = "value hi at @0; lost at @400; value c at @400. 2 connections. no ping. server fin ends connection 1 at @200. "
                .. "runs echo (2 times)",
        },
        {
            "BI-05", "a length that is the limit is waited for", releases = "2.6-",
            server = { ["ipc.maximum.data.length"] = 1000 }, last = 950, relay = { "1,at,200,server:000003e8" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" } },
            sees = "value hi at @0; pending. 1 connection. no ping. runs echo",
        },
        {
            "BI-05", "a length beyond the limit closes, without a word", releases = "2.6-",
            server = { ["ipc.maximum.data.length"] = 1000 }, last = 950, relay = { "1,at,200,server:000003e9" },
            steps = { { 0, "echo", "hi" }, { 400, "echo", "b" } },
            sees = "value hi at @0; lost at @400. 1 connection. no ping. server fin ends connection 1 at @200. runs echo",
        },
        {
            "BI-08", "a call that can't be read closes, without a word", releases = "-1.2",
            last = 950, handlers = 2,
            relay = { "1,at,200,server:" .. wire.unreadable() },
            steps = { { 0, "echo", "a", 400 }, { "+100", "echo", "b" } },
            sees = "lost at @200; value b at @300. 2 connections. no ping. server fin ends connection 1 at @200. "
                .. "runs echo (2 times)",
        },
        {
            "BI-08", "a call that can't be read is FATAL for all", releases = "2.6-",
            last = 950, handlers = 2, both_end = true,
            relay = { "1,at,200,server:" .. wire.unreadable() },
            steps = { { 0, "echo", "a", 400 }, { "+100", "echo", "b" } },
            sees = "remote org.apache.hadoop.ipc.RpcServerException: IPC server unable to read call parameters: readObject can't "
                .. "find class no.Such at @200; value b at @300. 2 connections. no ping. runs echo (2 times)",
        },
        {
            "BI-15", "a reply as long as there may be is read, a longer one fails all that wait", releases = "3.4",
            client = { ["ipc.maximum.response.length"] = 1000 }, handlers = 3, last = 950,
            steps = { { 0, "blob", 1004 }, { "+0", "echo", "a", 400 }, { 200, "blob", 1005 } },
            sees = "value of bytes at @0; error org.apache.hadoop.ipc.RpcException: RPC response has a length of 1001 exceeds "
                .. "maximum data length at @200 (2 times). 1 connection. no ping. client fin ends connection 1 at @200. "
                .. "runs blob, echo, blob",
        },
    }
end
