"""Clients over HTTP+SSE, the transport of 2024-11-05, where the configuration serves it."""

import http.client
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BOB, document, server
from support.gateway import Gateway
from support.official import IS_OLDEST, MODES, SSE, Host, reach
from support.raw import CALL_TOOLS, Answer, Caller
from support.upstreams import ManySided
from support.waiting import until

EVENTS = "text/event-stream"
REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
#: How a client without revision 2026-07-28 negotiates, which this transport does not carry.
SESSIONS = [mode for mode in MODES if mode != "2026-07-28"]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManySided]:
    with ManySided("stdio", tmp_path_factory.mktemp("many") / "record", era="legacy") as found:
        yield found


@pytest.fixture(scope="module")
def gateway(start_shared: Start, many: ManySided) -> Gateway:
    settings = {"legacy_sse": True, "allowed_origins": ["https://app.example.com"], "max_body_bytes": 100_000}
    entries = [many.entry("many"), many.entry("guarded", guarded=True), server("stage", sharing="session")]
    return start_shared(document(entries, gateway=settings))


class Events:
    """A client with its event stream open."""

    def __init__(self, gateway: Gateway, key: str | None, path: str, headers: dict[str, str] | None = None):
        self.caller = Caller(gateway, key)
        self._ids = itertools.count(1)
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        self._connection.request("GET", path, headers={"Accept": EVENTS, **self._credentials(), **(headers or {})})
        self._socket = self._connection.sock
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = self._response.headers
        self.events: list[tuple[str, str]] = []
        self.has_ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _credentials(self) -> dict[str, str]:
        return {"apikey": self.caller.key} if self.caller.key else {}

    def _read(self) -> None:
        kind, data = "", ""
        try:
            for line in self._response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    data = value
                elif not name and kind:
                    self.events.append((kind, data))
                    kind = ""
        except (OSError, ValueError, AttributeError):
            pass
        self.has_ended = True

    def close(self) -> None:
        if not self.has_ended:
            self._socket.shutdown(2)
        self._reader.join(10)
        self._connection.close()

    @property
    def endpoint(self) -> str:
        kind, data = until(lambda: self.events, "the first event")[0]
        assert kind == "endpoint"
        return data

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(data) for kind, data in list(self.events) if kind == "message"]

    def post(self, message: Any, *, key: str | None = None, **headers: str) -> Answer:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        caller = Caller(self.caller.gateway, key) if key else self.caller
        given = {
            "Content-Type": "application/json",
            "apikey": caller.key,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return caller.request("POST", body, given, self.endpoint)

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        number = next(self._ids)
        answer = self.post({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})
        assert (answer.status, answer.body) == (202, b"")
        return number

    def answer(self, number: int) -> dict[str, Any]:
        return until(lambda: [m for m in self.messages if m.get("id") == number and "method" not in m], f"the answer to {number}")[0]

    def ask(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.answer(self.send(method, params))

    def initialize(self, revision: str = "2024-11-05", **capabilities: Any) -> dict[str, Any]:
        hello = {"protocolVersion": revision, "capabilities": capabilities, "clientInfo": {"name": "old", "version": "1"}}
        greeting = self.ask("initialize", hello)["result"]
        assert self.post({"jsonrpc": "2.0", "method": "notifications/initialized"}).status == 202
        return greeting

    def tool(self, name: str, /, meta: dict[str, Any] | None = None, **arguments: Any) -> int:
        more = {"_meta": meta} if meta else {}
        return self.send("tools/call", {"name": name, "arguments": arguments, **more})


@contextmanager
def opened(gateway: Gateway, key: str | None = ALICE, path: str = "/sse", **headers: str) -> Iterator[Events]:
    events = Events(gateway, key, path, headers)
    try:
        yield events
    finally:
        events.close()


# The transport


@pytest.mark.parametrize("path", ["/sse", "/sse/", "/mcp/sse", "/mcp/servers/many/sse"])
def test_the_first_event_says_where_to_post(gateway: Gateway, path: str) -> None:
    with opened(gateway, path=path) as one, opened(gateway, path=path) as other:
        assert one.status == 200 and one.headers["content-type"] == EVENTS
        assert one.headers["x-accel-buffering"] == "no" and "no-store" in one.headers["cache-control"]
        base, _, name = one.endpoint.rpartition("/")
        assert base == path.rstrip("/") and len(name) == 32 and one.endpoint != other.endpoint
        assert "mcp-session-id" not in one.headers


@pytest.mark.parametrize("revision", REVISIONS)
def test_answers_stand_on_the_stream_only(gateway: Gateway, revision: str) -> None:
    with opened(gateway) as client:
        assert client.initialize(revision)["protocolVersion"] == revision
        assert client.ask("ping")["result"] == {}
        names = [tool["name"] for tool in client.ask("tools/list")["result"]["tools"]]
        assert "many__echo" in names and CALL_TOOLS in names
        assert client.answer(client.tool("many__echo", message="hello"))["result"]["content"][0]["text"] == "hello"
        assert client.ask("no/such/method")["error"]["code"] == -32601


def test_a_path_of_one_server_shows_that_server(gateway: Gateway) -> None:
    with opened(gateway, path="/mcp/servers/many/sse") as client:
        client.initialize()
        names = [tool["name"] for tool in client.ask("tools/list")["result"]["tools"]]
        assert "echo" in names and CALL_TOOLS not in names


def test_nothing_is_answered_before_initialize_and_once_is_enough(gateway: Gateway) -> None:
    with opened(gateway) as client:
        assert client.ask("tools/list")["error"]["code"] == -32600
        client.initialize()
        again = {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
        assert client.ask("initialize", again)["error"]["code"] == -32600
        assert "tools" in client.ask("tools/list")["result"]


def test_a_batch_is_a_matter_of_one_revision(gateway: Gateway) -> None:
    batch = [{"jsonrpc": "2.0", "id": 91, "method": "ping"}, {"jsonrpc": "2.0", "id": 92, "method": "ping"}]
    with opened(gateway) as old, opened(gateway) as new:
        old.initialize("2024-11-05")
        assert old.post(batch).status == 400
        new.initialize("2025-03-26")
        assert new.post(batch).status == 202
        answers = until(lambda: [m for m in new.messages if isinstance(m, list)], "the answers")
        assert [answer["id"] for answer in answers[0]] == [91, 92]


# Who may


def test_each_request_is_checked_like_any_other(gateway: Gateway) -> None:
    for key, headers, status in (
        (None, {}, 401),
        ("wrong", {}, 401),
        (ALICE, {"Origin": "https://evil.example"}, 403),
        (ALICE, {"Host": "evil.example"}, 421),
        (ALICE, {"Accept": "application/json"}, 406),
    ):
        with opened(gateway, key, **headers) as refused:
            assert refused.status == status
    with opened(gateway) as client:
        client.initialize()
        message = {"jsonrpc": "2.0", "id": 77, "method": "ping"}
        for headers, status in (
            ({"apikey": "wrong"}, 401),
            ({"Origin": "https://evil.example"}, 403),
            ({"Host": "evil.example"}, 421),
            ({"Content-Type": "text/plain"}, 415),
        ):
            assert client.post(message, **headers).status == status
        assert client.post(b"{").error["code"] == -32700 and client.post(b"5").error["code"] == -32600
        assert client.post(b" " * 200_000).status == 413
        assert client.post(message, key=BOB).status == 404, "somebody else's conversation is unknown"
        assert client.caller.request("POST", b"{}", {"Content-Type": "application/json", "apikey": ALICE}, f"/sse/{'0' * 32}").status == 404
        name = client.endpoint.rpartition("/")[2]
        assert client.post(message).status == 202
        other = client.caller.request("POST", json.dumps(message).encode(), {**client.caller.headers(), "Mcp-Session-Id": name})
        assert other.status == 404, "the conversation is no session of the other transport"
        assert client.ask("ping")["result"] == {} and [m["id"] for m in client.messages].count(77) == 1


def test_a_page_may_use_it(gateway: Gateway) -> None:
    app = {"Origin": "https://app.example.com"}
    with opened(gateway, **app) as client:
        assert client.headers["access-control-allow-origin"] == app["Origin"]
        asked = {**app, "Access-Control-Request-Method": "POST"}
        assert client.caller.request("OPTIONS", headers=asked, path=client.endpoint).status == 204


def test_other_methods_are_not_allowed(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    assert (found := alice.request("POST", b"{}", path="/sse")).status == 405 and found.headers["allow"] == "GET"
    assert (found := alice.request("GET", path=f"/sse/{'0' * 32}")).status == 405 and found.headers["allow"] == "POST"
    assert alice.request("GET", path="/mcp/servers/nobody/sse").status == 404
    assert alice.request("GET", path="/mcp/elsewhere/sse").status == 404


def test_it_is_off_unless_asked_for(start: Start) -> None:
    gateway = start(document([server("stage")]))
    for path in ("/sse", "/mcp/sse", "/mcp/servers/stage/sse"):
        assert Caller(gateway, ALICE).request("GET", path=path).status == 404


# Conversations


def test_the_end_of_the_stream_is_the_end_of_the_conversation(gateway: Gateway, many: ManySided) -> None:
    with opened(gateway) as client:
        client.initialize()
        client.tool("many__wait", mark="left alone over events")
        until(lambda: [e for e in many.recording.events("waiting") if e["mark"] == "left alone over events"], "the call runs")
    until(lambda: [e for e in many.recording.events("cancelled") if e["mark"] == "left alone over events"], "the call is cancelled")
    until(lambda: client.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}).status == 404, "the conversation is gone")


def test_what_is_cancelled_is_not_answered(gateway: Gateway, many: ManySided) -> None:
    with opened(gateway) as client:
        client.initialize()
        number = client.tool("many__wait", mark="cancelled over events")
        until(lambda: [e for e in many.recording.events("waiting") if e["mark"] == "cancelled over events"], "the call runs")
        duplicate = {"jsonrpc": "2.0", "id": number, "method": "ping"}
        refused = client.post(duplicate)
        assert refused.status == 400 and "in flight" in refused.error["message"], "on the stream it would pass for the answer"
        assert client.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}).status == 202
        until(lambda: [e for e in many.recording.events("cancelled") if e["mark"] == "cancelled over events"], "the server is told")
        client.ask("ping")
        assert [m for m in client.messages if m.get("id") == number] == []


