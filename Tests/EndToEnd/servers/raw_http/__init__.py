"""An MCP server over HTTP that decides every byte of its answers, in a thread of the tests.

    with Upstream(call="events with CR") as upstream:
        upstream.url, upstream.requests("tools/call"), upstream.lose_sessions(), ...

What is not said otherwise behaves decently. `call` names an entry of CALLS and is how `tools/call` is answered, `loss` one of LOSSES, for
requests of lost sessions, `probe` one of PROBES, for `server/discover`. `on` has the last word: a function that takes the exchange, and
says whether it has dealt with it.
"""

import itertools
import queue
import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from .calls import CALLS, DECENT, STALLED, USELESS, as_json
from .exchange import Exchange, Over, event_bytes, read_request
from .sessions import HOPELESS_PROBES, LEGACY_PROBES, LOSSES, MODERN_PROBES, PROBES

__all__ = [
    "CALLS",
    "DECENT",
    "HOPELESS_PROBES",
    "LEGACY_PROBES",
    "LOSSES",
    "MODERN_PROBES",
    "PROBES",
    "STALLED",
    "USELESS",
    "Exchange",
    "Over",
    "Upstream",
    "event_bytes",
]

TOOLS = [{"name": name, "description": f"The tool {name}", "inputSchema": {"type": "object"}} for name in ("echo", "plain")]
CAPABILITIES = {"tools": {"listChanged": True}}
MODERN = "2026-07-28"


