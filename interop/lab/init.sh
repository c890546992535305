#!/bin/bash
# PID 1 of a lab node, in namespaces of its own: init.sh NAME ROOTFS SCRATCH [SOURCE:TARGET...]
# Puts the node's root together (ROOTFS below, a tmpfs above; each SOURCE appears read-only at TARGET), prints its pid as
# the host sees it, and then only holds the namespaces and reaps what is orphaned.
set -eu
name=$1 rootfs=$2 scratch=$3
shift 3

# The host's /proc is still mounted here, so this is the host's number for this process.
read -r pid _ </proc/self/stat
hostname "$name"

mount -t tmpfs -o mode=755 lab "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
cd "$scratch/root"

for bind in "$@"; do
  mkdir -p ".${bind#*:}"
  mount --bind "${bind%%:*}" ".${bind#*:}"
  mount -o remount,bind,ro ".${bind#*:}"
done

mkdir -p proc sys dev run tmp
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom tty; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t tmpfs -o mode=1777 shm dev/shm
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=1777 tmp tmp
rm -f etc/hostname etc/hosts
echo "$name" >etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %s\n' "$name" >etc/hosts

# Duplicate address detection keeps an address unusable for more than a second.
for interface in all default; do
  echo 0 >"/proc/sys/net/ipv6/conf/$interface/accept_dad"
  echo 0 >"/proc/sys/net/ipv6/conf/$interface/disable_ipv6"
done
ip link set lo up

mkdir run/host
pivot_root . run/host
umount -l /run/host
rmdir /run/host

echo "$pid"
exec </dev/null >/dev/null 2>&1
while :; do
  sleep 86400 &
  wait
done
