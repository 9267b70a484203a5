-- Makes docs/questions.md of what the scenarios in scenarios/questions print:
--   ripcord run scenarios/questions | lua5.4 docs/make-questions.lua         prints the page
--   ripcord run scenarios/questions | lua5.4 docs/make-questions.lua PAGE    fails unless the page is like that
-- The question is the comment at the head of each file, the answers are t:answer's.
local page = arg[1]
local RELEASES = 5
local out = {}

local function add(format, ...) out[#out + 1] = format:format(...) end

-- The comment at the head of a file, as one line.
local function question_of(path)
    local words = {}
    for line in io.lines(path) do
        local text = line:match "^%-%-%s*(.*)"
        if not text then break end
        words[#words + 1] = text
    end
    return table.concat(words, " ")
end

-- Titles stand where scenarios are declared; their names in results are made of them.
local function slug(title) return (title:lower():gsub("[^%w]+", "-"):gsub("^%-", ""):gsub("%-$", "")) end

local function titles_of(path)
    local titles, text = {}, assert(io.open(path)):read "a"
    for title in text:gmatch '\nscenario%("([^\n]*)",' do titles[#titles + 1] = title end
    return titles
end

-- "stop.some-title/case" of "questions.stop.some-title/case@2.6#1": file, rest, release.
local function parts_of(result)
    local name, release = result:match "^questions%.(.-)@([%d.]+)"
    if not name then return end
    return name:match "^[^./]+", name, release
end

local files, by_file = {}, {} -- file -> { order, answers = { name -> { order, text -> releases } } }

local function keep(file, name, release, text)
    if not by_file[file] then
        files[#files + 1] = file
        by_file[file] = { names = {}, of = {} }
    end
    local names = by_file[file]
    if not names.of[name] then
        names.names[#names.names + 1] = name
        names.of[name] = { texts = {}, releases = {} }
    end
    local answers = names.of[name]
    if not answers.releases[text] then
        answers.texts[#answers.texts + 1] = text
        answers.releases[text] = {}
    end
    local releases = answers.releases[text]
    if releases[#releases] ~= release then releases[#releases + 1] = release end
end

local file, name, release
for line in io.lines() do
    local result = line:match "^%a+%s+(questions%.%S+@%S+)"
    local answer = line:match "^    (%S.*)"
    if result then
        file, name, release = parts_of(result)
    elseif answer and file then
        keep(file, name, release, answer)
    else
        file = nil
    end
end

add "# What the articles leave open"
add "\nHadoop's RPC is described well in a few places, and each of them leaves questions. These are answered"
add "by playing them, in every release that ripcord has (0.20 is 0.20.203, 1.2 is 1.2.1): each answer below was"
add "printed by the scenario that is named above it. `docs/make-questions.lua` makes this page of such a run."
for _, of in ipairs(files) do
    local path = ("scenarios/questions/%s.lua"):format(of)
    add("\n## %s\n", question_of(path))
    add("`ripcord run %s`", path)
    local titles = titles_of(path)
    local last
    for _, full in ipairs(by_file[of].names) do
        local title = titles[1]
        for _, candidate in ipairs(titles) do
            if full:find("." .. slug(candidate), 1, true) then title = candidate end
        end
        if title ~= last then add("\n**%s.**\n", title) end
        last = title
        local answers = by_file[of].of[full]
        for _, text in ipairs(answers.texts) do
            local releases = answers.releases[text]
            add("- %s: %s", #releases == RELEASES and "every release" or table.concat(releases, ", "), text)
        end
    end
end

local made = table.concat(out, "\n") .. "\n"
if not page then
    io.write(made)
elseif assert(io.open(page)):read "a" ~= made then
    io.stderr:write(page, " is not what the runs say; make it anew with docs/make-questions.lua\n")
    os.exit(1)
end
