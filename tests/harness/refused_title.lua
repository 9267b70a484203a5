scenario("one title", function() end)
scenario("one title", function() end)
