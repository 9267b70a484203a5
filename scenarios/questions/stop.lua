-- Does stopping a client hang behind a read that no interrupt reaches, and for how long?

scenario("A client is stopped while its receiver reads", {
    rough = false,
    cases = {
        { name = "channel", plain = false, ends = "stopped", at = "1s" },
        { name = "plain", plain = true, ends = "read_timeout", at = "60s" },
    },
}, function(t, case)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = 0, plain_sockets = case.plain })
    local call = client:call "hang"
    t:sleep "1s"
    client:stop()

    t:expect(call):fails(case.ends):at(case.at)
    t:answer(("%s sockets: the call that waits ends %g s after the stop (%s)"):format(
        case.plain and "plain" or "the usual", (call.at - 1000) / 1000, call.ending))
end)

scenario("A client is stopped while it connects to nowhere", {
    rough = false,
}, function(t)
    local server = t:server()
    t:fault("client.connect.drop", {})
    local client = t:client(server)
    local call = client:call("echo", { message = "x" })
    t:sleep "1s"
    client:stop()

    t:expect(call):fails():at(t:by { ["-1.2"] = "965s", ["2.2-2.6"] = "920s", ["3.4"] = "1s" })
    t:answer(("while it connects: the stop lasts %g s more"):format((call.at - 1000) / 1000))
end)
