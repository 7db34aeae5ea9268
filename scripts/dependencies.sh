#!/usr/bin/env bash
# Installs what staa builds upon, where it is missing. Debian 12 (or a relative with the same package
# names); root, or sudo. Elsewhere install the libraries below and run CMake by hand.
#
#   scripts/dependencies.sh          what a user needs
#   scripts/dependencies.sh --tests  and what ./check needs besides
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache
  libtorch-dev libgloo-dev      # Gloo's headers: training in many processes
  libopenblas0-pthread          # without it LibTorch's matrix products run 20 times slower
  dataset-fashion-mnist
  libcli11-dev libtomlplusplus-dev libspdlog-dev libfmt-dev nlohmann-json3-dev
  libhwy-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev
  liblz4-dev libzstd-dev libhdf5-dev   # recordings in AEDAT 4 and HDF5
  libcpp-httplib-dev                   # the page of staa-run --live
  libprotobuf-dev protobuf-compiler   # event files for TensorBoard
  libgtest-dev libbenchmark-dev
)
if [ "${1:-}" = "--tests" ]; then
  packages+=(clang-format clang-tidy python3-torch python3-pip python3-venv)
  packages+=(g++-aarch64-linux-gnu qemu-user)  # scripts/try_arm.sh
  # What builds the Python wheel; Debian 12 has no package of it, and its test is skipped there.
  if apt-cache show python3-scikit-build-core >/dev/null 2>&1; then
    packages+=(python3-scikit-build-core)
  fi
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "error: these packages are missing and there is no apt-get to install them: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "error: these packages are missing; installing them needs root or sudo: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
