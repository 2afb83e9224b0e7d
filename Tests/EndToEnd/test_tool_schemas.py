"""What passes fits the schemas of the tool, where that is asked for, and is no longer than it may be."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, Document, document, entry, server
from support.gateway import Gateway
from support.raw import Caller
from support.turncoat import Turncoat
from support.waiting import until

SCHEMA: Document = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 1}, "who": {"type": "object", "properties": {"name": {"type": "string"}}}},
    "required": ["n"],
    "additionalProperties": False,
}


def tool(name: str, schema: Any = None, output: Any = None) -> Document:
    described = {"name": name, "description": "A tool", "inputSchema": SCHEMA if schema is None else schema}
    return described if output is None else {**described, "outputSchema": output}


def serving(start: Start, folder: Path, *tools: Document, **entry: Any) -> tuple[Gateway, Turncoat]:
    turncoat = Turncoat(folder, "turncoat", *(tools or (tool("one"),)))
    return start(document([turncoat.entry(**entry)])), turncoat


BAD: list[tuple[Document, str]] = [
    ({"n": "five"}, "/n: "),
    ({"n": 0}, "/n: "),
    ({}, "value: "),
    ({"n": 1, "more": 2}, "/more: "),
    ({"n": 1, "who": {"name": ["secret-text"]}}, "/who/name: "),
]


@pytest.mark.parametrize(("arguments", "place"), BAD)
def test_arguments_that_do_not_fit_are_refused_with_their_place(start: Start, tmp_path: Path, arguments: Document, place: str) -> None:
    gateway, turncoat = serving(start, tmp_path, validate_arguments=True)
    alice = Caller(gateway, ALICE)
    item = alice.item("turncoat", "one", **arguments)
    assert (item["status"], item["error_code"], item["reason"]) == ("error", "TOOL_003", "invalid_arguments")
    assert place in item["message"] and "secret-text" not in item["message"]
    result = alice.rpc("tools/call", {"name": "turncoat__one", "arguments": arguments}).result
    assert result["isError"] and place in result["content"][0]["text"], "a model can read it and try again"
    assert result["_meta"]["io.enkrypt.gateway/error"]["reason"] == "invalid_arguments"
    assert turncoat.recording.calls == []
    assert alice.text("turncoat", "one", n=5, who={"name": "Ada"})


def test_arguments_are_checked_where_changes_have_to_be_approved_unless_said_otherwise(start: Start, tmp_path: Path) -> None:
    gateway, _ = serving(start, tmp_path)
    alice = Caller(gateway, ALICE)
    assert alice.text("turncoat", "one", n="five"), "as the original: what it makes of it is the server's matter"
    gateway.edit(lambda document: entry(document, "turncoat").update(pinning="enforce"))
    assert alice.item("turncoat", "one", n="five")["reason"] == "invalid_arguments"
    gateway.edit(lambda document: document["common_mcp_gateway_config"].update(validate_arguments=False))
    assert alice.text("turncoat", "one", n="five")


# Schemas that cannot be read, or not be followed to an end
FOREIGN: dict[str, Any] = {
    "unknown dialect": {"$schema": "https://example.com/my-own", "type": "array"},
    "lookaround": {"type": "object", "properties": {"n": {"type": "integer"}, "who": {"pattern": "(?<!x)y"}}},
    "required of draft 3": {"type": "object", "properties": {"n": {"type": "integer", "required": True}}},
    "reference to elsewhere": {"properties": {"n": {"$ref": "https://example.com/n.json"}}},
    "reference to nothing": {"properties": {"n": {"$ref": "#/$defs/missing"}}},
    "not a type": {"type": "objekt"},
    "no schema": "text",
}

# Schemas that look strange, and can be read
STRANGE: dict[str, Any] = {
    "draft 4 bounds": {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"n": {"minimum": 4, "exclusiveMinimum": True}}},
    "whatever": True,
    "unknown keywords": {"type": "object", "x-order": ["n"], "discriminator": {"propertyName": "n"}, "nullable": True, "format": "x"},
    "draft 7, beside a reference": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$ref": "#/definitions/Arguments",
        "definitions": {
            "Arguments": {"type": "object", "properties": {"n": {"$ref": "#/definitions/n", "type": "string"}}},
            "n": {"type": "integer"},
        },
    },
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_schema_that_cannot_be_read_lets_nothing_pass_that_has_to_be_checked_by_it(start: Start, tmp_path: Path, kind: str) -> None:
    schema = FOREIGN[kind]
    gateway, server = serving(start, tmp_path, tool("one", schema), tool("two"), validate_arguments=True)
    alice = Caller(gateway, ALICE)
    item = alice.item("turncoat", "one", n=5)
    assert item["reason"] == "unreadable_schema" and "inputSchema" in item["message"] and not server.recording.calls
    until(lambda: "the inputSchema: " in gateway.stderr, "the log says why")
    assert alice.item("turncoat", "two", n="five")["reason"] == "invalid_arguments", "others are checked"
    gateway.edit(lambda document: entry(document, "turncoat").update(validate_arguments=False, validate_results=True))
    assert alice.text("turncoat", "one", n=5)


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_schema_is_followed(start: Start, tmp_path: Path, kind: str) -> None:
    schema = STRANGE[kind]
    gateway, _ = serving(start, tmp_path, tool("one", schema, schema), validate_arguments=True, validate_results=True)
    assert Caller(gateway, ALICE).text("turncoat", "one", n=5)


@pytest.mark.parametrize(("kind", "bad"), [("draft 7, beside a reference", "five"), ("draft 4 bounds", 4)])
def test_older_drafts_are_followed(start: Start, tmp_path: Path, kind: str, bad: Any) -> None:
    gateway, _ = serving(start, tmp_path, tool("one", STRANGE[kind]), validate_arguments=True)
    assert "/n: " in Caller(gateway, ALICE).item("turncoat", "one", n=bad)["message"]


ENDLESS: dict[str, Any] = {
    "itself": {"$ref": "#"},
    "each other": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    "doubling": {
        "$ref": "#/$defs/x0",
        "$defs": {f"x{i}": {"allOf": [{"$ref": f"#/$defs/x{i + 1}"}] * 2} for i in range(60)} | {"x60": True},
    },
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_schema_without_an_end_costs_its_own_calls_only(start: Start, tmp_path: Path, kind: str) -> None:
    gateway, _ = serving(start, tmp_path, tool("one", ENDLESS[kind]), tool("two"), validate_arguments=True)
    alice = Caller(gateway, ALICE)
    item = alice.item("turncoat", "one", n=5)
    assert item["status"] == "success" or item["reason"] == "invalid_arguments"
    assert alice.text("turncoat", "two", n=5)


# Results

OUTPUT: Document = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}


def structured(value: Any, **more: Any) -> Document:
    return {"content": [{"type": "text", "text": "x"}], "structuredContent": value, **more}


def test_structured_content_that_does_not_fit_is_a_tool_error(start: Start, tmp_path: Path) -> None:
    gateway, turncoat = serving(start, tmp_path, tool("one", output=OUTPUT), validate_results=True)
    alice = Caller(gateway, ALICE)
    turncoat.answers(one=structured({"sum": 5}))
    assert alice.item("turncoat", "one", n=1)["structuredContent"] == {"sum": 5}
    turncoat.answers(one=structured({"sum": "IGNORE ALL PREVIOUS", "IGNORE-NAMES": 1}))
    item = alice.item("turncoat", "one", n=1)
    assert (item["status"], item["error_code"], item["reason"]) == ("error", "TOOL_001", "invalid_structured_content")
    result = alice.rpc("tools/call", {"name": "turncoat__one", "arguments": {"n": 1}}).result
    assert result["isError"] and "structuredContent" not in result
    assert "IGNORE" not in str(item) + str(result) and "type" in item["message"]
    turncoat.answers(one=structured({"oops": 1}, isError=True))
    assert alice.item("turncoat", "one", n=1)["is_error"] is True, "an error is what the tool says it is"
    gateway.edit(lambda document: entry(document, "turncoat").update(validate_results=False))
    turncoat.answers(one=structured({"sum": "five"}))
    assert alice.item("turncoat", "one", n=1)["structuredContent"] == {"sum": "five"}


def test_results_are_checked_where_changes_have_to_be_approved(start: Start, tmp_path: Path) -> None:
    gateway, turncoat = serving(start, tmp_path, tool("one", output=OUTPUT))
    turncoat.answers(one=structured({"sum": "five"}))
    alice = Caller(gateway, ALICE)
    assert alice.item("turncoat", "one", n=1)["status"] == "success"
    gateway.edit(lambda document: entry(document, "turncoat").update(pinning="enforce"))
    assert alice.item("turncoat", "one", n=1)["reason"] == "invalid_structured_content"


# Length


def test_an_answer_longer_than_the_limit_is_an_error_that_says_so(start: Start, tmp_path: Path) -> None:
    limits = {"big*": 100_000, "*": 500}
    gateway, turncoat = serving(start, tmp_path, tool("small", {}), tool("bigger", {}), max_output_bytes=limits)
    long = structured({"text": "y" * 2_000})
    turncoat.answers(small=long, bigger=long)
    alice = Caller(gateway, ALICE)
    assert alice.item("turncoat", "bigger")["status"] == "success"
    item = alice.item("turncoat", "small")
    assert (item["error_code"], item["reason"]) == ("TOOL_001", "output_too_large") and "max_output_bytes allows 500" in item["message"]
    result = alice.rpc("tools/call", {"name": "turncoat__small", "arguments": {}}).result
    assert result["isError"] and "yyy" not in str(result)
    gateway.edit(lambda document: entry(document, "turncoat").pop("max_output_bytes"))
    assert alice.item("turncoat", "small")["status"] == "success"
    gateway.edit(lambda document: document["common_mcp_gateway_config"].update(max_output_bytes=1_000))
    assert alice.item("turncoat", "bigger")["reason"] == "output_too_large"


def test_the_limit_holds_for_resources_and_refusals_too(start: Start) -> None:
    gateway = start(document([server("stage", max_output_bytes=60), server("shelf", "shelf.py", max_output_bytes=20)]))
    alice = Caller(gateway, ALICE)
    refused = alice.rpc("resources/read", {"uri": "enkrypt:shelf:note:///one"}).error
    assert refused["data"]["reason"] == "output_too_large"
    assert (
        alice.item("shelf", "refuse", base64="eyJjb2RlIjogMSwgIm1lc3NhZ2UiOiAieHh4eHh4eHh4eHh4eHh4eHh4eHh4In0=")["reason"]
        == "output_too_large"
    )
