"""Commands that work on a running gateway through its REST API: the same words, the same answers as on the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.administration import Administration
from support.cli import Ended, run
from support.documents import ALICE, document, server
from support.gateway import Gateway
from support.rest import ADMIN, administered, identity, port_of

SECRET = "canary-secret-0123456789"


@pytest.fixture
def gateway(start: Start) -> Gateway:
    return start(administered(document([server("stage", env={"API_TOKEN": SECRET})])))


def remote(gateway: Gateway, *words: str | Path, key: str | None = ADMIN, **options: Any) -> Ended:
    environment = {"ENKRYPT_ADMIN_KEY": key} if key else {}
    return run(*words, "--url", f"http://127.0.0.1:{port_of(gateway)}", environment=environment, **options)


def done(gateway: Gateway, *words: str | Path, **options: Any) -> Ended:
    ended = remote(gateway, *words, **options)
    assert ended.status == 0, ended.stderr
    return ended


@pytest.mark.parametrize(
    "words",
    [
        ["config", "list"],
        ["config", "get", "--config-name", "shared"],
        ["config", "get-server", "--config-name", "shared", "--server-name", "stage", "--show-secrets"],
        ["config", "search", "--search-term", "STAGE"],
        ["config", "validate", "--config-name", "shared"],
        ["project", "get", "--project-name", "Alice's"],
        ["project", "list-users", "--project-id", "project-bob"],
        ["user", "list"],
        ["apikey", "list", "--email", "bob@example.com", "--project-name", "Bob's"],
        ["user", "list-all-api-keys"],
        ["tools", "pins"],
    ],
    ids=" ".join,
)
def test_the_answers_are_those_of_the_file(gateway: Gateway, words: list[str]) -> None:
    local = run(*words, "--config", gateway.config)
    over_rest = done(gateway, *words)
    assert (over_rest.stdout, over_rest.status) == (local.stdout, local.status) and local.stdout


def test_what_is_not_in_order_ends_with_the_same_status(gateway: Gateway) -> None:
    done(gateway, "user", "create", "--email", "new@example.com")
    assert done(gateway, "audit", "verify").json["valid"] is True
    record = gateway.config.with_name(gateway.config.name + ".audit.jsonl")
    record.write_text("{}\n" + record.read_text())
    for words in (["audit", "verify"], ["audit", "export"]):
        local, over_rest = run(*words, "--config", gateway.config), remote(gateway, *words)
        assert (over_rest.status, over_rest.stdout, over_rest.stderr) == (1, local.stdout, local.stderr) and "broken at" in local.stderr
    gateway.edit(lambda document: document.pop("users"))
    ended = remote(gateway, "system", "health-check")
    assert ended.status == 1 and ended.json["status"] == "unhealthy"


@pytest.mark.parametrize("words", [["user", "list"], ["cache", "status"]], ids=" ".join)
def test_a_key_does_not_go_to_another_machine_in_clear(words: list[str]) -> None:
    environment = {"ENKRYPT_ADMIN_KEY": ADMIN, "ENKRYPT_GATEWAY_KEY": ALICE}
    ended = run(*words, "--url", "http://192.0.2.1:9/mcp/", environment=environment)
    assert ended.status == 2 and ended.stdout == ""
    assert "http://192.0.2.1:9 is another machine" in ended.stderr and "--allow-plaintext" in ended.stderr
    nobody = run(*words, "--url", "http://localhost:1", environment=environment)
    assert "No gateway answers" in nobody.stderr


def test_from_nothing_to_a_key(gateway: Gateway) -> None:
    for name, words in (
        ("mcp_config_id", ["config", "add", "--config-name", "team"]),
        ("project_id", ["project", "create", "--project-name", "Research"]),
        ("user_id", ["user", "create", "--email", "ada@example.com"]),
    ):
        made = done(gateway, *words).stdout
        assert made.startswith(f"{name}: ") and made.count("\n") == 1
    arguments = ["--server-command", "uvx", "--args", "mcp-server-time", "--env", '{"A": "b"}']
    assert "added" in done(gateway, "config", "add-server", "--config-name", "team", "--server-name", "a/b", *arguments).stderr
    assert done(gateway, "config", "get-server", "--config-name", "team", "--server-name", "a/b").json["config"]["args"] == [
        "mcp-server-time"
    ]
    done(gateway, "project", "assign-config", "--project-name", "Research", "--config-name", "team")
    done(gateway, "project", "add-user", "--project-name", "Research", "--email", "ada@example.com")
    made = done(gateway, "user", "generate-api-key", "--email", "ada@example.com", "--project-name", "Research").stdout
    key = made.removeprefix("api_key: ").strip()
    assert len(key) == 48
    rotated = done(gateway, "apikey", "rotate", "--api-key", identity(key)).stdout
    assert rotated.startswith("new_api_key: ")


def test_refusals_are_those_of_the_file(gateway: Gateway) -> None:
    for words in (
        ["config", "get", "--config-name", "sharde"],
        ["project", "get", "--project-name", "Alices"],
        ["user", "create", "--email", "bob@example.com"],
        ["user", "create", "--email", "bob"],
    ):
        local = run(*words, "--config", gateway.config)
        over_rest = remote(gateway, *words)
        assert over_rest.status == local.status != 0 and over_rest.stdout == ""
        assert local.stderr.splitlines()[0] in over_rest.stderr


def test_a_dry_run_and_a_revision(gateway: Gateway) -> None:
    before = gateway.config.read_bytes()
    words = ["user", "create", "--email", "new@example.com"]
    preview = done(gateway, *words, "--dry-run").json
    assert preview["dry_run"] is True and preview["changes"][0]["change"] == "add" and gateway.config.read_bytes() == before
    late = remote(gateway, *words, "--if-match", "0" * 64)
    assert late.status == 1 and "look at it again" in late.stderr and gateway.config.read_bytes() == before
    done(gateway, *words, "--if-match", preview["revision_before"])


def test_documents_come_and_go(gateway: Gateway, tmp_path: Path) -> None:
    backup = tmp_path / "backup.json"
    done(gateway, "system", "backup", "--output-file", backup)
    assert json.loads(backup.read_text())["config"] == json.loads(gateway.config.read_text())
    done(gateway, "user", "create", "--email", "gone@example.com")
    done(gateway, "system", "restore", "--input-file", backup)
    assert "gone@example.com" not in gateway.config.read_text()


def test_who_may_not(gateway: Gateway, tmp_path: Path) -> None:
    nobody = remote(gateway, "user", "list", key=None)
    assert nobody.status == 1 and "ENKRYPT_ADMIN_KEY" in nobody.stderr
    assert "Invalid API key" in remote(gateway, "user", "list", key="wrong-key-000000000000000").stderr
    denied = remote(gateway, "user", "list", key=ALICE)
    assert denied.status == 1 and "'user list' needs an administrator." in denied.stderr
    given = remote(gateway, "user", "list", "--key-file", "-", key=None, stdin=ADMIN + "\n")
    assert given.status == 0 and len(given.json) == 2


def test_what_is_about_this_machine_stays_here(gateway: Gateway, tmp_path: Path) -> None:
    assert "without --url" in remote(gateway, "doctor").stderr
    assert "--config-name" in remote(gateway, "config", "validate").stderr
    admin = Administration(tmp_path / "config.json", document([server("stage")]))
    assert admin.run("user", "list", "--key-file", "x").status == 64
    assert "No gateway answers" in run("user", "list", "--url", "http://127.0.0.1:1", environment={"ENKRYPT_ADMIN_KEY": ADMIN}).stderr
    assert "is not a URL" in run("user", "list", "--url", "nowhere", environment={"ENKRYPT_ADMIN_KEY": ADMIN}).stderr
    elsewhere = run("user", "list", "--url", f"http://127.0.0.1:{gateway.port}", environment={"ENKRYPT_ADMIN_KEY": ADMIN})
    assert elsewhere.status == 1 and "error: " in elsewhere.stderr and elsewhere.stdout == ""
