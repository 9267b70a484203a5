scenario("an option has a name", { relases = "2.6" }, function() end)
