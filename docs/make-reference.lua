-- Makes docs/language.md of the annotations in harness/library/ripcord.lua, and plays nothing:
--   lua5.4 docs/make-reference.lua ANNOTATIONS           prints the page
--   lua5.4 docs/make-reference.lua ANNOTATIONS PAGE      fails unless the page is like that
local annotations, page = arg[1], arg[2]
local out = {}

local function add(format, ...) out[#out + 1] = format:format(...) end

-- What stands for a thing in the page: t for the scenario, the word for every other class.
local function caller_of(class) return class == "Scenario" and "t" or class:lower() end

local function escape(text) return (text:gsub("|", "\\|")) end

-- "name? type text": a type may have spaces inside brackets and after colons and bars.
local function split_type(text)
    local depth, at = 0, 1
    while at <= #text do
        local char = text:sub(at, at)
        if char:find "[%({<]" then depth = depth + 1 end
        if char:find "[%)}>]" then depth = depth - 1 end
        if char == " " and depth == 0 and not text:sub(at - 1, at - 1):find "[:|,]" then break end
        at = at + 1
    end
    return text:sub(1, at - 1), text:sub(at + 1)
end

local function row(text)
    local name, rest = text:match "^(%S+)%s+(.*)$"
    local kind, words = split_type(rest)
    add("| `%s` | `%s` | %s |", name, escape(kind), escape(words))
end

local function say_fields(block)
    if #block.fields == 0 then return end
    add ""
    add "| field | is | |"
    add "|---|---|---|"
    for _, field in ipairs(block.fields) do row(field) end
end

local function say_class(block)
    add("\n### %s\n", block.class)
    for _, line in ipairs(block.text) do add("%s", line) end
    say_fields(block)
end

local function say_function(block, head, arguments)
    local class, colon, name = head:match "^([%w_]+)([:.])([%w_]+)$"
    add("\n**`%s%s(%s)`**", class and caller_of(class) .. colon or "", name or head, arguments)
    if #block.text > 0 then add("%s", table.concat(block.text, " ")) end
    for _, returned in ipairs(block.returns) do
        local kind, words = split_type(returned)
        add("Gives `%s`%s.", kind, words ~= "" and ": " .. words or "")
    end
end

local function fresh() return { text = {}, fields = {}, returns = {} } end

local function take_tag(block, tag, rest)
    if tag == "class" then block.class = rest:match "^%(exact%) ([%w_]+)" or rest:match "^[%w_]+" end
    if tag == "field" then block.fields[#block.fields + 1] = rest end
    if tag == "return" then block.returns[#block.returns + 1] = rest end
    if tag == "type" then block.text[#block.text + 1] = select(2, split_type(rest)) end
    if tag == "alias" then
        local name, kind = rest:match "^([%w_]+)%s+(.*)$"
        add("\n**%s** (`%s`): %s", name, kind, table.concat(block.text, " "))
        block.text = {}
    end
end

local function take_line(block, line)
    local section = line:match "^%-%- %-%-%- (.-) %-+$"
    if section then add("\n## %s", section:sub(1, 1):upper() .. section:sub(2)) end
    local tag, rest = line:match "^%-%-%-@(%w+)%s*(.*)$"
    if tag then
        take_tag(block, tag, rest)
    elseif line:match "^%-%-%-" then
        block.text[#block.text + 1] = line:match "^%-%-%-%s*(.*)$"
    else
        local head, arguments = line:match "^function ([%w_:.]+)%((.*)%) end"
        assert(head or not line:find "^function", line .. ": not understood, and left out")
        if head then
            say_function(block, head, arguments)
        elseif block.class then
            say_class(block)
        elseif line:match "^[%w_]+ = nil" and #block.text > 0 then
            add("\n**`%s`**\n%s", line:match "^[%w_]+", table.concat(block.text, " "))
        end
        return fresh()
    end
    return block
end

add "# The scenario language: reference"
add "\nMade of `harness/library/ripcord.lua` by `docs/make-reference.lua`; edit that, not this."
local block = fresh()
for line in io.lines(annotations) do block = take_line(block, line) end
take_line(block, "")
local made = table.concat(out, "\n") .. "\n"

if page == nil then
    io.write(made)
    return
end
local file = io.open(page, "rb")
if file == nil or file:read "a" ~= made then
    io.stderr:write(page, " is not up to date; run: lua5.4 docs/make-reference.lua ", annotations,
        " > ", page, "\n")
    os.exit(1)
end
