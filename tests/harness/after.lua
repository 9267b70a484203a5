-- Faults that let some bytes pass first.

local struck = {
    { "server.read.error", errno = "EIO", ending = "eof", bytes = 0 },
    { "server.read.error", errno = "EIO", after = 3, ending = "eof", bytes = 3 },
    { "server.write.error", errno = "EPIPE", ending = "eof", bytes = 0 },
    { "server.write.error", errno = "EPIPE", after = 3, ending = "eof", bytes = 3 },
    { "client.read.error", errno = "ECONNRESET", after = 3, ending = "reset", bytes = 3 },
    { "client.write.error", errno = "ECONNRESET", after = 3, ending = "reset", bytes = 3 },
}
-- How many bytes have passed there.
local function passed(t, point)
    local sum = 0
    local field = point:find "write" and "accepted" or "bytes"
    for _, bytes in ipairs(t:events(point):map(field)) do sum = sum + bytes end
    return sum
end

local cases = {}
for _, limit in ipairs { "times", "nth", "none" } do
    for _, row in ipairs(struck) do
        cases[#cases + 1] = { name = ("%s %d %s"):format(row[1], row.after or 0, limit), row = row, limit = limit }
    end
end

scenario("An error strikes behind its bytes, whatever limits it", { cases = cases }, function(t, case)
    local row = case.row
    local server = t:server()
    local client = t:client(server)
    local aim = { server, errno = row.errno, after = row.after }
    if case.limit ~= "none" then aim[case.limit] = 1 end
    t:fault(row[1], aim)
    t:expect(client:call("echo", { message = "hi" })):fails(row.ending)
    t:expect(passed(t, (row[1]:gsub("%.error$", "")))):is(row.bytes)
end)

scenario("A read stops behind its bytes", {
    cases = { { name = "client", bytes = 1024 }, { name = "server", bytes = 40 } },
}, function(t, case)
    local server = t:server()
    local client = t:client(server)
    local deaf = t:fault(case.name .. ".read.stop", { server, after = case.bytes })
    local call = client:call("blob", { size = "4KiB" })
    t:sleep "1s"
    t:expect(call):pending()
    t:expect(deaf.strikes):is(1)
    t:expect(passed(t, case.name .. ".read")):is(case.bytes)
    deaf:lift()
    t:expect(call):returns():at "1s"
end)