def test_progress_comes_before_the_answer(gateway: Gateway) -> None:
    with opened(gateway) as client:
        client.initialize()
        number = client.tool("guarded__progress", {"progressToken": "p-1"}, steps=3)
        client.answer(number)
        told = [m["params"] for m in client.messages if m.get("method") == "notifications/progress"]
        assert [(p["progressToken"], p["progress"]) for p in told] == [("p-1", 1), ("p-1", 2), ("p-1", 3)]
        assert client.messages[-1]["id"] == number


def test_changes_of_lists_are_told(gateway: Gateway) -> None:
    with opened(gateway) as client:
        client.initialize()
        client.answer(client.tool("many__grow", name="grown-over-events"))
        until(lambda: [m for m in client.messages if m.get("method") == "notifications/tools/list_changed"], "the change is told")


@pytest.mark.parametrize(("revision", "kind"), [("2024-11-05", "text"), ("2025-03-26", "audio")])
def test_a_client_is_asked_in_content_that_it_knows(gateway: Gateway, revision: str, kind: str) -> None:
    audio = {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}
    with opened(gateway) as client:
        client.initialize(revision, sampling={})
        number = client.tool("stage__sample", messages=[{"role": "user", "content": audio}])
        [asked] = until(lambda: [m for m in client.messages if m.get("method") == "sampling/createMessage"], "the question")
        content = asked["params"]["messages"][0]["content"]
        assert content["type"] == kind
        assert content == audio if kind == "audio" else content["text"] == "[Audio, audio/wav, 3 bytes]"
        answer = {"role": "assistant", "content": {"type": "text", "text": "heard"}, "model": "m"}
        assert client.post({"jsonrpc": "2.0", "id": asked["id"], "result": answer}).status == 202
        assert "heard" in client.answer(number)["result"]["content"][0]["text"]


