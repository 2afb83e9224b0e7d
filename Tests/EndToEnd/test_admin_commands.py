"""Administration from the command line, by the original's words: what each command answers and what it changes."""

import json
import re
import stat
from pathlib import Path

import pytest
from support.administration import Administration
from support.cli import run
from support.documents import document, server

SECRET = "canary-secret-0123456789"


@pytest.fixture
def admin(tmp_path: Path) -> Administration:
    found = document([server("stage", env={"API_TOKEN": SECRET}), server("other")])
    return Administration(tmp_path / "config.json", found)


def test_from_nothing_to_a_key_that_works(tmp_path: Path) -> None:
    """The administrator's way: each command's answer is the next one's input."""
    admin = Administration(tmp_path / "config.json", {"users": {}, "projects": {}, "apikeys": {}, "mcp_configs": {}})
    config = admin.line("mcp_config_id", "config", "add", "--config-name", "team")
    admin.do(
        "config", "add-server", "--config-name", "team", "--server-name", "time", "--server-command", "uvx", "--args", "mcp-server-time"
    )
    project = admin.line("project_id", "project", "create", "--project-name", "Research")
    user = admin.line("user_id", "user", "create", "--email", "ada@example.com")
    admin.do("project", "assign-config", "--project-name", "Research", "--config-id", config)
    admin.do("project", "add-user", "--project-id", project, "--email", "ada@example.com")
    key = admin.line("api_key", "user", "generate-api-key", "--user-id", user, "--project-name", "Research")
    assert re.fullmatch(r"[\w-]{48}", key)
    assert key not in admin.path.read_text()
    assert admin.do("config", "list").json == [
        {
            "mcp_config_id": config,
            "mcp_config_name": "team",
            "servers": 1,
            "used_by_projects": [{"project_id": project, "project_name": "Research"}],
        }
    ]
    [listed] = admin.do("project", "list").json
    assert listed.pop("created_at")
    assert listed == {
        "project_name": "Research",
        "project_id": project,
        "mcp_config": {"id": config, "name": "team"},
        "users": 1,
        "api_keys": 1,
    }
    assert admin.do("config", "validate").json["apikeys"] == 1


def test_created_at_has_the_originals_form(admin: Administration) -> None:
    user = admin.line("user_id", "user", "create", "--email", "new@example.com")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", admin.document["users"][user]["created_at"])


# MCP configs


def test_config_commands(admin: Administration) -> None:
    copy = admin.line("mcp_config_id", "config", "copy", "--source-config", "shared", "--target-config", "copied")
    assert admin.document["mcp_configs"][copy]["mcp_config"] == admin.document["mcp_configs"]["config-1"]["mcp_config"]
    renamed = admin.do("config", "rename", "--config-name", "copied", "--new-name", "renamed")
    assert renamed.stdout == "" and "Config 'copied' renamed to 'renamed'" in renamed.stderr
    assert admin.do("config", "get", "--config-id", "renamed").json["mcp_config_id"] == copy
    assert [found["match_type"] for found in admin.do("config", "search", "--search-term", "STAGE").json] == ["server_name"] * 2
    assert [found["match_type"] for found in admin.do("config", "search", "--search-term", "Ren").json] == ["config_name"]
    assert len(admin.do("config", "list-projects", "--config-name", "shared").json) == 2
    assert admin.do("config", "validate", "--config-name", "renamed").json["valid"] is True
    admin.do("config", "remove", "--config-name", "renamed")
    assert list(admin.document["mcp_configs"]) == ["config-1"]


def test_server_commands(admin: Administration) -> None:
    admin.do(
        "config", "add-server", "--config-name", "shared", "--server-name", "files", "--server-command", "npx", "--args=-y", "@x/files", "/tmp",
        "--env", '{"TOKEN": "t"}', "--tools", '{"read": "Reads"}', "--description", "Files",
        "--input-guardrails-policy", '{"enabled": true, "policy_name": "keywords", "block": ["keyword_detector"]}',
    )  # fmt: skip
    added = admin.document["mcp_configs"]["config-1"]["mcp_config"][-1]
    assert added["config"] == {"command": "npx", "args": ["-y", "@x/files", "/tmp"], "env": {"TOKEN": "t"}}
    assert added["output_guardrails_policy"] == {
        "enabled": False,
        "policy_name": "",
        "additional_config": {"relevancy": False, "hallucination": False, "adherence": False},
        "block": ["policy_violation"],
    }
    listed = admin.do("config", "list-servers", "--config-name", "shared").json[-1]
    assert listed == {
        "server_name": "files",
        "description": "Files",
        "command": "npx",
        "args": ["-y", "@x/files", "/tmp"],
        "tools": 1,
        "input_guardrails_enabled": True,
        "output_guardrails_enabled": False,
    }
    admin.do("config", "update-server", "--config-name", "shared", "--server-name", "files", "--description", "All files", "--tools", "{}")
    updated = admin.document["mcp_configs"]["config-1"]["mcp_config"][-1]
    assert (updated["description"], updated["tools"], updated["config"]["command"]) == ("All files", {}, "npx")
    admin.do("config", "remove-server", "--config-name", "shared", "--server-name", "files")
    assert [found["server_name"] for found in admin.do("config", "list-servers", "--config-name", "shared").json] == ["stage", "other"]
    admin.do("config", "remove-all-servers", "--config-name", "shared")
    assert admin.do("config", "list-servers", "--config-name", "shared").json == []


