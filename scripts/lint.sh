#!/usr/bin/env bash
# clang-tidy over the plain C++ layers and, as LibTorch's headers take a minute a file to analyse, over
# the rest only with --all.
#
#   scripts/lint.sh BUILD_DIR [--all]
set -euo pipefail
build=${1:-build}
plain=(util format tensorboard options events data pictures recipe kernels runtime nir)
folders=("${plain[@]/#/src/staa/}" apps/staa-run)
if [ "${2:-}" = "--all" ]; then
  folders=(src apps bench)
  # The build compiles files of these folders several at a time; clang-tidy wants the command of each.
  cmake -S . -B "$build/lint" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSTAA_UNITY=OFF >/dev/null
  build=$build/lint
fi
find "${folders[@]}" -name '*.cc' -print0 |
  xargs -0 -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet 2> >(grep -v 'warnings generated' >&2)
