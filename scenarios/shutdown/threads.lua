-- The threads that Hadoop's servers and clients have, and when those end.

local tags = { "regression" }

-- The client's own, besides its connection's receiver: before 2.x callers write.
local function with_sender(t) return t:by { ["-1.2"] = 1, ["2.0-"] = 2 } end

scenario("SD-09 · After the last client's stop nobody sends, but in 2.2 for a minute", {
    tags = tags,
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:expect(client.host.threads):is(with_sender(t))
    t:sleep "1s"
    client:stop()
    t:sleep "1s"
    t:expect(client.host.threads):is(t:by { ["-1.2"] = 0, ["2.2"] = 1, ["2.3-"] = 0 })
    t:sleep "59s"
    t:expect(client.host.threads):is(0)
end)

scenario("SD-09 · Who sends in 2.x waits a minute for more; in 3.4 it goes with its connection", {
    tags = tags,
}, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "59s"
    t:expect(client.host.threads):is(t:by { ["-1.2"] = 0, ["2.0-2.6"] = 1, ["3.0-"] = 0 })
    t:sleep "2s"
    t:expect(client.host.threads):is(0)
end)

scenario("SD-09 · A sender that is stuck: 2.6's stop interrupts it after a minute, 2.2's never", {
    releases = "2.0-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0 })
    server.host:pause()
    local call = client:call("echo", { message = string.rep("x", 1000000) })
    t:sleep "1s"
    t:expect(client.host.threads):is(2)
    client:stop()
    t:sleep "60s"
    t:expect(client.host.threads):is(t:by { ["2.0-2.6"] = 2, ["3.0-"] = 0 })
    t:sleep "1s"
    t:expect(client.host.threads):is(t:by { ["2.2"] = 2, ["2.3-"] = 0 })

    server.host:kill()
    t:settle()
    t:expect(call):fails "stopped":at(t:by { ["2.2"] = "62s", ["2.6"] = "61100ms", ["3.4"] = "1s" })
    t:expect(client.host.threads):is(t:by { ["2.2"] = 1, ["2.3-"] = 0 }) -- the pool's, for a minute more
end)

scenario("In 3.4 a sender finds out that its connection is lost at its next look", {
    releases = "3.0-",
    tags = tags,
}, function(t)
    local server = t:server()
    local client = t:client(server)
    client:call "hang"
    t:sleep "4s"
    server.host:kill()
    t:settle()
    t:expect(client.host.threads):is(1)
    client:stop() -- does not reach it
    t:sleep "5s"
    t:expect(client.host.threads):is(1)
    t:sleep "2s"
    t:expect(client.host.threads):is(0)
end)

scenario("A server's threads: Readers from the first, the rest from its start", {
    tags = { "regression", "live" },
}, function(t)
    local server = t:server {
        handlers = 3,
        start = false,
        conf = { ["ipc.server.read.threadpool.size"] = 2 },
    }
    local made = t:by { ["-2.2"] = 2, ["2.6"] = 3, ["3.4"] = 4 } -- Timer, Hadoop-Metrics-Updater
    t:expect(server.host.threads):is(made)
    t:expect(server:lane "handler/0".doing):is "new"
    server:start()
    t:sleep "1s"
    t:expect(server.host.threads):is(made + 5)
    server:stop()
    t:sleep "1s"
    t:expect(server.host.threads):is(t:by { ["-1.2"] = 2, ["2.0-"] = 0 })
end)

scenario("A server that is stopped before it has started leaves its Timer behind", {
    tags = { "regression", "live" },
}, function(t)
    local server = t:server { start = false }
    server:stop()
    t:sleep "1s"
    t:expect(server.host.threads):is(t:by { ["-1.2"] = 1, ["2.2"] = 0, ["2.3-"] = 1 })
end)

scenario("A host's threads die with it; those of who comes next are counted alone", { tags = tags }, function(t)
    local host = t:host "nn"
    local function serve()
        local server = t:server { host = host }
        t:sleep "1s"
        return server
    end
    local server = serve()
    local alone = host.threads
    t:expect(t:client(server, { host = host }):call("echo", { message = "hi" })):returns()
    t:expect(host.threads):is(alone + with_sender(t))
    host:kill()
    t:expect(host.threads):is(0)
    serve()
    t:expect(host.threads):is(alone)
end)
