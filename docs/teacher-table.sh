#!/usr/bin/env bash
# Measures what the warm start and distillation are worth (docs/results.md): the three TorchScript
# fixtures, each switch on and off, three seeds, all 10,000 test images after the last epoch.
#
#   docs/teacher-table.sh FASHION_MNIST_DIR OUTPUT.csv [more options of pemn compress]
#
# A row that OUTPUT.csv already has is not measured again, so an interrupted table goes on.
# FIXTURES="resnet8 vit4 convmixer" and SEEDS="1 2 3" choose what is measured.
# docs/teacher-table.sh --print OUTPUT.csv prints the table as Markdown.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd -P)

if [ "${1:-}" = --print ]; then
  awk -F, '
    NR > 1 {
      key = $1 " | " $2 " | " $3
      if (!(key in n)) order[++rows] = key
      n[key]++; sum[key] += $5; bytes[key] += $6
      seeds[key] = seeds[key] (n[key] > 1 ? ", " : "") sprintf("%.2f", 100 * $5)
    }
    END {
      print "| network | epochs | trained | test accuracy by seed, % | mean | file, bytes (mean) |"
      print "|---|---|---|---|---|---|"
      for (i = 1; i <= rows; i++) {
        r = order[i]
        printf "| %s | %s | %.2f | %.0f |\n", r, seeds[r], 100 * sum[r] / n[r], bytes[r] / n[r]
      }
    }' "$2"
  exit
fi

data=$1
csv=$2
shift 2
[ -f "$csv" ] || echo "network,epochs,trained,seed,accuracy,file_bytes" >"$csv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() { # network, epochs, name, options...
  local network=$1 epochs=$2 name=$3 seed accuracy bytes
  shift 3
  for seed in ${SEEDS:-1 2 3}; do
    grep -q "^$network,$epochs,$name,$seed," "$csv" && continue
    "$home/pemn" compress "$home/testdata/torchscript/$network-scripted.pt" \
      --data "fashion-mnist:$data" --normalize 0.2860,0.3530 --train-images 10000 --eval-every 0 \
      --epochs "$epochs" --seed "$seed" --overwrite -o "$work/model.pemn" --json "$@" \
      >"$work/report.json" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    accuracy=$(sed -n 's/^  "accuracy": \([0-9.]*\),$/\1/p' "$work/report.json")
    bytes=$(sed -n 's/^  "file_bytes": \([0-9]*\),$/\1/p' "$work/report.json")
    echo "$network,$epochs,$name,$seed,$accuracy,$bytes" >>"$csv"
    echo "$network, $epochs epochs, $name, seed $seed: $accuracy" >&2
  done
}

for network in ${FIXTURES:-resnet8 vit4 convmixer}; do
  measure "$network" 3 "with both" "$@"
  measure "$network" 3 "without distillation" --distill 0 "$@"
  measure "$network" 3 "without warm start" --no-warm-start "$@"
  measure "$network" 3 "with neither" --distill 0 --no-warm-start "$@"
  measure "$network" 10 "with both" "$@"
done
