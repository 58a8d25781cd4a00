#!/usr/bin/env bash
# Measures how fast archives are opened, weights rebuilt and networks loaded, beside what else a
# network can be shipped as (docs/performance.md).
#
#   benchmarks/loading.sh quick|full FOLDER
#
# FOLDER gets the networks (1.2 GB for full), which stay for the next time, and three files: loading.csv and
# rebuild.csv, what every process measured, and loading.md, the tables made of them. quick takes two minutes
# once pemn is built, and shows only that everything works: small networks, no repetitions.
#
# REPETITIONS=5 and REBUILD_REPETITIONS=2 say how often everything is measured by full; PYTHON which Python has
# PyTorch and torchvision, without which TorchScript is left out.
set -euo pipefail

mode=${1:-}
if [ $# -ne 2 ] || { [ "$mode" != quick ] && [ "$mode" != full ]; }; then
  echo "usage: benchmarks/loading.sh quick|full FOLDER" >&2
  exit 2
fi
home=$(cd "$(dirname "$0")/.." && pwd -P)
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)

if [ "$mode" = quick ]; then
  networks=(convmixer-6-256 shufflenet-v2-x0.5 vit-tiny)
  repetitions=1 rebuilds=1 level=3 counts=2
else
  networks=(convmixer-6-256 shufflenet-v2-x0.5 vit-tiny mobilenet-v3-large vit-25m resnet-50)
  repetitions=${REPETITIONS:-5} rebuilds=${REBUILD_REPETITIONS:-2} level=19 counts="1 2"
fi
[ "$(nproc)" -gt 1 ] || counts=1

python=${PYTHON:-/usr/bin/python3}
has() { "$python" -c "import $1" 2>/dev/null; }
has torch || echo "loading.sh: $python has no PyTorch (on Debian: python3-torch), so that TorchScript files are left" \
  "out unless $folder has them." >&2
has torchvision || echo "loading.sh: $python has no torchvision (on Debian: python3-torchvision), so that its" \
  "networks are left out unless $folder has them." >&2
if ! command -v taskset >/dev/null; then
  echo "loading.sh: there is no taskset (on Debian: util-linux), so that all is measured on all cores." >&2
  counts=0
fi

cd "$home"
mvn -q -B -Pbench -pl benchmarks -am -Dmaven.test.skip=true package
commit=$(git describe --always --dirty 2>/dev/null || echo "unknown commit")
export OPT_OUT_TRACKING=true OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
classes="$home/benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)"
program() { java "-Dpemn.commit=$commit" -cp "$classes" "io.pemn.benchmarks.$@"; }

echo "loading.sh: making what $folder lacks of the networks" >&2
has torchvision && "$python" benchmarks/export_networks.py modules "$folder" "${networks[@]}"
program loading.MakeNetworks archives "$folder" "${networks[@]}"
has torch && "$python" benchmarks/export_networks.py traces "$folder" "${networks[@]}"
if [ "$(cat "$folder/zstd-level" 2>/dev/null)" != "$level" ]; then
  rm -f "$folder"/*.pt.zst
  echo "$level" >"$folder/zstd-level"
fi
program loading.MakeNetworks compressed "$folder" "$level" "${networks[@]}"

# The last ones that this process may use, as loading.LoadingRun has it.
cores() {
  taskset -cp $$ | sed 's/.*: //' | tr , '\n' \
    | while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done | tail -n "$1" | paste -sd,
}
rebuild() { # cores, command that pins
  local cores=$1
  shift
  "$@" java -cp benchmarks/target/benchmarks.jar io.pemn.benchmarks.RebuildRun \
    "$folder/rebuild.csv" "$cores" "$round" "$mode" >"$folder/rebuild.log" \
    || { tail -n 20 "$folder/rebuild.log" >&2; exit 1; }
}
rm -f "$folder/rebuild.csv"
for ((round = 1; round <= rebuilds; round++)); do
  echo "loading.sh: rebuilding weights, round $round of $rebuilds" >&2
  for count in $counts; do
    if [ "$count" = 0 ]; then
      rebuild "$(nproc)" env
    else
      rebuild "$count" taskset -c "$(cores "$count")"
    fi
  done
done

echo "loading.sh: loading networks, $repetitions times each" >&2
program loading.LoadingRun "$folder" "$folder/loading.csv" "${counts// /,}" "$repetitions" \
  "${networks[@]}"
program loading.ResultTables "$folder/loading.csv" "$folder/rebuild.csv" >"$folder/loading.md"
cat "$folder/loading.md"
