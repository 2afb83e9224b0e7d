"""What clients of older revisions get in place of what their revision does not know."""

import base64
import json
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, document, server
from support.gateway import Gateway
from support.raw import MODERN, Caller

REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MODERN]
AUDIO = {
    "type": "audio",
    "data": base64.b64encode(bytes(1000)).decode(),
    "mimeType": "audio/wav",
    "annotations": {"priority": 0.5},
    "x-new": 1.0,
}
LINK = {
    "type": "resource_link",
    "uri": "note:///one",
    "name": "one",
    "title": "The first",
    "mimeType": "text/plain",
    "size": 3,
    "_meta": {"vendor.example/kind": 7},
}
KNOWN = [
    {"type": "text", "text": "plain", "x-unknown": [1, 1.0]},
    {"type": "image", "data": "AAAA", "mimeType": "image/png"},
    {"type": "resource", "resource": {"uri": "note:///two", "text": "inside"}},
    {"type": "hologram", "depth": 3},
]


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    outputs = {"list": {"type": "array", "items": {}}, "object": {"type": "object"}, "any": {"description": "anything"}}
    tools = {name: {"inputSchema": {"type": "object"}, "outputSchema": schema, "x-unknown": 1.0} for name, schema in outputs.items()}
    return start_shared(document([server("shelf", "shelf.py"), server("typed", tools=tools)]))


@pytest.fixture(params=REVISIONS)
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def result(caller: Caller, answer: Any, method: str = "tools/call", path: str | None = None) -> dict[str, Any]:
    """What becomes of a result of the server."""
    name = "answer" if path else "shelf__answer"
    arguments = {"base64": base64.b64encode(json.dumps(answer).encode()).decode()}
    return caller.rpc(method, {"name": name, "arguments": arguments}, path=path).result


def expected(revision: str, prefix: str) -> list[dict[str, Any]]:
    audio = {"type": "text", "text": "[Audio, audio/wav, 1000 bytes]", "annotations": {"priority": 0.5}, "x-new": 1.0}
    words = f'[Resource "The first", {prefix}note:///one, text/plain, 3 bytes]'
    link = {"type": "text", "text": words, "_meta": {"vendor.example/kind": 7}}
    return [
        audio if revision < "2025-03-26" else AUDIO,
        link if revision < "2025-06-18" else {**LINK, "uri": f"{prefix}note:///one"},
        *(
            {**block, "resource": {**block["resource"], "uri": f"{prefix}note:///two"}} if block["type"] == "resource" else block
            for block in KNOWN
        ),
    ]


def connected(gateway: Gateway, revision: str, path: str | None) -> Caller:
    caller = Caller(gateway, ALICE, revision)
    if revision != MODERN:
        hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "end-to-end", "version": "1"}}
        caller.session = caller.rpc("initialize", hello, path=path).headers["mcp-session-id"]
    return caller


@pytest.mark.parametrize("path", [None, "/mcp/servers/shelf"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_blocks_that_a_revision_does_not_know_become_text(gateway: Gateway, revision: str, path: str | None) -> None:
    alice = connected(gateway, revision, path)
    blocks = expected(alice.revision, "" if path else "enkrypt:shelf:")
    assert result(alice, {"content": [AUDIO, LINK, *KNOWN]}, path=path)["content"] == blocks
    messages = [{"role": "user", "content": block} for block in (AUDIO, LINK)]
    told = result(alice, {"messages": messages}, "prompts/get", path)["messages"]
    assert [message["content"] for message in told] == blocks[:2]


@pytest.mark.parametrize("structured", [[1, 2.0], "text", 7, True, None, [], {"a": [1.0]}], ids=json.dumps)
def test_structured_content_that_is_no_object_is_for_the_newest_only(alice: Caller, structured: Any) -> None:
    found = result(alice, {"content": [KNOWN[0]], "structuredContent": structured, "x-member": 1})
    if alice.revision == MODERN or isinstance(structured, dict):
        assert found["structuredContent"] == structured and found["content"] == [KNOWN[0]]
        return
    assert "structuredContent" not in found and found["x-member"] == 1
    said = [] if structured is None else [{"type": "text", "text": json.dumps(structured, separators=(",", ": "))}]
    normalised = [{**block, "text": json.dumps(json.loads(block["text"]), separators=(",", ": "))} for block in found["content"][1:]]
    assert found["content"][0] == KNOWN[0] and normalised == said


def test_what_a_text_block_says_already_is_not_said_twice(alice: Caller) -> None:
    for structured, text in (([1, 2], "[ 1,2 ]"), ("word", "word"), ("word", '"word"')):
        found = result(alice, {"content": [{"type": "text", "text": text}], "structuredContent": structured})
        assert found["content"] == [{"type": "text", "text": text}]
        assert ("structuredContent" in found) == (alice.revision == MODERN)


def test_output_schemas_of_other_types_are_for_the_newest_only(alice: Caller) -> None:
    tools = {tool["name"].removeprefix("typed__"): tool for tool in alice.rpc("tools/list").result["tools"] if "typed__" in tool["name"]}
    assert list(tools) == ["list", "object", "any"]
    assert all(tool["x-unknown"] == 1.0 and tool["inputSchema"] == {"type": "object"} for tool in tools.values())
    with_schema = {name for name, tool in tools.items() if "outputSchema" in tool}
    assert with_schema == ({"list", "object", "any"} if alice.revision == MODERN else {"object"})
