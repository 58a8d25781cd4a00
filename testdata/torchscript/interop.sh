#!/usr/bin/env bash
# Compresses every TorchScript fixture for one short epoch, unpacks the archive to a TorchScript file,
# and lets PyTorch in Python check that it gives the same outputs as pemn (to 1e-4).
#
#   testdata/torchscript/interop.sh [PYTHON]
#
# Needs a Python with torch and numpy (Debian: python3-torch).
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for network in resnet8 vit4 convmixer; do
  for kind in scripted traced; do
    model=$home/testdata/torchscript/$network-$kind.pt
    "$home/pemn" compress "$model" --data bundled --normalize 0.2860,0.3530 \
      --train-images 1000 --epochs 1 --overwrite -o "$work/model.pemn" >/dev/null 2>&1
    "$home/pemn" unpack "$work/model.pemn" -o "$work/model.pt" >/dev/null
    "$home/pemn" eval "$work/model.pemn" --data bundled --outputs "$work/outputs.npy" >/dev/null
    echo -n "$network-$kind: "
    "$python" "$home/testdata/torchscript/check_unpacked.py" --model "$work/model.pt" \
      --predictions "$work/outputs.npy" --data "$home/testdata/fashion-mnist" \
      --mean 0.2860 --std 0.3530
  done
done
