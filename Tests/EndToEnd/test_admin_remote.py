"""Commands that work on a running gateway through its REST API: the same words, the same answers as on the file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.administration import Administration
from support.cli import Ended, run
from support.documents import ALICE, BLOCKED, document, keyword_guardrail, server
from support.gateway import Gateway
from support.rest import ADMIN, Rest, StartedAPI, administered, identity, port_of

LOGGED = re.compile(r"\d{4}-\d\d-\d\dT\S+ (WARN|ERROR) ")
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


# Guardrails


@pytest.fixture
def guarded_gateway(start: Start) -> Gateway:
    guardrails = [keyword_guardrail()]
    return start(administered(document([server("stage", guarded=True), server("bare")], guardrails=guardrails)))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["list"], 0),
        (["list", "--config-name", "shared", "--output", "yaml"], 0),
        (["test", "--server", "stage", "--input", "fine"], 0),
        (["test", "--server", "stage", "--input", f"it is {BLOCKED}"], 3),
        (["test", "--server", "stage", "--input", f"it is {BLOCKED}", "--output", "table"], 3),
        (["test", "--server", "stage", "--input", f'{{"a": ["{BLOCKED}"]}}', "--json", "--phase", "tool", "--tool", "x"], 3),
        (["test", "--server", "bare", "--input", BLOCKED], 0),
        (["test", "--server", "stagee", "--input", "x"], 1),
        (["test", "--server", "stage", "--input", "x", "--config-name", "nowhere"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_guardrails_of_a_running_gateway_say_what_those_of_its_file_say(
    guarded_gateway: Gateway, words: list[str], status: int
) -> None:
    local = run("guardrail", *words, "--config", guarded_gateway.config)
    over_rest = remote(guarded_gateway, "guardrail", *words)
    assert (over_rest.status, untimed(over_rest.stdout), said(over_rest)) == (status, untimed(local.stdout), said(local))
    assert local.status == status and (local.stdout == "") == (status == 1)


def said(ended: Ended) -> str:
    """What the command itself says: the gateway that it opens logs beside that."""
    lines = [line for line in ended.stderr.splitlines() if not LOGGED.match(line)]
    return " ".join(line.strip().removeprefix("→ ") for line in lines)


def untimed(text: str) -> str:
    """An answer without what no two runs have in common."""
    return re.sub(r'("milliseconds" ?: )[0-9.e-]+|\b[0-9]+\.[0-9]+\b', r"\1", text).replace(" ", "")


def test_guardrails_over_rest(guarded_gateway: Gateway) -> None:
    api = Rest(port_of(guarded_gateway))
    listed = api.done("GET", "/guardrails")
    assert [entry["guardrail"] for entry in listed] == ["keywords"] and listed[0]["used_by"] == ["stage (input, output, tool, server)", "bare (tool, server)"]
    asked = {"server_name": "stage", "input": f"it is {BLOCKED}"}
    assert api.done("POST", "/guardrails/test", asked)["outcome"] == "blocked"
    content = {"server_name": "stage", "content": {"a": ["fine", BLOCKED]}, "phase": "output"}
    said = api.done("POST", "/guardrails/test", content)
    assert (said["phase"], said["guardrails"][0]["findings"][0]["place"]) == ("output", "/a/1")
    for wrong, message in (
        ({"server_name": "stage"}, "The field 'input' is required, or 'content' in its place."),
        (asked | {"content": {}}, "Give 'input' or 'content', not both."),
        (asked | {"phase": "restore"}, "phase"),
        ({"input": "x"}, "server_name"),
    ):
        refused = api.post("/guardrails/test", wrong)
        assert refused.status == 422 and message in refused.json["detail"][0]["msg"]
    missing = api.post("/guardrails/test", asked | {"server_name": "stagee"})
    assert missing.status == 400 and "There is no server 'stagee'; did you mean 'stage'?" in missing.json["detail"]
    denied = api.with_key(ALICE).post("/guardrails/test", asked)
    assert denied.status == 403


def test_guardrails_are_asked_of_the_gateway_and_not_of_its_file(guarded_gateway: Gateway) -> None:
    """A file that cannot be taken into use leaves the guardrails in use as they are."""
    guarded_gateway.edit(lambda document: document["plugins"]["guardrails"][0].update(provider="nobody"))
    assert run("guardrail", "list", "--config", guarded_gateway.config).status == 1
    assert done(guarded_gateway, "guardrail", "list").json[0]["provider"] == "custom_keyword"


def test_without_a_gateway_no_guardrail_answers(tmp_path: Path) -> None:
    admin = Administration(tmp_path / "config.json", administered(document([server("stage")])))
    api = StartedAPI(admin.path)
    try:
        for refused in (
            Rest(api.port).get("/guardrails"),
            Rest(api.port).post("/guardrails/test", {"server_name": "stage", "input": "x"}),
        ):
            assert refused.status == 409 and "only a running gateway can answer this" in refused.json["detail"]
    finally:
        api.end()


# Servers and providers


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["list"], 0),
        (["list", "--discover"], 0),
        (["info", "--server-name", "stage"], 0),
        (["discover"], 0),
        (["discover", "--server-name", "stage"], 0),
        (["discover", "--query", "echo a message", "--limit", "1", "--output", "yaml"], 0),
        (["info", "--server-name", "nowhere"], 1),
        (["discover", "--server-name", "nowhere"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_servers_of_a_running_gateway_are_those_of_its_file(gateway: Gateway, words: list[str], status: int) -> None:
    over_rest = remote(gateway, "server", *words)
    local = run("server", *words, "--config", gateway.config)
    assert (over_rest.status, over_rest.stdout, said(over_rest)) == (status, local.stdout, said(local))
    assert local.status == status and (local.stdout == "") == (status == 1) and SECRET not in local.stdout


def test_a_server_that_does_not_start(start: Start) -> None:
    broken = server("broken")
    broken["config"]["command"] = "/nowhere/at-all"
    gateway = start(administered(document([server("stage"), broken])))
    for words in (["discover"], ["discover", "--server-name", "broken"]):
        over_rest = remote(gateway, "server", *words)
        local = run("server", *words, "--config", gateway.config)
        assert (over_rest.status, local.status) == (1, 1) and "broken" in (over_rest.stdout or over_rest.stderr)
    api = Rest(port_of(gateway))
    assert api.post("/servers/discover", {"server_name": "broken"}).status == 502
    every = api.post("/servers/discover")
    assert every.status == 400 and every.json["data"]["discovery_success_servers"] == ["stage"]
    assert api.post("/servers/discover", {"query": "x", "limit": 0}).status == 422
    assert api.get("/servers/nowhere").status == 404


def test_how_providers_are_doing(guarded_gateway: Gateway) -> None:
    api = Rest(port_of(guarded_gateway))
    ended = run("system", "health", "--url", guarded_gateway.url, environment={"ENKRYPT_GATEWAY_KEY": ALICE})
    health = api.done("GET", "/system/runtime")
    assert health["status"] == ended.json["status"] == "healthy"
    assert [guardrail["guardrail"] for guardrail in health["guardrails"]] == ["keywords"]
    assert [plugin["binding"] for plugin in health["plugins"]] == [plugin["binding"] for plugin in ended.json["plugins"]]
    metrics = run("timeout", "metrics", "--url", guarded_gateway.url, environment={"ENKRYPT_GATEWAY_KEY": ALICE})
    assert api.done("GET", "/timeouts").keys() == metrics.json.keys()
    assert api.with_key(ALICE).get("/system/runtime").status == 403
    api.done("POST", "/configs", {"config_name": "second"})
    assert api.done("GET", "/system/runtime")["status"] == "healthy", "whichever sets of servers there are"
    assert api.get("/guardrails").status == 400 and api.done("GET", "/guardrails?config_name=second")[0]["used_by"] == []
