-- The fault change takes of a message what send takes.

local R = { releases = "0.20-" }

scenario("A request goes on with another value", R, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.request.change", { client, nth = 1, fields = { value = { message = "b" } } })
    t:expect(client:call("echo", { message = "a" })):returns { message = "b" }
    t:expect(client:call("echo", { message = "a" })):returns { message = "a" }
end)

scenario("A response goes on with another value, made for its call's method", R, function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.change", { client, method = "echo", fields = { value = { message = "b" } } })
    t:fault("wire.response.change", { client, method = "blob", fields = { value = { data = "c" } } })
    t:expect(client:call("echo", { message = "a" })):returns { message = "b" }
    t:expect(client:call("blob", { size = 5 })):returns { data = "c" }
end)

scenario("A value is written as the method that the request then has takes it", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.request.change", { client, fields = { method = "echo", value = { message = "b" } } })
    t:expect(client:call("blob", { size = 5 })):returns { data = "b" }
end)

scenario("A value's bytes go out as they are", function(t)
    local server = t:server()
    local client = t:client(server)
    t:fault("wire.response.change", { client, nth = 1, fields = { bytes = "\10\1b" } })
    t:fault("wire.response.change", { client, nth = 1, fields = { value = "\10\1c" } })
    t:expect(client:call("echo", { message = "a" })):returns { message = "b" }
    t:expect(client:call("echo", { message = "a" })):returns { message = "c" }
end)

scenario("What no message could say is an error where the fault is armed", function(t)
    local function mistake(what, fields)
        local well, why = pcall(t.fault, t, "wire.response.change", { fields = fields })
        t:expect(well):is(false)
        t:expect(why):is(has(what))
    end
    mistake("no message has a field 'valu'", { valu = "x" })
    mistake("value: a number, a string or false (absent) expected, or a table, got boolean", { value = true })
    mistake("bytes: no message can have 5 there", { bytes = 5 })
    mistake("status: no message can have 'BAD' there", { status = "BAD" })
end)

scenario("What the method does not take breaks the case, and names the fault's line", function(t)
    local client = t:client(t:server())
    t:fault("wire.request.change", { client, fields = { value = { massage = "b" } } })
    t:expect(client:call("echo", { message = "a" })):returns { message = "a" }
end)
