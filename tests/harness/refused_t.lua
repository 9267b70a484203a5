local server = t:server() -- luacheck: ignore
scenario("It came too late", function(t) t:expect(server):is(1) end)
