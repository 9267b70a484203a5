local many = include "lib/many.lua"

local ping = "ipc.ping.interval"

return function(wire)
    return {
        {
            "CC-02", "each call gets its own value, in whatever order",
            handlers = 10, last = 1850,
            steps = many(10, function(i) return { 0, "echo", "call-" .. i, i * 7 % 5 * 100 + 100 } end),
            sees = "value call-1 at @300; value call-2 at @500; value call-3 at @200; value call-4 at @400; "
                .. "value call-5 at @100; value call-6 at @300; value call-7 at @500; value call-8 at @200; "
                .. "value call-9 at @400; value call-10 at @100. 1 connection. no ping. runs echo (10 times)",
        },
        {
            "CC-03", "a second reply to a call is one to nobody's",
            client = { [ping] = 1000 }, last = 1150, relay = { "1,at,300,client:" .. wire.value() }, racing = true,
            steps = { { 0, "echo", "hi" }, { 700, "echo", "next", 100 } },
            sees = {
                ["-1.2"] = "value hi at @0; pending. 1 connection. no ping",
                ["2.6-"] = "value hi at @0; error java.io.IOException: Failed on local exception: java.io.IOException: Error "
                    .. "reading responses at @700. 1 connection. no ping. client fin ends connection 1 at @700",
            },
        },
        {
            "CC-04", "a reply to nobody's call: what waits and what comes later waits for ever", releases = "-1.2",
            client = { [ping] = 400 }, handlers = 4, last = 1150, relay = { "1,at,200,client:" .. wire.value(999) },
            steps = { { 0, "echo", "a", 500 }, { 0, "echo", "b", 600 }, { 0, "echo", "c", 700 }, { 700, "echo", "d" } },
            sees = "pending (4 times). 1 connection. no ping. runs echo (4 times)",
        },
        {
            "CC-04", "a reply to nobody's call: what waits fails, what comes later connects", releases = "2.6-",
            client = { [ping] = 400 }, handlers = 4, last = 1150, relay = { "1,at,200,client:" .. wire.value(99999) },
            steps = { { 0, "echo", "a", 500 }, { 0, "echo", "b", 600 }, { 0, "echo", "c", 700 }, { 700, "echo", "d" } },
            sees = "error java.io.IOException: Failed on local exception: java.io.IOException: Error reading responses "
                .. "at @200 (3 times); value d at @700. 2 connections. no ping. client fin ends connection 1 at @200. "
                .. "runs echo (4 times)",
        },
        {
            "CC-04", "an exception for nobody's call: what waits fails", releases = "2.6-",
            handlers = 2, last = 1150, relay = { "1,at,200,client:" .. wire.failure(0x7fffffff, "java.io.IOException", "x") },
            steps = { { 0, "hang" }, { 700, "echo", "d" } },
            sees = "error java.io.IOException: Failed on local exception: java.io.IOException: Error reading responses "
                .. "at @200; value d at @700. 2 connections. no ping. client fin ends connection 1 at @200. runs hang, echo",
        },
        {
            "CC-06", "a value of an unknown class: nobody waits in vain but everybody", releases = "-1.2",
            client = { [ping] = 400 }, handlers = 2, last = 1250, relay = { "1,at,200,client:" .. wire.stranger() },
            steps = { { 0, "hang" }, { 500, "echo", "b" } },
            sees = "pending (2 times). 1 connection. no ping. runs hang, echo",
        },
        {
            "CC-06", "a value of an unknown class: who waits is told, and the next one connects", releases = "2.6-",
            client = { [ping] = 400 }, handlers = 3, last = 1250, relay = { "1,at,200,client:" .. wire.stranger() },
            steps = { { 0, "hang" }, { 100, "hang" }, { 500, "echo", "b" } },
            sees = "error java.io.IOException: Failed on local exception: java.io.IOException: Error reading responses "
                .. "at @200 (2 times); value b at @500. 2 connections. no ping. client fin ends connection 1 at @200. "
                .. "runs hang (2 times), echo",
        },
        {
            "CC-07", "a reply to another client's call fails all that wait", releases = "2.6-",
            handlers = 3, last = 950, relay = { "1,at,200,client:" .. wire.to_another() },
            steps = { { 0, "hang" }, { 100, "hang" }, { 500, "echo", "b" } },
            sees = "error java.io.IOException: Failed on local exception: java.io.IOException: Client IDs not matched: "
                .. "local ID=ID, ID in response=6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a at @200 (2 times); value b at @500. "
                .. "2 connections. no ping. client fin ends connection 1 at @200. runs hang (2 times), echo",
        },
        {
            "CC-08", "bytes behind a reply's value", releases = "2.6-",
            handlers = 3, last = 950, relay = { "1,at,200,client:" .. wire.value(nil, "\0\0\0\0") },
            steps = { { 0, "hang" }, { 100, "echo", "x", 5000 }, { 500, "echo", "b" } },
            sees = {
                ["2.6"] = "error java.io.IOException: Failed on local exception: com.google.protobuf."
                    .. "InvalidProtocolBufferException: Message missing required fields: callId, status at @500; "
                    .. "value hi at @200; error java.io.IOException: Failed on local exception: com.google.protobuf."
                    .. "InvalidProtocolBufferException: Message missing required fields: callId, status at @500. "
                    .. "1 connection. no ping. client fin ends connection 1 at @500. runs hang, echo (2 times)",
                ["3.4"] = "error org.apache.hadoop.ipc.RpcClientException: RPC response length mismatch at @200; "
                    .. "value hi at @200; value b at @500. 2 connections. no ping. client fin ends connection 1 at @200. "
                    .. "runs hang, echo (2 times)",
            },
        },
        {
            "CC-08", "bytes behind an exception", releases = "2.6-",
            handlers = 3, last = 950,
            relay = { "1,at,200,client:" .. wire.failure(nil, "java.io.IOException", "x", "\0\0\0\0") },
            steps = { { 0, "hang" }, { 100, "hang" }, { 500, "echo", "b" } },
            sees = {
                ["2.6"] = "error java.io.IOException: Failed on local exception: org.apache.hadoop.ipc.RpcClientException: RPC "
                    .. "response length mismatch on rpc error at @200 (2 times); value b at @500. 2 connections. no ping. "
                    .. "client fin ends connection 1 at @200. runs hang (2 times), echo",
                ["3.4"] = "error org.apache.hadoop.ipc.RpcClientException: RPC response length mismatch at @200 (2 times); "
                    .. "value b at @500. 2 connections. no ping. client fin ends connection 1 at @200. runs hang (2 times), echo",
            },
        },
        {
            "CC-11", "a call that can't be written fails alone, and leaks", releases = "2.6-",
            client = { [ping] = 400, ["ipc.client.connection.maxidletime"] = 300 }, last = 1750,
            steps = { { 0, "echo", "a", 600 }, { 200, "unwritable" } },
            sees = "value a at @600; error java.io.IOException: can't at @200. 1 connection. pings at @400, @1000, @1400. "
                .. "runs echo",
        },
        {
            "CC-10", "an interrupted caller waits on for its value", releases = "-2.6",
            handlers = 2, last = 950,
            steps = { { 0, "echo", "late", 600 }, { 100, "echo", "other", 300 }, { 200, "interrupt", 1 } },
            sees = "value late at @600; value other at @400. 1 connection. no ping. runs echo (2 times)",
        },
        {
            "CC-10", "an interrupted caller ends, and nobody else", releases = "3.4",
            client = { ["ipc.client.connection.maxidletime"] = 300 },
            handlers = 2, last = 1350,
            steps = { { 0, "echo", "late", 600 }, { 100, "echo", "other", 300 }, { 200, "interrupt", 1 } },
            sees = "error java.io.InterruptedIOException: Call interrupted at @200; value other at @400. 1 connection. no ping. "
                .. "client fin ends connection 1 at @700. runs echo (2 times)",
        },
    }
end
