#!/usr/bin/env bash
# Measures pemn's kernels, each beside its floor: coding masks, rebuilding weights, generating prototypes,
# selecting thresholds, opening and writing archives (docs/performance.md).
#
#   benchmarks/kernels.sh smoke|quick|full FOLDER
#
# FOLDER gets kernels.json, JMH's own results with weights, bytes and calls a second as secondary metrics;
# machine.txt, what they were measured on; and kernels.md, tables made of both, which is a page of docs/ as it
# is (docs/kernel-tables.md). Once pemn is built, smoke takes 30 seconds on 2 cores and shows only that
# everything works, quick takes 2 minutes, full 25 at most.
set -euo pipefail

mode=${1:-}
if [ $# -ne 2 ] || { [ "$mode" != smoke ] && [ "$mode" != quick ] && [ "$mode" != full ]; }; then
  echo "usage: benchmarks/kernels.sh smoke|quick|full FOLDER" >&2
  exit 2
fi
home=$(cd "$(dirname "$0")/.." && pwd -P)
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)

cd "$home"
mvn -q -B -Pbench -pl benchmarks -am -Dmaven.test.skip=true package
commit=$(git describe --always --dirty 2>/dev/null || echo "unknown commit")
export OPT_OUT_TRACKING=true OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
classes="$home/benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)"
program() { java "-Dpemn.commit=$commit" -cp "$classes" "io.pemn.benchmarks.kernels.$@"; }

program KernelRun "$mode" "$folder/kernels.json" "$folder/machine.txt"
program KernelTables "$folder/kernels.json" "$folder/machine.txt" >"$folder/kernels.md"
cat "$folder/kernels.md"
