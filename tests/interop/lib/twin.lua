-- Real Hadoop in either place, as programs: what tests/java builds is on the path.
local twin = {}

local programs = { ["0.20"] = "ripcord-twin-0.20", ["1.2"] = "ripcord-twin-1.2", ["3.4"] = "ripcord-twin" }

-- The releases that there is a real Hadoop of.
twin.releases = "-1.2,3.4"

-- conf = { ["ipc.ping.interval"] = 200 } becomes -Dipc.ping.interval=200
local function command(t, conf, ...)
    local words, keys = { programs[t.release] }, {}
    for key in pairs(conf or {}) do keys[#keys + 1] = key end
    table.sort(keys)
    for _, key in ipairs(keys) do words[#words + 1] = "-D" .. key .. "=" .. tostring(conf[key]) end
    for _, word in ipairs { ... } do words[#words + 1] = word end
    return words
end

-- A Java server and its address; it listens already.  relay = {rules}: that of a relay before it.
function twin.server(t, options)
    options = options or {}
    local words = command(t, options.conf, "server", options.handlers or 1)
    if options.relay then
        words[#words + 1] = "--"
        table.move(options.relay, 1, #options.relay, #words + 1, words)
    end
    words.env = options.env
    local server = t:program(words)
    t:wait(function() return server.output:find "port %d+\n" or server.status end)
    return server, "127.0.0.1:" .. (server.output:match "port (%d+)" or error(server.output))
end

-- A Java client's call: twin.client(t, { conf }, "echo", server.address, "hi")
function twin.client(t, conf, ...)
    local words = command(t, conf, ...)
    words.env = { HADOOP_USER_NAME = "alice" }
    return t:program(words)
end

return twin
