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
mkdir -p "$scratch"/{work,root,upper/{dev,etc}}
cd "$scratch/upper"
for device in null zero full random urandom tty ptmx; do : >"dev/$device"; done
cp -P /dev/{fd,stdin,stdout,stderr} dev
echo "$name" >etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %s\n' "$name" >etc/hosts
cd "$scratch/root"

# One process mounts all: with one for each, that took most of the time in which a lab comes up. It keeps no list of them on the host, which nobody would shorten.
{
  line() { printf '%s %s %s %s\n' "${1// /\\040}" "${scratch// /\\040}/root$2" "$3" "${4// /\\040},x-mount.mkdir"; }
  line overlay / overlay "lowerdir=$rootfs,upperdir=$scratch/upper,workdir=$scratch/work"
  for bind in "$@"; do line "${bind%%:*}" "${bind#*:}" none bind,ro; done
  line proc /proc proc defaults
  line sysfs /sys sysfs defaults
  for device in null zero full random urandom tty; do line "/dev/$device" "/dev/$device" none bind; done
  line devpts /dev/pts devpts newinstance,ptmxmode=666,mode=620
  line "$scratch/root/dev/pts/ptmx" /dev/ptmx none bind
  line shm /dev/shm tmpfs mode=1777
  line run /run tmpfs mode=755
  line tmp /tmp tmpfs mode=1777
} >"$scratch/fstab"
mount --no-mtab --all --fstab "$scratch/fstab"
cd "$scratch/root"

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
