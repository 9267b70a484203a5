-- Scenarios of the catalogue in both worlds at once: what real Hadoop does with itself, our client with it, and
-- it with our server.  Short settings, so that each takes a second or two; @300 is a time in ms.

local pairing = include "lib/pairing.lua"
local replies = include "lib/replies.lua"

-- Those of overload come last: twelve MiB make the others late.
local groups = { "slow", "drop", "idle", "fatal", "connect", "completion", "badinput", "shutdown", "overload" }

-- An entry's `releases` and the keys of `sees`, where that is a table, are ranges; without one it is for all.
local function of_release(t)
    local wire, own = replies(t), {}
    for _, group in ipairs(groups) do
        for _, entry in ipairs(include("lib/timetables/" .. group .. ".lua")(wire)) do
            if pcall(t.by, t, { [entry.releases or "-3.4"] = true }) then
                entry.sees = type(entry.sees) == "table" and t:by(entry.sees) or entry.sees
                own[#own + 1] = entry
            end
        end
    end
    return own
end

-- A busy machine disturbs one or another: those that were not seen as expected are played once more, with less beside
-- them, and what differs does so each time.
local ROUNDS = 3

-- What was seen of each entry.
local function judge(t, kind, entries)
    local seen, left = {}, entries
    for _ = 1, ROUNDS do
        local again = {}
        for i, played in ipairs(pairing.play(t, kind, left)) do
            local entry = left[i]
            seen[entry] = pairing.graced(played, entry)
            if seen[entry] ~= entry.sees then again[#again + 1] = entry end
        end
        left = again
        if #left == 0 then break end
    end
    return seen
end

local cases = {}
for i, kind in ipairs(pairing.kinds) do cases[i] = { name = kind } end

scenario("JU-01 · Ours do with real Hadoop what real Hadoop does with itself", {
    world = "live",
    releases = "-1.2,2.6,3.4",
    cases = cases,
}, function(t, row)
    local entries = of_release(t)
    local seen = judge(t, row.name, entries)
    for _, entry in ipairs(entries) do
        t:answer(("| %s | %s | %s | %s |"):format(entry[1], entry[2], row.name, seen[entry]:gsub("@", "")))
        t:expect({ entry[1], entry[2], seen[entry] }):is { entry[1], entry[2], entry.sees }
    end
end)
