#!/usr/bin/env bash
# Installs the Debian packages that building (build), testing (test) or packing (dist) needs, if any is missing. Uses sudo only when not root.
set -euo pipefail

packages=(libssl-dev libcurl4-openssl-dev libre2-dev pkg-config)
[ "${1:-build}" = test ] && packages+=(python3 python3-venv openssl gcc g++ libc6-dev binutils git curl chromium-headless-shell)
[ "${1:-build}" != build ] && packages+=(patchelf)

# Examples and templates of plugins in Rust: whichever is there, Debian's otherwise.
[ "${1:-build}" = test ] && ! command -v cargo >/dev/null && packages+=(cargo)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if ! command -v swift >/dev/null; then
  echo "error: swift is not on the PATH. Install Swift 6.3 from https://swift.org/install and try again." >&2
  exit 1
fi
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing ${missing[*]} …" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "error: ${missing[*]} must be installed; become root or install sudo." >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
