#!/bin/sh
# How long the page takes, beside what it may take, in a headless browser:
#
#     page_bench.sh GOLDEN
#
# GOLDEN is the folder that reports_golden_files has written: a page with a run of 10,000
# events, and one with 1,000 results.
set -u
folder=$(cd "$(dirname "$0")" && pwd)
. "$folder/browser.sh"
if [ -z "$browser" ]; then
    echo "skipped: there is no chromium that starts"
    exit 77
fi
work=$(mktemp -d) || exit 1
# The browser tells what a page has come to when that has loaded: an image that never comes
# keeps it waiting until the measurements are done.
python3 -c '
import socket, time
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
time.sleep(120)' >"$work/port" &
never=$!
trap 'kill $never 2>/dev/null; rm -rf "$work"' EXIT
while [ ! -s "$work/port" ]; do sleep 0.1; done
status=0
for page in report many; do
    { sed '/http-equiv="Content-Security-Policy"/d' "$1/$page.html"
      echo "<img id=never alt='' src='http://127.0.0.1:$(cat "$work/port")/'>"
      echo '<script>const busiest = "bench.events@2.6";</script><script>'
      cat "$folder/page_bench.js"
      echo '</script>'; } >"$work/$page.html"
    echo "$page.html, $(($(wc -c <"$1/$page.html") / 1024)) KiB"
    timeout 40 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --window-size=1440,1200 \
        --user-data-dir="$work/profile" --dump-dom "file://$work/$page.html" \
        2>/dev/null >"$work/told"
    sed -n 's/<[^>]*>//g; /[0-9] ms   of /p' "$work/told"
    grep -q '^measured' "$work/told" && ! grep -q 'TOO SLOW' "$work/told" || status=1
done
exit $status
