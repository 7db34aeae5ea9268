#!/usr/bin/env bash
# Kills a training at random moments, starts it again each time, and checks that every restart loads its checkpoint and
# that no epoch that the log called complete is lost. Every other run has two processes, of which one, or their parent,
# is killed.
#
#   scripts/kill_at_random.sh [KILLS] [OUT] [BUILD_DIR] [SEED]     50 kills, in runs/kills, with build/
set -euo pipefail
kills=${1:-50} out=${2:-runs/kills} build=${3:-build}
seed=${4:-$(($(date +%s) % 32768))}
RANDOM=$seed
echo "seed $seed"
rm -rf "$out"
mkdir -p "$out"
run=$out/run
set=(threads=1 model.width=0.0625 model.steps=2 train.batch=16 train.checkpoint_steps=5 data.limit_train=320
  data.limit_test=40 train.epochs=1000000)

# The last epoch that the log calls complete, and the one of the checkpoint's metadata.
epoch_said() { sed -n 's/.* epoch  *\([0-9]*\)\/[0-9]*  train loss.*/\1/p' "$run/train.log" | tail -n 1; }
epoch_saved() { head -c 200000 "$run/last.safetensors" | tr -d '\\' | LC_ALL=C sed -n 's/.*"epoch":\([0-9]*\),.*/\1/p;1q'; }

saved=0 loads=0
for ((kill = 1; kill <= kills; kill++)); do
  how=(configs/quickstart.toml)
  if [ -e "$run/recipe.toml" ]; then how=(--resume); fi
  had_checkpoint=no
  if [ -e "$run/last.safetensors" ]; then had_checkpoint=yes; fi
  processes=$((kill % 2 + 1))
  OMP_NUM_THREADS=1 "$build/bin/staa" train "${how[@]}" --out "$run" --processes $processes --timeout 5 --set "${set[@]}" \
    >"$out/said" 2>"$out/errors" &
  process=$!
  sleep "$(awk -v r=$RANDOM 'BEGIN { print 0.2 + r / 32768 * 5 }')"
  victims=("$process")
  if [ $processes -gt 1 ]; then read -r -a children <"/proc/$process/task/$process/children" || true; victims+=("${children[@]}"); fi
  kill -KILL "${victims[$((RANDOM % ${#victims[@]}))]}" 2>/dev/null || { cat "$out/errors"; exit 1; }
  wait $process 2>/dev/null || true
  while pgrep -f -- "--out $run " >/dev/null; do sleep 0.1; done  # what the parent leaves ends with it
  if [ $had_checkpoint = yes ] && grep -q 'resumed after' "$out/said"; then loads=$((loads + 1)); fi
  if grep -E 'cannot be read|missing in its metadata|truncated|CRC' "$out/errors"; then
    echo "kill $kill: the checkpoint did not load" >&2; exit 1
  fi
  if [ -e "$run/last.safetensors" ]; then
    now=$(epoch_saved) said=$(epoch_said)
    if [ "$now" -lt "${said:-0}" ] || [ "$now" -lt $saved ]; then
      echo "kill $kill: epoch ${said:-0} was complete, the checkpoint has $now (before: $saved)" >&2
      exit 1
    fi
    saved=$now
  fi
done
OMP_NUM_THREADS=1 "$build/bin/staa" train --resume --out "$run" --set train.epochs=$((saved + 1)) train.checkpoint_steps=0 \
  >"$out/said" 2>"$out/errors"
rows=$(wc -l <"$run/metrics.jsonl")
[ "$rows" -eq $((saved + 1)) ] || { echo "expected $((saved + 1)) rows of metrics, found $rows" >&2; exit 1; }
echo "$kills kills: $loads restarts got to their checkpoint before the next kill and loaded it; $((saved + 1)) epochs, none lost"
