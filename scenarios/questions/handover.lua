-- Who writes when a response queue empties just as a Handler appends?

scenario("A Handler appends while the Responder is at the last response", {
    rough = false,
    cases = {
        { name = "about_to_write_it", point = "server.write", by = "responder" },
        { name = "has_written_it", point = "server.rest", by = "handler" },
    },
}, function(t, case)
    local server = t:server { handlers = 2 }
    local client = t:client(server, { rpc_timeout = 0 })
    t:fault("server.write.short", { client, bytes = 0, nth = 1 }) -- the first one goes to the Responder
    local gate = t:hold(case.point, { client, lane = server:lane "responder", nth = 1 })
    local first = client:call("echo", { message = "first" })
    t:wait(gate, 1)
    local second = client:call("echo", { message = "second" })
    t:settle()
    gate:release()

    t:each({ first, second }):returns()
    local writes = t:events("server.write", { client })
    local writer = writes[#writes].lane.name
    t:expect(writer):is(starts(case.by))
    t:answer(case.by == "handler" and "it has written it: the Handler writes its own response"
        or "it is about to write it: the Responder writes both, one in each pass")
end)
