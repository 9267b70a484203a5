-- A wrong word is an error at its line, with the nearest right one.

scenario("a method", function(t) t:slep "1s" end)
scenario("a method without its colon", function(t) t.sleep "1s" end)
scenario("a link", function(t) t:expect(1):iss(1) end)
scenario("a point", function(t) t:events "client.conect" end)
scenario("a fault", function(t) t:fault("client.read.stp", {}) end)
scenario("an effect that the point does not have", function(t) t:fault("client.idle.delay", { by = 1 }) end)
scenario("an aim", function(t) t:events("server.write", { byts = 1 }) end)
scenario("a handle in an aim", function(t) t:events("server.write", { 7 }) end)
scenario("a parameter that is missing", function(t) t:fault("server.execute.delay", {}) end)
scenario("a draw", function(t) t:draw("client.retri", 1) end)
scenario("an errno", function(t) t:fault("client.read.error", { errno = "ECONRESET" }) end)
scenario("a unit", function(t) t:sleep "15 minutes" end)
scenario("a size", function(t) t:net { buffer = "4kb" } end)
scenario("an option", function(t) t:net { latncy = 1 } end)
scenario("a key of Hadoop's", function(t) t:server { conf = { ["ipc.ping.intervl"] = "1s" } } end)
scenario("a setting that the release does not have", function(t)
    t:server { conf = { ["ipc.server.max.connections"] = 5 } }
end)
scenario("a range of releases", function(t) t:since "two" end)
scenario("a release that fits twice", function(t) t:by { ["2.6"] = 1, ["2.2-"] = 2 } end)
scenario("a release that fits nowhere", function(t) t:by { ["3.4"] = 1 } end)
scenario("a global", function() clinet = 1 end) -- luacheck: ignore
scenario("a name", function(t) t:expect(1):is(at_leest(1)) end) -- luacheck: ignore
scenario("a matcher", function(t) t:expect(1):is(between(1)) end)
scenario("an ending", function(t)
    t:expect(t:client(t:server()):call("echo", { message = "x" })):fails "eoff"
end)
scenario("a link for something else", function(t) t:expect(1):returns(1) end)
scenario("a finalizer", function() setmetatable({}, { __gc = function() end }) end)
scenario("an address", function() return ("%p"):format({}) end)
scenario("a draw that nobody makes", function(t) t:draw("client.sasl", 1) end)
scenario("a net that comes too late", function(t)
    t:expect(t:client(t:server()):call("echo", { message = "x" })):returns()
    t:net { latency = "1ms" }
end)
