"""Speaks something, but not MCP."""

import sys

while True:
    try:
        sys.stdout.write("Usage: babbler [options]\n")
        sys.stdout.flush()
    except BrokenPipeError:
        break
