-- A world made, connected, called once and torn down, told in Lua:
--   ripcord run bench/lua_world.lua --repeat 20000 --jobs 0 -q
scenario("BE-01 · A world, one call, and the end of both", { releases = "3.4" }, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)
