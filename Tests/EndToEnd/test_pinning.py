"""What a server says at first is accepted; what it says otherwise later waits for an administrator."""

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, BOB, Document, document, entry, server
from support.gateway import Gateway
from support.raw import Caller
from support.recording import Recording
from support.turncoat import Turncoat, administer, pins_path, tool
from support.waiting import until
from test_list_changes import session_stream


@pytest.fixture
def turncoat(tmp_path: Path) -> Turncoat:
    return Turncoat(tmp_path)


@pytest.fixture
def gateway(start: Start, turncoat: Turncoat) -> Gateway:
    """One that has seen the server's first list."""
    gateway = start(document([turncoat.entry(pinning="enforce")]))
    assert offered(gateway) == ["first", "second"]
    return gateway


def listed(gateway: Gateway, key: str = ALICE) -> Document:
    """What the server says now."""
    caller = Caller(gateway, key)
    caller.tool("enkrypt_clear_cache")
    return caller.tool("enkrypt_discover_all_tools", server_name="turncoat")


def offered(gateway: Gateway) -> list[str]:
    """The same in every list."""
    names = [found["name"] for found in listed(gateway)["tools"]]
    federated = [found["name"] for found in Caller(gateway, ALICE).rpc("tools/list").result["tools"]]
    assert [name.removeprefix("turncoat__") for name in federated if name.startswith("turncoat__")] == names
    return names


def error(gateway: Gateway, name: str) -> tuple[str, str | None]:
    item = Caller(gateway, ALICE).item("turncoat", name)
    return (item.get("error_code", item["status"]), item.get("reason"))


