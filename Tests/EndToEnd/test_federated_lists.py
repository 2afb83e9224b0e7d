"""The lists of several servers offered as one: which items, under which names, in which order, and what is missing."""

import json
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, BOB, Document, document, server
from support.gateway import Gateway
from support.official import MODES, connect
from support.raw import LEGACY, MODERN, Caller
from support.recording import Recording
from support.waiting import until

KEY = {"apikey": ALICE}
UNAVAILABLE = "io.enkrypt.gateway/unavailable_servers"
OMITTED = "io.enkrypt.gateway/omitted_items"
KINDS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}
OWN = 7


def shelf(name: str, shelf: Document | None = None, **entry: Any) -> Document:
    environment = {"NAME": name, **entry.pop("env", {})}
    if shelf is not None:
        environment["SHELF"] = json.dumps(shelf)
    return server(name, "shelf.py", env=environment, **entry)


def dead(name: str = "dead") -> Document:
    entry = server(name)
    entry["config"] = {"command": "/nonexistent/program", "args": []}
    return entry


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    return start_shared(document([shelf("alpha"), dead(), shelf("my beta"), server("plain")]))


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def revision(request: pytest.FixtureRequest) -> str:
    return request.param


def caller(gateway: Gateway, revision: str = MODERN, key: str = ALICE, path: str | None = None) -> Caller:
    found = Caller(gateway, key, revision)
    return found if revision == MODERN else found.initialize()


def names(result: dict[str, Any], member: str = "tools") -> list[str]:
    return [item["name"] for item in result[member]]


def tools(caller: Caller) -> list[str]:
    """The names of the servers' tools."""
    return [name for name in names(caller.rpc("tools/list").result) if not name.startswith("enkrypt_")]


def unavailable(result: dict[str, Any]) -> list[str]:
    return [entry["server"] for entry in result.get("_meta", {}).get(UNAVAILABLE, [])]


# What is listed


@pytest.mark.official_client
@pytest.mark.anyio
async def test_an_official_client_sees_the_items_of_all_servers(gateway: Gateway, mode: str) -> None:
    async with connect(gateway.url, KEY, mode) as client:
        listed = [tool["name"] for tool in await client.all("tools")]
        shelf_tools = ["mirror", "link", "answer", "refuse", "never", "steps", "grow"]
        assert listed[:OWN] == [name for name in listed if name.startswith("enkrypt_")]
        assert listed[OWN : OWN + 15] == [
            *(f"alpha__{name}" for name in shelf_tools),
            *(f"my_beta__{name}" for name in shelf_tools),
            "plain__echo",
        ]
        prompts = ["greet", "attached", "answer"]
        listed = [prompt["name"] for prompt in await client.all("prompts")]
        assert listed == [f"{name}__{prompt}" for name in ("alpha", "my_beta") for prompt in prompts]
        uris = ["note:///one", "http://example.com", "note:///picture", "note:///a/../b?x=1&y=%20#z"]
        listed = [resource["uri"] for resource in await client.all("resources")]
        assert listed == [f"enkrypt:{name}:{uri}" for name in ("alpha", "my%20beta") for uri in uris]
        listed = [template["uriTemplate"] for template in await client.all("resource_templates")]
        assert listed == [f"enkrypt:{name}:note:///by-id/{{id}}" for name in ("alpha", "my%20beta")]
        if mode != "2026-07-28":  # a client that is told what to assume does not ask
            assert {"tools", "prompts", "resources", "completions"} <= set(client.capabilities)


@pytest.mark.parametrize("method", KINDS)
def test_t16_a_dead_server_hides_only_its_own_items_and_is_named(gateway: Gateway, revision: str, method: str) -> None:
    result = caller(gateway, revision).rpc(method).result
    assert len(result[KINDS[method]]) > 1
    [missing] = result["_meta"][UNAVAILABLE]
    assert missing["server"] == "dead" and missing["error_code"] == "DISC_002" and missing["retry"] is True
    assert missing["reason"] and "nonexistent" not in missing["reason"], "the command is nobody's business"
    assert ("resultType" in result) == (revision == MODERN)
    if revision == MODERN:
        assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


