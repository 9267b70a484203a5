#!/bin/sh
# ripcord serve and ripcord call, against each other.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"

protocol=org.ripcord.TestProtocol

says_json() { [ "$(cat out)" = "$1" ]; }

serve test -v
claim "serve says where it listens" grep -q "^listening on 127.0.0.1:[1-9]" served
try call "$at" $protocol echo '{"message":"hi"}'
claim "an answer is JSON" all 'exits 0' 'says_json "{\"message\": \"hi\"}"'
try call "$at" $protocol echo
claim "without JSON the request is empty" exits 0
echo '{"message": "from far"}' | "$ripcord" call "$at" $protocol echo - >out 2>err
code=$?
claim "- is the standard input" all 'exits 0' 'says "from far"'
try call "$at" $protocol echo '{"message":"\u00e4\u20ac"}'
claim "texts are UTF-8" says '{"message": "ä€"}'
try call "$at" $protocol echo '{"message":"a\u0000b"}'
claim "NUL is a character" all 'exits 0' 'says_json "{\"message\": \"a\u0000b\"}"'
try call "$at" $protocol throw '{"class":"java.io.IOException","message":"\u001b[31mred"}'
claim "what a server says can't command a terminal" \
    all 'exits 1' 'complains_once "java.io.IOException: \x1b[31mred"'
try call "$at" $protocol blob '{"size":100}'
claim "bytes are base64" all 'exits 0' 'says "\"data\": \""'
try call "$at" $protocol throw '{"class":"java.io.IOException","message":"no luck"}'
claim "an exception is class and message, and 1" \
    all 'exits 1' 'silent out' 'complains_once "java.io.IOException: no luck"'
try call "$at" $protocol hang --timeout 300ms
claim "a call has a time-out" all 'exits 1' 'complains_once "no answer within 300ms: the call is at '\''wait'\''"'
for release in 2.6 3.4; do
    try call "$at" $protocol echo '{"message":"hi"}' --release $release --user alice
    claim "a client of $release, with a user" exits 0
done
claim "the server has seen that user" grep -q "wire.context .*user=alice" served
try call "$at" $protocol echo '{"message":"hi"}' --version 7
claim "another version of the protocol is refused by the server" \
    all 'exits 1' 'complains "VersionMismatch"'
try call "$at" $protocol echo '{"message":"hi"}' --version -5
claim "a version below zero is sent as it is" all 'exits 1' 'complains "(client = -5, server = 1)"'
try call "$at" org.example.Other echo --proto "$here/other.proto"
claim "another protocol too" all 'exits 1' 'complains "org.example.Other"'
claim "a line a call tells what happens" grep -q "wire.request .*method=echo" served

# --- types
try call "$at" $protocol echo '{"message":"hi"}' --proto "$here/test_copy.proto"
claim "types come from a .proto" all 'exits 0' 'says_json "{\"message\": \"hi\"}"'
protoc --proto_path="$here" --include_imports --descriptor_set_out=set "$here/test_copy.proto"
try call "$at" $protocol echo '{"message":"hi"}' --descriptors set
claim "or from a descriptor set" all 'exits 0' 'says_json "{\"message\": \"hi\"}"'
head -c 100 set >half
refuses "half a descriptor set" 2 "half is no whole descriptor set" \
    call "$at" $protocol echo --descriptors half
: >nothing
refuses "an empty one" 2 "nothing is no descriptor set: it is empty" call "$at" $protocol echo --descriptors nothing
refuses "one that is not there" 2 "cannot read nowhere: No such file" call "$at" $protocol echo --descriptors nowhere
refuses "a .proto that is not there" 2 "cannot read nowhere.proto" call "$at" $protocol echo --proto nowhere.proto
echo 'message {' >wrong.proto
refuses "a .proto that protoc refuses" 2 "protoc does not take wrong.proto" \
    call "$at" $protocol echo --proto wrong.proto
