"""A client that sends exactly what it is told, for one caller."""

import contextlib
import http.client
import itertools
import json
import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .gateway import Gateway

MODERN = "2026-07-28"
LEGACY = ["2025-03-26", "2025-06-18", "2025-11-25"]
CALL_TOOLS = "enkrypt_secure_call_tools"
_VERSION = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The JSON-RPC error; the answer has to be one."""
        document = self.json
        assert document["jsonrpc"] == "2.0" and "result" not in document, document
        return document["error"]

    @property
    def result(self) -> dict[str, Any]:
        document = self.json
        assert self.status == 200 and "error" not in document, (self.status, document)
        return document["result"]

    @property
    def code(self) -> str:
        """The gateway's own error code, such as AUTH_001."""
        return self.error["data"]["error"]["code"]


class Refused(AssertionError):
    """A tool of the gateway answered with an error document."""

    def __init__(self, document: dict[str, Any]):
        super().__init__(json.dumps(document))
        self.document = document
        self.code = document["error"]["code"]
        self.message = document["error"]["message"]


@dataclass
class Caller:
    """Speaks to one gateway with one key, in one revision of the protocol."""

    gateway: Gateway
    key: str | None
    revision: str = MODERN
    session: str | None = None
    timeout: float = 60
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    # HTTP

    def headers(self, message: Any = None) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if self.key is not None:
            headers["apikey"] = self.key
        if self.session:
            headers["Mcp-Session-Id"] = self.session
            headers["MCP-Protocol-Version"] = self.revision
        if self.revision == MODERN and isinstance(message, dict):
            headers["MCP-Protocol-Version"] = MODERN
            headers["Mcp-Method"] = message.get("method", "")
            params = message.get("params", {})
            if name := params.get("uri" if message.get("method") == "resources/read" else "name"):
                headers["Mcp-Name"] = name
        return headers

    def post(self, message: Any, *, headers: dict[str, str | None] | None = None, path: str | None = None) -> Answer:
        """Posts a JSON value, or bytes as they are. A header given as None is left out."""
        body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        return self.request("POST", body, {**self.headers(message), **(headers or {})}, path)

    def request(
        self, method: str, body: bytes | None = None, headers: dict[str, str | None] | None = None, path: str | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=self.timeout)
        try:
            given = {name: value for name, value in (self.headers() if headers is None else headers).items() if value is not None}
            connection.request(method, path or self.gateway.path, body, given)
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    @contextmanager
    def listening(self, path: str | None = None) -> Iterator[http.client.HTTPResponse]:
        """The session's own event stream, for as long as the block lasts."""
        with self._response("GET", None, {**self.headers(), "Accept": "text/event-stream"}, path) as response:
            yield response

    @contextmanager
    def streaming(self, message: Any, path: str | None = None) -> Iterator[http.client.HTTPResponse]:
        """The answer to a message while it arrives, for as long as the block lasts."""
        with self._response("POST", json.dumps(message).encode(), self.headers(message), path) as response:
            yield response

    @contextmanager
    def _response(
        self, method: str, body: bytes | None, headers: dict[str, str], path: str | None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=self.timeout)
        try:
            connection.request(method, path or self.gateway.path, body, headers)
            socket = connection.sock
            yield connection.getresponse()
            # Wakes up whoever reads.
            with contextlib.suppress(OSError):
                socket.shutdown(2)
        finally:
            connection.close()

    # JSON-RPC

    def message(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        params = dict(params or {})
        if self.revision == MODERN:
            params["_meta"] = {_VERSION: MODERN, _CAPABILITIES: {}, **params.get("_meta", {})}
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def rpc(self, method: str, params: dict[str, Any] | None = None, **options: Any) -> Answer:
        return self.post(self.message(method, params), **options)

    def initialize(self) -> "Caller":
        """Opens a session of a legacy revision."""
        hello = {"protocolVersion": self.revision, "capabilities": {}, "clientInfo": {"name": "end-to-end", "version": "1"}}
        answer = self.rpc("initialize", hello)
        assert answer.result["protocolVersion"] == self.revision
        self.session = answer.headers["mcp-session-id"]
        assert self.post({"jsonrpc": "2.0", "method": "notifications/initialized"}).status == 202
        return self

    # The gateway's tools

    def call(self, tool: str, arguments: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """The tool's answer, after checking that text and structured content say the same."""
        result = self.rpc("tools/call", {"name": tool, "arguments": arguments or {}}, **options).result
        return self.checked(result)

    @staticmethod
    def checked(result: dict[str, Any]) -> dict[str, Any]:
        assert [block["type"] for block in result["content"]] == ["text"]
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        return result["structuredContent"]

    def tool(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of one of the gateway's tools; an error document is raised."""
        document = self.call(tool, arguments)
        if isinstance(document.get("error"), dict):
            raise Refused(document)
        return document

    def batch(self, server: str, *calls: Any, **arguments: Any) -> dict[str, Any]:
        """The envelope of `enkrypt_secure_call_tools`."""
        return self.tool(CALL_TOOLS, server_name=server, tool_calls=list(calls), **arguments)

    def item(self, server: str, name: str, **arguments: Any) -> dict[str, Any]:
        """The result of a single tool call, whatever its status."""
        envelope = self.batch(server, {"name": name, "args": arguments})
        assert envelope["summary"]["total_calls"] == 1
        return envelope["results"][0]

    def text(self, server: str, name: str, **arguments: Any) -> str:
        """The text that a tool answers; the call has to succeed."""
        item = self.item(server, name, **arguments)
        assert item["status"] == "success", item
        return item["response"]

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.gateway.port), timeout=self.timeout)

    def bytes_of(self, message: Any, **headers: str | None) -> bytes:
        """A whole HTTP request for the message."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        fields = {"Host": f"127.0.0.1:{self.gateway.port}", "Content-Length": str(len(body)), **self.headers(message), **headers}
        lines = [f"POST {self.gateway.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items() if value is not None), "", ""]
        return "\r\n".join(lines).encode() + body


def side_by_side(count: int, work: Any, arguments: Iterable[Any] | None = None) -> list[Any]:
    """Runs `work` so many times at once; the results in order."""
    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(work, range(count) if arguments is None else arguments))
