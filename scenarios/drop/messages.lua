-- What becomes of a call when something on its way is lost, late, doubled or changed, once.

local function echo(t, case, options)
    local server = t:server()
    local client = t:client(server, options)
    local aim = { client, times = 1 }
    for name, value in pairs(case.with) do aim[name] = value end
    t:fault(case.fault, aim)
    return client:call("echo", { message = "hi", time = case.time or "1s" }), server
end

local function ends(t, call, case)
    if case.ending == "value" then
        t:expect(call):returns { message = "hi" }:at(case.at)
    else
        t:expect(call):fails(case.ending):at(case.at)
    end
end

scenario("A handshake that is lost, doubled or behind strange bytes fails its call at once; a late one is waited for", {
    rough = false,
    releases = "2.2-",
    tags = { "regression" },
    cases = {
        { name = "preamble_lost", fault = "wire.preamble.swallow", with = {}, ending = "remote_fatal", at = 0 },
        { name = "preamble_late", fault = "wire.preamble.delay", with = { by = "1s" }, ending = "value", at = 2000 },
        { name = "preamble_twice", fault = "wire.preamble.duplicate", with = {}, ending = "eof", at = 0 },
        { name = "context_lost", fault = "wire.context.swallow", with = {}, ending = "remote_fatal", at = 0 },
        { name = "context_late", fault = "wire.context.delay", with = { by = "1s" }, ending = "value", at = 2000 },
        { name = "context_twice", fault = "wire.context.duplicate", with = {}, ending = "remote_fatal", at = 0 },
        { name = "strange_bytes", fault = "net.inject", with = { message = "xx" }, ending = "remote_fatal", at = 0 },
    },
}, function(t, case)
    local call, server = echo(t, case, { rpc_timeout = "5s" })

    ends(t, call, case)
    t:expect(server.counters.executions):is(case.ending == "value" and 1 or 0)
end)

scenario("Another IPC version's goodbye is understood by 3.4 only", {
    rough = false,
    releases = "2.2-",
    cases = { { fault = "wire.preamble.change", with = { fields = { version = 7 } } } },
}, function(t, case)
    t:expect((echo(t, case))):fails(t:by { ["-2.6"] = "bad_reply", ["3.4"] = "remote_fatal" }):at(0)
end)

scenario("Who a caller is stands in the context alone", {
    releases = "2.2-",
    cases = { { fault = "wire.context.change", with = { fields = { user = "bob" } } } },
}, function(t, case)
    local call, server = echo(t, case)

    t:expect(call):returns { message = "hi" }
    t:expect(server.connections[1].user):is(starts "bob")
end)

scenario("A request that comes twice is executed twice, one that is late later; its caller gets one answer", {
    rough = false,
    cases = {
        { name = "late", fault = "wire.request.delay", with = { by = "1s" }, executions = 1, at = 2000 },
        { name = "twice", fault = "wire.request.duplicate", with = {}, executions = 2, at = 1000 },
    },
}, function(t, case)
    local call, server = echo(t, case)

    t:expect(call):returns { message = "hi" }:at(case.at)
    t:sleep "2s"
    t:expect(server.counters.executions):is(case.executions)
end)

scenario("A ping that is lost, late or doubled harms nobody", {
    rough = false,
    cases = {
        { name = "lost", fault = "wire.ping.swallow", with = {}, time = "150s" },
        { name = "late", fault = "wire.ping.delay", with = { by = "1s" }, time = "150s" },
        { name = "twice", fault = "wire.ping.duplicate", with = {}, time = "150s" },
    },
}, function(t, case)
    local call = echo(t, case, { rpc_timeout = 0 })

    t:expect(call):returns { message = "hi" }:at "150s"
    t:expect(t:events "client.ping"):at { "60s", "120s" }
end)

scenario("What the network does to bytes costs a call time, and nothing else", {
    rough = false,
    cases = {
        { name = "syn_late", fault = "net.syn.delay", with = { by = "1s" }, ending = "value", at = 2000 },
        { name = "late", fault = "net.delay", with = { by = "1s" }, ending = "value", at = 2000 },
        { name = "lost", fault = "net.drop", with = {}, ending = "value", at = 1200 }, -- sent again after 200 ms
        { name = "twice", fault = "net.duplicate", with = {}, ending = "value", at = 1000 },
        { name = "in_pieces", fault = "net.split", with = { size = 3, gap = "1ms" }, ending = "value", at = at_most(1050) },
        { name = "slowly", fault = "net.slow", with = { rate = 100 }, ending = "value", at = between(1010, 2500) },
    },
}, function(t, case)
    ends(t, echo(t, case), case)
end)