cp "$here/test_copy.proto" lonely.proto
(PATH=/nonexistent "$ripcord" call "$at" $protocol echo --proto lonely.proto >out 2>err)
code=$?
claim "no protoc is told with what to do" all 'exits 2' 'complains_once "install protobuf-compiler"'
for option in --proto --descriptors --include --service; do
    refuses "$option where 1.2 speaks with Writables" 2 "$option is for protobuf, and this call is made of Writables" \
        call "$at" $protocol echo --release 1.2 $option x
done
cat >words.proto <<'PROTO'
syntax = "proto2";
message Words { repeated string words = 1; }
service Words_ { rpc say(Words) returns (Words); }
PROTO
refuses "null in a list of protobuf" 2 "field 'words' takes a list" \
    call "$at" org.example.Words say '{"words":["a",null]}' --proto words.proto
refuses "a protocol whose messages are not known" 2 "give --proto FILE or --descriptors FILE" \
    call "$at" org.example.Unknown echo
refuses "a method that is none names the nearest" 2 "has no method 'ecko'; did you mean 'echo'?" \
    call "$at" $protocol ecko
refuses "a field that is none names the nearest" 2 "has no field 'mesage'; did you mean 'message'?" \
    call "$at" $protocol echo '{"mesage":"hi"}'
refuses "a field of another type" 2 "field 'size' takes a whole number" call "$at" $protocol blob '{"size":{}}'
refuses "JSON that is none" 2 "the request is no JSON: line 1" call "$at" $protocol echo '{"message":'
refuses "JSON that is no object" 2 "takes a table of fields" call "$at" $protocol echo '3'

# --- places
refuses "an address without a port" 2 "write 127.0.0.1:PORT" call 127.0.0.1 $protocol echo
refuses "a port with a sign" 2 "'127.0.0.1:+80' is no address; write HOST:PORT" call 127.0.0.1:+80 $protocol echo
refuses "an address of IPv6" 2 "is no address of IPv4, the only one that is spoken" call '[::1]:8020' $protocol echo
refuses "a port that is none" 2 "is no address; write HOST:PORT" call 127.0.0.1:99999 $protocol echo
refuses "a host that is none" 2 "cannot find the host of no.such.host.invalid:1" \
    call no.such.host.invalid:1 $protocol echo
refuses "too few arguments" 2 "call takes ADDRESS PROTOCOL METHOD" call "$at" $protocol
refuses "a time that is none" 2 "--timeout takes a time" call "$at" $protocol echo --timeout soon
refuses "a release that is none" 2 "'9.9' is no release of Hadoop that is known here; there are: 0.20, 1.2" call "$at" $protocol echo --release 9.9
refuses "a setting that is none" 2 "has the setting ipc.nothing" call "$at" $protocol echo --conf ipc.nothing=1
refuses "a port that is taken" 2 "cannot listen on $at: another program does" serve test --listen "$at"
stop INT
claim "Ctrl-C ends it, with a summary" all 'exits 130' 'grep -q "^served [1-9][0-9]* calls on" served'
try call "$at" $protocol echo
claim "then the connection is refused, in Hadoop's words" \
    all 'exits 1' 'complains "java.net.ConnectException: Call From"' 'complains "Connection refused"'

# --- servers that are none
cat >babble.py <<'PY'
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    peer = listener.accept()[0]
    peer.recv(65536)
    peer.sendall(bytes.fromhex(sys.argv[1]) * 100)
    peer.close()
PY
# babbles HEX: $port answers with these bytes.
babbles() {
    rm -f babbled
    python3 babble.py "$1" >babbled &
    babbler=$!
    started="$started $babbler"
    eventually test -s babbled
    port=$(cat babbled)
}
for release in 0.20 1.2 2.2 2.6 3.4; do
    for bytes in 00 ff 7f 80000000 485454502f312e31; do
        babbles $bytes
        try call 127.0.0.1:$port $protocol echo --release $release --timeout 1s
        claim "$release: an answer of $bytes… costs one line" \
            all 'exits 1' 'silent out' '[ "$(wc -l <err)" -eq 1 ]' '! grep -qx ": " err'
        kill $babbler
        wait $babbler 2>/dev/null
    done