class Upstream:
    def __init__(
        self,
        *,
        call: str = "JSON",
        loss: str = "404",
        probe: str = "400 with -32600",
        transport: str = "http",
        has_stream: bool = False,
        on: Callable[[Exchange], bool] | None = None,
        port: int = 0,
    ):
        self.call, self.loss, self.probe, self.on = call, loss, probe, on
        #: "http" is Streamable HTTP, "sse" the older transport.
        self.transport = transport
        #: Whether a GET opens a stream, which `push` writes to, or is refused.
        self.has_stream = has_stream
        self.exchanges: list[Exchange] = []
        self.sessions: set[str] = set()
        self.lost: set[str] = set()
        self.connections = 0
        self._streams: dict[str, queue.Queue[bytes | None]] = {}
        self._history: list[tuple[int, str, bytes]] = []
        self._event_ids = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    # For tests

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/{'mcp' if self.transport == 'http' else 'sse'}"

    def requests(self, method: str) -> list[Exchange]:
        """What came, by the method of the message, or of HTTP."""
        return [exchange for exchange in list(self.exchanges) if method in (exchange.method, exchange.rpc)]

    def lose_sessions(self) -> None:
        """Forgets every session, as a restart does, and cuts their streams."""
        self.lost |= self.sessions
        self.sessions.clear()
        self.cut_streams()

    def push(self, message: Any) -> None:
        """Sends a message on the GET stream of every session, now or when one that was cut comes back."""
        for session in list(self.sessions):
            number = next(self._event_ids)
            data = event_bytes(message, id=f"get/{number}")
            self._history.append((number, session, data))
            if stream := self._streams.get(session):
                stream.put(data)

    def cut_streams(self) -> None:
        for stream in list(self._streams.values()):
            stream.put(None)
        self._streams.clear()

    def open_streams(self) -> int:
        return len(self._streams)

    def stop(self) -> None:
        """Ends everything at once; the port refuses connections from then on."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        # A thread that waits in accept() keeps the port; shutting down wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_streams()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Connections

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile("rb") as stream:
                while exchange := read_request(connection, stream, self._stopped):
                    self.exchanges.append(exchange)
                    if not (self.on and self.on(exchange)):
                        self._respond(exchange)
        except (Over, OSError, ValueError):
            pass
        finally:
            self._open.discard(connection)

    # Requests

    def _respond(self, exchange: Exchange) -> None:
        path = exchange.path.split("?")[0].rstrip("/")
        if self.transport == "sse":
            self._respond_with_events(exchange, path)
        elif path != "/mcp":
            exchange.answer(404, b"not here")
        elif exchange.headers.get("mcp-protocol-version") == MODERN:
            self._respond_modern(exchange)
        else:
            self._respond_legacy(exchange)

    def _respond_legacy(self, exchange: Exchange) -> None:
        if exchange.rpc == "initialize":
            session = uuid.uuid4().hex
            self.sessions.add(session)
            exchange.result(self._greeting(exchange), Mcp_Session_Id=session)
        elif exchange.session is None:
            exchange.error(-32600, "Bad Request: Missing session ID", 400, anonymous=True)
        elif exchange.session not in self.sessions:
            LOSSES[self.loss](exchange)
        elif exchange.method == "GET":
            self._stream(exchange, exchange.session) if self.has_stream else exchange.answer(405, Allow="POST, DELETE")
        elif exchange.method == "DELETE":
            self.sessions.discard(exchange.session)
            exchange.answer(204)
        else:
            self._dispatch(exchange)

    def _respond_modern(self, exchange: Exchange) -> None:
        if self.probe not in MODERN_PROBES:
            PROBES[self.probe](exchange)
        elif exchange.method != "POST":
            exchange.answer(405, Allow="POST")
        elif exchange.rpc == "server/discover":
            PROBES[self.probe](exchange)
        else:
            self._dispatch(exchange, resultType="complete")

    def _dispatch(self, exchange: Exchange, **beside: Any) -> None:
        match exchange.rpc:
            case "tools/list":
                exchange.result({"tools": TOOLS, **({"ttlMs": 0, "cacheScope": "private"} if beside else {}), **beside})
            case "tools/call":
                params = exchange.message["params"]
                text = str((params.get("arguments") or {}).get("message", "called"))
                result = {"content": [{"type": "text", "text": text}], **beside}
                (as_json if params["name"] == "plain" else CALLS[self.call])(exchange, result)
            case "ping":
                exchange.result({})
            case method if "id" in exchange.message and method:
                exchange.error(-32601, "Method not found", 404 if beside else 200, method)
            case _:
                exchange.answer(202)

    @staticmethod
    def _greeting(exchange: Exchange) -> dict[str, Any]:
        offered = exchange.message["params"]["protocolVersion"]
        version = offered if offered < MODERN else "2025-11-25"
        return {"protocolVersion": version, "capabilities": CAPABILITIES, "serverInfo": {"name": "raw", "version": "1"}}

    def _stream(self, exchange: Exchange, session: str) -> None:
        """The stream of a session: what was missed since the last event that the client saw, then what comes."""
        if session in self._streams:
            return exchange.answer(409, b"one stream is enough")
        stream = self._streams[session] = queue.Queue()
        exchange.stream()
        exchange.send(b": welcome\n\n")
        if last := exchange.headers.get("last-event-id", "").removeprefix("get/"):
            for number, owner, data in list(self._history):
                if owner == session and number > int(last):
                    exchange.send(data)
        self._write(exchange, stream, session)

    def _write(self, exchange: Exchange, stream: "queue.Queue[bytes | None]", session: str) -> None:
        try:
            while (data := stream.get(timeout=120)) is not None:
                exchange.send(data)
        finally:
            if self._streams.get(session) is stream:
                del self._streams[session]
        exchange.close()

    # The older transport

    def _respond_with_events(self, exchange: Exchange, path: str) -> None:
        if exchange.method == "GET" and path == "/sse":
            session = uuid.uuid4().hex
            self.sessions.add(session)
            stream = self._streams[session] = queue.Queue()
            exchange.stream()
            exchange.event(f"/messages?session_id={session}", event="endpoint")
            self._write(exchange, stream, session)
        elif exchange.method == "POST" and path == "/messages":
            session = exchange.path.partition("session_id=")[2]
            if session not in self.sessions:
                return exchange.answer(404, b"Could not find session")
            exchange.answer(202, b"Accepted")
            self._answer_on_stream(exchange, session)
        else:
            exchange.answer(405)

    def _answer_on_stream(self, exchange: Exchange, session: str) -> None:
        stream = self._streams.get(session)
        if stream is None or "id" not in exchange.message:
            return
        match exchange.rpc:
            case "initialize":
                result = self._greeting(exchange)
            case "tools/list":
                result = {"tools": TOOLS}
            case "tools/call" if self.call in STALLED:
                return
            case "tools/call":
                text = str((exchange.message["params"].get("arguments") or {}).get("message", "called"))
                result = {"content": [{"type": "text", "text": text}]}
            case _:
                result = {}
        stream.put(event_bytes(exchange.response(result)))


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def resumable(seconds: float = 0.1) -> Callable[[Exchange], bool]:
    """For `on`: cuts the stream of a `tools/call` after an event with an id, and gives the answer to a GET that names that id."""
    pending: dict[str, dict[str, Any]] = {}

    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            event_id = f"post/{uuid.uuid4().hex}"
            pending[event_id] = exchange.response({"content": [{"type": "text", "text": "after the cut"}]})
            exchange.stream()
            exchange.send(f"retry: {int(seconds * 1000)}\n".encode() + event_bytes(id=event_id))
            exchange.close()
        last = exchange.headers.get("last-event-id", "")
        if exchange.method == "GET" and last in pending:
            time.sleep(seconds)
            exchange.stream()
            exchange.event(pending.pop(last), id=f"{last}/1")
            exchange.close()
        return False

    return on


def redirect(to: str, status: int = 307) -> Callable[[Exchange], bool]:
    """For `on`: sends every request elsewhere, except those to that very path."""
    path = "/" + to.split("://")[-1].partition("/")[2]

    def on(exchange: Exchange) -> bool:
        if to.startswith("/") and exchange.path == path:
            exchange.path = "/mcp"
            return False
        exchange.answer(status, Location=to)
        return True

    return on
