#!/bin/sh
# What a call costs does not grow with the number of calls that are under way: four times as many
# take at most five times the instructions.   many.sh RIPCORD
set -eu
ripcord=$1
command -v valgrind >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# count CALLS: the instructions of a case that has so many under way at once.
count() {
    cat >"$folder/many.lua" <<LUA
scenario("Many calls are under way on one connection", { releases = "2.6" }, function(t)
    local client = t:client(t:server { handlers = 8 })
    local calls = t:times($1, function(i) return client:call("echo", { message = "m" .. i }) end)
    t:each(calls):returns()
end)
LUA
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$ripcord" run "$folder/many.lua" --jobs 0 2>&1 |
        sed -n 's/.*Collected : //p'
}

few=$(count 500)
many=$(count 2000)
echo "500 calls: $few instructions, 2000 calls: $many"
[ "$many" -le $((few * 5)) ]
