"""`/mcp/servers/<name>/`: one server under its own names."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, BOB, Document, document, server
from support.gateway import Gateway
from support.official import IS_OLDEST, MODES, connect
from support.raw import LEGACY, MODERN, Caller
from support.recording import Recording

KEY = {"apikey": ALICE}


def shelf(name: str, **entry: Any) -> Document:
    environment = {"NAME": name, **entry.pop("env", {})}
    return server(name, "shelf.py", env=environment, **entry)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def two_configs() -> Document:
    """Bob's project has servers of its own."""
    result = document([shelf("alpha"), shelf("a/b é", guarded=True), shelf("shared")])
    result["mcp_configs"]["config-2"] = {"mcp_config_name": "other", "mcp_config": [shelf("private"), shelf("shared")]}
    result["projects"]["project-bob"]["mcp_config_id"] = "config-2"
    return result


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    return start_shared(two_configs())


@pytest.mark.official_client
@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_an_official_client_sees_an_ordinary_server(gateway: Gateway, mode: str) -> None:
    async with connect(f"{gateway.url.rstrip('/')}/servers/alpha/", KEY, mode) as client:
        assert [tool["name"] for tool in await client.all("tools")] == ["mirror", "link", "answer", "refuse", "never", "steps", "grow"]
        assert json.loads(await client.text("mirror", n=1))["name"] == "mirror"
        assert (await client.all("resources"))[0]["uri"] == "note:///one"
        assert (await client.read("note:///one"))["contents"][0]["uri"] == "note:///one"
        assert (await client.prompt("greet", who="Ada"))["messages"][0]["content"]["text"] == "Hello Ada"
        assert (await client.complete({"type": "ref/prompt", "name": "greet"}, "who", "G"))["values"] == ["Grace"]
        if not IS_OLDEST:  # to that version a link is no content
            assert (await client.call("link"))["content"][1]["uri"] == "note:///one"


@pytest.mark.parametrize("revision", [MODERN, *LEGACY])
def test_with_and_without_a_slash_at_the_end(gateway: Gateway, revision: str) -> None:
    for path in ("/mcp/servers/alpha", "/mcp/servers/alpha/", "/mcp/servers/%61lpha"):
        alice = Caller(gateway, ALICE, revision)
        if revision != MODERN:
            hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
            opened = alice.rpc("initialize", hello, path=path)
            assert opened.result["protocolVersion"] == revision
            alice.session = opened.headers["mcp-session-id"]
        names = [tool["name"] for tool in alice.rpc("tools/list", path=path).result["tools"]]
        assert names[0] == "mirror" and not any(name.startswith(("enkrypt_", "alpha")) for name in names)
        for name in ("alpha__mirror", "enkrypt_list_all_servers"):
            assert alice.rpc("tools/call", {"name": name}, path=path).error["code"] == -32602


def test_a_name_with_any_characters(gateway: Gateway) -> None:
    path = f"/mcp/servers/{quote('a/b é', safe='')}/"
    alice = Caller(gateway, ALICE)
    assert alice.rpc("tools/list", path=path).result["tools"][0]["name"] == "mirror"
    blocked = alice.rpc("tools/call", {"name": "mirror", "arguments": {"a": BLOCKED}}, path=path).result
    assert blocked["isError"], "its guardrails stand here too"


UNKNOWN = ["nobody", "private", "Alpha", "alpha%20", "..", "%2e%2e", "config-1", "a/b", "alpha/x", "%zz", "%ff", "", "alpha//"]


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("name", UNKNOWN)
def test_other_names_are_not_found(gateway: Gateway, name: str, method: str) -> None:
    alice = Caller(gateway, ALICE)
    message = alice.message("tools/list")
    body = json.dumps(message).encode() if method == "POST" else None
    answer = alice.request(method, body, alice.headers(message), path=f"/mcp/servers/{name}")
    assert answer.status == 404 and answer.error["message"]
    assert answer.headers["content-type"] == "application/json"


def test_a_server_of_another_config_looks_like_one_that_does_not_exist(gateway: Gateway) -> None:
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB)
    assert bob.rpc("tools/list", path="/mcp/servers/private").status == 200
    there, nowhere = (alice.rpc("tools/list", path=f"/mcp/servers/{name}") for name in ("private", "nobody"))
    assert (there.status, there.body) == (nowhere.status, nowhere.body)
    for caller, name in ((alice, "alpha"), (bob, "private")):
        text = caller.rpc("tools/call", {"name": "mirror"}, path=f"/mcp/servers/{name}").result["content"][0]["text"]
        assert json.loads(text)["name"] == "mirror"


def test_each_caller_reaches_the_server_of_their_own_config(gateway: Gateway) -> None:
    for key in (ALICE, BOB):
        caller = Caller(gateway, key)
        read = caller.rpc("resources/read", {"uri": "note:///one"}, path="/mcp/servers/shared").result
        assert read["contents"][0]["text"] == "shared has note:///one"
    gateway_document = gateway.document["mcp_configs"]
    assert {"config-1", "config-2"} == set(gateway_document)


def test_without_a_key_nobody_learns_which_servers_there_are(gateway: Gateway) -> None:
    answers = [Caller(gateway, None).rpc("tools/list", path=f"/mcp/servers/{name}") for name in ("alpha", "nobody")]
    assert [answer.status for answer in answers] == [401, 401]


def test_only_this_server_is_asked(start: Start, recording: Recording) -> None:
    gateway = start(document([shelf("alpha"), shelf("other", env=recording.environment)]))
    alice = Caller(gateway, ALICE)
    assert alice.rpc("tools/list", path="/mcp/servers/alpha").result["tools"]
    assert alice.rpc("tools/call", {"name": "mirror"}, path="/mcp/servers/alpha").result["content"]
    assert recording.lines == []


@pytest.mark.parametrize("revision", LEGACY)
def test_a_session_belongs_to_its_view(gateway: Gateway, revision: str) -> None:
    paths = ["/mcp", "/mcp/servers/alpha", "/mcp/servers/shared"]
    hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    for own in paths:
        alice = Caller(gateway, ALICE, revision)
        alice.session = alice.rpc("initialize", hello, path=own).headers["mcp-session-id"]
        for other in paths:
            answer = alice.rpc("tools/list", path=other)
            if other == own:
                assert answer.status == 200
            else:
                assert (answer.status, answer.error["code"]) == (404, -32001)
                assert alice.request("DELETE", path=other).status == 404, "nor can it be ended there"
        assert alice.request("DELETE", path=own + "/").status == 204
        assert alice.rpc("tools/list", path=own).status == 404


def test_a_server_that_leaves_the_configuration_ends_its_view(start: Start) -> None:
    gateway = start(document([shelf("alpha"), shelf("beta")]))
    alice = Caller(gateway, ALICE)
    assert alice.rpc("tools/list", path="/mcp/servers/beta").status == 200
    gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].pop())
    assert alice.rpc("tools/list", path="/mcp/servers/beta").status == 404
    gateway.edit(lambda document: document["mcp_configs"]["config-1"].update(exposure="gateway_tools"))
    assert alice.rpc("tools/list", path="/mcp/servers/alpha").status == 404, "the gateway's own tools are all that is offered"
    gateway.edit(lambda document: document["mcp_configs"]["config-1"].update(exposure="federated"))
    assert alice.rpc("tools/list", path="/mcp/servers/alpha").status == 200
