#!/usr/bin/env bash
# The main job on CIFAR-10, and random search over the same supernet at equal evaluations.
# usage: benchmarks/cifar10.sh [DATA_DIR] [OUT] [EPOCHS] [EVALUATIONS]
set -euo pipefail
data=${1:-../shared/data/cifar10} out=${2:-/tmp/cifar10-benchmark} epochs=${3:-8} evaluations=${4:-160}
method=$(dirname "$0")/methods/light_sandwich.yaml
common=(search --space lk_convnet --data cifar10 --data-dir "$data" --epochs "$epochs" --method "$method"
        --evaluations "$evaluations" --population 32 --out "$out/runs" --registry "$out/registry")
nas "${common[@]}" --name evolution
nas "${common[@]}" --name random --algorithm random \
    --supernet "$out/runs/evolution" --profile "$out/runs/evolution/profile.json"
python benchmarks/compare_runs.py "$out/runs/random" "$out/runs/evolution" --json "$out/cifar10.json"
