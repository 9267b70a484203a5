-- Writables: classes and methods that a scenario declares, and the roles that speak of them, before 2.x.

local tags = { "writables" }

writable("org.example.Kind", { enum = { "FILE", "RANGE" } })
writable("org.example.Base", { { "utf8", "path" } })
writable("org.example.Split", {
    { "org.example.Base" },
    { "enum org.example.Kind", "kind" },
    { "long", "offset", when = { "kind", "RANGE" } },
    {
        "bytes:int", "payload",
        read = function(bytes) return (string.unpack(">s2", bytes)) end,
        write = function(text) return string.pack(">s2", text or "") end,
    },
    { "list:vint object", "any" },
})
protocol("org.example.Splitter", {
    version = 3,
    methods = {
        turn = {
            { "org.example.Split", "org.example.Split" },
            { "String[]", "String", "int", "byte[]" },
        },
        nothing = { "void" },
    },
})

scenario("WR-01 · Declared classes, overloaded methods and void arrive as they were sent", {
    tags = tags,
}, function(t)
    local server = t:server { protocol = "org.example.Splitter" }
    server:on("turn", function(_, request)
        return request.path and request or { request[1], tostring(request[2]), request[3] }
    end)
    server:on("nothing", function() end)
    local client = t:client(server)

    local any = { 1, "two", { "int", 3 }, 0.5, true, { "org.apache.hadoop.io.Text", value = "t" }, { "[I", { 4 } } }
    local split = { path = "/a", kind = "RANGE", offset = 7, payload = "inside", any = any }
    t:expect(client:call("turn", split)):returns(split)
    t:expect(client:call("turn", { "\u{1F600}", 7, "raw\0" })):returns { "\u{1F600}", "7", "raw\0" }
    t:expect(client:call("nothing")):returns(nil)
    t:expect(client:call("getProtocolVersion", { "org.example.Splitter", 3 })):returns(3)
end)

scenario("WR-02 · A NameNode that exists only in a table lists, makes, moves and removes", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local namenode = t:server {
        role = roles.namenode { tree = { ["/a"] = "hello", ["/empty"] = "", ["/dir/"] = {}, ["/dir/x"] = "1" } },
    }
    local client = t:client(namenode)
    local listing = client:call("getListing", { "/", "" })
    t:expect(listing):returns()
    t:expect(#listing.value.partialListing):is(3)
    t:expect(listing.value.partialListing[1]):with { path = "a", length = 5, isdir = false }
    t:expect(client:call("getFileInfo", { "/nope" })):returns(nil)
    t:expect(client:call("mkdirs", { "/x/y", { mode = 493 } })):returns(true)
    t:expect(client:call("rename", { "/x", "/z" })):returns(true)
    t:expect(client:call("delete", { "/dir", false })):fails "remote_error":says "/dir is non empty"
    t:expect(client:call("delete", { "/z" })):returns(true)
    t:expect(client:call("getBlockLocations", { "/empty", 0, 10 }))
        :returns { fileLength = 0, underConstruction = false, blocks = {} }
    t:expect(client:call("getStats")):returns { 1 << 40, 6, (1 << 40) - 6, 0, 0, 0 }
    t:expect(client:call("setPermission", { "/zz", { mode = 0 } })):fails "remote_error":says "File does not exist: /zz"
end)

scenario("WR-03 · DataNodes register and are sent commands, TaskTrackers too", {
    releases = "-1.2",
    tags = tags,
}, function(t)
    local REGISTER = "org.apache.hadoop.hdfs.server.protocol.DatanodeCommand$Register"
    local BLOCKS = "org.apache.hadoop.hdfs.server.protocol.BlockCommand"
    local datanodes, jobtracker = roles.datanodes(), roles.jobtracker { interval = "5s" }
    local node, tracker = t:client(t:server { role = datanodes }), t:client(t:server { role = jobtracker })
    local me = { name = "dn:50010", storageID = "DS-9", infoPort = 50075, ipcPort = 50020 }

    t:expect(node:call("sendHeartbeat", { me, 1, 2, 3, 0, 0 })):returns { { REGISTER } }
    t:expect(node:call("register", me)):returns()
    local command = { BLOCKS, action = 2, blocks = { { blockId = 1, numBytes = 2, generationStamp = 3 } }, targets = {} }
    datanodes.state.commands = { command }
    t:expect(node:call("sendHeartbeat", { me, 1, 2, 3, 0, 0 })):returns { command }
    t:expect(node:call("sendHeartbeat", { me, 1, 2, 3, 0, 0 })):returns(nil)
    t:expect(datanodes.state.nodes["DS-9"].heartbeats):is(2)

    local status = { trackerName = "tt1", taskReports = { { isMap = true, progress = 0.5 } } }
    t:expect(tracker:call("heartbeat", { status, true, true, true, 0 }))
        :returns { responseId = 1, heartbeatInterval = 5000, actions = {}, recoveredJobs = {} }
    t:expect(jobtracker.state.trackers.tt1.status.taskReports[1].progress):is(0.5)
end)
