-- Ten thousand events: six clients and no rest.

scenario("A thousand calls in any order get their own answers", { releases = "2.6-" }, function(t)
    local server = t:server { handlers = 8 }
    local clients = t:times(6, function() return t:client(server) end)
    local finished = 0
    for number, client in ipairs(clients) do
        t:spawn(function()
            for i = 1, 170 do
                local call = client:call("echo", { message = "call " .. i, time = (i * 7 + number * 13) % 40 })
                t:expect(call):returns { message = "call " .. i }
            end
            finished = finished + 1
        end)
    end
    t:wait(function() return finished == 6 end)
end)
