#!/usr/bin/env bash
# Runs everything that has to pass, in sections; stops at the first that fails and says which. Names of sections as arguments run only those.
set -euo pipefail
cd "$(dirname "$0")/.."

sections=(dependencies header format build unit sanitizer python clients installation)
[ $# -gt 0 ] && sections=("$@")

begun=$SECONDS
current=""
work=$(mktemp -d)
report=()

finish() {
  local status=$?
  rm -rf "$work"
  echo
  [ ${#report[@]} -eq 0 ] || printf '%s\n' "${report[@]}"
  if [ "$status" -eq 0 ]; then
    echo "All sections passed in $((SECONDS - begun)) s."
  else
    echo "FAILED in section \"$current\" (exit status $status) after $((SECONDS - begun)) s." >&2
    echo "Run it again with: scripts/test.sh $current" >&2
  fi
}
trap finish EXIT

# What to install before anything else.
dependencies() { scripts/install-dependencies.sh test; }

# The plugin ABI in every dialect that includes it.
header() { scripts/check-abi-header.sh; }

format() { make -s lint; }

build() {
  swift build --build-tests
  scripts/write-plugin-manifest.sh .build/debug
  scripts/check-plugin-libraries.sh .build/debug
}

# A target at a time, one test after another: tests of threads, children and deadlines need the cores that others would hold.
unit() {
  local target
  for target in JSONTests MCPTests EgressTests HostTests PluginHostTests PluginTests; do
    echo "--- $target"
    swift test --skip-build --no-parallel --filter "^$target\\."
  done
}

# The plugin host against bad libraries, with every access to memory checked.
sanitizer() { scripts/test-plugin-host-sanitized.sh; }

# A virtual environment for each version of the official MCP SDK that is tried, made anew when its requirements change.
environment() {
  local folder=.venv-$1 requirements=Tests/EndToEnd/requirements-$1.txt
  if ! cmp -s "$requirements" "$folder/requirements.txt"; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$folder/requirements.txt"
  fi
}

end_to_end() {
  local version=$1
  shift
  "$PWD/.venv-$version/bin/python" -m pytest -c Tests/EndToEnd/pytest.ini Tests/EndToEnd --numprocesses 4 --dist loadfile --quiet "$@"
}

python() {
  environment mcp2
  end_to_end mcp2
}

# Only what an official client has a part in: version 1.30, and 1.8, which knows no revision but 2024-11-05.
clients() {
  local version
  for version in mcp1 mcp1_8; do
    environment "$version"
    end_to_end "$version" -m official_client
  done
}

# A release build, installed, with nothing of the build folder in use; then packed, unpacked elsewhere, with nothing of the toolchain in use.
installation() {
  environment mcp2
  make -s install PREFIX="$work/prefix"
  scripts/check-plugin-libraries.sh "$work/prefix/lib/secure-mcp-gateway/plugins"
  GATEWAY_PREFIX="$work/prefix" GATEWAY_BINARY="$work/prefix/bin/secure-mcp-gateway" end_to_end mcp2 -m "installed or official_client"
  make -s dist DIST="$work/dist"
  mkdir "$work/elsewhere"
  tar -xzf "$work"/dist/*.tar.gz -C "$work/elsewhere" --strip-components 1
  env -u LD_LIBRARY_PATH PATH=/usr/local/bin:/usr/bin:/bin GATEWAY_PREFIX="$work/elsewhere" GATEWAY_PACKED="$work"/dist \
    GATEWAY_BINARY="$work/elsewhere/bin/secure-mcp-gateway" "$PWD/.venv-mcp2/bin/python" -m pytest -c Tests/EndToEnd/pytest.ini --quiet \
    Tests/EndToEnd/test_installed.py Tests/EndToEnd/test_plugin_isolation.py
}

for current in "${sections[@]}"; do
  printf '\n=== %s (at %d s)\n' "$current" $((SECONDS - begun))
  from=$SECONDS
  "$current"
  report+=("$(printf '  %-14s %4d s' "$current" $((SECONDS - from)))")
done
