-- What does the server's idle default (2 x 1 s when no file sets the key) against the client's (10 s) do to a
-- quiet connection?

scenario("A client that was quiet for five seconds calls again", {
    rough = false,
    cases = {
        { name = "more_than_the_threshold", threshold = 0 },
        { name = "fewer", threshold = 4000 },
    },
}, function(t, case)
    local server = t:server {
        conf = { ["ipc.client.connection.maxidletime"] = false, ["ipc.client.idlethreshold"] = case.threshold },
    }
    local crowded = case.threshold == 0
    if crowded and not t:since "2.3" then
        t:draw("server.cleanup", { 0, 0, 0, 1 }) -- the Listener looks when somebody comes, every 10 s at most
    end
    t:client(server):call("echo", { message = "I come first" })
    t:sleep "6s"
    local client = t:client(server, { rpc_timeout = 0 })
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "4500ms"
    t:client(server):call("echo", { message = "I come by" })
    t:sleep "500ms"
    local again = client:call("echo", { message = "hi again" })
    t:wait(again)

    local closed = t:events("server.close", { why = "idle" })
    if crowded and not t:since "2.2" then
        t:expect(closed):at { "10500ms" }
        t:expect(again):fails "eof"
        t:answer("with more connections than ipc.client.idlethreshold the server closes it after 4.5 s; "
            .. "the client does not notice, and its next call fails with EOF")
    else
        t:expect(closed):count(0)
        t:expect(again):returns()
        t:answer(crowded
            and "nothing: here the server's own default is 10 s, twice that is 20 s, and the client closes first"
            or "nothing: up to ipc.client.idlethreshold (4000) connections the server closes none")
    end
end)
