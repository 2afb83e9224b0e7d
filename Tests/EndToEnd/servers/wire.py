"""The bare minimum of an MCP server on standard input and output, so that tests decide every byte of it."""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

_lock = threading.Lock()


def send(message: dict[str, Any] | bytes) -> None:
    """Writes one line, whole."""
    line = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
    with _lock:
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()


def record(line: bytes) -> None:
    """Leaves what was received in the file that the environment variable RECORD names."""
    path = os.environ.get("RECORD")
    if path:
        entry = json.dumps({"pid": os.getpid(), "raw": line.decode("utf-8", "surrogateescape")}).encode() + b"\n"
        with open(path, "ab", buffering=0) as file:
            file.write(entry)


def text(value: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": value}]}


def tool(name: str, description: str = "", **schema: Any) -> dict[str, Any]:
    return {"name": name, "description": description or f"The tool {name}", "inputSchema": {"type": "object", "properties": schema}}


def greeting(params: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The answer to `initialize`."""
    return {
        "protocolVersion": params.get("protocolVersion", "2025-06-18"),
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "test-server", "version": "1.0.0"},
        **changes,
    }


class RPCError(Exception):
    """Becomes the `error` member of the answer."""

    def __init__(self, code: int, message: str, data: Any = None):
        super().__init__(message)
        self.error = {"code": code, "message": message, **({} if data is None else {"data": data})}


#: Answers `tools/call`: takes name, arguments and the request; None means that the answer comes later or never.
Call = Callable[[str, dict[str, Any], dict[str, Any]], dict[str, Any] | None]
#: Answers another method: takes the params.
Method = Callable[[dict[str, Any]], dict[str, Any]]


def serve(
    tools: list[dict[str, Any]],
    call: Call,
    on_other: Callable[[dict[str, Any]], None] | None = None,
    methods: dict[str, Method] | None = None,
    **hello: Any,
) -> None:
    """Answers until standard input ends. Each call runs in a thread of its own."""
    methods = methods or {}

    def answer(request: dict[str, Any]) -> None:
        params = request.get("params") or {}
        try:
            if request["method"] == "initialize":
                result: dict[str, Any] | None = greeting(params, **hello)
            elif request["method"] == "ping":
                result = {}
            elif request["method"] in methods:
                result = methods[request["method"]](params)
            elif request["method"] == "tools/list":
                result = {"tools": tools}
            elif request["method"] == "tools/call":
                result = call(params["name"], params.get("arguments") or {}, request)
            else:
                raise RPCError(-32601, "Method not found")
        except RPCError as failure:
            send({"jsonrpc": "2.0", "id": request["id"], "error": failure.error})
            return
        if result is not None:
            send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    for line in sys.stdin.buffer:
        record(line.rstrip(b"\n"))
        message = json.loads(line)
        if "method" in message and "id" in message:
            if message["method"] == "tools/call":
                threading.Thread(target=answer, args=(message,), daemon=True).start()
            else:
                answer(message)
        elif on_other:
            on_other(message)
