#!/usr/bin/env bash
# Installs the Python package into a new folder and runs the tests of the neurons on it.
#
#   installed.sh BUILD_DIR PYTHON RUN_PY LIBTORCH_VERSION
set -euo pipefail
build=$1 python=$2 run=$3 version=$4
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

cmake --install "$build" --component python --prefix "$tree" >/dev/null
package=$(dirname "$(find "$tree" -name libstaa_ops.so)")
cd "$tree"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$(dirname "$package"):$(dirname "$run") "$python" "$run" "$version" test_neurons
