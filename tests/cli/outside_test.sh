#!/bin/sh
# Faults armed from outside: fiu-run and fiu-ctrl reach our points, and the run says so.
if ! command -v fiu-run >/dev/null || ! command -v fiu-ctrl >/dev/null; then
    echo "skipped: fiu-run and fiu-ctrl are not installed (Debian: fiu-utils)"
    exit 77
fi
if ldd "$1" | grep -qE 'lib[at]san'; then
    echo "skipped: a sanitizer and what fiu-run preloads can't both come first"
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"

cat >echo.lua <<'END'
scenario("FO-01 · A call is answered", function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns { message = "hi" }
end)
END
cat >later.lua <<'END'
scenario("FO-02 · A call is answered, later", { limit = "20s" }, function(t)
    local client = t:client(t:server())
    local call
    for _ = 1, 1000 do
        call = client:call("echo", { message = "hi" })
        t:wait(call)
        if call.ending ~= "value" then break end
        t:sleep "10ms"
    end
    t:expect(call):returns { message = "hi" }
end)
END

# arm COMMAND ARGUMENT…: run the program as fiu-run does with this command.
arm() {
    command=$1
    shift
    fiu-run -x -c "$command" "$ripcord" "$@" >out 2>err </dev/null
    code=$?
}
recorded() { grep -q "\"type\":\"fault\".*\"kind\":\"$1\".*armed from outside.*\"strikes\":[1-9]" rec/*.jsonl; }
warned() { grep -q '"type":"log".*the seed alone won' rec/*.jsonl; }
seed_alone="faults armed from outside struck in 1 of them: a seed alone won't replay those"

arm "enable name=ripcord/server/write/short" run echo.lua --release 3.4 --record rec
claim "short writes in the simulation, and the call returns" all 'exits 0' 'says "1 passed"'
claim "the record has the fault and its strikes" recorded server.write.short
claim "the run says that its seed alone won't replay it" all 'says "$seed_alone"' warned

rm -rf rec
arm "enable name=ripcord/server/execute/throw" run echo.lua --release 3.4 --record rec
claim "a Handler throws" all 'exits 1' 'says "java.io.IOException: a fault armed from outside"'
claim "that is recorded too" recorded server.execute.throw

rm -rf rec
arm "enable name=ripcord/server/read/error" run echo.lua --release 2.6 --world live --record rec
claim "a Reader fails, live" all 'exits 1' 'recorded server.read.error'
claim "live, nobody promises a replay" all '! says "$seed_alone"' '! warned'

arm "enable name=ripcord/client/write/short,failinfo=7,onetime" run echo.lua --release 3.4
claim "failinfo is the number that matters" exits 0
arm "enable name=ripcord/no/such/point" run echo.lua --release 3.4
claim "an unknown name strikes nobody" all 'exits 0' '! says "from outside"'
try run echo.lua --release 3.4
claim "without fiu-run nothing strikes" all 'exits 0' '! says "from outside"'

# fiu-ctrl, while the program runs: each of its processes by its own id.
rm -rf rec
fiu-run -x -f "$folder/control" "$ripcord" run later.lua --release 3.4 --world live --jobs 1 --record rec \
    >out 2>err </dev/null &
id=$!
started="$started $id"
command_all() {
    for pipe in "$folder"/control-*.in; do
        [ -p "$pipe" ] || return 1
        process=${pipe##*-}
        fiu-ctrl -f "$folder/control" -c "$1" "${process%.in}" || return 1
    done
}
two_processes() { [ "$(ls "$folder"/control-*.in 2>/dev/null | wc -l)" -ge 2 ]; }
eventually two_processes
sleep 0.5
claim "fiu-ctrl finds the program and its worker" command_all "enable name=ripcord/server/execute/throw"
wait $id
code=$?
claim "what it arms strikes at once" all 'exits 1' 'recorded server.execute.throw'

# A server that serves tells of each strike.
rm -f "$folder"/control-*
fiu-run -x -f "$folder/control" "$ripcord" serve test -v --listen 127.0.0.1:0 >served 2>served_err </dev/null &
id=$!
started="$started $id"
eventually grep -q "^listening on" served
at=$(sed -n 's/^listening on //p' served)
fiu-ctrl -f "$folder/control" -c "enable name=ripcord/wire/response/swallow,onetime" $id
try call "$at" org.ripcord.TestProtocol echo '{"message":"hi"}' --timeout 300ms
claim "ripcord serve loses a response" all 'exits 1' 'complains "no answer within 300ms"'
shown='wire.response.swallow connection=1 call=0 .*method=echo: a fault armed from outside has struck'
claim "which -v shows" grep -q "$shown" served
try call "$at" org.ripcord.TestProtocol echo '{"message":"hi"}'
claim "once, as it was armed" all 'exits 0' '[ "$(grep -c "has struck" served)" -eq 1 ]'
stop INT
finish
