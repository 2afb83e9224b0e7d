#!/usr/bin/env bash
# Measures the release build that is there. Arguments go to the benchmark: --quick, --json FILE. BENCH_ARGS does the same through make.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.build/release
for name in GatewayBench secure-mcp-gateway plugins.sha256; do
  [ -e "$bin/$name" ] || { echo "error: $bin/$name is missing; run make build first" >&2; exit 1; }
done
revision=$(git describe --always --dirty 2>/dev/null || echo unknown)
# shellcheck disable=SC2086
exec "$bin/GatewayBench" --gateway "$bin/secure-mcp-gateway" --revision "$revision" ${BENCH_ARGS:-} "$@"
