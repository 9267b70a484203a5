#!/bin/sh
# ripcord list, check, points, version and the helps.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"
. "$here/scenarios.sh"

try list good
claim "list names cases under their scenario" \
    all 'exits 0' 'says "good/echo.lua:1: An echo comes back"' 'says "  good.echo@2.6"'
try list good --release 3.4 --filter echo
claim "list chooses as run does" test "$(wc -l <out)" -eq 2
try list good --json
claim "list --json is JSON" python3 -c 'import json; assert len(json.load(open("out"))) == 22'
try list good --tags
claim "list --tags lists tags" says quick
refuses "list of nothing" 2 "no case is left" list good --filter nowhere
refuses "list of no file" 2 "cannot read nowhere" list nowhere

try check good
claim "check finds nothing wrong" all 'exits 0' 'says "2 files with 2 scenarios: nothing wrong was found"'
cat >mistakes.lua <<'LUA'
-- t:evnts("client.conect") in a comment is nothing
scenario("Many mistakes", function(t)
    local text = [[ t:hold("nowhere") ]]
    t:hold("client.conect")
    t:fault("server.write.shrt", {})
    t:events "server.purged"
    t:expct(text):is(1)
    t:expect(1):fails "oef"
    t:draw("client.rety", 1)
end)
LUA
try check mistakes.lua
claim "check finds wrong names in bodies that do not run" all 'exits 2' \
    'says "mistakes.lua:4: there is no point '\''client.conect'\''; did you mean '\''client.connect'\''?"' \
    'says "mistakes.lua:5: there is no fault '\''server.write.shrt'\''; did you mean '\''server.write.short'\''?"' \
    'says "mistakes.lua:6: there is no point '\''server.purged'\''; did you mean '\''server.purge'\''?"' \
    'says "mistakes.lua:7: there is no method of t called '\''expct'\''; did you mean '\''expect'\''?"' \
    'says "mistakes.lua:8: there is no ending '\''oef'\''"' \
    'says "mistakes.lua:9: there is no draw '\''client.rety'\''; did you mean '\''client.retry'\''?"'
claim "and nothing in comments and texts" test "$(grep -c "there is no" out)" -eq 6
cat >globals.lua <<'LUA'
local deep = { function() return function() return ms "1s", betwen(1, 2) end end }
scenario("Globals", function(t)
    local text = "there is os in a text"
    if deep then
        t:expect(os.time()):is(text)

        forgotten = 1
    end
end)
LUA
try check globals.lua
claim "check finds globals that are none, in functions that do not run" all 'exits 2' \
    'says "globals.lua:1: there is no '\''betwen'\''; did you mean '\''between'\''?"' \
    'says "globals.lua:5: there is no '\''os'\'': scenarios see nothing but themselves"' \
    'says "globals.lua:7: '\''forgotten'\'' would be a new global; write: local forgotten = ..."'
claim "and no others" test "$(grep -c "^globals.lua:" out)" -eq 3
cat >scopes.lua <<'LUA'
scenario("Names in their scopes", function(t, ...)
    for key, value, more, most in pairs({ key = 1, [t] = 2 }) do t:log { key, value, more, most } end
    local object <const>, other = { inner = {} }
    function object.inner:method(given) return self, given, other end
    repeat local done = ... until done
    do goto over; ::over:: ::and_out:: end
    local function again(n) return again(n - 1) end
    local later
    later = function(...) return later, again, ... end
    t:log(... .. 3.e5 + 0x.ap1 - 0xe-1 == .5 // 1 | 2 << 3)
    object.name, later = later, object.name
    do local _ENV = { log = t.log }; log(t) end
    local t = { t, [ [=[ ]] nothing ]=] ] = "nothing" } --[==[ nothing ]] ]==]
    return function(_, up) return function() return t, up, object { up } .field end end
end)
LUA
try check scopes.lua
claim "check takes no local, field, label or number for a global" \
    all 'exits 0' 'says "1 file with 1 scenario: nothing wrong was found"'
