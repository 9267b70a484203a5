-- What is slow, lost or cut: each ends in its own way.

scenario("A reply that is lost: the call ends with its time-out, its neighbours do not wait", { releases = "2.6-" }, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    t:fault("wire.response.swallow", { server, nth = 2 })
    local calls = t:times(3, function(i) return client:call("echo", { message = "call " .. i }) end)
    t:expect(calls[2]):fails "read_timeout":took(at_most "6s")
    t:expect(calls[3]):returns { message = "call 3" }
end)

scenario("A bug that is known", { releases = "2.6-", known = "HADOOP-1234" }, function(t)
    t:expect(t:client(t:server()):call("echo", { message = "hi" })):returns { message = "ho" }
end)

scenario("An answer waits no longer than its Handler", { releases = "2.6-" }, function(t)
    local server = t:server { handlers = 1 }
    local client = t:client(server)
    local calls = t:times(4, function(i) return client:call("echo", { message = "call " .. i, time = 500 }) end)
    t:sleep "3s"
    t:each(calls):took(at_most "600ms")
end)
