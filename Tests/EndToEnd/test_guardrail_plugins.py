"""Guardrails that somebody else wrote: chosen by configuration, failing, hanging."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.cli import run
from support.documents import ALICE, BLOCKED, BOB, POLICY, Document, document, keyword_guardrail, nonce, server
from support.gateway import Gateway
from support.raw import Caller, side_by_side
from support.recording import Recording


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gateway's own plugins and the moody one."""
    return plugins.folder_with(tmp_path_factory.mktemp("moody") / "plugins", plugins.OWN, ["moody"])


@pytest.fixture(scope="module")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another library in the keyword guardrail's place."""
    return plugins.folder_with(tmp_path_factory.mktemp("swapped") / "plugins", ["LocalAPIKeyAuth"], ["banana"])


@pytest.fixture(scope="module")
def doubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two libraries that offer custom_keyword."""
    return plugins.folder_with(tmp_path_factory.mktemp("doubled") / "plugins", plugins.OWN, ["banana"])


def moody(mode: str, **binding: Any) -> Document:
    return {"name": "moody", "provider": "moody", "config": {"mode": mode}, "timeout": 1, "startup": "degraded", **binding}


def guarded(folder: Path, guardrails: list[Document], record: Recording | None = None, **options: Any) -> Document:
    servers = [server("stage", env=record.environment if record else {}, guarded=True)]
    return document(servers, guardrails=guardrails, plugins={"path": [str(folder)], **options.pop("plugins", {})}, **options)


# Choosing


def test_swapping_the_library_by_configuration_alone_changes_behaviour(start: Start, swapped: Path, folder: Path) -> None:
    alice = Caller(start(guarded(folder, [keyword_guardrail()])), ALICE)
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"
    assert alice.item("stage", "echo", message="banana")["status"] == "success"
    alice = Caller(start(guarded(swapped, [keyword_guardrail()])), ALICE)
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "success"
    item = alice.item("stage", "echo", message="one banana")
    assert item["status"] == "blocked_input"
    assert item["input_guardrail_response"]["violations"][0]["type"] == "fruit"


def test_a_name_that_two_libraries_offer_has_to_be_decided(start: Start, doubled: Path, tmp_path: Path) -> None:
    undecided = Gateway(tmp_path, guarded(doubled, [keyword_guardrail()]))
    undecided.config.parent.mkdir(mode=0o700)
    undecided.write(undecided.document)
    for command in (["serve", "--port", "0"], ["config", "validate"]):
        ended = run(*command, "--config", undecided.config)
        assert ended.status == 1 and ended.stdout == ""
        assert "custom_keyword" in ended.stderr and "test.banana" in ended.stderr and "secure-mcp-gateway.keyword" in ended.stderr

    alice = Caller(start(guarded(doubled, [keyword_guardrail(plugin="test.banana")])), ALICE)
    assert alice.item("stage", "echo", message="banana")["status"] == "blocked_input"
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "success"


def test_guardrails_of_several_libraries_form_a_chain(start: Start, doubled: Path) -> None:
    own = next(
        line
        for line in run("config", "validate", "--config", _written(doubled)).json["providers_found"]
        if "keyword" in line and "banana" not in line
    )
    own_id = own.split("(")[1].split(" ")[0]
    chain = [keyword_guardrail("fruit", plugin="test.banana"), keyword_guardrail("words", plugin=own_id)]
    alice = Caller(start(guarded(doubled, chain)), ALICE)
    assert alice.item("stage", "echo", message="banana")["input_guardrail_response"]["violations"][0]["metadata"]["guardrail"] == "fruit"
    assert alice.item("stage", "echo", message=BLOCKED)["input_guardrail_response"]["violations"][0]["metadata"]["guardrail"] == "words"
    item = alice.item("stage", "echo", message="fine")
    assert item["enkrypt_policy_detections"]["input_guardrail_response"]["guardrail_runs"] == 2


def _written(doubled: Path) -> Path:
    gateway = Gateway(doubled.parent, guarded(doubled, [keyword_guardrail(plugin="test.banana")]))
    gateway.config.parent.mkdir(mode=0o700, exist_ok=True)
    gateway.write(gateway.document)
    return gateway.config


@pytest.mark.parametrize("kind", ["auth", "guardrails", "telemetry"])
def test_a_provider_that_no_library_offers_is_refused_with_what_was_found_and_where(folder: Path, tmp_path: Path, kind: str) -> None:
    unknown: Any = {"provider": "custom_keywords", "config": {}}
    definition = guarded(folder, [keyword_guardrail()])
    definition["plugins"][kind] = unknown if kind == "auth" else [unknown]
    gateway = Gateway(tmp_path, definition)
    gateway.config.parent.mkdir(mode=0o700)
    gateway.write(definition)
    for command in (["serve", "--port", "0"], ["config", "validate"]):
        ended = run(*command, "--config", gateway.config)
        assert ended.status == 1 and ended.stdout == ""
        assert "custom_keywords" in ended.stderr, "what was asked for"
        offered = {"auth": "local_apikey", "guardrails": "custom_keyword", "telemetry": "stdout"}[kind]
        assert offered in ended.stderr.replace("custom_keywords", ""), "what was found"
        assert str(folder) in ended.stderr, "where it was looked for"


def test_a_configuration_that_the_provider_does_not_understand_is_refused(folder: Path, tmp_path: Path) -> None:
    for config, place in (({"blocked_keyword": ["x"]}, "blocked_keyword"), ({"blocked_keywords": "x"}, "blocked_keywords")):
        gateway = Gateway(tmp_path, guarded(folder, [{**keyword_guardrail(), "config": config}]))
        gateway.config.parent.mkdir(mode=0o700, exist_ok=True)
        gateway.write(gateway.document)
        ended = run("config", "validate", "--config", gateway.config)
        assert ended.status == 1 and place in ended.stderr and "keywords" in ended.stderr


# Failing


@pytest.mark.parametrize("mode", ["unavailable", "forget", "malformed", "late"])
@pytest.mark.parametrize(
    ("policy", "status", "unscreened"),
    [(None, "blocked_input", None), ("block", "blocked_input", None), ("allow", "success", None), ("allow_and_flag", "success", ["moody"])],
)
def test_t15_a_guardrail_without_a_verdict_counts_by_policy(
    start: Start, folder: Path, recording: Recording, mode: str, policy: str | None, status: str, unscreened: list[str] | None
) -> None:
    binding = moody(mode) if policy is None else moody(mode, on_failure=policy)
    alice = Caller(start(guarded(folder, [binding], recording)), ALICE)
    mark = nonce()
    item = alice.item("stage", "echo", message="fine", mark=mark)
    assert item["status"] == status
    assert len([call for call in recording.calls if mark in str(call)]) == (1 if status == "success" else 0)
    if status == "success":
        assert item["response"] == "fine"
        for direction in ("input", "output"):
            assert item["enkrypt_policy_detections"][f"{direction}_guardrail_response"].get("unscreened_by") == unscreened
    else:
        assert item["input_guardrail_response"]["violations"][0]["type"] == "guardrail_failure"


def test_a_block_without_a_reason_is_a_block(start: Start, folder: Path) -> None:
    alice = Caller(start(guarded(folder, [moody("block", on_failure="allow")])), ALICE)
    assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"


@pytest.mark.parametrize(("mode", "status"), [("yes_and_no", "success"), ("no_and_yes", "blocked_input")])
def test_of_two_verdicts_the_first_counts(start: Start, folder: Path, mode: str, status: str) -> None:
    alice = Caller(start(guarded(folder, [moody(mode)])), ALICE)
    for _ in range(5):
        assert alice.item("stage", "echo", message="fine")["status"] == status


def test_an_output_without_a_verdict_is_not_returned(start: Start, folder: Path, recording: Recording) -> None:
    definition = guarded(folder, [moody("unavailable")], recording)
    definition["mcp_configs"]["config-1"]["mcp_config"][0]["input_guardrails_policy"] = {**POLICY, "enabled": False}
    alice = Caller(start(definition), ALICE)
    mark = nonce()
    item = alice.item("stage", "echo", message="fine", mark=mark)
    assert item["status"] == "blocked_output" and "content" not in item
    assert len(recording.calls) == 1


def test_a_guardrail_may_rewrite_what_passes(start: Start, folder: Path, recording: Recording) -> None:
    alice = Caller(start(guarded(folder, [moody("transform")], recording)), ALICE)
    item = alice.item("stage", "echo", message='my "secret" is\nsafe', other=[1.0, "é"])
    assert item["response"] == 'my "[hidden]" is\nsafe'
    [call] = recording.calls
    assert call["params"]["arguments"] == {"message": 'my "[hidden]" is\nsafe', "other": [1.0, "é"]}
    assert item["enkrypt_mcp_data"]["args"]["message"] == 'my "secret" is\nsafe', "the sender's own words"


def test_a_configured_tool_is_shown_as_it_passed(start: Start, folder: Path) -> None:
    """What a guardrail replaced in it is nowhere to be seen; others are shown as they are configured."""
    definition = guarded(folder, [moody("transform")])
    note = {"description": "A secret note", "inputSchema": {"type": "object"}}
    tools = {"echo": "Gives its secret message back", "mirror": "Mirrors", "note": note}
    definition["mcp_configs"]["config-1"]["mcp_config"][0]["tools"] = tools
    alice = Caller(start(definition), ALICE)
    found = alice.tool("enkrypt_discover_all_tools", server_name="stage")
    assert found["source"] == "config" and found["tools"].keys() == tools.keys() and "secret" not in json.dumps(found)
    assert found["tools"]["mirror"] == "Mirrors" and found["tools"]["note"] == {"name": "note", **note, "description": "A [hidden] note"}
    listed = {tool["name"]: tool for tool in alice.rpc("tools/list").result["tools"]}
    assert listed["stage__echo"]["description"] == "Gives its [hidden] message back"


def test_a_policy_may_name_its_guardrails(start: Start, folder: Path) -> None:
    definition = guarded(folder, [keyword_guardrail(), moody("block")])
    definition["mcp_configs"]["config-1"]["mcp_config"][0]["input_guardrails_policy"] = {**POLICY, "provider": "keywords"}
    definition["mcp_configs"]["config-1"]["mcp_config"][0]["output_guardrails_policy"] = {**POLICY, "provider": "custom_keyword"}
    alice = Caller(start(definition), ALICE)
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"


# Hanging


def test_a_check_that_never_returns_hurts_only_its_own_call(start: Start, folder: Path) -> None:
    """While calls hang inside the plugin, a hundred other sessions go on; the hanging calls fail by policy."""
    gateway = start(guarded(folder, [moody("stuck", timeout=3)]))
    revision = "2025-11-25"
    callers = side_by_side(20, lambda number: Caller(gateway, ALICE if number % 2 else BOB, revision).initialize(), range(100))
    assert Caller(gateway, ALICE).text("stage", "echo", message="warm") == "warm"
    ended: list[float] = []

    def hang(_: int) -> dict[str, Any]:
        item = Caller(gateway, ALICE).item("stage", "echo", message="please get stuck")
        ended.append(time.monotonic())
        return item

    def work(caller: Caller) -> tuple[str, float]:
        text = caller.text("stage", "echo", message=f"I am {caller.session}")
        return text, time.monotonic()

    with ThreadPoolExecutor(max_workers=3) as pool:
        hanging = [pool.submit(hang, number) for number in range(3)]
        answers = side_by_side(20, work, callers)
        items = [future.result() for future in hanging]
    assert [text for text, _ in answers] == [f"I am {caller.session}" for caller in callers]
    assert max(moment for _, moment in answers[:50]) < max(ended), "others were answered while calls hung"
    for item in items:
        assert item["status"] == "blocked_input"
        assert item["input_guardrail_response"]["violations"][0]["type"] == "guardrail_failure"
    assert Caller(gateway, BOB).text("stage", "echo", message="after") == "after"


@pytest.mark.parametrize("mode", ["unavailable", "forget", "malformed", "stuck"])
def test_t28_an_auth_provider_without_an_answer_lets_nobody_in(start: Start, folder: Path, mode: str) -> None:
    definition = guarded(folder, [keyword_guardrail()], timeouts={"auth_timeout": 1})
    definition["plugins"]["auth"] = {"provider": "moody_auth", "config": {"mode": mode}}
    gateway = start(definition)
    for key in (ALICE, None):
        answer = Caller(gateway, key).rpc("tools/list")
        assert (answer.status, answer.code) == (503, "AUTH_005")


def test_another_auth_provider_may_decide(start: Start, folder: Path) -> None:
    definition = guarded(folder, [keyword_guardrail()])
    definition["plugins"]["auth"] = {"provider": "moody_auth", "config": {"mode": "allow"}}
    assert Caller(start(definition), None).text("stage", "echo", message="x") == "x"
