#!/bin/sh
# The shrinker: of a story that a stub plays, which fails when it has both of two acts.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../cli/claims.sh"

shrink() {
    lua5.4 "$here/shrink.lua" "$@" >out 2>err
    code=$?
}

# The acts are told by the program itself.
cat >stub <<END
#!/bin/sh
"$ripcord" "\$@" | sed 's/^failed/passed/'
awk -F '"' '/^{/ {
    acts = \$3
    sub(/.*keep = /, "", acts)
    gsub(/[{,}]/, " ", acts)
    if (\$2 != "tell" && (acts ~ /nil/ || (acts ~ / 2 / && acts ~ / 5 /)))
        printf "failed  x.chaos/%s@3.4\n  title\n  complaint\n", \$2
}' small/keep.lua
END
chmod +x stub

shrink ./stub small --release 3.4 --seed 1
claim "what is enough is found" says "2 of "
claim "in words" all 'grep -q "^ *2  at [0-9]* ms, for [0-9]* ms: [a-z]" out' 'grep -q "^ *5  at " out' \
    '[ "$(grep -c "  at [0-9]* ms" out)" -eq 2 ]'
claim "with the failure, and how to play it again" all 'exits 0' 'says complaint' \
    'says "replay    ./stub run small/chaos.lua --release 3.4 --seed 1"'
claim "the small story is left" grep -q 'keep = { 2, 5 }' small/keep.lua

shrink "$ripcord" small --release 3.4 --seed 1 --rough
claim "what does not fail is 1" all 'exits 1' 'complains "shrink: the story does not fail"'
for wrong in "" "p" "p f --seed 1" "p f --release 3.4" "p f g --release 3.4 --seed 1" "p f --release 3.4 --seed x" \
    "p f --release 3.4 --seed 1 --smooth" "p f --release 3.4 --seed"; do
    shrink $wrong
    claim "bad usage is 2: $wrong" all 'exits 2' 'complains_once "shrink: "'
done
finish
