#!/usr/bin/env bash
# Trains masks in the authors' way for a hundred steps, packs what PyTorch saved, and checks that the
# archive classifies as many test images right as PyTorch did. (Exactly as many, unless there are images
# whose two greatest logits are within 1e-5 of each other: sums of floats in another order may exchange
# these.)
#
#   testdata/authors/interop.sh [PYTHON]
#
# Needs a Python with torch and numpy (Debian: python3-torch). About half a minute on one core.
set -euo pipefail
home=$(cd "$(dirname "$0")/../.." && pwd -P)
python=${1:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

"$python" "$home/testdata/authors/authors_way.py" train --out "$work" --steps 100 >"$work/trained.txt"
while read -r filling right images near; do
  pt=$work/$filling/best.pt
  "$home/pemn" pack "$pt" -o "$work/model.pemn" --arch convmixer --dim 16 --depth 2 --kernel 5 --patch 2 \
    --channels 1 --image-size 28 --classes 10 --normalize 0.2860,0.3530 --json >"$work/pack.json"
  "$home/pemn" eval "$work/model.pemn" --data bundled --json >"$work/eval.json"
  "$python" - "$filling" "$right" "$images" "$near" "$work" <<'PYTHON'
import json, sys
filling, work = sys.argv[1], sys.argv[5]
right, images, near = map(int, sys.argv[2:5])
packed = json.load(open(work + "/pack.json"))
found = round(json.load(open(work + "/eval.json"))["accuracy"] * images)
print(
    f"{filling}: {packed['filling']}, {packed['checkpoint_bytes']} bytes in PyTorch,"
    f" {packed['file_bytes']} in the archive; {right} of {images} test images right in PyTorch,"
    f" {found} with the archive"
)
if abs(found - right) > near:
    sys.exit(f"That is not the same, and only {near} images are near to two classes.")
PYTHON
done <"$work/trained.txt"
