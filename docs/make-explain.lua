-- Makes docs/explain.md of scenarios that fail and of what they print:
--   lua5.4 docs/make-explain.lua SCENARIOS…              prints the page
--   lua5.4 docs/make-explain.lua --check PAGE SCENARIOS…  fails unless the page is like that
-- Beside each SCENARIOS.lua stands SCENARIOS.expected, which a test compares with real output.
local page, files = nil, { table.unpack(arg) }
if files[1] == "--check" then
    page = files[2]
    files = { table.unpack(files, 3) }
end

local head = [[
# Why a check failed

Beside what was expected and what was seen, a failed check says *why*, as far as the trace proves it: which
stage holds the call, what ended it or its connection, which time-out is armed or has fired, which fault struck
it, and why an event, a strike or a hold never came. The sentence stands in the terminal's output, in JUnit, TAP
and annotations, in the record (`why` of a `check` line) and beside the failed check in the report. Nothing is
guessed: where the trace does not tell, nothing is said.

This page is made by `docs/make-explain.lua` of `tests/harness/explain*.lua`, scenarios that fail for the reason
in their titles, and of what they print; a test compares both. Times are virtual. Each kind of explanation
is a function in `harness/explain/`.
]]

local sections, by_title = {}, {}

local function section(title)
    if not by_title[title] then
        by_title[title] = { title = title }
        table.insert(sections, by_title[title])
    end
    return by_title[title]
end

-- The results of a file, in the order of its scenarios: lists of lines.
local function read_results(path)
    local results = {}
    for line in io.lines(path) do
        if line:sub(1, 1) ~= " " then
            table.insert(results, { line })
        else
            table.insert(results[#results], line)
        end
    end
    return results
end

local function read(path)
    local results, current, at = read_results((path:gsub("%.lua$", ".expected"))), nil, 0
    local scenario
    for line in io.lines(path) do
        local title = line:match "^%-%- # (.*)$"
        if title then
            current = section(title)
        elseif line:match "^scenario%(" then
            at = at + 1
            scenario = { title = line:match '^scenario%("(.-)"', code = {}, result = results[at] }
            table.insert(current, scenario)
            table.insert(scenario.code, line)
        elseif scenario then
            table.insert(scenario.code, line)
            if line:match "^end%)" then scenario = nil end
        end
    end
    assert(at == #results, path .. ": not as many results as scenarios")
end

for _, path in ipairs(files) do read(path) end

local out = { head }
local function add(format, ...) table.insert(out, format:format(...)) end

-- The program's words, without the long texts of Java's exceptions and the line that failed.
local function shorten(line)
    line = line:gsub("^  %S+explain%S*:(%d+):", "  line %1:"):gsub("^(    seen %S+ at %S+): java.*$", "%1: …")
    line = line:gsub("^(    seen %S+ at %S+): org%.apache.*$", "%1: …")
    return (line:gsub("^(%a+) %S+@(%S+) .*$", "%1 (release %2)"))
end

-- As GitHub makes them of headings.
local function anchor(title) return (title:lower():gsub("[^%w%- ]", ""):gsub(" ", "-")) end

for _, each in ipairs(sections) do
    add("\n**%s**\n\n", each.title)
    for _, scenario in ipairs(each) do add("- [%s](#%s)\n", scenario.title, anchor(scenario.title)) end
end

for _, each in ipairs(sections) do
    add("\n## %s\n\n", each.title)
    for _, scenario in ipairs(each) do
        add("### %s\n\n```lua\n%s\n```\n\n```\n", scenario.title, table.concat(scenario.code, "\n"))
        for _, line in ipairs(scenario.result) do add("%s\n", shorten(line)) end
        add "```\n\n"
    end
end

local made = table.concat(out):gsub("\n\n+$", "\n")
if not page then
    io.write(made)
    return
end
local file = io.open(page, "rb")
if file == nil or file:read "a" ~= made then
    io.stderr:write(page, " is not up to date; run: lua5.4 docs/make-explain.lua ", table.concat(files, " "), " > ",
        page, "\n")
    os.exit(1)
end
