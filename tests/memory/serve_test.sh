#!/bin/sh
# A server that goes on for ever gives back what each call that Lua answers has cost.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/claims.sh"
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=1"
limit=1024
! ldd "$1" | grep -qE 'lib[at]san' || limit=12288

cat >role.lua <<'END'
return {
    name = "echo",
    protocol = "org.ripcord.TestProtocol",
    methods = { echo = function(_, request) return { message = request.message } end },
}
END
cat >calls.lua <<'END'
scenario("5000 calls", { world = "live" }, function(t)
    local client = t:client "127.0.0.1:PORT"
    for _ = 1, 25 do
        local calls = t:times(200, function(i) return client:call("echo", { message = "call " .. i }) end)
        t:wait(calls)
        t:expect(calls[200]):returns { message = "call 200" }
    end
end)
END

kilobytes() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$id/status"; }

serve role.lua
sed -i "s/PORT/$port/" calls.lua
try run --release 3.4 --world live calls.lua
claim "5000 calls are answered" exits 0
before=$(kilobytes)
for round in 1 2 3 4; do
    try run --release 3.4 --world live calls.lua
    claim "and 5000 more, $round" exits 0
done
after=$(kilobytes)
claim "the server has not grown by more than $limit kB: $before kB, then $after kB" \
    [ "$after" -lt $((before + limit)) ]
finish
