-- Real Hadoop in either place, as programs: what tests/java builds is on the path.
local twin = {}

local programs = { ["0.20"] = "ripcord-twin-0.20", ["1.2"] = "ripcord-twin-1.2", ["3.4"] = "ripcord-twin" }

-- The releases that there is a real Hadoop of; and of WritableRpcEngine.
twin.releases = "-1.2,3.4"
twin.writable_releases = "2.6,3.4"

-- conf = { ["ipc.ping.interval"] = 200 } becomes -Dipc.ping.interval=200
local function command(conf, ...)
    local words, keys = {}, {}
    for key in pairs(conf or {}) do keys[#keys + 1] = key end
    table.sort(keys)
    for _, key in ipairs(keys) do words[#words + 1] = "-D" .. key .. "=" .. tostring(conf[key]) end
    for _, word in ipairs { ... } do words[#words + 1] = tostring(word) end
    return words
end

local function start_server(t, program, options)
    local words = command(options.conf, "server", options.handlers or 1)
    local server = t:program { program, env = options.env, table.unpack(words) }
    t:wait(function() return server.output:find "port %d+\n" or server.status end)
    return server, "127.0.0.1:" .. (server.output:match "port (%d+)" or error(server.output))
end

local function start_client(t, program, words)
    return t:program { program, env = { HADOOP_USER_NAME = "alice" }, table.unpack(words) }
end

-- A Java server and its address; it listens already.
function twin.server(t, options) return start_server(t, programs[t.release], options or {}) end

-- A Java client's call: twin.client(t, { conf }, "echo", server.address, "hi")
function twin.client(t, conf, ...) return start_client(t, programs[t.release], command(conf, ...)) end

-- The same with WritableRpcEngine.
function twin.writable_server(t, options) return start_server(t, "ripcord-twin-" .. t.release, options or {}) end

function twin.writable_client(t, conf, ...)
    return start_client(t, "ripcord-twin-" .. t.release, command(conf, ...))
end

-- All `plays` at once in one JVM (of those with Writables), each { conf = {…}, word… } without blanks; and a function
-- that gives what the i-th has said.
function twin.together(t, plays)
    local words = { "together" }
    for i, play in ipairs(plays) do words[i + 1] = table.concat(command(play.conf, table.unpack(play)), " ") end
    local program = start_client(t, "ripcord-twin-" .. t.release, words)
    return program, function(i)
        local said = {}
        for line in program.output:gmatch "([^\n]*\n)" do
            local number, text = line:match "^(%d+) (.*)$"
            if tonumber(number) == i then said[#said + 1] = text end
        end
        return table.concat(said)
    end
end

-- A peer for each of `answers`, { name, function(raw, request) }, who answers the first call of each
-- of two connections so; and their addresses.
function twin.peers(t, answers)
    local peers, addresses = {}, {}
    for i, answer in ipairs(answers) do
        peers[i] = t:peer()
        addresses[i] = peers[i].address
        t:spawn(function()
            for _ = 1, 2 do
                local raw = peers[i]:accept()
                raw:open()
                answer[2](raw, raw:recv "request")
                raw:close()
            end
        end)
    end
    return peers, addresses
end

-- What Java printed of each answer is what `told` says of our call, names of hosts and ports aside.
function twin.tells_the_same(t, answers, java, calls, told)
    t:expect(java):exits(0)
    local i = 0
    for line in java.output:gmatch "[^\n]+" do
        i = i + 1
        local name = answers[i][1]
        t:expect({ name, twin.nameless(told(calls[i])) }):is { name, twin.nameless(line) }
    end
    t:expect(i):is(#answers)
end

-- All that a client of version 9 said, its own id blotted out.
function twin.blotted(bytes)
    local at = bytes:find("\x22\x10", 1, true)
    local id = bytes:sub(at + 2, at + 17)
    local blotted, from = {}, 1
    for _ = 1, #bytes do
        local found = bytes:find(id, from, true)
        if not found then break end
        blotted[#blotted + 1] = bytes:sub(from, found - 1)
        from = found + #id
    end
    blotted[#blotted + 1] = bytes:sub(from)
    return table.concat(blotted, "<id>")
end

-- Hosts have other names for the JVM, and client ids are drawn.
local names = {
    { "peer%d+", "127.0.0.1" },
    { "client%d+", "vm" },
    { "java%.net%.UnknownHostException: ([%w.-]+): %1: Name or service not known", "HOST" }, -- the JVM's own
    { "localhost", "127.0.0.1" },
    { "[%w.-]*/%d+%.%d+%.%d+%.%d+", "HOST" },
    { "%d+%.%d+%.%d+%.%d+", "HOST" },
    { "HOST:%d+", "HOST" },
    { '":%d+;', '":PORT;' },
    { "local ID=%x+", "local ID=ID" },
    { "\n.*", "" },
}

-- The first line of what a call ended with, without names that differ.
function twin.nameless(text)
    for _, name in ipairs(names) do text = text:gsub(name[1], name[2]) end
    return text
end

return twin
