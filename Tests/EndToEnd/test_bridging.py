"""Everything that MCP has, through the gateway: every era of client before every era and transport of server."""

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Start
from servers.many_sided import catalogue
from support.bridges import (
    COMBINATIONS,
    CONTENTS,
    KEY,
    Bridge,
    Span,
    exposed,
    only,
    span,
    without_addresses,
)
from support.documents import ALICE, BLOCKED, BOB, nonce
from support.official import HTTP, IS_OLDEST, MODERN, SDK, Connected, Host, RefusedError, reach
from support.raw import LEGACY, Caller
from support.upstreams import ManySided
from support.waiting import until_true

pytestmark = [
    pytest.mark.skipif(IS_OLDEST, reason="version 1.8 of the SDK knows neither elicitation nor structured content"),
    pytest.mark.official_client,
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:.*deprecated as of.*", "ignore:.*is removed as of.*"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=COMBINATIONS, ids=str)
def shared(
    request: pytest.FixtureRequest,
    start_shared: Start,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Span]:
    with span(start_shared, tmp_path_factory.mktemp("bridge"), request.param) as made:
        yield made


@pytest.fixture
async def across(shared: Span) -> AsyncIterator[Bridge]:
    """A connection of this test's own: one that breaks breaks nothing else."""
    async with shared.connect() as made:
        yield made


# Definitions


async def test_the_server_is_seen_as_it_is(across: Bridge) -> None:
    if not across.combination.is_modern_client:
        assert across.client.negotiated == "2025-11-25"
        assert {
            "tools",
            "resources",
            "prompts",
            "logging",
            "completions",
        } <= across.client.capabilities.keys()
    assert [tool["name"] for tool in await across.client.all("tools")] == [tool["name"] for tool in catalogue.TOOLS]
    listed = across.client.last_result("tools")
    assert listed["tools"] == catalogue.TOOLS
    if across.combination.is_modern_client:
        assert listed["resultType"] == "complete" and listed["ttlMs"] >= 0 and listed["cacheScope"] == "private"
    else:
        await across.client.ping()


async def test_resources_and_prompts_are_listed_whole(across: Bridge) -> None:
    def whole(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: value for name, value in item.items() if name not in ("uri", "uriTemplate")} for item in items]

    await across.client.all("resources")
    assert whole(across.client.last_result("resources")["resources"]) == whole(catalogue.RESOURCES)
    await across.client.all("resource_templates")
    assert whole(across.client.last_result("resourceTemplates")["resourceTemplates"]) == whole(catalogue.TEMPLATES)
    await across.client.all("prompts")
    assert across.client.last_result("prompts")["prompts"] == catalogue.PROMPTS


# Results


async def test_every_type_of_content(across: Bridge) -> None:
    await across.client.call("contents")
    result = across.client.last_result("content")
    assert [without_addresses(block) for block in result["content"]] == CONTENTS
    link = next(block for block in result["content"] if block["type"] == "resource_link")
    assert link["uri"] == await across.uri("text"), "what is linked to can be read under that address"
    assert result["structuredContent"] == {"nested": {"list": [1, None, "x"]}}
    assert result["_meta"]["vendor.example/result"] == {"a": [1]}


async def test_numbers_keep_their_digits(across: Bridge) -> None:
    await across.client.call("numbers")
    assert json.dumps(across.client.last_result("structuredContent")["structuredContent"]) == json.dumps(catalogue.NUMBERS)


async def test_arguments_and_metadata_go_both_ways(across: Bridge) -> None:
    mark = nonce()
    arguments = {
        "text": f"\u00e9\U0001f600\u0000{mark}",
        "big": 2**63 - 1,
        "bigger": 10**30,
        "float": 1.0,
        "none": None,
        "list": [[], {}],
    }
    meta = {"vendor.example/asked": [1, {"x": None}]}
    result = await across.client.call("mirror", arguments, meta=meta)
    assert result["structuredContent"] == {
        "arguments": arguments,
        "meta": {**result["structuredContent"]["meta"], **meta},
    }
    assert result["_meta"]["vendor.example/asked"] == [1, {"x": None}] and result["_meta"]["vendor.example/answered"] is True
    [call] = across.calls("mirror", text=arguments["text"])
    assert call["arguments"] == arguments and call["_meta"]["vendor.example/asked"] == [
        1,
        {"x": None},
    ]


