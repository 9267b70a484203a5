#!/bin/sh
# ripcord run, from outside.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"
. "$here/scenarios.sh"

# --- what goes well
try run good
claim "all passed is 0" exits 0
claim "a line a file says how its cases ended" says "passed  good/echo.lua  2 passed"
claim "the summary counts in plain words" says "22 cases: 22 passed; "
claim "nothing is said on the error output" silent err

try run good -v
claim "--verbose prints a line a case" says "passed  good.echo@2.6"
try run good -q
claim "--quiet prints the summary only" test "$(wc -l <out)" -eq 1
cat >asks.lua <<'END'
scenario("What is it?", { releases = "3.4" }, function(t)
    t:answer "forty-two"
    t:expect(6 * 7):is(42)
end)
END
try run asks.lua
claim "answers are printed" says "forty-two"
try run asks.lua -q
claim "--quiet leaves them out" test "$(wc -l <out)" -eq 1
try run good --filter 'size=7@'
claim "--filter takes a part of the name" says "1 case: 1 passed"
try run good --tag quick --release 2.6
claim "--tag and --release choose" says "1 case: 1 passed"
try run good/echo.lua --repeat 5 --seed 7 -v
claim "--repeat plays seeds from --seed on" all 'says "@2.6#7 "' 'says "@2.6#11 "' 'says "10 cases"'
mkdir here && mv good here/scenarios
(cd here && "$ripcord" run >../out 2>../err)
code=$?
claim "without paths the folder scenarios is played" all 'exits 0' 'says "22 passed"'
mv here/scenarios good

for jobs in 0 1 2 7; do
    "$ripcord" run good bad/failed.lua -v --jobs $jobs 2>&1 | sed 's/ in [^ ]*$//' >"jobs$jobs"
done
claim "one job, two and seven say the same in the same order" \
    all 'grep -q "23 cases" jobs1' 'cmp jobs1 jobs2' 'cmp jobs1 jobs7'
claim "so does no other process at all" all 'test -s jobs0' 'cmp jobs0 jobs1'
try run good --world live --jobs 2
claim "the same files pass live" all 'exits 0' 'says "22 passed"'
try run good/echo.lua --world live --speed 10 --threads --tolerance 100
claim "live takes a speed, threads and a tolerance" exits 0
cat >stop.lua <<'END'
scenario("A client's stop is its two looks at its connections", { releases = "1.2" }, function(t)
    t:expect(t:client(t:server()):call("echo", { message = "hi" })):returns { message = "hi" }
end)
END
try run stop.lua --world live
took=$(sed -n 's/.* passed; \([0-9]*\)ms of virtual time.*/\1/p' out)
claim "live waits for a client's stop that ends by itself: ${took}ms" all 'exits 0' '[ "$took" -ge 100 ]'
cat >aims.lua <<'END'
scenario("Matchers aim at a server's threads", { releases = "2.6" }, function(t)
    local server = t:server { handlers = 2 }
    local client = t:client(server)
    t:fault("server.execute.throw", { server, method = one_of("blob", starts "ec"), nth = 2, class = "java.io.IOException" })
    local length = between(5000, 7000)
    t:fault("server.reply.throw", { length = length, maybe = true, class = "java.io.IOException" })
    t:expect(client:call("echo", { message = "x" })):returns()
    t:expect(client:call("echo", { message = "x" })):fails "remote_error"
    t:expect(client:call("blob", { size = 100 })):returns()
    t:expect(t:events("server.reply", { length = at_least(100) })):count(2)
end)
scenario("Functions too", { releases = "2.6" }, function(t)
    t:fault("server.execute.throw", { where = function() return true end, class = "java.io.IOException" })
    t:expect(t:client(t:server()):call("echo", { message = "x" })):fails "remote_error"
end)
END
try run aims.lua
claim "matchers and functions aim at servers" all 'exits 0' 'says "2 passed"'
try run aims.lua --world live
claim "live too" all 'exits 0' 'says "2 passed"'
cat >hasty.lua <<'END'
scenario("The script is wrong", { releases = "2.6" }, function(t)
    local client = t:client(t:peer())
    t:expect(1):is(1)
    client:call("echo", { message = "nobody answers" })
    t:expect(client:call("hang"), { message = "x" })
end)
scenario("Nothing is expected", { releases = "2.6" }, function(t)
    t:client(t:server()):call("echo", { message = "late", time = "1h" })
end)
END
try run hasty.lua --world live
took=$(sed -n 's/.* broken; \([0-9]*\)s.* of virtual time.*/\1/p' out)
claim "live leaves a broken script at once: ${took:-0}s" all 'exits 2' '[ "${took:-0}" -le 1 ]' \
    'says "hasty.lua:5: t:expect takes one value; say t:expect(x):returns{…}, or :fails"' \
    'says "the scenario expects nothing; say what"'
