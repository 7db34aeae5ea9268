#!/usr/bin/env bash
# Builds staa on a machine with a CUDA GPU and no network, runs the tests that need the GPU, measures, and trains
# CIFAR-10 for as long as it may. No root, no packages of a distribution: what is missing comes from a folder that
# --pack made elsewhere.
#
#   scripts/gpu_check.sh --pack DIR              on Debian 12 with apt: fetch what staa builds upon into DIR
#   scripts/gpu_check.sh --out DIR [options]     on the machine with the GPU
#     --with DIR        the pack to build from
#     --torch WHERE     LibTorch: "python" (default: that of python3) or .../site-packages/torch
#     --build DIR       build folder, from the source tree (default: build-gpu)
#     --targets "A B"   build these alone (default: everything)
#     --jobs N          compilers at once (default: all cores)
#     --data DIR        CIFAR-10: its binary files, or train/CLASS and test/CLASS with its images (default:
#                       $STAA_DATA/cifar10); without them nothing is trained
#     --minutes N       of training (default: 60)
#     --no-gpu          leave out what needs a GPU: a rehearsal
set -uo pipefail
called_from=$PWD
cd "$(dirname "$0")/.." || exit 1

# Everything that find_package asks for and no wheel brings, with the libraries behind it.
packages=(
  libcli11-dev libtomlplusplus-dev libtomlplusplus3 libspdlog-dev libspdlog1.10 libfmt-dev libfmt9 nlohmann-json3-dev
  libhwy-dev libhwy1 zlib1g-dev zlib1g libpng-dev libpng16-16 libjpeg62-turbo-dev libjpeg62-turbo libjpeg-dev
  libprotobuf-dev libprotobuf-lite32 libprotobuf32 protobuf-compiler libprotoc32
  libgtest-dev libgmock-dev googletest libbenchmark-dev libbenchmark1debian libgloo-dev
)
pack="" out="" with="" torch=python build=build-gpu targets="" jobs=$(nproc) minutes=60 gpu=1
data=${STAA_DATA:+$STAA_DATA/cifar10}

die() {
  echo "error: $*" >&2
  exit 2
}
say() { printf '\n== %s\n' "$*"; }

while [ $# -gt 0 ]; do
  case $1 in
    --no-gpu) gpu=0 && shift && continue ;;
    --help | -h) sed -n '2,18s/^# \{0,1\}//p' "$0" && exit 0 ;;
    --pack | --out | --with | --torch | --build | --targets | --jobs | --data | --minutes)
      [ $# -ge 2 ] || die "$1: expected a value"
      printf -v "${1#--}" '%s' "$2" && shift 2 ;;
    *) die "$1: no such option; see --help" ;;
  esac
done