async def test_a_result_with_a_schema(across: Bridge) -> None:
    await across.client.tools()
    assert (await across.client.call("sum", {"a": 2, "b": 3}))["structuredContent"] == {"sum": 5}


async def test_the_protocol_of_each_hop_is_its_own(across: Bridge) -> None:
    seen = (await across.client.call("whoami"))["structuredContent"]
    assert seen["revision"] == (MODERN if across.combination.is_modern_server else "2025-11-25")
    assert seen["client"]["name"] != "mcp", "the server sees the gateway, not the client behind it"
    for message in across.recording.messages:
        meta = (message.get("params") or {}).get("_meta") or {}
        if message.get("method") == "server/discover":
            continue
        assert not across.combination.is_modern_server or "id" not in message or meta["io.modelcontextprotocol/protocolVersion"] == MODERN
        assert across.combination.is_modern_server or not any(name.startswith("io.modelcontextprotocol/") for name in meta)


async def test_t27_the_clients_credentials_stay_here(across: Bridge) -> None:
    await across.client.call("whoami")
    assert ALICE not in "".join(across.recording.lines) and ALICE not in json.dumps(across.recording.requests)


async def test_errors_stay_what_they_are(across: Bridge) -> None:
    failed = await across.client.call("fail", {"message": "as it should"})
    assert failed["isError"] is True and failed["content"] == [{"type": "text", "text": "as it should"}]
    data = {"deep": [1, {"x": None}], "big": 2**53 + 1}
    with pytest.raises(RefusedError) as caught:
        await across.client.call("refuse", {"code": -31999, "message": "no, sorry", "data": data})
    assert (caught.value.code, caught.value.message, caught.value.data) == (
        -31999,
        "no, sorry",
        data,
    )
    with pytest.raises(RefusedError) as caught:
        await across.client.call("nonexistent")
    assert caught.value.code == -32602
    assert await across.client.text("echo", message="on it goes") == "on it goes"


async def test_headers_that_mirror_arguments(across: Bridge) -> None:
    await across.client.tools()
    result = await across.client.call("routed", {"region": "caf\u00e9", "size": 3})
    if across.combination.is_modern_server and across.combination.transport == "http":
        assert result["structuredContent"] == {
            "mcp-param-region": "=?base64?Y2Fmw6k=?=",
            "mcp-param-size": "3",
        }
    else:
        assert not result.get("isError")


# While a call runs


async def test_t35_progress(across: Bridge) -> None:
    seen: list[Any] = []

    async def note(*progress: Any) -> None:
        seen.append(progress)

    assert (await across.client.call("progress", {"steps": 4, "pause_ms": 10}, progress=note))["content"][0]["text"] == "4 steps"
    assert seen == [(step, 4, f"step {step}") for step in range(1, 5)], "all of it, in order, before the answer"
    assert await across.client.text("progress", steps=2) == "2 steps"
    assert len(seen) == 4, "none without a token"


async def test_progress_of_calls_at_once_does_not_mix(across: Bridge) -> None:
    seen: dict[int, list[float]] = {number: [] for number in range(2, 12)}

    async def call(steps: int) -> None:
        async def note(done: float, total: float | None, _: str | None) -> None:
            assert total == steps
            seen[steps].append(done)

        await across.client.call("progress", {"steps": steps, "pause_ms": 5}, progress=note)

    async with anyio.create_task_group() as group:
        for steps in seen:
            group.start_soon(call, steps)
    assert seen == {steps: [float(step) for step in range(1, steps + 1)] for steps in seen}


async def test_t35_log_messages(across: Bridge) -> None:
    if not across.combination.is_modern_client:
        await across.client.set_level("notice")
    await across.client.text("log", message="hello")
    await until_true(lambda: len(across.host.logged) == 6, "messages of six levels arrive")
    assert [entry["level"] for entry in across.host.logged] == [
        "notice",
        "warning",
        "error",
        "critical",
        "alert",
        "emergency",
    ]
    assert across.host.logged[0]["data"] == {"message": "hello", "level": "notice"}


