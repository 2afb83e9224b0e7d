"""The scripted HTTP server itself: that it does what its scripts say, seen by a bare client and by the official one."""

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from servers.raw_http import (
    DECENT,
    HOPELESS_PROBES,
    LOSSES,
    MODERN_PROBES,
    PROBES,
    STALLED,
    USELESS,
    Exchange,
    Upstream,
    redirect,
    resumable,
)
from support.official import HTTP, IS_OLDEST, MODES, SDK, SSE, reach
from support.raw import MODERN
from support.waiting import until

pytestmark = [
    pytest.mark.official_client,
    pytest.mark.anyio,
    pytest.mark.skipif(IS_OLDEST, reason="version 1.8 of the client never ends a request whose answer it cannot read"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


class Bare:
    """A client that has no opinion."""

    def __init__(self, upstream: Upstream):
        self.upstream = upstream
        self.session: str | None = None

    def send(
        self, method: str, message: Any = None, headers: dict[str, str] | None = None, seconds: float = 10
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream.port, timeout=seconds)
        session = {"Mcp-Session-Id": self.session} if self.session else {}
        connection.request(method, "/mcp", json.dumps(message) if message else None, {**session, **(headers or {})})
        return connection.getresponse()

    def call(self, seconds: float = 10) -> http.client.HTTPResponse:
        return self.send("POST", {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "echo"}}, seconds=seconds)

    def initialize(self) -> "Bare":
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}}
        answer = self.send("POST", hello)
        assert json.loads(answer.read())["result"]["protocolVersion"] == "2025-11-25"
        self.session = answer.headers["Mcp-Session-Id"]
        return self


@pytest.fixture
def bare() -> Iterator[Bare]:
    with Upstream(has_stream=True) as upstream:
        yield Bare(upstream).initialize()


#: What the official clients themselves do not understand: they stop reading at the first answer, whosever it is.
NOT_UNDERSTOOD = {"an answer to nobody first", *(["three megabytes in one event"] if SDK >= 2 else [])}


@pytest.mark.parametrize("call", [name for name in DECENT if name not in NOT_UNDERSTOOD])
async def test_a_decent_answer_is_understood_by_the_official_client(call: str) -> None:
    with Upstream(call=call) as upstream, anyio.fail_after(20):
        async with reach(HTTP(upstream.url), "legacy") as client:
            result = await client.call("echo", {"message": "hello"})
            text = result["content"][0]["text"]
            assert text == "hello" or len(text) == 3 << 20
        assert upstream.requests("DELETE") and not upstream.sessions


@pytest.mark.parametrize("call", USELESS)
def test_a_useless_answer_is_useless(bare: Bare, call: str) -> None:
    bare.upstream.call = call
    try:
        answer = bare.call()
        body = answer.read(1 << 20)
    except (http.client.HTTPException, OSError):
        return
    media_type = (answer.headers["Content-Type"] or "").split(";")[0]
    try:
        document = json.loads(body) if media_type == "application/json" else None
    except ValueError:
        document = None
    assert answer.status != 200 or not isinstance(document, dict) or document.get("id") != 7


@pytest.mark.parametrize("call", STALLED)
def test_a_stalled_answer_does_not_come(bare: Bare, call: str) -> None:
    bare.upstream.call = call
    seen, began = b"", time.monotonic()
    with contextlib.suppress(TimeoutError):
        answer = bare.call(seconds=0.4)
        while time.monotonic() - began < 1:
            part = answer.read1(1000)
            assert part, "the answer has ended"
            seen += part
    assert b"called" not in seen or not seen.endswith(b"}")
    assert time.monotonic() - began > 0.3


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_session_is_said_to_be_lost(bare: Bare, loss: str) -> None:
    bare.upstream.loss = loss
    assert bare.call().status == 200
    bare.upstream.lose_sessions()
    try:
        answer = bare.call()
    except (http.client.HTTPException, OSError):
        assert loss in ("a reset", "an end")
    else:
        assert answer.status == int(loss.split()[0])
    assert bare.initialize().call().status == 200


@pytest.mark.parametrize("probe", [name for name in PROBES if name != "nothing"])
async def test_a_probe_tells_the_official_client_which_era_it_is(probe: str) -> None:
    if "auto" not in MODES:
        pytest.skip("this client does not probe")
    with Upstream(probe=probe) as upstream:
        try:
            async with reach(HTTP(upstream.url), "auto") as client:
                assert client.is_modern == (probe in MODERN_PROBES)
                assert await client.text("echo", message="hello") == "hello"
        except BaseException as failure:  # noqa: BLE001 — what the client raises is its own affair
            assert probe in UNFORGIVEN, failure
        else:
            assert probe not in UNFORGIVEN


#: Probes at which the official client gives up, though it could go on.
UNFORGIVEN = {"a reset", *HOPELESS_PROBES}


async def test_a_cut_stream_is_resumed() -> None:
    with Upstream(on=resumable()) as upstream:
        async with reach(HTTP(upstream.url), "legacy") as client:
            assert await client.text("echo") == "after the cut"
        assert any("last-event-id" in exchange.headers for exchange in upstream.requests("GET"))


def test_missed_events_are_sent_again(bare: Bare) -> None:
    stream = bare.send("GET", headers={"Accept": "text/event-stream"})
    until(bare.upstream.open_streams, "the stream is open")
    bare.upstream.push({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    lines = [stream.readline() for _ in range(5)]
    assert b"id: get/1\n" in lines
    bare.upstream.cut_streams()
    bare.upstream.push({"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"})
    again = bare.send("GET", headers={"Last-Event-ID": "get/1"})
    assert b"id: get/2\n" in [again.readline() for _ in range(5)]


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_is_followed_within_the_origin_only(status: int) -> None:
    with Upstream(on=redirect("/other", status)) as upstream:
        async with reach(HTTP(upstream.url), "legacy") as client:
            assert await client.text("echo", message="hello") == "hello"
    with Upstream() as elsewhere, Upstream(on=redirect(elsewhere.url, status)) as upstream:
        with pytest.raises(BaseException):  # noqa: B017, PT011 — the two versions have errors of their own
            async with reach(HTTP(upstream.url), "legacy") as client:
                await client.tools()
        assert not elsewhere.exchanges


async def test_the_older_transport() -> None:
    with Upstream(transport="sse") as upstream:
        async with reach(SSE(upstream.url), "legacy") as client:
            assert [tool["name"] for tool in await client.tools()] == ["echo", "plain"]
            assert await client.text("echo", message="hello") == "hello"


def test_what_it_received_is_kept(bare: Bare) -> None:
    def refuse(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            exchange.error(-32099, "not today", data={"x": 1})
        return exchange.rpc == "tools/call"

    bare.upstream.on = refuse
    assert json.loads(bare.call().read())["error"] == {"code": -32099, "message": "not today", "data": {"x": 1}}
    [call] = bare.upstream.requests("tools/call")
    assert call.session == bare.session and call.message["params"]["name"] == "echo"
    bare.upstream.stop()
    with pytest.raises(OSError):
        bare.call()


def test_the_newest_revision(bare: Bare) -> None:
    bare.upstream.probe = "discovered"
    bare.session = None
    listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    answer = bare.send("POST", listing, {"MCP-Protocol-Version": MODERN})
    assert json.loads(answer.read())["result"]["resultType"] == "complete"
