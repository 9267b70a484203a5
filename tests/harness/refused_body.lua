scenario("A title and options", { releases = "2.6" })
