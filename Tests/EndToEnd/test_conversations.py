"""Several conversations at once, and those of several rounds, of both versions of the official client: nothing mixes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import Start
from support.documents import ALICE, BOB, document, nonce
from support.gateway import Gateway
from support.official import HTTP, IS_OLDEST, MODES, SDK, Connected, Host, reach
from support.raw import CALL_TOOLS
from support.upstreams import TRANSPORTS, ManySided
from support.waiting import until_true

pytestmark = [
    pytest.mark.official_client,
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:.*deprecated as of.*"),
]

KEY = {"apikey": ALICE}
#: Stands for a question that was answered with an error, as it may be where it could be several clients'.
REFUSED = "refused"
asks_the_user = pytest.mark.skipif(IS_OLDEST, reason="version 1.8 has no elicitation")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=TRANSPORTS)
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManySided]:
    with ManySided(request.param, tmp_path_factory.mktemp("many") / "record", era="legacy") as server:
        yield server


@pytest.fixture(scope="module")
def gateway(start_shared: Start, many: ManySided) -> Iterator[Gateway]:
    yield start_shared(document([many.entry("many")]))


@pytest.fixture
def host() -> Host:
    return Host(log_level="notice")


@pytest.fixture(params=[mode for mode in MODES if mode != "auto"])
async def client(request: pytest.FixtureRequest, gateway: Gateway, host: Host) -> AsyncIterator[Connected]:
    async with reach(HTTP(gateway.url, KEY), request.param, host) as connected:
        yield connected


async def item(client: Connected, name: str, arguments: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """The result of one call of one tool of the server."""
    call = {"server_name": "many", "tool_calls": [{"name": name, "args": arguments or {}}]}
    return (await client.call(CALL_TOOLS, call, **options))["structuredContent"]["results"][0]


async def test_progress_arrives_in_order_before_the_answer(client: Connected) -> None:
    seen: list[Any] = []

    async def note(*progress: Any) -> None:
        seen.append(progress)

    assert (await item(client, "progress", {"steps": 4, "pause_ms": 10}, progress=note))["response"] == "4 steps"
    assert [(done, total) for done, total, _ in seen] == [(step, 4) for step in range(1, 5)]
    assert (await item(client, "progress", {"steps": 2}))["response"] == "2 steps"
    assert len(seen) == 4 and len(client.notifications("notifications/progress")) == 4, "none without a token"


async def test_progress_of_calls_at_once_does_not_mix(client: Connected) -> None:
    seen: dict[int, list[float]] = {number: [] for number in range(2, 10)}

    async def call(steps: int) -> None:
        async def note(done: float, total: float | None, _: str | None) -> None:
            assert total == steps
            seen[steps].append(done)

        await item(client, "progress", {"steps": steps, "pause_ms": 5}, progress=note)

    async with anyio.create_task_group() as group:
        for steps in seen:
            group.start_soon(call, steps)
    assert seen == {steps: [float(step) for step in range(1, steps + 1)] for steps in seen}


@pytest.mark.skipif(IS_OLDEST, reason="a server of version 1.8 ends when a call is cancelled")
async def test_a_call_that_is_given_up_is_cancelled(client: Connected, many: ManySided) -> None:
    mark = nonce()

    def told(event: str) -> bool:
        return any(entry["mark"] == mark for entry in many.recording.events(event))

    with anyio.move_on_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(item, client, "wait", {"mark": mark})
            await until_true(lambda: told("waiting"), "the call has begun")
            if SDK == 1:
                await client.give_up()
            group.cancel_scope.cancel()
    await until_true(lambda: told("cancelled"), "the server stops")
    assert (await item(client, "echo", {"message": "on it goes"}))["response"] == "on it goes"


@asks_the_user
async def test_a_question_may_follow_another(client: Connected, host: Host) -> None:
    answer = await item(client, "interview")
    assert answer["structuredContent"]["second"]["content"] == {"age": 36}
    assert [params["message"] for _, params in host.asked] == ["Your name?", "How old, Ada?"]


@asks_the_user
async def test_answers_go_to_whoever_was_asked(gateway: Gateway) -> None:
    """Several calls to one server are in flight, and each server's question has one client whose call caused it."""
    answers: dict[str, str] = {}

    async def converse(name: str) -> None:
        host = Host(fill_in=lambda params: {"action": "accept", "content": {"name": f"{name} to {params['message']}"}})
        async with reach(HTTP(gateway.url, KEY), "legacy", host) as client:
            result = await item(client, "elicit", {"message": f"question of {name}"})
            answers[name] = result["structuredContent"]["form"].get("content", {"name": REFUSED})["name"]

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(converse, f"client {number}")
    assert len(answers) == 8
    assert all(answer in (REFUSED, f"{name} to question of {name}") for name, answer in answers.items()), answers


@asks_the_user
async def test_t21_nobody_is_asked_in_the_place_of_another(start: Start, tmp_path: Path) -> None:
    """A server that all users share does not say for whom it asks: a question that could be two users' goes to neither."""
    shared = ManySided("stdio", tmp_path / "record", era="legacy")
    gateway = start(document([shared.entry("many", sharing="gateway")]))
    hosts = {"alice": Host(), "bob": Host()}
    keys = {"alice": ALICE, "bob": BOB}

    async def converse(name: str) -> None:
        async with reach(HTTP(gateway.url, {"apikey": keys[name]}), "legacy", hosts[name]) as client:
            for number in range(10):
                await item(client, "elicit", {"message": f"for {name} {number}"})

    async with anyio.create_task_group() as group:
        for name in hosts:
            group.start_soon(converse, name)
    for name, host in hosts.items():
        assert all(params["message"].startswith(f"for {name} ") for _, params in host.asked)


async def test_ten_megabytes_while_something_is_told(client: Connected) -> None:
    """Version 2 of the client takes no event beyond 1 MiB: what is large is to come as JSON."""
    assert len((await item(client, "flood", {"bytes": 10 << 20}))["response"]) == 10 << 20
