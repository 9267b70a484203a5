-- One FATAL reply, five calls that wait.

scenario("A FATAL reply ends the call that it names, and no other", { releases = "2.6-" }, function(t)
    local peer = t:peer() -- a socket with our codec and no manners
    local client = t:client(peer)
    local calls = t:times(5, function(i) return client:call("echo", { message = "call " .. i }) end)

    local raw = peer:accept()
    raw:open()
    local requests = t:times(5, function() return raw:recv "request" end)
    raw:send {
        "response", call = requests[3], status = "FATAL",
        class = "org.apache.hadoop.security.authorize.AuthorizationException",
        message = "User: mallory is not allowed to impersonate hdfs",
    }
    t:sleep "1s"
    t:expect(calls[3]):fails "remote_fatal":at(0)
    t:expect(calls[1]):returns { message = "call 1" }
    raw:recv "fin"
end)
