"""The official MCP client, in its versions 2.x, 1.30 and 1.8, and in every way of connecting."""

import json
from typing import Any

import anyio
import jsonschema
import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, UNKNOWN, document, server
from support.gateway import Gateway
from support.official import MODES, NEWEST_LEGACY, connect
from support.raw import CALL_TOOLS

pytestmark = [pytest.mark.official_client, pytest.mark.anyio]

NAMES = [
    "enkrypt_list_all_servers",
    "enkrypt_get_server_info",
    "enkrypt_discover_all_tools",
    "enkrypt_secure_call_tools",
    "enkrypt_get_cache_status",
    "enkrypt_clear_cache",
    "enkrypt_get_timeout_metrics",
]
KEY = {"apikey": ALICE}
NEWEST = {"auto": "2026-07-28", "2026-07-28": "2026-07-28", "legacy": NEWEST_LEGACY}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    """Of the gateway's own tools only; test_federated_lists.py has the servers' own."""
    return start_shared(document([server("stage", guarded=True), server("other")], config={"exposure": "gateway_tools"}))


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


async def checked(client: Any, name: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """Calls a tool of the gateway; text and structured content have to say the same and keep to the schema."""
    result = await client.call(name, arguments)
    [block] = result["content"]
    document = json.loads(block["text"])
    assert document == result["structuredContent"]
    schema = next(tool["outputSchema"] for tool in await client.tools() if tool["name"] == name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    return document


async def test_it_connects_and_sees_the_seven_tools(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        assert client.negotiated == NEWEST[mode]
        assert client.server_name == (None if mode == "2026-07-28" else "Enkrypt Secure MCP Gateway")
        tools = await client.tools()
        assert [tool["name"] for tool in tools] == NAMES
        for tool in tools:
            assert tool["description"] and tool["title"]
            assert tool["inputSchema"]["title"] == f"{tool['name']}Arguments"
            jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
            jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])
            reads = tool["name"] not in (CALL_TOOLS, "enkrypt_clear_cache")
            hints = tool["annotations"]
            assert (hints["readOnlyHint"], hints["destructiveHint"], hints["idempotentHint"], hints["openWorldHint"]) == (
                reads,
                False,
                True,
                not reads,
            )
        assert tools[3]["inputSchema"]["required"] == ["server_name"]
        for kind in ("prompts", "resources"):
            assert await client.names_of(kind) == []


async def test_each_tool_answers(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        listed = await checked(client, "enkrypt_list_all_servers", {"discover_tools": False})
        assert listed["status"] == "success" and set(listed["available_servers"]) == {"stage", "other"}
        for entry in listed["available_servers"].values():
            assert entry["tools_source"] in ("cache", "config", "needs_discovery")

        everything = await checked(client, "enkrypt_list_all_servers")
        assert everything["discovery_success_servers"] == ["stage", "other"] and everything["discovery_failed_servers"] == []

        info = await checked(client, "enkrypt_get_server_info", {"server_name": "stage"})
        assert info["server_name"] == "stage" and info["server_info"]["config"]["args"]

        found = await checked(client, "enkrypt_discover_all_tools", {"server_name": "stage"})
        assert "echo" in [tool["name"] for tool in found["tools"]] and found["blocked_count"] == 0

        tools = await checked(client, CALL_TOOLS, {"server_name": "stage"})
        assert tools["message"] == "Successfully discovered tools for stage"

        cache = await checked(client, "enkrypt_get_cache_status")
        assert cache["cache_status"]["gateway_specific"]["tools"]["servers"]["stage"]["exists"] is True

        cleared = await checked(client, "enkrypt_clear_cache", {"server_name": "stage"})
        assert cleared == {"status": "success", "message": "Cache cleared for server: stage"}
        again = await checked(client, "enkrypt_clear_cache", {"server_name": "stage"})
        assert again == {"status": "info", "message": "No cache found for server: stage"}

        metrics = await checked(client, "enkrypt_get_timeout_metrics")
        assert metrics["timeout_metrics"]["total_operations"] > 0
        assert metrics["timeout_config"]["tool_execution_timeout"] == 20


async def test_calls_through_the_gateway(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        calls = [{"name": "echo", "args": {"message": text}} for text in ("hello", f"say {BLOCKED}", "never sent")]
        envelope = await checked(client, CALL_TOOLS, {"server_name": "stage", "tool_calls": calls})
        assert [item["status"] for item in envelope["results"]] == ["success", "blocked_input", "skipped"]
        assert envelope["results"][0]["response"] == "hello"
        assert envelope["results"][0]["enkrypt_mcp_data"] == {
            "call_index": 0,
            "server_name": "stage",
            "tool_name": "echo",
            "args": {"message": "hello"},
        }

        envelope = await checked(client, CALL_TOOLS, {"server_name": "stage", "tool_calls": [{"tool": "image"}]})
        [item] = envelope["results"]
        assert [block["type"] for block in item["content"]] == ["text", "image", "resource", "hologram"]

        result = await client.call(CALL_TOOLS, {"server_name": "stage", "tool_calls": [{"name": "trouble"}]})
        assert result["isError"] is True and result["structuredContent"]["results"][0]["is_error"] is True


async def test_a_refusal_of_the_gateway_is_a_tool_error_that_a_model_can_read(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        for name, arguments in (
            (CALL_TOOLS, {"server_name": "nowhere", "tool_calls": []}),
            ("enkrypt_get_server_info", {"server_name": "nowhere"}),
        ):
            result = await client.call(name, arguments)
            document = result["structuredContent"]
            assert result["isError"] is True and document["status"] == "error"
            assert document["error"]["code"] == "DISC_002" and "nowhere" in document["error"]["message"]
            assert document["error"]["severity"] and document["error"]["recovery_strategy"]
        with pytest.raises(Exception, match="(?i)unknown tool"):
            await client.call("nonexistent")
        assert len(await client.tools()) == 7, "the connection survives"


async def test_ten_megabytes_reach_the_client(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        call = {"name": "flood", "args": {"bytes": 10 << 20}}
        result = await client.call(CALL_TOOLS, {"server_name": "stage", "tool_calls": [call]})
        assert result["structuredContent"]["results"][0]["response"] == "x" * (10 << 20)


async def test_many_calls_at_once_on_one_connection(gateway: Gateway, mode: str) -> None:
    answers: dict[int, str] = {}
    async with connect(gateway.url, KEY, mode) as client:

        async def call(number: int) -> None:
            arguments = {"server_name": "stage", "tool_calls": [{"name": "echo", "args": {"message": f"number {number}"}}]}
            result = await client.call(CALL_TOOLS, arguments)
            answers[number] = result["structuredContent"]["results"][0]["response"]

        async with anyio.create_task_group() as group:
            for number in range(60):
                group.start_soon(call, number)
    assert answers == {number: f"number {number}" for number in range(60)}


@pytest.mark.parametrize(
    "headers",
    [{"apikey": ALICE}, {"ENKRYPT_GATEWAY_KEY": ALICE}, {"Authorization": f"Bearer {ALICE}"}],
    ids=lambda headers: next(iter(headers)),
)
async def test_each_header_carries_the_key(gateway: Gateway, mode: str, headers: dict[str, str]) -> None:
    async with connect(gateway.url.rstrip("/"), headers, mode) as client:
        assert len(await client.tools()) == 7


@pytest.mark.parametrize("headers", [{}, {"apikey": UNKNOWN}], ids=["no key", "wrong key"])
async def test_without_a_key_nothing_is_seen(gateway: Gateway, mode: str, headers: dict[str, str]) -> None:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 — each version of the client has an error of its own, some in groups
        with anyio.fail_after(20):
            async with connect(gateway.url, headers, mode) as client:
                await client.tools()
    assert not isinstance(caught.value, TimeoutError)
