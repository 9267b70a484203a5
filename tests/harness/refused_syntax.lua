scenario("a sentence", function(t)
    t:expect(1:is(1)
end)
