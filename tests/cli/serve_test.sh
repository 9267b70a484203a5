#!/bin/sh
# ripcord serve: where a file's servers listen, what --conf takes, what -v shows.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"

protocol=org.ripcord.TestProtocol
echoes() { "$ripcord" call "$1" $protocol echo '{"message":"hi"}' --timeout 5s >out 2>err; }
listens_once() { [ "$(grep -c "^listening on " served)" -eq 1 ]; }

# --- --listen and a file's own scenario
cat >own.lua <<'LUA'
scenario("Two servers, the first with a port of its own", { world = "live" }, function(t)
    t:server { port = PORT }
    t:server()
    t:server()
    t:server { start = false }
end)
LUA
serve test
claim "a role's address is printed once" listens_once
taken=$at
stop INT
sed "s/PORT/${taken##*:}/" own.lua >two.lua
"$ripcord" serve two.lua --listen "$taken" >served 2>served_err </dev/null &
id=$!
started="$started $id"
eventually grep -q "^listening on $taken" served
claim "a scenario's own port stays" grep -q "^listening on 127\.[0-9]*\.0\.2:${taken##*:}$" served
claim "the first server without a place takes --listen" all 'grep -qx "listening on $taken" served' 'echoes "$taken"'
claim "each server that starts is printed" eventually eval '[ "$(grep -c "^listening on " served)" -eq 3 ]'
stop INT

cat >alone.lua <<'LUA'
scenario("A server where it wants to be", { world = "live" }, function(t)
    t:server { host = "here" }
end)
LUA
"$ripcord" serve alone.lua >served 2>served_err </dev/null &
id=$!
started="$started $id"
eventually grep -q "^listening on" served
claim "without --listen nobody need be there" grep -q "^listening on 127\.[0-9]*\.0\.2:" served
stop INT
refuses "with it somebody must" 2 "no server of alone.lua takes --listen 127.0.0.1:0: only one without" \
    serve alone.lua --listen 127.0.0.1:0

cat >again.lua <<'LUA'
scenario("A server that starts again", { world = "live" }, function(t)
    local server = t:server()
    server:stop()
    t:sleep "50ms"
    server:start()
end)
LUA
serve again.lua
claim "one that starts again is printed again, where it was" \
    eventually eval '[ "$(grep -cx "listening on $at" served)" -eq 2 ]'
refuses "a place that is taken" 2 "cannot listen on $at: another program does; --listen HOST:0" \
    serve again.lua --listen "$at"
stop INT

cat >taken.py <<'PY'
import socket, time
try:
    listener = socket.create_server(("127.0.0.1", 8020))
except OSError:
    pass  # somebody has it already
print("taken", flush=True)
time.sleep(60)
PY
python3 taken.py >taken &
id=$!
started="$started $id"
eventually grep -q taken taken
for what in test own.lua; do
    sed "s/PORT/8021/" -i own.lua
    refuses "of $what the usual place, taken" 2 \
        "cannot listen on 127.0.0.1:8020: another program does; --listen HOST:0 finds a free port" serve $what
done
kill -KILL $id
wait $id 2>/dev/null

# --- an output that takes nothing
"$ripcord" serve test --listen 127.0.0.1:0 >/dev/full 2>served_err </dev/null &
id=$!
started="$started $id"
claim "a full disk is told once, and it serves on" \
    all 'eventually grep -q "cannot write what happens, but serves on: No space left" served_err' 'kill -0 $id'
stop INT
claim "to its end" all 'exits 130' '[ "$(wc -l <served_err)" -eq 1 ]'
"$ripcord" serve test --listen 127.0.0.1:0 >&- 2>served_err </dev/null &
id=$!
started="$started $id"
claim "a closed output is none of its connections" \
    eventually grep -q "cannot write what happens, but serves on: Bad file descriptor" served_err
stop INT

# --- settings
refuses "a setting without a value" 2 "--conf takes KEY=VALUE, got 'ipc.ping.interval'" \
    serve test --conf ipc.ping.interval
refuses "a setting that is none names the nearest" 2 \
    "ripcord: --conf ipc.ping.intervl=5: no release of Hadoop has the setting ipc.ping.intervl; did you mean 'ipc.ping.interval'?" \
    serve test --conf ipc.ping.intervl=5
