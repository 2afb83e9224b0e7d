"""An MCP server with every side that a server can have, for tests.

It stands on the official SDK, whichever of its major versions is installed, and speaks one of three transports.
Everything that it receives is left in the file that --record names.
"""

import argparse
import os
import warnings
from functools import partial
from importlib.metadata import version
from typing import Any

import anyio
import record
import transports
from answers import Answers

if int(version("mcp").split(".")[0]) >= 2:
    import sdk2 as sdk
else:
    import sdk1 as sdk


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="many_sided", description=__doc__)
    parser.add_argument("transport", choices=["stdio", "http", "sse"])
    parser.add_argument("--name", default="many-sided", help="the name that it gives itself")
    parser.add_argument("--record", default=os.environ.get("RECORD"), help="the file for what it receives")
    parser.add_argument("--era", choices=["both", "legacy", "modern"], default="both", help="the revisions that it admits to")
    parser.add_argument("--page-size", type=int, help="how many items a page of a list has; without it, all")
    over_http = parser.add_argument_group("over HTTP")
    over_http.add_argument("--port", type=int, default=0)
    over_http.add_argument("--json", action="store_true", help="answer with JSON, not with a stream")
    over_http.add_argument("--stateless", action="store_true", help="have no sessions")
    over_http.add_argument("--resumable", action="store_true", help="number the events, and send them again when asked")
    over_http.add_argument("--retry", type=int, help="milliseconds after which a client is to come back")
    over_http.add_argument("--idle", type=float, default=1800, help="seconds after which an idle session ends")
    return parser.parse_args()


def main() -> None:
    # Logging, sampling and roots are deprecated, and are what this server is for.
    warnings.filterwarnings("ignore", message=".* deprecated as of ")
    arguments = _arguments()
    record.into(arguments.record)
    server = sdk.build(arguments.name, Answers(arguments.name, arguments.page_size), arguments.era)
    match arguments.transport:
        case "stdio":
            anyio.run(transports.stdio, sdk, server, arguments.era)
        case "http":
            anyio.run(partial(transports.http, sdk, server, arguments.era, arguments))
        case "sse":
            anyio.run(partial(transports.sse, sdk, server, arguments.era, arguments))


if __name__ == "__main__":
    main()