async def test_the_level_of_log_messages_reaches_the_server_in_its_own_way(across: Bridge) -> None:
    if not across.combination.is_modern_client:
        await across.client.set_level("notice")
    await across.client.text("log", message="hello")
    if across.combination.is_modern_server:
        [call] = across.calls("log", message="hello")[-1:]
        assert call["_meta"]["io.modelcontextprotocol/logLevel"] == "notice"
        return
    asked = [message["params"]["level"] for message in across.recording.of("logging/setLevel")]
    assert asked and len(asked) == len(set(asked)), "once for each level"
    assert "notice" in asked or "debug" in asked


async def test_t35_a_call_that_is_given_up_is_cancelled(across: Bridge) -> None:
    mark = nonce()

    def told(event: str) -> bool:
        return any(entry["mark"] == mark for entry in across.recording.events(event))

    with anyio.move_on_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(across.client.call, "wait", {"mark": mark})
            await until_true(lambda: told("waiting"), "the call has begun")
            if SDK == 1:
                await _cancel(across.client)
            group.cancel_scope.cancel()
    await until_true(lambda: told("cancelled"), "the server stops")
    assert not told("done")
    assert await across.client.text("echo", message="on it goes") == "on it goes"


async def _cancel(client: Connected) -> None:
    """Version 1 of the client tells nobody that it has given up, so the test says it; the newest request is the one that it waits for."""
    from mcp import types

    params = types.CancelledNotificationParams(requestId=client.session._request_id - 1, reason="given up")
    await client.session.send_notification(types.ClientNotification(types.CancelledNotification(params=params)))


async def test_calls_at_once_do_not_mix(across: Bridge) -> None:
    answers: dict[str, str] = {}

    async def call(number: int) -> None:
        answers[f"id {number}"] = await across.client.text("later", id=f"id {number}", ms=200 - number * 2)

    async with anyio.create_task_group() as group:
        for number in range(60):
            group.start_soon(call, number)
    assert answers == {name: name for name in answers} and len(answers) == 60


# What a server asks of a client


async def test_t35_sampling(across: Bridge) -> None:
    result = await across.client.call("sample")
    assert result["structuredContent"]["sample"]["content"]["text"] == "Paris"
    [(method, params)] = across.host.asked
    assert method == "sampling/createMessage"
    assert [message["content"]["type"] for message in params["messages"]] == [
        "text",
        "image",
    ]
    assert params["modelPreferences"]["hints"] == [{"name": "small"}] and params["systemPrompt"] == "Be brief."


async def test_t35_elicitation(across: Bridge) -> None:
    result = await across.client.call("elicit", {"message": "Who?"})
    assert result["structuredContent"]["form"] == {
        "action": "accept",
        "content": {"name": "Ada", "age": 36, "fond": True, "colour": "red"},
    }
    [(method, params)] = across.host.asked
    assert method == "elicitation/create" and params["message"] == "Who?"
    assert params["requestedSchema"]["properties"]["colour"] == {
        "type": "string",
        "enum": ["red", "green"],
    }
    fill_in, across.host.fill_in = across.host.fill_in, lambda _: {"action": "cancel"}
    try:
        assert (await across.client.call("elicit"))["structuredContent"]["form"] == {"action": "cancel"}
    finally:
        across.host.fill_in = fill_in


async def test_t35_roots_and_several_things_at_once(across: Bridge) -> None:
    result = await across.client.call("roots")
    assert result["structuredContent"]["roots"]["roots"] == [{"uri": "file:///home/ada", "name": "Home"}]
    result = await across.client.call("everything_at_once")
    assert result["structuredContent"].keys() == {"sample", "form", "roots"}
    assert sorted(method for method, _ in across.host.asked) == [
        "elicitation/create",
        "roots/list",
        "roots/list",
        "sampling/createMessage",
    ]


async def test_two_questions_in_one_call(across: Bridge) -> None:
    result = await across.client.call("interview")
    assert result["structuredContent"]["first"]["content"] == {"name": "Ada"}
    assert result["structuredContent"]["second"]["content"] == {"age": 36}
    assert [params["message"] for _, params in across.host.asked] == [
        "Your name?",
        "How old, Ada?",
    ]