claim "and tells nothing that only follows from it" test "$(grep -c invariant out)" -eq 0
try run good --twice
claim "--twice finds each trace equal" all 'exits 0' 'says "22 passed"'
try run good --rough --repeat 3 --twice
claim "so it does when the seed decides everything" all 'exits 0' 'says "66 passed"'

# --- findings
try run bad/failed.lua
claim "a failure is 1" exits 1
claim "it tells place and source line" says 'bad/failed.lua:4: t:expect(client:call("echo", { message = "hi" })):returns { message = "ho" }'
claim "it tells what was expected and seen" all 'says "expected"' 'says "seen"' 'says "ho"' 'says "hi"'
claim "it tells virtual time and seed" says "at        3s, seed 1"
claim "it tells how to play it again" says "replay    ripcord run bad/failed.lua --release 2.6 --seed 1"
try run bad/failed.lua --world live --speed 10 --threads --tolerance 100
claim "live too" says "replay    ripcord run bad/failed.lua --world live --speed 10 --tolerance 100 --threads --release 2.6 --seed 1"
try run bad/fixed.lua
claim "what is registered as known and passes is 1" all 'exits 1' 'says "registered as known"'
try run bad/known.lua
claim "what fails as registered is 0" all 'exits 0' 'says "1 known"'
try run bad/void.lua
claim "void is 2" all 'exits 2' 'says "1 broken"'
cat >bad/voids.lua <<'LUA'
scenario("Several things are void", { releases = "2.6" }, function(t)
    t:fault("server.read.short", { bytes = 1 })
    t:hold "server.purge"
    t:expect(1)
end)
LUA
try run bad/voids.lua --record voids --junit voids.xml
for words in "voids.lua:2: the fault server.read.short never struck" \
    "voids.lua:3: nobody ever came to the hold at server.purge" "voids.lua:4: an expectation without a link"; do
    claim "of several void things each is told: ${words#*: }" all 'exits 2' 'says "$words"' \
        'grep -q "$words" voids.xml' 'tail -n 1 "voids/bad.voids@2.6.jsonl" | grep -q "$words"'
done
try run bad/void.lua bad/failed.lua good
claim "the worst decides" all 'exits 2' 'says "22 passed, 1 failed, 1 broken"'
try run bad/endless.lua --wall 1
claim "a case beyond its wall time is killed, and its neighbour plays" \
    all 'exits 2' 'says "it took more than 1 s of wall time and was killed"' 'says "1 passed, 1 broken"'

# The parent is held up by its output while the second case's answer comes and its time passes.
mkfifo gate && cat >crossing.lua <<'LUA'
local rows = { { name = "quick" }, { name = "gate" }, { name = "third" }, { name = "fourth" } }
scenario("An answer and the kill cross", { releases = "2.6", cases = rows }, function(t, case)
    if case.name == "gate" then include "gate" end
    t:expect(1):is(1)
end)
LUA
cat >crossing.py <<'PY'
import fcntl, os, subprocess, sys, time
readable, writable = os.pipe()
os.write(writable, b"\n" * fcntl.fcntl(writable, fcntl.F_GETPIPE_SZ))
program = subprocess.Popen(
    [sys.argv[1], "run", "crossing.lua", "-v", "--jobs", "2", "--wall", "1"], stdout=writable)
os.close(writable)
time.sleep(0.3)
open("gate", "w").close()
time.sleep(1.2)
with os.fdopen(readable) as pipe:
    print(pipe.read().lstrip())
sys.exit(program.wait())
PY
for _ in 1 2 3; do
    python3 crossing.py "$ripcord" >out 2>err
    code=$?
    claim "a kill that crosses with an answer costs neither that case nor the next" \
        all 'exits 0' 'says "4 cases: 4 passed"'
done

# Chance that leaks in: the text of a file that is never the same twice, by an error's message
# (where the text begins with a digit; so there are many).
mkdir leak && ln -s /proc/sys/kernel/random/uuid leak/noise
cat >leak/chance.lua <<'LUA'
scenario("Chance leaks in", { releases = "2.6" }, function(t)
    for _ = 1, 40 do
        local _, noise = pcall(include, "noise")
        t:log(noise)
    end
    t:expect(1):is(1)
end)
LUA
try run leak/chance.lua --twice
claim "one seed with two traces is 3, and tells where they part" \
    all 'exits 3' 'says "the records differ first in line"' 'says "1 with two traces of one seed"'
