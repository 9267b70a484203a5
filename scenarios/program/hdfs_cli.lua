-- A real program, the hdfs command of colinmarc/hdfs, meets a NameNode written in Lua.

local live = { world = "live", releases = "2.6-" }

local function namenode(t)
    return t:server { handlers = 2, role = roles.namenode { tree = { ["/a"] = "hello", ["/dir/b"] = "" } } }
end

local function hdfs(t, server, ...)
    local words = { "hdfs", ... }
    words.env = { HADOOP_NAMENODE = server.address, HADOOP_USER_NAME = "alice" }
    return t:program(words)
end

-- What it does when all is well: { what it is told, its exit, what it prints }
local function case(name, words, exit, output)
    return { name = name, words = words, exit = exit, output = output }
end

scenario("PR-01 · hdfs ls, mkdir, mv and rm do on our NameNode what they do on Hadoop's", {
    world = "live",
    releases = "2.6-",
    cases = {
        case("ls", { "ls", "/" }, 0, "a\ndir\n"),
        case("ls-long", { "ls", "-l", "/" }, 0, "-rw-r--r-- hdfs  supergroup  5 Jan  1 2000 a\n"
            .. "drwxr-xr-x hdfs  supergroup  0 Jan  1 2000 dir\n"),
        case("ls-nothing", { "ls", "/nope" }, 1, "stat /nope: file does not exist\n"),
        case("mkdir", { "mkdir", "/new" }, 0, ""),
        case("mkdir-deep", { "mkdir", "-p", "/x/y" }, 0, ""),
        case("mkdir-on-a-file", { "mkdir", "/a" }, 1, "mkdir /a: file already exists\n"),
        case("mv", { "mv", "/a", "/dir" }, 0, ""),
        case("mv-nothing", { "mv", "/nope", "/b" }, 1, "rename /nope: file does not exist\n"),
        case("rm", { "rm", "/a" }, 0, ""),
        case("rm-a-directory", { "rm", "/dir" }, 1, "remove /dir: file is a directory\n"),
        case("rm-recursively", { "rm", "-r", "/dir" }, 0, ""),
        case("rm-nothing", { "rm", "/nope" }, 1, "remove /nope: file does not exist\n"),
    },
}, function(t, row)
    local done = hdfs(t, namenode(t), table.unpack(row.words))

    t:expect(done):exits(row.exit)
    t:expect(done.output):is(row.output)
end)

scenario("PR-02 · What one hdfs command has done, the next one sees", live, function(t)
    local server = namenode(t)
    local function runs(...)
        local done = hdfs(t, server, ...)
        t:expect(done):exits(0)
        return done.output
    end

    runs("mkdir", "/new")
    runs("mv", "/a", "/new/c")
    -- The second is how 2.4 says it.
    t:expect(runs("ls", "/", "/new")):is(one_of("//:\ndir\nnew\n\n/new/:\nc\n", "/:\ndir\nnew\n\n/new:\nc\n"))
    runs("rm", "-r", "/new")
    t:expect(runs("ls", "/")):is "dir\n"
end)

scenario("PR-03 · A reply that is lost: hdfs waits for it for ever", live, function(t)
    local server = namenode(t)
    local lost = t:fault("wire.response.swallow", { server, method = "getFileInfo", nth = 1 })
    local ls = hdfs(t, server, "ls", "/")
    t:sleep "2s"

    t:expect(lost.strikes):is(1)
    t:expect(ls.status):is(nil)
    t:expect(ls.output):is ""
    ls:kill()
    t:expect(ls):exits(143)
end)

scenario("PR-04 · A listing that is lost is not asked for a second time", live, function(t)
    local server = namenode(t)
    local lost = t:fault("wire.response.swallow", { server, method = "getListing", nth = 1 })
    local ls = hdfs(t, server, "ls", "/")
    t:sleep "2s"

    t:expect(lost.strikes):is(1)
    t:expect(ls.status):is(nil)
    t:expect(t:events("wire.request", { server, method = "getListing" })):count(1)
end)

scenario("PR-05 · A late reply is as good as one in time", {
    world = "live",
    releases = "2.6-",
    cases = {
        { name = "on-its-way", fault = "wire.response.delay" },
        { name = "in-the-handler", fault = "server.execute.delay" },
    },
}, function(t, row)
    local server = namenode(t)
    t:fault(row.fault, { server, nth = 1, by = "1500ms" })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(0):took(between("1500ms", "6s"))
    t:expect(ls.output):is "a\ndir\n"
end)

