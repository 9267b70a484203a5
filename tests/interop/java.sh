#!/bin/sh
# Hadoop's own client and server, against `ripcord serve test` and `ripcord call`.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/claims.sh"
. "$here/programs.sh"
need ripcord-twin
protocol=org.ripcord.TestProtocol

serve test
does ripcord-twin echo "$at" hi
claim "the Java client gets its answer" all 'exits 0' 'prints "value hi\n"'
does ripcord-twin -Dipc.client.rpc-timeout.ms=400 -Dipc.ping.interval=200 hang "$at"
claim "and its time-out" all 'exits 1' 'says "error java.net.SocketTimeoutException: "'
stop INT

: >twin_out
ripcord-twin server 2 >twin_out 2>twin_err </dev/null &
started="$started $!"
eventually grep -q "^port " twin_out
at=127.0.0.1:$(sed -n 's/^port //p' twin_out)
for release in 2.6 3.4; do
    try call "$at" $protocol echo '{"message":"hi"}' --release $release
    claim "a client of $release gets the Java server's answer" all 'exits 0' 'says "{\"message\": \"hi\"}"'
done
try call "$at" org.apache.hadoop.ipc.ProtocolMetaInfoPB getProtocolSignature \
    "{\"protocol\":\"$protocol\",\"rpcKind\":\"RPC_PROTOCOL_BUFFER\"}"
claim "it tells which methods it has" all 'exits 0' 'says "\"version\": 1, \"methods\": ["'
try call "$at" $protocol throw '{"class":"java.io.IOException","message":"no luck"}'
claim "and its exception" all 'exits 1' 'complains "java.io.IOException: no luck"'
try call "$at" $protocol echo '{}' --version 7
claim "it refuses another version of the protocol" all 'exits 1' 'complains "VersionMismatch"'
try call "$at" $protocol hang --timeout 300ms
claim "a call has its time-out" all 'exits 1' 'complains "no answer within 300ms"'

finish
