-- As many threads live in our server and client as in Hadoop's own, which counts those of its JVM.

local twin = include "lib/twin.lua"

scenario("TH-01 · Our server and client have as many threads as Hadoop's", {
    world = "live",
    releases = "-1.2,2.6,3.4",
}, function(t)
    local conf = { ["ipc.server.read.threadpool.size"] = 2 }
    local java = twin.writable_client(t, conf, "threads")

    local jvm, seen = t:host "jvm", {}
    local function count(when)
        t:sleep "200ms"
        seen[#seen + 1] = ("%s: %d\n"):format(when, jvm.threads)
    end
    local server = t:server { host = jvm, handlers = 3, conf = conf, start = false }
    count "made"
    server:start()
    count "started"
    local client = t:client(server, { host = jvm })
    t:expect(client:call("echo", { message = "hi" })):returns()
    count "called"
    client:stop()
    count "client stopped"
    server:stop()
    count "server stopped"
    local another = t:server { host = jvm, handlers = 3, conf = conf, start = false }
    count "another made"
    another:stop()
    count "and stopped before its start"

    t:expect(java):exits(0)
    t:expect(java.output):is(table.concat(seen))
end)
