#!/bin/sh
# A hostile peer on either side, for some seconds: nobody crashes, nobody grows.
#
#     hostile_test.sh RIPCORD HOSTILE [SECONDS] [SEED]
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/claims.sh"
hostile=$2
seconds=${3:-3}
seed=${4:-1}
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=4"
code=0

kilobytes() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
descriptors() { ls "/proc/$1/fd" | wc -l; }
lives() { kill -0 "$1" 2>/dev/null; }
answers() { try call --release $release "127.0.0.1:$port" org.ripcord.TestProtocol echo '{"message":"hi"}' && says '"hi"'; }

peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }

# The server, in each release.
# 4-lethal: a Reader may die as Hadoop's does, of what no Java heap has room for, and its
# connections are deaf from then on.
throw_at_server() {
    release=$1 version=$2 more=${3:-}
    serve test --release $release $more
    "$hostile" throw "$port" 1 "$seed" $version >out # what it needs to run at all
    before=$(kilobytes $id)
    "$hostile" throw "$port" "$seconds" $((seed + 1)) $version >out
    code=$?
    claim "$release: the server still accepts, after $(cat out)" exits 0
    claim "$release: it lives" lives $id
    [ $version = 4-lethal ] || claim "$release: it still answers" answers
    after=$(kilobytes $id) peak=$(peak $id)
    claim "$release: it has not grown by more than 32 MiB: $before kB, then $after kB" \
        [ "$after" -lt $((before + 32768)) ]
    claim "$release: it has never had 256 MiB more than that: $peak kB" \
        [ "$peak" -lt $((before + 262144)) ]
    sleep 0.2
    [ $version = 4-lethal ] ||
        claim "$release: connections that ended are gone: $(descriptors $id) descriptors" [ "$(descriptors $id)" -lt 40 ]
    stop TERM
    claim "$release: it ends as always" exits 143
}

# The client: whatever is answered, it says one sentence and ends.  Before 2.x its receiver may die
# of an unchecked exception without a word, and only its own time-out is left.
answer_client() {
    release=$1 version=$2
    : >answered
    "$hostile" answer $((seconds * 2)) "$seed" $version >answered &
    id=$!
    started="$started $id"
    eventually grep -q . answered
    port=$(head -n 1 answered)
    end=$(($(date +%s) + seconds))
    calls=0 worst=0
    while [ "$(date +%s)" -lt $end ]; do
        timeout 20 "$ripcord" call --timeout 300ms --release $release "127.0.0.1:$port" org.ripcord.TestProtocol echo \
            '{"message":"hi"}' >out 2>err </dev/null
        code=$?
        calls=$((calls + 1))
        [ $code -le 2 ] || { worst=$code; break; }
    done
    code=$worst
    claim "$release: the client has ended $calls calls by itself" all 'exits 0' '[ $calls -gt 3 ]'
}

throw_at_server 0.20 4
throw_at_server 1.2 4
throw_at_server 1.2 4-lethal "--conf ipc.server.read.threadpool.size=300"
throw_at_server 2.6 9
throw_at_server 3.4 9
answer_client 1.2 4-lethal
answer_client 3.4 9
finish
