"""Each phase of a conversation with a server has a deadline of its own, and what runs out of time costs nobody else anything."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Start
from servers.raw_http import Exchange, Upstream
from support import processes
from support.documents import ALICE, document, remote, server
from support.raw import LEGACY, MODERN, Caller, side_by_side
from support.recording import Recording
from support.waiting import until

ERROR = "io.enkrypt.gateway/error"
#: Of every phase that is not the one under test.
LONG = 30
#: Of the phase under test, and how much later its end may be seen on a loaded machine.
SHORT, LATE = 0.5, 8
TIMEOUTS = {"tool_execution_timeout": LONG, "discovery_timeout": LONG}


def call(caller: Caller, name: str, tool: str, /, **arguments: Any) -> dict[str, Any]:
    return caller.rpc("tools/call", {"name": f"{name}__{tool}", "arguments": arguments}).result


def code(result: dict[str, Any]) -> str:
    assert result["isError"], result
    return result["_meta"][ERROR]["error_code"]


@contextmanager
def takes(least: float = SHORT) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert least * 0.9 < time.monotonic() - began < least + LATE


def stalling(*methods: str) -> Callable[[Exchange], bool]:
    """For `on`: takes these requests and never answers them."""

    def on(exchange: Exchange) -> bool:
        if exchange.rpc in methods:
            exchange.wait()
        return False

    return on


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def revision(request: pytest.FixtureRequest) -> str:
    return request.param


def caller(start: Start, revision: str, *entries: Any, **timeouts: float) -> Caller:
    alice = Caller(start(document(list(entries), timeouts={**TIMEOUTS, **timeouts})), ALICE, revision)
    return alice if revision == MODERN else alice.initialize()


# Phases


def test_t12_connecting_has_a_deadline(start: Start) -> None:
    """A listener whose queue is full answers no attempt to connect."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        held = []
        for _ in range(8):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
            held.append(connection)
        alice = caller(start, MODERN, remote("full", f"http://127.0.0.1:{full.getsockname()[1]}/mcp", connect_timeout=SHORT))
        with takes():
            assert code(call(alice, "full", "echo")) == "DISC_002"
        for connection in held:
            connection.close()


def test_t12_the_handshake_has_a_deadline(start: Start) -> None:
    with Upstream(on=stalling("initialize")) as http, Upstream(transport="sse", on=stalling("initialize")) as sse:
        entries = [
            remote("http", http.url, start_timeout=SHORT, protocol="legacy"),
            remote("sse", sse.url, start_timeout=SHORT, config={"transport": "sse"}),
            server("stdio", "silent.py", start_timeout=SHORT),
        ]
        alice = caller(start, MODERN, *entries)
        for name in ("http", "sse", "stdio"):
            with takes():
                assert code(call(alice, name, "echo")) in ("DISC_002", "DISC_005")


def test_t12_a_list_has_a_deadline(start: Start, revision: str) -> None:
    with Upstream(on=stalling("tools/list")) as upstream:
        alice = caller(start, revision, remote("raw", upstream.url), server("stage"), discovery_timeout=SHORT)
        with takes():
            result = alice.rpc("tools/list").result
        [missing] = result["_meta"]["io.enkrypt.gateway/unavailable_servers"]
        assert missing["server"] == "raw" and missing["error_code"] == "DISC_005"
        assert any(tool["name"] == "stage__echo" for tool in result["tools"])


def test_t12_a_call_has_a_deadline_and_progress_begins_it_anew(start: Start) -> None:
    def on(exchange: Exchange) -> bool:
        if exchange.rpc != "tools/call" or exchange.message["params"]["name"] == "plain":
            return False
        token = exchange.message["params"]["_meta"].get("progressToken")
        exchange.stream()
        for step in range(5):
            time.sleep(SHORT * 0.6)
            if token is not None:
                exchange.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": step}})
        exchange.event(exchange.response({"content": [{"type": "text", "text": "in the end"}]}))
        exchange.close()

    with Upstream(on=on) as upstream:
        alice = caller(start, MODERN, remote("raw", upstream.url, timeout=SHORT))
        call(alice, "raw", "plain")
        with takes():
            assert code(call(alice, "raw", "echo")) == "TOOL_004"
        params = {"name": "raw__echo", "arguments": {}, "_meta": {"progressToken": 1}}
        with alice.streaming(alice.message("tools/call", params)) as response:
            assert b"in the end" in response.read()


def test_t12_an_idle_conversation_is_ended(start: Start) -> None:
    with Upstream(has_stream=True) as http, Upstream(transport="sse") as sse:
        entries = [
            remote("http", http.url, idle_timeout=SHORT),
            remote("sse", sse.url, idle_timeout=SHORT),
            server("stdio", idle_timeout=SHORT),
        ]
        alice = caller(start, MODERN, *entries)
        for name in ("http", "sse", "stdio"):
            assert not call(alice, name, "echo", message="x").get("isError")
        until(lambda: not http.sessions, "the session over HTTP is ended")
        # That its stream is closed is noticed by a server when it writes to it.
        until(lambda: sse.push({}) or not sse.open_streams(), "the stream is closed")
        until(lambda: not alice.gateway.server_processes, "the process is ended")
        for name in ("http", "sse", "stdio"):
            assert not call(alice, name, "echo", message="again").get("isError")


