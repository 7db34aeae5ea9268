#!/usr/bin/env bash
# Installs the runtime into an empty folder, builds the examples against it only, and runs them.
#
#   installed_tree.sh BUILD_DIR SOURCE_DIR TINY_MODEL
set -euo pipefail
build=$1 source=$2 tiny_model=$3
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

cmake --install "$build" --component runtime --prefix "$tree/usr" >/dev/null
library=$(find "$tree/usr" -name 'libstaa_runtime.so')
# Check names only: an address may contain "c10".
if ldd "$library" | awk '{ print $1 }' | grep -E -i 'torch|c10|blas|mkl|dnnl'; then
  echo "the library links LibTorch or a BLAS" >&2
  exit 1
fi
strip -o "$tree/stripped" "$library"
size=$(stat -c %s "$tree/stripped")
echo "stripped: $size bytes"
# Since 1.1 Highway has more code per kernel. Where its version is written has moved between releases.
minor=$(awk '/define HWY_MINOR/ { minor = $3 } END { print minor + 0 }' /usr/include/hwy/{highway,base}.h)
limit=$((minor > 0 ? 5 : 3))
[ "$size" -lt $((limit * 1024 * 1024)) ] || { echo "expected less than $limit MiB" >&2; exit 1; }

cp -r "$source/examples" "$tree/examples"
cmake -S "$tree/examples/cmake" -B "$tree/build" -G Ninja -DCMAKE_PREFIX_PATH="$tree/usr" >/dev/null
cmake --build "$tree/build" >/dev/null
"$tiny_model" "$tree/tiny.staa" "$tree/image"
from_cxx=$("$tree/build/classify" "$tree/tiny.staa" "$tree/image")
from_c=$("$tree/build/classify_c" "$tree/tiny.staa" "$tree/image")
echo "$from_cxx | $from_c"
[ "${from_cxx%% *}" = "${from_c%% *}" ]
[ "$("$tree/build/classify_static" "$tree/tiny.staa" "$tree/image")" = "$from_cxx" ]
[ "$("$tree/build/classify_c_static" "$tree/tiny.staa" "$tree/image")" = "$from_c" ]
if ldd "$tree/build/classify_static" | grep libstaa; then
  echo "the static program links the shared library" >&2
  exit 1
fi
case $from_c in *"3 steps") ;; *) exit 1 ;; esac
if "$tree/build/classify_c" "$tree/image" "$tree/image" 2>"$tree/said"; then exit 1; fi
grep -q truncated "$tree/said" || grep -q 'not a safetensors' "$tree/said"
