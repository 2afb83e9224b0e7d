"""What passes between a client and a server while a call runs: progress, log messages, questions to the client, cancellation."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, BOB, document
from support.gateway import Gateway
from support.official import HTTP, LOG_LEVEL, MODES, Connected, Host, reach
from support.raw import CALL_TOOLS, LEGACY, Caller
from support.upstreams import TRANSPORTS, ManySided
from support.waiting import until

pytestmark = pytest.mark.anyio

#: Kinds of client that set the level of log messages once for all requests.
SESSIONS = [mode for mode in MODES if mode == "legacy"]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=TRANSPORTS)
def upstream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManySided]:
    with ManySided(request.param, tmp_path_factory.mktemp("record") / "received", era="legacy", name="many") as server:
        yield server


@pytest.fixture(scope="module")
def gateway(start_shared: Start, upstream: ManySided) -> Gateway:
    return start_shared(document([upstream.entry("many"), upstream.entry("guarded", guarded=True), upstream.entry("brief", timeout=2)]))


def at(gateway: Gateway, key: str = ALICE) -> HTTP:
    return HTTP(gateway.url, {"apikey": key})


async def item(
    client: Connected, tool: str, /, on: str = "many", options: dict[str, Any] | None = None, **arguments: Any
) -> dict[str, Any]:
    """One call through the gateway's own tool; the item of its answer."""
    calls = {"server_name": on, "tool_calls": [{"name": tool, "args": arguments}]}
    result = await client.call(CALL_TOOLS, calls, **(options or {}))
    [found] = result["structuredContent"]["results"]
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("on", ["many", "guarded"])
async def test_progress_arrives_while_the_call_runs(gateway: Gateway, mode: str, on: str) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        heard.append((done, total, message))

    async with reach(at(gateway), mode, Host()) as client:
        answer = await item(client, "progress", on, {"progress": progress}, steps=3, pause_ms=20)
    assert answer["response"] == "3 steps"
    assert heard == [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")]


async def test_the_gateway_s_own_token_of_progress_is_not_judged(start: Start, upstream: ManySided) -> None:
    long_number = {"name": "numbers", "provider": "custom_keyword", "config": {"lists": [{"name": "long", "patterns": ["[0-9]{8}"]}]}}
    gateway = start(document([upstream.entry("guarded", guarded=True)], guardrails=[long_number]))
    heard: list[float] = []

    async def progress(done: float, *_: Any) -> None:
        heard.append(done)

    async with reach(at(gateway), MODES[0], Host()) as client:
        answer = await item(client, "progress", "guarded", {"progress": progress}, steps=2)
    assert answer["response"] == "2 steps" and heard == [1, 2]


@pytest.mark.parametrize("mode", MODES)
async def test_who_does_not_ask_for_progress_hears_none(gateway: Gateway, mode: str) -> None:
    async with reach(at(gateway), mode) as client:
        assert (await item(client, "progress", steps=2))["response"] == "2 steps"
        assert client.notifications("notifications/progress") == []


async def test_progress_keeps_a_long_call_alive(gateway: Gateway) -> None:
    """Of a time limit of 2 s, each report begins a new one."""

    async def progress(*_: Any) -> None: ...

    async with reach(at(gateway), MODES[0], Host()) as client:
        for _ in range(20):
            if (await item(client, "echo", "brief", message="x"))["status"] == "success":
                break  # its time limit counts while it starts, too, and it goes on starting after that
        answer = await item(client, "progress", "brief", {"progress": progress}, steps=4, pause_ms=800)
        assert answer["response"] == "4 steps"
        assert (await item(client, "progress", "brief", steps=4, pause_ms=800))["status"] == "error"


@pytest.mark.parametrize("mode", SESSIONS)
async def test_log_messages_arrive_from_the_level_that_was_set(gateway: Gateway, mode: str) -> None:
    host = Host()
    async with reach(at(gateway), mode, host) as client:
        await client.set_level("error")
        await item(client, "log", message="once")
    levels = [message["level"] for message in host.logged]
    assert levels == ["error", "critical", "alert", "emergency"]


@pytest.mark.skipif("2026-07-28" not in MODES, reason="only the newer SDK speaks 2026-07-28")
@pytest.mark.parametrize("level", [None, "alert"])
async def test_log_messages_of_2026_are_sent_on_request_only(gateway: Gateway, level: str | None) -> None:
    host = Host()
    async with reach(at(gateway), "2026-07-28", host) as client:
        await item(client, "log", options={"meta": {LOG_LEVEL: level}} if level else None)
    assert [message["level"] for message in host.logged] == (["alert", "emergency"] if level else [])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("on", ["many", "guarded"])
async def test_the_server_asks_and_the_client_answers(gateway: Gateway, mode: str, on: str) -> None:
    host = Host()
    async with reach(at(gateway), mode, host) as client:
        sampled = await item(client, "sample", on)
        elicited = await item(client, "elicit", on)
        roots = await item(client, "roots", on)
    assert "Paris" in sampled["response"]
    assert "Ada" in elicited["response"]
    assert "file:///home/ada" in roots["response"]
    assert [method for method, _ in host.asked] == ["sampling/createMessage", "elicitation/create", "roots/list"]
    question = host.asked[0][1]
    assert question["systemPrompt"] == "Be brief." and question["modelPreferences"]["hints"] == [{"name": "small"}]


@pytest.mark.parametrize("mode", MODES)
async def test_a_client_is_asked_only_what_it_declared(gateway: Gateway, upstream: ManySided, mode: str) -> None:
    host = Host(sampling=False, roots=False)
    async with reach(at(gateway, BOB), mode, host) as client:
        capabilities = json.loads((await item(client, "whoami"))["response"])["capabilities"]
        assert set(capabilities) == {"elicitation"}
        assert '"error"' in (await item(client, "sample"))["response"]
        assert (await item(client, "elicit"))["status"] == "success"
    assert [method for method, _ in host.asked] == ["elicitation/create"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("into", ["progress", "log", "text"])
async def test_a_forbidden_word_does_not_pass_on_the_way(gateway: Gateway, mode: str, into: str) -> None:
    """The server puts the word together from letters, last to first, so only what it says can be stopped."""
    host = Host(log_level="debug")

    async def progress(*_: Any) -> None: ...

    options: dict[str, Any] = {"progress": progress}
    if mode != "legacy":
        options["meta"] = {LOG_LEVEL: "debug"}
    async with reach(at(gateway), mode, host) as client:
        answer = await item(client, "spell", "guarded", options, letters=list(reversed(BLOCKED)), into=into)
        said = json.dumps([message.get("params") for message in client.heard])
    assert answer["status"] == ("blocked_output" if into == "text" else "success")
    assert BLOCKED not in said and BLOCKED not in json.dumps(answer.get("response"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("into", ["elicit", "sample"])
async def test_a_forbidden_question_does_not_reach_the_client(gateway: Gateway, mode: str, into: str) -> None:
    host = Host()
    async with reach(at(gateway), mode, host) as client:
        answer = await item(client, "spell", "guarded", letters=list(reversed(BLOCKED)), into=into)
    assert "blocked" in answer["response"] and host.asked == []


@pytest.mark.parametrize("mode", MODES)
async def test_a_forbidden_answer_does_not_reach_the_server(gateway: Gateway, upstream: ManySided, mode: str) -> None:
    host = Host(fill_in=lambda _: {"action": "accept", "content": {"name": f"please run {BLOCKED} now"}})
    async with reach(at(gateway), mode, host) as client:
        answer = await item(client, "elicit", "guarded")
    assert "blocked" in answer["response"] and len(host.asked) == 1
    assert not any(f"please run {BLOCKED} now" in line for line in upstream.recording.lines)


@pytest.mark.parametrize("mode", SESSIONS)
@pytest.mark.parametrize("member", ["message", "data"])
async def test_nor_does_a_forbidden_error(gateway: Gateway, upstream: ManySided, mode: str, member: str) -> None:
    """A client may answer with an error, in words of its own."""
    error = {"code": -5, "message": "no", "data": None, member: f"please run {BLOCKED} now"}
    host = Host(fill_in=lambda _: {"error": error})
    async with reach(at(gateway), mode, host) as client:
        answer = await item(client, "elicit", "guarded")
        assert "blocked" in answer["response"] and len(host.asked) == 1
        host.fill_in = lambda _: {"error": {"code": -5, "message": "decent words", "data": [1]}}
        assert "decent words" in (await item(client, "elicit", "guarded"))["response"]
    assert not any(f"please run {BLOCKED} now" in line for line in upstream.recording.lines)


# Cancellation


@pytest.mark.parametrize("revision", LEGACY)
def test_a_cancelled_request_is_cancelled_at_the_server(gateway: Gateway, upstream: ManySided, revision: str) -> None:
    alice = Caller(gateway, ALICE, revision).initialize()
    mark = f"cancel {revision}"
    request = alice.message("tools/call", _wait(mark))
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(alice.post(request).json))
    thread.start()
    until(lambda: any(mark in line for line in upstream.recording.lines), "the call reached the server")
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request["id"], "reason": "enough"}}
    assert alice.post(cancel).status == 202
    thread.join(10)
    [answer] = answers
    assert answer["id"] == request["id"]
    until(lambda: upstream.recording.of("notifications/cancelled"), "the server was told")


def test_who_leaves_cancels_in_2026_and_not_before(gateway: Gateway, upstream: ManySided) -> None:
    def marks(event: str) -> list[str]:
        return [entry["mark"] for entry in upstream.recording.events(event)]

    legacy = Caller(gateway, ALICE, "2025-11-25").initialize()
    _send_and_leave(
        gateway, legacy, legacy.message("tools/call", _wait("legacy leaves", seconds=1)), lambda: "legacy leaves" in marks("waiting")
    )
    until(lambda: "legacy leaves" in marks("done"), "the call went on")
    assert legacy.rpc("ping").status == 200
    modern = Caller(gateway, ALICE)
    _send_and_leave(gateway, modern, modern.message("tools/call", _wait("modern leaves")), lambda: "modern leaves" in marks("waiting"))
    until(lambda: "modern leaves" in marks("cancelled"), "the server was told")


def test_what_runs_when_its_session_is_deleted_is_cancelled(gateway: Gateway, upstream: ManySided) -> None:
    def marks(event: str) -> list[str]:
        return [entry["mark"] for entry in upstream.recording.events(event)]

    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    calling = threading.Thread(target=alice.rpc, args=("tools/call", _wait("deleted")))
    calling.start()
    until(lambda: "deleted" in marks("waiting"), "the call runs")
    assert alice.request("DELETE").status == 204
    calling.join(10)
    assert not calling.is_alive(), "the call has its answer"
    until(lambda: "deleted" in marks("cancelled"), "the server was told")


def _wait(mark: str, **arguments: Any) -> dict[str, Any]:
    calls = [{"name": "wait", "args": {"mark": mark, **arguments}}]
    return {"name": CALL_TOOLS, "arguments": {"server_name": "many", "tool_calls": calls}}


def _send_and_leave(gateway: Gateway, caller: Caller, message: dict[str, Any], arrived: Callable[[], object]) -> None:
    body = json.dumps(message).encode()
    headers = {**caller.headers(message), "Host": "127.0.0.1", "Content-Length": str(len(body))}
    with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
        lines = [f"POST {gateway.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        until(arrived, "the call reached the server")


# Event streams


def test_an_answer_is_json_until_there_is_something_to_say_before_it(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    calls = {"server_name": "many", "tool_calls": [{"name": "progress", "args": {"steps": 1}}]}
    plain = alice.rpc("tools/call", {"name": CALL_TOOLS, "arguments": calls})
    assert plain.headers["content-type"] == "application/json"
    streamed = alice.rpc("tools/call", {"name": CALL_TOOLS, "arguments": calls, "_meta": {"progressToken": "p-1"}})
    assert streamed.headers["content-type"] == "text/event-stream" and streamed.headers["x-accel-buffering"] == "no"
    priming, progress, answer = _events(streamed.body)
    assert priming["data"] == "" and priming["id"]
    assert json.loads(progress["data"])["params"]["progressToken"] == "p-1"
    assert json.loads(answer["data"])["result"]["structuredContent"]["status"] == "success"


def test_the_rest_of_a_stream_can_be_fetched(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    calls = {"server_name": "many", "tool_calls": [{"name": "progress", "args": {"steps": 3}}]}
    streamed = alice.rpc("tools/call", {"name": CALL_TOOLS, "arguments": calls, "_meta": {"progressToken": 7}})
    events = _events(streamed.body)
    again = alice.request("GET", headers={**alice.headers(), "Accept": "text/event-stream", "Last-Event-ID": events[1]["id"]})
    assert again.status == 200 and _events(again.body) == events[2:]


@pytest.mark.parametrize("bogus", ["x", "99-1", "1-1-1", "-1-2", "9" * 400, "1-99999999999999999999"])
def test_an_event_id_of_nobody_is_refused(gateway: Gateway, bogus: str) -> None:
    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    answer = alice.request("GET", headers={**alice.headers(), "Accept": "text/event-stream", "Last-Event-ID": bogus})
    assert answer.status == 400 and "Last-Event-ID" in answer.error["message"]
    assert alice.rpc("ping").status == 200


@pytest.mark.parametrize("revision", LEGACY)
def test_a_session_has_one_stream_of_its_own(gateway: Gateway, revision: str) -> None:
    alice = Caller(gateway, ALICE, revision).initialize()
    headers = {**alice.headers(), "Accept": "text/event-stream"}
    with alice.listening() as first:
        assert first.status == 200 and first.getheader("content-type") == "text/event-stream"
        assert alice.request("GET", headers=headers).status == 409
        assert alice.request("DELETE").status == 204
        assert all(line.startswith((b"id:", b"data:")) for line in first.read().splitlines() if line)
    assert alice.request("GET", headers=headers).status == 404


def test_a_stream_needs_a_session_of_its_caller(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    bob = Caller(gateway, BOB, "2025-11-25", session=alice.session)
    headers = {**bob.headers(), "Accept": "text/event-stream"}
    assert bob.request("GET", headers=headers).status == 404
    assert bob.request("GET", headers={**headers, "Mcp-Session-Id": None}).status == 400
    assert alice.request("GET", headers={**alice.headers(), "Accept": "application/json"}).status == 406


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_2026_has_no_streams_and_no_sessions(gateway: Gateway, method: str) -> None:
    alice = Caller(gateway, ALICE)
    answer = alice.request(method, headers={**alice.headers(), "Accept": "text/event-stream", "MCP-Protocol-Version": "2026-07-28"})
    assert answer.status == 405 and answer.headers["allow"] == "POST"


def _events(body: bytes) -> list[dict[str, str]]:
    events = []
    for block in body.decode().split("\n\n"):
        fields = dict(
            line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in block.splitlines() if not line.startswith(":")
        )
        if fields:
            events.append(fields)
    return events
