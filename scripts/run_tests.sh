#!/usr/bin/env bash
# Runs all tests of a build folder in parallel; the last line is "N passed, N failed".
set -uo pipefail
build=${1:-build}
report=$(mktemp)
trap 'rm -f "$report"' EXIT

# Tests share the cores: one thread each keeps their timing and their results apart.
OMP_NUM_THREADS=1 ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure \
  --no-tests=error --output-junit "$report"
status=$?

# <testsuite ... tests="N" failures="N" ... skipped="N">
count() { grep -o -m1 "$1=\"[0-9]*\"" "$report" | head -n1 | tr -dc 0-9; }
total=$(count tests)
failed=$(count failures)
skipped=$(count skipped)
total=${total:-0}
failed=${failed:-0}
skipped=${skipped:-0}
# A run that broke off without a failed test is a failure all the same.
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
passed=$((total - failed - skipped))
[ "$passed" -ge 0 ] || passed=0
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
