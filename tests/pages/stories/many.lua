-- A thousand results.

local rows = {}
for i = 1, 500 do rows[i] = { number = i } end

scenario("A row of many", { releases = "2.6-", cases = rows }, function(t, case)
    t:expect(case.number % 97):is(at_least(1))
end)
