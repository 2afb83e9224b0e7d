"""A server that plays whatever the test writes for it."""

import base64
import json
import os
import queue
import sys
import time
from typing import Any

import wire

_replies: "queue.Queue[dict[str, Any]]" = queue.Queue()
_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(64))).decode()


def call(name: str, arguments: dict[str, Any], request: dict[str, Any]) -> dict[str, Any] | None:
    match name:
        case "echo":
            return wire.text(arguments.get("message", ""))
        case "mirror":
            return wire.text(json.dumps(arguments))
        case "identity":
            return wire.text(json.dumps({"pid": os.getpid(), "cwd": os.getcwd(), "environment": dict(os.environ)}))
        case "answer":  # a result, hidden from the input guardrail
            return json.loads(base64.b64decode(arguments["base64"]))
        case "refuse":  # a JSON-RPC error, hidden likewise
            error = json.loads(base64.b64decode(arguments["base64"]))
            raise wire.RPCError(error["code"], error["message"], error.get("data"))
        case "line":  # any bytes in place of an answer; ID stands for the request's id
            wire.send(base64.b64decode(arguments["base64"]).replace(b"ID", json.dumps(request["id"]).encode()))
            return wire.text("after the line") if arguments.get("then") else None
        case "sleep":
            time.sleep(arguments["seconds"])
            return wire.text(arguments.get("message", "awake"))
        case "never":
            return None
        case "crash":
            os._exit(3)
        case "flood":
            return wire.text("x" * arguments["bytes"])
        case "image":
            return {
                "content": [
                    {"type": "text", "text": "see", "annotations": {"audience": ["user"]}, "x-unknown": [1, {"two": 2}]},
                    {"type": "image", "data": _PNG, "mimeType": "image/png"},
                    {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}},
                    {"type": "hologram", "depth": 3},
                ],
                "structuredContent": {"n": 1},
                "_meta": {"vendor/key": True},
                "x-member": "kept",
            }
        case "trouble":
            return {**wire.text("it went wrong"), "isError": True}
        case "garbage":
            for _ in range(arguments.get("lines", 3)):
                wire.send(b"this is not JSON {")
            return wire.text("after garbage")
        case "sample":  # asks the client, whether it declared that or not
            params = {"messages": arguments.get("messages", []), "maxTokens": 1}
            wire.send({"jsonrpc": "2.0", "id": "s-1", "method": "sampling/createMessage", "params": params})
            return wire.text(json.dumps(_replies.get(timeout=10)))
        case "complain":
            for number in range(arguments["lines"]):
                print(f"complaint {number}", file=sys.stderr, flush=True)
            return wire.text("complained")
    raise wire.RPCError(-32602, f"Unknown tool: {name}")


NAMES = "echo mirror identity answer refuse line sleep never crash flood image trouble garbage sample complain".split()

if __name__ == "__main__":
    wire.serve([wire.tool(name) for name in NAMES], call, lambda message: _replies.put(message) if "id" in message else None)
