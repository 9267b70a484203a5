# How the tests of the program claim things: TAP on the standard output, and a last line that
# counts.  A test is called with the program's path, and sources this file first.

ripcord=$1
passed=0
failed=0
started=
folder=$(mktemp -d "${TMPDIR:-/tmp}/ripcord-test-XXXXXX")
cd "$folder" || exit 2
unset NO_COLOR GITHUB_ACTIONS GITHUB_STEP_SUMMARY
export LC_ALL=C

# Whatever we have started and not waited for, by its own id.
at_end() {
    for id in $started; do
        kill -KILL "$id" 2>/dev/null
    done
    cd / && rm -rf "$folder"
}
trap at_end EXIT

# try ARGUMENT…: run the program; $code, out and err (files) are what came of it.
try() {
    "$ripcord" "$@" >out 2>err </dev/null
    code=$?
}

# serve ARGUMENT…: begin to serve on a free port: $id is the process, $at the (first) address, $port its port;
# served and served_err (files) are what it says.
serve() {
    rm -f served
    "$ripcord" serve "$@" --listen 127.0.0.1:0 >served 2>served_err </dev/null &
    id=$!
    started="$started $id"
    eventually grep -q "^listening on" served
    at=$(sed -n 's/^listening on //p' served | head -n 1)
    port=${at##*:}
}

# stop SIGNAL: end what serves, and wait.
stop() {
    kill -"$1" "$id"
    wait "$id"
    code=$?
}

# claim TEXT COMMAND…: the command succeeds.
claim() {
    text=$1
    shift
    if "$@" >/dev/null 2>&1; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $text"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $text"
        echo "# code $code"
        sed 's/^/# out: /' out 2>/dev/null | head -n 30
        sed 's/^/# err: /' err 2>/dev/null | head -n 30
        sed 's/^/# served: /' served_err 2>/dev/null | head -n 30
    fi
}

# What may be claimed.
exits() { [ "$code" -eq "$1" ]; }
says() { grep -qF -- "$1" out; }
says_last() { [ "$(tail -n 1 out)" = "$1" ]; }
complains() { grep -qF -- "$1" err; }
complains_once() { [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$1" err; }
silent() { ! [ -s "$1" ]; }
all() {
    while [ $# -gt 0 ]; do
        first=$1
        shift
        eval "$first" || return 1
    done
}

# refuses TEXT CODE SENTENCE ARGUMENT…: one sentence with these words, and that exit code.
refuses() {
    refuses_text=$1
    refuses_code=$2
    refuses_words=$3
    shift 3
    try "$@"
    claim "$refuses_text" all 'exits "$refuses_code"' 'complains_once "$refuses_words"'
}

# eventually COMMAND…: within ten seconds.
eventually() {
    for _ in $(seq 100); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}

finish() {
    echo "1..$((passed + failed))"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