cat >outside.lua <<'LUA'
scenario("Names outside of their scopes", function(t)
    local own = own
    for from = 1, from do t:log(from) end
    for _, item in ipairs(item) do t:log(item) end
    do local inner = 1 end t:log(inner)
    repeat local last = 1 until last t:log(last)
    for _, _, third in pairs {} do t:log(third) end t:log(third)
    function t.named() return self end function t:method() end t:log(self)
    function helper() return helper end
    first, t.field, second = 1, 2, 3
    no_table.field, no_list[1] = 1, 2
    pcall(function() t:log(guarded) end)
    local function nested(up) return function() return up, down end end
    do local shadow; do local shadow = shadow; t:log(shadow) end end t:log { shadow, nested }
    do local _ENV = { t = t }; t = anything end anywhere = own
end)
LUA
unknown() { says "outside.lua:$1: there is no '$2'"; }
new() { says "outside.lua:$1: '$2' would be a new global"; }
try check outside.lua
claim "check finds names that are read outside of their scopes" all 'exits 2' \
    'unknown 2 own' 'unknown 3 from' 'unknown 4 item' 'unknown 5 inner' 'unknown 6 last' 'unknown 7 third' \
    'unknown 9 helper' 'unknown 12 guarded' 'unknown 13 down' 'unknown 14 shadow'
claim "check knows self in methods alone" test "$(grep -c "^outside.lua:8: there is no 'self'" out)" -eq 2
claim "check finds each global that would be new, and no field" all \
    'new 9 helper' 'new 10 first' 'new 10 second' 'new 15 anywhere' 'unknown 11 no_table' 'unknown 11 no_list'
claim "and every one once" test "$(grep -c "^outside.lua:" out)" -eq 18
names=$(seq -s ', many' 190)
cat >many.lua <<LUA
scenario("As many locals as Lua has", function(t)
    local many$names = 1
    t:log { many1, many17, many190, many191 }
end)
LUA
try check many.lua
claim "check knows all names of a statement" \
    all 'says "many.lua:3: there is no '\''many191'\''"' 'test "$(grep -c "^many.lua:" out)" -eq 1'
cat >types.lua <<'LUA'
local function pair(t)
    local server = t:server { handlerz = 3, host = "a" }
    return server, t:client(server, { usr = "x" })
end
scenario("Types", function(t)
    local server, client = pair(t)
    local call = client:cal("echo")
    t:expect(client:call("echo", {}, { calr = call }).endin):is(1)
    t:fault("net.rst", { client, after = 1, byts = 1 })
    t:hold("net.rst", { client, after = 1, where = function(event) return event.mehtod end })
    for _, write in ipairs(t:events "server.write") do t:log(write.connection.readr) end
    server:on("echo", function(echo) echo:slep "1s" end)
    t.sleep "5 seconds"
    t:wait(server:port())
    t:dial(server):send({ "preambel" }, { "request", method = "echo", valu = {} })
    t:server { conf = { ["ipc.ping.intervl"] = 1, ["ipc.8020.backoff.enable"] = true } }
    t:server { auth = "kerberoz", role = { methods = { echo = function(echo) echo:trow "x" end } } }
    pcall(function() t:slep "1s" end)
    local other = client
    other = t:by { ["2.6-"] = server, ["twelve"] = client } -- luacheck: ignore
    other:anything()
    local text = { handlerz = 1, unit = "5 seconds" }
    t:expect(text.anything == client.connections[1].readr):is(1)
    t:expect(client, { 1 }):is(1, 2)
end)
LUA
finds() { says "types.lua:$1: $2"; }
try check types.lua
claim "check finds wrong options" all 'exits 2' \
    'finds 2 "there is no option '\''handlerz'\''; did you mean '\''handlers'\''?"' \
    'finds 3 "there is no option '\''usr'\''; did you mean '\''user'\''?"' \
    'finds 8 "there is no option '\''calr'\''; did you mean '\''caller'\''?"' \
    'finds 9 "there is no option '\''byts'\''"' \
    'finds 10 "there is no option '\''after'\''"' \
    'finds 15 "there is no option '\''valu'\''; did you mean '\''value'\''?"' \
    'finds 16 "there is no key of conf '\''ipc.ping.intervl'\''; did you mean '\''ipc.ping.interval'\''?"'