Change = Callable[[list[Document]], object]
CHANGES: dict[str, Change] = {
    "description": lambda tools: tools[1].update(description="Does what it says, and more"),
    "title": lambda tools: tools[1].update(title="A title"),
    "type of an argument": lambda tools: tools[1]["inputSchema"]["properties"]["n"].update(type="string"),
    "new argument": lambda tools: tools[1]["inputSchema"]["properties"].update(m={"type": "string", "description": "your password"}),
    "output schema": lambda tools: tools[1].update(outputSchema={"type": "object"}),
    "annotations": lambda tools: tools[1].update(annotations={"readOnlyHint": False, "destructiveHint": True}),
    "meta": lambda tools: tools[1].update(_meta={"vendor/template": "ui://other"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_t38_a_changed_definition_is_held_back_until_it_is_approved(gateway: Gateway, turncoat: Turncoat, change: str) -> None:
    tools = [tool("first"), tool("second")]
    CHANGES[change](tools)
    turncoat.says(*tools)
    assert offered(gateway) == ["first"]
    assert listed(gateway)["awaiting_approval"] == [{"name": "second", "change": "changed", "held_back": True}]
    calls = len(turncoat.recording.calls)
    assert error(gateway, "second") == ("DISC_003", "tool_changed")
    refused = Caller(gateway, ALICE).rpc("tools/call", {"name": "turncoat__second", "arguments": {}}).error
    assert refused["code"] == -32602 and refused["data"]["reason"] == "tool_changed"
    assert len(turncoat.recording.calls) == calls, "nothing reached the server"
    assert Caller(gateway, ALICE).text("turncoat", "first") == "{}"
    (found,) = administer(gateway, "diff").json
    assert (found["tool_name"], found["change"]) == ("second", "changed") and found["differences"]
    administer(gateway, "approve", "--server", "turncoat", "--tool", "second")
    assert Caller(gateway, ALICE).text("turncoat", "second") == "{}", "at the next call, without a cleared cache"
    assert offered(gateway) == ["first", "second"] and administer(gateway, "diff").json == []


def test_t38_an_added_tool_is_held_back_until_it_is_approved(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second"), tool("third"))
    assert offered(gateway) == ["first", "second"]
    assert error(gateway, "third") == ("DISC_003", "tool_added")
    (found,) = administer(gateway, "diff").json
    assert found["change"] == "added" and found["differences"][0]["after"] == tool("third")
    administer(gateway, "approve", "--server", "turncoat")
    assert offered(gateway) == ["first", "second", "third"]


def test_t38_a_renamed_tool_is_held_back_and_known_again(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("zweite"))
    assert offered(gateway) == ["first"]
    changes = {found["tool_name"]: found for found in administer(gateway, "diff").json}
    assert changes["zweite"]["change"] == "added" and changes["zweite"]["renamed_from"] == "second"
    assert changes["second"]["change"] == "removed"
    administer(gateway, "approve", "--all")
    assert offered(gateway) == ["first", "zweite"]
    turncoat.says(tool("first"), tool("second"), tool("zweite"))
    assert offered(gateway) == ["first", "zweite"], "the old name is not accepted any more"


def test_t38_a_removed_tool_waits_too_and_may_come_back_as_it_was(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"))
    assert listed(gateway)["awaiting_approval"] == [{"name": "second", "change": "removed", "held_back": False}]
    assert administer(gateway, "diff").json[0]["change"] == "removed"
    turncoat.says(tool("first"), tool("second", "not as it was"))
    assert offered(gateway) == ["first"]
    turncoat.says(tool("first"), tool("second"))
    assert offered(gateway) == ["first", "second"] and administer(gateway, "diff").json == []


ENDPOINTS: dict[str, Change] = {
    "arguments": lambda config: config["args"].append("--more"),
    "command": lambda config: config.update(command="/usr/bin/env", args=[sys.executable, *config["args"]]),
    "a variable": lambda config: config["env"].update(LD_PRELOAD="/tmp/x.so"),
    "directory": lambda config: config.update(cwd="/tmp"),
}


@pytest.mark.parametrize("change", ENDPOINTS)
def test_t38_a_changed_endpoint_is_not_even_started(gateway: Gateway, turncoat: Turncoat, change: str) -> None:
    before = len(turncoat.recording.lines)
    gateway.edit(lambda document: ENDPOINTS[change](entry(document, "turncoat")["config"]))
    alice = Caller(gateway, ALICE)
    assert error(gateway, "first") == ("DISC_003", "endpoint_changed")
    result = alice.rpc("tools/call", {"name": "turncoat__first", "arguments": {}}).result
    assert result["isError"] and result["_meta"]["io.enkrypt.gateway/error"]["reason"] == "endpoint_changed"
    assert alice.call("enkrypt_discover_all_tools", {"server_name": "turncoat"})["error"]["reason"] == "endpoint_changed"
    assert len(turncoat.recording.lines) == before, "nobody spoke with it"
    info = alice.tool("enkrypt_get_server_info", server_name="turncoat")["server_info"]["approval"]
    assert (info["pinning"], info["endpoint"]) == ("enforce", "changed")
    (found,) = administer(gateway, "diff").json
    assert found["endpoint"] and found["differences"]
    administer(gateway, "approve", "--server", "turncoat")
    assert Caller(gateway, ALICE).text("turncoat", "first") == "{}"


def test_a_tool_of_an_approved_endpoint_still_has_to_be_what_was_accepted(gateway: Gateway, turncoat: Turncoat) -> None:
    gateway.edit(lambda document: entry(document, "turncoat")["config"]["args"].append("--more"))
    turncoat.says(tool("first"), tool("second", "other"))
    assert error(gateway, "first") == ("DISC_003", "endpoint_changed")
    administer(gateway, "approve", "--server", "turncoat")
    assert offered(gateway) == ["first"]


def test_t38_the_url_of_a_server_is_pinned_with_its_headers(tmp_path: Path, start: Start) -> None:
    entry = server("remote", egress={"allow": ["127.0.0.1"]}, pinning="enforce")
    entry["config"] = {"url": "http://127.0.0.1:9/mcp?token=canary-1", "headers": {"X-One": "canary-2"}}
    gateway = start(document([entry]))
    alice = Caller(gateway, ALICE)
    assert alice.item("remote", "x")["error_code"] == "DISC_002"
    gateway.edit(lambda d: d["mcp_configs"]["config-1"]["mcp_config"][0]["config"].update(headers={"X-One": "canary-3"}))
    assert alice.item("remote", "x")["error_code"] == "DISC_002", "another value of a header is no other server"
    gateway.edit(lambda d: d["mcp_configs"]["config-1"]["mcp_config"][0]["config"].update(url="http://127.0.0.1:10/mcp?token=canary-1"))
    assert alice.item("remote", "x")["reason"] == "endpoint_changed"
    shown = administer(gateway, "diff").stdout + pins_path(gateway).read_text() + administer(gateway, "pins").stdout
    assert "127.0.0.1:10" in shown and "canary" not in shown


# What is no change


def test_the_order_of_members_is_no_change(gateway: Gateway, turncoat: Turncoat) -> None:
    before = pins_path(gateway).read_bytes()
    turncoat.says(dict(reversed(tool("second").items())), tool("first"))
    assert sorted(offered(gateway)) == ["first", "second"]
    gateway.edit(lambda document: entry(document, "turncoat")["config"]["env"].update(MARK="another value"))
    gateway.edit(lambda document: entry(document, "turncoat")["config"]["env"].pop("MARK"))
    assert pins_path(gateway).read_bytes() == before


def test_what_the_configuration_denies_is_no_change_when_it_allows_it(start: Start, turncoat: Turncoat) -> None:
    gateway = start(document([turncoat.entry(pinning="enforce", denied_tools=["second"])]))
    assert offered(gateway) == ["first"]
    gateway.edit(lambda document: entry(document, "turncoat").pop("denied_tools"))
    assert offered(gateway) == ["first", "second"]


def test_pins_outlive_the_gateway(start: Start, gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "other"))
    gateway.stop()
    gateway.start()
    assert offered(gateway) == ["first"]


# Modes


def test_by_default_changes_pass_and_are_told(start: Start, turncoat: Turncoat) -> None:
    gateway = start(document([turncoat.entry()]))
    assert offered(gateway) == ["first", "second"]
    turncoat.says(tool("first"), tool("second", "other"))
    assert offered(gateway) == ["first", "second"]
    assert listed(gateway)["awaiting_approval"] == [{"name": "second", "change": "changed", "held_back": False}]
    assert error(gateway, "second") == ("success", None)
    until(lambda: "A tool is not what was accepted" in gateway.stderr, "the operator is told")
    alice = Caller(gateway, ALICE)
    info = alice.tool("enkrypt_list_all_servers", discover_tools=False)["available_servers"]["turncoat"]["approval"]
    assert info == {
        "pinning": "warn",
        "endpoint": "accepted",
        "awaiting_approval": [{"name": "second", "change": "changed", "held_back": False}],
    }
    assert administer(gateway, "diff").json[0]["differences"] == [
        {"change": "replace", "path": "/description", "before": "Does what it says", "after": "other"}
    ]
    gateway.edit(lambda document: entry(document, "turncoat").update(pinning="enforce"))
    assert offered(gateway) == ["first"], "what was accepted before is what counts"


def test_off_records_nothing(start: Start, turncoat: Turncoat) -> None:
    gateway = start(document([turncoat.entry()], common={"pinning": "off"}))
    assert offered(gateway) == ["first", "second"]
    turncoat.says(tool("first", "other"))
    assert offered(gateway) == ["first"] and "awaiting_approval" not in listed(gateway)
    assert not pins_path(gateway).exists()
    gateway.edit(lambda document: document["common_mcp_gateway_config"].update(pinning="enforce"))
    assert offered(gateway) == ["first"]
    assert json.loads(pins_path(gateway).read_text())["servers"]["config-1"]["turncoat"]["tools"].keys() == {"first"}


# The file


def test_the_file_is_private_and_holds_no_secret(start: Start, turncoat: Turncoat) -> None:
    described = turncoat.entry(pinning="enforce")
    described["config"]["env"]["API_TOKEN"] = "canary-canary"
    described["config"]["args"] += ["--api-key", "canary-argument"]
    gateway = start(document([described]))
    offered(gateway)
    path = pins_path(gateway)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and "canary" not in path.read_text()
    assert [name for name in path.parent.iterdir() if ".tmp." in name.name] == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 2, "order": 1, "servers": {}}', b'{"version":1,"order":1,"servers":{"c":{"s":7}}}']
)
def test_without_the_pins_nothing_passes_that_has_to_be_compared(gateway: Gateway, content: bytes) -> None:
    path = pins_path(gateway)
    kept = path.read_bytes()
    path.write_bytes(content)
    assert error(gateway, "first") == ("DISC_003", "pins_unavailable")
    until(lambda: "The pins cannot be used" in gateway.stderr and str(path) in gateway.stderr, "the operator is told")
    assert "file of pins" in administer(gateway, "diff", status=1).stderr
    gateway.edit(lambda document: entry(document, "turncoat").update(pinning="warn"))
    assert error(gateway, "first") == ("success", None)
    gateway.edit(lambda document: entry(document, "turncoat").update(pinning="enforce"))
    path.write_bytes(kept)
    assert error(gateway, "first") == ("success", None)


def test_pins_that_others_can_write_are_not_believed(gateway: Gateway) -> None:
    pins_path(gateway).chmod(0o666)
    assert error(gateway, "first") == ("DISC_003", "pins_unavailable")
    pins_path(gateway).chmod(0o600)
    assert error(gateway, "first") == ("success", None)


def test_pins_that_cannot_be_written_let_nothing_new_pass(start: Start, turncoat: Turncoat) -> None:
    gateway = start(document([turncoat.entry(pinning="enforce")]))
    pins_path(gateway).mkdir()
    assert error(gateway, "first") == ("DISC_003", "pins_unavailable")
    gateway.edit(lambda document: entry(document, "turncoat").update(pinning="warn"))
    assert error(gateway, "first") == ("success", None)


# Administration


def test_only_what_was_looked_at_is_approved(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "looked at"))
    listed(gateway)
    digest = administer(gateway, "diff").json[0]["digest"]
    turncoat.says(tool("first"), tool("second", "slipped in"))
    listed(gateway)
    words = ("approve", "--server", "turncoat", "--tool", "second", "--digest", digest)
    assert "not what was looked at" in administer(gateway, *words, status=1).stderr
    assert error(gateway, "second") == ("DISC_003", "tool_changed")
    turncoat.says(tool("first"), tool("second", "looked at"))
    listed(gateway)
    administer(gateway, *words)
    assert error(gateway, "second") == ("success", None)


def test_approval_binds_to_what_was_recorded_and_not_to_what_the_server_says_by_then(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "looked at"))
    listed(gateway)
    turncoat.says(tool("first"), tool("second", "slipped in"))
    administer(gateway, "approve", "--all")
    assert offered(gateway) == ["first"]


