-- HDFS clients that others have written, as clients/build fetches them: hdfs-native (Rust, by its command hdfsn and
-- from Python), snakebite (Python) and libhdfs3 (C++, inside ClickHouse, which lists files by it).

local function namenode(t, conf)
    return t:server { handlers = 2, conf = conf, role = roles.namenode { tree = { ["/a"] = "hello", ["/dir/b"] = "" } } }
end

-- How each says what it is told, words that begin with "/" being paths.
local commands = {}

commands["hdfs-native"] = function(address, words)
    local command = { "hdfsn", env = { HADOOP_USER_NAME = "alice" } }
    for i, word in ipairs(words) do command[i + 1] = (word:gsub("^/", "hdfs://" .. address .. "/")) end
    return command
end

commands.snakebite = function(address, words)
    local host, port = address:match "(.*):(.*)"
    return { "snakebite", "-n", host, "-p", port, table.unpack(words) }
end

commands.libhdfs3 = function(address, words) return { "libhdfs3-ls", "hdfs://" .. address .. words[2] } end

-- A listing of the tree above, and the call that each begins it with.
local listed = { ["hdfs-native"] = has "/dir\n", snakebite = has " /dir\n", libhdfs3 = "/a\n" }
local begins = { ["hdfs-native"] = "getFileInfo", snakebite = "getFileInfo", libhdfs3 = "getFsStats" }

local function tell(t, client, server, words) return t:program(commands[client](server.address, words)) end

local function list(t, client, server) return tell(t, client, server, { "ls", "/" }) end

-- A case for each row: { exit (nil: it waits), what it prints (nil: the listing), connections = 1, calls = of those that
-- begin a listing, more = what the scenario makes of it }
local function with(rows, releases)
    local cases = {}
    for _, client in ipairs { "hdfs-native", "snakebite", "libhdfs3" } do
        local row = rows[client]
        if row then
            cases[#cases + 1] = {
                name = client,
                client = client,
                exit = row[1] or "none",
                output = row[2] or listed[client],
                connections = row.connections or 1,
                calls = row.calls or any,
                more = row.more or any,
            }
        end
    end
    return { world = "live", releases = releases or "2.6-", cases = cases }
end

local function ends(t, row, server, program)
    t:expect(program):exits(row.exit):took(at_most "20s")
    t:expect(program.output):is(row.output)
    t:expect(t:events("server.accept", { server })):count(row.connections)
    t:expect(t:events("wire.request", { server, method = begins[row.client] })):count(row.calls)
end

local function waits(t, program)
    t:sleep "1s500ms"
    t:expect(program.status):is(nil)
    t:expect(program.output):is ""
end

-- What it is told, how it ends, what it prints; what is there then, and what is no more.
local function case(client, name, words, exit, output, there, gone)
    return {
        name = client .. "." .. name,
        client = client,
        words = words,
        exit = exit,
        output = output,
        there = there or "/",
        gone = gone or "/nothing",
    }
end

