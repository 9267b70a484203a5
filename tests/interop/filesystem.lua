-- Hadoop 1.2.1's own FileSystem (its FsShell) against our NameNode: a tree that only a Lua table has.

local twin = include "lib/twin.lua"

local options = { world = "live", releases = "1.2" }
local tree = { ["/a/f"] = "", ["/b"] = "hello" }

local function shell(t, server, conf, ...)
    return twin.client(t, conf, "shell", server.address, ...)
end

-- A NameNode; `run` plays commands to their end, and gives what each has printed and its exit code.
local function namenode(t, conf)
    local server = t:server { role = roles.namenode { tree = tree }, handlers = 2 }
    return server, function(...)
        local program, ends = shell(t, server, conf, ...), {}
        t:wait(program)
        for output, status in program.output:gmatch "(.-)exits (%d+)\n" do
            ends[#ends + 1] = { output = output, status = tonumber(status) }
        end
        return table.unpack(ends)
    end
end

-- Hosts and times are others each time.
local function blot(text)
    return (text:gsub("hdfs://[%d.:]+", "hdfs://NN"):gsub("%d%d%d%d%-%d%d%-%d%d %d%d:%d%d", "WHEN"))
end

-- What it did with a real NameNode of 1.2.1 (the first lines), whose root is root's.
scenario("FS-01 · ls, mkdir, mv, rm and the like say and do what they do with a real NameNode", options, function(t)
    local _, run = namenode(t)
    local steps = {
        { "-ls /a", 0, "Found 1 items\n-rw-r--r--   1 hdfs supergroup          0 WHEN /a/f\n" },
        { "-ls /nope", 255, "ls: Cannot access /nope: No such file or directory.\n" },
        { "-mkdir /c", 0, "" },
        { "-mkdir /c", 255, "mkdir: cannot create directory /c: File exists\n" },
        { "-mkdir /c/d/e", 0, "" },
        { "-lsr /c", 0, "drwxr-xr-x   - alice supergroup          0 WHEN /c/d\n"
            .. "drwxr-xr-x   - alice supergroup          0 WHEN /c/d/e\n" },
        { "-touchz /c/f", 0, "" },
        { "-cat /c/f", 0, "" },
        { "-stat %n /c/f", 0, "f\n" },
        { "-test -e /c/f", 0, "" },
        { "-test -e /nope", 1, "" },
        { "-count /c", 0, "           3            1                  0 hdfs://NN/c\n" },
        { "-du /c", 0, "Found 2 items\n0           hdfs://NN/c/d\n0           hdfs://NN/c/f\n" },
        { "-dus /c", 0, "hdfs://NN/c\t0\n" },
        { "-chmod 700 /c/f", 0, "" },
        { "-setrep 2 /c/f", 0, "Replication 2 set: hdfs://NN/c/f\n" },
        { "-mv /c/f /g", 0, "" },
        { "-mv /nope /x", 255, "mv: /nope: No such file or directory\n" },
        { "-mv /g /c", 0, "" },
        { "-mv /c/d /c/g", 255, "mv: cannot overwrite non directory /c/g with directory hdfs://NN/c/d\n" },
        { "-rm /c/g", 0, "Deleted hdfs://NN/c/g\n" },
        { "-rm /c", 255, "rm: Cannot remove directory \"hdfs://NN/c\", use -rmr instead\n" },
        { "-rm /nope", 255, "rm: cannot remove /nope: No such file or directory.\n" },
        { "-rmr /c", 0, "Deleted hdfs://NN/c\n" },
        { "-ls /", 0, "Found 2 items\ndrwxr-xr-x   - hdfs supergroup          0 WHEN /a\n"
            .. "-rw-r--r--   1 hdfs supergroup          5 WHEN /b\n" },
    }
    local commands = {}
    for i, step in ipairs(steps) do commands[i] = step[1] end
    local ends = { run(table.unpack(commands)) }
    t:require(#ends):is(#steps)
    for i, ending in ipairs(ends) do
        t:expect({ commands[i], ending.status, blot(ending.output) }):is(steps[i])
    end
end)

scenario("FS-02 · It calls as alice, version 61, and what it calls is told", options, function(t)
    local server, run = namenode(t)
    t:expect(run("-ls /a").status):is(0)
    t:expect(t:events("server.execute", { server }):map "method"):is {
        "getProtocolVersion", "getFileInfo", "getListing",
    }
    t:expect(t:events("wire.context", { server }):map "user"):is { "alice" }
end)

scenario("FS-03 · An exception of our NameNode ends the command with its text", options, function(t)
    local server, run = namenode(t)
    server:on("mkdirs", function(call)
        call:throw("org.apache.hadoop.security.AccessControlException", "Permission denied: user=alice")
    end)
    local mkdir = run "-mkdir /x"
    t:expect(mkdir.status):is(255)
    t:expect(mkdir.output):is(has "Permission denied: user=alice")
end)

scenario("FS-04 · A listing that is lost is waited for, with pings, for ever", options, function(t)
    local server = namenode(t)
    local lost = t:fault("wire.response.swallow", { server, method = "getListing" })
    local ls = shell(t, server, { ["ipc.ping.interval"] = 200 }, "-ls /a")
    t:wait(function() return lost.strikes == 1 end)
    t:sleep(900)
    t:expect(ls.status):is(nil)
    t:expect(t:events "wire.ping"):count(between(3, 5))
    ls:kill(9)
end)

scenario("FS-05 · The connection ends in mid-reply", {
    world = "live",
    releases = "1.2",
    cases = {
        { name = "fin", fault = "net.fin", says = "java.io.EOFException" },
        { name = "rst", fault = "net.rst", says = "Connection reset" },
    },
}, function(t, row)
    local server, run = namenode(t)
    t:fault(row.fault, { server, direction = "s2c", nth = 2, after = 10 })
    local ls = run "-ls /a"
    t:expect(ls.output):is(has(row.says))
    t:expect(ls.status):is(255)
end)

scenario("FS-06 · FATAL ends the command with the exception's text", options, function(t)
    local server, run = namenode(t)
    t:fault("wire.response.change", {
        server,
        method = "getListing",
        fields = { status = "FATAL", class = "java.io.IOException", message = "out of order" },
    })
    local ls = run "-ls /a"
    t:expect(ls.status):is(255)
    t:expect(ls.output):is(has "out of order")
end)

scenario("FS-07 · A NameNode that is slow is waited for, with pings", options, function(t)
    local server, run = namenode(t, { ["ipc.ping.interval"] = 200 })
    t:fault("server.execute.delay", { server, method = "getListing", by = "700ms" })
    local ls = run "-ls /a"
    t:expect(ls.status):is(0)
    t:expect(t:events "wire.ping"):count(between(2, 4))
end)
