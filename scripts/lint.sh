#!/usr/bin/env bash
# clang-tidy over the plain C++ layers and, as LibTorch's headers take a minute a file to analyse, over
# the rest only with --all.
#
#   scripts/lint.sh BUILD_DIR [--all]
set -euo pipefail
build=${1:-build}
folders=(src/util src/format src/tensorboard src/options src/events src/data src/recipe src/kernels src/runtime apps/staa-run)
if [ "${2:-}" = "--all" ]; then folders=(src apps bench); fi
find "${folders[@]}" -name '*.cc' -print0 |
  xargs -0 -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet 2> >(grep -v 'warnings generated' >&2)