scenario("OC-01 · Commands of other clients do on our NameNode what they do on Hadoop's", {
    world = "live",
    releases = "2.6-",
    cases = {
        case("hdfs-native", "ls", { "ls", "/" }, 0, starts "Found 2 items\n-rw-r--r-- 1 hdfs supergroup 5 "),
        case("hdfs-native", "ls-nothing", { "ls", "/nope" }, 1, has "FileNotFoundError: /nope\n"),
        case("hdfs-native", "mkdir", { "mkdir", "/new" }, 0, "", "/new"),
        case("hdfs-native", "mkdir-no-parent", { "mkdir", "/x/y" }, 1, has "Parent directory doesn't exist: /x", nil, "/x"),
        case("hdfs-native", "mkdir-deep", { "mkdir", "-p", "/x/y" }, 0, "", "/x/y"),
        case("hdfs-native", "mv", { "mv", "/a", "/dir" }, 0, "", "/dir/a", "/a"),
        case("hdfs-native", "mv-nothing", { "mv", "/nope", "/b" }, 1, has "FileNotFoundError: /nope\n"),
        case("hdfs-native", "touch", { "touch", "/new" }, 0, "", "/new"),
        case("hdfs-native", "chmod", { "chmod", "700", "/a" }, 0, ""),
        case("hdfs-native", "rm", { "rm", "--skip-trash", "/a" }, 0, "", nil, "/a"),
        case("hdfs-native", "rm-a-directory", { "rm", "--skip-trash", "/dir" }, 1, has "PathIsNotEmptyDirectory", "/dir/b"),
        case("hdfs-native", "rm-recursively", { "rm", "-r", "--skip-trash", "/dir" }, 0, "", nil, "/dir"),
        case("hdfs-native", "rmdir-full", { "rmdir", "/dir" }, 1, has "Directory is not empty", "/dir/b"),
        case("snakebite", "ls", { "ls", "/" }, 0, starts "Found 2 items\n-rw-r--r--   1 hdfs "),
        case("snakebite", "ls-nothing", { "ls", "/nope" }, 255, "`/nope': No such file or directory\n"),
        case("snakebite", "stat", { "stat", "/a" }, 0, has "length              \t5\n"),
        case("snakebite", "mkdir", { "mkdir", "/new" }, 0, "OK: /new\n", "/new"),
        case("snakebite", "mkdir-deep", { "mkdirp", "/x/y" }, 0, "OK: /x/y\n", "/x/y"),
        case("snakebite", "mv", { "mv", "/a", "/dir" }, 0, "OK: /a\n", "/dir/a", "/a"),
        case("snakebite", "mv-nothing", { "mv", "/nope", "/b" }, 255, has "`/nope': No such file or directory"),
        case("snakebite", "touchz", { "touchz", "/new" }, 0, "OK: /new\n", "/new"),
        case("snakebite", "chmod", { "chmod", "700", "/a" }, 0, "OK: /a\n"),
        case("snakebite", "rm", { "rm", "/a" }, 0, "OK: /a\n", nil, "/a"),
        case("snakebite", "rm-a-directory", { "rm", "/dir" }, 255, "rm: `/dir': Is a directory\n", "/dir/b"),
        case("snakebite", "rm-recursively", { "rm", "-R", "/dir" }, 0, "OK: /dir\n", nil, "/dir"),
        case("snakebite", "df", { "df" }, 0, has "1099511627776     5 "),
        case("libhdfs3", "ls", { "ls", "/" }, 0, "/a\n"),
        case("libhdfs3", "ls-nothing", { "ls", "/nope" }, 0, ""),
    },
}, function(t, row)
    local server = namenode(t)
    local done = tell(t, row.client, server, row.words)

    t:expect(done):exits(row.exit)
    t:expect(done.output):is(row.output)
    local ours = t:client(server)
    local there = ours:call("getFileInfo", { src = row.there })
    t:wait(there)
    t:expect(there.value):is_not {}
    t:expect(ours:call("getFileInfo", { src = row.gone })):returns {}
end)

scenario("OC-02 · A reply that is lost: some wait for ever, libhdfs3 pings, and asks again when its time is up", with {
    ["hdfs-native"] = { nil, more = 0 },
    snakebite = { nil, more = 0 }, -- ten seconds, whatever dfs.client.socket-timeout says
    libhdfs3 = { 0, connections = 2, calls = 1, more = at_least(2) },
}, function(t, row)
    local server = namenode(t)
    local lost = t:fault("wire.response.swallow", { server, method = "getListing", nth = 1 })
    local ls = list(t, row.client, server)
    t:wait(function() return lost.strikes == 1 end)
    if row.exit == "none" then waits(t, ls) else ends(t, row, server, ls) end

    t:expect(t:events("wire.ping", { server })):count(row.more)
end)

scenario("OC-03 · A late reply is as good as one in time", with {
    ["hdfs-native"] = { 0, calls = 2 },
    snakebite = { 0, calls = 1 },
    libhdfs3 = { 0, calls = 1 },
}, function(t, row)
    local server = namenode(t)
    t:fault("wire.response.delay", { server, nth = 1, by = "700ms" })
    local ls = list(t, row.client, server)
    ends(t, row, server, ls)
    t:expect(ls):took(at_least "700ms")
end)

local function turn_fatal(t, server)
    t:fault("wire.response.change", {
        server,
        nth = 1,
        fields = { status = "FATAL", class = "java.io.IOException", message = "out of order" },
    })
end