@pytest.mark.official_client
@pytest.mark.anyio
@pytest.mark.parametrize("mode", SESSIONS)
@pytest.mark.parametrize("path", ["/sse", "/mcp/servers/many/sse"])
async def test_the_official_client(gateway: Gateway, mode: str, path: str) -> None:
    host = Host()
    heard: list[float] = []

    async def progress(done: float, *_: Any) -> None:
        heard.append(done)

    prefix = "many__" if path == "/sse" else ""
    async with reach(SSE(f"http://127.0.0.1:{gateway.port}{path}", {"apikey": ALICE}), mode, host) as client:
        assert f"{prefix}echo" in [tool["name"] for tool in await client.tools()]
        assert await client.text(f"{prefix}echo", message="hello") == "hello"
        await client.call(f"{prefix}progress", {"steps": 3}, progress=progress)
        for name in ("sample", "elicit", "roots"):
            assert not (await client.call(f"{prefix}{name}")).get("isError")
        await client.set_level("alert")
        await client.call(f"{prefix}log")
    assert heard == [1, 2, 3]
    asked = ["sampling/createMessage", *([] if IS_OLDEST else ["elicitation/create"]), "roots/list"]
    assert [method for method, _ in host.asked] == asked
    assert [message["level"] for message in host.logged] == ["alert", "emergency"]
