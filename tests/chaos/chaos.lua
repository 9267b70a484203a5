-- Stories that nobody has thought of: two servers, three clients, and whatever the seed draws.
local acts = include "acts.lua"

local pick = acts.pick

-- --- the cast -------------------------------------------------------------------------------

local Story = {}
Story.__index = Story

-- Hadoop's keys, each with the release that brought it and what it may be.
local server_keys = {
    { "ipc.server.read.threadpool.size", "0.20", { 1, 2 } },
    { "ipc.server.max.response.size", "0.20", { 10000 } },
    { "ipc.client.idlethreshold", "0.20", { 0, 1 } },
    { "ipc.client.connection.maxidletime", "0.20", { 1000 } },
    { "ipc.client.kill.max", "0.20", { 1 } },
    { "ipc.server.listen.queue.size", "0.20", { 1, 3 } },
    { "ipc.server.read.connection-queue.size", "2.6", { 1 } },
    { "ipc.server.purge.interval", "3.4", { 1 } },
    { "ipc.8020.backoff.enable", "3.4", { true } },
}
local client_keys = {
    { "ipc.client.ping", "1.2", { false } },
    { "ipc.ping.interval", "0.20", { 5000 } },
    { "ipc.client.connection.maxidletime", "0.20", { 1, 60000 } },
    { "ipc.client.connect.max.retries", "0.20", { 0, 2 } },
    { "ipc.client.connect.max.retries.on.timeouts", "2.2", { 1 } },
    { "ipc.client.tcpnodelay", "0.20", { true, false } },
    { "ipc.client.low-latency", "3.4", { true } },
}

local function draw_conf(t, keys)
    local conf = {}
    for _, key in ipairs(keys) do
        local name, since, values = table.unpack(key)
        local value, set = pick(t, values), t:random(1, 4) == 1
        if set and t:since(since) then conf[name] = value end
    end
    return conf
end

local function draw_server(t)
    return { handlers = t:random(1, 3), queue = pick(t, { 1, 4, 100 }), conf = draw_conf(t, server_keys) }
end

local function draw_client(t, i)
    local timeout = pick(t, { 0, 0, "5s", "90s" })
    return {
        host = "client" .. i,
        rpc_timeout = t:since "1.2" and timeout or nil,
        plain_sockets = pick(t, { false, false, true }),
        conf = draw_conf(t, client_keys),
    }
end

-- Everything is drawn before anything is done: a story of which acts are left out is the same story.
local function draw(t)
    local story = { t = t, servers = {}, clients = {}, proxies = {}, calls = {}, down = {}, harms = {} }
    story.server_options = { draw_server(t), draw_server(t) }
    story.client_options = { draw_client(t, 1), draw_client(t, 2), draw_client(t, 3) }
    story.acts = acts.draw(t, pick(t, { 5, 20, 40, 80 }), t:random(1, 3) == 1)
    return setmetatable(story, Story)
end

-- A client's near server, and its far one, on connections of one Client.
function Story:join(i)
    local client = self.t:client(self.servers[i % 2 + 1], self.client_options[i])
    self.clients[i] = client
    self.proxies[i] = { near = client, far = client:proxy { self.servers[(i + 1) % 2 + 1] } }
end

function Story:enter()
    for i, options in ipairs(self.server_options) do
        self.servers[i] = self.t:server(options)
        self.servers[i]:on("work", function(call) return self.work and self.work(call) or {} end)
    end
    for i in ipairs(self.client_options) do self:join(i) end
end

-- --- what acts ask for ----------------------------------------------------------------------