async def test_a_visit_to_a_web_page(across: Bridge, shared: Span) -> None:
    """Whether it is done is told to the client that was asked, in revisions that know such a message, and to no other."""
    visit = nonce()
    fill_in, across.host.fill_in = across.host.fill_in, lambda _: {"action": "accept"}
    try:
        result = await across.client.call("visit", {"id": visit})
    finally:
        across.host.fill_in = fill_in
    assert result["structuredContent"]["visit"] == {"action": "accept"}
    [(method, params)] = across.host.asked
    assert (method, params["mode"], params["url"]) == ("elicitation/create", "url", "https://example.com/consent")
    async with shared.connect() as other:
        await other.client.text("visited", id=visit)
        if not across.combination.is_modern_client and not across.combination.is_modern_server:
            await until_true(lambda: across.client.notifications("notifications/elicitation/complete"), "the end is told")
            assert across.client.notifications("notifications/elicitation/complete") == [{"elicitationId": visit}]
        await across.client.text("echo", message="on it goes")
        assert not other.client.notifications("notifications/elicitation/complete")


async def test_many_conversations_at_once_do_not_mix(across: Bridge) -> None:
    answers: dict[str, Any] = {}
    fill_in, across.host.fill_in = (
        across.host.fill_in,
        lambda params: {"action": "accept", "content": {"name": params["message"]}},
    )

    async def call(text: str) -> None:
        result = await across.client.call("elicit", {"message": text})
        assert not result.get("isError"), result
        answers[text] = result["structuredContent"]["form"]["content"]["name"]

    try:
        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(call, f"question {number}")
    finally:
        across.host.fill_in = fill_in
    assert answers == {name: name for name in answers} and len(answers) == 10


async def test_a_question_outlives_another_call_of_the_same_client(across: Bridge) -> None:
    """Servers of the older revisions do not say to which call a question belongs. One that ends meanwhile does not take it along."""
    results: dict[str, Any] = {}

    def fill_in(params: Any) -> Any:
        time.sleep(1.5)
        return {"action": "accept", "content": {"name": params["message"]}}

    async def call(tool: str, arguments: dict[str, Any]) -> None:
        results[tool] = await across.client.call(tool, arguments)

    before, across.host.fill_in = across.host.fill_in, fill_in
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(call, "elicit", {"message": "mine", "ms": 600})
            await anyio.sleep(0.2)
            group.start_soon(call, "wait", {"mark": nonce(), "seconds": 0.9})
    finally:
        across.host.fill_in = before
    assert results["elicit"]["structuredContent"]["form"] == {"action": "accept", "content": {"name": "mine"}}
    assert results["wait"]["content"][0]["text"] == "done"


async def test_a_client_is_not_asked_what_it_cannot_do(across: Bridge) -> None:
    """Old clients lose their connection to a request that they do not know."""
    url = f"http://127.0.0.1:{across.gateway.port}{only('many')}"
    host = Host(sampling=False, elicitation=False)
    async with reach(HTTP(url, KEY), across.combination.mode, host) as client:
        seen = (await client.call("whoami"))["structuredContent"]["capabilities"]
        assert not {"sampling", "elicitation"} & seen.keys(), "what the client cannot do is not promised to the server"
        for tool, key in (("elicit", "form"), ("sample", "sample")):
            try:
                result = await client.call(tool)
            except RefusedError as refusal:
                assert refusal.code in (-32021, -32600, -32601, -32603)
            else:
                assert result.get("isError") or "error" in result["structuredContent"][key]
        assert not host.asked
        assert not [message for message in client.heard if "method" in message and "id" in message]
        assert (await client.call("roots"))["structuredContent"]["roots"]["roots"]
        assert await client.text("echo", message="on it goes") == "on it goes"


# Resources, prompts, completion


async def test_resources(across: Bridge) -> None:
    uri = await across.uri("text")
    [text] = (await across.client.read(uri))["contents"]
    assert text == {
        "uri": uri,
        "mimeType": "text/plain",
        "text": "hello, world",
        "_meta": {"vendor.example/read": True},
    }
    [blob] = (await across.client.read(await across.uri("blob")))["contents"]
    assert blob["blob"] == catalogue.BYTES
    odd = await across.uri("odd")
    assert (await across.client.read(odd))["contents"][0]["text"] == "file:///with%20space/and?query=1#part"
    nowhere = uri.replace("text", "nowhere")
    with pytest.raises(RefusedError) as caught:
        await across.client.read(nowhere)
    assert caught.value.code == (-32602 if across.combination.is_modern_client else -32002)


