#!/usr/bin/env bash
# Installs staa with pip into a virtual environment that has PyTorch and scikit-build-core, and runs the
# Python tests there: what a newer PyTorch than Debian's has, and other packages' models as far as they are
# installed. Needs no GPU.
#
#   scripts/pytorch_check.sh VENV
set -euo pipefail
venv=$(cd "${1:?usage: scripts/pytorch_check.sh VENV}" && pwd)
source=$(cd "$(dirname "$0")/.." && pwd)
"$venv/bin/pip" install --no-build-isolation --no-deps --config-settings=cmake.define.STAA_CUDA=OFF "$source"
version=$("$venv/bin/python" -c 'import torch; print(torch.__version__)')
cd /
failed=0
for module in library neurons layers peers pytorch2 safetensors; do
  status=0
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$source/tests/python" \
    "$venv/bin/python" "$source/tests/python/run.py" "$version" "test_$module" || status=$?
  [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || failed=1
done
exit "$failed"
