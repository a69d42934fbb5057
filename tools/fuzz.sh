#!/bin/sh
# Runs every fuzz target of the module for the time given (default 1m), and fails if one finds something.
# Go makes each interesting input smaller for up to a minute, which was most of the time given: ten tries do.
cd "$(dirname "$0")/.." || exit 1
time=${1:-1m}
status=0
for file in $(grep -rl --include='*_test.go' '^func Fuzz' internal cmd); do
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "== $target in $(dirname "$file"), $time"
		go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x || status=1
	done
done
exit $status
