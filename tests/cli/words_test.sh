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
try check bad
claim "check tells what does not compile" all 'exits 2' 'complains "bad/syntax.lua:2:"'

try points
claim "points lists points and faults" all 'exits 0' 'says "server.write.short"' 'says "{bytes}"'
try points --json
claim "points --json is JSON" python3 -c '
import json
points = {point["name"]: point for point in json.load(open("out"))}
faults = {fault["name"]: fault for fault in points["server.write"]["faults"]}
assert faults["server.write.short"]["libfiu"] == "ripcord/server/write/short"
assert faults["server.write.error"]["parameters"] == ["errno", "after"]'
refuses "points of something" 2 "points takes no argument" points server

try version
claim "version is one line" all 'exits 0' 'grep -qx "ripcord [0-9][0-9.]*" out'
try --version
claim "so is --version" grep -qx "ripcord [0-9][0-9.]*" out
try --help
claim "--help lists the commands" all 'exits 0' 'says "ripcord serve"' 'says "ripcord points"'
try
claim "no command is bad usage" all 'exits 2' 'complains "ripcord run"'
for command in run list check serve call points version; do
    try $command --help
    claim "$command --help tells its options" all 'exits 0' 'says "Usage: ripcord '$command'"'
    refuses "$command refuses an option that is none" 2 "there is no option --nonsense" $command --nonsense
done

finish
