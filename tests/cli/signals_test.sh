#!/bin/sh
# Ctrl-C and SIGTERM while scenarios are played; nothing may be left behind.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"

mkdir slow
for i in 1 2 3 4 5 6 7 8; do
    cat >slow/wait$i.lua <<'LUA'
scenario("It waits a while", { releases = "2.6", world = "live" }, function(t)
    local client = t:client(t:server())
    t:sleep "30s"
    t:expect(client:call("echo", { message = "hi" })):returns()
end)
LUA
done
cat >program.lua <<'LUA'
scenario("A program runs for long", { releases = "2.6", world = "live" }, function(t)
    local sleep = t:program { "sleep", "98765" }
    t:expect(sleep):exits(0)
end)
LUA
cat >busy.lua <<'LUA'
scenario("It is busy for ever", { releases = "2.6" }, function(t)
    t:expect((("a"):rep(64)):find(("a-"):rep(32) .. "b")):is(nil)
end)
LUA
cat >late.lua <<'LUA'
local rows = {}
for i = 1, 99 do rows[i] = { n = i } end
scenario("It is busy for ever", { releases = "2.6", cases = rows }, function(t, case)
    t:expect(1):is(1)
    if case.n == 25 then
        t:expect((("a"):rep(64)):find(("a-"):rep(32) .. "b")):is(nil)
    end
end)
LUA

# start ARGUMENT…: in the background, $id is its process.
start() {
    "$ripcord" "$@" >out 2>err </dev/null &
    id=$!
    started="$started $id"
}
has_children() { [ "$(ps -o pid= --ppid "$id" 2>/dev/null | wc -l)" -ge "$1" ]; }
gone() { [ -z "$(ps -o pid= --pid "$1" 2>/dev/null)" ]; }
sleeps() { pgrep -x -f "sleep 98765" >/dev/null; }
quiet() { ! sleeps; }
ended() {
    wait "$id"
    code=$?
}

for signal in INT:130 TERM:143; do
    start run slow --world live --jobs 2 --record "records${signal%:*}" --junit "junit${signal%:*}.xml"
    eventually has_children 2
    sleep 0.5
    workers=$(ps -o pid= --ppid "$id")
    kill -"${signal%:*}" "$id"
    ended
    claim "SIG${signal%:*} is ${signal#*:}" exits "${signal#*:}"
    claim "running cases are broken, the others are not played" \
        all 'says "2 broken, 6 not played"' 'says "interrupted"'
    claim "records end as broken, interrupted" \
        grep -q '"status":"broken".*"reason":"interrupted"\|"reason":"interrupted".*"status":"broken"' \
        "records${signal%:*}/slow.wait1@2.6.jsonl"
    claim "the report is written" grep -q interrupted "junit${signal%:*}.xml"
    for worker in $workers; do
        claim "worker $worker is gone" gone "$worker"
    done
done

start run program.lua --world live --jobs 1
eventually sleeps
kill -TERM "$id"
ended
claim "a program of an interrupted case is killed" all 'exits 143' 'quiet'

start run busy.lua --wall 30 --jobs 1
eventually has_children 1
sleep 0.3
kill -INT "$id"
sleep 0.3
kill -INT "$id"
ended
claim "a second signal ends it at once" exits 130

start run program.lua --world live --jobs 1
eventually sleeps
worker=$(ps -o pid= --ppid "$id" | tr -d ' ')
kill -KILL "$worker"
ended
claim "a worker that is killed costs its case only" all 'exits 2' 'says "it crashed: Killed (signal 9)"'
claim "and leaves no program behind" quiet

start run slow/wait1.lua program.lua --world live --jobs 2
eventually sleeps
kill -KILL "$id"
wait "$id" 2>/dev/null
claim "when the parent is killed, workers and programs end too" eventually quiet

# Within three seconds; what has not ended then is killed.
soon_ended() {
    for _ in $(seq 30); do
        case $(ps -o stat= --pid "$id" 2>/dev/null) in
        '' | Z*)
            ended
            return 0
            ;;
        esac
        sleep 0.1
    done
    kill -KILL "$id"
    ended
    return 1
}

# The thread sanitizer keeps signals back until the program calls something.
if ! ldd "$ripcord" | grep -q libtsan; then
    start run busy.lua --wall 60 --jobs 1
    eventually has_children 1
    sleep 0.3
    worker=$(ps -o pid= --ppid "$id" | tr -d ' ')
    kill -KILL "$id"
    wait "$id" 2>/dev/null
    gone() { ! kill -0 "$worker" 2>/dev/null; }
    claim "even one that does not look up" eventually gone

    for world in sim live; do
        start run late.lua --world "$world" --jobs 1 --record "late$world" --junit "late$world.xml"
        eventually test -e "late$world/late+n=25@2.6.jsonl"
        sleep 0.3
        kill -INT "$id"
        claim "in $world one signal is enough for one that does not look up" soon_ended
        claim "it is as with any other" all 'exits 130' 'says "24 passed, "' 'says "not played; interrupted"'
        claim "what it has asked is kept" grep -q '"ok":true.*"t:expect(1):is(1)"' "late$world/late+n=25@2.6.jsonl"
        claim "and reported" all 'grep -q "tests=.* errors=" "late$world.xml"' \
            'grep -A 9 "name=\"late/n=25@2.6\"" "late$world.xml" | grep -q "message=\"interrupted\""'

        start run late.lua --world "$world" --jobs 0 --record "here$world"
        eventually test -e "here$world/late+n=25@2.6.jsonl"
        sleep 0.3
        kill -INT "$id"
        claim "in $world without workers one signal is enough, too" soon_ended
        claim "it says that it cuts off" all 'exits 130' \
            '[ "$(cat err)" = "ripcord: interrupted; what is played does not look up: it is cut off, and not reported" ]'
        claim "and loses no line" grep -q '"ok":true.*"t:expect(1):is(1)"' "here$world/late+n=25@2.6.jsonl"
    done
fi

start run slow/wait1.lua --world live --jobs 0
sleep 0.5
kill -INT "$id"
ended
claim "without workers a signal does the same" all 'exits 130' 'says "1 broken"'

cat >rest.lua <<'LUA'
scenario("It comes to rest for long", { releases = "2.6", world = "live" }, function(t)
    t:client(t:peer()):call("echo", { message = "nobody answers" })
    t:expect(1):is(1)
end)
LUA
for jobs in 0 1; do
    start run rest.lua --world live --jobs "$jobs" --record "rest$jobs" --junit "rest$jobs.xml"
    sleep 1
    kill -INT "$id"
    claim "one that comes to rest need not ($jobs workers)" soon_ended
    claim "it ends as any other" all 'exits 130' 'says "1 broken; interrupted"'
    claim "and its record is whole" all 'grep -q "\"ok\":true" "rest$jobs/rest@2.6.jsonl"' \
        'tail -n 1 "rest$jobs/rest@2.6.jsonl" | grep -q "\"type\":\"end\".*\"reason\":\"interrupted\""' \
        'grep -q "message=\"interrupted\"" "rest$jobs.xml"'
done

finish
