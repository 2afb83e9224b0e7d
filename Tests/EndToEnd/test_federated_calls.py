"""Tools, prompts, resources and completion of servers, used under their federated names, through the guardrails."""

import base64
import json
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, POLICY, Document, document, nonce, server
from support.gateway import Gateway
from support.official import IS_OLDEST, MODES, RefusedError, connect
from support.raw import LEGACY, MODERN, Answer, Caller
from support.recording import Recording
from support.waiting import until

KEY = {"apikey": ALICE}
ERROR = "io.enkrypt.gateway/error"


def shelf(name: str, **entry: Any) -> Document:
    environment = {"NAME": name, **entry.pop("env", {})}
    return server(name, "shelf.py", env=environment, **entry)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    dead = server("dead")
    dead["config"] = {"command": "/nonexistent/program", "args": []}
    return start_shared(
        document(
            [
                shelf("alpha", env=shared_recording.environment),
                shelf("guarded", env=shared_recording.environment, guarded=True),
                shelf("slow", timeout=1),
                shelf("screened", output_guardrails_policy=POLICY),
                dead,
                server("plain"),
            ]
        )
    )


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def hidden(answer: Any) -> dict[str, str]:
    """Arguments by which the server is told what to answer, so that the input guardrail cannot read them."""
    return {"base64": base64.b64encode(json.dumps(answer).encode()).decode()}


def reached(recording: Recording, mark: str) -> list[str]:
    return [line for line in recording.lines if mark in line]


def text(result: dict[str, Any]) -> str:
    return result["content"][0]["text"]