scenario("OC-04 · FATAL instead of a reply: hdfs-native and libhdfs3 connect again and ask again", with {
    ["hdfs-native"] = { 0, connections = 2, calls = 3 },
    snakebite = { 255, "Request error: java.io.IOException\nout of order\n", calls = 1 },
    libhdfs3 = { 0, connections = 2, calls = 2 },
}, function(t, row)
    local server = namenode(t)
    turn_fatal(t, server)
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-05 · An exception of the NameNode is told by class and text, and not asked for again", with {
    ["hdfs-native"] = { 1, has 'RPCError("java.io.IOException", "disk on fire\\n\\tat ', calls = 1 },
    snakebite = { 255, starts "Request error: java.io.IOException\ndisk on fire\n", calls = 1 },
    libhdfs3 = { 1, has "disk on fire", calls = 1 },
}, function(t, row)
    local server = namenode(t)
    t:fault("server.execute.throw", { server, nth = 1, class = "java.io.IOException", message = "disk on fire" })
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-06 · A NameNode in standby, and no other one: two ask it again, libhdfs3 gives up", with {
    ["hdfs-native"] = { 1, has "org.apache.hadoop.ipc.StandbyException", connections = 1, calls = 3 },
    snakebite = { 1, has "Request tried and failed for all 1 namenodes after 2 failovers", connections = 3, calls = 3 },
    libhdfs3 = { 1, has "not supported in state standby", connections = 1, calls = 1 },
}, function(t, row)
    local server = namenode(t)
    t:fault("server.execute.throw", {
        server,
        class = "org.apache.hadoop.ipc.StandbyException",
        message = "Operation category READ is not supported in state standby",
    })
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-07 · A NameNode that leaves standby meanwhile is asked again by two", with {
    ["hdfs-native"] = { 0, calls = 3 },
    snakebite = { 0, connections = 2, calls = 2 },
    libhdfs3 = { 1, has "not yet", calls = 1 },
}, function(t, row)
    local server = namenode(t)
    t:fault("server.execute.throw", { server, nth = 1, class = "org.apache.hadoop.ipc.StandbyException", message = "not yet" })
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-08 · RetriableException: snakebite alone tries again", with {
    ["hdfs-native"] = { 1, has "org.apache.hadoop.ipc.RetriableException", calls = 1 },
    snakebite = { 0, calls = 2 },
    libhdfs3 = { 1, has "in safe mode", calls = 1 },
}, function(t, row)
    local server = namenode(t)
    t:fault("server.execute.throw", {
        server,
        nth = 1,
        class = "org.apache.hadoop.ipc.RetriableException",
        message = "NameNode is in safe mode",
    })
    ends(t, row, server, list(t, row.client, server))
end)

local function end_early(how)
    return function(t, server) t:fault(how, { server, direction = "s2c", nth = 1, after = 10 }) end
end

for _, how in ipairs { "OC-09 fin", "OC-10 rst" } do
    local id, kind = how:match "(.*) (.*)"
    scenario(id .. " · A reply is cut short by " .. kind .. ": hdfs-native and libhdfs3 connect and ask again", with {
        ["hdfs-native"] = { 0, connections = 2, calls = 3 },
        snakebite = {
            1,
            has(kind == "fin" and "TransientException: RpcBufferedReader only managed to read 0 out of"
                or "ConnectionResetError: [Errno 104] Connection reset by peer"),
            calls = 1,
        },
        libhdfs3 = { 0, connections = 2, calls = 2 },
    }, function(t, row)
        local server = namenode(t)
        end_early("net." .. kind)(t, server)
        ends(t, row, server, list(t, row.client, server))
    end)
end

scenario("OC-11 · What writes is not repeated by hdfs-native: the directory is there, and mkdir has failed", {
    world = "live",
    releases = "2.6-",
    cases = {
        { name = "hdfs-native.fin", breaks = end_early "net.fin" },
        { name = "hdfs-native.rst", breaks = end_early "net.rst" },
        { name = "hdfs-native.fatal", breaks = turn_fatal },
    },
}, function(t, row)
    local server = namenode(t)
    row.breaks(t, server)
    local mkdir = tell(t, "hdfs-native", server, { "mkdir", "/new" })

    t:expect(mkdir):exits(1)
    t:expect(mkdir.output):is(has "OSError: RPC listener disconnected")
    t:expect(t:events("wire.request", { server, method = "mkdirs" })):count(1)
    local ls = list(t, "hdfs-native", server)
    t:expect(ls):exits(0)
    t:expect(ls.output):is(has "/new\n")
end)

