#!/usr/bin/env bash
# What the bench uses beside Node where it is there: wrk, and nginx and HAProxy to compare with.
set -euo pipefail
cd "$(dirname "$0")"

missing() { ! command -v "$1" >/dev/null && ! [ -x "/usr/sbin/$1" ] && ! [ -x ".tools/$2" ]; }

packages=()
if missing wrk usr/bin/wrk; then packages+=(wrk libluajit2-5.1-2); fi
if missing nginx usr/sbin/nginx; then packages+=(nginx libpcre2-8-0); fi
if missing haproxy usr/sbin/haproxy; then
  packages+=(haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 libpcre2-8-0 libsystemd0)
fi
if [ "${#packages[@]}" -eq 0 ]; then exit 0; fi

if [ "$(id -u)" -eq 0 ]; then apt-get update; else sudo apt-get update; fi
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
chmod 755 "$download"
# Unpacked, not installed: that would make users, start services, and start them at every boot.
(cd "$download" && apt-get download libssl3 "${packages[@]}")
mkdir -p .tools
for package in "$download"/*.deb; do dpkg-deb --extract "$package" .tools; done
