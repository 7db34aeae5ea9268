#!/usr/bin/env bash
# clang-tidy over the plain C++ layers and, as LibTorch's headers take a minute a file to analyse, over
# the rest only with --all. Kernels that Highway compiles for several processors are analysed for one.
#
#   scripts/lint.sh BUILD_DIR [--all]
set -euo pipefail
build=${1:-build}
plain=(util format tensorboard options events data pictures recipe inputs kernels runtime nir)
folders=("${plain[@]/#/src/staa/}" apps/staa-run)
if [ "${2:-}" = "--all" ]; then
  folders=(src apps bench)
  # The build compiles files of these folders several at a time; clang-tidy wants the command of each.
  mapfile -t settings < <(sed -nE 's/^((STAA_|Torch_DIR|CMAKE_PREFIX_PATH|CMAKE_CUDA_)[A-Za-z_]*:[A-Z]+=.+)/-D\1/p' \
    "$build/CMakeCache.txt")
  cmake -S . -B "$build/lint" -G Ninja -DCMAKE_BUILD_TYPE=Release "${settings[@]}" -DSTAA_UNITY=OFF >/dev/null
  cmake --build "$build/lint" --target staa_tensorboard staa-run >/dev/null  # makes sources, too
  build=$build/lint
fi
# The build compiles files of most plain layers several at a time, and clang-tidy analyses them the same way.
pattern=$(printf '|%s' "${folders[@]}")
mapfile -t units < <(sed -nE 's/^ *"file": "(.*)",?$/\1/p' "$build/compile_commands.json" |
  grep -v "\.cu$" | grep -E "^($PWD/(${pattern#|})/|$(realpath "$build")/(${pattern#|})/.*/Unity/)" | sort -u)
printf '%s\0' "${units[@]}" |
  xargs -0 -P "$(nproc)" -n 1 clang-tidy -p "$build" --extra-arg=-DHWY_COMPILE_ONLY_STATIC --quiet 2> >(grep -v 'warnings generated' >&2)
