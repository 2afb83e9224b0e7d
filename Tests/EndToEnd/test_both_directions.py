"""What servers and clients say to each other while a call runs, by federated names, through guardrails, over every transport."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from conftest import Start
from support.documents import ALICE, document, nonce, server
from support.gateway import Gateway
from support.official import HTTP, IS_OLDEST, LOG_LEVEL, MODES, SDK, Connected, Host, reach
from support.upstreams import TRANSPORTS, ManySided
from support.waiting import until_true

pytestmark = [
    pytest.mark.official_client,
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:.*deprecated as of.*"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=TRANSPORTS)
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManySided]:
    with ManySided(request.param, tmp_path_factory.mktemp("many") / "record", era="legacy") as server:
        yield server


@pytest.fixture(scope="module")
def gateway(start_shared: Start, many: ManySided) -> Gateway:
    return start_shared(document([many.entry("many", guarded=True), server("stage")]))


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture(params=[mode for mode in MODES if mode != "auto"])
async def client(request: pytest.FixtureRequest, gateway: Gateway, host: Host) -> AsyncIterator[Connected]:
    async with reach(HTTP(gateway.url, {"apikey": ALICE}), request.param, host) as connected:
        yield connected


async def text(client: Connected, tool: str, **arguments: Any) -> str:
    result = await client.call(f"many__{tool}", arguments)
    assert not result.get("isError"), result
    return result["content"][0]["text"]


@pytest.mark.skipif(IS_OLDEST, reason="a server of version 1.8 ends when a call is cancelled")
async def test_t35_progress_arrives_while_the_call_runs_and_cancellation_stops_it(client: Connected, many: ManySided) -> None:
    mark = nonce()
    heard: list[Any] = []

    async def progress(*report: Any) -> None:
        heard.append(report)

    def told(event: str) -> bool:
        return any(entry["mark"] == mark for entry in many.recording.events(event))

    async def wait() -> None:
        await client.call("many__wait", {"mark": mark}, progress=progress)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await until_true(lambda: heard, "progress arrives before there is an answer")
            if SDK == 1:
                await client.give_up()
            group.cancel_scope.cancel()
    assert heard == [(0.5, 1, "waiting")]
    await until_true(lambda: told("cancelled"), "the server stops")
    assert not told("done") and await text(client, "echo", message="on it goes") == "on it goes"


async def test_t35_log_messages_arrive_from_the_level_that_was_asked_for(client: Connected, host: Host) -> None:
    if not client.is_modern:
        await client.set_level("critical")
    await client.call("many__log", {"message": "hello"}, meta={LOG_LEVEL: "critical"} if client.is_modern else None)
    await until_true(lambda: len(host.logged) == 3, "messages of three levels arrive")
    assert [message["level"] for message in host.logged] == ["critical", "alert", "emergency"]
    assert host.logged[0]["data"]["message"] == "hello"


async def test_t35_questions_reach_the_client_and_answers_the_server(client: Connected, host: Host) -> None:
    assert "Paris" in await text(client, "sample")
    assert "file:///home/ada" in await text(client, "roots")
    if not IS_OLDEST:
        assert "Ada" in await text(client, "elicit") and "36" in await text(client, "interview")
    methods = [method for method, _ in host.asked]
    assert methods[:2] == ["sampling/createMessage", "roots/list"] and len(methods) == (2 if IS_OLDEST else 5)
    assert host.asked[0][1]["systemPrompt"] == "Be brief."
    assert await text(client, "echo", message="on it goes") == "on it goes"


@pytest.mark.parametrize("mode", MODES)
async def test_t35_a_client_is_asked_nothing_that_it_does_not_know(gateway: Gateway, mode: str) -> None:
    """Version 1.8 of the client ends its session when it is asked something else, so a server's question stops at the gateway."""
    questions = [
        {
            "jsonrpc": "2.0",
            "id": "q-1",
            "method": "elicitation/create",
            "params": {"message": "Who?", "requestedSchema": {"type": "object"}},
        },
        {"jsonrpc": "2.0", "id": 77, "method": "made/up", "params": {}},
        {"jsonrpc": "2.0", "id": 78, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/made_up", "params": {"x": 1}},
    ]
    host = Host(elicitation=False)
    async with reach(HTTP(gateway.url, {"apikey": ALICE}), mode, host) as client:
        for question in questions:
            line = base64.b64encode(json.dumps(question).encode()).decode()
            result = await client.call("stage__line", {"base64": line, "then": True})
            assert result["content"][0]["text"] == "after the line"
        assert [message["method"] for message in client.heard if "method" in message] == [] and host.asked == []


async def test_t35_a_change_is_told_of_the_gateways_own_list(client: Connected) -> None:
    before = {tool["name"] for tool in await client.all("tools")}
    name = f"grown-{client.negotiated}"
    methods = [f"notifications/{kind}/list_changed" for kind in ("tools", "prompts", "resources")]
    try:
        if client.is_modern:
            async with client.listen(tools_list_changed=True) as changes:
                await text(client, "grow", name=name)
                with anyio.fail_after(20):
                    assert type(await anext(changes)).__name__ == "ToolsListChanged"
        else:
            await text(client, "grow", name=name)
            await until_true(lambda: all(client.notifications(method) for method in methods), "every list is said to have changed")
            assert len([message for message in client.heard if str(message.get("method")).endswith("/list_changed")]) <= 6
        assert {tool["name"] for tool in await client.all("tools")} - before == {f"many__{name}"}
        uris = [resource["uri"] for resource in await client.all("resources")]
        assert f"enkrypt:many:many://grown/{name}" in uris
    finally:
        await text(client, "shrink", name=name)


async def test_t35_everything_at_once_stays_with_its_call(client: Connected) -> None:
    """Calls with progress, side by side on one connection: each hears its own, in order."""
    seen: dict[int, list[float]] = {steps: [] for steps in range(2, 12)}

    async def call(steps: int) -> None:
        async def progress(done: float, total: float | None, _: str | None) -> None:
            assert total == steps
            seen[steps].append(done)

        result = await client.call("many__progress", {"steps": steps, "pause_ms": 5}, progress=progress)
        assert json.dumps(result).count(f"{steps} steps") == 1

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for steps in seen:
                group.start_soon(call, steps)
        await until_true(lambda: all(len(done) == steps for steps, done in seen.items()), "all progress is there")
    assert seen == {steps: [float(step) for step in range(1, steps + 1)] for steps in seen}