def test_a_dry_run_shows_and_changes_nothing(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "other"))
    listed(gateway)
    before = pins_path(gateway).read_bytes()
    shown = administer(gateway, "approve", "--all", "--dry-run").json
    assert shown["changes"] == [
        {"change": "replace", "path": "/config-1/turncoat/second/description", "before": "Does what it says", "after": "other"}
    ]
    assert pins_path(gateway).read_bytes() == before and error(gateway, "second")[1] == "tool_changed"
    assert "not those that this change" in administer(gateway, "approve", "--all", "--if-match", "0" * 64, status=1).stderr
    administer(gateway, "approve", "--all", "--if-match", shown["revision_before"])


def test_every_approval_is_on_record(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "other"))
    listed(gateway)
    administer(gateway, "approve", "--server", "turncoat", "--tool", "first", status=1)
    administer(gateway, "approve", "--server", "turncoat", "--tool", "second")
    lines = [json.loads(line) for line in gateway.config.with_name(gateway.config.name + ".audit.jsonl").read_text().splitlines()]
    assert [(line["operation"], line["outcome"]) for line in lines] == [("tools approve", "refused"), ("tools approve", "done")]
    assert (
        lines[1]["input"] == {"server_name": "turncoat", "tool_name": "second"}
        and lines[1]["revision_before"] != lines[1]["revision_after"]
    )
    assert run("audit", "verify", "--config", gateway.config).status == 0


