"""A server that tells of changes of resources exactly what the test says, whoever asked for it."""

import base64
import json
import sys
from typing import Any

import wire

_CAPABILITIES = {"tools": {}, "resources": {} if "silent" in sys.argv else {"subscribe": True}}
_RESOURCES = [{"uri": f"tell://{name}", "name": name} for name in ("one", "two")] + [
    {"uri": "tell://poisoned", "name": "poisoned", "description": "forbidden"}
]


def _subscribe(params: dict[str, Any]) -> dict[str, Any]:
    if "missing" in params["uri"]:
        raise wire.RPCError(-32002, "no such resource", {"uri": params["uri"]})
    return {}


def _call(name: str, arguments: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    # Hidden from the guardrail for what clients send.
    params = json.loads(base64.b64decode(arguments["base64"]))
    wire.send({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": params})
    return wire.text("told")


if __name__ == "__main__":
    wire.serve(
        [wire.tool("tell")],
        _call,
        methods={
            "resources/subscribe": _subscribe,
            "resources/unsubscribe": lambda params: {},
            "resources/list": lambda params: {"resources": _RESOURCES},
        },
        capabilities=_CAPABILITIES,
    )
