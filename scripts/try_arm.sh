#!/usr/bin/env bash
# Builds staa-run and the runtime for 64-bit Arm and runs their tests under qemu-user, as processors
# without the dot products of bytes, with them, and with all that the emulator knows. Needs Debian's
# g++-aarch64-linux-gnu and qemu-user; exits with 77 and the reason where it cannot be tried.
#
#   scripts/try_arm.sh [BUILD_DIR [BIN_DIR]]    BIN_DIR: staa-run and tiny_model of this machine, whose
#                                               answers Arm's must equal
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-build-arm}
bin=${2:-}

for tool in aarch64-linux-gnu-g++ qemu-aarch64 cmake ninja apt-get; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: there is no $tool here"
    exit 77
  fi
done
root=$build/sysroot
if ! "$source/scripts/arm_sysroot.sh" "$root" >"$build.sysroot.log" 2>&1; then
  echo "skipped: the libraries for 64-bit Arm cannot be had: $(tail -n 1 "$build.sysroot.log")"
  exit 77
fi
rm "$build.sysroot.log"
root=$(cd "$root" && pwd)

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSTAA_RUNTIME_ONLY=ON \
  -DCMAKE_TOOLCHAIN_FILE="$source/cmake/aarch64-linux-gnu.cmake" -DSTAA_SYSROOT="$root" >/dev/null
tests=(kernels_tests format_tests runtime_tests)
cmake --build "$build" --target staa-run tiny_model "${tests[@]}"

export QEMU_LD_PREFIX=$root
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
for processor in cortex-a57 cortex-a76 max; do
  for test in "${tests[@]}"; do
    # What `max` has beyond the dot products the kernels do not use, and it is slow to emulate.
    [ "$processor" = max ] && [ "$test" = kernels_tests ] && continue
    echo "== $test on $processor"
    qemu-aarch64 -cpu "$processor" "$build/bin/$test" --gtest_brief=1
  done
  for weights in fp32 bf16 int16 int8; do
    model=$work/$weights.staa
    qemu-aarch64 -cpu "$processor" "$build/bin/tiny_model" "$model" "$work/image" "$weights"
    found=$(qemu-aarch64 -cpu "$processor" "$build/bin/staa-run" "$model" - <"$work/image")
    echo "$processor, $weights: $found"
    if [ -n "$bin" ]; then
      "$bin/tiny_model" "$work/own.staa" "$work/own.image" "$weights"
      cmp "$model" "$work/own.staa"
      own=$("$bin/staa-run" "$model" - <"$work/image")
      strip() { sed 's/[0-9.]* ms, //' <<<"$1"; }
      if [ "$(strip "$found")" != "$(strip "$own")" ]; then
        echo "try_arm.sh: error: expected '$own', as this machine says" >&2
        exit 1
      fi
    fi
  done
done
