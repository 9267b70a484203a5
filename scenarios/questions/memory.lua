-- When the server runs out of memory, which clients lose calls?

-- How the calls of four clients end: of one that comes at that moment, one that has waited for five seconds, one
-- that was quiet and calls again after two more, and one that comes with it.
local fine = { "value", "value", "value", "value" }

scenario("Memory runs out once", {
    rough = false,
    cases = {
        { name = "in the Listener", point = "server.accept" },
        { name = "in a Reader", point = "server.read" },
        { name = "in a method", point = "server.execute" },
        { name = "as a response is made", point = "server.reply" },
        { name = "in the Responder", point = "server.select" },
    },
}, function(t, case)
    local server = t:server { handlers = 2, conf = { ["ipc.client.connection.maxidletime"] = 1000 } }
    local quiet, waits = t:client(server, { rpc_timeout = 0 }), t:client(server, { rpc_timeout = 0 })
    t:expect(quiet:call("echo", { message = "hi" })):returns()
    local calls = { false, waits:call("echo", { message = "I wait", time = "30s" }) }
    t:sleep "5s"
    local comes = t:client(server, { rpc_timeout = 0 })
    t:fault(case.point .. ".memory", { server, nth = 1 })
    if case.point == "server.select" then -- the Responder has something to do
        t:fault("server.write.short", { comes, bytes = 0, nth = 1 })
    end
    calls[1] = comes:call("echo", { message = "I come" })
    t:sleep "2s"
    calls[3] = quiet:call("echo", { message = "hi again" })
    calls[4] = t:client(server, { rpc_timeout = 0 }):call("echo", { message = "I come later" })
    t:sleep "2m"

    local ends = {
        ["in the Listener"] = { "value", t:by { ["-2.2"] = "value", ["2.3-"] = "eof" }, "eof", "value" },
        ["in a Reader"] = t:by {
            ["-2.6"] = { "never", "value", "never", "never" },
            ["3.4"] = { "reset", "eof", "eof", "refused" },
        },
        ["in a method"] = { "remote_error", "value", "value", "value" },
        ["as a response is made"] = { "never", "value", "value", "value" },
        ["in the Responder"] = fine,
    }
    local names, said = { "who comes", "who waits", "who was quiet", "who comes 2 s later" }, {}
    for i, call in ipairs(calls) do
        local ending = ends[case.name][i]
        if ending == "value" then
            t:expect(call):returns()
            said[i] = ("%s: a value after %g s"):format(names[i], call.took / 1000)
        elseif ending == "never" then
            t:expect(call):never_ends()
            said[i] = names[i] .. ": never an answer"
        else
            t:expect(call):fails(ending)
            said[i] = names[i] .. ": " .. ending
        end
    end
    t:answer(case.name .. ": " .. table.concat(said, "; "))
end)
