local many = include "lib/many.lua"

return function(wire)
    local function replied(bytes, action) return { ("1,s2c,%d,%s"):format(wire.replied + bytes, action) } end

    return {
        {
            "DC-01", "closed right after accept",
            last = 950, relay = { "1,c2s,1,fin" },
            steps = { { 0, "echo", "x" } },
            sees = "lost at @0. 1 connection. no ping. nothing is run",
        },
        {
            "DC-02", "FIN after the header: no second try",
            last = 950, relay = { "1,c2s," .. wire.opened .. ",fin" },
            steps = { { 0, "echo", "x" } },
            sees = "lost at @0. 1 connection. no ping. nothing is run",
        },
        {
            "DC-07", "FIN inside a reply's first word",
            last = 950, relay = replied(2, "fin"),
            steps = { { 0, "echo", "x" } },
            sees = "lost at @0. 1 connection. no ping. runs echo",
        },
        {
            "DC-08", "FIN after a reply's first word",
            last = 950, relay = replied(4, "fin"),
            steps = { { 0, "echo", "x" } },
            sees = {
                ["-1.2"] = "lost at @0. 1 connection. no ping. runs echo",
                ["2.6"] = "error java.io.IOException: Failed on local exception: java.io.IOException: Response is null. at @0. "
                    .. "1 connection. no ping. runs echo",
                ["3.4"] = "lost at @0. 1 connection. no ping. runs echo",
            },
        },
        {
            "DC-09", "FIN inside a reply's header",
            last = 950, relay = replied(6, "fin"),
            steps = { { 0, "echo", "x" } },
            sees = {
                ["-1.2"] = "lost at @0. 1 connection. no ping. runs echo",
                ["2.6"] = "error java.io.IOException: Failed on local exception: com.google.protobuf."
                    .. "InvalidProtocolBufferException: While parsing a protocol message, the input ended unexpectedly in the "
                    .. "middle of a field.  This could mean either than the input has been truncated or that an embedded message "
                    .. "misreported its own length. at @0. 1 connection. no ping. runs echo",
                ["3.4"] = "lost at @0. 1 connection. no ping. runs echo",
            },
        },
        {
            "DC-09", "FIN inside a reply's value",
            last = 950, relay = replied(40, "fin"),
            steps = { { 0, "echo", "x" } },
            sees = "lost at @0. 1 connection. no ping. runs echo",
        },
        {
            "DC-10", "RST after the header",
            last = 950, relay = { "1,c2s," .. wire.opened .. ",rst" },
            steps = { { 0, "echo", "x" } },
            sees = "lost at @0. 1 connection. no ping. nothing is run",
        },
        {
            "DC-10", "RST inside a reply's value",
            last = 950, relay = replied(40, "rst"),
            steps = { { 0, "echo", "x" } },
            sees = "lost at @0. 1 connection. no ping. runs echo",
        },
        {
            "DC-11", "a client that has shut down its side is closed",
            last = 950, relay = { "1,at,200,half" },
            steps = { { 0, "echo", "x", 500 }, { 100, "echo", "queued" } },
            sees = {
                ["-1.2"] = "lost at @200 (2 times). 1 connection. no ping. server fin ends connection 1 at @200. "
                    .. "runs echo (2 times)",
                ["2.6-"] = "lost at @200 (2 times). 1 connection. no ping. server fin ends connection 1 at @200. runs echo",
            },
        },
        {
            "DC-12", "a connection closed while idle: the next call fails, the one after it connects",
            last = 850, relay = { "1,at,300,fin" },
            steps = { { 0, "echo", "a" }, { 600, "echo", "b" }, { "+0", "echo", "c" } },
            sees = "value a at @0; lost at @600; value c at @600. 2 connections. no ping. runs echo (2 times)",
        },
        {
            "DC-14", "a reply lost after the method ran: the caller's second try runs it again",
            last = 950, relay = replied(1, "fin"),
            steps = { { 0, "echo", "x" }, { "+0", "echo", "x" } },
            sees = "lost at @0; value x at @0. 2 connections. no ping. runs echo (2 times)",
        },
        {
            "DC-20", "the calls of a client that died are run, all of them", releases = "-1.2",
            last = 850, relay = { "1,at,200,rst" },
            steps = many(6, function(i) return i == 1 and { 0, "echo", "busy", 500 } or { 100, "echo", "queued" } end),
            sees = "lost at @200 (6 times). 1 connection. no ping. runs echo (6 times)",
        },
        {
            "DC-20", "the queued calls of a client that died are not run", releases = "2.6-",
            last = 850, relay = { "1,at,200,rst" },
            steps = many(6, function(i) return i == 1 and { 0, "echo", "busy", 500 } or { 100, "echo", "queued" } end),
            sees = "lost at @200 (6 times). 1 connection. no ping. runs echo",
        },
    }
end
