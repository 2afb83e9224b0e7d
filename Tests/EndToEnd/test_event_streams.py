"""Event streams towards legacy clients: who may open one, what is on it, and how it is gone on with."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BOB, document, server
from support.gateway import Gateway
from support.raw import CALL_TOOLS, LEGACY, Caller
from support.upstreams import TRANSPORTS, ManySided
from support.waiting import until

EVENTS = "text/event-stream"


@pytest.fixture(scope="module", params=TRANSPORTS)
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManySided]:
    with ManySided(request.param, tmp_path_factory.mktemp("many") / "record", era="legacy") as server:
        yield server


@pytest.fixture(scope="module")
def gateway(start_shared: Start, many: ManySided) -> Gateway:
    return start_shared(document([many.entry("many")]))


class Stream:
    """An HTTP answer that is read event by event."""

    def __init__(self, answer: http.client.HTTPResponse):
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer

    def event(self) -> dict[str, str]:
        """The next event, comments left out."""
        fields: dict[str, str] = {}
        while line := self._answer.readline().decode().rstrip("\r\n"):
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
        return fields

    def message(self) -> dict[str, Any]:
        """The next event with a message."""
        while not (data := self.event().get("data")):
            pass
        return json.loads(data)


@contextmanager
def opened(caller: Caller, method: str = "GET", message: Any = None, **headers: str) -> Iterator[Stream]:
    connection = http.client.HTTPConnection("127.0.0.1", caller.gateway.port, timeout=20)
    try:
        body = None if message is None else json.dumps(message)
        accept = {"Accept": EVENTS} if method == "GET" else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, caller.gateway.path, body, {**caller.headers(message), **accept, **named})
        yield Stream(connection.getresponse())
    finally:
        connection.close()


@pytest.mark.parametrize("revision", LEGACY)
def test_a_session_has_one_event_stream(gateway: Gateway, revision: str) -> None:
    alice = Caller(gateway, ALICE, revision).initialize()
    with opened(alice) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, EVENTS)
        assert "no-store" in stream.headers["cache-control"] or "no-cache" in stream.headers["cache-control"]
        if revision == "2025-11-25":
            first = stream.event()
            assert first["id"] and first["data"] == "", "a priming event, which older clients do not understand"
        with opened(alice) as second:
            assert second.status == 409


def test_a_stream_is_opened_by_its_own_session_only(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    for caller, status in (
        (Caller(gateway, ALICE, LEGACY[-1]), 400),
        (Caller(gateway, ALICE, LEGACY[-1], session="0" * 32), 404),
        (Caller(gateway, BOB, LEGACY[-1], session=alice.session), 404),
        (Caller(gateway, None, LEGACY[-1], session=alice.session), 401),
    ):
        with opened(caller) as stream:
            assert stream.status == status
    for headers, status in (
        ({"Accept": "application/json"}, 406),
        ({"Origin": "https://evil.example"}, 403),
        ({"MCP_Protocol_Version": "2025-06-18"}, 400),
        ({"Last_Event_ID": "nonsense"}, 400),
        ({"Last_Event_ID": "999999-999999"}, 400),
        ({"Last_Event_ID": "-1"}, 400),
    ):
        with opened(alice, **headers) as stream:
            assert stream.status == status, headers


def call(caller: Caller, name: str, token: Any = None, **arguments: Any) -> dict[str, Any]:
    tool = {"server_name": "many", "tool_calls": [{"name": name, "args": arguments}]}
    meta = {} if token is None else {"_meta": {"progressToken": token}}
    return caller.message("tools/call", {"name": CALL_TOOLS, "arguments": tool, **meta})


@pytest.mark.parametrize("token", ["text", 0, 7, "7"])
def test_an_answer_with_progress_is_a_stream_under_the_clients_own_token(gateway: Gateway, token: Any) -> None:
    for caller in (Caller(gateway, ALICE), Caller(gateway, ALICE, LEGACY[-1]).initialize()):
        message = call(caller, "progress", token, steps=3)
        with opened(caller, "POST", message) as stream:
            assert stream.headers["content-type"] == EVENTS
            for step in (1, 2, 3):
                told = stream.message()
                assert told["method"] == "notifications/progress" and told["params"]["progress"] == step
                assert told["params"]["progressToken"] == token and type(told["params"]["progressToken"]) is type(token)
            answer = stream.message()
            assert answer["id"] == message["id"]
            assert answer["result"]["structuredContent"]["results"][0]["response"] == "3 steps"


def test_a_client_that_is_not_initialized_is_asked_nothing_and_told_nothing_at_large(start: Start) -> None:
    stage = start(document([server("stage"), server("other")]))
    alice = Caller(stage, ALICE, "2025-06-18")
    hello = {"protocolVersion": alice.revision, "capabilities": {"elicitation": {}}, "clientInfo": {"name": "hasty", "version": "1"}}
    alice.session = alice.rpc("initialize", hello).headers["mcp-session-id"]
    messages: list[dict[str, Any]] = []
    with alice.listening() as response:

        def read() -> None:
            for line in response:
                if line.startswith(b"data: {"):
                    messages.append(json.loads(line[6:]))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        stage.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].pop())
        bystander = Caller(stage, ALICE, "2025-06-18").initialize()
        with bystander.listening() as heard:
            stage.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].append(server("another")))
            bystander.rpc("tools/list")
            while not (line := heard.readline()).startswith(b"data: {"):
                pass
            assert "list_changed" in line.decode()
        assert messages == [], "others have been told"
        assert alice.post({"jsonrpc": "2.0", "method": "notifications/initialized"}).status == 202
        until(lambda: len(messages) == 3, "what was held back is told, each list once")
        assert {message["method"].split("/")[1] for message in messages} == {"tools", "prompts", "resources"}


def test_a_client_that_is_not_initialized_is_not_asked(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-06-18")
    hello = {"protocolVersion": alice.revision, "capabilities": {"elicitation": {}}, "clientInfo": {"name": "hasty", "version": "1"}}
    alice.session = alice.rpc("initialize", hello).headers["mcp-session-id"]
    answer = alice.post(call(alice, "elicit"))
    assert answer.headers["content-type"] == "application/json", "nothing was asked on the way to the answer"
    assert "-32" in answer.body.decode(), "the server was told that the client cannot be asked"


def test_an_end_of_the_session_ends_its_stream(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-06-18").initialize()
    with opened(alice) as stream:
        assert alice.request("DELETE").status == 204
        assert stream._answer.read() is not None
