# The scenarios that the tests play, made in the present folder.

mkdir -p good bad
cat >good/echo.lua <<'LUA'
scenario("An echo comes back", { releases = "2.6-", tags = { "quick" } }, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)
LUA
cat >good/many.lua <<'LUA'
local rows = {}
for i = 1, 20 do rows[i] = { size = i } end
scenario("A blob has its size", { releases = "2.6", cases = rows }, function(t, case)
    local client = t:client(t:server())
    t:expect(client:call("blob", { size = 100 + case.size })):returns()
end)
LUA
cat >bad/failed.lua <<'LUA'
scenario("An echo is something else", { releases = "2.6" }, function(t)
    local client = t:client(t:server())
    t:sleep "3s"
    t:expect(client:call("echo", { message = "hi" })):returns { message = "ho" }
end)
LUA
cat >bad/void.lua <<'LUA'
scenario("A fault that never strikes", { releases = "2.6" }, function(t)
    local server = t:server()
    t:fault("server.read.short", { server, bytes = 1 })
    t:expect(1):is(1)
end)
LUA
cat >bad/fixed.lua <<'LUA'
scenario("A known bug is gone", { releases = "2.6", known = "BUG-1" }, function(t)
    t:expect(1):is(1)
end)
LUA
cat >bad/known.lua <<'LUA'
scenario("A known bug is there", { releases = "2.6", known = "BUG-2" }, function(t)
    t:expect(1):is(2)
end)
LUA
cat >bad/syntax.lua <<'LUA'
scenario("A file that does not compile", function(t)
    t:expect(1:is(1)
end)
LUA
# A search whose time doubles with each letter: Lua's own counting does not see it.
cat >bad/endless.lua <<'LUA'
scenario("It never comes back", { releases = "2.6" }, function(t)
    local text = ("a"):rep(64)
    t:expect(text:find(("a-"):rep(32) .. "b")):is(nil)
end)
scenario("Its neighbour is not touched", { releases = "2.6" }, function(t)
    t:expect(1):is(1)
end)
LUA