def test_a_server_over_http_can_be_added(admin: Administration) -> None:
    admin.do(
        "config", "add-server", "--config-name", "shared", "--server-name", "far", "--server-url", "https://mcp.example.com/mcp",
        "--transport", "http", "--headers", '{"Authorization": "Bearer ${env:TOKEN}"}',
    )  # fmt: skip
    added = admin.document["mcp_configs"]["config-1"]["mcp_config"][-1]
    assert added["config"] == {
        "url": "https://mcp.example.com/mcp",
        "transport": "http",
        "headers": {"Authorization": "Bearer ${env:TOKEN}"},
    }
    assert admin.do("config", "validate").json["status"] == "success"


def test_policies_come_as_text_or_from_a_file(admin: Administration, tmp_path: Path) -> None:
    policy = {"enabled": True, "policy_name": "keywords", "block": ["keyword_detector"], "additional_config": {}}
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy))
    where = ("--config-name", "shared", "--server-name", "stage")
    admin.do("config", "update-server-input-guardrails", *where, "--policy", json.dumps(policy))
    admin.do("config", "update-server-output-guardrails", *where, "--policy-file", file)
    stage = admin.document["mcp_configs"]["config-1"]["mcp_config"][0]
    assert stage["input_guardrails_policy"] == stage["output_guardrails_policy"] == policy
    off = json.dumps({**policy, "enabled": False})
    both = admin.do("config", "update-server-guardrails", *where, "--input-policy", off, "--output-policy", off)
    assert "Updated input and output guardrails policies" in both.stderr
    assert admin.document["mcp_configs"]["config-1"]["mcp_config"][0]["input_guardrails_policy"]["enabled"] is False
    assert "not both" in admin.refused("config", "update-server-input-guardrails", *where, "--policy", off, "--policy-file", file)
    assert "--policy-file" in admin.refused("config", "update-server-input-guardrails", *where)


def test_t24_secrets_are_masked_unless_asked_for(admin: Administration) -> None:
    """T24, for what the commands print."""
    for words in (
        ["config", "get-server", "--config-name", "shared", "--server-name", "stage"],
        ["config", "get", "--config-name", "shared"],
        ["config", "list-servers", "--config-name", "shared"],
        ["project", "get-config", "--project-id", "project-alice"],
        [
            "config",
            "update-server",
            "--config-name",
            "shared",
            "--server-name",
            "stage",
            "--env",
            '{"API_TOKEN": "canary-secret-9"}',
            "--dry-run",
        ],
        ["config", "remove-server", "--config-name", "shared", "--server-name", "stage", "--dry-run"],
    ):
        ended = admin.do(*words)
        assert SECRET not in ended.stdout + ended.stderr and "canary-secret-9" not in ended.stdout, words
    clear = admin.do("config", "get-server", "--config-name", "shared", "--server-name", "stage", "--show-secrets").json
    assert clear["config"]["env"]["API_TOKEN"] == SECRET


def test_export_and_import(admin: Administration, tmp_path: Path) -> None:
    file = tmp_path / "out" / "config.json"
    file.parent.mkdir()
    ended = admin.do("config", "export", "--config-name", "shared", "--output-file", file)
    assert ended.stdout == "" and SECRET in file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600
    exported = json.loads(file.read_text())
    assert set(exported) == {"mcp_config_id", "exported_at", "config"}
    imported = admin.line("mcp_config_id", "config", "import", "--input-file", file, "--config-name", "imported")
    entry = admin.document["mcp_configs"][imported]
    assert entry["mcp_config"] == admin.document["mcp_configs"]["config-1"]["mcp_config"] and entry["imported_at"]
    assert json.loads(admin.do("config", "export", "--config-name", "imported", "--output-file", "-").stdout)["mcp_config_id"] == imported
    again = admin.line("mcp_config_id", "config", "import", "--input-file", "-", "--config-name", "third", stdin=file.read_text())
    assert again in admin.document["mcp_configs"]
    assert "configuration itself" in admin.refused("config", "export", "--config-name", "shared", "--output-file", admin.path)