# Stalled servers


@pytest.mark.parametrize("transport", ["http", "sse", "stdio"])
def test_t14_a_stalled_call_ends_on_time_frees_its_place_and_is_cancelled(
    start: Start, recording: Recording, revision: str, transport: str
) -> None:
    """One call at a time: whoever comes next gets the place of the one that was given up."""
    with Upstream(transport="sse" if transport == "sse" else "http") as upstream:
        settings = {"timeout": SHORT, "max_concurrency": 1, "max_unanswered": 0}
        stdio = server("raw", env=recording.environment, **settings)
        alice = caller(start, revision, stdio if transport == "stdio" else remote("raw", upstream.url, **settings))
        until(lambda: not call(alice, "raw", "echo", message="warm").get("isError"), "it has started")
        upstream.call = "nothing"
        with takes():
            assert code(call(alice, "raw", "never" if transport == "stdio" else "echo")) == "TOOL_004"
        upstream.call = "JSON"
        assert call(alice, "raw", "echo", message="next")["content"][0]["text"] == "next"

        def messages(method: str) -> list[dict[str, Any]]:
            return recording.of(method) if transport == "stdio" else [exchange.message for exchange in upstream.requests(method)]

        [cancelled] = until(lambda: messages("notifications/cancelled"), "the server was told")
        assert cancelled["params"]["requestId"] == messages("tools/call")[1]["id"]


def test_t14_stalled_calls_at_once_all_end_on_time(start: Start, recording: Recording) -> None:
    """More calls than may run: those that waited are told as well, and none is left behind."""
    alice = caller(start, MODERN, server("stage", env=recording.environment, timeout=SHORT, max_concurrency=4, max_unanswered=0))
    until(lambda: not call(alice, "stage", "echo", message="warm").get("isError"), "it has started")
    began = time.monotonic()
    results = side_by_side(20, lambda _: call(alice, "stage", "never"))
    assert {code(result) for result in results} == {"TOOL_004"} and time.monotonic() - began < LATE
    assert call(alice, "stage", "echo", message="next")["content"][0]["text"] == "next"
    metrics = alice.tool("enkrypt_get_timeout_metrics")["timeout_metrics"]
    assert metrics["active_operations"] == 0


# Readers


@pytest.mark.parametrize("kind", ["a call's stream", "a session's stream"])
def test_a_slow_reader_of_a_stream_holds_up_nobody_else(start: Start, kind: str) -> None:
    """Both clients share one session at the server. One asks for more than it reads; the other is served as if it were alone."""
    release = threading.Event()
    text = "x" * 100_000

    def on(exchange: Exchange) -> bool:
        if exchange.rpc != "tools/call" or exchange.message["params"]["name"] == "plain":
            return False
        token = exchange.message["params"]["_meta"]["progressToken"]
        exchange.stream()
        for step in range(200):
            params = {"progressToken": token, "progress": step, "message": text}
            exchange.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
        release.set()
        exchange.event(exchange.response({"content": []}))
        exchange.close()

    with Upstream(has_stream=True, on=on) as upstream:
        slow = caller(start, LEGACY[-1], remote("raw", upstream.url, sharing="gateway"))
        quick = Caller(slow.gateway, ALICE)
        assert call(quick, "raw", "plain", message="warm")
        before = slow.gateway.resident_mib
        with slow.connect() as connection:
            if kind == "a call's stream":
                params = {"name": "raw__echo", "arguments": {}, "_meta": {"progressToken": 1}}
                connection.sendall(slow.bytes_of(slow.message("tools/call", params)))
                assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
            else:
                request = slow.bytes_of(b"", Accept="text/event-stream", **{"Content-Length": None}).replace(b"POST", b"GET", 1)
                connection.sendall(request)
                assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
                until(upstream.open_streams, "the stream is open")
                for _ in range(2_000):
                    upstream.push(
                        {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": {"x": "y" * 10_000}}}
                    )
                release.set()
            for number in range(50):
                began = time.monotonic()
                assert call(quick, "raw", "plain", message=str(number))["content"][0]["text"] == str(number)
                assert time.monotonic() - began < 5
            assert release.wait(10), "the server was not held up"
            assert slow.gateway.resident_mib - before < 100
        assert slow.rpc("ping").status == 200


def test_streams_that_nobody_reads_are_closed_with_their_sessions(start: Start) -> None:
    """Sessions whose clients opened a stream and went to sleep: the streams end when the sessions are ended, and nothing is left open."""
    gateway = start(document([server("stage")], gateway={"max_sessions": 100}))
    before = processes.open_files(gateway.pid)
    held = []
    for _ in range(300):
        alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
        connection = alice.connect()
        connection.sendall(alice.bytes_of(b"", Accept="text/event-stream", **{"Content-Length": None}).replace(b"POST", b"GET", 1))
        held.append(connection)
    seen = dict.fromkeys(held, b"")

    def ended() -> int:
        for connection in held:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                seen[connection] += connection.recv(65_536)
        # The last chunk of an answer in chunks.
        return sum(text.endswith(b"0\r\n\r\n") for text in seen.values())

    until(lambda: ended() == 200, "the streams of sessions that had to make room have ended")
    for connection in held:
        connection.close()
    until(lambda: processes.open_files(gateway.pid) <= before + 5, "nothing is left open")