def test_items_pass_whole_but_for_their_names(gateway: Gateway, revision: str) -> None:
    alice, view = caller(gateway, revision), Caller(gateway, ALICE)
    for method, member in KINDS.items():
        key = {"tools": "name", "prompts": "name", "resources": "uri", "resourceTemplates": "uriTemplate"}[member]
        prefix = "alpha__" if key == "name" else "enkrypt:alpha:"
        merged = [item for item in alice.rpc(method).result[member] if item[key].startswith(prefix)]
        alone = view.rpc(method, path="/mcp/servers/alpha").result[member]
        assert merged == [{**item, key: prefix + item[key]} for item in alone] != []
    mirror = next(tool for tool in alice.rpc("tools/list").result["tools"] if tool["name"] == "alpha__mirror")
    assert mirror["inputSchema"]["$defs"]["big"]["maximum"] == 123456789012345678901234567890
    assert mirror["x-unknown"] == {"name": "not the name", "list": [1, 1.0, "é"]} and mirror["icons"] and mirror["title"] == "Mirror"
    body = alice.rpc("tools/list").body
    assert b'"vendor/weight": 1.0' in body, "numbers keep their digits"


def test_the_order_is_that_of_the_configuration_and_the_same_for_everybody(gateway: Gateway) -> None:
    lists = [caller(gateway, revision, key).rpc("tools/list").result["tools"] for revision in (MODERN, *LEGACY) for key in (ALICE, BOB)]
    assert all(listed == lists[0] for listed in lists)


def test_what_a_server_does_not_announce_is_not_asked_for(start: Start, recording: Recording) -> None:
    entry = shelf("quiet", {"capabilities": {"tools": {}}}, env=recording.environment)
    gateway = start(document([entry]))
    alice = Caller(gateway, ALICE)
    for method, member in KINDS.items():
        result = alice.rpc(method).result
        assert unavailable(result) == [] and (len(result[member]) > OWN) == (member == "tools")
    asked = {message.get("method") for message in recording.messages} & set(KINDS)
    assert asked == {"tools/list"}


def test_an_announced_list_that_is_refused_as_unknown(start: Start) -> None:
    """Templates are part of the capability resources, so a server may do without; prompts it promised."""
    entry = shelf("partial", {"refused": ["resources/templates/list", "prompts/list"]})
    alice = Caller(start(document([entry])), ALICE)
    assert alice.rpc("resources/templates/list").result["resourceTemplates"] == []
    assert unavailable(alice.rpc("resources/templates/list").result) == []
    assert unavailable(alice.rpc("prompts/list").result) == ["partial"]
    assert len(alice.rpc("resources/list").result["resources"]) == 4


def test_an_item_that_would_break_clients_is_left_out_and_named(start: Start) -> None:
    fine = {"name": "fine", "inputSchema": {"type": "object"}}
    bad = [{"name": "bad", "inputSchema": "none"}, {"name": "worse", "inputSchema": {"type": "object"}, "description": 7}]
    unnamed = [{"inputSchema": {"type": "object"}}, "text", {"name": ""}]
    entry = shelf("odd", {"tools": [fine, *bad, *unnamed, fine, {"name": "bare"}]})
    result = Caller(start(document([entry])), ALICE).rpc("tools/list").result
    assert names(result)[OWN:] == ["odd__fine", "odd__bare"], "each name once, and a tool without a schema takes any object"
    assert result["tools"][-1]["inputSchema"] == {"type": "object"}
    assert [(entry["item"], entry["reason"]) for entry in result["_meta"][OMITTED]] == [("bad", "malformed"), ("worse", "malformed")]


# Names


def test_names_without_prefix_where_there_is_one_server(start: Start) -> None:
    gateway = start(document([shelf("alpha")], config={"name_prefix": False, "exposure": "federated"}))
    alice = Caller(gateway, ALICE)
    assert names(alice.rpc("tools/list").result)[0] == "mirror"
    assert alice.rpc("resources/list").result["resources"][0]["uri"] == "note:///one"
    assert json.loads(alice.rpc("tools/call", {"name": "mirror", "arguments": {}}).result["content"][0]["text"])["name"] == "mirror"
    assert alice.rpc("resources/read", {"uri": "note:///one"}).result["contents"][0]["uri"] == "note:///one"