def test_a_reset_begins_anew(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "other"), tool("third"))
    assert offered(gateway) == ["first"]
    assert administer(gateway, "reset", "--server", "turncoat").json == [{"mcp_config_name": "shared", "server_name": "turncoat"}]
    assert offered(gateway) == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["approve"], "Say of what"),
        (["approve", "--tool", "first"], "needs its server"),
        (["approve", "--all", "--server", "turncoat"], "not both"),
        (["approve", "--server", "turncoatt"], "did you mean 'turncoat'?"),
        (["approve", "--all"], "Nothing of that waits"),
        (["reset", "--server", "turncoat", "--tool", "thrid"], "There is no tool with a pin 'thrid'"),
        (["diff", "--config-name", "shred"], "did you mean 'shared'?"),
    ],
)
def test_what_cannot_be_done_is_said(gateway: Gateway, words: list[str], message: str) -> None:
    ended = run("tools", *words, "--config", gateway.config)
    assert ended.status in (1, 2) and message in ended.stderr, ended.stderr


def test_a_diff_shows_what_nobody_would_see(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "Does what\u200b it says\U000e0041\x1b[2J"))
    listed(gateway)
    after = administer(gateway, "diff").json[0]["differences"][0]["after"]
    assert after == "Does what\\u{200B} it says\\u{E0041}\\u{1B}[2J"


