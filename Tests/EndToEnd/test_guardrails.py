"""What guardrails see, and what comes of their verdicts."""

import base64
import json
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, POLICY, document, nonce, server
from support.gateway import Gateway
from support.raw import CALL_TOOLS, LEGACY, MODERN, Caller
from support.recording import Recording

FULL_WIDTH = "".join(chr(ord(letter) - 0x21 + 0xFF01) for letter in BLOCKED)
MATHEMATICAL = "".join(chr(ord(letter) - ord("a") + 0x1D41A) for letter in BLOCKED)


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    return start_shared(
        document(
            [
                server("guarded", env=shared_recording.environment, guarded=True),
                server("input_only", env=shared_recording.environment, input_guardrails_policy=POLICY),
                server("output_only", env=shared_recording.environment, output_guardrails_policy=POLICY),
                server("open", env=shared_recording.environment),
            ]
        )
    )


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def reached(recording: Recording, mark: str) -> list[str]:
    return [line for line in recording.lines if mark in line and '"tools/call"' in line]


def hidden(answer: Any) -> dict[str, str]:
    """Arguments by which the server is told what to answer, so that the input guardrail cannot read them."""
    return {"base64": base64.b64encode(json.dumps(answer).encode()).decode()}


# Input

BAD_INPUT: dict[str, Any] = {
    "the argument": {"message": f"please be {BLOCKED} now"},
    "capital letters": {"message": BLOCKED.upper()},
    "a second argument": {"message": "fine", "note": BLOCKED},
    "an argument that nobody reads": {"message": "fine", "zzz": BLOCKED},
    "a nested argument": {"message": "fine", "a": {"b": [1, ["x", {"c": f"--{BLOCKED}--"}]]}},
    "a member name": {"message": "fine", "options": {BLOCKED: True}},
    "an argument name": {"message": "fine", BLOCKED: 1},
    "a number": {"message": "fine", "n": 31337},
    "a number in a list": {"message": "fine", "n": [1.5, -31337]},
    "full-width letters": {"message": FULL_WIDTH},
    "mathematical letters": {"message": MATHEMATICAL},
    "zero-width spaces": {"message": "\u200b".join(BLOCKED)},
    "zero-width joiners": {"message": "\u200d".join(BLOCKED)},
    "soft hyphens": {"message": "\u00ad".join(BLOCKED)},
    "word joiners": {"message": "\u2060".join(BLOCKED)},
    "byte order marks": {"message": f"{BLOCKED[:4]}\ufeff{BLOCKED[4:]}"},
    "grapheme joiners": {"message": f"{BLOCKED[:4]}\u034f{BLOCKED[4:]}"},
    "combining marks": {"message": "".join(f"{letter}\u0335" for letter in BLOCKED)},
    "a composed accent": {"message": "caf\u00e9 noir"},
    "a decomposed accent": {"message": "cafe\u0301 noir"},
    "what calls itself an image": {"content": [{"type": "image", "data": f"{BLOCKED}XYZ", "mimeType": "image/png"}]},
    "what calls itself a blob": {"content": [{"type": "resource", "resource": {"blob": f"XYZ{BLOCKED}"}}]},
    "the end of a long text": {"message": "x" * 200_000 + BLOCKED},
    "ten thousand strings": {"message": "fine", "list": ["fine"] * 10_000 + [BLOCKED]},
}