def test_another_separator(start: Start) -> None:
    gateway = start(document([shelf("alpha")], config={"name_separator": "."}))
    alice = Caller(gateway, ALICE)
    assert tools(alice)[0] == "alpha.mirror"
    assert alice.rpc("tools/call", {"name": "alpha.mirror"}).result["content"]
    assert alice.rpc("tools/call", {"name": "alpha__mirror"}).error["code"] == -32602


def test_colliding_names_mean_one_thing_in_lists_and_calls(start: Start) -> None:
    """The longer server name counts, then the earlier server, and the gateway's own tools before all."""
    short = shelf("a", {"tools": [{"name": "b__x"}, {"name": "y"}]})
    long = shelf("a__b", {"tools": [{"name": "x"}]})
    twin = shelf("a b", {"tools": [{"name": "z"}]})
    other = shelf("a_b", {"tools": [{"name": "z"}, {"name": "w"}]})
    alice = Caller(start(document([short, long, twin, other])), ALICE)
    result = alice.rpc("tools/list").result
    assert names(result)[OWN:] == ["a__y", "a__b__x", "a_b__z"]
    assert [(entry["server"], entry["item"]) for entry in result["_meta"][OMITTED]] == [("a", "b__x"), ("a_b", "z"), ("a_b", "w")]
    sent = json.loads(alice.rpc("tools/call", {"name": "a__b__x"}).result["content"][0]["text"])
    assert sent["name"] == "x"
    assert alice.rpc("tools/call", {"name": "a_b__w"}).error["code"] == -32602, "what is not listed is not called"
    assert names(alice.rpc("tools/list", path="/mcp/servers/a_b").result) == ["z", "w"], "nor lost"


def test_a_server_cannot_take_the_name_of_a_tool_of_the_gateway(start: Start) -> None:
    impostor = {"name": "enkrypt_get_cache_status"}
    alice = Caller(start(document([shelf("alpha", {"tools": [impostor]})], config={"name_prefix": False})), ALICE)
    result = alice.rpc("tools/list").result
    assert names(result).count("enkrypt_get_cache_status") == 1 and len(names(result)) == OWN
    assert result["_meta"][OMITTED][0]["reason"] == "name_taken"
    assert "cache_status" in alice.tool("enkrypt_get_cache_status")


# Exposure


def test_gateway_tools_alone(start: Start, revision: str) -> None:
    alice = caller(start(document([shelf("alpha")], config={"exposure": "gateway_tools"})), revision)
    assert len(alice.rpc("tools/list").result["tools"]) == OWN
    assert alice.rpc("tools/call", {"name": "alpha__mirror"}).error["code"] == -32602
    for method in list(KINDS)[1:]:
        assert alice.rpc(method).result[KINDS[method]] == []
    for method, params in (
        ("prompts/get", {"name": "alpha__greet"}),
        ("resources/read", {"uri": "enkrypt:alpha:note:///one"}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "alpha__greet"}, "argument": {"name": "who", "value": ""}}),
    ):
        assert alice.rpc(method, params).error["code"] == -32601
    assert alice.text("alpha", "mirror"), "by the gateway's own tools they are reached"


def test_federated_items_alone(start: Start, revision: str) -> None:
    alice = caller(start(document([shelf("alpha")], config={"exposure": "federated"})), revision)
    assert names(alice.rpc("tools/list").result)[0] == "alpha__mirror"
    for tool in ("enkrypt_list_all_servers", "enkrypt_secure_call_tools"):
        assert tool not in names(alice.rpc("tools/list").result)
        assert alice.rpc("tools/call", {"name": tool, "arguments": {}}).error["code"] == -32602


