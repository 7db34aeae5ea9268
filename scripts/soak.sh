#!/usr/bin/env bash
# Trains a tiny network for a long time with a checkpoint every minute and watches the memory: resident size every ten
# seconds in OUT/memory.tsv, and at the end how it grew. Fails where it grew by more than one percent from the third to
# the last quarter of the run (before that the allocator's pools may still take their size), or the checkpoint is not
# whole.
#
#   scripts/soak.sh [MINUTES] [OUT] [BUILD_DIR]     60 minutes, into runs/soak, with build/
set -euo pipefail
minutes=${1:-60} out=${2:-runs/soak} build=${3:-build}
mkdir -p "$out"
rm -rf "$out/run"
OMP_NUM_THREADS=1 "$build/bin/staa" train configs/quickstart.toml --out "$out/run" --quiet --set threads=1 \
  model.width=0.0625 train.epochs=100000 train.checkpoint_minutes=1 train.batch=32 data.limit_train=2000 \
  data.limit_test=500 &
process=$!
trap 'kill $process 2>/dev/null || true' EXIT

printf 'seconds\tresident_kib\tcheckpoint_age_s\n' >"$out/memory.tsv"
start=$(date +%s)
while [ $(($(date +%s) - start)) -lt $((minutes * 60)) ]; do
  sleep 10
  kill -0 $process || { echo "error: the training ended by itself" >&2; exit 1; }
  resident=$(awk '/^VmRSS/ { print $2 }' /proc/$process/status)
  age=-1
  if [ -e "$out/run/last.safetensors" ]; then age=$(($(date +%s) - $(stat -c %Y "$out/run/last.safetensors"))); fi
  printf '%d\t%d\t%d\n' $(($(date +%s) - start)) "$resident" "$age" >>"$out/memory.tsv"
done
kill -TERM $process
trap - EXIT
wait $process && status=0 || status=$?
[ "$status" -eq 143 ] || { echo "error: expected a clean stop (143), found $status" >&2; exit 1; }
"$build/bin/staa" eval "$out/run" --checkpoint last --json >/dev/null

# Medians, as single readings jump.
awk -v minutes="$minutes" '
  function median(first, last,   i, j, n, v, list) {
    n = 0
    for (i = first; i <= last; i++) list[++n] = resident[i]
    for (i = 2; i <= n; i++) { v = list[i]; for (j = i - 1; j > 0 && list[j] > v; j--) list[j + 1] = list[j]; list[j + 1] = v }
    return list[int((n + 1) / 2)]
  }
  NR > 1 { resident[++rows] = $2; if ($3 > oldest) oldest = $3 }
  END {
    quarter = int(rows / 4)
    if (quarter < 12) { print "error: too short a run to tell"; exit 1 }
    for (i = 0; i < 4; i++) part[i] = median(i * quarter + 1, (i + 1) * quarter)
    grew = 100 * (part[3] - part[2]) / part[2]
    printf "%d readings in %d min: resident %.1f, %.1f, %.1f, %.1f MiB by quarter (%+.2f %% at last), checkpoints at " \
      "most %d s apart\n", rows, minutes, part[0] / 1024, part[1] / 1024, part[2] / 1024, part[3] / 1024, grew, oldest
    exit grew > 1
  }' "$out/memory.tsv"
