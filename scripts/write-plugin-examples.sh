#!/usr/bin/env bash
# write-plugin-examples.sh GATEWAY
# Writes Examples/Plugins anew: they are what `plugin new` writes, so they change with its templates. The header is a link.
set -euo pipefail
gateway=$(realpath "${1:?usage: write-plugin-examples.sh GATEWAY}")
cd "$(dirname "$0")/.."
for language in c rust swift; do
  folder=Examples/Plugins/$language
  rm -rf "$folder"
  "$gateway" plugin new "length-$language" --language "$language" --directory "$folder" --gateway-source ../../.. >/dev/null 2>&1
  if [ -e "$folder/smg_plugin.h" ]; then ln -sf ../../../Sources/PluginABI/include/smg_plugin.h "$folder/smg_plugin.h"; fi
done