# Folders are named from where the script was called, not from here.
for name in pack out with data; do
  case ${!name} in
    "" | /*) ;;
    *) printf -v "$name" '%s' "$called_from/${!name}" ;;
  esac
done
[ "$torch" = python ] || [ "${torch#/}" != "$torch" ] || torch=$called_from/$torch

# Links to /lib and /usr would lead out of the pack.
make_links_relative() {
  local root=$1 link target
  find "$root" -type l | while read -r link; do
    target=$(readlink "$link")
    [ "${target#/}" != "$target" ] && ln -sfr "$root$target" "$link"
  done
}

make_pack() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    die "--pack: needs apt-get and dpkg-deb: run it on Debian 12 and carry the folder along"
  fi
  mkdir -p "$pack/debs" "$pack/root" || die "--pack: cannot make $pack"
  pack=$(cd "$pack" && pwd)
  (cd "$pack/debs" && apt-get download -qq "${packages[@]}") || die "--pack: apt-get could not fetch all packages"
  for deb in "$pack"/debs/*.deb; do
    dpkg-deb -x "$deb" "$pack/root" || die "--pack: $deb cannot be unpacked"
  done
  # Where /lib is a folder of its own in a package, it is /usr/lib on a machine.
  if [ -d "$pack/root/lib" ]; then cp -a "$pack/root/lib/." "$pack/root/usr/lib/" && rm -r "$pack/root/lib"; fi
  ln -sfn usr/lib "$pack/root/lib"
  make_links_relative "$pack/root"
  rm -r "$pack/root/usr/share/doc" "$pack/debs"
  du -sh "$pack" | awk '{print "packed: " $1 " in " $2}'
  cat <<END
Carry along: this source tree, $pack, the wheel of torch with its nvidia-* packages as installed in site-packages,
and CIFAR-10, binary files or images. The machine itself has to have: g++ (11 or newer), cmake (3.22), ninja or make,
and for the kernels nvcc of the wheel's CUDA version. The pack's protoc and libraries want glibc 2.34 or newer.
END
}

if [ -n "$pack" ]; then
  make_pack
  exit
fi
[ -n "$out" ] || die "expected --out DIR or --pack DIR; see --help"
mkdir -p "$out" || die "--out: cannot make $out"
out=$(cd "$out" && pwd)

# --- What has to be here, each with its own message -------------------------------------------------------------------
missing=0
have() { printf '  %-14s %s\n' "$1" "$2"; }
lack() {
  printf '  %-14s MISSING: %s\n' "$1" "$2" | tee -a "$out/missing.txt"
  missing=$((missing + 1))
}
need_program() {
  if command -v "$1" >/dev/null; then have "$1" "$("$1" --version 2>/dev/null | head -n1)"; else lack "$1" "$2"; fi
}
# The first folder that holds this header.
need_header() {
  local folder
  for folder in ${CPATH:+${CPATH//:/ }} /usr/include /usr/include/x86_64-linux-gnu /usr/local/include; do
    [ -s "$folder/$2" ] && have "$1" "$folder/$2" && return
  done
  lack "$1" "no $2; make a pack with $0 --pack DIR elsewhere and name it with --with DIR"
}
find_torch() {
  if [ "$torch" = python ]; then
    python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))' 2>/dev/null
  else
    (cd "$torch" 2>/dev/null && pwd)
  fi
}

cmake_options=(-DCMAKE_BUILD_TYPE=Release "-DSTAA_TORCH=$torch")
if [ -n "$with" ]; then
  [ -d "$with/root/usr/include" ] || die "--with $with: expected a folder that --pack made, found no root/usr/include"
  root=$(cd "$with/root" && pwd)
  arch=$(cd "$root/usr/lib" && for folder in *-linux-gnu; do echo "$folder" && break; done)
  export CPATH="$root/usr/include:$root/usr/include/$arch${CPATH:+:$CPATH}"
  export LD_LIBRARY_PATH="$root/usr/lib/$arch${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export PATH="$root/usr/bin:$PATH"
  cmake_options+=("-DCMAKE_PREFIX_PATH=$root/usr" "-DCMAKE_LIBRARY_ARCHITECTURE=$arch")
fi

say "What is here"
: >"$out/missing.txt"
need_program g++ "a C++ compiler (11 or newer)"
need_program cmake "3.22 or newer"
if command -v ninja >/dev/null; then
  have ninja "$(ninja --version)" && cmake_options+=(-G Ninja)
else
  need_program make "ninja or make"
fi
folder=$(find_torch)
if [ -n "$folder" ] && [ -e "$folder/lib/libtorch.so" ]; then
  have LibTorch "$folder ($(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$folder/version.py" 2>/dev/null))"
  [ -e "$folder/lib/libtorch_cuda.so" ] || [ "$gpu" = 0 ] ||
    lack LibTorch "$folder was built without CUDA: there is no lib/libtorch_cuda.so"
else
  lack LibTorch "--torch $torch names no torch folder with lib/libtorch.so"
fi
for pair in fmt=fmt/core.h spdlog=spdlog/spdlog.h json=nlohmann/json.hpp toml++=toml++/toml.h CLI11=CLI/CLI.hpp \
  zlib=zlib.h png=png.h jpeg=jpeglib.h highway=hwy/highway.h protobuf=google/protobuf/message_lite.h \
  googletest=gtest/gtest.h benchmark=benchmark/benchmark.h; do
  need_header "${pair%%=*}" "${pair#*=}"
done
need_program protoc "protobuf's compiler"
[ "$gpu" = 0 ] || need_program nvidia-smi "no driver of a GPU; --no-gpu leaves out what needs one"
if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
  PATH=$PATH:/usr/local/cuda/bin
  have nvcc "$(nvcc --version | grep release)"
  cmake_options+=(-DSTAA_CUDA=ON)
elif [ "$gpu" = 1 ]; then
  lack nvcc "the CUDA toolkit: without it neurons run on the plain composition, and there is nothing to check"
else
  have nvcc "none: the kernels are not compiled"
fi
[ "$missing" = 0 ] || die "$missing pieces are missing; they stand in $out/missing.txt"
trains=0 set=cifar10
if [ -n "$data" ] && find -L "$data" -name 'data_batch_1.bin' 2>/dev/null | grep -q .; then
  trains=1 && have CIFAR-10 "$data"
elif [ -n "$data" ] && [ -d "$data/train" ] && [ -d "$data/test" ]; then
  trains=1 set=image-folder && have CIFAR-10 "$data, as images"
else
  have CIFAR-10 "not at '${data:-\$STAA_DATA/cifar10}': nothing will be trained (--data DIR)"
fi

# --- The steps; one that fails is told at the end, and the others still run -------------------------------------------
failed=()
step() {
  local name=$1
  shift
  say "$name"
  local started=$SECONDS
  if "$@" >"$out/$name.txt" 2>&1; then
    echo "done in $((SECONDS - started)) s: $out/$name.txt"
  else
    echo "FAILED after $((SECONDS - started)) s; the end of $out/$name.txt:"
    tail -n 15 "$out/$name.txt"
    failed+=("$name")
    return 1
  fi
}
on_gpu() {
  if [ "$gpu" = 1 ]; then step "$@"; else say "$1: left out, it needs a GPU (--no-gpu)"; fi
}
# The tests that touch the GPU skip themselves where LibTorch finds none: here that is a failure.
test_on_gpu() {
  OMP_NUM_THREADS=1 ctest --test-dir "$build" --output-on-failure --no-tests=error -R 'CudaNeurons|CudaTraining' |
    tee "$out/on-gpu.log" || return 1
  ! grep -q 'Skipped' "$out/on-gpu.log" || { echo "error: tests were skipped: LibTorch finds no GPU"; return 1; }
}
test_all() { scripts/run_tests.sh "$build"; }
train() {
  timeout --signal=INT --kill-after=120 "${minutes}m" "$build/bin/staa" train configs/cifar10-resnet20-t4.toml \
    --out "$out/cifar10" --set "data.set=$set" "data.path=$data" device=cuda precision=bf16 train.checkpoint_minutes=5
  local status=$?
  # Stopped by its time (124) is no failure: accuracy by epoch is what was asked for.
  [ -s "$out/cifar10/metrics.jsonl" ] || return 1
  cp "$out/cifar10/metrics.jsonl" "$out/accuracy.jsonl"
  [ $status = 0 ] || [ $status = 124 ]
}

{
  date -u +%Y-%m-%dT%H:%M:%SZ
  grep -m1 'model name' /proc/cpuinfo
  [ "$gpu" = 0 ] || nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
} >"$out/machine.txt"

# shellcheck disable=SC2086 # targets are words
step configure cmake -S . -B "$build" "${cmake_options[@]}" || die "nothing was built"
step build cmake --build "$build" --parallel "$jobs" ${targets:+--target $targets} || die "not all was built"
on_gpu tests-on-gpu test_on_gpu
[ -n "$targets" ] || step tests test_all
on_gpu train-step "$build/bin/bench_train_step" --device cuda --precisions fp32,bf16,fp16 --batch 128 --json
on_gpu neuron "$build/bin/bench_neuron" --device cuda
if [ $trains = 1 ]; then on_gpu train train; fi

say "Result"
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}; everything is in $out"
  exit 1
fi
echo "all steps passed; everything is in $out"
