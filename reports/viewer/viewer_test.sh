#!/bin/sh
# The viewer's tests: its size, its pure functions (under node, else in a headless browser), then
# the pages of REPORT, the golden one, opened by file:// in a headless browser.  Exits with 77
# (skipped) where there is neither.
#
#     viewer_test.sh REPORT
set -u
folder=$(cd "$(dirname "$0")" && pwd)
node=$(command -v node || command -v nodejs || true)
. "$folder/browser.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$folder" || exit 1

# What people download with every report, as it stands here: 150 KiB at most.
scripts=$(ls ./*.js | grep -v '_test\|_bench')
size=$(cat $scripts page.css | wc -c)
if [ "$size" -gt $((150 * 1024)) ]; then
    echo "the viewer has $size bytes, more than 150 KiB"
    exit 1
fi

# Its files are one program: a name that two of them have would be one thing to both.
twice=$(sed -nE 's/^(async )?(function|const|let|class) ([A-Za-z_]+).*/\3/p' $scripts | sort | uniq -d)
if [ -n "$twice" ]; then
    echo "declared twice:" $twice
    exit 1
fi

# Prints what the page FILE has come to; fails unless that is "N passed, 0 failed".
browse() {
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --virtual-time-budget=30000 --dump-dom "file://$1" \
        2>/dev/null | sed -n 's/<[^>]*>//g; /[0-9] passed, \| does not show: \|: [A-Za-z]*Error: \|: refused /p' >"$work/told"
    cat "$work/told"
    grep -q "[1-9][0-9]* passed, 0 failed" "$work/told"
}

if [ -z "$node$browser" ]; then
    echo "skipped: there is neither node nor a chromium that starts"
    exit 77
fi

cat time.js record.js words.js order.js lanes.js viewer_test.js >"$work/pure.js"
if [ -n "$node" ]; then
    "$node" "$work/pure.js" || exit 1
else
    { echo '<!DOCTYPE html><meta charset="utf-8"><body><script>(() => {'
      cat "$work/pure.js"
      echo '})();</script>'; } >"$work/pure.html"
    browse "$work/pure.html" || exit 1
fi
if [ -z "$browser" ]; then
    echo "the pages are not looked at: there is no chromium that starts"
    exit 0
fi
{ cat "$(dirname "$1")/empty.html"
  echo '<script>const words = document.querySelector("main").textContent;'
  echo 'document.body.textContent = words.includes("Nothing was run") ? "1 passed, 0 failed" : `no results: Error: ${words}`;</script>'
} >"$work/empty.html"
browse "$work/empty.html" || exit 1
{ cat "$1"
  echo '<script>'
  cat pages_test.js
  echo '</script>'; } >"$work/report.html"
browse "$work/report.html"
