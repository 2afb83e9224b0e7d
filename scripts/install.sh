#!/usr/bin/env bash
# Installs the binary into PREFIX/bin and the plugins into PREFIX/lib/secure-mcp-gateway/plugins, where the binary finds them; with its header, manual page and
# completions.
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

# Written by the program itself, so that they say what it does.
share=$prefix/share
install -d -m 0755 "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
write() {
  local path=$1
  shift
  "$prefix/bin/secure-mcp-gateway" "$@" > "$path"
  chmod 0644 "$path"
}
write "$share/man/man1/secure-mcp-gateway.1" reference --man
write "$share/bash-completion/completions/secure-mcp-gateway" --generate-completion-script bash
write "$share/zsh/site-functions/_secure-mcp-gateway" --generate-completion-script zsh
write "$share/fish/vendor_completions.d/secure-mcp-gateway.fish" --generate-completion-script fish
echo "Installed $prefix/bin/secure-mcp-gateway and $(wc -l < "$build/plugins.sha256") plugins in $plugins"
