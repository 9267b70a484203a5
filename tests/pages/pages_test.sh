#!/bin/sh
# The report of runs of our own in a headless browser: a purge, a storm of fifty clients, a FATAL
# reply, ten thousand events, a thousand results, nothing at all, a record that was cut off.
#     pages_test.sh RIPCORD FOLDER
# FOLDER keeps axe, once it was fetched.
pages=$(cd "$(dirname "$0")" && pwd)
. "$pages/../../reports/viewer/browser.sh"
if [ -z "$browser" ]; then
    echo "skipped: there is no chromium that starts"
    exit 77
fi
kept=$2
. "$pages/../cli/claims.sh"
cp -r "$pages/stories" stories

# browse FILE OPTION…: open it by file://; what it has come to, and what the console said.
browse() {
    file=$1
    shift
    timeout 300 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --user-data-dir="$folder/profile" --enable-logging=stderr --v=0 \
        --virtual-time-budget=60000 "$@" "$file" >dump 2>console
}
clean() { ! grep -q "CONSOLE" console; }

# visit PAGE EXPECTED: every page of it; EXPECTED is JSON, what must be shown where.
visit() {
    { cat "$1"
      echo "<script>const expected = $2;</script><script>"
      cat "$pages/visit.js"
      echo "</script>"; } >visited.html
    browse "file://$folder/visited.html" --dump-dom
    sed -n 's/<[^>]*>//g; /[0-9] passed, /p' dump >out
    sed -n '/<body/,$s/<[^>]*>//gp' dump | grep ": " >err
    grep -q "[1-9][0-9]* passed, 0 failed" out && clean
}

# --- runs of our own
"$ripcord" run stories/purge.lua stories/storm.lua stories/fatal.lua stories/busy.lua stories/slow.lua stories/versions.lua \
    --record before >/dev/null
sed -i 's/14 minutes/15 minutes/; s/"14m"/"14m59s"/' stories/purge.lua
sed -i 's/at_most "600ms"/at_most "3s"/' stories/slow.lua
try run stories/purge.lua stories/storm.lua stories/fatal.lua stories/busy.lua stories/slow.lua stories/versions.lua \
    --record records --report report.html --baseline before
claim "the stories are played" exits 1
claim "more than ten thousand events are in one of them" test "$(wc -l <records/stories.busy@3.4.jsonl)" -gt 10000
claim "every page of the report is there, in light and dark, and the console is silent" visit report.html '[
    ["#/", "results failed"], ["#/", "fixed"], ["#/cmp", "Fixed"],
    ["#/s/stories.purge@3.4", "15 m 00 s"], ["#/s/stories.purge@3.4?tab=conns", "purge"],
    ["#/s/stories.storm@3.4", "By client"], ["#/s/stories.storm@3.4?tab=conns", "100 rows"],
    ["#/s/stories.fatal@3.4?tab=calls", "FATAL"],
    ["#/s/stories.fatal@3.4?tab=events", "is not allowed to impersonate hdfs"],
    ["#/s/stories.busy@3.4?tab=events", "rows"], ["#/s/stories.purge@3.4", "Call 1Conn 1"],
    ["#/s/stories.versions@1.2?tab=frames&call=2", "org.ripcord.ThrowRequest"],
    ["#/s/stories.versions@0.20?tab=frames&call=2", "parameter 1"],
    ["#/s/stories.versions@2.6?tab=frames&call=2", "rpcKind"], ["#/s/stories.versions@3.4?tab=frames&call=2", "methodName"]]'

try run stories/many.lua --report many.html
claim "a thousand results" all 'exits 1' 'says "1000 cases"'
claim "are a page" visit many.html '[["#/", "10 of 1000 results failed"]]'

echo 'scenario("Nothing happens", { releases = "3.4" }, function(t) t:expect(1):is(1) end)' >stories/nothing.lua
try run stories/nothing.lua --report nothing.html
claim "so is a run in which nothing happens" visit nothing.html '[["#/", "The one result passed"]]'

head -c 100000 records/stories.storm@3.4.jsonl >cut.jsonl
try report cut.jsonl --report cut.html
claim "and a record that was cut off" visit cut.html '[["#/", "the record ends early"],
    ["#/s/stories.storm@3.4", "The record ends in the middle of a line"]]'

