#!/usr/bin/env bash
# Unpacks the libraries that staa-run and the runtime need into a folder, as Debian builds them for
# 64-bit Arm. Nothing is installed: apt has its lists and its state in the folder as well, so the
# machine's own packages stay as they are.
#
#   scripts/arm_sysroot.sh FOLDER
set -euo pipefail
root=${1:?"expected a folder: scripts/arm_sysroot.sh FOLDER"}
packages=(
  libstdc++6 libhwy-dev libgtest-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev libfmt-dev
  liblz4-dev libzstd-dev libhdf5-dev libcpp-httplib-dev nlohmann-json3-dev libcli11-dev
)
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "arm_sysroot.sh: error: expected a Debian machine, found no apt-get or dpkg" >&2
  exit 1
fi
[ -e "$root/complete" ] && [ "$(cat "$root/complete")" = "${packages[*]}" ] && exit 0
mkdir -p "$root"/apt/state/lists/partial "$root"/apt/cache/archives/partial
root=$(cd "$root" && pwd)
: >"$root/apt/status"  # no package is installed there
apt=(
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$root/apt/state"
  -o Dir::Cache="$root/apt/cache" -o Dir::State::status="$root/apt/status"
  -o APT::Sandbox::User= -o Debug::NoLocking=true
)
"${apt[@]}" update
"${apt[@]}" install --yes --download-only --no-install-recommends "${packages[@]}" >/dev/null
for file in "$root"/apt/cache/archives/*.deb; do
  case ${file##*/} in
  libc6-dev_* | linux-libc-dev_* | libcrypt-dev_*) ;;  # the cross compiler has its own
  *) dpkg -x "$file" "$root" ;;
  esac
done
# Since Debian 13 the loader's package holds /usr/lib only; programs ask for /lib.
[ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
rm -r "$root/apt"
echo "${packages[*]}" >"$root/complete"
