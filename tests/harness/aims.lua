-- Who is aimed at by its server while no server has accepted yet.

scenario("Who connects to the server is struck, another server's caller is not", {
    cases = {
        { name = "connect", fault = "client.connect.refuse", with = { times = 1 }, at = "1s" },
        { name = "syn", fault = "net.syn.delay", with = { by = "500ms", times = 1 }, at = "500ms" },
        { name = "preamble", fault = "wire.preamble.delay", with = { by = "3s" }, at = "3s" },
    },
}, function(t, case)
    local server, other = t:server(), t:server()
    local aim = { server = server }
    for name, value in pairs(case.with) do aim[name] = value end
    local fault = t:fault(case.fault, aim)
    local first = t:client(other):call("echo", { message = "a" })
    t:expect(first):returns():at(0)
    t:expect(fault.strikes):is(0)
    t:expect(t:client(server):call("echo", { message = "b" })):returns():at(case.at)
    t:expect(fault.strikes):is(1)
end)

scenario("A server that does not listen yet is connected to all the same", function(t)
    local server = t:server { start = false }
    local asked = t:events("net.syn", { server })
    local call = t:client(server):call("echo", { message = "hi" })
    t:sleep "1s"
    t:expect(#asked):is(1)
    t:expect(asked[1].server):is(server)
    server:start()
    t:expect(call):returns()
end)
