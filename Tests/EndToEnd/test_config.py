"""The configuration of a running gateway: edits count at the next call, bad ones change nothing."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import processes
from support.cli import run
from support.documents import ALICE, BLOCKED, BOB, POLICY, document, entry, keyword_guardrail, server
from support.gateway import URL_LINE, Gateway
from support.places import GATEWAY
from support.raw import LEGACY, Caller, Refused, side_by_side
from support.waiting import until


def who(caller: Caller, name: str) -> int:
    return json.loads(caller.text(name, "identity"))["pid"]


def test_a_removed_server_is_not_callable_at_the_next_call(start: Start) -> None:
    gateway = start(document([server("first"), server("second")]))
    alice = Caller(gateway, ALICE)
    pid = who(alice, "first")
    gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].pop(0))
    with pytest.raises(Refused) as refused:
        alice.batch("first", {"name": "echo", "args": {"message": "x"}})
    assert refused.value.code == "DISC_002"
    assert list(alice.tool("enkrypt_list_all_servers", discover_tools=False)["available_servers"]) == ["second"]
    until(lambda: not processes.is_alive(pid), "its child is ended")


def test_an_added_server_is_callable_at_the_next_call(start: Start) -> None:
    gateway = start(document([server("first")]))
    alice = Caller(gateway, ALICE)
    session = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].append(server("second")))
    assert alice.text("second", "echo", message="x") == "x"
    assert session.text("second", "echo", message="x") == "x"


def test_t42_changing_one_server_leaves_the_others_and_the_sessions_alone(start: Start) -> None:
    gateway = start(document([server("first"), server("second")]))
    session = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    first, second = who(session, "first"), who(session, "second")
    gateway.edit(lambda document: entry(document, "first")["config"]["env"].update(CHANGED="yes"))
    assert who(session, "second") == second
    assert json.loads(session.text("first", "identity"))["environment"]["CHANGED"] == "yes"
    assert who(session, "first") != first
    until(lambda: not processes.is_alive(first), "the child with the old settings is ended")


def test_policies_and_keywords_count_at_the_next_call(start: Start) -> None:
    gateway = start(document([server("stage")]))
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "success"
    gateway.edit(lambda document: entry(document, "stage").update(input_guardrails_policy=POLICY))
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"
    gateway.edit(lambda document: document["plugins"].update(guardrails=[keyword_guardrail(words=["apple"])]))
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "success"
    assert alice.item("stage", "echo", message="an apple")["status"] == "blocked_input"


def test_a_tool_that_becomes_poisoned_by_a_new_keyword_is_kept_back(start: Start) -> None:
    gateway = start(document([server("poisoned", "poisoned.py")], guardrails=[keyword_guardrail(words=["unrelated"])]))
    alice = Caller(gateway, ALICE)
    assert alice.text("poisoned", "in_description") == "ran in_description"
    gateway.edit(lambda document: document["plugins"].update(guardrails=[keyword_guardrail()]))
    assert alice.item("poisoned", "in_description")["error_code"] == "DISC_003"


BAD_EDITS: dict[str, tuple[Any, str]] = {
    "not JSON": (lambda document: "{", "not valid JSON"),
    "half a file": (lambda document: json.dumps(document)[:-200], "not valid JSON"),
    "an empty file": (lambda document: "", "empty"),
    "an unknown key": (lambda document: json.dumps({**document, "projetcs": {}}), "projects"),
    "a member twice": (lambda document: json.dumps(document)[:-1] + ', "users": {}}', "not valid JSON"),
    "a reference to nothing": (
        lambda document: json.dumps(document).replace('"mcp_config_id": "config-1"', '"mcp_config_id": "config-2"'),
        "no config of this id",
    ),
    "a provider that is not there": (lambda document: json.dumps(document).replace("custom_keyword", "custom_keyhole"), "custom_keyhole"),
    "a configuration that the provider refuses": (
        lambda document: json.dumps(document).replace("blocked_keywords", "blocked_words"),
        "blocked_words",
    ),
    "a policy that nobody carries out": (
        lambda document: json.dumps({**document, "plugins": {**document["plugins"], "guardrails": []}}).replace(
            '"enabled": false', '"enabled": true'
        ),
        "enabled",
    ),
}


@pytest.mark.parametrize(("edit", "reason"), BAD_EDITS.values(), ids=BAD_EDITS.keys())
def test_t42_a_bad_edit_is_refused_whole_and_the_old_configuration_stays(start: Start, edit: Any, reason: str) -> None:
    gateway = start(document([server("stage", input_guardrails_policy=POLICY)]))
    alice = Caller(gateway, ALICE)
    pid = who(alice, "stage")
    gateway.write_text(edit({**gateway.document, "apikeys": {}}))
    assert who(alice, "stage") == pid
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"
    until(lambda: "refused" in gateway.stderr and reason in gateway.stderr, "the log says why")
    gateway.edit(lambda document: entry(document, "stage").update(input_guardrails_policy={**POLICY, "enabled": False}))
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "success", "a good edit after it counts again"


def test_a_file_that_goes_away_opens_nothing(start: Start) -> None:
    gateway = start(document([server("stage")]))
    alice = Caller(gateway, ALICE)
    gateway.config.unlink()
    assert alice.rpc("tools/list").status == 200, "the last good configuration stays"
    assert Caller(gateway, None).rpc("tools/list").status == 401
    assert Caller(gateway, "anything").rpc("tools/list").status == 401
    gateway.write({**gateway.document, "apikeys": {}})
    assert alice.rpc("tools/list").status == 401


def test_edits_under_load_lose_no_call(start: Start) -> None:
    gateway = start(document([server("stage"), server("other")]))

    def work(number: int) -> bool:
        caller = Caller(gateway, ALICE if number % 2 else BOB)
        return all(caller.text("stage", "echo", message=f"{number}/{turn}") == f"{number}/{turn}" for turn in range(20))

    with ThreadPoolExecutor(max_workers=1) as pool:
        working = pool.submit(side_by_side, 8, work)
        edits = 0
        while not working.done():
            edits += 1
            gateway.edit(lambda document: entry(document, "other").update(description=f"Edit {edits}"))
            entries = Caller(gateway, ALICE).tool("enkrypt_list_all_servers", discover_tools=False)["available_servers"]
            assert entries["other"]["description"] == f"Edit {edits}"
        assert all(working.result())
    assert edits > 1


def test_sighup_is_no_reason_to_end(start: Start) -> None:
    gateway = start(document([server("stage")]))
    gateway.signal(signal.SIGHUP)
    until(lambda: "SIGHUP" in gateway.stderr, "it is noticed")
    assert Caller(gateway, ALICE).text("stage", "echo", message="x") == "x"


def test_secrets_come_from_the_environment_or_a_file(start: Start, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    secret.chmod(0o600)
    servers = [server("stage", env={"ONE": "${env:ONE}", "TWO": f"${{file:{secret}}}", "THREE": "$${env:ONE}"})]
    gateway = start(document(servers), environment={"ONE": "from the environment"})
    environment = json.loads(Caller(gateway, ALICE).text("stage", "identity"))["environment"]
    assert (environment["ONE"], environment["TWO"], environment["THREE"]) == ("from the environment", "from a file", "${env:ONE}")


# What does not start


def refused(tmp_path: Path, change: Any, *commands: list[str]) -> str:
    """What `serve` and `config validate` say of a configuration with the change; both have to refuse it in the same words."""
    gateway = Gateway(tmp_path, document([server("stage", guarded=True)]))
    gateway.config.parent.mkdir(mode=0o700, exist_ok=True)
    change(gateway.document)
    gateway.write(gateway.document)
    texts = []
    for command in commands or (["serve", "--port", "0"], ["config", "validate"]):
        ended = run(*command, "--config", gateway.config)
        assert ended.status == 1 and ended.stdout == "", (ended.status, ended.stdout)
        texts.append(ended.stderr)
    return texts[-1]


def test_unknown_keys_are_errors_with_line_and_suggestion(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["common_mcp_gateway_config"]["enkrypt_log_levl"] = "INFO"
        entry(document, "stage")["input_guardrail_policy"] = {}
        document["plugins"]["auth"]["provder"] = "x"

    text = refused(tmp_path, change)
    lines = (tmp_path / "config" / "enkrypt_mcp_config.json").read_text().splitlines()
    for key, suggestion in (
        ("enkrypt_log_levl", "enkrypt_log_level"),
        ("input_guardrail_policy", "input_guardrails_policy"),
        ("provder", "provider"),
    ):
        number = next(number for number, line in enumerate(lines, 1) if f'"{key}"' in line)
        [complaint] = [line for line in text.splitlines() if f"/{key}:" in line]
        assert f"enkrypt_mcp_config.json:{number}:" in complaint
        assert suggestion in complaint.split(f"/{key}:", 1)[1]


def test_comments_are_no_unknown_keys(start: Start) -> None:
    definition = document([server("stage")])
    definition["x-comment"] = "anything"
    definition["$schema"] = "https://example.com/schema.json"
    entry(definition, "stage")["x-note"] = {"any": ["thing"]}
    assert Caller(start(definition), ALICE).text("stage", "echo", message="x") == "x"


UNAVAILABLE: dict[str, Any] = {
    "a sandbox": lambda document: entry(document, "stage").update(sandbox={"enabled": True, "runtime": "docker"}),
    "a sandbox for all": lambda document: document["common_mcp_gateway_config"].update(sandbox={"enabled": True}),
    "an external cache": lambda document: document["common_mcp_gateway_config"].update(enkrypt_mcp_use_external_cache=True),
    "remote configuration": lambda document: document["common_mcp_gateway_config"].update(enkrypt_use_remote_mcp_config=True),
    "OAuth": lambda document: entry(document, "stage").update(oauth_config={"enabled": True}),
}


@pytest.mark.parametrize("change", UNAVAILABLE.values(), ids=UNAVAILABLE.keys())
def test_protection_that_is_not_there_is_refused_and_not_passed_over(tmp_path: Path, change: Any) -> None:
    assert "not available in this version" in refused(tmp_path, change)


def test_the_same_settings_switched_off_are_fine(start: Start) -> None:
    definition = document([server("stage", sandbox={"enabled": False}, oauth_config={"enabled": False, "is_remote": False})])
    definition["common_mcp_gateway_config"].update(enkrypt_mcp_use_external_cache=False, enkrypt_use_remote_mcp_config=False)
    entry(definition, "stage")["input_guardrails_policy"]["additional_config"] = {"pii_redaction": False}
    assert Caller(start(definition), ALICE).text("stage", "echo", message="x") == "x"


def test_a_policy_without_a_guardrail_is_refused(tmp_path: Path) -> None:
    assert "guardrail" in refused(tmp_path, lambda document: document["plugins"].update(guardrails=[]))


def test_plain_http_on_a_network_needs_a_word(tmp_path: Path, start: Start) -> None:
    assert "allow_plaintext" in refused(tmp_path, lambda document: document["gateway"].update(host="0.0.0.0"))
    ended = run("serve", "--config", _good(tmp_path), "--host", "0.0.0.0", "--port", "0")
    assert ended.status == 1 and "allow_plaintext" in ended.stderr


def _good(tmp_path: Path) -> Path:
    gateway = Gateway(tmp_path, document([server("stage")]))
    gateway.config.parent.mkdir(mode=0o700, exist_ok=True)
    gateway.write(gateway.document)
    return gateway.config


def test_a_secret_that_is_not_there_is_refused_without_a_value(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["plugins"]["auth"]["config"] = {"api_key": "${env:NO_SUCH_VARIABLE}"}

    assert "NO_SUCH_VARIABLE" in refused(tmp_path, change)


# No configuration at all


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    for arguments, environment in (
        (["--config", tmp_path / "missing.json"], {}),
        ([], {"SECURE_MCP_GATEWAY_CONFIG": str(tmp_path / "missing.json")}),
    ):
        ended = run("serve", "--port", "0", *arguments, environment=environment)
        assert ended.status == 1 and ended.stdout == ""
        assert "missing.json" in ended.stderr and "generate-config" in ended.stderr


def test_without_any_file_nobody_gets_in(tmp_path: Path) -> None:
    if Path("/app/.enkrypt/docker/enkrypt_mcp_config.json").exists():
        pytest.skip("there is a file where containers have theirs")
    environment = {**os.environ, "HOME": str(tmp_path)}
    environment.pop("SECURE_MCP_GATEWAY_CONFIG", None)
    with open(tmp_path / "out", "wb") as out, open(tmp_path / "err", "wb") as err:
        process = subprocess.Popen([GATEWAY, "serve", "--port", "0"], stdout=out, stderr=err, env=environment)
    try:

        def url() -> str | None:
            match = URL_LINE.search((tmp_path / "out").read_text())
            return f"http://127.0.0.1:{match[1]}{match[2]}" if match else None

        ended = until(lambda: url() or process.poll() is not None, "it starts, or refuses to")
        if ended is True:
            assert process.returncode == 1
            return
        for key in ("", "YOUR_GATEWAY_KEY", "UNIQUE_GATEWAY_KEY_1", "null"):
            request = urllib.request.Request(url() or "", b"{}", {"apikey": key, "Content-Type": "application/json"})
            with pytest.raises(urllib.error.HTTPError) as refusal:
                urllib.request.urlopen(request, timeout=10)
            assert refusal.value.code == 401
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_file_that_others_can_read_is_noticed(start: Start, mode: int) -> None:
    gateway = start(document([server("stage")]))
    gateway.config.chmod(mode)
    ended = run("config", "validate", "--config", gateway.config)
    assert ended.status == 0 and any("other users of this machine" in warning for warning in ended.json["warnings"]), ended.json


def test_a_file_that_anybody_can_write_is_refused(tmp_path: Path) -> None:
    path = _good(tmp_path)
    path.chmod(0o606)
    ended = run("config", "validate", "--config", path)
    assert ended.status == 1 and "written by every user" in ended.stderr