@pytest.mark.parametrize("exposure", ["gateway_tools", "federated", "both"])
def test_capabilities_follow_the_exposure(start: Start, exposure: str) -> None:
    gateway = start(document([shelf("alpha")], config={"exposure": exposure}))
    legacy = Caller(gateway, ALICE, LEGACY[-1])
    hello = {"protocolVersion": LEGACY[-1], "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    for result in (Caller(gateway, ALICE).rpc("server/discover").result, legacy.rpc("initialize", hello).result):
        capabilities = result["capabilities"]
        assert "tools" in capabilities
        assert {"prompts", "resources", "completions"} & set(capabilities) == (
            set() if exposure == "gateway_tools" else {"prompts", "resources", "completions"}
        )
        assert capabilities["tools"]["listChanged"] == (exposure != "gateway_tools")
        # Whether the server tells of single resources is not known before it is spoken to.
        assert bool(capabilities.get("resources", {}).get("subscribe")) == (exposure != "gateway_tools")


def test_a_change_of_the_exposure_counts_from_the_next_request(start: Start) -> None:
    gateway = start(document([shelf("alpha")]))
    alice = caller(gateway, LEGACY[-1])
    assert tools(alice)
    gateway.edit(lambda document: document["mcp_configs"]["config-1"].update(exposure="gateway_tools"))
    assert tools(alice) == []
    assert alice.rpc("tools/call", {"name": "alpha__mirror"}).error["code"] == -32602


# The same rule for listing and calling


def test_t23_denied_unlisted_and_blocked_items_are_neither_listed_nor_used(start: Start, recording: Recording) -> None:
    poisoned = {"tools": [{"name": "good"}, {"name": "bad", "description": f"so {BLOCKED}"}, {"name": "drop_all"}]}
    poisoned |= {
        "prompts": [{"name": "greet"}, {"name": "answer", "description": BLOCKED}],
        "resources": [{"uri": "note:///one", "name": "one"}, {"uri": "note:///two", "name": BLOCKED}],
        "templates": [{"uriTemplate": "note:///by-id/{id}", "name": BLOCKED}],
    }
    denied = [{"pattern": "drop_*", "reason": "not on my watch"}]
    alice = Caller(
        start(
            document(
                [
                    shelf("alpha", poisoned, env=recording.environment, denied_tools=denied),
                    shelf("listed", env=recording.environment, tools={"mirror": "The only one"}),
                ]
            )
        ),
        ALICE,
    )
    assert tools(alice) == ["alpha__good", "listed__mirror"]
    assert names(alice.rpc("prompts/list").result, "prompts")[0:1] == ["alpha__greet"]
    assert "alpha__answer" not in names(alice.rpc("prompts/list").result, "prompts")
    uris = [item["uri"] for item in alice.rpc("resources/list").result["resources"]]
    assert "enkrypt:alpha:note:///one" in uris and "enkrypt:alpha:note:///two" not in uris
    templates = [item["uriTemplate"] for item in alice.rpc("resources/templates/list").result["resourceTemplates"]]
    assert templates == ["enkrypt:listed:note:///by-id/{id}"]

    codes = {"alpha__bad": "DISC_003", "alpha__drop_all": "TOOL_005", "alpha__none": "TOOL_002", "listed__link": "TOOL_002"}
    for name, code in codes.items():
        error = alice.rpc("tools/call", {"name": name}).error
        assert (error["code"], error["data"]["error_code"]) == (-32602, code), name
    assert alice.rpc("tools/call", {"name": "alpha__drop_all"}).error["message"] == "not on my watch"
    assert alice.rpc("prompts/get", {"name": "alpha__answer"}).error["code"] == -32602
    for uri in ("note:///two", "note:///by-id/7"):
        assert alice.rpc("resources/read", {"uri": f"enkrypt:alpha:{uri}"}).error["code"] == -32602
    used = [message for message in recording.messages if message.get("method") in ("tools/call", "prompts/get", "resources/read")]
    assert used == []
    schema = next(tool for tool in alice.rpc("tools/list").result["tools"] if tool["name"] == "listed__mirror")["inputSchema"]
    assert schema == {"type": "object"}, "a tool that the configuration only describes is still one that clients can read"


def test_t36_each_project_has_a_list_of_its_own_with_patterns(start: Start, recording: Recording) -> None:
    """What a caller may use is the business of the caller's project: named tools, or all but those that match a pattern."""
    tools_of_all = {"tools": [{"name": name} for name in ("read_file", "read_mail", "write_file", "delete_all", "delete_one")]}
    definition = document([shelf("disk", tools_of_all, env=recording.environment, denied_tools=["delete_*", "*_mail"])])
    only = {"read_file": "Reads a file"}
    named = shelf("disk", tools_of_all, env=recording.environment, tools=only, denied_tools=[{"pattern": "*", "reason": "ask for it"}])
    definition["mcp_configs"]["config-2"] = {"mcp_config_name": "narrow", "mcp_config": [named]}
    definition["projects"]["project-bob"]["mcp_config_id"] = "config-2"
    gateway = start(definition)
    for revision in (MODERN, LEGACY[-1]):
        alice, bob = caller(gateway, revision), caller(gateway, revision, BOB)
        assert (tools(alice), tools(bob)) == (["disk__read_file", "disk__write_file"], ["disk__read_file"])
        for who, refused in ((alice, ["delete_all", "delete_one", "read_mail"]), (bob, ["write_file", "delete_all", "read_mail"])):
            for name in refused:
                error = who.rpc("tools/call", {"name": f"disk__{name}", "arguments": {}}).error
                assert (error["code"], error["data"]["error_code"]) == (-32602, "TOOL_005"), name
    assert recording.calls == []
    assert alice.rpc("tools/call", {"name": "disk__write_file", "arguments": {}}).result["content"]
    assert bob.rpc("tools/call", {"name": "disk__write_file", "arguments": {}}).error["message"] == "ask for it"
    alone = Caller(gateway, BOB).rpc("tools/list", path="/mcp/servers/disk").result["tools"]
    assert [tool["name"] for tool in alone] == ["read_file"], "and so it is where the server is seen alone"


def test_t36_only_what_matches_an_allowed_pattern_is_listed_and_called(start: Start, recording: Recording) -> None:
    has = {"tools": [{"name": name} for name in ("read_file", "read_mail", "write_file", "stat")]}
    entry = shelf("disk", has, env=recording.environment, allowed_tools=["read_*", "sta?"], denied_tools=["*_mail"])
    gateway = start(document([entry]))
    for revision in (MODERN, LEGACY[-1]):
        alice = caller(gateway, revision)
        assert tools(alice) == ["disk__read_file", "disk__stat"]
        for refused in ("write_file", "read_mail"):
            assert alice.rpc("tools/call", {"name": f"disk__{refused}", "arguments": {}}).error["code"] == -32602
    assert recording.calls == []
    assert alice.rpc("tools/call", {"name": "disk__stat", "arguments": {}}).result["content"]


def test_t36_tools_are_found_by_what_they_are_about(start: Start) -> None:
    weather = {"tools": [{"name": "get_forecast", "description": "Tells tomorrow's weather"}, {"name": "weather", "description": "Now"}]}
    mail = {"tools": [{"name": "send", "description": "Sends a letter, whatever the weather"}, {"name": "delete_all"}, {"name": "sort"}]}
    gateway = start(document([shelf("sky", weather), shelf("post", mail, denied_tools=["delete_*"]), dead("gone")]))
    alice = Caller(gateway, ALICE)
    found = alice.tool("enkrypt_discover_all_tools", query="Weather, please!")
    assert [(match["server_name"], match["tool"]["name"]) for match in found["tools"]] == [
        ("sky", "weather"),
        ("sky", "get_forecast"),
        ("post", "send"),
    ]
    assert found["total_matches"] == 3 and found["discovery_failed_servers"] == ["gone"]
    assert [match["tool"]["name"] for match in alice.tool("enkrypt_discover_all_tools", query="weather", limit=1)["tools"]] == ["weather"]
    one = alice.tool("enkrypt_discover_all_tools", server_name="post", query="weather")
    assert [match["tool"] for match in one["tools"]] == mail["tools"][:1], "whole, to be called with"
    for query in ("delete", "zebra eat", "?!"):
        assert alice.tool("enkrypt_discover_all_tools", query=query)["tools"] == [], "what is denied is not found either"
    refused = alice.call("enkrypt_discover_all_tools", {"query": "weather", "limit": 0})
    assert "a whole number from 1 to 100" in refused["error"]["message"]


def test_t36_what_is_spared_is_told_in_tokens(start: Start) -> None:
    long = {"tools": [{"name": "kept", "description": "x" * 4000}, {"name": "denied", "description": "y" * 8000}]}
    gateway = start(document([shelf("one", long, denied_tools=["denied"]), shelf("two", long)]))
    tokens = Caller(gateway, ALICE).tool("enkrypt_list_all_servers")["tool_tokens"]
    assert 1000 + 3000 < tokens["offered"] < 4200 and 2000 <= tokens["saved_by_filters"] < 2100
    assert tokens["saved_by_gateway_tools"] == tokens["offered"] - tokens["gateway_tools"] > 0


def test_a_rejected_server_is_named_and_its_items_are_gone(start: Start) -> None:
    alice = Caller(start(document([shelf("evil", description=f"quite {BLOCKED}"), shelf("good")])), ALICE)
    for method, member in KINDS.items():
        result = alice.rpc(method).result
        assert not any("evil" in json.dumps(item) for item in result[member]) and unavailable(result) == ["evil"]
        assert result["_meta"][UNAVAILABLE][0]["retry"] is False and BLOCKED not in json.dumps(result)
    assert alice.rpc("resources/read", {"uri": "enkrypt:evil:note:///one"}).error["data"]["error_code"] == "DISC_003"
    result = alice.rpc("tools/call", {"name": "evil__mirror"}).result
    assert result["isError"] and result["_meta"]["io.enkrypt.gateway/error"]["error_code"] == "DISC_003"


# Pages


def test_a_long_list_has_pages_and_a_cursor_fits_only_its_list(start: Start, revision: str) -> None:
    many = {"tools": [{"name": f"tool-{number}"} for number in range(1500)], "page": 400}
    gateway = start(document([shelf("alpha", many), shelf("beta", many)], config={"exposure": "federated"}))
    alice = caller(gateway, revision)
    found: list[str] = []
    cursors: list[str] = []
    params: dict[str, Any] = {}
    for _ in range(10):
        result = alice.rpc("tools/list", params).result
        found += names(result)
        if "nextCursor" not in result:
            break
        cursors.append(result["nextCursor"])
        params = {"cursor": cursors[-1]}
    assert found == [f"{name}__tool-{number}" for name in ("alpha", "beta") for number in range(1500)]
    assert len(cursors) == 2 and all("alpha" not in cursor for cursor in cursors)
    for cursor in ("", "x", cursors[0] + "x", "0." + cursors[0].split(".")[1], "-1.0", "zzzzzzzzzzzzzzzzzzzz.1", 7, {"a": 1}):
        assert alice.rpc("tools/list", {"cursor": cursor}).error["code"] == -32602, cursor
    assert alice.rpc("prompts/list", {"cursor": cursors[0]}).error["code"] == -32602, "of another list"
    assert alice.rpc("tools/list", {"cursor": None}).result["tools"]
    gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"][0].update(denied_tools=["tool-3"]))
    assert alice.rpc("tools/list", {"cursor": cursors[0]}).error["code"] == -32602, "the list has changed"


# Freshness


def test_lists_are_asked_for_once_and_again_when_the_server_says_so(start: Start, recording: Recording) -> None:
    alice = Caller(start(document([shelf("alpha", env=recording.environment)])), ALICE)
    for _ in range(3):
        before = tools(alice)
    pages = len(recording.of("tools/list"))
    assert pages == 4 and "alpha__grown" not in before
    assert alice.rpc("tools/call", {"name": "alpha__grow"}).result["content"][0]["text"] == "grown"
    until(lambda: "alpha__grown" in tools(alice), "the new tool is listed")
    assert alice.rpc("tools/call", {"name": "alpha__grown", "arguments": {}}).result["content"]


def test_a_stalled_server_holds_up_one_list_and_not_the_next(start: Start, recording: Recording) -> None:
    stalled = server("stalled", "silent.py", env=recording.environment)
    gateway = start(document([shelf("alpha"), stalled], timeouts={"discovery_timeout": 2}))
    alice = Caller(gateway, ALICE)
    for method, member in KINDS.items():
        result = alice.rpc(method).result
        assert unavailable(result) == ["stalled"] and len(result[member]) > 0
        assert result["_meta"][UNAVAILABLE][0]["error_code"] == "DISC_005"
    assert alice.tool("enkrypt_get_timeout_metrics")["timeout_metrics"]["timeout_operations"] == 1, "it was waited for once"