cat >stories/seeds.lua <<'LUA'
scenario("One in four fails", { releases = "2.6" }, function(t) t:expect(t:random(1, 4)):is(at_most(3)) end)
LUA
try run stories/seeds.lua --repeat 12 --report seeds.html --record seeds
first=$(grep -l '"status":"failed"' seeds/*.jsonl | sed 's/.*#\([0-9]*\).jsonl/\1/' | sort -n | head -n 1)
held=$(grep -l '"status":"passed"' seeds/*.jsonl | wc -l)
claim "of many seeds the matrix says how many hold, and the first that does not" \
    visit seeds.html "[[\"#/\", \"$held/12, seed $first\"], [\"#/\", \"1 × 1 × 12\"], [\"#/\", \"12 seeds, $((12 - held)) failed, the first is $first\"]]"

claim "and run.json, too" \
    grep -q '"sweeps":\[{"name":"stories.seeds@2.6","seeds":12,"failed":[0-9]*,"first_failing_seed":'"$first"',' seeds/run.json

cat >stories/settings.lua <<'LUA'
scenario("A server and a client with settings", { releases = "2.6" }, function(t)
    local server = t:server { handlers = 3, conf = { ["ipc.client.idlethreshold"] = 7 } }
    t:expect(t:client(server):call("echo", { message = "hi" })):returns { message = "hi" }
end)
LUA
try run stories/settings.lua --report settings.html
claim "what a server was given stands there, and what the release takes otherwise" visit settings.html \
    '[["#/s/stories.settings@2.6", "server1: handlers = 3, ipc.client.idlethreshold = 7"], ["#/s/stories.settings@2.6", "ipc.client.kill.max"]]'

# A stranger's texts: in the names of methods, in errors, in the scenario itself.
cat >stories/hostile.lua <<'LUA'
scenario("<img src=x onerror=alert(1)> </script><script>alert(2)</script> & \"quotes\" '--> \u{202e}txt", function(t)
    local client = t:client(t:server())
    t:log "</script><script>alert(3)</script>"
    local call = client:call("throw", { class = "</script><b>bold", message = "<svg onload=alert(4)>" })
    t:expect(call):fails "remote_error":with { message = "<iframe src=javascript:alert(5)>" }
end)
LUA
try run stories/hostile.lua --report hostile.html --junit hostile.xml
claim "hostile texts are texts" visit hostile.html '[["#/", "<img src=x onerror=alert(1)>"], ["#/", "<iframe src=javascript:alert(5)>"]]'
claim "in the page nothing of them is markup" all '! grep -q "<img\|<svg\|<iframe\|<b>bold\|alert(2)</script" hostile.html'

# --- Jenkins
python3 "$pages/serve.py" report.html >port &
started="$started $!"
eventually test -s port
browse "http://127.0.0.1:$(cat port)/" --dump-dom
sed 's/<script.*//' dump | sed 's/<[^>]*>/\n/g' | grep -v '^ *$' >out
claim "under Jenkins' policy the page is bare, and says all the same: verdict, failures, matrix" \
    all 'says "results failed"' 'says "A response that nobody reads is purged after 15 minutes"' 'says "14m59s"' \
    'says "stories/purge.lua:14"' 'says "ripcord run stories/purge.lua --release 3.4 --seed 1"' 'says Matrix' 'says "failed, known"'
claim "no script has run there" all '! grep -q "class=\"script\"" dump' 'grep -q "<h1>" dump'

# --- paper
if command -v pdfinfo >/dev/null; then
    browse "file://$folder/report.html#/s/stories.purge@3.4" --print-to-pdf="$folder/paper.pdf"
    claim "a failed scenario fits on two pages of paper" test "$(pdfinfo paper.pdf | sed -n 's/^Pages: *//p')" -le 2
fi

# --- axe, a jar of Maven Central
# looks PAGE…: axe finds nothing on any of its pages, in both themes.
looks() {
    for page in "$@"; do
        { sed '/http-equiv="Content-Security-Policy"/d' "$page"
          echo "<script>"
          cat axe.min.js
          echo "</script><script>"
          cat "$pages/axe.js"
          echo "</script>"; } >axed.html
        browse "file://$folder/axed.html" --dump-dom
        sed -n '/<body/,$s/<[^>]*>//gp' dump >out
        grep -q "[1-9][0-9]* passed, 0 failed" out || return 1
    done
}
if sh "$pages/axe" "$kept" >fetched; then
    cp "$kept/axe.min.js" .
    claim "axe finds nothing in a report of our own, in both themes" looks report.html
    claim "nor with nothing in it, hostile texts, many seeds, or a record that was cut off" \
        looks nothing.html hostile.html seeds.html cut.html
    sed 's/--muted: #5f6874/--muted: #c0c6cc/' nothing.html >pale.html
    claim "axe would see what is too pale" all '! looks pale.html' 'says color-contrast'
else
    echo "# axe has not looked: $(tail -n 1 fetched)"
fi
finish
