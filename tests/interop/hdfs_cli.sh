#!/bin/sh
# The hdfs command of colinmarc/hdfs against `ripcord serve namenode`.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/claims.sh"
. "$here/programs.sh"
need hdfs

serve namenode -v
export HADOOP_NAMENODE="$at" HADOOP_USER_NAME=alice

does hdfs ls /
claim "an empty tree lists nothing" all 'exits 0' 'prints ""'
does hdfs mkdir -p /a/b
claim "mkdir makes a directory and those above it" exits 0
does hdfs mkdir /a
claim "but not one that is there" all 'exits 1' 'complains "mkdir /a: file already exists"'
does hdfs ls /a
claim "ls lists it" all 'exits 0' 'prints "b\n"'
does hdfs ls -l /
claim "ls -l tells owner and mode" all 'exits 0' 'says "drwxr-xr-x"' 'says " a"'
does hdfs mv /a/b /c
claim "mv moves it" exits 0
does hdfs ls /
claim "from one place to another" all 'exits 0' 'prints "a\nc\n"'
does hdfs mv /nope /d
claim "what is not there can't be moved" all 'exits 1' 'complains "rename /nope: file does not exist"'
does hdfs rm /c
claim "rm takes no directory" all 'exits 1' 'complains "remove /c: file is a directory"'
does hdfs rm -r /c
claim "rm -r does" exits 0
does hdfs rm -r /c
claim "but only once" all 'exits 1' 'complains "remove /c: file does not exist"'
does hdfs chmod 700 /a
claim "chmod sets the mode" exits 0
does hdfs ls -l /
claim "which ls -l shows" all 'exits 0' 'says "drwx------"'
claim "the server tells of each call" grep -q "wire.request .*method=mkdirs" served
claim "and by whom" grep -q "wire.context .*user=alice" served
stop INT

cat >lossy.lua <<'LUA'
scenario("Listings get lost", { world = "live" }, function(t)
    local namenode = t:server { role = roles.namenode { tree = { ["/a"] = "hello" } } }
    t:fault("wire.response.swallow", { namenode, method = "getListing" })
end)
LUA
serve lossy.lua
export HADOOP_NAMENODE="$at"
does hdfs ls /a
claim "with listings lost, ls of a file still works" all 'exits 0' 'prints "/a\n"'
does timeout 1 hdfs ls /
claim "and ls of a directory still waits after a second" all 'exits 124' 'prints ""'
stop INT
does hdfs ls /
claim "nobody listens any more" all 'exits 1' 'complains "connection refused"'

finish
