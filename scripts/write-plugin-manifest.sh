#!/usr/bin/env bash
# Writes plugins.sha256 beside the plugins that were built with the gateway: these are the ones it trusts on its event loops.
set -euo pipefail
folder=${1:?usage: write-plugin-manifest.sh FOLDER}
cd "$folder"
plugins=()
for name in EnkryptGuardrail JWTAuth KeywordGuardrail LocalAPIKeyAuth OpenAIModeration PatternGuardrail StdoutTelemetry; do
  [ -f "lib$name.so" ] && plugins+=("lib$name.so")
done
sha256sum "${plugins[@]}" > plugins.sha256.new
mv plugins.sha256.new plugins.sha256
