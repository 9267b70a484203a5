-- Of `n` steps of an entry each made by `step(i)`.
return function(n, step)
    local steps = {}
    for i = 1, n do steps[i] = step(i) end
    return steps
end
