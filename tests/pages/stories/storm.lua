-- A server goes away and comes back under fifty clients.

scenario("Fifty clients find a restarted server again", { releases = "2.6-" }, function(t)
    local server = t:server { handlers = 10 }
    local finished = 0
    for i = 1, 50 do
        local client = t:client(server)
        t:spawn(function()
            repeat
                local call = client:call("echo", { message = "client " .. i, time = 200 })
                t:wait(call)
                t:sleep "150ms"
            until t.now >= ms "6s"
            finished = finished + 1
        end)
    end
    t:sleep "1s"
    server:stop()
    t:sleep "3s"
    server:start()
    t:wait(function() return finished == 50 end)
    t:expect(t.now):is(at_most(ms "20s"))
end)
