-- Why can a young response be purged, and an old one survive?  What does the client see of it?

-- A client that does not read gets a response that does not fit; what lifts its deafness.
local function stick(t, server)
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    return client:call("blob", { size = "1MiB" }), deaf
end

-- Wake the Responder up: a response that is handed over, and goes out.
local function wake(t, server)
    local client = t:client(server)
    t:fault("server.write.short", { client, bytes = 0, nth = 1 })
    t:expect(client:call("echo", { message = "wake up" })):returns()
end

scenario("A response of six minutes is purged", { rough = false }, function(t)
    local server = t:server { handlers = 3 }
    local client = t:client(server, { rpc_timeout = 0 })
    local slow = client:call("echo", { message = "slow", time = "20m" })
    t:sleep "10m"
    wake(t, server) -- the last check is at 10 min
    t:sleep "9m59s"
    local deaf = t:fault("client.read.stop", { client })
    local stuck = client:call("blob", { size = "1MiB" }) -- the slow one comes behind it
    t:sleep "6m1s"
    wake(t, server)

    t:expect(t:events("server.purge", { server })):at { "26m" }
    deaf:lift()
    t:each({ slow, stuck }):fails(one_of("eof", "reset"))
    t:answer("young: a response that waits behind another one carries the stamp of its call's arrival; "
        .. "its Handler took 20 min, it waited 6")
end)

scenario("A response of nearly half an hour is still there", { rough = false }, function(t)
    local server = t:server { handlers = 2 }
    wake(t, server) -- the last check is at 0
    t:sleep "1s"
    local stuck, deaf = stick(t, server)
    t:sleep "14m58s"
    wake(t, server) -- no check is due, and the next select can last 15 minutes
    t:sleep "20m"

    local purges = t:events("server.purge", { server })
    t:expect(purges):at { "29m59s1ms" }
    deaf:lift()
    t:expect(stuck):fails "eof"
    t:answer(("old: one is purged only after %.1f min: the Responder looks when it wakes up, "
        .. "and at most every 15 min"):format((purges[1].at - 1000) / 60000))
end)

scenario("What the client sees of a purge", {
    rough = false,
    cases = {
        { name = "reads", ends = "eof", more = false, cut_off = false },
        { name = "has_sent_more", ends = "reset", more = true, cut_off = false },
        { name = "cut_off", ends = "reset", more = false, cut_off = true },
    },
}, function(t, case)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    local deaf = t:fault("client.read.stop", { client })
    local call = client:call("blob", { size = "1MiB" })
    t:settle()
    local reader = case.more and t:fault("server.read.stop", { server, client })
    local other = case.more and client:call("echo", { message = "never read by the server" })
    if case.cut_off then t:fault("net.partition", { client.host, server.host }) end
    t:sleep "31m"
    t:expect(server.counters.purged):is(1)
    if reader then reader:lift() end
    deaf:lift()
    local from = t.now

    t:expect(call):fails(case.ends)
    if other then t:expect(other):fails(case.ends) end
    local seen = {
        reads = "it reads again: what the buffers hold, then the end (EOF)",
        has_sent_more = "the server had bytes of it unread: a reset",
        cut_off = "the network is cut before: a ping error, \"Connection timed out\", 60 s + 924 s after it reads again",
    }
    if case.cut_off then t:expect(call):says "Connection timed out":at(from + 984000) end
    t:answer(seen[case.name])
end)
