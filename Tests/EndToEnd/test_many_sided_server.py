"""The many-sided server itself, with nothing between it and the official client: what tests through the gateway are to be compared with."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from servers.many_sided import catalogue
from support.official import IS_OLDEST, MODES, SDK, Connected, Host, RefusedError, reach
from support.raw import MODERN
from support.recording import Recording
from support.upstreams import ERAS, TRANSPORTS, ManySided
from support.waiting import until_true

pytestmark = [
    pytest.mark.official_client,
    pytest.mark.anyio,
    pytest.mark.skipif(IS_OLDEST, reason="version 1.8 of the SDK has fewer sides"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*deprecated as of 2026-07-28.*", "ignore:.*is removed as of.*"),
]

#: A name's mode is decided once, below; everything else is tried in both eras.
SIDES = [(transport, mode) for transport in TRANSPORTS for mode in MODES if mode != "auto" and (transport, mode) != ("sse", MODERN)]
#: The era that a server admits to, and how a client comes to it; without those that every other test is about.
MEETINGS = [(era, mode) for era in ERAS for mode in MODES if SDK == 1 or (era, mode) not in (("legacy", "legacy"), ("modern", MODERN))]


@dataclass
class Side:
    """One way to the server, and what there is at both of its ends."""

    upstream: ManySided
    client: Connected
    host: Host
    recording: Recording


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=SIDES, ids="-".join)
async def side(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    transport, mode = request.param
    host = Host(log_level="notice")
    with ManySided(transport, tmp_path_factory.mktemp("many-sided") / "record") as upstream:
        async with reach(upstream.target(), mode, host) as client:
            yield Side(upstream, client, host, upstream.recording)


@pytest.fixture
def client(side: Side) -> Iterator[Connected]:
    side.host.asked.clear()
    side.host.logged.clear()
    yield side.client


# The handshake


async def test_it_says_who_it_is_and_what_it_can_do(client: Connected) -> None:
    if client.is_modern:
        pytest.skip("a client that is told the revision does not ask")
    assert client.negotiated == "2025-11-25"
    assert client.server_name == "many-sided" and client.instructions == catalogue.INSTRUCTIONS
    capabilities = client.capabilities
    assert capabilities["tools"] == capabilities["prompts"] == {"listChanged": True}
    assert capabilities["resources"] == {"listChanged": True, "subscribe": True}
    assert {"logging", "completions"} <= capabilities.keys()
    await client.ping()


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize(("era", "mode"), MEETINGS)
async def test_a_server_of_one_era_is_reached_by_those_who_know_it(tmp_path: Any, transport: str, era: str, mode: str) -> None:
    expected = {"auto": era, "legacy": "legacy", MODERN: "modern"}[mode]
    with ManySided(transport, tmp_path / "record", era=era) as upstream:
        if expected != era:
            with pytest.raises(BaseException) as caught:  # noqa: PT011 — the two versions have errors of their own, some in groups
                with anyio.fail_after(20):
                    async with reach(upstream.target(), mode) as client:
                        await client.tools()
            assert not isinstance(caught.value, TimeoutError)
            return
        async with reach(upstream.target(), mode) as client:
            assert client.negotiated == (MODERN if era == "modern" else "2025-11-25")
            assert await client.text("echo", message="hello") == "hello"
        methods = [message.get("method") for message in upstream.recording.messages]
        assert ("initialize" in methods) == (era == "legacy")
        assert ("server/discover" in methods) == (mode == "auto")


# Lists


async def test_definitions_arrive_whole(client: Connected) -> None:
    assert [tool["name"] for tool in await client.all("tools")] == [tool["name"] for tool in catalogue.TOOLS]
    assert client.last_result("tools")["tools"] == catalogue.TOOLS
    await client.all("resources")
    assert client.last_result("resources")["resources"] == catalogue.RESOURCES
    await client.all("resource_templates")
    assert client.last_result("resourceTemplates")["resourceTemplates"] == catalogue.TEMPLATES
    await client.all("prompts")
    assert client.last_result("prompts")["prompts"] == catalogue.PROMPTS


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "auto"])
async def test_pages(tmp_path: Any, mode: str) -> None:
    with ManySided("http", tmp_path / "record", "--page-size", "2") as upstream:
        async with reach(upstream.target(), mode) as client:
            for kind, items in (("tools", catalogue.TOOLS), ("resources", catalogue.RESOURCES), ("prompts", catalogue.PROMPTS)):
                assert [item["name"] for item in await client.all(kind)] == [item["name"] for item in items]
            first = await client.page("resources")
            assert len(first["resources"]) == 2 and first["nextCursor"]
            for cursor in ("nonsense", "tools@2", "resources@2000"):
                with pytest.raises(RefusedError) as caught:
                    await client.page("resources", cursor)
                assert caught.value.code == -32602


async def test_lists_change(client: Connected) -> None:
    before = {kind: len(await client.all(kind)) for kind in ("tools", "resources", "prompts")}
    methods = [f"notifications/{kind}/list_changed" for kind in before]
    try:
        if client.is_modern:
            async with client.listen(tools_list_changed=True, prompts_list_changed=True) as changes:
                await client.text("grow", name="grown")
                with anyio.fail_after(20):
                    names = {type(await anext(changes)).__name__ for _ in range(2)}
                assert names == {"ToolsListChanged", "PromptsListChanged"}
        else:
            await client.text("grow", name="grown")
            await until_true(lambda: all(client.notifications(method) for method in methods), "every list is said to have changed")
        assert {kind: len(await client.all(kind)) for kind in before} == {kind: count + 1 for kind, count in before.items()}
        assert await client.text("grown") == "grown was grown"
    finally:
        await client.text("shrink", name="grown")
    assert {kind: len(await client.all(kind)) for kind in before} == before


# Results of tools


async def test_every_type_of_content(client: Connected) -> None:
    await client.call("contents")
    result = client.last_result("content")
    assert result["content"] == catalogue.contents()
    assert result["structuredContent"] == {"nested": {"list": [1, None, "x"]}}
    assert result["_meta"]["vendor.example/result"] == {"a": [1]}


async def test_numbers_keep_their_digits(client: Connected) -> None:
    await client.call("numbers")
    assert json.dumps(client.last_result("structuredContent")["structuredContent"]) == json.dumps(catalogue.NUMBERS)


async def test_arguments_and_metadata_go_both_ways(side: Side, client: Connected) -> None:
    arguments = {"text": "\u00e9\U0001f600\u0000", "big": 2**63 - 1, "bigger": 10**30, "float": 1.0, "none": None, "list": [[], {}]}
    result = await client.call("mirror", arguments, meta={"vendor.example/asked": [1, {"x": None}]})
    assert result["structuredContent"] == {"arguments": arguments, "meta": {"vendor.example/asked": [1, {"x": None}]}}
    assert result["_meta"]["vendor.example/asked"] == [1, {"x": None}] and result["_meta"]["vendor.example/answered"] is True
    [call] = [call for call in side.recording.calls if call["params"]["name"] == "mirror"]
    assert call["params"]["arguments"] == arguments
    assert call["params"]["_meta"]["vendor.example/asked"] == [1, {"x": None}]


async def test_a_result_with_a_schema(client: Connected) -> None:
    await client.tools()
    assert (await client.call("sum", {"a": 2, "b": 3}))["structuredContent"] == {"sum": 5}
    assert (await client.call("sum", {"a": 2}))["isError"] is True


async def test_it_knows_the_client(client: Connected) -> None:
    seen = (await client.call("whoami"))["structuredContent"]
    assert seen["server"] == "many-sided" and seen["revision"] == client.negotiated
    assert seen["client"]["name"] == "mcp" and {"sampling", "elicitation", "roots"} <= seen["capabilities"].keys()


async def test_errors(client: Connected) -> None:
    failed = await client.call("fail", {"message": "as it should"})
    assert failed["isError"] is True and failed["content"][0]["text"] == "as it should"
    data = {"deep": [1, {"x": None}], "big": 2**53 + 1}
    with pytest.raises(RefusedError) as caught:
        await client.call("refuse", {"code": -31999, "message": "no, sorry", "data": data})
    assert (caught.value.code, caught.value.message, caught.value.data) == (-31999, "no, sorry", data)
    with pytest.raises(RefusedError) as caught:
        await client.call("nonexistent")
    assert caught.value.code == -32602


async def test_ten_megabytes(side: Side, client: Connected) -> None:
    if SDK >= 2 and side.upstream.transport != "stdio" and not client.is_modern:
        pytest.skip("version 2 of the client takes no event beyond 1 MiB, and its server answers with events")
    assert len(await client.text("flood", bytes=10 << 20)) == 10 << 20


async def test_headers_that_mirror_arguments(side: Side, client: Connected) -> None:
    if not client.is_modern or side.upstream.transport != "http":
        pytest.skip("only the newest revision over HTTP has them")
    await client.tools()
    result = await client.call("routed", {"region": "caf\u00e9", "size": 3})
    assert result["structuredContent"] == {"mcp-param-region": "=?base64?Y2Fmw6k=?=", "mcp-param-size": "3"}
    last = side.recording.requests[-1]["headers"]
    assert last["mcp-name"] == "routed" and last["mcp-method"] == "tools/call" and "mcp-session-id" not in last


# While a call runs


async def test_progress(client: Connected) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def note(*progress: Any) -> None:
        seen.append(progress)

    assert (await client.call("progress", {"steps": 4}, progress=note))["content"][0]["text"] == "4 steps"
    await until_true(lambda: len(seen) == 4, "all progress arrives")
    assert seen == [(step, 4, f"step {step}") for step in range(1, 5)]


async def test_log_messages(side: Side, client: Connected) -> None:
    if not client.is_modern:
        await client.set_level("notice")
    await client.text("log", message="hello")
    await until_true(lambda: len(side.host.logged) == 6, "messages of six levels arrive")
    assert [entry["level"] for entry in side.host.logged] == ["notice", "warning", "error", "critical", "alert", "emergency"]
    assert side.host.logged[0]["data"] == {"message": "hello", "level": "notice"} and side.host.logged[0]["logger"] == "many-sided"


async def test_it_asks_for_a_sample(side: Side, client: Connected) -> None:
    result = await client.call("sample")
    assert result["structuredContent"]["sample"]["content"]["text"] == "Paris"
    [(method, params)] = side.host.asked
    assert method == "sampling/createMessage"
    assert [message["content"]["type"] for message in params["messages"]] == ["text", "image"]
    assert params["modelPreferences"]["hints"] == [{"name": "small"}] and params["systemPrompt"] == "Be brief."


async def test_it_asks_the_user(side: Side, client: Connected) -> None:
    result = await client.call("elicit", {"message": "Who?"})
    assert result["structuredContent"]["form"]["content"]["name"] == "Ada"
    [(method, params)] = side.host.asked
    assert method == "elicitation/create" and params["message"] == "Who?"
    assert params["requestedSchema"]["properties"]["colour"] == {"type": "string", "enum": ["red", "green"]}
    fill_in, side.host.fill_in = side.host.fill_in, lambda _: {"action": "decline"}
    try:
        assert (await client.call("elicit"))["structuredContent"]["form"] == {"action": "decline"}
    finally:
        side.host.fill_in = fill_in


async def test_it_asks_for_roots_and_for_several_things_at_once(side: Side, client: Connected) -> None:
    result = await client.call("roots")
    assert result["structuredContent"]["roots"]["roots"] == [{"uri": "file:///home/ada", "name": "Home"}]
    result = await client.call("everything_at_once")
    assert result["structuredContent"].keys() == {"sample", "form", "roots"}
    assert sorted(method for method, _ in side.host.asked) == ["elicitation/create", "roots/list", "roots/list", "sampling/createMessage"]


async def test_it_asks_twice_in_one_call(side: Side, client: Connected) -> None:
    result = await client.call("interview")
    assert result["structuredContent"]["first"]["content"]["name"] == "Ada"
    assert [params["message"] for _, params in side.host.asked] == ["Your name?", "How old, Ada?"]


async def test_a_client_without_abilities_is_asked_all_the_same(tmp_path: Any) -> None:
    """As real servers do, it does not look at what was declared; whoever is in between has to."""
    with ManySided("stdio", tmp_path / "record") as upstream:
        async with reach(upstream.target(), "legacy") as client:
            assert (await client.call("whoami"))["structuredContent"]["capabilities"] == {}
            answer = (await client.call("elicit"))["structuredContent"]["form"]
            assert answer["error"]["code"] in (-32600, -32601)


async def test_a_call_that_is_given_up_is_cancelled(side: Side, client: Connected) -> None:
    mark = f"given up {client.negotiated} {side.upstream.transport}"
    with anyio.move_on_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(client.call, "wait", {"mark": mark})
            await until_true(lambda: any(event["mark"] == mark for event in side.recording.events("waiting")), "the call has begun")
            if SDK == 1:
                # This version tells nobody that it has given up.
                await client.give_up(next(call["id"] for call in side.recording.calls if call["params"]["arguments"].get("mark") == mark))
            group.cancel_scope.cancel()
    await until_true(lambda: any(event["mark"] == mark for event in side.recording.events("cancelled")), "it is cancelled")
    assert not side.recording.events("done")
    assert await client.text("echo", message="on it goes") == "on it goes"


async def test_calls_at_once_do_not_mix(client: Connected) -> None:
    answers: dict[str, str] = {}

    async def call(number: int) -> None:
        answers[f"id {number}"] = await client.text("later", id=f"id {number}", ms=200 - number * 3)

    async with anyio.create_task_group() as group:
        for number in range(40):
            group.start_soon(call, number)
    assert answers == {name: name for name in answers} and len(answers) == 40


# Resources, prompts, completion


async def test_resources_are_read(client: Connected) -> None:
    [text] = (await client.read("many://text"))["contents"]
    assert text == {"uri": "many://text", "mimeType": "text/plain", "text": "hello, world", "_meta": {"vendor.example/read": True}}
    [blob] = (await client.read("many://blob"))["contents"]
    assert blob["blob"] == catalogue.BYTES
    item, note = (await client.read("many://items/apple/2"))["contents"]
    assert json.loads(item["text"]) == {"kind": "apple", "number": 2} and note["uri"] == "many://items/apple/2#note"
    assert (await client.read("many://search?query=a%20b"))["contents"][0]["text"] == "many://search?query=a%20b"
    with pytest.raises(RefusedError) as caught:
        await client.read("many://nowhere")
    assert caught.value.code == (-32602 if client.is_modern else -32002) and caught.value.data == {"uri": "many://nowhere"}


async def test_subscribers_learn_of_changes(client: Connected) -> None:
    if client.is_modern:
        async with client.listen(resource_subscriptions=["many://counter"]) as changes:
            await client.text("touch", uri="many://text")
            await client.text("touch", uri="many://counter")
            with anyio.fail_after(20):
                assert (await anext(changes)).uri == "many://counter"
        return
    await client.subscribe("many://counter")
    await client.text("touch", uri="many://text")
    await client.text("touch", uri="many://counter")
    await until_true(lambda: client.notifications("notifications/resources/updated"), "the change is told")
    assert [params["uri"] for params in client.notifications("notifications/resources/updated")] == ["many://counter"]
    await client.unsubscribe("many://counter")
    await client.text("touch", uri="many://counter")
    await client.text("grow", name="after")
    await client.text("shrink", name="after")
    # What was announced later has arrived; what was not subscribed to any more has not.
    await until_true(lambda: client.notifications("notifications/prompts/list_changed"), "later changes are told")
    assert len(client.notifications("notifications/resources/updated")) == 1


async def test_prompts(client: Connected) -> None:
    greeting = await client.prompt("greet", name="Ada", tone="formal")
    assert greeting["messages"][0] == {"role": "user", "content": {"type": "text", "text": "Say hello to Ada, formal."}}
    assert greeting["messages"][1]["role"] == "assistant" and greeting["description"] == "Greets somebody"
    await client.prompt("everything")
    assert [message["content"] for message in client.last_result("messages")["messages"]] == catalogue.contents()
    for name, arguments in (("greet", {}), ("nonexistent", {})):
        with pytest.raises(RefusedError) as caught:
            await client.prompt(name, **arguments)
        assert caught.value.code == -32602


async def test_completion(client: Connected) -> None:
    prompt = {"type": "ref/prompt", "name": "greet"}
    template = {"type": "ref/resource", "uri": "many://items/{kind}/{number}"}
    assert (await client.complete(prompt, "tone", "f"))["values"] == ["friendly", "formal", "frosty"]
    assert (await client.complete(template, "kind", "a"))["values"] == ["apple"]
    assert (await client.complete(template, "number", "1", {"kind": "pear"}))["values"] == ["10"]
    many = await client.complete({"type": "ref/resource", "uri": "many://search{?query}"}, "query", "")
    assert (len(many["values"]), many["total"], many["hasMore"]) == (100, 250, True)
    with pytest.raises(RefusedError):
        await client.complete(prompt, "name", "")


async def test_it_puts_words_together(side: Side, client: Connected) -> None:
    """For tests of guardrails: what is not in the request and yet in what the server says."""
    assert await client.text("spell", letters=["b", "a"]) == "ab"
    with pytest.raises(RefusedError, match="ab"):
        await client.call("spell", {"letters": ["b", "a"], "into": "error"})
    for into in ("elicit", "sample"):
        await client.call("spell", {"letters": ["b", "a"], "into": into})
    assert all('"ab"' in json.dumps(params) for _, params in side.host.asked) and len(side.host.asked) == 2
    assert (await client.read("many://spelled/b-a"))["contents"][0]["text"] == "ab"
    assert (await client.prompt("spelled", letters="b-a"))["messages"][0]["content"]["text"] == "ab"


# Streams


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode == "legacy"])
async def test_an_answer_after_hanging_up_is_fetched(tmp_path: Any, mode: str) -> None:
    with ManySided("http", tmp_path / "record", "--resumable", "--retry", "50") as upstream:
        async with reach(upstream.target(), mode) as client:
            assert await client.text("hang_up", ms=300) == "after hanging up"
        assert any("last-event-id" in request["headers"] for request in upstream.recording.requests if request["method"] == "GET")


async def test_a_restarted_server_knows_no_session(tmp_path: Any) -> None:
    with ManySided("http", tmp_path / "record", era="legacy") as upstream:
        async with reach(upstream.target(), "legacy") as client:
            assert await client.text("echo", message="before") == "before"
            upstream.restart()
            with pytest.raises(Exception, match="(?i)session"):
                await client.text("echo", message="after")
