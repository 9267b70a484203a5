#!/bin/sh
# Hadoop 0.20's and 1.2's own client and server, and 2.6's and 3.4's WritableRpcEngine, against `ripcord serve` and
# `ripcord call`.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/claims.sh"
. "$here/programs.sh"
need ripcord-twin-0.20
need ripcord-twin-1.2
need ripcord-twin-2.6
need ripcord-twin-3.4
protocol=org.ripcord.TestProtocol
export HADOOP_USER_NAME=alice

for release in 0.20 1.2; do
    twin=ripcord-twin-$release
    serve test --release $release -v
    does $twin echo "$at" hi
    claim "$release: the Java client gets its answer" all 'exits 0' 'prints "value hi\n"'
    does $twin throw "$at" java.io.FileNotFoundException
    claim "$release: and its exception" all 'exits 1' \
        'says "remote java.io.FileNotFoundException: java.io.FileNotFoundException: no luck"'
    does $twin -Dtwin.version=2 echo "$at" hi
    claim "$release: it wants another version of the protocol" all 'exits 1' \
        'says "mismatch. (client = 2, server = 1)"'
    claim "$release: the server tells by whom" grep -q "wire.context .*user=alice" served
    stop INT

    : >twin_out
    $twin server 2 >twin_out 2>twin_err </dev/null &
    started="$started $!"
    eventually grep -q "^port " twin_out
    at=127.0.0.1:$(sed -n 's/^port //p' twin_out)
    try call "$at" $protocol echo '{"message":"hi"}' --release $release
    claim "$release: our client gets the Java server's answer" all 'exits 0' 'says "{\"message\": \"hi\"}"'
    try call "$at" $protocol throw '{"class":"java.io.IOException","message":"no luck"}' --release $release
    claim "$release: and its exception" all 'exits 1' 'complains "java.io.IOException: no luck"'
    try call "$at" $protocol hang --timeout 300ms --release $release
    claim "$release: a call has its time-out" all 'exits 1' 'complains "no answer within 300ms"'
done

printf '%s\n' 'package org.ripcord' 'protocol ObjectProtocol 1' '    int[] echo(int[])' >engine.writables
for release in 2.6 3.4; do
    : >twin_out
    ripcord-twin-$release server 2 >twin_out 2>twin_err </dev/null &
    started="$started $!"
    eventually grep -q "^port " twin_out
    at=127.0.0.1:$(sed -n 's/^port //p' twin_out)
    try call "$at" org.ripcord.ObjectProtocol echo '[[1, -2]]' --release $release --types engine.writables
    claim "$release: Writables are called over IPC version 9" all 'exits 0' 'says "[1, -2]"'
    try call "$at" $protocol echo '{"message":"hi"}' --release $release
    claim "$release: a server of them alone knows no protobuf" all 'exits 1' \
        'complains "Unknown rpc kind in rpc headerRPC_PROTOCOL_BUFFER"'
done

serve namenode --release 1.2 -v
does ripcord-twin-1.2 shell "$at" "-mkdir /a/b" "-lsr /" "-mv /a/b /c" "-rm /c" "-rmr /c" "-ls /nope"
claim "1.2.1's FileSystem makes, moves and removes a directory, but not by rm" \
    test "$(sed -n 's/^exits //p' out | xargs)" = "0 0 0 255 0 255"
claim "it sees what it has made" all 'says " /a/b"' 'says "drwxr-xr-x   - alice"'
claim "rm takes no directory" complains "rm: Cannot remove directory"
claim "rmr does" says "Deleted hdfs://"
claim "what is not there can't be listed" all 'exits 255' 'complains "Cannot access /nope"'
claim "the server tells of each call" grep -q "wire.request .*method=mkdirs" served
stop INT

finish
