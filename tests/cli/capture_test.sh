#!/bin/sh
# --pcap, read back by Wireshark, and docs/hrpc.lua on it and on traffic from a real network.
if ! command -v tshark >/dev/null || ! command -v capinfos >/dev/null; then
    echo "skipped: tshark is not installed"
    exit 77
fi
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"
dissector=$here/../../docs/hrpc.lua

cat >lost.lua <<'LUA'
scenario("The first answer gets lost", function(t)
    local server = t:server()
    local client = t:client(server, { rpc_timeout = "5s" })
    t:sleep "1s"
    t:fault("wire.response.swallow", { server, nth = 1 })
    t:expect(client:call("echo", { message = "lost" })):fails "read_timeout"
    t:sleep "123ns"
    t:expect(client:call("echo", { message = "found" })):returns { message = "found" }
    t:expect(client:call("throw", { class = "java.io.IOException", message = "no luck" })):fails "remote_error"
end)
LUA

# capture RELEASE: to all.pcapng, and to one side's view of it, client.pcapng and server.pcapng.
capture() {
    "$ripcord" run lost.lua --release "$1" --pcap all.pcapng >out 2>err
    code=$?
    tshark -r all.pcapng -Y 'frame.interface_name == "client"' -w client.pcapng 2>/dev/null
    tshark -r all.pcapng -Y 'frame.interface_name == "server"' -w server.pcapng 2>/dev/null
}
# fields FILE FILTER FIELD…: a line a packet, to the file out.
fields() {
    file=$1
    filter=$2
    shift 2
    for field in "$@"; do
        set -- "$@" -e "$field"
        shift
    done
    tshark -X "lua_script:$dissector" -r "$file" -Y "$filter" -T fields "$@" >out 2>err
    code=$?
}
none() { silent out; }

capture 3.4
echo 'print "it runs"' >here.lua
if ! tshark -X lua_script:here.lua -r all.pcapng -c 1 2>/dev/null | grep -q "it runs"; then
    echo "skipped: this tshark runs no script (Wireshark 4.4 runs none for root)"
    exit 77
fi
claim "the scenario fails nothing" exits 0
capinfos all.pcapng >out 2>err
code=$?
claim "capinfos reads the capture: nanoseconds, two interfaces, in order" \
    all 'exits 0' 'says "nanoseconds (9)"' 'says "Name = client"' 'says "Name = server"' \
    'grep -q "Strict time order: *True" out' 'grep -q "First packet time: *2000-01-01" out'
fields all.pcapng "_ws.malformed or _ws.expert.severity >= error" frame.number
claim "Wireshark finds nothing malformed" all 'exits 0' none
tshark -r all.pcapng -o ip.check_checksum:TRUE -Y "ip.checksum.status == bad" >out 2>err
claim "the checksums of IP are right" none
fields client.pcapng tcp.port tcp.srcport tcp.dstport
claim "ports are those of the run" \
    all 'grep -qx "40000.8020" out' 'grep -qx "8020.40000" out' '! grep -qvx "40000.8020\|8020.40000\|4000[1-9].8020\|8020.4000[1-9]" out'
fields client.pcapng "tcp.analysis.flags && !tcp.analysis.keep_alive" frame.number
claim "sequence numbers are right: one side's view has no retransmission" none
fields client.pcapng hrpc.method frame.time_epoch hrpc.method frame.comment
claim "times are virtual, to the nanosecond; methods are named; comments tell the call" \
    all 'grep -q "^946684801.000000000.echo.conn 1 request call 1" out' \
    'grep -q "^946684806.000000123.echo.conn [12] request call 2" out' 'grep -q "throw" out'
fields server.pcapng 'frame.comment contains "swallow" or frame.comment contains "dropped"' frame.comment
claim "what is lost is in the sender's view, with the fault that took it" \
    all '! none' 'grep -q "response call 1.*F1" out'
fields client.pcapng 'frame.comment contains "response call 1"' frame.number
claim "and not in the receiver's" none
fields client.pcapng "hrpc.status == 1" hrpc.status hrpc.error hrpc.call_id
claim "an error is shown with its class" says java.io.IOException

for release in 0.20 1.2 2.2 2.6 3.4; do
    capture "$release"
    ! says "skipped" || continue
    fields client.pcapng hrpc hrpc.kind hrpc.method hrpc.call_id
    claim "$release: preamble, context, requests and responses are dissected" \
        all 'test "$(grep -c "echo" out)" -eq 2' 'grep -q "context" out' 'test "$(wc -l <out)" -ge 7'
    fields client.pcapng "tcp.len > 0 && !hrpc" frame.number
    claim "$release: no bytes are left undissected" none
    fields all.pcapng "_ws.malformed or _ws.lua.error" frame.number
    claim "$release: and nothing is malformed" none
done

sed -i 's/t:server()/t:server { engine = "writable" }/' lost.lua
for release in 2.6 3.4; do
    capture "$release"
    fields client.pcapng hrpc.method hrpc.method hrpc.protocol
    claim "$release: calls of Writables are dissected" \
        all 'test "$(grep -c "echo" out)" -eq 2' 'says org.ripcord.TestProtocol'
    fields client.pcapng hrpc.value hrpc.value
    claim "$release: and what they return" all 'test "$(wc -l <out)" -eq 1' 'says "not known"'
    fields all.pcapng "_ws.malformed or _ws.lua.error" frame.number
    claim "$release: without a malformed packet" none
done

# --- a real network: needs the right to listen to it
serve test
tshark -i lo -w real.pcapng -f "tcp port $port" >/dev/null 2>listening </dev/null &
listener=$!
started="$started $listener"
if eventually grep -q "Capturing on" listening; then
    sleep 1
    "$ripcord" call "$at" org.ripcord.TestProtocol echo '{"message":"hi"}' >out 2>err
    "$ripcord" call "$at" org.ripcord.TestProtocol throw '{"class":"java.io.IOException","message":"no"}' >out 2>err
    sleep 1
    kill -INT $listener
    wait $listener 2>/dev/null
    tshark -X "lua_script:$dissector" -o "hrpc.ports:$port" -r real.pcapng -Y hrpc.method -T fields -e hrpc.method >out 2>err
    claim "traffic of a real network is dissected as well" all 'says echo' 'says throw'
    tshark -X "lua_script:$dissector" -o "hrpc.ports:$port" -r real.pcapng -Y "_ws.malformed" >out 2>err
    claim "without a malformed packet" none
fi
finish