scenario("PR-06 · FATAL instead of a reply ends hdfs at once, with the exception's class", live, function(t)
    local server = namenode(t)
    t:fault("wire.response.change", {
        server,
        nth = 1,
        fields = { status = "FATAL", class = "java.io.IOException", message = "out of order" },
    })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is "stat /: getFileInfo call failed with ERROR_APPLICATION (java.io.IOException)\n"
end)

scenario("PR-07 · An exception of the NameNode is told by its class; its text is kept back", live, function(t)
    local server = namenode(t)
    t:fault("server.execute.throw", { server, nth = 1, class = "java.io.IOException", message = "disk on fire" })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is "stat /: getFileInfo call failed with ERROR_APPLICATION (java.io.IOException)\n"
end)

scenario("PR-08 · A NameNode in standby, and no other one: hdfs gives up at once", live, function(t)
    local server = namenode(t)
    t:fault("server.execute.throw", {
        server,
        nth = 1,
        class = "org.apache.hadoop.ipc.StandbyException",
        message = "Operation category READ is not supported in state standby",
    })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is(starts "stat /: no available namenodes: getFileInfo call failed")
end)

scenario("PR-09 · The connection ends inside a reply: hdfs tells of it and does not try again", {
    world = "live",
    releases = "2.6-",
    cases = {
        { name = "fin", fault = "net.fin", says = "unexpected EOF" },
        { name = "rst", fault = "net.rst", says = "connection reset by peer" },
    },
}, function(t, row)
    local server = namenode(t)
    t:fault(row.fault, { server, direction = "s2c", nth = 1, after = 10 })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is(has(row.says))
    t:expect(t:events("server.accept", { server })):count(1)
end)

scenario("PR-10 · Nobody listens: hdfs is refused and does not try again", live, function(t)
    local peer = t:peer()
    local address = peer.address
    peer:close()
    local ls = hdfs(t, { address = address }, "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is(starts "Couldn't connect to namenode: no available namenodes: ")
    t:expect(ls.output):is(has "connection refused")
end)

scenario("PR-11 · A connection closed as idle before the second call: hdfs fails, and does not connect again", live, function(t)
    local server = t:server {
        conf = {
            ["ipc.client.idlethreshold"] = 0,
            ["ipc.client.connection.maxidletime"] = 100,
            ["ipc.client.connection.idle-scan-interval.ms"] = 100,
        },
        role = roles.namenode { tree = { ["/a"] = "" } },
    }
    t:fault("wire.response.delay", { server, nth = 1, by = "1s" })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(1):took(between("1s", "6s"))
    t:expect(ls.output):is(starts "open /: ")
    t:expect(server.counters.idle_closed):is(1)
    t:expect(t:events("server.accept", { server })):count(1)
end)

scenario("PR-12 · A reply for nobody's call, and one that comes twice: hdfs sees it and gives up", {
    world = "live",
    releases = "2.6-",
    cases = {
        { name = "strange", fault = "wire.response.change", fields = { call_id = 77 }, fails = "stat" },
        { name = "twice", fault = "wire.response.duplicate", fields = false, fails = "open" },
    },
}, function(t, row)
    local server = namenode(t)
    t:fault(row.fault, { server, nth = 1, fields = row.fields or nil })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is(row.fails .. " /: unexpected sequence number\n")
end)

scenario("PR-13 · A reply in pieces of one byte is put together again", live, function(t)
    local server = namenode(t)
    t:fault("net.segment.split", { server, direction = "s2c", nth = 1, size = 1, gap = "4ms" })
    local ls = hdfs(t, server, "ls", "/")

    t:expect(ls):exits(0):took(at_most "6s")
    t:expect(ls.output):is "a\ndir\n"
end)

-- 1.2's server tells it in words of its own age, which may come before all is said.
scenario("PR-14 · A server of another version: hdfs does not say so", { world = "live", releases = "1.2" }, function(t)
    local ls = hdfs(t, t:server(), "ls", "/")

    t:expect(ls):exits(1):took(at_most "5s")
    t:expect(ls.output):is(one_of(has "EOF", has "broken pipe", has "connection reset by peer"))
end)