-- From Python, with the addresses behind it.
local function python(client, script)
    return function(t, server, other)
        return t:program { client .. "-python", "-c", script, server.address, other and other.address }
    end
end

local patient = {
    ["hdfs-native"] = python("hdfs-native", [[
import sys, hdfs_native
client = hdfs_native.Client("hdfs://" + sys.argv[1], {
    "dfs.client.failover.max.attempts": "20", "dfs.client.failover.sleep.base.millis": "200",
    "dfs.client.failover.sleep.max.millis": "200"})
print("begins", flush=True)
print(client.get_file_info("/a").length)
]]),
    snakebite = python("snakebite", [[
import sys
from snakebite.client import HAClient, Namenode
host, port = sys.argv[1].split(":")
client = HAClient([Namenode(host, int(port))], max_failovers=20, base_sleep=200, max_sleep=200, sock_request_timeout=500)
print("begins", flush=True)
print(client.stat(["/a"])["length"])
]]),
}

-- Two calls, and time between them.
local twice = {
    ["hdfs-native"] = python("hdfs-native", [[
import sys, time, hdfs_native
client = hdfs_native.Client("hdfs://" + sys.argv[1])
print(client.get_file_info("/a").length)
time.sleep(0.6)
print(client.get_file_info("/a").length)
]]),
    snakebite = python("snakebite", [[
import sys, time
from snakebite.client import Client
host, port = sys.argv[1].split(":")
client = Client(host, int(port))
print(client.stat(["/a"])["length"], flush=True)
time.sleep(0.6)
print(client.stat(["/a"])["length"])
]]),
}

local soon_idle = {
    ["ipc.client.idlethreshold"] = 0,
    ["ipc.client.connection.maxidletime"] = 100,
    ["ipc.client.connection.idle-scan-interval.ms"] = 100,
}

scenario("OC-12 · A connection closed as idle between two calls: hdfs-native makes a new one, snakebite's call fails", with {
    ["hdfs-native"] = { 0, "5\n5\n", connections = at_least(2), calls = 2, more = at_least(1) },
    snakebite = { 1, one_of(has "BrokenPipeError", has "TransientException", has "ConnectionResetError"), calls = 1, more = 1 },
}, function(t, row)
    local server = namenode(t, soon_idle)
    ends(t, row, server, twice[row.client](t, server))
    t:expect(server.counters.idle_closed):is(row.more)
end)

scenario("OC-13 · Closed behind a reply: the snakebite command may list nothing, with exit 0", with {
    ["hdfs-native"] = { 0, connections = at_least(2) },
    snakebite = { one_of(0, 1), one_of("", has "TransientException", has "ConnectionResetError") },
    libhdfs3 = { 0, connections = at_least(2) },
}, function(t, row)
    local server = namenode(t, soon_idle)
    t:fault("wire.response.delay", { server, nth = 1, by = "700ms" })
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-14 · Nobody listens: all give up in the end, and say why", with {
    ["hdfs-native"] = { 1, has "OSError: Connection refused (os error 111)", connections = 0 },
    snakebite = { 1, has "Request tried and failed for all 1 namenodes after 2 failovers", connections = 0 },
    libhdfs3 = { 1, has "Connection refused", connections = 0 },
}, function(t, row)
    local server = namenode(t)
    server:stop()
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-15 · A NameNode that is started again while they still try is found", with {
    ["hdfs-native"] = { 0, "begins\n5\n" },
    snakebite = { 0, "begins\n5\n" },
}, function(t, row)
    local server = namenode(t)
    server:stop()
    local asks = patient[row.client](t, server)
    t:wait(function() return asks.output == "begins\n" end)
    t:sleep "500ms"
    t:expect(asks.status):is(nil)
    server:start()
    ends(t, row, server, asks)
end)

scenario("OC-16 · A reply that is later than snakebite's own time-out is asked for again", with {
    snakebite = { 0, "begins\n5\n", connections = 2, calls = 2 },
}, function(t, row)
    local server = namenode(t)
    t:fault("wire.response.delay", { server, nth = 1, by = "900ms" })
    ends(t, row, server, patient[row.client](t, server))
end)

