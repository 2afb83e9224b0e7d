"""Arguments that clients of 2026-07-28 repeat in headers, where a tool's schema says so: header and argument have to agree."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, document, server
from support.gateway import Gateway
from support.official import SDK, connect
from support.raw import CALL_TOOLS, LEGACY, MODERN, Answer, Caller
from support.recording import Recording
from support.upstreams import ManySided

SCHEMA = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "x-mcp-header": "Message"},
        "count": {"type": "integer", "x-mcp-header": "Count"},
        "dry": {"type": "boolean", "x-mcp-header": "Dry"},
        "inner": {"type": "object", "properties": {"deep": {"type": "string", "x-mcp-header": "Deep"}}},
        "plain": {"type": "string"},
    },
}
UNUSABLE = {"type": "object", "properties": {"message": {"type": "number", "x-mcp-header": "Message"}}}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    environment = shared_recording.environment
    return start_shared(
        document(
            [
                server("stage", env=environment, tools={"echo": {"inputSchema": SCHEMA}}),
                server("odd", env=environment, tools={"echo": {"inputSchema": UNUSABLE}}),
            ]
        )
    )


@pytest.fixture
def alice(gateway: Gateway) -> Caller:
    return Caller(gateway, ALICE)


def call(caller: Caller, arguments: dict[str, Any], headers: dict[str, str | None], tool: str = "stage__echo", **more: Any) -> Answer:
    return caller.rpc("tools/call", {"name": tool, "arguments": arguments, **more}, headers=headers)


ARGUMENTS = {"message": "hello", "count": 42, "dry": True, "inner": {"deep": "Köln"}, "plain": "x"}
HEADERS = {
    "Mcp-Param-Message": "hello",
    "Mcp-Param-Count": "42",
    "Mcp-Param-Dry": "true",
    "Mcp-Param-Deep": f"=?base64?{base64.b64encode('Köln'.encode()).decode()}?=",
}


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({}, {}),
        ({}, {"Mcp-Param-Count": "42.0"}),
        ({}, {"Mcp-Param-Unknown": "anything"}),
        ({"count": None}, {"Mcp-Param-Count": None}),
        ({"inner": {}}, {"Mcp-Param-Deep": None}),
    ],
)
@pytest.mark.parametrize("more", [{}, {"_meta": {"vendor.example/x": 1}}], ids=["arguments alone", "and more"])
def test_headers_that_agree_pass(alice: Caller, arguments: dict[str, Any], headers: dict[str, str | None], more: Any) -> None:
    answer = call(alice, {**ARGUMENTS, **arguments}, {**HEADERS, **headers}, **more)
    assert answer.result["content"][0]["text"] == "hello"


@pytest.mark.parametrize(
    ("arguments", "headers", "named"),
    [
        ({}, {"Mcp-Param-Message": None}, "Message"),
        ({}, {"Mcp-Param-Message": "goodbye"}, "Message"),
        ({}, {"Mcp-Param-Count": "43"}, "Count"),
        ({}, {"Mcp-Param-Dry": "1"}, "Dry"),
        ({}, {"Mcp-Param-Deep": "Koeln"}, "Deep"),
        ({}, {"Mcp-Param-Deep": "=?base64?S8O2bG4?="}, "Deep"),
        ({"dry": None}, {}, "Dry"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"_meta": {"vendor.example/x": 1}}], ids=["arguments alone", "and more"])
def test_headers_that_do_not_agree_are_refused_by_name(
    alice: Caller, shared_recording: Recording, arguments: dict[str, Any], headers: dict[str, str | None], named: str, more: Any
) -> None:
    before = len(shared_recording.calls)
    answer = call(alice, {**ARGUMENTS, **arguments}, {**HEADERS, **headers}, **more)
    assert (answer.status, answer.error["code"]) == (400, -32020)
    assert f"Mcp-Param-{named}" in answer.error["message"]
    assert len(shared_recording.calls) == before, "the call did not reach the server"


def test_other_clients_send_no_headers(gateway: Gateway, alice: Caller) -> None:
    session = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    assert call(session, ARGUMENTS, {}).result["content"][0]["text"] == "hello"
    batch = {"server_name": "stage", "tool_calls": [{"name": "echo", "args": ARGUMENTS}]}
    assert alice.call(CALL_TOOLS, batch)["status"] == "success", "arguments in a batch are repeated nowhere"


def test_annotations_that_cannot_be_followed_are_not_checked(alice: Caller) -> None:
    assert call(alice, {"message": "hello"}, {}, "odd__echo").result["content"][0]["text"] == "hello"


@pytest.fixture
def many(start: Start, tmp_path: Any) -> Iterator[Gateway]:
    with ManySided("stdio", tmp_path / "record") as server:
        yield start(document([server.entry("many")]))


def test_a_definition_that_is_not_known_yet_is_asked_for(many: Gateway) -> None:
    alice = Caller(many, ALICE)
    assert call(alice, {"region": "eu", "size": 3}, {"Mcp-Param-Region": "eu"}, "many__routed").error["code"] == -32020
    agreed = {"Mcp-Param-Region": "eu", "Mcp-Param-Size": "3"}
    assert json.loads(call(alice, {"region": "eu", "size": 3}, agreed, "many__routed").result["content"][0]["text"]) == {}


@pytest.mark.anyio
@pytest.mark.skipif(SDK < 2, reason="only version 2 of the client speaks 2026-07-28")
async def test_the_official_client_repeats_arguments(many: Gateway) -> None:
    async with connect(many.url, {"apikey": ALICE}, MODERN) as client:
        await client.tools()
        result = await client.call("many__routed", {"region": "café", "size": 3})
        assert not result.get("isError"), result
