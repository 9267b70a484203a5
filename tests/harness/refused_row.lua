scenario("rows have one shape", { cases = { { a = 1 }, { 7, b = 1 } } }, function() end)
