-- Find the fewest acts of a story that still fails, and tell them.
--
--     lua5.4 shrink.lua PROGRAM FOLDER --release R --seed N [OPTION...]
--
-- Options are those of `ripcord run` that say how the story is played.  FOLDER gets the story,
-- small, to be played again.  A story fails alike if its first complaint is the same; in live it
-- may fail only now and then.
-- Exit codes: 0 found, 1 the story does not fail, 2 bad usage.

local here = arg[0]:match "^(.*)/" or "."

local function give_up(code, text)
    io.stderr:write("shrink: ", text, "\n")
    os.exit(code)
end

local function quoted(text)
    return text:find "[^%w./_-]" and "'" .. text:gsub("'", "'\\''") .. "'" or text
end

local function read(name)
    local file = io.open(name, "rb") or give_up(2, "can't read " .. name)
    local bytes = file:read "a"
    file:close()
    return bytes
end

local function write(name, bytes)
    local file = io.open(name, "wb") or give_up(2, "can't write " .. name)
    file:write(bytes)
    file:close()
end

-- --- what is played -------------------------------------------------------------------------

-- Of `ripcord run`: whether a word follows.
local known = { release = true, seed = true, world = true, speed = true, tolerance = true, rough = false,
    threads = false }

local function options_of(words)
    local options, plain, given, i = {}, {}, {}, 1
    while i <= #words do
        local name = words[i]:match "^%-%-(%l+)$"
        if name and known[name] ~= nil then
            local last = known[name] and i + 1 or i
            given[#given + 1] = table.concat(words, " ", i, math.min(last, #words))
            options[name], i = words[last] or "", last
        elseif words[i]:find "^%-" then
            give_up(2, "there is no option " .. words[i])
        else
            plain[#plain + 1] = words[i]
        end
        i = i + 1
    end
    if #plain ~= 2 or not options.release or not tostring(options.seed):find "^%d+$" then
        give_up(2, "usage: shrink.lua PROGRAM FOLDER --release R --seed N [OPTION...]")
    end
    options.program, options.folder, options.given = plain[1], plain[2], table.concat(given, " ")
    return options
end

local function command(options)
    return ("%s run %s/chaos.lua %s"):format(quoted(options.program), quoted(options.folder), options.given)
end

local function row_text(row)
    return ("{ name = %q, tell = %s, keep = %s },\n"):format(row.name, row.tell or false,
        row.keep and ("{ %s }"):format(table.concat(row.keep, ", ")) or "nil")
end

-- Play a row for each; what is said of each, line by line, by its name.
local function play(options, rows)
    local texts, said = {}, {}
    for i, row in ipairs(rows) do texts[i] = row_text(row) end
    write(options.folder .. "/keep.lua", "return {\n" .. table.concat(texts) .. "}\n")
    local output, lines = io.popen(command(options) .. " --verbose 2>&1"), nil
    for line in output:lines() do
        local status, name = line:match "^(%l+)%s+[^%s/]*chaos/(%S-)@"
        if name then
            lines = { status }
            said[name] = lines
        elseif lines then
            lines[#lines + 1] = line
        end
    end
    output:close()
    return said
end

-- A failure's first complaint: its status and the line below the title; nil: it passed.
local function complaint(lines)
    if not lines or lines[1] == "passed" then return nil end
    return lines[1] .. (lines[3] or "")
end

-- --- fewer acts -----------------------------------------------------------------------------

local function without(list, first, last)
    local rest = {}
    for i, value in ipairs(list) do
        if i < first or i > last then rest[#rest + 1] = value end
    end
    return rest
end

-- The rest of `acts` that fails alike when one of the pieces of that size is left out; nil: none does.
local function smaller(options, acts, size, wanted)
    local rows = {}
    for first = 1, #acts, size do
        rows[#rows + 1] = { name = "at" .. first, keep = without(acts, first, first + size - 1) }
    end
    local said = play(options, rows)
    for _, row in ipairs(rows) do
        if complaint(said[row.name]) == wanted then return row.keep end
    end
end

local function shrink(options, acts, wanted)
    local size = (#acts + 1) // 2
    while size >= 1 and #acts > 0 do
        local rest = smaller(options, acts, size, wanted)
        if rest then
            acts = rest
            size = math.min(size, math.max(1, #acts // 2))
        else
            size = size // 2
        end
    end
    return acts
end

-- --- all ------------------------------------------------------------------------------------

-- Acts by number, in words.
local function told(lines)
    local numbers, texts = {}, {}
    for _, line in ipairs(lines or {}) do
        local number = line:match "^%s+(%d+)  at "
        if number then
            numbers[#numbers + 1] = tonumber(number)
            texts[tonumber(number)] = line
        end
    end
    return numbers, texts
end

local options = options_of(arg)
os.execute("mkdir -p " .. quoted(options.folder))
for _, name in ipairs { "acts.lua", "chaos.lua" } do
    write(options.folder .. "/" .. name, read(here .. "/" .. name))
end
local said = play(options, { { name = "whole" }, { name = "tell", tell = true } })
local wanted = complaint(said.whole)
if not wanted then give_up(1, "the story does not fail") end
local acts, texts = told(said.tell)
local few = shrink(options, acts, wanted)
local last = play(options, { { name = "small", keep = few } }).small
print(("%d of %d acts are enough:"):format(#few, #acts))
for _, number in ipairs(few) do print(texts[number]) end
for i = 3, #last do
    if last[i]:find "^%s+replay" then break end
    print(last[i])
end
print("replay    " .. command(options))
