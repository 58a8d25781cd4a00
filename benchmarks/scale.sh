#!/usr/bin/env bash
# Measures how time and memory grow with a network, from 0.1 to 50 million weights (docs/performance.md).
#
#   benchmarks/scale.sh quick|full FOLDER
#
# FOLDER gets scale.csv, every measurement, and scale.json and scale.md, the same as JSON and as tables; archives,
# images, modules and logs stay there, too. quick takes three minutes once pemn is built, and shows only that
# everything works, on networks of up to a million weights; full takes 7 minutes on two quiet cores, and 4 GB of
# FOLDER.
#
# PEMN_THREADS says how many threads the commands use; PYTHON which Python has PyTorch, without which unpacking to
# TorchScript is left out.
set -euo pipefail

mode=${1:-}
if [ $# -ne 2 ] || { [ "$mode" != quick ] && [ "$mode" != full ]; }; then
  echo "usage: benchmarks/scale.sh quick|full FOLDER" >&2
  exit 2
fi
home=$(cd "$(dirname "$0")/.." && pwd -P)
mkdir -p "$2"
folder=$(cd "$2" && pwd -P)

cd "$home"
./pemn --version >/dev/null
mvn -q -B -Pbench -pl benchmarks -am -Dmaven.test.skip=true package
export OPT_OUT_TRACKING=true OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

python=${PYTHON:-/usr/bin/python3}
if "$python" -c "import torch" 2>/dev/null; then
  "$python" benchmarks/scale_modules.py "$mode" "$folder"
else
  echo "scale.sh: $python has no PyTorch (on Debian: python3-torch), so that TorchScript files are left out" >&2
fi
commit=$(git describe --always --dirty 2>/dev/null || echo "unknown commit")
java "-Dpemn.commit=$commit" -cp "benchmarks/target/classes:$(cat benchmarks/target/classpath.txt)" \
  io.pemn.benchmarks.scale.ScaleRun "$mode" "$folder" "$home/pemn"
cat "$folder/scale.md"