cat >bad/crash.lua <<'LUA'
scenario("The process crashes", { releases = "2.6", world = "live" }, function(t)
    local client = t:client(t:server())
    t:expect(client:call("echo", { message = "hi" })):returns()
    t:sleep "10ms"
    t:expect(t:program { "sh", "-c", "kill -SEGV $PPID" }):exits(0)
    t:sleep "10s"
end)
LUA
try run bad/crash.lua good/echo.lua --world live --jobs 2 --record crashed
claim "a crash costs its case only" \
    all 'exits 2' 'says "it crashed: Segmentation fault (signal 11)"' 'says "2 passed, 1 broken"'
claim "what it had recorded stays readable" grep -q '"type":"check"' crashed/bad.crash@2.6.jsonl


# All threads record while the signal comes, to the process or to one of the threads.
cat >crash_thread.py <<'PY'
import ctypes, os
parent = os.getppid()
ctypes.CDLL(None).tgkill(parent, max(map(int, os.listdir(f"/proc/{parent}/task"))), 11)
PY
cat >bad/busy.lua <<'LUA'
local rows = { { name = "process", kill = "kill -SEGV $PPID" },
               { name = "thread", kill = "exec python3 crash_thread.py" } }
scenario("It crashes while much is recorded",
         { releases = "2.6", world = "live", cases = rows }, function(t, case)
    local server = t:server()
    for _ = 1, 3 do
        local client = t:client(server)
        t:spawn(function()
            while true do
                t:wait(client:call("blob", { size = 3000 }))
            end
        end)
    end
    t:sleep "100ms"
    t:expect(t:program { "sh", "-c", case.kill }):exits(0)
    t:sleep "10s"
end)
LUA
for part in process thread; do
    try run bad/busy.lua --filter "/$part" --world live --threads --record busy
    claim "a crash of the $part while others record is told" \
        all 'exits 2' 'says "it crashed: Segmentation fault (signal 11)"' '! grep ThreadSanitizer err'
    claim "and loses no line that was whole" \
        python3 -c 'import json, sys; assert all(map(json.loads, open(sys.argv[1])))' \
        "busy/bad.busy+$part@2.6.jsonl"
done

sed 's/kill -SEGV/kill -KILL/' bad/crash.lua >bad/killed.lua
try run bad/killed.lua --world live --junit killed.xml
claim "one that leaves no record is in the report all the same" \
    grep -q 'it crashed: Killed (signal 9)' killed.xml

# --- reports
try run good bad/failed.lua --report page.html --junit junit.xml --record records --jobs 2
claim "the path of the report is the very last line" says_last page.html
claim "there are a page, JUnit XML, the records and their summary" \
    all 'test -s page.html' 'test -s junit.xml' 'test -s records/run.json' \
    'test "$(ls records/*.jsonl | wc -l)" -eq 23'
claim "JUnit's counts are the summary's" grep -q 'tests="23" failures="1"' junit.xml
claim "records end with their verdict" \
    all 'tail -n 1 records/good.echo@2.6.jsonl | grep -q "\"status\":\"passed\""' \
    'tail -n 1 records/bad.failed@2.6.jsonl | grep -q "\"status\":\"failed\""'
try run bad/failed.lua --junit only.xml
claim "with JUnit only its path comes last" says_last only.xml
try run good --record again
claim "with records only their folder comes last" says_last again
claim "records depend on nothing but the seed" cmp records/good.echo@2.6.jsonl again/good.echo@2.6.jsonl
try run good bad/failed.lua --tap
claim "--tap prints TAP 14 and nothing else" \
    all 'exits 1' 'head -n 1 out | grep -qx "TAP version 14"' 'grep -q "^not ok .*bad.failed@2.6" out'
try run good --tap --report page.html
claim "there the report's path is a comment" says_last "# page.html"
try run bad/endless.lua --wall 1 --junit crash.xml --record crash
claim "a killed case is in JUnit, with the reason" grep -q "more than 1 s of wall time" crash.xml
claim "what it had recorded stays readable" grep -q '"type":"scenario"' crash/bad.endless.it*.jsonl

# --- the terminal
try run bad/failed.lua --colour always
claim "--colour always colours" grep -q "$(printf '\033')" out
try run bad/failed.lua
claim "a file gets no colours and no progress" all 'exits 1' '! grep -q "$(printf "\033\|\r")" out'

