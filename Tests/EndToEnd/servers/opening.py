"""A server on standard input and output that takes the first message of a conversation in its own way: the argument says in which."""

import json
import os
import sys
import threading
import time
from typing import Any

import wire

_MANNER = sys.argv[1] if len(sys.argv) > 1 else "refuses"
_VERSION = "io.modelcontextprotocol/protocolVersion"
_MODERN_ONLY = {"modern", "modern_late", "modern_slow", "modern_asks"}
#: How long "late" is: longer than the gateway waits for an answer.
_LATE = 3.0
_replies: dict[Any, Any] = {}


def _answer(message: dict[str, Any], result: Any = None, error: Any = None) -> None:
    body = {"error": error} if error else {"result": result}
    wire.send({"jsonrpc": "2.0", "id": message["id"], **body})


def _error(code: int, data: Any = None) -> dict[str, Any]:
    return {"code": code, "message": "no", **({} if data is None else {"data": data})}


def _discovered() -> dict[str, Any]:
    return {
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "opening", "version": "1"}},
    }


def _asked(message: dict[str, Any]) -> None:
    """`server/discover`, or any other method that servers of older revisions do not know."""
    match _MANNER:
        case "dies":
            os._exit(7)
        case "closes":
            os.close(1)
            time.sleep(600)
        case "silent":
            pass
        case "dies_later":
            # As version 1.8 of the official SDK does: it reads nothing any more, and finds that out with the next message.
            sys.stdin.buffer.readline()
            os._exit(1)
        case "agrees":
            _answer(message, {})
        case "answers_null":
            wire.send({"jsonrpc": "2.0", "id": None, "error": _error(-32700)})
        case "garbage":
            for line in (b"Traceback (most recent call last):", b"{", b'{"jsonrpc":"2.0"}', b"[]"):
                wire.send(line)
            _answer(message, error=_error(-32603))
        case "late_refusal":
            threading.Timer(_LATE, _answer, (message, None, _error(-32601))).start()
        case "late_result":
            threading.Timer(_LATE, _answer, (message, _discovered())).start()
        case "modern_late":
            threading.Timer(_LATE, _answer, (message, _discovered())).start()
        case "future":
            _answer(message, error=_error(-32022, {"supported": ["2099-01-01"], "requested": "2026-07-28"}))
        case "older":
            _answer(message, error=_error(-32022, {"supported": ["2025-06-18"], "requested": "2026-07-28"}))
        case manner if manner in _MODERN_ONLY:
            _answer(message, _discovered())
        case code if code.lstrip("-").isdigit():
            _answer(message, error=_error(int(code)))
        case _:
            _answer(message, error=_error(-32601))


def _initialize(message: dict[str, Any]) -> None:
    if _MANNER in _MODERN_ONLY:
        _answer(message, error=_error(-32022, {"supported": ["2026-07-28"], "requested": "?"}))
    elif _MANNER == "late_result":
        # The late answer to the other question comes first.
        threading.Timer(_LATE, _answer, (message, wire.greeting(message["params"]))).start()
    else:
        _answer(message, wire.greeting(message["params"]))


def _call(message: dict[str, Any]) -> None:
    name, arguments = message["params"]["name"], message["params"].get("arguments", {})
    match name:
        case "echo":
            complete = {"resultType": "complete"} if _MANNER in _MODERN_ONLY else {}
            _answer(message, {**wire.text(arguments.get("message", "")), **complete})
        case "typed":
            _answer(message, {**wire.text("typed"), "resultType": arguments["as"]})
        case "ask":
            wire.send({"jsonrpc": "2.0", "id": "q", "method": arguments["method"], "params": {}})
            while "q" not in _replies:
                time.sleep(0.01)
            _answer(message, {**wire.text(json.dumps(_replies.pop("q"))), "resultType": "complete"})
        case "log":
            level = (message["params"].get("_meta") or {}).get("io.modelcontextprotocol/logLevel")
            wire.send({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": level}})
            _answer(message, {**wire.text("logged"), "resultType": "complete"})
        case "never":
            pass


def _take(message: dict[str, Any]) -> None:
    method = message.get("method")
    if method is None:
        _replies[message.get("id")] = message
    elif "id" not in message:
        return
    elif method == "initialize":
        _initialize(message)
    elif method == "server/discover":
        _asked(message)
    elif _MANNER in _MODERN_ONLY and (message["params"].get("_meta") or {}).get(_VERSION) != "2026-07-28":
        _answer(message, error=_error(-32602))
    elif method == "tools/list":
        _answer(message, {"tools": [wire.tool(name) for name in ("echo", "typed", "ask", "log", "never")], "resultType": "complete"})
    elif method == "tools/call":
        threading.Thread(target=_call, args=(message,), daemon=True).start()
    else:
        _answer(message, error=_error(-32601))


def main() -> None:
    if _MANNER == "modern_slow":
        time.sleep(_LATE)
    for line in sys.stdin.buffer:
        wire.record(line.rstrip(b"\n"))
        _take(json.loads(line))


if __name__ == "__main__":
    main()
