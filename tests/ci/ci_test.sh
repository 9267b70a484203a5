#!/bin/sh
# The recipes of docs/ci.md, as people copy them; and what the regression set is made of.
#     ci_test.sh RIPCORD
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$root/tests/cli/claims.sh"

mkdir bin ci taken
ln -s "$ripcord" bin/ripcord
PATH=$folder/bin:$PATH
cp -r "$root/scenarios" .
python3 "$root/tests/ci/blocks.py" "$root/docs/ci.md" taken || exit 1
cp taken/rpc.sh ci/rpc.sh

# shell COMMAND…: a job's step; $code, out and err are what came of it.
shell() {
    "$@" >out 2>err </dev/null
    code=$?
}

# --- the set
"$ripcord" list scenarios --tag regression --json >set.json
cat >set.py <<'PY'
import json
cases = json.load(open("set.json"))
scenarios = {(case["file"], case["line"]): set(case["tags"]) for case in cases}
for theme, least in {"timeout": 10, "retry": 10, "purge": 10, "idle": 10, "completion": 20}.items():
    found = [tags for tags in scenarios.values() if theme in tags]
    assert len(found) >= least, (theme, len(found))
    releases = {case["release"] for case in cases if theme in case["tags"] and "skip" not in case}
    assert {"2.6", "3.4"} <= releases, (theme, releases)
assert 100 <= len(scenarios) <= 200, len(scenarios)
PY
claim "the regression set has ten scenarios and more of each theme, for each release" python3 set.py
for theme in timeout retry purge idle completion; do
    "$ripcord" list scenarios --tag $theme --json >theme.json
    claim "what is tagged $theme is in the set" python3 -c '
import json
assert all("regression" in case["tags"] for case in json.load(open("theme.json")))'
done

# fail NAME: a scenario of one's own, which fails.
fail() {
    mkdir -p scenarios/own
    printf 'scenario("%s", { releases = "2.6-", tags = { "regression" } }, function(t) t:expect(1):is(2) end)\n' "$1" >"scenarios/own/$1.lua"
}
new_in() { grep -q "^new     own.$1@3.4" "$2"; }

# --- the script that all recipes call
shell sh ci/rpc.sh
claim "the set passes, and leaves its reports" \
    all 'exits 0' 'says_last report.html' 'test -s report.html' 'test -s junit.xml' 'test -s records/run.json'
claim "a baseline is a hundred megabytes or so" test "$(du -sm records | cut -f1)" -le 200
rm -r records
for group in scenarios/*/; do # the rest of the way with less
    case $group in
    */purge/ | */idle/) ;;
    *) rm -r "$group" ;;
    esac
done
fail one
shell sh ci/rpc.sh
claim "without a baseline a failure is red" all 'exits 1' 'says "own.one@3.4"'
mv records baseline
shell sh ci/rpc.sh
claim "with one, what has failed before is not" all 'exits 0' 'grep -q "known   own.one@3.4" out' '! new_in one out'
fail two
shell sh ci/rpc.sh
claim "but what newly fails is, and the report tells which" \
    all 'exits 1' 'new_in two out' 'new_in two changes.txt' '! new_in one changes.txt' 'grep -q "known   own.one@3.4" changes.txt'
rm scenarios/own/two.lua
echo 'scenario("broken", function(t)' >scenarios/own/broken.lua
shell sh ci/rpc.sh
claim "what is broken is red whatever the baseline says" exits 2
rm -r scenarios/own baseline records

# --- GitHub
cat >bin/gh <<'SH'
#!/bin/sh
# What the recipe asks of GitHub's program.
case "$1 $2" in
"run list") [ ! -d kept ] || echo 42 ;;
"run download") [ "$3 $4 $5 $6 $7" = "42 --name records --dir baseline" ] && cp -r kept baseline ;;
esac
SH
chmod +x bin/gh
github() {
    rm -rf baseline
    : >summary
    GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$folder/summary bash -e "taken/github-$1.sh" >out 2>err </dev/null
    code=$?
}
github baseline
claim "GitHub: the first run has no baseline, and says so" all 'exits 0' 'says "no baseline yet"'
fail one
github scenarios
claim "GitHub: a failure is annotated at its line" \
    all 'exits 1' 'grep -q "^::error file=scenarios/own/one.lua,line=1,title=own.one@2.6::one%0A" out'
claim "GitHub: and stands in the summary" \
    all 'grep -q "^### ripcord: 2 of .* results failed$" summary' 'grep -q "^| failed | one | scenarios/own/one&#46;lua\|^| failed | one |" summary'
mv records kept
fail two
bash -e taken/github-baseline.sh >out 2>err && : >summary
GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$folder/summary bash -e taken/github-scenarios.sh >out 2>err
code=$?
claim "GitHub: the next run knows what is new" \
    all 'exits 1' 'grep "^::error" out | head -n 1 | grep -q "title=new: own.two@2.6"' \
    'grep -q "title=known: own.one@2.6" out' 'grep -q "failed, 2 of them new$" summary' \
    'test "$(grep -c "^::error" out)" -eq 4' 'test "$(grep -c "^### " summary)" -eq 1'
rm -rf kept baseline records

# --- GitLab
cat >bin/curl <<'SH'
#!/bin/sh
[ -e kept.zip ] && cp kept.zip baseline.zip
SH
chmod +x bin/curl
gitlab() {
    CI_JOB_TOKEN=secret CI_API_V4_URL=https://gitlab.invalid CI_PROJECT_ID=1 CI_DEFAULT_BRANCH=main \
        bash -eo pipefail taken/gitlab.sh >out 2>err </dev/null
    code=$?
}
gitlab
claim "GitLab: the first job has no baseline" all 'exits 1' 'says "no baseline yet"' 'test -s junit.xml'
if command -v unzip >/dev/null; then
    python3 -m zipfile -c kept.zip records
    rm -r records
    gitlab
    claim "GitLab: the next one takes its artifact" all 'exits 0' 'test -e baseline/run.json' '! says "no baseline yet"'
fi
rm -rf baseline records

# --- Jenkins
mkdir before
shell sh -xe taken/jenkins.sh
claim "Jenkins: the first build has no baseline" all 'exits 1' '! test -e baseline' 'test -s junit.xml'
mv records before/records
shell sh -xe taken/jenkins.sh
claim "Jenkins: the next one has" all 'exits 0' 'test -e baseline/run.json'
rm -rf before baseline records

# --- make
cp taken/Makefile Makefile
shell make rpc
claim "make: without a baseline a failure is red" all 'exits 2' 'test -s rpc-out/report.html'
shell make rpc-baseline
claim "make: what fails is known from now on" all 'exits 0' 'test -e baseline/run.json'
shell make rpc
claim "make: then it is green" exits 0
fail three
shell make rpc
claim "make: until something newly fails" all 'exits 2' 'says "new     own.three@3.4"'
rm -r baseline scenarios/own

# --- the other commands
"$ripcord" run scenarios --tag regression --quiet --record records >/dev/null
sed 's/--repeat 20/--repeat 1/' taken/commands.sh >commands.sh
while read -r line; do
    case $line in
    prove*) command -v prove >/dev/null || continue ;;
    esac
    shell sh -c "$line"
    claim "$line" exits 0
done <commands.sh

finish
