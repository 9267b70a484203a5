-- ObjectProtocol of tests/java/writable, played by ours: whatever it is given it gives back.
local objects = {}

local types = {
    "String", "boolean", "byte", "char", "short", "int", "long", "float", "double", "int[]", "byte[]", "String[]",
    "String[][]", "org.apache.hadoop.io.Text[]", "org.ripcord.Colour", "org.apache.hadoop.io.Text",
    "org.apache.hadoop.io.Writable",
}

function objects.server(t)
    local echo = {}
    for i, name in ipairs(types) do echo[i] = { name, name } end
    t:writable("org.ripcord.Colour", { enum = { "RED", "GREEN" } })
    t:protocol("org.ripcord.ObjectProtocol", {
        version = 1,
        methods = {
            echo = echo,
            nothing = { "void" },
            boxed = { "int" },
            join = { "String", "String", "int", "String" },
        },
    })
    local server = t:server { protocol = "org.ripcord.ObjectProtocol" }
    server:on("echo", function(_, request)
        -- An only parameter that is a Writable comes by itself, as its fields; others as a list.
        if request and request[1] == "org.apache.hadoop.io.ObjectWritable" then return request end
        for key in pairs(request or {}) do
            if type(key) == "string" then return request end
        end
        return request and request[1]
    end)
    server:on("nothing", function() end)
    server:on("boxed", function() return 7 end)
    server:on("join", function(_, request) return request[1] .. request[2] .. request[3] end)
    return server
end

return objects
