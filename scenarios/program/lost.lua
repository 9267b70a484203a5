-- What a real client does when its NameNode swallows a reply.

scenario("A real client meets a NameNode whose first listing is lost", { world = "live", releases = "2.2-" }, function(t)
    local namenode = t:server { role = roles.namenode { tree = { ["/a"] = "hello" } } }
    local lost = t:fault("wire.response.swallow", { namenode, method = "getListing", nth = 1 })
    local ls = t:program { "hdfs", "ls", "/", env = { HADOOP_NAMENODE = namenode.address } }
    t:wait(function() return lost.strikes == 1 end)
    t:sleep "1s"
    t:expect(ls.status):is(nil) -- it has no rpc time-out: only the end of the connection wakes it
    namenode:stop()

    t:expect(ls):exits(1):took(at_most "20s"):says "EOF"
end)
