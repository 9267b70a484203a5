scenario("Releases that are none", { releases = "9.1-" }, function(t) t:expect(1):is(1) end)