done

# --- roles and files
serve namenode
try call "$at" org.apache.hadoop.hdfs.protocol.ClientProtocol mkdirs \
    '{"src":"/a","masked":{"perm":493},"createParent":true}'
claim "a role answers" all 'exits 0' 'says_json "{\"result\": true}"'
try call "$at" org.apache.hadoop.hdfs.protocol.ClientProtocol getFileInfo '{"src":"/a"}'
claim "it keeps what it was told" all 'exits 0' 'says "IS_DIR"'
stop TERM
claim "SIGTERM ends it" exits 143

cat >role.lua <<'LUA'
return {
    protocol = "org.ripcord.TestProtocol",
    methods = {
        echo = function(call, request)
            if request.message == "bad" then call:throw("java.io.IOException", "bad indeed") end
            return { message = request.message:upper() }
        end,
    },
}
LUA
serve ./role.lua
try call "$at" $protocol echo '{"message":"hi"}'
claim "a file's role answers in Lua" says_json '{"message": "HI"}'
try call "$at" $protocol echo '{"message":"bad"}'
claim "and throws" all 'exits 1' 'complains_once "java.io.IOException: bad indeed"'
stop INT

cat >scene.lua <<'LUA'
scenario("The second answer gets lost", { world = "live" }, function(t)
    local server = t:server()
    t:fault("wire.response.swallow", { server, nth = 2 })
end)
LUA
serve scene.lua
try call "$at" $protocol echo '{"message":"hi"}'
claim "a file may bring its own scenario" exits 0
try call "$at" $protocol echo '{"message":"hi"}' --timeout 500ms
claim "with its faults" all 'exits 1' 'complains "no answer within 500ms"'
stop INT

# --- Writables
cat >reals.lua <<'LUA'
scenario("What JSON has no numbers for", { world = "live" }, function(t)
    t:protocol("org.example.Reals", { methods = { of = { "double[]", "int" } } })
    local server = t:server { protocol = "org.example.Reals" }
    server:on("of", function(_, request) return { request[1] / 0, -1 / 0, 0 / 0, 0.5 } end)
end)
LUA
printf '%s\n' 'package org.example' 'protocol Reals 1' '    double[] of(int)' >reals.writables
serve reals.lua
try call "$at" org.example.Reals of '[1]' --types reals.writables
claim "a double that JSON has no number for is a text" \
    all 'exits 0' 'says_json "[\"Infinity\", \"-Infinity\", \"NaN\", 0.5]"'
stop INT

mkdir .lua
refuses "a role that is none" 2 "there is no role nothing; there are: test, datanodes, jobtracker, namenode" serve nothing --listen 127.0.0.1:0
refuses "a file that is not there" 2 "cannot read nowhere.lua" serve nowhere.lua --listen 127.0.0.1:0
echo 'local x = 1' >plain.lua
refuses "a file that says nothing" 2 "and no role is returned" serve plain.lua --listen 127.0.0.1:0
echo 'return { methods = {} }' >nameless.lua
refuses "a role without its protocol" 2 "a role needs a protocol" serve nameless.lua --listen 127.0.0.1:0
refuses "nothing to serve" 2 "serve takes one role or file" serve
for number in 0 -1 -2147483648; do
    refuses "$number Handlers" 2 "--handlers is a number from 1 on" serve test --handlers $number
done
refuses "a range in place of a release" 2 "'2.2-' is no release of Hadoop that is known here" serve test --release 2.2-
refuses "a filter for a role" 2 "--filter is for files with several scenarios, and test is a role" serve test --filter x
refuses "a folder" 2 "cannot read ./.lua: Is a directory" serve ./.lua

finish
