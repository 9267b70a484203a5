local ping, idle = "ipc.ping.interval", "ipc.client.connection.maxidletime"
local retries, interval = "ipc.client.connect.max.retries", "ipc.client.connect.retry.interval"
local nodelay = "ipc.client.tcpnodelay"

local function with(conf) return { "+0", "echo", "x", 0, conf = conf } end

return function()
    return {
        {
            "RC-01", "a connect that is not answered is tried again when its time is over", releases = "2.6-",
            client = { ["ipc.client.connect.timeout"] = 300, ["ipc.client.connect.max.retries.on.timeouts"] = 2 },
            relay = { "deaf" }, last = 1450,
            steps = { { 0, "echo", "x" } },
            sees = "connect timed out at @900. 0 connections. no ping. nothing is run",
        },
        {
            "RC-02", "a refused connection is tried again each second",
            client = { [retries] = 2 }, nobody = true, last = 2350,
            steps = { { 0, "echo", "x" } },
            sees = "refused at @2000",
        },
        {
            "RC-05", "a refused connection is tried again when the interval is over", releases = "2.6-",
            client = { [retries] = 3, [interval] = 200 }, nobody = true, last = 1150,
            steps = { { 0, "echo", "x" } },
            sees = "refused at @600",
        },
        {
            "RC-07", "who comes while another is refused starts anew", releases = "2.6-",
            client = { [retries] = 2, [interval] = 200 }, nobody = true, last = 1350, apart = true,
            steps = { { 0, "echo", "a" }, { 100, "echo", "b" } },
            sees = "refused at @400; refused at @800",
        },
        {
            "RC-08", "an interrupt between two attempts ends them", releases = "2.6-",
            client = { [retries] = 2 }, nobody = true, last = 950,
            steps = { { 0, "echo", "x" }, { 300, "interrupt", 1 } },
            sees = {
                ["2.6"] = "error java.io.IOException: Failed on local exception: java.io.InterruptedIOException: Interrupted: "
                    .. "action=RetryAction(action=RETRY, delayMillis=1000, reason=null), retry policy="
                    .. "RetryUpToMaximumCountWithFixedSleep(maxRetries=2, sleepTime=1000 MILLISECONDS) at @300",
                ["3.4"] = "error java.io.InterruptedIOException: Failed on local exception: java.io.InterruptedIOException: "
                    .. "Interrupted: action=RetryAction(action=RETRY, delayMillis=1000, reason=retries get failed due to "
                    .. "exceeded maximum allowed retries number: 2), retry policy="
                    .. "RetryUpToMaximumCountWithFixedSleep(maxRetries=2, sleepTime=1000 MILLISECONDS) at @300",
            },
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
            "RC-14", "a connection for each ConnectionId: its settings are part of it",
            handlers = 2, last = 1250,
            steps = {
                { 0, "echo", "x" }, with { [ping] = 50000 }, with { [idle] = 9000 }, with { [retries] = 5 },
                with { [nodelay] = false }, with { [nodelay] = true }, with { [ping] = 50000, [idle] = 9000 }, with {},
            },
            sees = "value x at @0 (8 times). 6 connections. no ping. runs echo (8 times)",
        },
        {
            "RC-14", "a connection for each ConnectionId: some settings are no part of it", releases = "2.6-",
            handlers = 2, last = 1250,
            steps = {
                { 0, "echo", "x" }, with { ["ipc.client.ping"] = false }, with { [interval] = 500 },
                with { ["ipc.client.connect.max.retries.on.timeouts"] = 3 }, with { ["ipc.client.connect.timeout"] = 5000 },
            },
            sees = "value x at @0 (5 times). 3 connections. no ping. runs echo (5 times)",
        },
        {
            "RC-14", "a connection for each ConnectionId: the rpc timeout is part of it", releases = "1.2-",
            last = 850,
            steps = {
                { 0, "echo", "x", 0, rpc_timeout = 5000 }, { "+0", "echo", "x", 0, rpc_timeout = 6000 },
                { "+0", "echo", "x", 0, rpc_timeout = 5000 },
            },
            sees = "value x at @0 (3 times). 2 connections. no ping. runs echo (3 times)",
        },
    }
end
