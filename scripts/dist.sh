#!/usr/bin/env bash
# Writes secure-mcp-gateway-VERSION-linux-MACHINE.tar.gz and its SHA-256 into FOLDER: what `make install` installs, together with the Swift runtime that it needs,
# so that it runs wherever it is unpacked, without a Swift toolchain.
set -euo pipefail
folder=${1:?usage: dist.sh FOLDER BUILD_FOLDER}
build=${2:?usage: dist.sh FOLDER BUILD_FOLDER}
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$("$build/secure-mcp-gateway" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+[^ ]*' | head -n 1)
name=secure-mcp-gateway-$version-linux-$(uname -m)
stage=$work/$name
scripts/install.sh "$stage" "$build" > /dev/null
gateway=$stage/bin/secure-mcp-gateway
plugins=$stage/lib/secure-mcp-gateway/plugins
runtime=$stage/lib/secure-mcp-gateway/runtime

# The toolchain's libraries that any of the files needs, directly or through another.
toolchain=$(ldd "$gateway" | awk '$1 == "libswiftCore.so" { print $3 }' | xargs -r dirname)
[ -n "$toolchain" ] || { echo "error: $gateway does not say where libswiftCore.so is" >&2; exit 1; }
install -d -m 0755 "$runtime"
ldd "$gateway" "$plugins"/*.so | awk -v from="$toolchain/" 'index($3, from) == 1 { print $3 }' | sort -u | while read -r library; do
  install -m 0644 "$library" "$runtime/"
done

# The gateway finds them beside itself; the plugins need only what it has loaded already, and the system's.
patchelf --set-rpath '$ORIGIN/../lib/secure-mcp-gateway/runtime' "$gateway"
for library in "$runtime"/*.so; do patchelf --set-rpath '$ORIGIN' "$library"; done
for library in "$plugins"/*.so; do patchelf --remove-rpath "$library"; done
scripts/write-plugin-manifest.sh "$plugins"
chmod 0644 "$plugins/plugins.sha256"
install -m 0644 share/README.dist.md "$stage/README.md"

missing=$(env -i PATH=/usr/bin:/bin ldd "$gateway" "$plugins"/*.so | grep 'not found' | grep -v 'libswift' || true)
[ -z "$missing" ] || { echo "error: what is packed needs libraries that are not there:" "$missing" >&2; exit 1; }
if env -i PATH=/usr/bin:/bin ldd "$gateway" | grep -F "$toolchain/" >&2; then
  echo "error: the gateway still uses these files of the toolchain" >&2
  exit 1
fi

mkdir -p "$folder"
tar --create --gzip --file "$folder/$name.tar.gz" --directory "$work" --sort=name --owner=0 --group=0 --numeric-owner \
  --mtime="@$(git log -1 --format=%ct 2>/dev/null || date +%s)" "$name"
(cd "$folder" && sha256sum "$name.tar.gz" > "$name.tar.gz.sha256")
echo "Wrote $folder/$name.tar.gz ($(du -h "$folder/$name.tar.gz" | cut -f 1))"
