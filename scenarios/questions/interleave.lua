-- Can frames interleave when many Handlers and the Responder write one socket with short writes?

scenario("Sixteen Handlers answer one connection, and no write takes more than a few bytes", {
    rough = true,
    seeds = 5,
}, function(t)
    local server = t:server { handlers = 16 }
    local client = t:client(server, { rpc_timeout = 0 })
    t:fault("server.write.short", { server, bytes = 700, chance = 0.5, times = 2000 })
    local calls = t:times(64, function(i)
        return client:call("blob", { size = 2000 + 1000 * (i % 5), time = i % 3 })
    end)

    t:each(calls):returns() -- each by its own id, and as long as it was asked for
    local by = { handler = 0, responder = 0 }
    for _, write in ipairs(t:events("server.write", { server })) do
        local lane = write.lane.name:match "^%a+"
        by[lane] = by[lane] + 1
    end
    t:expect(by.handler):is(at_least(1))
    t:expect(by.responder):is(at_least(1))
    t:answer(("no: %d replies came whole, though Handlers and the Responder wrote them in pieces: "
        .. "only the head of a connection's queue is ever written"):format(#calls))
end)
