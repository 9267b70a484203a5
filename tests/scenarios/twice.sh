#!/bin/sh
# Records the stock suite twice and compares the records byte for byte: whatever an address, a
# clock or a compiler has a say in shows up here.
#
#     twice.sh PROGRAM [OTHER] [-- OPTION...]
#
# OTHER, say a build by another compiler, makes the second record.
set -eu

first=$1
shift
second=$first
if [ $# -gt 0 ] && [ "$1" != -- ]; then
    second=$1
    shift
fi
[ $# -eq 0 ] || shift

records=$(mktemp -d)
trap 'rm -rf "$records"' EXIT INT TERM
mkdir "$records/first" "$records/second"

"$first" run scenarios --quiet --record "$records/first" "$@"
# Other heaps and other workers: with two of them, cases come in another order.
"$second" run scenarios --quiet --jobs 2 --record "$records/second" "$@"

# run.json tells of the run itself: when it was, and how long it took.
rm -f "$records/first/run.json" "$records/second/run.json"
diff -rq "$records/first" "$records/second"
echo "$(ls "$records/first" | wc -l) records are equal"
