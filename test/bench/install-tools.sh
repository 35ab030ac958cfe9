#!/usr/bin/env bash
# What the bench uses beside Node where it is there: wrk, and nginx and HAProxy to compare with. Names
# on the command line choose among them.
set -euo pipefail
cd "$(dirname "$0")"

if [ "$#" -eq 0 ]; then set -- wrk nginx haproxy; fi
packages=()
for program in "$@"; do
  for folder in /usr/sbin .tools/usr/bin .tools/usr/sbin; do
    if command -v "$program" >/dev/null || [ -x "$folder/$program" ]; then continue 2; fi
  done
  case $program in
    wrk) packages+=(wrk libluajit2-5.1-2 libssl3) ;;
    nginx) packages+=(nginx libpcre2-8-0 libssl3) ;;
    haproxy)
      packages+=(haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 libpcre2-8-0)
      packages+=(libssl3 libsystemd0)
      ;;
    *)
      echo "$program is none of wrk, nginx, haproxy" >&2
      exit 2
      ;;
  esac
done
if [ "${#packages[@]}" -eq 0 ]; then exit 0; fi

if [ "$(id -u)" -eq 0 ]; then apt-get update; else sudo apt-get update; fi
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
chmod 755 "$download"
# Unpacked, not installed: that would make users, start services, and start them at every boot.
(cd "$download" && apt-get download "${packages[@]}")
mkdir -p .tools
for package in "$download"/*.deb; do dpkg-deb --extract "$package" .tools; done
