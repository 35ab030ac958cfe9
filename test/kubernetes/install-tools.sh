#!/usr/bin/env bash
# What the tests of examples/kubernetes need beside Node, from Debian's packages; only what is missing.
set -euo pipefail
cd "$(dirname "$0")"

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

updated=''
update() {
  [ -n "$updated" ] || as_root apt-get update
  updated=yes
}

missing=()
for package in golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
fi

# Unpacked, not installed: that would make a user, start a service, and start it at every boot.
if ! { command -v prometheus && command -v promtool; } >/dev/null && [ ! -x .tools/usr/bin/promtool ]; then
  update
  download=$(mktemp -d)
  trap 'rm -rf "$download"' EXIT
  chmod 755 "$download"
  (cd "$download" && apt-get download prometheus)
  mkdir -p .tools
  dpkg-deb --extract "$download"/prometheus_*.deb .tools
fi