async def test_templates(across: Bridge) -> None:
    template = await across.template("items")
    assert "{kind}" in template and "{number}" in template
    uri = template.replace("{kind}", "apple").replace("{number}", "2")
    item, note = (await across.client.read(uri))["contents"]
    assert item["uri"] == uri and json.loads(item["text"]) == {"kind": "apple", "number": 2} and note["text"] == "a note"


async def test_prompts(across: Bridge) -> None:
    greeting = await across.client.prompt("greet", name="Ada", tone="formal")
    assert greeting["messages"][0] == {
        "role": "user",
        "content": {"type": "text", "text": "Say hello to Ada, formal."},
    }
    assert greeting["description"] == "Greets somebody"
    await across.client.prompt("everything")
    blocks = [message["content"] for message in across.client.last_result("messages")["messages"]]
    assert [without_addresses(block) for block in blocks] == CONTENTS
    for name, arguments in (("greet", {}), ("nonexistent", {})):
        with pytest.raises(RefusedError) as caught:
            await across.client.prompt(name, **arguments)
        assert caught.value.code == -32602


async def test_completion(across: Bridge) -> None:
    prompt = {"type": "ref/prompt", "name": "greet"}
    items = {"type": "ref/resource", "uri": await across.template("items")}
    search = {"type": "ref/resource", "uri": await across.template("search")}
    assert (await across.client.complete(prompt, "tone", "f"))["values"] == [
        "friendly",
        "formal",
        "frosty",
    ]
    assert (await across.client.complete(items, "kind", "a"))["values"] == ["apple"]
    assert (await across.client.complete(items, "number", "1", {"kind": "pear"}))["values"] == ["10"]
    many = await across.client.complete(search, "query", "")
    assert (len(many["values"]), many["total"], many["hasMore"]) == (100, 250, True)


# The state of a conversation, in the hands of a modern client

ASKING = {
    "io.modelcontextprotocol/clientCapabilities": {
        "elicitation": {},
        "sampling": {},
        "roots": {},
    }
}
ACCEPTED = {
    "action": "accept",
    "content": {"name": "Ada", "age": 36, "fond": True, "colour": "red"},
}


def ask(caller: Caller, message: str, **again: Any) -> Any:
    """One round of a call to `elicit`."""
    params = {
        "name": "elicit",
        "arguments": {"message": message},
        "_meta": ASKING,
        **again,
    }
    return caller.rpc("tools/call", params, path=only("many"))


def spoil(state: str) -> str:
    """The same with one character changed."""
    middle = len(state) // 2
    return state[:middle] + ("A" if state[middle] != "A" else "B") + state[middle + 1 :]


@pytest.fixture(
    scope="module",
    params=[combination for combination in COMBINATIONS if combination.is_modern_client],
    ids=str,
)
def stateful(
    request: pytest.FixtureRequest,
    start_shared: Start,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Span]:
    with span(start_shared, tmp_path_factory.mktemp("state"), request.param) as made:
        yield made


def test_a_conversation_is_gone_on_with_by_its_state(stateful: Span) -> None:
    alice, question = Caller(stateful.gateway, ALICE), nonce()
    asked = ask(alice, question).result
    assert asked["resultType"] == "input_required" and "content" not in asked
    [(key, request)] = asked["inputRequests"].items()
    assert request["method"] == "elicitation/create" and request["params"]["message"] == question
    done = ask(
        alice,
        question,
        requestState=asked["requestState"],
        inputResponses={key: ACCEPTED},
    ).result
    assert done["resultType"] == "complete" and done["structuredContent"]["form"]["content"]["name"] == "Ada"
    calls = [call for call in stateful.upstream.recording.calls if question in json.dumps(call)]
    assert len(calls) == (2 if '"inputResponses"' in json.dumps(calls) else 1), "the work is not done twice"


