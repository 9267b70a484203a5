local many = include "lib/many.lua"

return function(wire)
    local fatal = "client:" .. wire.fatal("java.io.IOException", "x")

    return {
        {
            "FA-03", "FATAL fails every outstanding call",
            handlers = 5, last = 850, relay = { "1,at,300," .. fatal },
            steps = many(6, function(i) return i < 6 and { 0, "hang" } or { "+100", "echo", "next" } end),
            sees = "remote java.io.IOException: x at @300 (5 times); pending. 2 connections. no ping. "
                .. "client fin ends connection 1 at @300. runs hang (5 times)",
        },
        {
            "FA-04", "who is not in the ACL gets one FATAL",
            acl = "bob", last = 1450, late = 1000, both_end = true,
            steps = { { 0, "echo", "x" } },
            sees = {
                ["-1.2"] = "remote org.apache.hadoop.security.authorize.AuthorizationException: User alice is not authorized for "
                    .. "protocol interface org.ripcord.TestProtocol, expected client Kerberos principal is null at @0. "
                    .. "1 connection. no ping. nothing is run",
                ["2.6"] = "remote org.apache.hadoop.security.authorize.AuthorizationException: User alice (auth:SIMPLE) is not "
                    .. "authorized for protocol interface org.ripcord.TestProtocol, expected client Kerberos principal is null "
                    .. "at @0. 1 connection. no ping. nothing is run",
                ["3.4"] = "remote org.apache.hadoop.security.authorize.AuthorizationException: User alice (auth:SIMPLE) is not "
                    .. "authorized for protocol interface org.ripcord.TestProtocol: denied by configured ACL "
                    .. "at @0. 1 connection. no ping. nothing is run",
            },
        },
        {
            "FA-15", "ERROR keeps the connection, FATAL ends it",
            handlers = 2, last = 1150, relay = { "1,at,500," .. fatal },
            steps = {
                { 0, "throw", "java.io.IOException" }, { "+0", "throw", "java.io.IOException" }, { "+0", "echo", "a" },
                { "+0", "hang" }, { "+100", "echo", "b" },
            },
            sees = {
                ["-1.2"] = "remote java.io.IOException: java.io.IOException: no luck at @0 (2 times); value a at @0; "
                    .. "remote java.io.IOException: x at @500; value b at @600. 2 connections. no ping. "
                    .. "client fin ends connection 1 at @500. runs throw (2 times), echo, hang, echo",
                ["2.6-"] = "remote java.io.IOException: no luck at @0 (2 times); value a at @0; "
                    .. "remote java.io.IOException: x at @500; value b at @600. 2 connections. no ping. "
                    .. "client fin ends connection 1 at @500. runs throw (2 times), echo, hang, echo",
            },
        },
    }
end
