#!/usr/bin/env bash
# Installs the checkout with `pip install` into a new virtual environment that has access to the installed PyTorch,
# and runs the Python tests there, without access to the source tree's package. Exits with 77 if it cannot run here.
#
#   pip.sh SOURCE_DIR PYTHON RUN_PY LIBTORCH_VERSION
set -euo pipefail
source=$1 python=$2 run=$3 version=$4
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

if ! backend=$("$python" -c 'import os, scikit_build_core as s; print(os.path.dirname(os.path.dirname(s.__file__)))' 2>/dev/null); then
  echo "skipped: $python has no scikit-build-core, which builds the wheel"
  exit 77
fi
if ! "$python" -m venv --system-site-packages "$tree/venv" >"$tree/log" 2>&1; then
  echo "skipped: $python makes no virtual environment: $(tail -1 "$tree/log")"
  exit 77
fi
echo "$backend" >"$("$tree/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/backend.pth"
"$tree/venv/bin/pip" install --no-build-isolation --no-deps --no-index --config-settings=cmake.define.STAA_CUDA=OFF "$source" >"$tree/log" 2>&1 ||
  { cat "$tree/log"; exit 1; }
cd "$tree"
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$(dirname "$run")
"$tree/venv/bin/python" - "$tree/venv" <<'CHECK'
import importlib.metadata, os, sys, staa
folder = os.path.dirname(os.path.realpath(staa.__file__))
assert folder.startswith(os.path.realpath(sys.argv[1])), folder
assert os.path.isfile(os.path.join(folder, "py.typed")) and importlib.metadata.version("staa")
CHECK
for module in test_neurons test_layers test_peers test_pytorch2; do
  "$tree/venv/bin/python" "$run" "$version" "$module"
done