refuses "a value that does not fit" 2 \
    "ripcord: --conf ipc.maximum.data.length=big: ipc.maximum.data.length takes a size: 64KiB, or bytes; got 'big'" \
    serve test --conf ipc.maximum.data.length=big
refuses "a size below zero" 2 "takes a size" serve test --conf ipc.maximum.data.length=-1
refuses "a size beyond all numbers" 2 "takes a size: 64KiB, or bytes; got '99999999999999999999'" \
    serve test --conf ipc.maximum.data.length=99999999999999999999
refuses "a time beyond all numbers" 2 "takes a time: 5s, or milliseconds; got '99999999999999999999'" \
    serve test --conf ipc.ping.interval=99999999999999999999
refuses "a word where a truth is wanted" 2 "takes true or false; got '7'" serve test --conf ipc.server.tcpnodelay=7
refuses "a setting of another release" 2 \
    "ripcord: --conf ipc.8020.backoff.enable=true: release 1.2 has no setting ipc.8020.backoff.enable" \
    serve test --release 1.2 --conf ipc.8020.backoff.enable=true
refuses "a client's setting too" 2 "takes a time: 5s, or milliseconds; got 'soon'" \
    call 127.0.0.1:1 $protocol echo --conf ipc.ping.interval=soon
refuses "settings of a scenario that has its own" 2 "in own.lua the scenario 'Two servers, the first with" \
    serve own.lua --conf ipc.ping.interval=5s
refuses "a role that the release does not know" 2 "the role datanodes speaks with Writables only, as releases before 2.x do" \
    serve datanodes --listen 127.0.0.1:0
refuses "Handlers of one" 2 "--conf and --handlers are for roles" serve own.lua --handlers 3
refuses "more Handlers than there may be" 2 "ripcord: handlers: 5000 is not between 1 and 1024" \
    serve test --handlers 5000 --listen 127.0.0.1:0
serve test -vv --handlers 3 --conf ipc.maximum.data.length=1KiB --conf ipc.server.tcpnodelay=false
claim "settings are told, each in its unit" \
    grep -q "^server1: handlers = 3, .*ipc.maximum.data.length = 1024" served
claim "and hold" all '"$ripcord" call "$at" $protocol echo "{\"message\":\"hi\"}"' \
    '! "$ripcord" call "$at" $protocol echo "{\"message\":\"$(printf %02000d 1)\"}" --timeout 5s'
stop INT
serve test -v
claim "they are not told to whom does not ask" all '! grep -q "^server1:" served' listens_once
stop INT

# --- strikes
cat >faults.lua <<'LUA'
scenario("The first call throws", { world = "live" }, function(t)
    local server = t:server()
    t:fault("server.execute.throw", { server, nth = 1, class = "java.io.IOException", message = "no luck" })
end)
LUA
serve faults.lua -v
claim "the fault strikes" all '! echoes "$at"' 'complains "no luck"' 'echoes "$at"'
claim "which -v shows, once" eval '[ "$(grep -c "server.execute.throw connection=1 call=0 method=echo: a fault of the scenario has struck" served)" -eq 1 ]'
claim "and of a stack its first line" grep -q 'message="no luck…" ' served
stop INT
serve faults.lua
claim "without -v it strikes in silence" all '! echoes "$at"' '! grep -q "has struck" served'
stop INT

# --- Writables
cat >sum.lua <<'LUA'
scenario("Sums", { world = "live", releases = "2.2-" }, function(t)
    t:protocol("org.example.Sum", { engine = "protobuf", methods = { of = { "int", "int[]" } } })
    local server = t:server { protocol = "org.example.Sum", engine = "writable" }
    server:on("of", function(call, request)
        if #request[1] == 0 then call:throw("java.io.IOException", "nothing to add") end
        local sum = 0
        for _, number in ipairs(request[1]) do sum = sum + number end
        return sum
    end)
end)
LUA
printf '%s\n' 'package org.example' 'protocol Sum 1' '    int of(int[])' >sum.writables
for release in 2.2 2.6 3.4; do
    serve sum.lua --release $release
    try call "$at" org.example.Sum of '[[30, 4, -2]]' --types sum.writables --release $release
    claim "$release: a file's server speaks with Writables" all 'exits 0' 'says_last 32'
    try call "$at" org.example.Sum of '[[]]' --types sum.writables --release $release
    claim "$release: and throws" all 'exits 1' 'complains "java.io.IOException: nothing to add"'
    stop INT
done

finish