claim "check finds wrong methods and fields of what t has given" all \
    'finds 7 "there is no method of client called '\''cal'\''; did you mean '\''call'\''?"' \
    'finds 8 "there is no field or method of call called '\''endin'\''; did you mean '\''ending'\''?"' \
    'finds 10 "there is no field or method of event called '\''mehtod'\''; did you mean '\''method'\''?"' \
    'finds 11 "there is no field or method of connection called '\''readr'\''; did you mean '\''reader'\''?"' \
    'finds 12 "there is no method of handler call called '\''slep'\''; did you mean '\''sleep'\''?"' \
    'finds 17 "there is no method of handler call called '\''trow'\''; did you mean '\''throw'\''?"' \
    'finds 23 "there is no field or method of connection called '\''readr'\''; did you mean '\''reader'\''?"'
claim "check finds dots for colons and colons for dots" all \
    'finds 13 "'\''sleep'\'' is a method: write t:sleep(…), with a colon"' \
    'finds 14 "'\''port'\'' is a field: write server.port, with a dot"'
claim "check finds values too many" all 'finds 24 "expect takes 1 value"' 'finds 24 "is takes 1 value"'
claim "check finds words that are none, and wrong units" all \
    'finds 15 "there is no such word as '\''preambel'\''; did you mean '\''preamble'\''?"' \
    'finds 17 "there is no such word as '\''kerberoz'\''; did you mean '\''kerberos'\''?"' \
    'finds 20 "'\''twelve'\'' are no releases"'
claim "and nothing where it knows no type" test "$(grep -c "^types.lua:" out)" -eq 21
try check bad
claim "check tells what does not compile" all 'exits 2' 'complains "bad/syntax.lua:2:"'

try points
claim "points lists points and faults" all 'exits 0' 'says "server.write.short"' 'says "{bytes}"'
claim "and where nobody can be held, with what to hold instead" all \
    'test "$(grep -A 1 "^net.syn " out | grep -c "no hold: hold client.connect")" -eq 1' \
    'test "$(grep -A 1 "^server.put " out | grep -c "no hold")" -eq 0'
try points --json
claim "points --json is JSON" python3 -c '
import json
points = {point["name"]: point for point in json.load(open("out"))}
faults = {fault["name"]: fault for fault in points["server.write"]["faults"]}
assert faults["server.write.short"]["libfiu"] == "ripcord/server/write/short"
assert faults["server.write.error"]["parameters"] == ["errno", "after"]
assert points["server.write"]["hold"] and not points["log"]["hold"]'
refuses "points of something" 2 "points takes no argument" points server

try version
claim "version is one line" all 'exits 0' 'grep -qx "ripcord [0-9][0-9.]*" out'
try --version
claim "so is --version" grep -qx "ripcord [0-9][0-9.]*" out
try --help
claim "--help lists the commands" all 'exits 0' 'says "ripcord serve"' 'says "ripcord points"'
try
claim "no command is bad usage" all 'exits 2' 'complains "ripcord run"'
for command in run report compare list check serve call points version; do
    try $command --help
    claim "$command --help tells its options" all 'exits 0' 'says "Usage: ripcord '$command'"'
    refuses "$command refuses an option that is none" 2 "there is no option --nonsense" $command --nonsense
done

# --- what is written about the program says the same
docs=$here/../../docs
options_of() { "$ripcord" "$1" --help | grep -o -- ' --[a-z-]*' | tr -d ' ' | grep -v -x -e --help -e --usage; }
in_manual() {
    for option in $(options_of "$1"); do
        grep -qE -- "[ ,]-?${option#-}( |\$|,|\.)" "$docs/ripcord.1" || return 1
    done
}
completed() {
    options_of "$1" | sort -u >options
    bash -c '. "$0"; COMP_WORDS=(ripcord "$1" --) COMP_CWORD=2; _ripcord; printf "%s\n" "${COMPREPLY[@]}"' \
        "$docs/ripcord.bash" "$1" | grep -v -x -e --help | sort | cmp - options
}
for command in run report compare list check serve call points; do
    claim "the manual has every option of $command" in_manual $command
    claim "so has the completion, and no other" completed $command
    claim "the manual has $command itself" grep -q "^\.Cm $command" "$docs/ripcord.1"
done
"$ripcord" --help >help
claim "the README shows the commands as --help does" python3 -c '
import sys
assert open("help").read().split("\n\n")[1] in open(sys.argv[1]).read()' "$here/../../README.md"

finish
