#!/usr/bin/env bash
# What the tests of packages/redis need beside Node: Debian's redis-server, if there is none.
set -euo pipefail
cd "$(dirname "$0")"

if command -v redis-server >/dev/null || [ -x .tools/usr/bin/redis-server ]; then exit 0; fi

if [ "$(id -u)" -eq 0 ]; then apt-get update; else sudo apt-get update; fi
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
chmod 755 "$download"
# Unpacked, not installed: that would make a user, start a service, and start it at every boot.
(cd "$download" && apt-get download redis-server redis-tools libjemalloc2 liblzf1)
mkdir -p .tools
for package in "$download"/*.deb; do dpkg-deb --extract "$package" .tools; done
