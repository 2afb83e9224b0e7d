"""One HTTP request, and the bare connection to answer it on."""

import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 307: "Temporary Redirect", 308: "Permanent Redirect"}


class Over(Exception):
    """The connection is not to be used any more."""


@dataclass
class Exchange:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: socket.socket = field(repr=False)
    #: Set when the upstream stops, for those that wait.
    stopped: Any = field(repr=False, default=None)

    @property
    def message(self) -> Any:
        """The JSON of the body; None where there is none."""
        return json.loads(self.body) if self.body else None

    @property
    def rpc(self) -> str:
        """The method of the message; empty where it has none."""
        message = self.message
        return message.get("method", "") if isinstance(message, dict) else ""

    @property
    def session(self) -> str | None:
        return self.headers.get("mcp-session-id")

    # Answers

    def send(self, data: bytes) -> None:
        try:
            self.connection.sendall(data)
        except OSError as failure:
            raise Over from failure

    def head(self, status: int, **headers: str | None) -> None:
        """A status line and headers, with `_` in their names for `-`."""
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
        self.send("\r\n".join([*lines, "", ""]).encode())

    def answer(self, status: int, body: bytes = b"", content_type: str | None = "text/plain", **headers: str | None) -> None:
        self.head(status, Content_Type=content_type if body else None, Content_Length=str(len(body)), **headers)
        self.send(body)

    def json(self, document: Any, status: int = 200, **headers: str | None) -> None:
        self.answer(status, json.dumps(document).encode(), "application/json", **headers)

    def result(self, result: Any, **headers: str | None) -> None:
        self.json(self.response(result), **headers)

    def response(self, result: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": self.message["id"], "result": result}

    def error(self, code: int, message: str, status: int = 200, data: Any = None, *, anonymous: bool = False) -> None:
        error = {"code": code, "message": message, **({} if data is None else {"data": data})}
        self.json({"jsonrpc": "2.0", "id": None if anonymous else (self.message or {}).get("id"), "error": error}, status)

    # Streams

    def stream(self, **headers: str | None) -> None:
        """The head of an event stream that ends with the connection."""
        self.head(200, Content_Type="text/event-stream", Cache_Control="no-cache", Connection="close", **headers)

    def event(self, message: Any = None, *, id: str | None = None, event: str | None = "message", newline: bytes = b"\n") -> None:
        self.send(event_bytes(message, id=id, event=event, newline=newline))

    # Ends

    def reset(self) -> None:
        """Ends the connection so that the other side sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Over

    def close(self) -> None:
        raise Over

    def wait(self, seconds: float = 120) -> None:
        """Does nothing until the upstream stops, or so many seconds."""
        self.stopped.wait(seconds)
        raise Over


def event_bytes(message: Any = None, *, id: str | None = None, event: str | None = "message", newline: bytes = b"\n") -> bytes:
    """One event. Without a message, its data is empty."""
    text = "" if message is None else message if isinstance(message, str) else json.dumps(message)
    lines = [f"event: {event}"] if event else []
    lines += [f"id: {id}"] if id is not None else []
    lines += [f"data: {line}" for line in text.split("\n")]
    return newline.join(line.encode() for line in [*lines, "", ""])


def read_request(connection: socket.socket, stream: BinaryIO, stopped: Any) -> Exchange | None:
    """The next request of a connection; None at its end."""
    first = stream.readline().split()
    if len(first) < 2:
        return None
    headers: dict[str, str] = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while size := int(stream.readline().split(b";")[0], 16):
            body += stream.read(size)
            stream.readline()
        while stream.readline().strip():
            pass
    else:
        body = stream.read(int(headers.get("content-length", 0)))
    return Exchange(first[0].decode(), first[1].decode(), headers, body, connection, stopped)
