"""Stand-ins for services that judge texts over HTTP: each speaks the documented protocol, and writes down what in a request differs."""

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .documents import ALICE, BOB, DISABLED, EXPIRED, NO_CONFIG, NOT_A_MEMBER, UNKNOWN

#: A text with this word makes the service fail in the way that `failing` says.
FAIL = "FAIL-PLEASE"
#: How a service can fail. `paused` asks for a minute of silence, and gets it from the whole instance.
FAILURES = [
    "500",
    "503",
    "401",
    "403",
    "404",
    "429",
    "malformed",
    "wrong_types",
    "error",
    "truncated",
    "reset",
    "redirect",
    "slow",
    "huge",
    "paused",
]

#: Of the texts by which the gateway tries its guardrails.
CANARIES = ["comes after Monday", "Says which day comes after another.", "Answers questions about days of the week."]

_GATEWAY_KEYS = [ALICE, BOB, DISABLED, EXPIRED, NO_CONFIG, NOT_A_MEMBER, UNKNOWN]


@dataclass
class Request:
    """One request that a service received."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    at: float = field(default_factory=time.monotonic)


class Service:
    """Answers POST on a free port of 127.0.0.1."""

    #: The service's own key.
    key = "service-key-0123456789abcdef"
    #: What an answer looks like that has the right names and wrong values.
    wrong_types = b"{}"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        #: Requests of the gateway's self-test, which are not in `requests`.
        self.canaries: list[Request] = []
        self.complaints: list[str] = []
        self.failing = "500"
        #: Answers 429 so many times, with this header.
        self.limited = 0
        self.retry_after: str | None = None
        self.connections = 0
        self.most_at_once = 0
        #: Time that each answer takes.
        self.delay = 0.0
        self._at_once = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    # What a service is

    def answer(self, request: Request) -> tuple[int, Any]:
        raise NotImplementedError

    def texts(self, request: Request) -> list[str]:
        """The texts that a request asks about."""
        raise NotImplementedError

    # For tests

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def seen(self) -> list[str]:
        """Every text so far."""
        return [text for request in list(self.requests) for text in self.texts(request)]

    def asked(self, path: str) -> list[Request]:
        return [request for request in list(self.requests) if request.path == path]

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def complain(self, request: Request, what: str) -> None:
        self.complaints.append(f"{request.method} {request.path}: {what}")

    def expect(self, request: Request, condition: bool, what: str) -> None:
        if not condition:
            self.complain(request, what)

    def expect_members(self, request: Request, *members: str) -> None:
        """The body is an object of exactly these members."""
        names = sorted(request.body) if isinstance(request.body, dict) else request.body
        self.expect(request, names == sorted(members), f"members {names} instead of {sorted(members)}")

    # HTTP

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                service.connections += 1
                super().setup()

            def do_POST(self) -> None:
                service._serve(self)

            do_GET = do_PUT = do_DELETE = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        request = Request(handler.command, handler.path, headers, body)
        is_canary = any(canary in raw.decode("utf-8", "replace") for canary in CANARIES)
        with self._lock:
            (self.canaries if is_canary else self.requests).append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._check(request, raw)
            if self.delay:
                time.sleep(self.delay)
            with contextlib.suppress(OSError):
                self._reply(handler, request)
        finally:
            with self._lock:
                self._at_once -= 1

    def _check(self, request: Request, raw: bytes) -> None:
        whole = raw.decode("utf-8", "replace") + request.path + json.dumps(request.headers)
        for key in _GATEWAY_KEYS:
            self.expect(request, key not in whole, "a gateway key")
        self.expect(request, self.key not in raw.decode("utf-8", "replace") + request.path, "the service's key outside of its header")
        self.expect(request, request.method == "POST", "not a POST")
        self.expect(request, request.headers.get("content-type") == "application/json", "not declared as JSON")
        self.expect(request, isinstance(request.body, dict), "no JSON object")

    def _reply(self, handler: BaseHTTPRequestHandler, request: Request) -> None:
        with self._lock:
            is_limited = self.limited > 0
            self.limited -= is_limited
        if is_limited:
            return self._send(handler, 429, b"{}", {"Retry-After": self.retry_after} if self.retry_after else {})
        status, answer = self.answer(request)
        if any(FAIL in text for text in self.texts(request)):
            return self._fail(handler, json.dumps(answer).encode())
        self._send(handler, status, json.dumps(answer).encode())

    def _fail(self, handler: BaseHTTPRequestHandler, answer: bytes) -> None:
        match self.failing:
            case "malformed":
                self._send(handler, 200, b"<html>It works!</html>")
            case "wrong_types":
                self._send(handler, 200, self.wrong_types)
            case "error":
                self._send(handler, 200, b'{"error": "something went wrong"}')
            case "truncated":
                self._send(handler, 200, answer, {"Content-Length": str(len(answer) + 100)})
                handler.close_connection = True
            case "reset":
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                handler.connection.close()
                handler.close_connection = True
            case "redirect":
                self._send(handler, 307, b"", {"Location": f"{self.url}/elsewhere"})
            case "slow":
                self._closed.wait(timeout=60)
            case "huge":
                self._send(handler, 200, b'{"summary": "' + b"x" * (24 << 20) + b'"}')
            case "paused":
                self._send(handler, 429, b"{}", {"Retry-After": "60"})
            case status:
                self._send(handler, int(status), answer)

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