scenario("OC-17 · A reply for nobody's call: snakebite takes it for its own", with {
    ["hdfs-native"] = { nil }, -- it throws the reply away
    snakebite = { 0, calls = 1 },
    libhdfs3 = { 0, connections = 2, calls = 2 },
}, function(t, row)
    local server = namenode(t)
    local strange = t:fault("wire.response.change", { server, nth = 1, fields = { call_id = 77 } })
    local ls = list(t, row.client, server)
    t:wait(function() return strange.strikes == 1 end)
    if row.exit == "none" then waits(t, ls) else ends(t, row, server, ls) end
end)

scenario("OC-18 · A reply that comes twice: snakebite takes the second for the next call's, and lists nothing", with {
    ["hdfs-native"] = { 0, calls = 2 },
    snakebite = { 0, "Found 0 items\n", calls = 1 },
    libhdfs3 = { 0, connections = 2, calls = 1 },
}, function(t, row)
    local server = namenode(t)
    t:fault("wire.response.duplicate", { server, nth = 1 })
    ends(t, row, server, list(t, row.client, server))
end)

scenario("OC-19 · A reply in pieces of one byte: snakebite reads a hundred times and no more", with {
    ["hdfs-native"] = { 0, has "/file-9\n" },
    snakebite = { 1, has "RpcBufferedReader only managed to read" },
    libhdfs3 = { 0, has "/file-9\n" },
}, function(t, row)
    local tree = {}
    for i = 1, 9 do tree["/file-" .. i] = "" end
    local server = t:server { role = roles.namenode { tree = tree } }
    t:fault("net.segment.split", { server, direction = "s2c", nth = 2, size = 1, gap = "3ms" })
    ends(t, row, server, list(t, row.client, server))
end)

-- Either of two NameNodes will do.
local either = {
    ["hdfs-native"] = python("hdfs-native", [[
import sys, hdfs_native
client = hdfs_native.Client("hdfs://both", {
    "dfs.ha.namenodes.both": "a,b",
    "dfs.namenode.rpc-address.both.a": sys.argv[1], "dfs.namenode.rpc-address.both.b": sys.argv[2],
    "dfs.client.failover.sleep.base.millis": "100", "dfs.client.failover.sleep.max.millis": "100"})
print(client.get_file_info("/a").length)
]]),
    snakebite = python("snakebite", [[
import sys
from snakebite.client import HAClient, Namenode
pairs = [address.split(":") for address in sys.argv[1:] ]
both = [Namenode(host, int(port)) for host, port in pairs]
print(HAClient(both, base_sleep=100, max_sleep=100, sock_request_timeout=500).stat(["/a"])["length"])
]]),
}

local function in_standby(t, server)
    t:fault("server.execute.throw", { server, class = "org.apache.hadoop.ipc.StandbyException", message = "not me" })
end

local no_use = {
    { "OC-20 · Two NameNodes, the first one's machine has died", function(_, server) server.host:kill() end },
    { "OC-21 · Two NameNodes, the first in standby", in_standby },
}
for _, way in ipairs(no_use) do
    scenario(way[1] .. ": the second is asked", with {
        ["hdfs-native"] = { 0, "5\n" },
        snakebite = { 0, "5\n" },
    }, function(t, row)
        local first, second = namenode(t), namenode(t)
        way[2](t, first)
        ends(t, row, second, either[row.client](t, first, second))
    end)
end

scenario("OC-22 · Two NameNodes, the first stands still: hdfs-native never asks the second", with {
    ["hdfs-native"] = { nil },
    snakebite = { 0, "5\n", calls = 1 },
}, function(t, row)
    local first, second = namenode(t), namenode(t)
    first.host:pause()
    local asks = either[row.client](t, first, second)
    if row.exit == "none" then
        t:sleep "500ms"
        waits(t, asks)
        t:expect(t:events("server.accept", { second })):count(0)
    else
        ends(t, row, second, asks)
    end
    first.host:resume()
    t:expect(asks):exits(0):says "5"
end)

-- 1.2's server tells it in words of its own age.
scenario("OC-23 · A server of another version: no client says so", with({
    ["hdfs-native"] = { 1, has "OSError: RPC listener disconnected", connections = between(3, 6) },
    snakebite = { one_of(0, 1), one_of("", has "TransientException", has "ConnectionResetError") }, -- as OC-13
    libhdfs3 = { 1, has 'Failed to invoke RPC call "getFsStats"', connections = at_least(2) },
}, "1.2"), function(t, row)
    local server = t:server()
    ends(t, row, server, list(t, row.client, server))
end)
