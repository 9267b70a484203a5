-- What happens to the other calls of a connection when one of them is answered with FATAL?

scenario("One of five calls is answered with FATAL", { rough = false }, function(t)
    local server = t:server { handlers = 5 }
    local client = t:client(server, { rpc_timeout = 0 })
    local others = t:times(4, function() return client:call("echo", { message = "x", time = "5s" }) end)
    t:sleep "1s"
    t:fault("wire.response.change", {
        server,
        method = "throw",
        fields = { status = "FATAL" },
    })
    local bad = client:call("throw", { class = "java.io.IOException", message = "no more" })

    t:expect(bad):fails "remote_fatal":at "1s"
    t:each(others):fails "remote_fatal":at "1s"
    t:settle()
    t:sleep "5s"
    t:expect(server.counters.executions):is(5)
    t:answer(("all %d others fail with it at the same instant; the server runs them to their end "
        .. "all the same, for nobody"):format(#others))
end)