cat >terminal.py <<'PY'
import os, pty, re, sys
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], [sys.argv[1], "run", "bad/endless.lua", "--wall", "1", "--jobs", "1"])
seen = b""
try:
    while chunk := os.read(terminal, 4096):
        seen += chunk
except OSError:
    pass
os.waitpid(pid, 0)
sys.exit(not re.search(rb"0 of 2  bad\.endless.*\r\x1b\[K\x1b\[31mbroken", seen))
PY
claim "a terminal gets colours, and progress that is wiped away" python3 terminal.py "$ripcord"

# --- what is wrong with the command line
refuses "a wrong option names the nearest" 2 "there is no option --sed; did you mean --seed?" run good --sed 3
refuses "an option without its value" 2 "option --seed needs a value" run good --seed
refuses "a number that is none" 2 "--seed needs a number, not 'many'" run good --seed many
refuses "a seed below zero" 2 "--seed is a number from 0 on" run good --seed -3
refuses "a world that is none" 2 "--world is sim or live, not 'mars'" run good --world mars
refuses "a speed of nothing" 2 "--speed lies between" run good --world live --speed 0
refuses "a clock that is slower than ours" 2 "--speed lies between 1 and" run good --world live --speed 0.5
for number in 0 -1 1000001; do
    refuses "--repeat $number" 2 "--repeat is a number of seeds from 1 to 1000000" run good --repeat $number
done
refuses "fewer processes than none" 2 "--jobs is a number of processes, or 0" run good --jobs -1
for number in 0 -1 nan; do
    refuses "a wall time of $number" 2 "--wall is a number of seconds" run good --wall $number
done
for number in -1 inf; do
    refuses "a tolerance of $number" 2 "--tolerance is a number of milliseconds" \
        run good --world live --tolerance $number
done
refuses "two kinds of loudness" 2 "don't go together" run good -q -v
for option in --twice --rough "--wall 5"; do
    refuses "$option in live" 2 "${option% *} is for the simulation" run good --world live $option
done
for option in "--speed 5" "--tolerance 100" --threads; do
    refuses "$option in the simulation" 2 "${option% *} is for --world live" run good $option
    try run good/echo.lua --world live $option
    claim "but not in live" exits 0
done
for option in --seed --jobs --repeat --release --filter --record --report; do
    refuses "$option with an empty value, as of a variable that is not set" 2 \
        "option $option needs a value, not an empty one" run good $option ""
    refuses "the same behind =" 2 "option $option needs a value, not an empty one" run good $option=
done
refuses "an empty value of a short option" 2 "option -vj needs a value, not an empty one" run good -vj ""
refuses "a seed that is too large" 2 "--seed takes no number as large as '9223372036854775808'" \
    run good --seed 9223372036854775808
refuses "the largest int is a number, too" 2 "--repeat is a number of seeds from 1 to 1000000" run good --repeat 2147483647
refuses "two reports to one file" 2 "--report and --junit can't both be written to both.x; name two files" \
    run good --report both.x --junit both.x
refuses "two to the standard output" 2 "--junit and --tap can't both be written to the standard output" \
    run good --tap --junit -
try run good/echo.lua --junit - --record kept
claim "a report on the standard output has it alone" all 'exits 0' 'head -n 1 out | grep -q "^<?xml"' \
    'tail -n 1 out | grep -q "^</testsuites>"' 'complains "2 passed"' '[ "$(tail -n 1 err)" = kept ]'
refuses "an empty path" 2 "cannot read '': No such file" run ""
refuses "a file that is named twice" 2 \
    "two cases are called good.echo@2.6: good/echo.lua:1 and ./good/echo.lua:1; rename one, or name its file once" \
    run good/echo.lua ./good/echo.lua
mkdir links && ln -s . links/self
refuses "a folder that is in itself" 2 "folders lie too deep in each other" run links
rm links/self && ln -s nowhere links/gone.lua
refuses "a link to a scenario that is gone" 2 "cannot read links/gone.lua: No such file" run links
echo 'include "round.lua"' >circle.lua
echo 'include "circle.lua"' >round.lua
refuses "files that include each other" 2 \
    "round.lua:1: include: circle.lua is being read already: files can't ask for each other in a circle" run circle.lua
echo 'include "nothing.here"' >includes.lua
refuses "a file that is not there to be included" 2 \
    "includes.lua:1: include: cannot read nothing.here: No such file" run includes.lua
