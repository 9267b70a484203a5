#!/bin/sh
# ripcord report and ripcord compare, and what else a run is exported to.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"
. "$here/scenarios.sh"

try run good bad/failed.lua bad/known.lua --record rec --report page.html --junit junit.xml
claim "a run with a failure is 1" exits 1

# --- the same again, from the records
try report rec --report again.html --junit again.xml
claim "report makes page and JUnit again, to the byte but for their own paths" \
    all 'exits 0' 'says_last again.html' 'cmp page.html again.html' \
    'sed s/again.html/page.html/ again.xml | cmp - junit.xml'
try report rec
claim "without an option it prints what failed, and the verdict" \
    all 'exits 0' 'says "failed  bad.failed@2.6"' 'says "bad/failed.lua:4: "' 'says "expected"' \
    'says "replay    ripcord run bad/failed.lua --release 2.6 --seed 1"' \
    'says_last "1 of 24 results failed"' 'silent err'
try report rec/bad.failed@2.6.jsonl rec/good.echo@2.6.jsonl
claim "records can be named one by one" all 'exits 0' 'says_last "1 of 2 results failed"'
try report rec/*
claim "run.json among them is no mistake" all 'exits 0' 'says_last "1 of 24 results failed"' 'silent err'
try report rec --tap
claim "--tap prints TAP" all 'exits 0' 'head -n 1 out | grep -qx "TAP version 14"'
try report rec --junit strict.xml --junit-strict
claim "--junit-strict leaves files and lines out" \
    all 'exits 0' '! grep -q " line=" strict.xml' 'grep -q " line=" junit.xml'
try report rec/bad.failed@2.6.jsonl --pcap one.pcapng --perfetto one.json
claim "a capture and a trace of one record" \
    all 'exits 0' 'test -s one.pcapng' 'python3 -c "import json; json.load(open(\"one.json\"))"'
try run bad/failed.lua --pcap two.pcapng --perfetto two.json
claim "run makes the same" all 'exits 1' 'cmp one.pcapng two.pcapng' 'cmp one.json two.json'
mkdir captures
try run good --pcap captures --perfetto captures
claim "of several results they go into a folder" \
    all 'exits 0' 'test "$(ls captures/*.pcapng | wc -l)" -eq 22' 'test -s captures/good.echo@2.6.perfetto.json'
refuses "several results in one capture" 2 "--pcap one.pcapng would hold one result, and there are 22: name a folder that is there, or take one: run's --filter" \
    run good --pcap one.pcapng
refuses "several results in one trace" 2 "--perfetto one.json would hold one result, and there are 24" \
    report rec --perfetto one.json

# --- a folder that has lost something
cp -r rec part && rm part/good.*.jsonl
try report part --report part.html
claim "verdicts outlive their records" \
    all 'exits 0' 'complains_once "22 of the 24 records are not there"' 'grep -q "good.echo" part.html'
cp -r rec bare && rm bare/run.json
try report bare --report bare.html
claim "without run.json all records of the folder are taken" \
    all 'exits 0' 'silent err' 'grep -q "1 of 24 results failed" bare.html'
head -c 2000 rec/bad.failed@2.6.jsonl >cut.jsonl
try report cut.jsonl rec/good.echo@2.6.jsonl --report cut.html
claim "a record that was cut off is told, and shown as far as it goes" \
    all 'exits 0' 'complains_once "cut.jsonl: the record ends early"' 'grep -q "the record ends early" cut.html'
echo "dear diary" >notes.txt
refuses "what is no record" 2 "notes.txt: this is no record of ripcord" report notes.txt --report none.html
claim "nothing is written then" test ! -e none.html
try report notes.txt rec/good.echo@2.6.jsonl --report some.html
claim "but others beside it are not lost" \
    all 'exits 2' 'complains_once "notes.txt: this is no record"' 'grep -q "good.echo@2.6" some.html'
sed 's,ripcord.run/1,ripcord.run/2,' rec/good.echo@2.6.jsonl >newer.jsonl
refuses "a newer record" 2 "newer.jsonl: a newer ripcord made this record" report newer.jsonl
mkdir newer && sed 's,ripcord.run/1,ripcord.run/2,' rec/run.json >newer/run.json
refuses "a newer run" 2 "newer/run.json: a newer ripcord made this run" report newer
: >empty.jsonl
refuses "an empty file" 2 "empty.jsonl: this is no record of ripcord" report empty.jsonl
mkdir nothing
refuses "an empty folder" 2 "nothing: there is no record here" report nothing
refuses "a record that is not there" 2 "cannot read nowhere: No such file" report nowhere
refuses "no record at all" 2 "report takes records" report
refuses "a report in a folder that is not there" 2 "cannot write the report no/page.html" \
    report rec --report no/page.html
refuses "a capture on a full disk" 64 "cannot write the capture /dev/full: No space left" \
    report rec/good.echo@2.6.jsonl --pcap /dev/full
try report rec rec/good.echo@2.6.jsonl
claim "two records of one name: the second is left out, and told" \
    all 'exits 2' 'complains_once "another record has the same name"' 'says "1 of 24 results"'
cp -r rec mixed && echo '{' >mixed/run.json
try report mixed
claim "a run.json that is none is told, the records are taken" \
    all 'exits 2' 'complains_once "mixed/run.json: this is no summary of a run"' 'says "1 of 24 results failed"'

try run bad/endless.lua --wall 1 --record crash
try report crash
claim "a result without a whole record keeps its reason" \
    all 'exits 0' 'says "it took more than 1 s of wall time and was killed"' 'silent err'
try run good/echo.lua --repeat 3 --record seeds
try report seeds
claim "seeds stay apart" all 'exits 0' 'says "All 6 results passed"'
try report seeds/*.jsonl
claim "by their files, too" all 'exits 0' 'says "All 6 results passed"'

# --- since an earlier run
mkdir suite && cp good/echo.lua bad/failed.lua bad/known.lua suite
cat >suite/turns.lua <<'LUA'
scenario("It fails, then it does not", { releases = "2.6" }, function(t)
    t:expect(1):is(2)
end)
scenario("It passes, then it does not", { releases = "2.6" }, function(t)
    t:expect(1):is(1)
end)
LUA
cat >suite/course.lua <<'LUA'
scenario("It ends in another way", { releases = "2.6" }, function(t)
    local server = t:server()
    local call = t:client(server):call("throw", { class = "java.io.IOException", message = "no" })
    t:wait(call)
    t:expect(call.ending ~= nil):is(true)
end)
LUA
try run suite --record old
sed -i 's/is(2)/is(X)/; s/is(1)/is(2)/; s/is(X)/is(1)/' suite/turns.lua
sed -i 's/"throw", {.*})/"echo", { message = "hi" })/' suite/course.lua
try run suite --record new --baseline old --report since.html --junit since.xml
claim "--baseline tells what is newly failing, known and fixed, in text" \
    all 'exits 1' 'grep -q "^new     suite.turns.it-passes-then-it-does-not@2.6 " out' \
    'grep -q "^known   suite.failed@2.6 " out' 'grep -q "^fixed   suite.turns.it-fails-then" out' \
    'grep -q "^since 20.*: 1 newly failing, 1 known, 1 fixed, 1 with other endings" out' \
    'says_last since.html'
cat >since.py <<'PY'
import xml.etree.ElementTree as tree
since = {}
for case in tree.parse("since.xml").iter("testcase"):
    words = [p.get("value") for p in case.iter("property") if p.get("name") == "since_baseline"]
    since[case.get("name").split("@")[0]] = words
    text = "".join(f.text for f in case.iter("failure"))
    assert ("newly failing: it did not fail in the baseline" in text) == (words == ["new"]), text
    assert ("known: it failed in the baseline" in text) == (words == ["known"]), text
assert since["turns.it-passes-then-it-does-not"] == ["new"], since
assert since["failed"] == ["known"] and since["turns.it-fails-then-it-does-not"] == ["fixed"], since
assert since["echo"] == [] and since["known"] == [], since
PY
claim "in JUnit as a property and in the text" python3 since.py
claim "in the page" all 'grep -q "2 of 7 results failed, 1 of them new" since.html' 'grep -q "\"kind\":\"fixed\"" since.html'
: >summary
GITHUB_STEP_SUMMARY=summary "$ripcord" report new --baseline old --annotate >out 2>err
code=$?
claim "in annotations, the new one first" \
    all 'exits 0' 'grep "^::error" out | head -n 1 | grep -q "title=new: suite.turns.it-passes"' \
    'grep "^::error" out | tail -n 1 | grep -q "title=known: suite.failed"'
claim "and in the step's summary" \
    all 'grep -qx "### ripcord: 2 of 7 results failed, 1 of them new" summary' \
    'grep -q "^| failed, new " summary' 'grep -q "^| failed, known " summary' 'grep -q "Fixed since" summary'
try run suite --baseline old --tap
claim "with TAP what is new is a key of its own" \
    all 'grep -q "^  since: \"new\"" out' 'grep -q "^  since: \"known\"" out' '! grep -q "^new" out' 'complains "1 newly failing"'
refuses "a baseline that is not there" 2 "nowhere is no baseline" run good --baseline nowhere
refuses "a baseline without a run.json" 2 "bare is no baseline" report rec --baseline bare
refuses "a baseline whose run.json is none" 2 "mixed is no baseline" report rec/good.echo@2.6.jsonl --baseline mixed --report x.html

# --- two runs
try compare old new
claim "compare is 1 when something newly fails, and tells it in full" \
    all 'exits 1' 'grep -q "^new     suite.turns.it-passes" out' 'says "suite/turns.lua:5:"' 'says "before    passed"' \
    'says "call 1 ended in remote_error, now in value"' \
    'tail -n 1 out | grep -q "^since 20.*: 1 newly failing, 1 known, 1 fixed, 1 with other endings"'
try compare old old
claim "equal runs differ in nothing; what failed before is 0" \
    all 'exits 0' 'says "2 known"' '! says "newly"'
try compare new old --report compare.html
claim "the page of a comparison" all 'says_last compare.html' 'grep -q "\"kind\":\"new\"" compare.html'
try compare old rec
claim "what is not in both is added and gone" all 'exits 1' 'says "gone    suite.echo@2.6"' 'says "23 added"'
try compare rec/good.echo@2.6.jsonl rec/good.echo@3.4.jsonl
claim "two records are compared, whatever their names" \
    all 'exits 0' 'says "the records differ first in line"' 'says "good.echo@2.6"' '! says gone'
refuses "compare with one run" 2 "compare takes OLD and NEW" compare old
refuses "compare with three" 2 "compare takes OLD and NEW" compare old new rec
refuses "compare with no record" 2 "notes.txt: this is no record" compare old notes.txt
refuses "compare with what is not there" 2 "cannot read nowhere" compare nowhere new

# --- Writables over version 9: only their call says that a reply is one
cat >written.lua <<'LUA'
scenario("Writables", { releases = "3.4" }, function(t)
    t:protocol("org.example.Sum", { methods = { of = { "long", "int[]" } } })
    local server = t:server { protocol = "org.example.Sum" }
    server:on("of", function(_, request) return request[1][1] + request[1][2] end)
    t:expect(t:client(server):call("of", { { 30, 4 } })):returns(34)
end)
LUA
try run written.lua --record written
claim "a record shows the values of Writables" \
    all 'exits 0' 'grep -q "\"methods hash\".*\"parameter 1\",\"\[I 2 elements\".*\"30\".*\"4\"" written/*.jsonl' \
    'grep -q "\"value\",\"long 34\"" written/*.jsonl'

# --- GitHub
GITHUB_ACTIONS=true "$ripcord" run bad/failed.lua >out 2>err
code=$?
claim "on GitHub annotations come by themselves" \
    all 'exits 1' 'grep -q "^::error file=bad/failed.lua,line=4,title=bad.failed@2.6::" out'
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=no/summary "$ripcord" run bad/failed.lua >out 2>err
code=$?
claim "a summary that can't be written is told" all 'exits 64' 'complains_once "cannot write the step'\''s summary no/summary"'
try run bad/failed.lua
claim "elsewhere they do not" all 'exits 1' '! says "::error"'

finish
