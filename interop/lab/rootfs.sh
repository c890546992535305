#!/bin/sh
# Builds a Debian root file system with routing daemons, once: rootfs.sh SUITE DIRECTORY PACKAGE,PACKAGE...
# A second builder of the same directory waits for the first; an interrupted build leaves nothing that looks complete.
set -eu
suite=$1 directory=$2 packages=$3

command -v mmdebstrap >/dev/null || { echo "lab: no mmdebstrap; run interop/lab/install.sh" >&2; exit 1; }
mkdir -p "$(dirname "$directory")"
exec 9>"$directory.lock"
flock 9
[ ! -d "$directory" ] || exit 0

. /etc/os-release
mirror=$(apt-get indextargets --format '$(REPO_URI)' \
  "Identifier: Packages" "Release: ${VERSION_CODENAME:-}" "Component: main" | head -n 1)
if [ -z "$mirror" ]; then
  echo "lab: no Debian mirror for \"${VERSION_CODENAME:-}\" in this machine's apt sources" >&2
  exit 1
fi
proxy=$(apt-config shell value Acquire::http::Proxy)
eval "$proxy"

echo "lab: building $directory from Debian $suite (about half a minute, once)" >&2
partial=$directory.partial
rm -rf "$partial"
trap 'rm -rf "$partial"' EXIT
trap 'exit 1' INT TERM HUP
# Debian's own programs alone: it starts a Python for each package, and a version manager's takes longer to find than the package takes.
PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap --quiet --mode=root --variant=apt \
  --aptopt='Acquire::Check-Valid-Until "false"' \
  ${value:+--aptopt="Acquire::http::Proxy \"$value\""} \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --include="$packages" \
  "$suite" "$partial" "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >&2
mv "$partial" "$directory"
echo "lab: $directory is ready" >&2
