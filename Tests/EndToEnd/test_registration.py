"""What servers say of themselves and of their items is judged before anybody sees it."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, BLOCKED, BOB, Document, document, entry, keyword_guardrail, server
from support.enkrypt import POLICY, EnkryptService
from support.raw import Caller
from support.services import FAIL

KEY_VARIABLE = {"ENKRYPT_TEST_KEY": EnkryptService.key}
TOOL: Document = {"name": "decent", "description": "A tool", "inputSchema": {"type": "object"}}


@pytest.fixture
def service() -> Iterator[EnkryptService]:
    service = EnkryptService()
    yield service
    service.close()
    assert service.complaints == []


def shelf(**lists: Any) -> Document:
    return server(
        "shelf", "shelf.py", env={"SHELF": json.dumps({"tools": [TOOL], "prompts": [], "resources": [], "templates": [], **lists})}
    )


def names(caller: Caller, method: str, member: str, key: str = "name") -> list[str]:
    return [item[key] for item in caller.rpc(method).result[member] if not item[key].startswith("enkrypt_")]


def discovered(gateway: Any, key: str = ALICE) -> Document:
    caller = Caller(gateway, key)
    caller.tool("enkrypt_clear_cache")
    return caller.tool("enkrypt_discover_all_tools", server_name="shelf")


PLACES: dict[str, Document] = {
    "title": {"title": f"A {BLOCKED} title"},
    "description": {"description": f"does {BLOCKED} things"},
    "input schema": {"inputSchema": {"type": "object", "properties": {"x": {"enum": [1, f"{BLOCKED} choice"]}}}},
    "name of a parameter": {"inputSchema": {"type": "object", "properties": {f"{BLOCKED}_x": {}}}},
    "output schema": {"outputSchema": {"type": "object", "properties": {"y": {"description": f"a {BLOCKED} value"}}}},
    "annotations": {"annotations": {"title": f"{BLOCKED} annotation", "readOnlyHint": True}},
    "meta": {"_meta": {"vendor/x": [f"deep {BLOCKED}"]}},
    "what no revision knows": {"x-more": {"a": [{"b": BLOCKED}]}},
}


@pytest.mark.parametrize("place", PLACES)
def test_every_string_of_a_tools_definition_is_judged(start: Start, place: str) -> None:
    gateway = start(document([shelf(tools=[TOOL, {**TOOL, "name": "bad", **PLACES[place]}])]))
    alice = Caller(gateway, ALICE)
    assert names(alice, "tools/list", "tools") == ["shelf__decent"]
    found = alice.tool("enkrypt_discover_all_tools", server_name="shelf")
    assert [tool["name"] for tool in found["blocked_tools"]] == ["bad"] and found["blocked_count"] == 1
    (detail,) = found["blocked_tools"][0]["detection_details"]
    assert detail["guardrail"] == "keywords" and detail["type"] == "keyword_detector"
    member = next(iter(PLACES[place]))
    assert detail["member"] == (member if member != "x-more" else "other")
    where = member if member != "x-more" else "the definition"
    assert found["blocked_reasons"] == [f"keyword_detector: found by keywords in {where}"] == found["blocked_tools"][0]["reasons"]
    assert BLOCKED not in json.dumps(found).lower(), "a guardrail's own words would quote it"


def test_prompts_resources_and_templates_are_judged_too(start: Start) -> None:
    gateway = start(
        document(
            [
                shelf(
                    prompts=[{"name": "decent"}, {"name": "bad", "arguments": [{"name": "x", "description": f"a {BLOCKED} one"}]}],
                    resources=[{"uri": "note:///a", "name": "a"}, {"uri": "note:///b", "name": "b", "title": f"A {BLOCKED} note"}],
                    templates=[{"uriTemplate": "t:///{a}", "name": "a"}, {"uriTemplate": "u:///{b}", "name": "b", "description": BLOCKED}],
                )
            ]
        )
    )
    alice = Caller(gateway, ALICE)
    assert names(alice, "prompts/list", "prompts") == ["shelf__decent"]
    assert names(alice, "resources/list", "resources") == ["a"]
    assert names(alice, "resources/templates/list", "resourceTemplates") == ["a"]


def test_a_name_that_is_itself_what_is_forbidden_is_not_shown(start: Start) -> None:
    gateway = start(document([shelf(tools=[TOOL, {**TOOL, "name": f"a_{BLOCKED}_name"}])]))
    text = json.dumps(Caller(gateway, ALICE).tool("enkrypt_discover_all_tools", server_name="shelf")["blocked_tools"][0]["name"])
    assert BLOCKED not in text


def test_a_server_that_is_rejected_says_so_in_the_shape_of_the_original(start: Start) -> None:
    entry = {**shelf(), "description": f"The {BLOCKED} shelf"}
    alice = Caller(start(document([entry, server("stage")])), ALICE)
    found = alice.call("enkrypt_discover_all_tools")["available_servers"]
    assert (found["shelf"]["server_name"], found["shelf"]["blocked"]) == ("shelf", True)
    assert found["shelf"]["violations"] == ["keyword_detector: found by keywords in description"]
    assert found["shelf"]["error"]["code"] == "DISC_003" and BLOCKED not in json.dumps(found)
    assert "blocked" not in found["stage"]


# Which guardrails judge

TWO = [keyword_guardrail("first", ["alpha"]), keyword_guardrail("second", ["beta"])]
TOOLS = [{**TOOL, "name": name, "description": f"is about {name}"} for name in ("alpha", "beta")]
TOOL_POLICY: Document = {"enabled": True, "policy_name": "p", "block": ["keyword_detector"], "provider": "second"}


@pytest.mark.parametrize("name", ["tool_guardrails_policy", "server_tools_guardrails_config"])
def test_a_policy_for_tools_says_which_guardrails_judge_them(start: Start, name: str) -> None:
    gateway = start(document([{**shelf(tools=TOOLS), name: TOOL_POLICY}], guardrails=TWO))
    assert [tool["name"] for tool in discovered(gateway)["tools"]] == ["alpha"]
    gateway.edit(lambda document: entry(document, "shelf").pop(name))
    assert discovered(gateway)["tools"] == []
    gateway.edit(lambda document: entry(document, "shelf").update({name: {**TOOL_POLICY, "enabled": False}}))
    assert [tool["name"] for tool in discovered(gateway)["tools"]] == ["alpha", "beta"], "2.1.7: it takes the place of the switch"


def test_the_policy_of_a_set_counts_for_servers_without_one_of_their_own(start: Start) -> None:
    overrides = {"common_overrides": {"server_tools_guardrails_config": {**TOOL_POLICY, "guardrail_name": "p"}}}
    del overrides["common_overrides"]["server_tools_guardrails_config"]["policy_name"]
    gateway = start(document([shelf(tools=TOOLS)], guardrails=TWO, config=overrides))
    assert [tool["name"] for tool in discovered(gateway)["tools"]] == ["alpha"]
    gateway.edit(lambda document: entry(document, "shelf").update(tool_guardrails_policy={**TOOL_POLICY, "provider": "first"}))
    assert [tool["name"] for tool in discovered(gateway)["tools"]] == ["beta"]


def test_the_switches_of_the_whole_gateway_count_for_servers_that_say_nothing(start: Start) -> None:
    entries = [{**shelf(tools=TOOLS)}, {**server("poisoned", "poisoned.py", description="alpha"), "enable_tool_guardrails": True}]
    common = {"enable_tool_guardrails": False, "enable_server_info_validation": False}
    gateway = start(document(entries, guardrails=TWO, common=common))
    assert [tool["name"] for tool in discovered(gateway)["tools"]] == ["alpha", "beta"]
    gateway.edit(lambda document: document["common_mcp_gateway_config"].update(enable_tool_guardrails=True))
    assert discovered(gateway)["tools"] == []
    alice = Caller(gateway, ALICE)
    assert alice.tool("enkrypt_discover_all_tools", server_name="poisoned")["tools"], "the server's own description is not judged"
    gateway.edit(lambda document: document["common_mcp_gateway_config"].pop("enable_server_info_validation"))
    assert alice.call("enkrypt_discover_all_tools", {"server_name": "poisoned"})["blocked"] is True


def test_a_policy_for_tools_that_nobody_can_carry_out_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document([{**shelf(), "tool_guardrails_policy": {**TOOL_POLICY, "provider": "nobody"}}], guardrails=TWO)))
    path.chmod(0o600)
    checked = run("config", "validate", "--config", path)
    assert checked.status == 1 and "tool_guardrails_policy/provider" in checked.stdout + checked.stderr


def test_a_policy_at_the_service_judges_definitions(start: Start, service: EnkryptService) -> None:
    tools = [{**TOOL, "name": name, "description": text} for name, text in (("one", "decent"), ("two", "an INJECTION_ATTACK"))]
    gateway = start(
        cloud(service, tools, tool_guardrails_policy={"enabled": True, "policy_name": POLICY, "block": ["injection_attack"]}),
        environment=KEY_VARIABLE,
    )
    assert [tool["name"] for tool in discovered(gateway)["blocked_tools"]] == ["two"]
    assert service.asked("/guardrails/policy/detect") and not service.asked("/guardrails/batch/detect")


# What is not asked twice


def cloud(service: EnkryptService, tools: list[Document], **more: Any) -> Document:
    guardrail = {
        "name": "cloud",
        "provider": "enkrypt",
        "config": {"api_key": "${env:ENKRYPT_TEST_KEY}", "base_url": service.url},
        "egress": {"allow": [service.address]},
    }
    return document([{**shelf(tools=tools), **more}], guardrails=[guardrail])


def test_a_definition_that_was_judged_is_not_judged_again(start: Start, service: EnkryptService) -> None:
    tools = [{**TOOL, "name": f"tool{number}"} for number in range(20)]
    gateway = start(cloud(service, tools), environment=KEY_VARIABLE)
    assert len(discovered(gateway)["tools"]) == 20
    asked = len(service.requests)
    assert asked >= 20
    assert len(discovered(gateway, BOB)["tools"]) == len(discovered(gateway)["tools"]) == 20
    assert len(service.requests) == asked, "another caller, and a cleared cache"
    gateway.edit(lambda document: entry(document, "shelf").update(description="Another text"))
    assert len(discovered(gateway)["tools"]) == 20
    assert len(service.requests) - asked <= 2, "only the server's description is new"


def test_a_missing_verdict_is_not_remembered(start: Start, service: EnkryptService) -> None:
    gateway = start(cloud(service, [{**TOOL, "description": f"A tool {FAIL}"}]), environment=KEY_VARIABLE)
    assert discovered(gateway)["blocked_count"] == 1
    asked = len(service.requests)
    assert discovered(gateway)["blocked_count"] == 1
    assert len(service.requests) > asked


def test_definitions_are_judged_side_by_side(start: Start, service: EnkryptService) -> None:
    """Four questions have to be under way at once before the first is answered."""
    together = threading.Barrier(4)
    answer = service.answer

    def together_first(request: Any) -> tuple[int, Any]:
        if any("tool" in text and "Tool:" in text for text in service.texts(request)):
            together.wait(timeout=30)
        return answer(request)

    service.answer = together_first  # type: ignore[method-assign]
    tools = [{**TOOL, "name": f"tool{number}"} for number in range(4)]
    gateway = start(cloud(service, tools, enable_server_info_validation=False), environment=KEY_VARIABLE)
    assert len(discovered(gateway)["tools"]) == 4
    assert not together.broken
