"""How servers say that a session is gone, and how they answer the question which revisions they know."""

from collections.abc import Callable
from typing import Any

from .exchange import Exchange

Say = Callable[[Exchange], None]


def _rpc(code: int, message: str, status: int, *, anonymous: bool = True) -> Say:
    return lambda exchange: exchange.error(code, message, status, anonymous=anonymous)


def _text(status: int, text: str) -> Say:
    return lambda exchange: exchange.answer(status, text.encode())


#: T2: every form in which servers in the field say it.
LOSSES: dict[str, Say] = {
    "404": _text(404, ""),
    "404 with a text": _text(404, "session not found"),
    "404 with -32001": _rpc(-32001, "Session not found", 404),
    "404 with -32600": _rpc(-32600, "Session not found", 404),
    "400 with -32000": _rpc(-32000, "Bad Request: No valid session ID provided", 400),
    "400 with a text": _text(400, "No valid session ID provided"),
    "200 with -32001": _rpc(-32001, "Session not found", 200, anonymous=False),
    "200 with -32600": _rpc(-32600, "Session not found", 200, anonymous=False),
    "404 could not find session": _text(404, "Could not find session"),
    "a reset": lambda exchange: exchange.reset(),
    "an end": lambda exchange: exchange.close(),
}

_VERSION = "Unsupported protocol version"


def _unsupported(supported: list[str]) -> Say:
    data = {"supported": supported, "requested": "2026-07-28"}
    return lambda exchange: exchange.error(-32022, _VERSION, 400, data)


def _discovered(exchange: Exchange) -> None:
    result: dict[str, Any] = {
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "ttlMs": 0,
        "cacheScope": "private",
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "raw", "version": "1"}},
    }
    exchange.result(result)


#: Answers to `server/discover` after which a client has to go on with the new revision.
MODERN_PROBES: dict[str, Say] = {"discovered": _discovered}

#: Answers after which there is nothing to go on with.
HOPELESS_PROBES: dict[str, Say] = {"-32022 with an unknown one": _unsupported(["2099-01-01"])}

#: Answers after which a client has to fall back to `initialize`.
LEGACY_PROBES: dict[str, Say] = {
    "-32022 with old ones only": _unsupported(["2025-11-25", "2025-06-18"]),
    "400 with -32000": _rpc(-32000, "Bad Request: Server not initialized", 400),
    "400 with -32600": _rpc(-32600, "Bad Request: Missing session ID", 400),
    "400 with a text": _text(400, "Bad Request"),
    "200 with -32601": _rpc(-32601, "Method not found", 200, anonymous=False),
    "200 with -32602": _rpc(-32602, "Invalid request parameters", 200, anonymous=False),
    "200 with 0": _rpc(0, "Received request before initialization was complete", 200, anonymous=False),
    "404 with a page": lambda exchange: exchange.answer(404, b"<html>Not found</html>", "text/html"),
    "405": lambda exchange: exchange.answer(405, Allow="GET"),
    "406": _text(406, "Not acceptable"),
    "415": _text(415, "Unsupported media type"),
    "500": _text(500, "Internal server error"),
    "202": lambda exchange: exchange.answer(202),
    "a reset": lambda exchange: exchange.reset(),
    "nothing": lambda exchange: exchange.wait(),
}

PROBES: dict[str, Say] = {**MODERN_PROBES, **LEGACY_PROBES, **HOPELESS_PROBES}
