"""What commands say when they refuse: which thing, why, and what to do; and nothing changes."""

from pathlib import Path

import pytest
from support.administration import Administration
from support.cli import run
from support.documents import document, server


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Administration:
    return Administration(tmp_path_factory.mktemp("errors") / "config.json", document([server("stage"), server("other")]))


STAGE = ["--config-name", "shared", "--server-name", "stage"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["config", "get", "--config-name", "sharde"], "There is no config 'sharde'; did you mean 'shared'?"),
        (["config", "get", "--config-name", "zzz"], "There is no config 'zzz'."),
        (["config", "get", "--config-name", "zzz"], "`config list` shows"),
        (["config", "add", "--config-name", "shared"], "There is a config 'shared' already, with the id config-1."),
        (["config", "add", "--config-name", ""], "1 to 256 characters"),
        (["config", "add", "--config-name", "a\nb"], "control character"),
        (["config", "copy", "--source-config", "shared", "--target-config", "shared"], "already"),
        (["config", "copy", "--source-config", "x", "--target-config", "y"], "There is no config 'x'"),
        (["config", "rename", "--config-name", "x", "--new-name", "y"], "There is no config 'x'"),
        (["config", "remove", "--config-name", "shared"], "is used by 2 project(s): Alice's, Bob's."),
        (
            ["config", "remove-server", "--config-name", "shared", "--server-name", "stag"],
            "There is no server 'stag'; did you mean 'stage'?",
        ),
        (["config", "get-server", "--config-name", "shared", "--server-name", "x"], "There is no server 'x'"),
        (["config", "add-server", *STAGE, "--server-command", "x"], "has a server 'stage' already"),
        (["config", "add-server", "--config-name", "shared", "--server-name", "n"], "either a command"),
        (
            ["config", "add-server", "--config-name", "shared", "--server-name", "n", "--server-command", "x", "--server-url", "http://x"],
            "either a command",
        ),
        (
            ["config", "add-server", "--config-name", "shared", "--server-name", "n", "--server-url", "http://x", "--env", "{}"],
            "a URL has no args and env",
        ),
        (
            ["config", "add-server", "--config-name", "shared", "--server-name", "n", "--server-command", "x", "--env", "{"],
            "--env is not valid JSON",
        ),
        (
            ["config", "add-server", "--config-name", "shared", "--server-name", "n", "--server-command", "x", "--env", "[]"],
            "must be a JSON object",
        ),
        (
            ["config", "add-server", "--config-name", "shared", "--server-name", "n", "--server-command", "x", "--env", '{"A": 1}'],
            "/mcp_configs/config-1/mcp_config/2/config/env/A: expected a string",
        ),
        (["config", "update-server", *STAGE], "There is nothing to change."),
        (["config", "update-server", "--config-name", "shared", "--server-name", "x", "--description", "d"], "There is no server 'x'"),
        (
            ["config", "update-server-input-guardrails", *STAGE, "--policy", '{"enabled": true, "provider": "nobody"}'],
            "/mcp_configs/config-1/mcp_config/0/input_guardrails_policy/provider",
        ),
        (["config", "update-server-guardrails", *STAGE], "'input_policy', 'output_policy', or both"),
        (["config", "update-server-input-guardrails", *STAGE, "--policy-file", "/nonexistent"], "No such file"),
        (["config", "import", "--input-file", "/nonexistent", "--config-name", "x"], "No such file"),
        (["project", "get", "--project-name", "Alices"], "did you mean 'Alice's'?"),
        (["project", "create", "--project-name", "Bob's"], "There is a project 'Bob's' already"),
        (["project", "add-user", "--project-name", "Bob's", "--email", "bob@example.com"], "is a member of project 'Bob's' already"),
        (["project", "add-user", "--project-name", "Bob's", "--email", "bbo@example.com"], "did you mean 'bob@example.com'?"),
        (["project", "remove-user", "--project-name", "Bob's", "--email", "alice@example.com"], "is no member of project"),
        (["project", "remove", "--project-name", "Bob's"], "has 1 key(s)"),
        (["project", "get-config", "--project-id", "project-empty"], "has no MCP config"),
        (["project", "assign-config", "--project-name", "Bob's", "--config-name", "zzz"], "There is no config 'zzz'"),
        (["user", "create", "--email", "bob@example.com"], "There is a user 'bob@example.com' already"),
        (["user", "create", "--email", "bob"], "is no e-mail address"),
        (["user", "update", "--email", "bob@example.com", "--new-email", "alice@example.com"], "already"),
        (["user", "delete", "--email", "bob@example.com"], "--force"),
        (["user", "get", "--user-id", "nobody"], "There is no user 'nobody'"),
        (["system", "reset"], "--confirm"),
    ],
    ids=lambda value: " ".join(value)[:70] if isinstance(value, list) else "",
)
def test_refusals(admin: Administration, words: list[str], reason: str) -> None:
    assert reason in admin.refused(*words)


def test_names_that_two_have_are_refused_with_their_ids(tmp_path: Path) -> None:
    found = document([server("stage")])
    found["projects"]["project-bob"]["project_name"] = "Alice's"
    admin = Administration(tmp_path / "config.json", found)
    complaint = admin.refused("project", "get", "--project-name", "Alice's")
    assert "2 projects are called" in complaint and "project-alice, project-bob" in complaint


def test_no_file_and_a_broken_file(tmp_path: Path) -> None:
    missing = run("config", "list", "--config", tmp_path / "none.json")
    assert missing.status == 1 and missing.stdout == "" and "generate-config" in missing.stderr
    nowhere = run("user", "list", environment={"HOME": str(tmp_path)})
    assert nowhere.status == 1 and "generate-config" in nowhere.stderr
    admin = Administration(tmp_path / "config.json", '{"users": {')
    assert "config.json:1:12: not valid JSON" in admin.refused("user", "list")
    assert "config.json:1:12: not valid JSON" in admin.refused("user", "create", "--email", "a@example.com")


def test_a_wrong_document_can_be_looked_at_and_mended_only(tmp_path: Path) -> None:
    found = document([server("stage"), server("broken", idle_timeout="soon")])
    admin = Administration(tmp_path / "config.json", found)
    assert len(admin.do("config", "list-servers", "--config-name", "shared").json) == 2
    complaint = admin.refused("user", "create", "--email", "a@example.com")
    assert "/mcp_configs/config-1/mcp_config/1/idle_timeout" in complaint and "It is wrong as it stands" in complaint
    ended = admin.run("config", "validate", "--config-name", "shared")
    assert ended.status == 1 and ended.json["valid"] is False and "idle_timeout" in ended.json["issues"][0]
    admin.do("config", "remove-server", "--config-name", "shared", "--server-name", "broken")
    admin.do("user", "create", "--email", "a@example.com")


@pytest.mark.parametrize(
    "words",
    [
        ["config", "add"],
        ["user", "list", "--output", "xml"],
        ["config", "rename", "--config-name", "x"],
        ["apikey", "frobnicate"],
        ["user", "lst"],
    ],
    ids=" ".join,
)
def test_wrong_words_are_exit_status_64(words: list[str]) -> None:
    ended = run(*words)
    assert ended.status == 64 and ended.stdout == "" and "error" in ended.stderr.lower()
