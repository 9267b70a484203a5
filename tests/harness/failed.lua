-- A failed expectation is collected, with what was expected, what was seen, and why.

scenario("values", function(t)
    t:expect(1):is(2)
    t:expect(1):is_not(1)
    t:expect({ x = 1, y = { z = "long" } }):is { x = 1, y = { z = "short" } }
    t:expect({ 1, 2 }):is { 1, 2, 3 }
    t:expect({ a = 1, b = 2 }):with { b = 3 }
    t:expect("abc"):is(has "z")
    t:expect("abc"):is(starts "b")
    t:expect(5):is(between(6, 7))
    t:expect(5):is(at_least(6))
    t:expect(5):is(at_most(4))
    t:expect(5):is(one_of(1, 2, "three"))
    t:expect(nil):is(any)
end)

scenario("lists", function(t)
    t:each({ 1, 2, 3 }):is(2)
    t:expect({ 1, 2, 3 }):count(2)
    t:log "one"
    t:sleep "1s"
    t:log "two"
    local logs = t:events "log"
    t:expect(logs):at { 0, "2s" }
    t:expect(logs):at { 0 }
    t:expect(logs[2]):at "5ms"
    t:expect(logs[2]):before(logs[1])
    t:expect(logs:map "text"):is { "one", "three" }
end)

scenario("require stops, expect does not", function(t)
    t:expect(1):is(2)
    t:require(1):is(3)
    t:expect(1):is(4)
end)

scenario("calls", function(t)
    local client = t:client(t:server())
    local echo = client:call("echo", { message = "hi", time = "2s" })
    t:expect(echo):pending()
    t:expect(echo):at "1s"
    t:expect(echo):returns { message = "ho" }:at "1s":took(at_most "1s")
    t:expect(echo):fails "eof"
    t:expect(echo):pending()
    t:expect(echo):says "anything"
    local refused = t:client("server1:9"):call("echo", { message = "x" })
    t:expect(refused):returns():says "not that"
end)

scenario("a hang is found at once", function(t)
    t:wait(function() return false end)
    t:expect(1):is(1)
end)

scenario("a limit", { limit = "10s" }, function(t)
    t:expect(t:client(t:server(), { rpc_timeout = 0 }):call "hang"):returns()
end)

scenario("always", function(t)
    local lines = 0
    t:always("there is one line", function()
        lines = #t:events "log"
        return lines < 2, lines
    end)
    t:always("nothing is wrong", function() return true end)
    t:log "a"
    t:sleep "1s"
    t:log "b"
    t:sleep "1s"
    t:expect(lines):is(2)
end)

scenario("a known failure", { known = "HADOOP-1" }, function(t)
    t:expect(1):is(2)
end)

scenario("a known failure that is none", { known = "HADOOP-2" }, function(t)
    t:expect(1):is(1)
end)

scenario("which timer fired, who closed", function(t)
    local server = t:server { handlers = 2 }
    t:expect(t:client(server, { rpc_timeout = "5s" }):call "hang"):returns()
    local client = t:client(server)
    local deaf = t:fault("client.read.stop", { client })
    local stuck = client:call("blob", { size = "4MiB" })
    t:sleep "20m"
    deaf:lift()
    t:expect(stuck):returns()
    t:expect(t:events("server.close", { client = client })[1]):at "1m"
end)

scenario("a check stands where its expectation does, in every Lua", function(t)
    t:expect(3):is(3)
        :is(4)
    local asked = t:expect(1)
    asked:is(2)
end)

scenario("a wait for more than there will be", { limit = "2d" }, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "x" })):returns()
    t:wait(t:events("client.end", { client }), 3)
end)