@pytest.mark.parametrize("arguments", BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_a_blocked_input_never_reaches_the_server(alice: Caller, shared_recording: Recording, arguments: dict[str, Any]) -> None:
    mark = nonce()
    item = alice.item("guarded", "echo", **arguments, mark=mark)
    assert item["status"] == "blocked_input", item
    assert item["response"] == "" and "content" not in item
    assert item["message"].startswith("Request blocked due to input guardrail violations: keyword_detector")
    response = item["input_guardrail_response"]
    assert response["is_safe"] is False and response["guardrail_runs"] == 1
    assert [violation["type"] for violation in response["violations"]] == ["keyword_detector"]
    assert item["enkrypt_mcp_data"] == {"call_index": 0, "server_name": "guarded", "tool_name": "echo", "args": {**arguments, "mark": mark}}
    assert not reached(shared_recording, mark)


@pytest.mark.parametrize(
    "message",
    [
        r'{"message":"fo\u0072bidden"}',
        r'{"message":"\u0066\u006f\u0072\u0062\u0069\u0064\u0064\u0065\u006E"}',
        r'{"fo\u0072bidden":1}',
        r'{"n":[{"n":31337}]}',
    ],
)
def test_escapes_do_not_hide_a_word(alice: Caller, shared_recording: Recording, message: str) -> None:
    mark = nonce()
    request = json.dumps(alice.message("tools/call", {"name": CALL_TOOLS, "arguments": {"server_name": "guarded", "tool_calls": ["HERE"]}}))
    call = f'{{"name":"echo","args":{message[:-1]},"mark":"{mark}"}}}}'
    headers = alice.headers(json.loads(request))
    answer = alice.post(request.replace('"HERE"', call).encode(), headers=headers)
    item = alice.checked(answer.result)["results"][0]
    assert item["status"] == "blocked_input"
    assert not reached(shared_recording, mark)


def test_a_violation_says_what_and_where(alice: Caller) -> None:
    text = f"é {BLOCKED}"
    item = alice.item("guarded", "echo", message="fine", list=["a", text])
    [violation] = item["input_guardrail_response"]["violations"]
    place = violation["metadata"]
    assert place["path"] == "/params/arguments/list/1" and place["guardrail"] == "keywords"
    assert text.encode()[place["start"] : place["end"]] == BLOCKED.encode()
    assert violation["action"] == "block"


def test_every_alias_of_the_arguments_is_screened(alice: Caller, shared_recording: Recording) -> None:
    names = ["args", "arguments", "tool_arguments", "tool_input_arguments", "tool_args", "tool_input_args", "parameters", "input", "params"]
    mark = nonce()
    calls = [{"name": "mirror", name: {"message": BLOCKED, "mark": mark}} for name in names]
    envelope = alice.batch("guarded", *calls, stop_on_error=False)
    assert [item["status"] for item in envelope["results"]] == ["blocked_input"] * len(names)
    assert not reached(shared_recording, mark)
    passing = alice.batch("guarded", *[{"function": "mirror", name: {"message": name}} for name in names])
    assert [json.loads(item["response"]) for item in passing["results"]] == [{"message": name} for name in names]


@pytest.mark.parametrize("message", ["a decent text", "for bidden", "forbiddance", "31338", "cafe blanc", "", "😀 漢字", "\u0000\u001f"])
def test_a_decent_input_passes(alice: Caller, message: str) -> None:
    item = alice.item("guarded", "echo", message=message)
    assert (item["status"], item["response"]) == ("success", message)
    report = item["enkrypt_policy_detections"]["input_guardrail_response"]
    assert report["is_safe"] is True and report["guardrail_runs"] == 1, "T40: each guardrail proves that it ran"


def test_t31_what_was_inspected_is_what_is_forwarded(alice: Caller, shared_recording: Recording) -> None:
    """Numbers, escapes and unknown members reach the server as they were written."""
    mark = nonce()
    arguments = '{"big":123456789012345678901234567890,"one":1.0,"exp":1E+2,"esc":"\\u00e9\\ud800","Case":1,"case":2,"mark":"%s"}' % mark
    request = alice.message("tools/call", {"name": CALL_TOOLS, "arguments": {"server_name": "guarded", "tool_calls": ["HERE"]}})
    body = json.dumps(request).replace('"HERE"', f'{{"name":"mirror","args":{arguments}}}').encode()
    assert alice.checked(alice.post(body, headers=alice.headers(request)).result)["results"][0]["status"] == "success"
    [line] = reached(shared_recording, mark)
    assert arguments in line


def test_policies_are_per_direction_and_server(alice: Caller, shared_recording: Recording) -> None:
    assert alice.item("open", "echo", message=BLOCKED)["response"] == BLOCKED
    assert alice.item("input_only", "echo", message=BLOCKED)["status"] == "blocked_input"
    mark = nonce()
    assert alice.item("output_only", "echo", message=BLOCKED, mark=mark)["status"] == "blocked_output"
    assert len(reached(shared_recording, mark)) == 1
    assert alice.item("input_only", "answer", **hidden({"content": [{"type": "text", "text": BLOCKED}]}))["response"] == BLOCKED


# Output

TEXT = [{"type": "text", "text": "fine"}]
BAD_RESULT: dict[str, Any] = {
    "the text": {"content": [{"type": "text", "text": f"it is {BLOCKED} indeed"}]},
    "a second block": {"content": [*TEXT, {"type": "text", "text": BLOCKED}]},
    "structured content": {"content": TEXT, "structuredContent": {"a": [{"b": BLOCKED}]}},
    "a member name of structured content": {"content": TEXT, "structuredContent": {BLOCKED: 1}},
    "a number": {"content": TEXT, "structuredContent": {"n": 31337}},
    "_meta": {"content": TEXT, "_meta": {"vendor/x": {"y": BLOCKED}}},
    "an unknown member": {"content": TEXT, "x-other": BLOCKED},
    "an embedded resource": {"content": [{"type": "resource", "resource": {"uri": "file:///a", "text": BLOCKED}}]},
    "a resource link": {"content": [{"type": "resource_link", "uri": f"file:///{BLOCKED}", "name": "x"}]},
    "an unknown kind of block": {"content": [{"type": "hologram", "caption": BLOCKED}]},
    "an annotation": {"content": [{"type": "text", "text": "fine", "annotations": {"x": BLOCKED}}]},
    "an error of the tool": {"content": [{"type": "text", "text": BLOCKED}], "isError": True},
    "full-width letters": {"content": [{"type": "text", "text": FULL_WIDTH}]},
    "zero-width spaces": {"content": [{"type": "text", "text": "\u200b".join(BLOCKED)}]},
    "text that calls itself an image": {"content": [{"type": "image", "data": f"{BLOCKED} fruit", "mimeType": "image/png"}]},
    "no base64 that calls itself an image": {"content": [{"type": "image", "data": BLOCKED, "mimeType": "image/png"}]},
    "an image outside the content": {"content": TEXT, "structuredContent": {"type": "image", "data": f"{BLOCKED}XYZ"}},
    "the caption of an image": {"content": [{"type": "image", "data": "AAAA", "mimeType": "image/png", "_meta": {"caption": BLOCKED}}]},
    "no content at all": {"x": BLOCKED},
}
BAD_ERROR: dict[str, Any] = {
    "the message": {"code": -32000, "message": f"cannot: {BLOCKED}"},
    "the data": {"code": -32000, "message": "no", "data": {"trace": ["line 1", BLOCKED]}},
    "a member name of the data": {"code": -32000, "message": "no", "data": {BLOCKED: 1}},
    "a number in the data": {"code": -32000, "message": "no", "data": 31337},
}
WORDS = [BLOCKED, BLOCKED.upper(), FULL_WIDTH, "\u200b".join(BLOCKED), "31337"]


def assert_silent(body: bytes) -> None:
    """Nothing of the offending text is in the answer, however it is written."""
    plain = json.dumps(json.loads(body), ensure_ascii=False)
    nested = [block["text"] for block in json.loads(body)["result"]["content"]]
    for text in (plain, *nested, body.decode()):
        for word in WORDS:
            assert word not in text


def assert_blocked_output(alice: Caller, tool: str, answer: Any) -> None:
    arguments = {"server_name": "guarded", "tool_calls": [{"name": tool, "args": hidden(answer)}]}
    http = alice.rpc("tools/call", {"name": CALL_TOOLS, "arguments": arguments})
    envelope = alice.checked(http.result)
    [item] = envelope["results"]
    assert item["status"] == "blocked_output" and item["response"] == "", item
    assert "content" not in item and "structuredContent" not in item and "upstream_error" not in item
    assert envelope["status"] == "error" and envelope["summary"]["blocked_calls"] == 1
    assert item["enkrypt_policy_detections"]["output_guardrail_response"]["is_safe"] is False
    assert_silent(http.body)


@pytest.mark.parametrize("result", BAD_RESULT.values(), ids=BAD_RESULT.keys())
def test_t39_a_blocked_output_appears_nowhere_in_the_answer(alice: Caller, result: Any) -> None:
    assert_blocked_output(alice, "answer", result)


@pytest.mark.parametrize("error", BAD_ERROR.values(), ids=BAD_ERROR.keys())
def test_t39_nor_does_a_blocked_error_of_the_server(alice: Caller, error: Any) -> None:
    assert_blocked_output(alice, "refuse", error)


def test_escapes_do_not_hide_a_word_in_the_answer(alice: Caller) -> None:
    line = rb'{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"fo\u0072bidden"}]}}'
    http = alice.rpc(
        "tools/call",
        {
            "name": CALL_TOOLS,
            "arguments": {"server_name": "guarded", "tool_calls": [{"name": "line", "args": {"base64": base64.b64encode(line).decode()}}]},
        },
    )
    assert alice.checked(http.result)["results"][0]["status"] == "blocked_output"
    assert_silent(http.body)
    assert b"fo\\u0072" not in http.body and b"fo\\\\u0072" not in http.body


def test_a_decent_output_passes_unchanged(alice: Caller) -> None:
    item = alice.item("guarded", "image")
    assert item["status"] == "success" and item["response"] == "see"
    assert [block["type"] for block in item["content"]] == ["text", "image", "resource", "hologram"]
    assert item["content"][0]["x-unknown"] == [1, {"two": 2}]
    assert item["structuredContent"] == {"n": 1} and item["_meta"] == {"vendor/key": True}
    report = item["enkrypt_policy_detections"]["output_guardrail_response"]
    assert report["is_safe"] is True and report["guardrail_runs"] == 1


# Batches


def batch_of(server_name: str) -> list[dict[str, Any]]:
    return [
        {"name": "echo", "args": {"message": "one"}},
        {"name": "echo", "args": {"message": BLOCKED}},
        {"name": "echo", "args": {"message": "three"}},
        {"name": "trouble", "args": {}},
        {"name": "nonexistent", "args": {}},
        "not an object",
        {"args": {"message": "no name"}},
        {"name": "echo", "args": {"message": "eight"}},
    ]


def test_a_batch_ends_at_the_first_block(alice: Caller, shared_recording: Recording) -> None:
    mark = nonce()
    calls = batch_of("guarded")
    calls[2]["args"]["mark"] = mark
    envelope = alice.batch("guarded", *calls)
    assert [item["status"] for item in envelope["results"]] == ["success", "blocked_input", *["skipped"] * 6]
    assert envelope["status"] == "partial"
    assert envelope["summary"] == {"total_calls": 8, "successful_calls": 1, "blocked_calls": 1, "failed_calls": 0, "skipped_calls": 6}
    assert [item["enkrypt_mcp_data"]["call_index"] for item in envelope["results"]] == list(range(8))
    assert [item["enkrypt_mcp_data"]["tool_name"] for item in envelope["results"][2:5]] == ["echo", "trouble", "nonexistent"]
    assert not reached(shared_recording, mark)


def test_a_batch_goes_on_when_told_to(alice: Caller) -> None:
    envelope = alice.batch("guarded", *batch_of("guarded"), stop_on_error=False)
    statuses = ["success", "blocked_input", "success", "error", "error", "error", "error", "success"]
    assert [item["status"] for item in envelope["results"]] == statuses
    assert envelope["summary"] == {"total_calls": 8, "successful_calls": 3, "blocked_calls": 1, "failed_calls": 4, "skipped_calls": 0}
    assert envelope["results"][4]["error_code"] == "TOOL_002"
    assert envelope["results"][4]["message"] == "Tool 'nonexistent' not found for this server."
    assert envelope["results"][6]["error"] == "No tool_name provided"


def test_a_failure_ends_a_batch_too(alice: Caller) -> None:
    envelope = alice.batch("open", {"name": "trouble"}, {"name": "echo", "args": {"message": "x"}})
    assert [item["status"] for item in envelope["results"]] == ["error", "skipped"]
    assert envelope["status"] == "error"


def test_what_is_applied_is_said(alice: Caller) -> None:
    expected = {"guarded": (True, True), "input_only": (True, False), "output_only": (False, True), "open": (False, False)}
    for name, (input_enabled, output_enabled) in expected.items():
        applied = alice.batch(name, {"name": "echo", "args": {"message": "x"}})["guardrails_applied"]
        assert (applied["input_guardrails_enabled"], applied["output_guardrails_enabled"]) == (input_enabled, output_enabled)
        assert applied["pii_redaction_enabled"] is False


# Registration


@pytest.fixture(scope="module")
def registering(start_shared: Start, shared_recording: Recording) -> Gateway:
    off = {"enable_tool_guardrails": False, "enable_server_info_validation": False}
    return start_shared(
        document(
            [
                server("poisoned", "poisoned.py", env=shared_recording.environment),
                server("trusted", "poisoned.py", env=shared_recording.environment, **off),
                server("instructed", "poisoned.py", env={"POISONED_INSTRUCTIONS": "1"}),
                server("described", "poisoned.py", description=f"The {BLOCKED} one"),
                server("denying", "stage.py", denied_tools=["e*", {"name": "flood", "reason": "too much"}]),
                server("listed", "stage.py", tools={"echo": "Says it again", "crash": f"{BLOCKED} fruit"}),
            ]
        )
    )


def test_a_tool_with_a_poisoned_definition_is_kept_back_with_the_reason(registering: Gateway) -> None:
    alice = Caller(registering, ALICE)
    found = alice.tool("enkrypt_discover_all_tools", server_name="poisoned")
    assert [tool["name"] for tool in found["tools"]] == ["decent"]
    assert [blocked["name"] for blocked in found["blocked_tools"]] == ["in_description", "in_schema", "in_annotation", "in_member_name"]
    assert found["blocked_count"] == 4 and all(blocked["reasons"] for blocked in found["blocked_tools"])
    listed = alice.tool("enkrypt_list_all_servers")["available_servers"]["poisoned"]
    assert listed["blocked_count"] == 4


def test_t23_a_kept_back_tool_cannot_be_called(registering: Gateway, shared_recording: Recording) -> None:
    alice = Caller(registering, ALICE)
    assert alice.text("poisoned", "decent") == "ran decent"
    before = len(shared_recording.calls)
    for name in ("in_description", "in_schema", "in_annotation", "in_member_name"):
        item = alice.item("poisoned", name)
        assert (item["status"], item["error_code"]) == ("error", "DISC_003")
    assert len(shared_recording.calls) == before


def test_screening_of_definitions_can_be_switched_off(registering: Gateway) -> None:
    assert Caller(registering, ALICE).text("trusted", "in_description") == "ran in_description"


@pytest.mark.parametrize("name", ["instructed", "described"])
def test_a_server_that_describes_itself_badly_is_refused_whole(registering: Gateway, name: str) -> None:
    alice = Caller(registering, ALICE)
    document = alice.call("enkrypt_discover_all_tools", {"server_name": name})
    assert document["error"]["code"] == "DISC_003"
    assert alice.item(name, "decent")["error_code"] == "DISC_003"


def test_t23_a_denied_tool_is_neither_listed_nor_called(registering: Gateway) -> None:
    alice = Caller(registering, ALICE)
    names = [tool["name"] for tool in alice.tool("enkrypt_discover_all_tools", server_name="denying")["tools"]]
    assert "identity" in names and "echo" not in names and "flood" not in names
    denied = alice.item("denying", "flood", bytes=1)
    assert (denied["error_code"], denied["message"]) == ("TOOL_005", "too much")
    assert alice.item("denying", "echo", message="x")["error_code"] == "TOOL_005"


def test_tools_of_the_configuration_are_all_there_are_and_screened_too(registering: Gateway) -> None:
    alice = Caller(registering, ALICE)
    found = alice.tool("enkrypt_discover_all_tools", server_name="listed")
    assert found["source"] == "config" and list(found["tools"]) == ["echo"]
    assert found["message"] == "Tools already defined in config for listed"
    assert [blocked["name"] for blocked in found["blocked_tools"]] == ["crash"]
    assert alice.text("listed", "echo", message="x") == "x"
    assert alice.item("listed", "mirror")["error_code"] == "TOOL_002"
    assert alice.item("listed", "crash")["error_code"] == "DISC_003"