-- Whoever is dead makes no calls; whoever is stopped may try.
function Story:call(i, proxy, method, request, options)
    if self.down["clients" .. i] == "dead" then return end
    local call = self.proxies[i][proxy]:call(method, request, options)
    self.calls[#self.calls + 1] = { call = call, client = i }
    return call
end

function Story:open_calls()
    local open = {}
    for _, made in ipairs(self.calls) do
        if not made.dead and not made.call.at then open[#open + 1] = made.call end
    end
    return open
end

function Story:rise(kind, i)
    if not self.down[kind .. i] then return end
    self.down[kind .. i] = nil
    if kind == "servers" then self.servers[i]:start() else self:join(i) end
end

function Story:kill(kind, i)
    self[kind][i].host:kill()
    self.down[kind .. i] = "dead"
    for _, made in ipairs(self.calls) do
        if kind == "clients" and made.client == i then made.dead = true end
    end
    return function() self:rise(kind, i) end
end

function Story:stop(kind, i)
    if self.down[kind .. i] then return end
    self[kind][i]:stop()
    self.down[kind .. i] = "stopped"
    return function() self:rise(kind, i) end
end

-- One who finds nobody goes away.
function Story:stranger(i, speak)
    local raw, leaves
    local function visit()
        raw = self.t:dial(self.servers[i])
        speak(raw)
        if leaves then raw:close() end
    end
    self.t:spawn(function() pcall(visit) end)
    return function()
        leaves = true
        if raw then raw:close() end
    end
end

-- --- the course of things -------------------------------------------------------------------

-- What is done when, the earliest first; of one instant in the order of the acts.
function Story:steps(keep)
    local kept, steps = {}, {}
    for _, number in ipairs(keep or {}) do kept[number] = true end
    for _, act in ipairs(self.acts) do
        if not keep or kept[act.number] then
            steps[#steps + 1] = { at = act.at, act = act }
            steps[#steps + 1] = { at = act.at + act.lasts, act = act, ends = true }
        end
    end
    table.sort(steps, function(a, b)
        if a.at ~= b.at then return a.at < b.at end
        if a.ends ~= b.ends then return not a.ends end
        return a.act.number < b.act.number
    end)
    return steps
end

function Story:play(steps)
    local t, lifts = self.t, {}
    for _, step in ipairs(steps) do
        local early = step.at - t.now
        if early > 0 then t:sleep(early) end
        if step.ends then
            if lifts[step.act] then lifts[step.act]() end
        else
            lifts[step.act] = step.act.begin(self)
            if step.act.harm then self.harms[step.act.harm] = true end
        end
    end
end

-- For how long live waits for what must come: a busy machine has not much time in an hour of its.
local patience = "8h"

-- In the simulation, where it costs nothing, that time goes by; in live only until all is done.
function Story:rest(time, done, most)
    local t = self.t
    if t.world == "sim" then return t:sleep(time) end
    local latest = t.now + ms(most or patience)
    while not done() and t.now < latest do t:sleep "5s" end
end

function Story:expect_ended()
    self.t:expect(self:open_calls()):is {}
end

-- A new call.  In live its answer may come too late for the client's patience, or all Handlers may
-- still be busy, though not for ever: it is made again.
function Story:new_call(proxy)
    local t, latest = self.t, self.t.now + ms(patience)
    local call = proxy:call("echo", { message = "here" })
    if t.world == "sim" then return call end
    t:wait(call)
    while call.ending ~= "value" and t.now < latest do
        call = proxy:call("echo", { message = "here" })
        t:wait(call)
    end
    return call
end

function Story:expect_answers()
    local fresh = {}
    for _, proxies in ipairs(self.proxies) do
        fresh[#fresh + 1] = self:new_call(proxies.near)
        fresh[#fresh + 1] = self:new_call(proxies.far)
    end
    self.t:each(fresh):returns { message = "here" }
end

-- How many connections are left at either end.
function Story:connections()
    local count = 0
    for _, server in ipairs(self.servers) do count = count + #server.connections end
    for _, client in ipairs(self.clients) do count = count + #client.connections end
    return count
end

function Story:expect_well()
    local t = self.t
    for _ = 1, 2 do
        self:expect_answers()
        self:rest("5m", function() return self:connections() == 0 end)
    end
    for _, server in ipairs(self.servers) do
        t:expect(server.counters):with { open_connections = 0, call_queue_length = 0 }
        t:expect(#server.connections):is(0)
    end
    for _, client in ipairs(self.clients) do t:expect(#client.connections):is(0) end
end

-- Where something may be lost for good, whoever holds it dies once more: that ends who waits for it.
function Story:heal()
    local kinds = self.harms.client and { "clients", "servers" } or self.harms.lost and { "servers" } or {}
    local function ended() return #self:open_calls() == 0 end
    self:rest("3h", ended, #kinds > 0 and "2m" or nil)
    for _, kind in ipairs(kinds) do
        for i in ipairs(self[kind]) do
            self:kill(kind, i)
            self:rise(kind, i)
        end
    end
    if #kinds > 0 then self:rest("3h", ended) end
end

local function tell(t, steps)
    for _, step in ipairs(steps) do
        local act = step.act
        if not step.ends then
            t:answer(("%d  at %d ms, for %d ms: %s"):format(act.number, act.at, act.lasts, act.text))
        end
    end
    t:expect(t:events "client.call"):count(0)
end

scenario("Whatever happens, in the end every call has ended, and a new one is answered", {
    cases = include "keep.lua",
    limit = "48h",
}, function(t, case)
    local story = draw(t)
    local steps = story:steps(case.keep)
    if case.tell then return tell(t, steps) end
    story:enter()
    story:play(steps)
    story:heal()
    story:expect_ended()
    story:expect_well()
end)
