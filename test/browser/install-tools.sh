#!/usr/bin/env bash
# What the tests of the control room's page need beside Node: Debian's Chromium, if there is none.
set -euo pipefail

if command -v chromium >/dev/null; then exit 0; fi

apt=(apt-get)
if [ "$(id -u)" -ne 0 ]; then apt=(sudo apt-get); fi
"${apt[@]}" update
# Installed, with what it needs itself; it brings no service.
"${apt[@]}" install -y --no-install-recommends chromium fonts-liberation