def test_clients_hear_of_an_approval(gateway: Gateway, turncoat: Turncoat) -> None:
    turncoat.says(tool("first"), tool("second", "other"))
    listed(gateway)
    bob = Caller(gateway, BOB, revision="2025-11-25").initialize()
    with session_stream(bob) as stream:
        administer(gateway, "approve", "--all")
        until(lambda: "tools" in stream.changes(), "the change of the list")
    assert bob.text("turncoat", "second") == "{}"


# Other servers' names


def test_a_tool_with_another_servers_name_is_told_everywhere(start: Start, tmp_path: Path) -> None:
    old, new = Turncoat(tmp_path, "old", tool("read_mail"), tool("only")), Turncoat(tmp_path, "new", tool("Read-Mail"), tool("mine"))
    gateway = start(document([old.entry()]))
    alice = Caller(gateway, ALICE)
    assert alice.text("old", "read_mail") == "{}"
    gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].insert(0, new.entry()))
    found = alice.tool("enkrypt_discover_all_tools", server_name="new")
    assert found["shadowing_tools"] == [{"name": "Read-Mail", "others": ["old"]}]
    until(lambda: "A tool has the name of another server's" in gateway.stderr, "the operator is told")
    alice.tool("enkrypt_clear_cache")
    assert "shadowing_tools" not in alice.tool("enkrypt_discover_all_tools", server_name="old"), "it was there first"
    for caller in (alice, Caller(gateway, ALICE, revision="2025-11-25").initialize()):
        meta = caller.rpc("tools/list").result["_meta"]
        assert meta["io.enkrypt.gateway/shadowing_tools"] == [{"server": "new", "tool": "Read-Mail", "others": ["old"]}]
    pins = {row["server_name"]: row for row in administer(gateway, "pins").json}
    assert [found.get("shadows") for found in pins["new"]["tools"]] == [["old"], None]
    assert all("shadows" not in found for found in pins["old"]["tools"])
    checks = [check for check in run("doctor", "--output", "json", "--config", gateway.config).json["checks"] if check["check"] == "pins"]
    assert any("Read-Mail of new (also of old)" in check["detail"] for check in checks)


def test_t38_a_followed_resource_is_not_followed_to_another_endpoint(start: Start, tmp_path: Path) -> None:
    record = Recording(tmp_path / "record")
    gateway = start(document([server("teller", "teller.py", env=record.environment, pinning="enforce")]))
    alice = Caller(gateway, ALICE, revision="2025-11-25").initialize()
    assert alice.rpc("resources/subscribe", {"uri": "enkrypt:teller:tell://one"}).result == {}
    (process,) = record.processes
    gateway.edit(lambda document: entry(document, "teller")["config"]["args"].append("--more"))
    assert alice.item("teller", "tell")["reason"] == "endpoint_changed"
    until(lambda: "Changes of a resource are not heard of any more" in gateway.stderr, "the subscription is dropped")
    assert record.processes == {process}
