local many = include "lib/many.lua"

return function()
    return {
        {
            "SD-01", "a client that is stopped closes what is idle",
            last = 850,
            steps = { { 0, "echo", "x" }, { 300, "stop" } },
            sees = "value x at @0. 1 connection. no ping. client fin ends connection 1 at @300. runs echo",
        },
        {
            "SD-02", "a client that is stopped ends its calls",
            last = 850,
            steps = { { 0, "hang" }, { 300, "stop" } },
            sees = {
                ["-1.2"] = "error java.io.IOException: Call to HOST failed on local exception: java.io.InterruptedIOException: "
                    .. "Interruped while waiting for IO on channel java.nio.channels.SocketChannel[connected local=HOST "
                    .. "remote=HOST]. MS millis timeout left. at @300. 1 connection. no ping. client fin ends connection 1 at "
                    .. "@300. runs hang",
                ["2.6"] = "error java.io.IOException: Failed on local exception: java.io.InterruptedIOException: "
                    .. "Interruped while waiting for IO on channel java.nio.channels.SocketChannel[connected local=HOST "
                    .. "remote=HOST]. MS millis timeout left. at @300. 1 connection. no ping. client fin ends connection 1 at "
                    .. "@300. runs hang",
                ["3.4"] = "error java.io.InterruptedIOException: Failed on local exception: java.io.InterruptedIOException: "
                    .. "Interrupted while waiting for IO on channel java.nio.channels.SocketChannel[connected local=HOST "
                    .. "remote=HOST]. Total timeout mills is 60000, MS millis timeout left. at @300. 1 connection. no ping. "
                    .. "client fin ends connection 1 at @300. runs hang",
            },
        },
        {
            -- The Handler is interrupted first, and answers so if the Listener is slower to close.
            "SD-06", "a server that stops runs nothing more, and all its callers see the end",
            stop = 300, last = 950,
            steps = many(5, function(i)
                return i == 1 and { 0, "echo", "busy", 600, racing = true } or { 100, "echo", "queued" }
            end),
            sees = "ended; lost at @300 (4 times). 1 connection. no ping. server fin ends connection 1 at @300. runs echo",
        },
        {
            -- The Handlers are gone, and in 2.x stop waits for the Reader, for ever.
            "SD-05", "a server that stops while its Reader waits for the queue",
            server = { ["ipc.server.handler.queue.size"] = 1 }, stop = 400, last = 1150,
            steps = { { 0, "echo", "x", 5000, racing = true }, { 100, "echo", "queued" }, { 200, "echo", "held" } },
            sees = {
                ["-1.2,3.4"] = "ended; lost at @400 (2 times). 1 connection. no ping. server fin ends connection 1 at @400. "
                    .. "runs echo",
                ["2.6"] = "ended; pending (2 times). 1 connection. no ping. runs echo",
            },
        },
        {
            "SD-08", "a client that is stopped while it connects", releases = "2.6-",
            client = { ["ipc.client.connect.max.retries"] = 2, ["ipc.client.connect.retry.interval"] = 300 },
            nobody = true, last = 1250,
            steps = { { 0, "echo", "x" }, { 100, "stop" } },
            sees = {
                ["2.6"] = "refused at @600",
                ["3.4"] = "error java.io.InterruptedIOException: Failed on local exception: java.io.InterruptedIOException: "
                    .. "Interrupted: action=RetryAction(action=RETRY, delayMillis=300, reason=retries get failed due to exceeded "
                    .. "maximum allowed retries number: 2), retry policy=RetryUpToMaximumCountWithFixedSleep(maxRetries=2, "
                    .. "sleepTime=300 MILLISECONDS) at @100",
            },
        },
    }
end
