#!/usr/bin/env bash
# Measures how long training steps take, dense and masked, in pemn and in PyTorch (docs/performance.md).
#
#   benchmarks/training.sh quick|full FOLDER
#
# FOLDER gets training.csv, every slice of time that was measured, and training.md and training.json, a table
# made of them. full takes about 12 minutes on two cores once pemn is built; quick one minute, and shows only
# that everything works.
#
# ROUNDS=6 says how often full measures everything; PYTHON which Python has PyTorch (on Debian python3-torch,
# with libopenblas0-pthread: the default BLAS is slow).
set -euo pipefail

mode=${1:-}
if [ $# -ne 2 ] || { [ "$mode" != quick ] && [ "$mode" != full ]; }; then
  echo "usage: benchmarks/training.sh quick|full FOLDER" >&2
  exit 2
fi
home=$(cd "$(dirname "$0")/.." && pwd -P)
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)

if [ "$mode" = quick ]; then
  networks=(convmixer-64 mlp-256-256-256) rounds=1 threads=2
else
  networks=(convmixer-64 convmixer-512 convmixer-1600 mlp-256-256-256 resnet-20 vit-128)
  rounds=${ROUNDS:-6} threads=1,2
fi
[ "$(nproc)" -gt 1 ] || threads=1

python=${PYTHON:-/usr/bin/python3}
"$python" -c "import torch" 2>/dev/null || {
  echo "training.sh: $python has no PyTorch; install it (on Debian: python3-torch), or say in PYTHON which" \
    "Python has it." >&2
  exit 1
}

cd "$home"
mvn -q -B -Pbench -pl benchmarks -am -Dmaven.test.skip=true package
commit=$(git describe --always --dirty 2>/dev/null || echo "unknown commit")
# What the launcher sets.
eval "$(grep '^export ' cli/src/dist/lib/launch.sh)"
java "-Dpemn.commit=$commit" "-Dpemn.home=$home" \
  -cp "$home/benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)" \
  io.pemn.benchmarks.training.StepComparison "$folder" "$rounds" "$threads" "$python" "${networks[@]}"
cat "$folder/training.md"
