-- One call in both IPC versions: Writables in the one, protobuf in the other.

scenario("A call and an error, by every release", function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
    t:expect(client:call("throw", { class = "java.io.IOException", message = "no luck" })):fails "remote_error"
end)
