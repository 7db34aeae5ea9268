#!/usr/bin/env bash
# Builds and tests staa on a fresh Debian of another release, in a chroot: needs root and debootstrap.
#
#   scripts/try_release.sh RELEASE FOLDER    RELEASE: bookworm (12), trixie (13), ...
#
# FOLDER becomes the chroot and may be used again; it takes about 10 GB. MIRROR names another mirror than
# debootstrap's own.
set -euo pipefail
release=${1:?"usage: try_release.sh RELEASE FOLDER"}
root=${2:?"usage: try_release.sh RELEASE FOLDER"}
source=$(cd "$(dirname "$0")/.." && pwd)

[ -x "$root/bin/bash" ] || debootstrap --variant=minbase "$release" "$root" ${MIRROR:+"$MIRROR"}
for name in proc sys dev; do mountpoint -q "$root/$name" || mount --rbind "/$name" "$root/$name"; done
trap 'for name in proc sys dev; do umount -l "$root/$name"; done' EXIT
cp /etc/resolv.conf "$root/etc/resolv.conf"
# The tree as it is, without what was built in it; newer than what an earlier trial compiled from it.
mkdir -p "$root/staa"
tar -C "$source" --exclude=./build* --exclude=./runs --exclude=./.git -cf - . | tar -C "$root/staa" -xmf -
chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
  ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
  /bin/bash -c 'cd /staa && ./check --only dependencies,build,tests'