def without_gateway(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what 2026-07-28 has every server add."""
    meta = {name: value for name, value in result.get("_meta", {}).items() if not name.startswith("io.modelcontextprotocol/")}
    rest = {name: value for name, value in result.items() if name not in ("_meta", "resultType", "ttlMs", "cacheScope")}
    return {**rest, "_meta": meta} if meta else rest


# What the official client gets


@pytest.mark.official_client
@pytest.mark.anyio
async def test_an_official_client_uses_everything(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        assert json.loads(await client.text("alpha__mirror", n=1))["arguments"] == {"n": 1}
        prompt = await client.prompt("alpha__greet", who="Ada")
        assert prompt["messages"][0]["content"]["text"] == "Hello Ada"
        for resource in await client.all("resources"):
            contents = (await client.read(resource["uri"]))["contents"]
            assert [content["uri"] for content in contents] == [resource["uri"]]
        [template, *_] = await client.all("resource_templates")
        read = await client.read(template["uriTemplate"].replace("{id}", "7"))
        assert read["contents"][0]["text"] == "alpha has note:///by-id/7"
        if not IS_OLDEST:  # to that version a link is no content
            link = (await client.call("alpha__link"))["content"][1]
            assert (await client.read(link["uri"]))["contents"][0]["text"] == "alpha has note:///one"
        for reference in ({"type": "ref/prompt", "name": "alpha__greet"}, {"type": "ref/resource", "uri": template["uriTemplate"]}):
            assert (await client.complete(reference, "who", "A"))["values"] == ["Ada", "Alan"]
        with pytest.raises(RefusedError, match="Unknown tool"):
            await client.call("nobody__mirror")
        with pytest.raises(RefusedError) as refused:
            await client.read("enkrypt:alpha:note:///missing")
        assert refused.value.code == (-32602 if client.is_modern else -32002)
        blocked = await client.call("guarded__mirror", {"message": BLOCKED})
        assert blocked["isError"] and "keyword_detector" in text(blocked)
        assert await client.text("guarded__mirror", message="the connection survives")


@pytest.mark.official_client
@pytest.mark.anyio
@pytest.mark.parametrize("name", ["alpha__steps", "guarded__steps"])
async def test_progress_of_a_federated_call_reaches_the_client(gateway: Gateway, mode: str, name: str) -> None:
    heard: list[tuple[float, str | None]] = []

    async def progress(done: float, _: float | None, message: str | None) -> None:
        heard.append((done, message))

    async with connect(gateway.url, KEY, mode) as client:
        assert text(await client.call(name, progress=progress)) == "done"
    assert heard == [(1, "step 1"), (2, "step 2")]


# What passes whole


def test_t31_arguments_and_unknown_members_reach_the_server_as_they_were_written(alice: Caller, shared_recording: Recording) -> None:
    mark = nonce()
    arguments = '{"big":123456789012345678901234567890,"one":1.0,"exp":1E+2,"esc":"\\u00e9\\ud800","Case":1,"case":2,"mark":"%s"}' % mark
    for name in ("alpha__mirror", "guarded__mirror"):
        request = alice.message("tools/call", {"name": name, "arguments": "HERE", "x-member": [1.0], "_meta": {"vendor/key": "é"}})
        body = json.dumps(request).replace('"HERE"', arguments).encode()
        assert alice.post(body, headers=alice.headers(request)).result["content"]
    lines = reached(shared_recording, mark)
    assert len(lines) == 2
    for line in lines:
        assert arguments in line and '"x-member":[1.0]' in line
        params = json.loads(line)["params"]
        assert params["name"] == "mirror" and params["_meta"]["vendor/key"] == "é"
        assert not any(key.startswith("io.modelcontextprotocol/") for key in params["_meta"]), "they concern one hop"


def test_a_call_with_nothing_but_arguments_is_forwarded_as_such(alice: Caller, shared_recording: Recording) -> None:
    mark = nonce()
    alice.rpc("tools/call", {"name": "alpha__mirror", "arguments": {"mark": mark}})
    [line] = reached(shared_recording, mark)
    params = json.loads(line)["params"]
    assert set(params) == {"name", "arguments", "_meta"} and set(params["_meta"]) == {"traceparent"}


def test_a_result_passes_whole(alice: Caller) -> None:
    answer = alice.rpc("tools/call", {"name": "alpha__link"})
    alone = alice.rpc("tools/call", {"name": "answer", "arguments": hidden({"content": []})}, path="/mcp")
    assert alone.error["code"] == -32602, "only federated names are known here"
    result = without_gateway(answer.result)
    assert [block["type"] for block in result["content"]] == ["text", "resource_link", "resource", "image"]
    assert result["x-member"] == "kept" and result["structuredContent"]["uri"] == "note:///one"
    assert b'"big": 123456789012345678901234567890' in answer.body and b'"one": 1.0' in answer.body
    assert ("resultType" in answer.result) == (alice.revision == MODERN)


def test_uris_lead_back_to_their_server(alice: Caller) -> None:
    result = alice.rpc("tools/call", {"name": "alpha__link"}).result
    link, embedded = result["content"][1], result["content"][2]
    assert link == {"type": "resource_link", "uri": "enkrypt:alpha:note:///one", "name": "one", "x-unknown": 1.0}
    assert embedded["resource"]["uri"] == "enkrypt:alpha:note:///two"
    assert text(result) == "see note:///one" and result["structuredContent"]["uri"] == "note:///one", "only what MCP says is a URI"
    strange = {"content": [{"type": "hologram", "uri": "note:///three"}, 7], "contents": [{"uri": "note:///four"}]}
    answer = alice.rpc("tools/call", {"name": "alpha__answer", "arguments": hidden(strange)})
    assert without_gateway(answer.result) == strange
    prompt = alice.rpc("prompts/get", {"name": "alpha__attached"}).result
    assert prompt["messages"][1]["content"]["resource"]["uri"] == "enkrypt:alpha:note:///two"
    read = alice.rpc("resources/read", {"uri": link["uri"]}).result
    assert read["contents"] == [
        {"uri": link["uri"], "mimeType": "text/plain", "text": "alpha has note:///one", "x-unknown": 1.0},
    ]
    if alice.revision == MODERN:
        assert (read["ttlMs"], read["cacheScope"]) == (0, "private")


@pytest.mark.parametrize("uri", ["ENKRYPT:alpha:note:///one", "enkrypt:%61lpha:note:///one"])
def test_a_uri_that_a_client_normalised_is_found(alice: Caller, uri: str) -> None:
    assert alice.rpc("resources/read", {"uri": uri}).result["contents"][0]["text"] == "alpha has note:///one"


def test_a_uri_is_forwarded_as_the_server_wrote_it(alice: Caller, shared_recording: Recording) -> None:
    uri = "note:///a/../b?x=1&y=%20#z"
    alice.rpc("resources/read", {"uri": f"enkrypt:alpha:{uri}", "_meta": {"vendor/mark": (mark := nonce())}})
    [line] = reached(shared_recording, mark)
    assert json.loads(line)["params"]["uri"] == uri


@pytest.mark.parametrize(
    "uri", ["note:///one", "enkrypt:alpha", "enkrypt:alpha:", "enkrypt::x", "enkrypt:nobody:note:///one", "enkrypt:%zz:x"]
)
def test_other_uris_lead_nowhere(alice: Caller, uri: str) -> None:
    error = alice.rpc("resources/read", {"uri": uri}).error
    assert error["code"] == (-32602 if alice.revision == MODERN else -32002) and error["message"].startswith("Unknown resource")


def test_a_prompt_and_a_completion_pass_whole(alice: Caller) -> None:
    prompt = without_gateway(alice.rpc("prompts/get", {"name": "alpha__greet", "arguments": {"who": "Ada"}}).result)
    assert prompt == {
        "messages": [{"role": "user", "content": {"type": "text", "text": "Hello Ada"}}],
        "description": "A greeting",
        "x-member": 1,
    }
    reference = {"type": "ref/resource", "uri": "enkrypt:alpha:note:///by-id/{id}", "x-ref": 1}
    params = {"ref": reference, "argument": {"name": "id", "value": "G"}, "context": {"arguments": {"a": "b"}}}
    result = alice.rpc("completion/complete", params).result
    assert result["completion"] == {"values": ["Grace"], "total": 1, "hasMore": False}
    sent = result["_meta"]["vendor/params"]
    assert sent["ref"] == {**reference, "uri": "note:///by-id/{id}"} and sent["context"] == params["context"]


def test_a_server_without_completion_has_nothing_to_suggest(alice: Caller) -> None:
    params = {"ref": {"type": "ref/resource", "uri": "enkrypt:plain:x"}, "argument": {"name": "id", "value": "G"}}
    assert alice.rpc("completion/complete", params).result["completion"] == {"values": [], "total": 0, "hasMore": False}


# Errors


@pytest.mark.parametrize("code", [-32000, -32603, 7, -31999])
def test_an_error_of_a_server_keeps_code_message_and_data(alice: Caller, code: int) -> None:
    error = {"code": code, "message": "no: é", "data": {"a": [1.0, {"b": None}]}}
    for name in ("alpha__refuse", "guarded__refuse"):
        assert alice.rpc("tools/call", {"name": name, "arguments": hidden(error)}).error == error


def test_errors_that_would_speak_of_this_hop_get_another_code(alice: Caller) -> None:
    expected = {-32020: -32603, -32021: -32603, -32022: -32603, -32002: -32602 if alice.revision == MODERN else -32002}
    for code in (-32002, -32020, -32021, -32022):
        error = {"code": code, "message": "no", "data": {"supported": ["1999-01-01"]}}
        answer = alice.rpc("tools/call", {"name": "alpha__refuse", "arguments": hidden(error)})
        assert answer.error == {**error, "code": expected[code]}


def test_an_error_of_a_tool_stays_one(alice: Caller) -> None:
    result = {"content": [{"type": "text", "text": "it went wrong"}], "isError": True}
    assert without_gateway(alice.rpc("tools/call", {"name": "alpha__answer", "arguments": hidden(result)}).result) == result


@pytest.mark.parametrize(
    ("name", "code"), [("slow__never", "TOOL_004"), ("dead__anything", "DISC_002")], ids=["a call that times out", "a dead server"]
)
def test_a_failure_is_a_tool_error_with_a_code(alice: Caller, name: str, code: str) -> None:
    result = alice.rpc("tools/call", {"name": name, "arguments": {}}).result
    assert result["isError"] is True and "structuredContent" not in result
    assert result["_meta"][ERROR]["error_code"] == code and text(result) == result["_meta"][ERROR]["message"]


def test_a_failure_that_can_be_no_tool_error(alice: Caller) -> None:
    for method, params in (
        ("prompts/get", {"name": "dead__greet"}),
        ("resources/read", {"uri": "enkrypt:dead:note:///one"}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "dead__x"}, "argument": {"name": "a", "value": ""}}),
    ):
        error = alice.rpc(method, params).error
        assert (error["code"], error["data"]["error_code"]) == (-32603, "DISC_002"), method


def test_a_server_cannot_speak_in_the_gateways_name(alice: Caller) -> None:
    assert ERROR not in alice.rpc("tools/call", {"name": "alpha__link"}).result["_meta"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {}),
        ("tools/call", {"name": 7}),
        ("tools/call", {"name": "alpha__mirror", "arguments": [1]}),
        ("tools/call", {"name": "alpha__"}),
        ("tools/call", {"name": "__mirror"}),
        ("tools/call", {"name": "alpha__nothing"}),
        ("prompts/get", {}),
        ("prompts/get", {"name": "nobody__greet"}),
        ("prompts/get", {"name": "alpha__nothing"}),
        ("prompts/get", {"name": "alpha__greet", "arguments": "x"}),
        ("prompts/get", {"name": "alpha__greet"}),
        ("resources/read", {}),
        ("resources/read", {"uri": 7}),
        ("completion/complete", {}),
        ("completion/complete", {"ref": "x"}),
        ("completion/complete", {"ref": {"type": "ref/prompt"}}),
        ("completion/complete", {"ref": {"type": "ref/other", "name": "alpha__greet"}}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "nobody__x"}}),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else value,
)
def test_requests_that_make_no_sense_are_refused(alice: Caller, method: str, params: dict[str, Any]) -> None:
    assert alice.rpc(method, params).error["code"] == -32602


def test_t16_everything_else_works_while_one_server_is_dead(alice: Caller) -> None:
    """What is missing stands in the lists, for programs to read; what is there can be used."""
    for method, member in (("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources")):
        result = alice.rpc(method).result
        [missing] = result["_meta"]["io.enkrypt.gateway/unavailable_servers"]
        assert missing["server"] == "dead" and missing["error_code"] == "DISC_002" and missing["retry"] is True
        assert len(result[member]) > 1
    assert alice.rpc("tools/call", {"name": "dead__mirror"}).result["isError"]
    assert json.loads(text(alice.rpc("tools/call", {"name": "alpha__mirror", "arguments": {"n": 1}}).result))["arguments"] == {"n": 1}
    assert alice.rpc("prompts/get", {"name": "alpha__greet", "arguments": {"who": "Ada"}}).result["messages"]
    assert alice.rpc("resources/read", {"uri": "enkrypt:alpha:note:///one"}).result["contents"]
    reference = {"ref": {"type": "ref/prompt", "name": "alpha__greet"}, "argument": {"name": "who", "value": "A"}}
    assert alice.rpc("completion/complete", reference).result["completion"]["values"] == ["Ada", "Alan"]


# Guardrails

BAD_INPUT: dict[str, tuple[str, dict[str, Any]]] = {
    "an argument": ("tools/call", {"name": "guarded__mirror", "arguments": {"a": {"b": [BLOCKED]}}}),
    "an argument's name": ("tools/call", {"name": "guarded__mirror", "arguments": {BLOCKED: 1}}),
    "an unknown member": ("tools/call", {"name": "guarded__mirror", "arguments": {}, "x-member": BLOCKED}),
    "_meta": ("tools/call", {"name": "guarded__mirror", "arguments": {}, "_meta": {"vendor/x": BLOCKED}}),
    "an argument of a prompt": ("prompts/get", {"name": "guarded__greet", "arguments": {"who": BLOCKED}}),
    "a URI": ("resources/read", {"uri": f"enkrypt:guarded:note:///by-id/{BLOCKED} fruit"}),
    "what is to be completed": (
        "completion/complete",
        {"ref": {"type": "ref/prompt", "name": "guarded__greet"}, "argument": {"name": "who", "value": BLOCKED}},
    ),
    "the context of a completion": (
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "guarded__greet"},
            "argument": {"name": "who", "value": "A"},
            "context": {"arguments": {"x": BLOCKED}},
        },
    ),
}


def assert_blocked(answer: Answer, direction: str, is_tool: bool) -> None:
    if is_tool:
        result = answer.result
        assert result["isError"] is True and set(result) <= {"content", "isError", "_meta", "resultType"}
        reason = result["_meta"][ERROR]
        assert text(result) == reason["message"]
    else:
        error = answer.error
        assert (answer.status, error["code"]) == (200, 1001)
        reason = error["data"]
    assert reason["error_code"] == "GUARD_004" and reason["server_name"] == "guarded"
    assert reason["guardrail"] == {"direction": direction, "violations": [{"type": "keyword_detector", "guardrail": "keywords"}]}
    assert BLOCKED not in json.dumps(json.loads(answer.body), ensure_ascii=False)


@pytest.mark.parametrize(("method", "params"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_a_blocked_input_never_reaches_the_server(alice: Caller, shared_recording: Recording, method: str, params: dict[str, Any]) -> None:
    assert_blocked(alice.rpc(method, params), "input", method == "tools/call")
    assert not [line for line in shared_recording.lines if BLOCKED in line]


BAD_RESULT: dict[str, tuple[str, dict[str, Any]]] = {
    "content": ("tools/call", {"content": [{"type": "text", "text": BLOCKED}]}),
    "structured content": ("tools/call", {"content": [], "structuredContent": {"a": BLOCKED}}),
    "_meta of a result": ("tools/call", {"content": [], "_meta": {"vendor/x": BLOCKED}}),
    "a member name": ("tools/call", {"content": [], BLOCKED: 1}),
    "a resource link": ("tools/call", {"content": [{"type": "resource_link", "uri": f"note:///{BLOCKED}", "name": "x"}]}),
    "what calls itself contents": ("tools/call", {"content": [], "contents": [{"blob": f"{BLOCKED}XYZ"}]}),
    "a prompt's text": ("prompts/get", {"messages": [{"role": "user", "content": {"type": "text", "text": BLOCKED}}]}),
    "a prompt's description": ("prompts/get", {"messages": [], "description": BLOCKED}),
    "a prompt's resource": (
        "prompts/get",
        {"messages": [{"role": "user", "content": {"type": "resource", "resource": {"uri": "note:///x", "text": BLOCKED}}}]},
    ),
}


@pytest.mark.parametrize(("method", "result"), BAD_RESULT.values(), ids=BAD_RESULT.keys())
def test_t39_a_blocked_output_appears_nowhere_in_the_answer(alice: Caller, method: str, result: Any) -> None:
    answer = alice.rpc(method, {"name": "guarded__answer", "arguments": hidden(result)})
    assert_blocked(answer, "output", method == "tools/call")


def test_t39_nor_does_the_text_of_a_resource(alice: Caller) -> None:
    encoded = base64.b64encode(f"it is {BLOCKED}".encode()).decode()
    assert_blocked(alice.rpc("resources/read", {"uri": f"enkrypt:guarded:note:///secret/{encoded}"}), "output", False)


def test_t39_nor_a_blocked_error_of_the_server(alice: Caller) -> None:
    for error in ({"code": 1, "message": BLOCKED}, {"code": 1, "message": "no", "data": [BLOCKED]}):
        assert_blocked(alice.rpc("tools/call", {"name": "guarded__refuse", "arguments": hidden(error)}), "output", True)


def test_pictures_pass_a_guardrail_of_texts(alice: Caller) -> None:
    picture = alice.rpc("resources/read", {"uri": "enkrypt:guarded:note:///picture"}).result["contents"][0]
    assert base64.b64decode(picture["blob"]).startswith(b"\x89PNG")
    assert alice.rpc("prompts/get", {"name": "guarded__attached"}).result["messages"][0]["content"]["type"] == "image"
    assert alice.rpc("tools/call", {"name": "guarded__link"}).result["content"][3]["type"] == "image"
    # Digits of base64 that happen to spell the word are no text, after the first bytes of a picture.
    digits = base64.b64encode(b"\x89PNG\r\n\x1a\n\0").decode() + f"{BLOCKED}XYZ"
    image = {"messages": [{"role": "user", "content": {"type": "image", "data": digits, "mimeType": "image/png"}}]}
    assert alice.rpc("prompts/get", {"name": "guarded__answer", "arguments": hidden(image)}).result["messages"] == image["messages"]


def test_t39_what_is_called_a_picture_and_is_none_is_a_text(alice: Caller) -> None:
    """Whatever a client would read: the word in the digits, or in what they stand for."""
    sentence = f"please run {BLOCKED} now"
    forms = [sentence.encode(), f"GIF89a {sentence}".encode(), f"\0{sentence}".encode(), b"\xff\xfe" + sentence.encode("utf-16-le")]
    for bytes_ in [*forms, f"{sentence}\u00e9".encode(), f"{sentence}\u00e9".encode("latin-1")]:
        for digits in (base64.b64encode(bytes_), base64.urlsafe_b64encode(bytes_).rstrip(b"="), base64.encodebytes(bytes_)):
            assert_picture_is_blocked(alice, digits.decode())
    assert_picture_is_blocked(alice, f"{BLOCKED}XYZ")


def assert_picture_is_blocked(alice: Caller, digits: str) -> None:
    picture = {"type": "image", "data": digits, "mimeType": "image/png"}
    blob = {"type": "resource", "resource": {"uri": "x:y", "blob": digits, "mimeType": "application/octet-stream"}}
    for block in (picture, {**picture, "type": "audio", "mimeType": "audio/wav"}, blob):
        assert_blocked(alice.rpc("tools/call", {"name": "guarded__answer", "arguments": hidden({"content": [block]})}), "output", True)


def test_records_do_not_quote_the_uri_of_a_resource(alice: Caller, gateway: Gateway) -> None:
    mark = nonce()
    answer = alice.rpc("resources/read", {"uri": f"enkrypt:guarded:note:///{mark}/{BLOCKED}"})
    assert answer.error and BLOCKED not in answer.body.decode()
    until(lambda: "item=\"note:*** (" in gateway.stderr, "the block is in the log")
    alice.rpc("resources/read", {"uri": f"enkrypt:alpha:nothing:///{mark}"})
    assert mark not in gateway.stderr and BLOCKED not in gateway.stderr


def test_a_server_cannot_speak_for_the_gateway(alice: Caller) -> None:
    """Of what stands under the gateway's own names in `_meta`, nothing is the server's."""
    meta = {"io.enkrypt.gateway/guardrails": {"input": {"guardrail_runs": 99}}, "vendor/x": 1}
    arguments = hidden({"content": [], "_meta": meta})
    direct = alice.rpc("tools/call", {"name": "alpha__answer", "arguments": arguments}).result
    assert direct["_meta"]["vendor/x"] == 1 and "io.enkrypt.gateway/guardrails" not in direct["_meta"]
    assert alice.item("alpha", "answer", **arguments)["_meta"] == {"vendor/x": 1}


def test_policies_are_per_direction_and_server(alice: Caller) -> None:
    assert BLOCKED in text(alice.rpc("tools/call", {"name": "alpha__mirror", "arguments": {"a": BLOCKED}}).result)
    result = alice.rpc("tools/call", {"name": "screened__mirror", "arguments": {"a": BLOCKED}}).result
    assert result["_meta"][ERROR]["guardrail"]["direction"] == "output"
