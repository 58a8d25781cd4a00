#!/usr/bin/env bash
# Measures the reference table of docs/results.md: every strategy, three seeds, all 10,000 test
# images after the last epoch.
#
#   docs/reference-table.sh FASHION_MNIST_DIR OUTPUT.csv [more options of pemn compress]
#
# A row that OUTPUT.csv already has is not measured again, so an interrupted table goes on.
# docs/reference-table.sh --print OUTPUT.csv prints the table as Markdown.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd -P)

if [ "${1:-}" = --print ]; then
  awk -F, '
    NR > 1 {
      if (!($1 in n)) order[++rows] = $1
      n[$1]++; sum[$1] += $3; bytes[$1] += $5; values[$1] = $4
      seeds[$1] = seeds[$1] (n[$1] > 1 ? ", " : "") sprintf("%.2f", 100 * $3)
    }
    END {
      print "| strategy | prototype values | test accuracy by seed, % | mean | file, bytes (mean) |"
      print "|---|---|---|---|---|"
      for (i = 1; i <= rows; i++) {
        r = order[i]
        printf "| %s | %s | %s | %.2f | %.0f |\n", r, values[r], seeds[r], 100 * sum[r] / n[r], bytes[r] / n[r]
      }
    }' "$2"
  exit
fi

data=$1
csv=$2
shift 2
[ -f "$csv" ] || echo "strategy,seed,accuracy,prototype_values,file_bytes" >"$csv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() { # name, options...
  local name=$1 seed
  shift
  for seed in ${SEEDS:-1 2 3}; do
    grep -q "^$name,$seed," "$csv" && continue
    "$home/pemn" compress --data "fashion-mnist:$data" --train-images 10000 --eval-every 0 \
      --seed "$seed" --overwrite -o "$work/model.pemn" --json "$@" >"$work/report.json" 2>"$work/log" \
      || { cat "$work/log" >&2; exit 1; }
    local accuracy length bytes
    accuracy=$(sed -n 's/^  "accuracy": \([0-9.]*\),$/\1/p' "$work/report.json")
    bytes=$(sed -n 's/^  "file_bytes": \([0-9]*\),$/\1/p' "$work/report.json")
    length=$("$home/pemn" inspect "$work/model.pemn" --json | sed -n 's/^    "length": \([0-9]*\),$/\1/p')
    echo "$name,$seed,$accuracy,$length,$bytes" >>"$csv"
    echo "$name, seed $seed: $accuracy" >&2
  done
}

# The paper's selection, and a remainder as it was trained.
extra=(--select top-k --budget uniform --lr 0.05 --remainder fp32 "$@")
measure "dense" --mask dense --remainder fp32
measure "own weights" --strategy none "${extra[@]}"
measure "one-layer" --strategy one-layer "${extra[@]}"
measure "max-layer" --strategy max-layer "${extra[@]}"
for ratio in 1e-1 1e-2 1.5e-3 1e-3 1e-4; do
  measure "random-vector $ratio" --strategy random-vector --ratio "$ratio" "${extra[@]}"
done
