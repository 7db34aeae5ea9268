#!/usr/bin/env bash
# Compares staa and NumPy in integrating the same events, with one thread each. The last line gives the ratio.
#
#   bench/events.sh [BUILD_DIR]       needs python3-numpy
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
events=$(mktemp --suffix=.aedat)
results=$(mktemp)
trap 'rm -f "$events" "$results"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

"$build/bin/bench_events" --dump "$events"
"$build/bin/bench_events" --benchmark_out="$results" --benchmark_out_format=json
numpy=$(/usr/bin/python3 bench/numpy_events.py "$events")
/usr/bin/python3 - "$results" "$numpy" <<'PYTHON'
import json, sys
ours = {b["name"]: b["items_per_second"] for b in json.load(open(sys.argv[1]))["benchmarks"]}
numpy = json.loads(sys.argv[2])
for name, speed in {**ours, **{"numpy " + k: v for k, v in numpy.items()}}.items():
    print(f"{name:16} {speed / 1e6:8.1f} million events/s")
print(f"by_count is {ours['by_count'] / numpy['add_at']:.1f} times np.add.at, "
      f"{ours['by_count'] / numpy['bincount']:.1f} times np.bincount")
PYTHON
