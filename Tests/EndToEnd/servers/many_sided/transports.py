"""The three ways to the server, each with a record of every byte that is a message."""

import inspect
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable
from io import TextIOWrapper
from typing import Any
from uuid import uuid4

import anyio
import record
import uvicorn
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http import EventStore
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

MODERN = b"2026-07-28"
BODY_LIMIT = 64 << 20


# Standard input and output


class _RecordedLines:
    """Standard input, line by line."""

    def __init__(self) -> None:
        self._lines = anyio.wrap_file(TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace"))

    async def __aiter__(self) -> AsyncIterator[str]:
        async for line in self._lines:
            record.message(line.rstrip("\n"))
            yield line


async def stdio(sdk: Any, server: Any, era: str) -> None:
    async with stdio_server(stdin=_RecordedLines()) as (read, write):
        await sdk.serve(server, read, write, era)
    record.event("end of input")


# HTTP


def _as_far_as_known(make: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Leaves out options that older versions of the SDK do not have."""
    known = inspect.signature(make).parameters
    return make(*arguments, **{name: value for name, value in options.items() if name in known})


class _Events(EventStore):
    """Keeps every event of every stream, for clients that come back."""

    def __init__(self) -> None:
        self._events: list[tuple[str, str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        event_id = f"{stream_id}:{uuid4().hex}"
        self._events.append((event_id, stream_id, message))
        return event_id

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str | None:
        from mcp.server.streamable_http import EventMessage

        known = [event_id for event_id, _, _ in self._events]
        if last_event_id not in known:
            return None
        position = known.index(last_event_id)
        stream = self._events[position][1]
        for event_id, stream_id, message in self._events[position + 1 :]:
            if stream_id == stream and message is not None:
                await send_callback(EventMessage(message, event_id))
        return stream


async def _recorded(scope: Any, receive: Any) -> tuple[bytes, Any]:
    """Reads the body of a request, leaves it in the record, and gives it back with a `receive` that yields it again."""
    body, more = b"", scope["method"] == "POST"
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    http = {"method": scope["method"], "path": scope["path"], "query": scope["query_string"].decode(), "headers": headers}
    if body:
        record.message(body.decode("utf-8", "surrogateescape"), http=http)
    else:
        record.request(http)
    replay = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return replay.pop() if replay else await receive()

    return body, again


async def _answer(send: Any, status: int, document: Any) -> None:
    body = json.dumps(document).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


def _as_an_old_server_refuses(scope: Any) -> bool:
    return dict(scope["headers"]).get(b"mcp-protocol-version") == MODERN


async def http(sdk: Any, server: Any, era: str, arguments: Any) -> None:
    """Streamable HTTP."""
    manager = _as_far_as_known(
        StreamableHTTPSessionManager,
        server,
        event_store=_Events() if arguments.resumable else None,
        json_response=arguments.json,
        stateless=arguments.stateless,
        retry_interval=arguments.retry,
        max_request_body_size=BODY_LIMIT,
        session_idle_timeout=arguments.idle,
    )
    # The manager asks the server itself for what to say in the handshake.
    chosen = sdk.options(server)
    server.create_initialization_options = lambda *_: chosen

    async def app(scope: Any, receive: Any, send: Any) -> None:
        _, receive = await _recorded(scope, receive)
        if scope["path"].rstrip("/") != "/mcp":
            await _answer(send, 404, {"error": "not found"})
        elif era == "legacy" and _as_an_old_server_refuses(scope):
            error = {"code": -32600, "message": "Bad Request: Unsupported protocol version"}
            await _answer(send, 400, {"jsonrpc": "2.0", "id": "server-error", "error": error})
        else:
            await manager.handle_request(scope, receive, send)

    async with manager.run():
        await _listen(app, arguments.port, "/mcp")


async def sse(sdk: Any, server: Any, era: str, arguments: Any) -> None:
    """The older transport: a stream at one address, messages to another."""
    transport = _as_far_as_known(SseServerTransport, "/messages", max_request_body_size=BODY_LIMIT)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        _, receive = await _recorded(scope, receive)
        if scope["path"] == "/messages":
            await transport.handle_post_message(scope, receive, send)
        elif scope["path"] == "/sse" and scope["method"] == "GET":
            async with transport.connect_sse(scope, receive, send) as (read, write):
                await sdk.serve(server, read, write, "legacy")
        elif scope["path"] == "/sse":
            await _answer(send, 405, {"error": "method not allowed"})
        else:
            await _answer(send, 404, {"error": "not found"})

    await _listen(app, arguments.port, "/sse")


async def _listen(app: Any, port: int, path: str) -> None:
    """Says on standard output where it listens, and serves until it is told to stop."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}{path}"}), flush=True)
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1, timeout_keep_alive=60)
    await uvicorn.Server(config).serve(sockets=[listener])
