scenario("a failure that is known has a reference", { known = "" }, function() end)