def test_the_state_is_sealed(stateful: Span) -> None:
    alice, question = Caller(stateful.gateway, ALICE), nonce()
    asked = ask(alice, question).result
    state = asked["requestState"]
    [key] = asked["inputRequests"]
    assert ALICE not in state and question not in state
    for piece in state.split("."):
        text = base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)) if piece.isascii() else b""
        assert b"asked" not in text and question.encode() not in text
    answers = {key: ACCEPTED}
    for caller, said, sent in (
        (alice, question, spoil(state)),
        (alice, question, "nonsense"),
        (alice, f"another {question}", state),
        (Caller(stateful.gateway, BOB), question, state),
    ):
        answer = ask(caller, said, requestState=sent, inputResponses=answers)
        assert answer.error["code"] == -32602, (said, sent)
    assert ask(alice, question, requestState=state, inputResponses=answers).result["resultType"] == "complete"


def test_a_client_that_declares_nothing_is_not_asked(stateful: Span) -> None:
    answer = Caller(stateful.gateway, ALICE).rpc("tools/call", {"name": "elicit", "arguments": {}}, path=only("many"))
    if "error" in answer.json:
        assert answer.error["code"] == -32021 and answer.status == 400 and "elicitation" in answer.error["data"]["requiredCapabilities"]
    else:
        assert answer.result["resultType"] == "complete" and "error" in json.dumps(answer.result)


# Guardrails see all of it


@pytest.fixture(scope="module", params=COMBINATIONS, ids=str)
def shared_guarded(
    request: pytest.FixtureRequest,
    start_shared: Start,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Span]:
    with span(start_shared, tmp_path_factory.mktemp("guarded"), request.param, guarded=True) as made:
        yield made


@pytest.fixture
async def guarded(shared_guarded: Span) -> AsyncIterator[Bridge]:
    async with shared_guarded.connect() as made:
        yield made


def refused(outcome: dict[str, Any] | RefusedError) -> bool:
    return isinstance(outcome, RefusedError) or outcome.get("isError") is True


async def outcome(work: Any) -> dict[str, Any] | RefusedError:
    try:
        return await work
    except RefusedError as refusal:
        return refusal


async def test_t35_what_is_decent_passes_both_ways_with_guards_on(
    guarded: Bridge,
) -> None:
    seen: list[float] = []

    async def note(done: float, *_: Any) -> None:
        seen.append(done)

    assert (await guarded.client.call("progress", {"steps": 3}, progress=note))["content"][0]["text"] == "3 steps"
    assert seen == [1, 2, 3]
    if not guarded.combination.is_modern_client:
        await guarded.client.set_level("notice")
    await guarded.client.text("log", message="decent")
    await until_true(lambda: len(guarded.host.logged) == 6, "messages of six levels arrive")
    assert (await guarded.client.call("everything_at_once"))["structuredContent"].keys() == {"sample", "form", "roots"}
    await guarded.client.call("contents")
    assert [without_addresses(block) for block in guarded.client.last_result("content")["content"]] == CONTENTS
    await guarded.client.call("numbers")
    assert json.dumps(guarded.client.last_result("structuredContent")["structuredContent"]) == json.dumps(catalogue.NUMBERS)
    await guarded.client.all("tools")
    assert guarded.client.last_result("tools")["tools"] == catalogue.TOOLS


async def test_a_blocked_argument_reaches_no_server(guarded: Bridge) -> None:
    mark = nonce()
    for arguments in (
        {"message": f"{BLOCKED} {mark}"},
        {"message": mark, "other": [{"deep": BLOCKED}]},
    ):
        assert refused(await outcome(guarded.client.call("echo", arguments)))
    assert refused(await outcome(guarded.client.prompt("greet", name=f"{BLOCKED} {mark}")))
    template = await guarded.template("search")
    assert refused(await outcome(guarded.client.read(template.replace("{?query}", f"?query={BLOCKED}{mark}"))))
    assert mark not in "".join(guarded.recording.lines)
    assert await guarded.client.text("echo", message="decent") == "decent"


