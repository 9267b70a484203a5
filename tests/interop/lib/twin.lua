-- Real Hadoop in either place, as programs: tests/java/build makes ripcord-twin, tests/CMakeLists.txt puts it on the path.
local twin = {}

-- conf = { ["ipc.ping.interval"] = 200 } becomes -Dipc.ping.interval=200
local function command(conf, ...)
    local words, keys = { "ripcord-twin" }, {}
    for key in pairs(conf or {}) do keys[#keys + 1] = key end
    table.sort(keys)
    for _, key in ipairs(keys) do words[#words + 1] = "-D" .. key .. "=" .. tostring(conf[key]) end
    for _, word in ipairs { ... } do words[#words + 1] = word end
    return words
end

-- A Java server and its address; it listens already.
function twin.server(t, options)
    options = options or {}
    local server = t:program(command(options.conf, "server", options.handlers or 1))
    t:wait(function() return server.output:find "port %d+\n" or server.status end)
    return server, "127.0.0.1:" .. (server.output:match "port (%d+)" or error(server.output))
end

-- A Java client's call: twin.client(t, { conf }, "echo", server.address, "hi")
function twin.client(t, conf, ...)
    local words = command(conf, ...)
    words.env = { HADOOP_USER_NAME = "alice" }
    return t:program(words)
end

return twin
