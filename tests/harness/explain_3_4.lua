-- The same in release 3.4, whose client counts its waits.

-- # Which time-out is armed, or fired

scenario("The rpc time-out was rounded up to whole pings", { releases = "3.4" }, function(t)
    local call = t:client(t:server(), { rpc_timeout = "100s" }):call "hang"
    t:expect(call):fails "read_timeout":took "100s"
end)

scenario("The rpc time-out is armed, and pings come first", { releases = "3.4" }, function(t)
    local call = t:client(t:server()):call "hang"
    t:sleep "90s"
    t:expect(call):took(at_most "90s")
end)