async def test_a_blocked_result_reaches_no_client(guarded: Bridge) -> None:
    """The server puts the word together, so that nothing blocked goes in."""
    heard, letters, spelled = (
        len(guarded.client.heard),
        list(reversed(BLOCKED)),
        "-".join(reversed(BLOCKED)),
    )
    assert refused(await outcome(guarded.client.call("spell", {"letters": letters})))
    assert refused(await outcome(guarded.client.call("spell", {"letters": letters, "into": "error"})))
    assert refused(await outcome(guarded.client.prompt("spelled", letters=spelled)))
    template = await guarded.template("spelled")
    assert refused(await outcome(guarded.client.read(template.replace("{letters}", spelled))))
    assert BLOCKED not in json.dumps(guarded.client.heard[heard:])


async def test_a_blocked_question_reaches_no_user(guarded: Bridge) -> None:
    guarded.host.asked.clear()
    for tool in ("elicit", "sample"):
        result = await outcome(guarded.client.call("spell", {"letters": list(reversed(BLOCKED)), "into": tool}))
        assert refused(result) or BLOCKED not in json.dumps(result)
    assert BLOCKED not in json.dumps(guarded.host.asked)


async def test_a_blocked_answer_of_the_user_reaches_no_server(guarded: Bridge) -> None:
    mark = f"{BLOCKED} {nonce()}"
    assert (await guarded.client.call("elicit"))["structuredContent"]["form"]["action"] == "accept"
    fill_in, guarded.host.fill_in = (
        guarded.host.fill_in,
        lambda _: {"action": "accept", "content": {"name": mark}},
    )
    try:
        await outcome(guarded.client.call("elicit"))
    finally:
        guarded.host.fill_in = fill_in
    assert mark not in "".join(guarded.recording.lines)


async def test_blocked_progress_and_log_messages_reach_no_client(
    guarded: Bridge,
) -> None:
    heard = len(guarded.client.heard)
    if not guarded.combination.is_modern_client:
        await guarded.client.set_level("debug")
    for into in ("log", "progress"):
        await outcome(guarded.client.call("spell", {"letters": list(reversed(BLOCKED)), "into": into}, progress=_ignore))
    assert BLOCKED not in json.dumps(guarded.client.heard[heard:])


async def _ignore(*_: Any) -> None: ...


# Both eras at the same address, at the same time


async def test_clients_of_every_revision_side_by_side(shared: Span) -> None:
    def work(revision: str, key: str) -> str:
        caller = Caller(shared.gateway, key, revision)
        path = only("many")
        if revision != MODERN:
            hello = {
                "protocolVersion": revision,
                "capabilities": {},
                "clientInfo": {"name": "x", "version": "1"},
            }
            caller.session = caller.rpc("initialize", hello, path=path).headers["mcp-session-id"]
            caller.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, path=path)
        answer = caller.rpc(
            "tools/call",
            {"name": "echo", "arguments": {"message": f"{revision} {key[:5]}"}},
            path=path,
        )
        return answer.result["content"][0]["text"]

    answers: list[str] = []

    async def one(revision: str, key: str) -> None:
        answers.append(await anyio.to_thread.run_sync(work, revision, key))

    expected = [(revision, key) for revision in [MODERN, *LEGACY] for key in (ALICE, BOB)]
    async with anyio.create_task_group() as group:
        for revision, key in expected:
            group.start_soon(one, revision, key)
    assert sorted(answers) == sorted(f"{revision} {key[:5]}" for revision, key in expected)


def test_t30_every_path_of_a_server_is_under_the_same_rules(start: Start, tmp_path: Path) -> None:
    with ManySided("stdio", tmp_path / "record") as upstream:
        gateway = start(exposed([upstream.entry("many")]))
        for path in (only("many"), only("many").rstrip("/")):
            assert Caller(gateway, None).rpc("tools/list", path=path).status == 401
            assert Caller(gateway, ALICE).rpc("tools/list", path=path).status == 200
            assert Caller(gateway, ALICE).rpc("tools/list", path=path, headers={"Origin": "https://evil.example"}).status == 403
        outside = [
            "nowhere/",
            "",
            "many/x",
            "../servers/many/",
            "%2e%2e/servers/many/",
            "many%2f",
            "many/../many/",
            "MANY/",
        ]
        for path in (f"/mcp/servers/{rest}" for rest in outside):
            assert Caller(gateway, ALICE).rpc("tools/list", path=path).status == 404
