-- A failed scenario as people meet one: the claim has the wrong age of a purged response.

scenario("A response that nobody reads is purged after 14 minutes", { releases = "2.6-" }, function(t)
    local server = t:server { handlers = 2 }
    local silent, lively = t:client(server), t:client(server)

    local deaf = t:fault("client.read.stop", { silent })
    local stuck = silent:call("blob", { size = "4MiB" })
    t:sleep "5m"
    t:expect(lively:call("echo", { message = "hi" })):returns { message = "hi" }
    t:sleep "10m1ms"

    deaf:lift()
    t:expect(stuck):fails "eof":at "14m"
    t:expect(lively:call("echo", { message = "hi" })):returns { message = "hi" }
end)
