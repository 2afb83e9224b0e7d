#!/usr/bin/env bash
# Installs the binary into PREFIX/bin and the plugins into PREFIX/lib/secure-mcp-gateway/plugins, where the binary finds them.
set -euo pipefail
prefix=${1:?usage: install.sh PREFIX BUILD_FOLDER}
build=${2:?usage: install.sh PREFIX BUILD_FOLDER}
plugins="$prefix/lib/secure-mcp-gateway/plugins"

install -d -m 0755 "$prefix/bin" "$plugins" "$prefix/include" "$prefix/share/secure-mcp-gateway" "$prefix/share/pkgconfig"
install -m 0755 "$build/secure-mcp-gateway" "$prefix/bin/secure-mcp-gateway"
while read -r _ name; do install -m 0644 "$build/$name" "$plugins/$name"; done < "$build/plugins.sha256"
install -m 0644 "$build/plugins.sha256" "$plugins/plugins.sha256"
install -m 0644 Sources/PluginABI/include/smg_plugin.h "$prefix/include/smg_plugin.h"
install -m 0644 share/secure-mcp-gateway-plugin.pc "$prefix/share/pkgconfig/secure-mcp-gateway-plugin.pc"
install -m 0644 share/example_enkrypt_mcp_config.json "$prefix/share/secure-mcp-gateway/example_enkrypt_mcp_config.json"
echo "Installed $prefix/bin/secure-mcp-gateway and $(wc -l < "$build/plugins.sha256") plugins in $plugins"
