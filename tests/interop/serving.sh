# Sourced after cli/claims.sh: servers in the background.

# serve ARGUMENT…: begin to serve on a free port, $at is the address.
serve() {
    rm -f served
    "$ripcord" serve "$@" --listen 127.0.0.1:0 >served 2>served_err </dev/null &
    id=$!
    started="$started $id"
    eventually grep -q "^listening on" served
    at=$(sed -n 's/^listening on //p' served)
}

# stop: end it and wait.
stop() {
    kill -INT "$id"
    wait "$id"
}

# need PROGRAM: without it the test is skipped, with that reason.
need() {
    command -v "$1" >/dev/null && return
    echo "1..0 # skipped: there is no program '$1' here"
    exit 77
}

# does PROGRAM ARGUMENT…: run it for at most five seconds; $code, out and err are what came of it.
does() {
    timeout 5 "$@" >out 2>err </dev/null
    code=$?
}
prints() { printf "$1" | cmp -s - out; }