refuses "version with an argument" 2 "version takes no argument" version 2
refuses "tags as JSON" 2 "--tags and --json don't go together" list good --tags --json
refuses "help for a command that is none" 2 "there is no command 'rum'; did you mean 'run'?" help rum
try help list
claim "help COMMAND is COMMAND --help" all 'exits 0' 'says "Usage: ripcord list"'
for command in "list good" "list good --tags" "check good" points version --version --help "help run" "run -?" \
    "report --help" "compare --usage" "list --help" "check --help" "serve --help" "call --help" "points --help" "version --help"; do
    "$ripcord" $command >/dev/full 2>err
    code=$?
    claim "$command on a full disk" all 'exits 64' 'complains_once "cannot write to the standard output: No space left"'
done
refuses "a colour that is none" 2 "--colour is auto, always or never" run good --colour pink
refuses "a range that is none" 2 "'1.x' is no release" run good --release 1.x
refuses "a filter that lets nothing through" 2 "no case is left: nothing fits --filter nowhere" \
    run good --filter nowhere
refuses "a tag that nobody has" 2 "no case is left: there is no tag 'quik'; did you mean 'quick'?" run good --tag quik
refuses "a seed that is no number, written in one" 2 "--seed needs a number, not 'x'" run good --seed=x
refuses "a release that is none" 2 "'2.7' is no release and no range of releases; there are: 0.20" run good --release 2.7
refuses "a file in place of a command" 2 "ripcord run good/echo.lua plays it" good/echo.lua
mkdir bare
refuses "a folder without scenarios" 2 "there is no scenario (a file *.lua) in bare" run bare
echo "return 5" >nothing.lua
refuses "a file without scenarios" 2 "nothing.lua: no scenario is declared here; write: scenario(" run nothing.lua
refuses "a file that is not there" 2 "cannot read nowhere.lua: No such file" run nowhere.lua
mkdir empty
refuses "a folder without scenarios" 2 "there is no scenario (a file *.lua) in empty" run empty
refuses "no paths and no folder scenarios" 2 "there is no folder 'scenarios' here" run
refuses "a script that does not compile" 2 "bad/syntax.lua:2:" run bad/syntax.lua
refuses "a command that is none" 2 "there is no command 'rum'; did you mean 'run'?" rum

# --- what is wrong with the machine
refuses "a report in a folder that is not there" 2 "cannot write the report nowhere/page.html" \
    run good --report nowhere/page.html
refuses "records where a file is" 2 "cannot write the records to page.html" run good --record page.html
refuses "a page on a full disk" 64 "cannot write the report /dev/full: No space left" \
    run good --report /dev/full
refuses "JUnit on a full disk" 64 "cannot write the JUnit report /dev/full: No space left" \
    run good --junit /dev/full
mkdir full && ln -s /dev/full full/good.echo@2.6.jsonl
refuses "a record on a full disk" 64 "cannot write the record full/good.echo@2.6.jsonl: No space left" \
    run good/echo.lua --record full --jobs 1
claim "what came after it is not played" all 'says "0 cases: 2 not played"' '! test -e full/good.echo@3.4.jsonl'
mkdir filling
for size in 16 17 18 19 20; do
    ln -s /dev/full "filling/good.many+size=$size@2.6.jsonl"
done
refuses "a disk that becomes full is told once, with what to do" 64 \
    "cannot write the record filling/good.many+size=16@2.6.jsonl: No space left on device; make room there, or name another folder with --record" \
    run good --record filling --jobs 4
claim "what came of a case is told if its record is whole" all 'says "17 cases: 17 passed, 5 not played"' \
    'tail -n 1 "filling/good.many+size=15@2.6.jsonl" | grep -q "\"status\":\"passed\""'
(
    trap '' XFSZ
    { ulimit -f 0; "$ripcord" run good --record none --jobs 2 2>&1; echo "exit status $?"; } | cat >out
)
claim "where nothing can be written no empty records are left" all 'says "exit status 64"' \
    'says "0 cases: 22 not played"' '[ "$(grep -c "^ripcord: cannot write" out)" -eq 1 ]' '[ -z "$(ls -A none)" ]'
"$ripcord" run good -v >/dev/full 2>err
code=$?
claim "an output on a full disk is 64" all 'exits 64' 'complains "standard output"'
if [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod 500 locked
    refuses "records in a locked folder" 64 "cannot write the records to locked" run good --record locked
fi

cat >port.lua <<'LUA'
local cases = {}
for i = 1, 24 do cases[i] = { name = "case " .. i } end
scenario("A port of its own", { cases = cases }, function(t)
    local server = t:server { port = 8020 }
    t:expect(t:client(server):call("echo", { message = "hi" })):returns()
end)
LUA
try run port.lua --release 2.6 --world live --jobs 6
claim "cases that run beside each other have the same port" all 'exits 0' 'says "24 cases: 24 passed"'

finish
