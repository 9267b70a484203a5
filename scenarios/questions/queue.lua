-- Does a full callQueue starve the Listener, or only its Readers' connections?

scenario("One of two Readers stands in the full callQueue, and twelve clients come", { rough = false }, function(t)
    local server = t:server {
        handlers = 1,
        queue = 1,
        conf = { ["ipc.server.read.threadpool.size"] = 2 },
    }
    local first = t:client(server, { rpc_timeout = 0 }) -- it belongs to Reader 1
    t:times(3, function() return first:call "hang" end) -- one runs, one waits, one stands in put
    t:sleep "1s"
    t:expect(server:lane "reader/1".doing):is "put"
    local before = server.counters.accepted
    t:times(12, function()
        local client = t:client(server, { rpc_timeout = 0 })
        return client:call("echo", { message = "x" })
    end)
    t:sleep "1s"

    local accepted = server.counters.accepted - before
    t:expect(accepted):is(t:by { ["-2.2"] = between(1, 2), ["2.3-"] = 12 })
    t:answer(("the Listener has accepted %d of 12 (%s)"):format(accepted,
        t:since "2.3" and "each Reader has room for 100 that it has not taken over yet"
            or "it stands at the first one that falls to the Reader which stands in put"))
end)
