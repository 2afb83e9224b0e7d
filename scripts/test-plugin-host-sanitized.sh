#!/usr/bin/env bash
# Runs the plugin host's tests under AddressSanitizer, in a build folder of their own.
#
# SANITIZE=1 makes Package.swift leave out the plugins' version script: it reaches the test runner too, where it would hide the sanitizer's malloc from the
# libraries that the runner loads, and memory would be freed by another allocator than it came from.
set -euo pipefail
cd "$(dirname "$0")/.."
export SANITIZE=1
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$PWD/scripts/lsan-suppressions.txt:print_suppressions=0}"
exec swift test --sanitize=address --scratch-path .build-asan --no-parallel --filter PluginHostTests "$@"
