#!/usr/bin/env bash
# Fuzzes every reader, one after another, and prints a row for each: how often it was called, for how long,
# how much of the code was reached (edges, and libFuzzer's finer features), and what was found.
#
#   fuzz/fuzz.sh [SECONDS_EACH [CLASSES]]        such as: fuzz/fuzz.sh 60 'IdxFuzzTest,CifarFuzzTest'
#
# An input that ends in anything but a declared exception fails the run. It is kept in
# fuzz/src/test/resources, where that has a folder for the target, else in fuzz/, as crash-* or timeout-*: make
# a file for testdata/hostile of it. What reaches new code is kept in fuzz/.cifuzz-corpus, where the next run
# goes on.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
classes=${2:-*FuzzTest}
work=$(mktemp -d)
log=$work/log
# Half of the readers take files: in memory, where the system has a place there.
inputs=$(mktemp -d -p /dev/shm 2>/dev/null || echo "$work")
trap 'rm -rf "$work" "$inputs"' EXIT

mvn -B -Pfuzz -pl fuzz -am test -Dfuzz.seconds="$seconds" -Dfuzz.tmp="$inputs" -Dtest="$classes" \
  -Dsurefire.failIfNoSpecifiedTests=false > "$log" 2>&1
status=$?
[ "$status" = 0 ] || grep -E "^(== |DEDUP|ERROR|\[ERROR\]|.*Test unit written)|^Caused by|^	at io.pemn" "$log" | head -200

awk '
  function row() {
    if (runs != "") {
      if (!rows++) {
        print "| target | calls | seconds | edges | features | findings |"
        print "|---|---:|---:|---:|---:|---:|"
      }
      printf "| %s | %d | %s | %s | %s | %d |\n", name, runs, took, cov, ft, findings
      calls += runs; time += took; found += findings
    }
    runs = took = cov = ft = ""; findings = 0
  }
  / Running io\.pemn\./ {
    row()
    name = $NF; sub(/.*\./, "", name); sub(/FuzzTest$/, "", name)
  }
  /^#[0-9]+.* cov: / {
    runs = substr($1, 2); cov = $0; ft = $0
    sub(/.* cov: /, "", cov); sub(/ .*/, "", cov)
    sub(/.* ft: /, "", ft); sub(/ .*/, "", ft)
  }
  /^Done [0-9]+ runs in / { runs = $2; took = $5 }
  /^== Java / || /ERROR: libFuzzer: / { findings++ }
  END { row(); printf "| all | %.0f | %d | | | %d |\n", calls, time, found }
' "$log"
exit "$status"