# Projects and users


def test_project_commands(admin: Administration) -> None:
    admin.do("project", "add-user", "--project-name", "Alice's", "--email", "bob@example.com")
    assert admin.document["projects"]["project-alice"]["users"] == ["user-alice", "user-bob"]
    users = admin.do("project", "list-users", "--project-id", "project-alice").json
    assert [(user["user_id"], user["email"], user["api_keys"]) for user in users] == [
        ("user-alice", "alice@example.com", 3),
        ("user-bob", "bob@example.com", 1),
    ]
    admin.do("project", "remove-user", "--project-name", "Alice's", "--user-id", "user-bob")
    admin.do("project", "remove-all-users", "--project-name", "Bob's")
    assert admin.document["projects"]["project-bob"]["users"] == []
    admin.do("project", "unassign-config", "--project-name", "Bob's")
    assert admin.document["projects"]["project-bob"]["mcp_config_id"] is None
    admin.do("project", "assign-config", "--project-name", "Bob's", "--config-name", "shared")
    assert admin.do("project", "get-config", "--project-name", "Bob's").json["mcp_config_id"] == "config-1"
    got = admin.do("project", "get", "--project-name", "Alice's").json
    assert (got["project_id"], got["users"][0]["email"], got["mcp_config"]["name"]) == ("project-alice", "alice@example.com", "shared")
    assert [found["project_id"] for found in admin.do("project", "search", "--search-term", "ALI").json] == ["project-alice"]
    fresh = admin.line("project_id", "project", "create", "--project-name", "Fresh")
    assert (
        json.loads(admin.do("project", "export", "--project-id", fresh, "--output-file", "-").stdout)["project"]["project_name"] == "Fresh"
    )
    admin.do("project", "remove", "--project-name", "Fresh")
    assert fresh not in admin.document["projects"]


def test_user_commands(admin: Administration) -> None:
    user = admin.line("user_id", "user", "create", "--email", "carol@example.com")
    admin.do("user", "update", "--email", "carol@example.com", "--new-email", "caroline@example.com")
    assert admin.do("user", "get", "--user-id", user).json["email"] == "caroline@example.com"
    assert [found["user_id"] for found in admin.do("user", "search", "--search-term", "CAROL").json] == [user]
    listed = {found["user_id"]: found for found in admin.do("user", "list").json}
    assert listed["user-bob"]["api_keys"] == 3 and len(listed["user-bob"]["projects"]) == 2
    assert len(admin.do("user", "list-projects", "--email", "bob@example.com").json) == 2
    admin.do("user", "delete", "--user-id", user)
    admin.do("user", "delete", "--email", "bob@example.com", "--force")
    assert "user-bob" not in admin.path.read_text()
    assert admin.do("config", "validate").json["users"] == 1


# The whole


