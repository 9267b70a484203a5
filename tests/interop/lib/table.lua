-- Puts what a run of judged.lua has seen into docs/interop.md:
--   for r in 0.20 1.2 2.6 3.4; do ripcord run --world live --release $r tests/interop/judged.lua --verbose; done |
--       lua5.4 tests/interop/lib/table.lua docs/interop.md
local kinds = { "real client, real server", "real client, our server", "our client, real server" }

-- Rows in order: { entry, title, releases = { … }, [kind] = seen }
local function read(lines)
    local rows, found, release = {}, {}, nil
    for line in lines do
        release = line:match "@([%d.]+)  " or release
        local entry, title, kind, seen = line:match "^%s*| ([%u%d-]+) | (.-) | (.-) | (.-) |$"
        if entry then
            local key = entry .. title .. release
            local row = found[key]
            if not row then
                row = { entry, title, release = release }
                rows[#rows + 1], found[key] = row, row
            end
            row[kind] = seen
        end
    end
    return rows
end

local function version_of(row) return row.release < "2" and 4 or 9 end

local function same(a, b)
    for _, kind in ipairs(kinds) do
        if a[kind] ~= b[kind] then return false end
    end
    return a[1] == b[1] and a[2] == b[2] and version_of(a) == version_of(b)
end

-- Releases that do the same share a row.
local function merged(rows)
    local all = {}
    for _, row in ipairs(rows) do
        local twin
        for _, other in ipairs(all) do twin = twin or same(row, other) and other end
        if twin then
            twin.release = twin.release .. ", " .. row.release
        else
            all[#all + 1] = row
        end
    end
    table.sort(all, function(a, b)
        if a[1] ~= b[1] then return a[1] < b[1] end
        if a[2] ~= b[2] then return a[2] < b[2] end
        return a.release < b.release
    end)
    return all
end

local function cell(row, kind)
    local seen = row[kind]
    return not seen and "not played" or kind ~= kinds[1] and seen == row[kinds[1]] and "the same" or seen
end

local function written(rows, version)
    local out = {
        ("### IPC version %d\n"):format(version),
        "| entry | releases | what is claimed | real with real (ms) | real client, our server | our client, real server |",
        "|---|---|---|---|---|---|",
    }
    for _, row in ipairs(rows) do
        if version_of(row) == version then
            local seen = { cell(row, kinds[1]), cell(row, kinds[2]), cell(row, kinds[3]) }
            out[#out + 1] = ("| %s | %s | %s | %s |"):format(row[1], row.release, row[2], table.concat(seen, " | "))
        end
    end
    return table.concat(out, "\n")
end

local path = ...
local file = assert(io.open(path))
local page = file:read "a"
file:close()
local before, after = page:match "^(.-<!%-%- judged %-%->\n).-(<!%-%- end of judged %-%->.*)$"
assert(before, path .. " has no place for the table")
local rows = merged(read(io.lines()))
file = assert(io.open(path, "w"))
file:write(before, "\n", written(rows, 4), "\n\n", written(rows, 9), "\n\n", after)
file:close()
