# Sourced after cli/claims.sh: programs of others.

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
