-- What is wrong of a server's protocols is told with the right way.

local foo, bar = "org.example.Foo", "org.example.Bar"

local function nothing() end

scenario("a method of several protocols", function(t)
    t:server { protocols = { foo, bar } }:on("ping", nothing)
end)

scenario("a method of no such protocol", function(t)
    t:server { protocols = { foo, bar } }:on("org.example.Fo.ping", nothing)
end)

scenario("a method of one protocol, with its name or without", function(t)
    local server = t:server { protocol = foo }:on("ping", function() return {} end):on(foo .. ".pong", function() return {} end)
    local client = t:client(server)
    t:expect(client:call("ping", "")):returns {}
    t:expect(client:call("pong", "")):returns {}
end)

scenario("a protocol that is there twice", function(t)
    t:server { protocols = { foo, bar, { protocol = foo, version = 1 } } }
end)

scenario("protocols, and an engine for one", function(t)
    t:server { protocols = { foo }, engine = "writable" }
end)

scenario("protocols that are none", function(t)
    t:server { protocols = foo }
end)

scenario("a number for a protocol", function(t)
    t:server { protocols = { foo, 7 } }
end)

scenario("an option of a role that is none", function(t)
    t:server { protocols = { { protocol = foo, verison = 1 } } }
end)

scenario("methods that are none", function(t)
    t:server { protocols = { { protocol = foo, methods = 7 } } }
end)

scenario("a proxy of the other engine", function(t)
    local server = t:server { protocols = { { protocol = foo, engine = "writable" }, bar } }
    t:client(server):proxy { protocol = bar }
end)
