#!/bin/sh
# Writables from scripts and from JSON: null in lists, and bytes that stand behind values.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/claims.sh"

# --- null
cat >null.lua <<'LUA'
scenario("A list that says its length keeps the null at its end", function(t)
    t:writable("org.example.Node", { { "utf8", "name" } })
    t:protocol("org.example.Null", { methods = {
        two = { { "String", "int" }, { "String", "int", "String" } },
        node = { "String", "org.example.Node" },
        texts = { "String[]", "String[]" },
    } })
    local peer = t:peer()
    local spoken = t:client(peer, { protocol = "org.example.Null", engine = "writable" })
    spoken:call("two", { 1 })
    local raw = peer:accept()
    raw:open()
    t:expect(#raw:recv("request").types):is(1)
    spoken:call("two", { 1, nil, n = 2 })
    t:expect(#raw:recv("request").types):is(2)
    spoken:call("node", { nil, n = 1 })
    t:expect(raw:recv("request").bytes):is(has "NullInstance")
    spoken:call("node", { name = "x" })
    t:expect(raw:recv("request").value.name):is "x"
    spoken:call("texts", { { "a", nil, n = 2 } })
    t:expect(raw:recv("request").bytes):is(has "String;\0\0\0\2")
    local well, why = pcall(spoken.call, spoken, "texts", { { "a", nil, "b" } })
    t:expect(well):is(false)
    t:expect(why):is(has "got 2 elements of 3; where nil is null, n says how many")
    well, why = pcall(spoken.call, spoken, "two", { 1, "x", n = 1 })
    t:expect(well):is(false)
    t:expect(why):is(has "a table with the key '2'")
end)
LUA
try run null.lua
claim "in scripts n counts the null at a list's end" all 'exits 0' 'says "5 passed"'

cat >both.lua <<'LUA'
scenario("Which is called?", { world = "live" }, function(t)
    t:protocol("org.example.Both", { methods = {
        of = { { "String", "int" }, { "String", "int", "String" } },
    } })
    local server = t:server { protocol = "org.example.Both" }
    server:on("of", function(call) return call.method end)
end)
LUA
printf '%s\n' 'package org.example' 'protocol Both 1' '    String of(int)' '    String of(int, String)' >both.writables
serve both.lua --release 1.2 -vv
try call "$at" org.example.Both of '[1, null]' --types both.writables --release 1.2
claim "so does null in JSON" all 'exits 0' 'grep -q "wire.request.*length=" served'
long=$(grep "wire.request" served | tail -n 1 | sed 's/.*length=\([0-9]*\).*/\1/')
try call "$at" org.example.Both of '[1]' --types both.writables --release 1.2
short=$(grep "wire.request" served | tail -n 1 | sed 's/.*length=\([0-9]*\).*/\1/')
claim "which is one argument more: $long and $short bytes" [ "$long" -gt "$short" ]
stop INT

cat >gaps.lua <<'LUA'
scenario("There is null in what comes", { world = "live" }, function(t)
    t:protocol("org.example.Gaps", { methods = { of = { "String[]", "String[]" } } })
    local server = t:server { protocol = "org.example.Gaps" }
    server:on("of", function(_, request)
        return { "a", nil, tostring(request[1].n), nil, n = 4 }
    end)
end)
LUA
printf '%s\n' 'package org.example' 'protocol Gaps 1' '    String[] of(String[])' >gaps.writables
serve gaps.lua --release 1.2
try call "$at" org.example.Gaps of '[["x", null]]' --types gaps.writables --release 1.2
claim "no null of an answer is lost" all 'exits 0' 'says_last "[\"a\", null, \"2\", null]"'
stop INT

# --- bytes behind a value
cat >behind.lua <<'LUA'
scenario("What stands behind a value trails", { releases = "-2.6" }, function(t)
    local peer = t:peer()
    local raw = t:dial(peer)
    local other = peer:accept()
    raw:open()
    other:open()
    local sent = { "request", method = "echo", rpc_kind = t:since "2.2" and "writable" or nil,
        value = { message = "a" }, trailing = "more" }
    raw:send(sent)
    local heard = other:recv "request"
    t:expect(heard.value.message):is "a"
    t:expect(heard.trailing):is "more"
    t:expect(heard.bytes:sub(-4) ~= "more"):is(true)
    raw:send { "request", method = "echo", rpc_kind = t:since "2.2" and "writable" or nil,
        bytes = heard.bytes }
    local again = other:recv "request"
    t:expect(again.trailing):is(nil)
    t:expect(again.bytes):is(heard.bytes)
end)
LUA
try run behind.lua
claim "a received message keeps value and what stands behind it apart" exits 0
finish
