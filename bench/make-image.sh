#!/bin/sh
# Makes a docker archive of a Debian with packages: five layers, some 500 MB, for Containers.Bench --images. Needs root, mmdebstrap, buildah and Debian's mirrors.
set -eu
out=${1:?usage: make-image.sh ARCHIVE}
case $out in /*) ;; *) out=$PWD/$out ;; esac
work=$(mktemp -d /var/tmp/containers-bench-image.XXXXXX)
b="buildah --root $work/store --runroot $work/run --storage-driver overlay"
trap '$b rm --all >/dev/null 2>&1; $b rmi --all --force >/dev/null 2>&1; rm -rf --one-file-system "$work"' EXIT

mmdebstrap --quiet --variant=minbase bookworm "$work/debian.tar"
container=$($b from scratch)
$b add --quiet "$container" "$work/debian.tar" /
$b config --cmd bash --env LANG=C.UTF-8 "$container"
$b commit --quiet "$container" bench:0 >/dev/null
step=0
for packages in gcc 'python3 perl' 'vim-tiny git' 'sqlite3 curl nginx-light'; do
  container=$($b from "bench:$step")
  step=$((step + 1))
  $b run --isolation chroot --network host "$container" -- sh -c "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $packages >/dev/null && rm -rf /var/lib/apt/lists/*"
  $b commit --quiet "$container" "bench:$step" >/dev/null
done
rm -f "$out"
$b push --quiet "bench:$step" "docker-archive:$out:bench-image:latest"
ls -l "$out"
