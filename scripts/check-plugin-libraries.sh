#!/bin/sh
# check-plugin-libraries.sh FOLDER
# Checks each plugin of this package in FOLDER (.build/debug, .build/release, an installation): it exports the entry symbol and nothing
# else, and it is marked never to be unloaded. Local records in the dynamic table take no part in symbol resolution and are no exports.
set -eu

folder=$1
status=0
for name in EnkryptGuardrail JWTAuth KeywordGuardrail LocalAPIKeyAuth OpenAIModeration PatternGuardrail StdoutTelemetry; do
  library=$folder/lib$name.so
  exported=$(nm -D --defined-only "$library" | awk '$2 ~ /[A-Z]/ { print $3 }')
  if [ "$exported" != smg_plugin_entry_v0 ]; then
    echo "$library exports more than the entry symbol: $exported" >&2
    status=1
  fi
  if ! readelf -d "$library" | grep -q 'FLAGS_1.*NODELETE'; then
    echo "$library is not linked with -z nodelete" >&2
    status=1
  fi
done
[ "$status" -eq 0 ] && echo "plugin libraries in $folder: one exported symbol each, NODELETE"
exit "$status"
