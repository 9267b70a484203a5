#!/bin/sh
# Check and play every ```lua block of the pages that is a whole scenario: examples.sh RIPCORD PAGE…
set -eu
ripcord=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
awk -v folder="$folder" '
    /^```lua/ { block = ""; inside = 1; next }
    /^```/ && inside {
        inside = 0
        if (block ~ /(^|\n)scenario\(/) {
            file = folder "/example" ++count ".lua"
            printf "%s", block > file
            close(file)
        }
        next
    }
    inside { block = block $0 "\n" }
' "$@"
if [ -z "$(ls "$folder")" ]; then
    echo "no page has an example"
    exit 1
fi
"$ripcord" check "$folder"
"$ripcord" run "$folder" -q
