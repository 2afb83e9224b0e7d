"""Runs the upstream until standard input ends: `python -m servers.raw_http --call "events with CR"`, in the folder of the tests."""

import argparse
import sys

from . import CALLS, LOSSES, PROBES, Upstream

parser = argparse.ArgumentParser(prog="raw_http")
parser.add_argument("--call", choices=CALLS, default="JSON")
parser.add_argument("--loss", choices=LOSSES, default="404")
parser.add_argument("--probe", choices=PROBES, default="400 with -32600")
parser.add_argument("--transport", choices=["http", "sse"], default="http")
parser.add_argument("--has-stream", action="store_true")
parser.add_argument("--port", type=int, default=0)
with Upstream(**vars(parser.parse_args())) as upstream:
    print(upstream.url, flush=True)
    sys.stdin.read()