def test_backup_and_restore(admin: Administration, tmp_path: Path) -> None:
    before = admin.path.read_bytes()
    file = tmp_path / "backup.json"
    admin.do("system", "backup", "--output-file", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    backup = json.loads(file.read_text())
    assert backup["backup_version"] == "1.0" and backup["config"] == json.loads(before)
    admin.do("user", "delete", "--email", "bob@example.com", "--force")
    restored = admin.do("system", "restore", "--input-file", file)
    assert "System restored" in restored.stderr and "ERROR" not in restored.stderr
    assert json.loads(admin.path.read_bytes()) == json.loads(before)
    admin.do("system", "restore", "--input-file", admin.backups[0])
    assert json.loads(admin.path.read_bytes()) == json.loads(before)


def test_a_backup_that_is_wrong_replaces_nothing(admin: Administration, tmp_path: Path) -> None:
    file = tmp_path / "backup.json"
    for text, reason in (
        ('{"backup_version": "1.0", "config": {"projects": {}, "users": {}}}', "has no common_mcp_gateway_config, apikeys"),
        (
            '{"backup_version": "1.0", "config": {"common_mcp_gateway_config": {}, "projects": {"p": {"mcp_config_id": "x"}}, "users": {}, "apikeys": {}}}',
            "/projects/p/mcp_config_id: no config of this id",
        ),
        ('{"backup_version": "1.0"}', "no object 'config'"),
        ("{", "not valid JSON"),
        ("[]", "no object 'config'"),
    ):
        file.write_text(text)
        assert reason in admin.refused("system", "restore", "--input-file", file)
    assert "No such file" in admin.refused("system", "restore", "--input-file", tmp_path / "none")


def test_reset_wants_to_be_confirmed(admin: Administration) -> None:
    before = admin.path.read_bytes()
    assert "--confirm" in admin.refused("system", "reset")
    keys = dict(line.split(": ") for line in admin.do("system", "reset", "--confirm").stdout.splitlines())
    assert set(keys) == {"api_key", "admin_apikey"} and len(set(keys.values())) == 2
    assert not any(key in admin.path.read_text() for key in keys.values()) and admin.do("config", "validate").json["apikeys"] == 1
    [backup] = admin.path.parent.glob("config.json.bkp.before_reset.*")
    assert backup.read_bytes() == before


def test_health_check(admin: Administration) -> None:
    healthy = admin.do("system", "health-check").json
    assert healthy["status"] == "healthy" and healthy["issues"] == []
    assert healthy["statistics"] == {"total_projects": 3, "total_users": 2, "total_configs": 1, "total_api_keys": 6, "disabled_api_keys": 1}
    assert any("Without a config" in warning for warning in healthy["warnings"])
    admin.path.write_text('{"projects": {}, "users": {}, "surprise": 1}')
    ended = admin.run("system", "health-check")
    assert ended.status == 1 and ended.json["status"] == "unhealthy"
    assert "Missing required section: apikeys" in ended.json["issues"] and any("surprise" in issue for issue in ended.json["issues"])


# Forms


def test_a_dry_run_shows_the_change_and_changes_nothing(admin: Administration) -> None:
    before = admin.path.read_bytes()
    ended = admin.do("user", "create", "--email", "new@example.com", "--dry-run").json
    assert ended["dry_run"] is True
    [change] = ended["changes"]
    assert change["change"] == "add" and change["path"].startswith("/users/") and change["after"]["email"] == "new@example.com"
    assert admin.path.read_bytes() == before and admin.backups == [] and admin.audit == []
    assert "already" in admin.refused("user", "create", "--email", "bob@example.com", "--dry-run")


def test_a_change_for_another_revision_is_refused(admin: Administration) -> None:
    revision = admin.do("config", "validate").json["sha256"]
    admin.do("user", "create", "--email", "one@example.com", "--if-match", revision)
    complaint = admin.refused("user", "create", "--email", "two@example.com", "--if-match", revision)
    assert "not the one that this change was made for" in complaint
    assert admin.do("config", "validate").json["sha256"] in complaint


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("table", "USER_ID     EMAIL              CREATED_AT"),
        ("yaml", '- "user_id": "user-alice"\n  "email": "alice@example.com"'),
        ("json", '[\n  {\n    "user_id": "user-alice"'),
    ],
)
def test_output_forms(admin: Administration, form: str, expected: str) -> None:
    ended = admin.do("user", "list", "--output", form)
    assert ended.stdout.startswith(expected) and "\x1b" not in ended.stdout


def test_explicit_json_of_a_creation(admin: Administration) -> None:
    created = admin.do("user", "create", "--email", "n@example.com", "--output", "json").json
    assert created["email"] == "n@example.com" and created["user_id"] in admin.document["users"]
    message = admin.do("config", "rename", "--config-name", "shared", "--new-name", "s2", "--output", "json").json
    assert message == {"message": "Config 'shared' renamed to 's2'"}


def test_the_original_words_are_all_there() -> None:
    """Every command of 2.1.2 with its options, as its own help lists them."""
    listing = Path(__file__).with_name("support").joinpath("original_commands.txt").read_text()
    for line in listing.splitlines():
        words, _, options = line.partition(" ; ")
        help = run(*words.split(), "--help")
        assert help.status == 0, line
        for option in filter(None, options.split(", ")):
            assert f"--{option}" in help.stdout, f"{words}: --{option}"


def test_shell_completion_scripts() -> None:
    for shell, mark in (("bash", "complete"), ("zsh", "#compdef"), ("fish", "complete -c")):
        script = run("--generate-completion-script", shell)
        assert script.status == 0 and mark in script.stdout and "rotate-api-key" in script.stdout
