"""The commands: data on standard output, everything else on standard error, exit statuses that scripts can trust."""

import hashlib
import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, UNKNOWN, document, server
from support.gateway import Gateway
from support.places import GATEWAY
from support.processes import descendants
from support.raw import Caller
from support.waiting import until


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    return start_shared(document([server("stage", env={"API_TOKEN": "canary-canary"}), server("poisoned", "poisoned.py")]))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_version_and_help() -> None:
    version = run("--version")
    assert version.status == 0 and re.fullmatch(r"\d+\.\d+\.\d+\S*\n", version.stdout) and version.stderr == ""
    for arguments in (["--help"], ["help"], ["serve", "--help"], ["config", "--help"], ["help", "server", "list"]):
        help = run(*arguments)
        assert help.status == 0 and "USAGE: secure-mcp-gateway" in help.stdout and help.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [["nonexistent"], ["serve", "--nonexistent"], ["server", "info"], ["serve", "--port", "x"], ["config", "frobnicate"]],
    ids=" ".join,
)
def test_wrong_words_are_exit_status_64(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.status == 64 and ended.stdout == "" and "error" in ended.stderr.lower()


@pytest.mark.parametrize(
    ("words", "suggestion"), [("serv", "serve"), ("server lst", "list"), ("help sever", "server"), ("help zzz", "--help"), ("x\x1b[31m", "--help")]
)
def test_a_command_that_does_not_exist_is_met_with_the_nearest(words: str, suggestion: str) -> None:
    ended = run(*words.split(" "))
    assert ended.status == 64 and ended.stdout == "" and suggestion in ended.stderr and "\x1b" not in ended.stderr


def test_a_provider_that_nobody_offers_is_met_with_the_nearest(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(document([], guardrails=[{"name": "k", "provider": "custom_keywords", "config": {}}])))
    config.chmod(0o600)
    ended = run("serve", "--config", config, "--port", "0")
    assert ended.status == 1 and 'did you mean "custom_keyword"?' in ended.stderr


# generate-config


def test_generate_config_writes_what_only_the_owner_can_read(tmp_path: Path) -> None:
    os.umask(0)
    try:
        ended = run("generate-config", environment={"SECURE_MCP_GATEWAY_CONFIG": str(tmp_path / "new" / "config.json")})
    finally:
        os.umask(0o022)
    assert ended.status == 0 and ended.stderr == ""
    path = tmp_path / "new" / "config.json"
    assert ended.json["config_path"] == str(path) and ended.json["status"] == "success"
    assert mode(path) == 0o600 and mode(path.parent) == 0o700
    key = ended.json["gateway_key"]
    assert re.fullmatch(r"[\w-]{48}", key) and key not in path.read_text()
    assert mode(Path(ended.json["gateway_key_file"])) == 0o600
    visible = sorted(name.name for name in path.parent.iterdir() if not name.name.startswith("."))
    assert visible == ["config.json", "config.json.audit.jsonl", "enkrypt_mcp_config.schema.json", "gateway_key"], "no temporary file is left"


def test_generate_config_does_not_overwrite_unless_told_to(tmp_path: Path) -> None:
    path = tmp_path / "own" / "config.json"
    first = run("generate-config", "--config", path)
    before = path.read_bytes(), (path.parent / "gateway_key").read_bytes()
    again = run("generate-config", "--config", path)
    assert again.status == 1 and again.stdout == "" and "--overwrite" in again.stderr and str(path) in again.stderr
    assert (path.read_bytes(), (path.parent / "gateway_key").read_bytes()) == before
    forced = run("generate-config", "--config", path, "--overwrite")
    assert forced.status == 0 and forced.json["gateway_key"] != first.json["gateway_key"]
    assert path.read_bytes() != before[0] and mode(path) == 0o600


def test_new_keys_are_shown_also_when_they_cannot_be_stored(tmp_path: Path) -> None:
    """What opens the new configuration is in no other place."""
    path = tmp_path / "config.json"
    assert run("generate-config", "--config", path).status == 0
    stored = path.parent / "gateway_key"
    stored.unlink()
    stored.mkdir()
    for words in (["generate-config", "--overwrite"], ["system", "reset", "--confirm"]):
        ended = run(*words, "--config", path)
        assert ended.status == 0 and str(stored) in ended.stdout + ended.stderr
        key = re.search(r"(?:gateway_key\": \"|^api_key: )([\w-]{48})", ended.stdout, re.MULTILINE)
        assert key and hashlib.sha256(key[1].encode()).hexdigest() in path.read_text()


def test_generate_config_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("generate-config", "--config", tmp_path / "file" / "config.json")
    assert ended.status == 1 and ended.stdout == "" and ended.stderr.startswith("error: ")


def test_a_newcomer_can_follow_what_is_printed(tmp_path: Path) -> None:
    """Two commands; then the two printed curl lines: one call passes, the other is blocked."""
    environment = {**os.environ, "SECURE_MCP_GATEWAY_CONFIG": str(tmp_path / "config.json")}
    key = run("generate-config", environment=environment).json["gateway_key"]
    with open(tmp_path / "out", "wb") as out, open(tmp_path / "err", "wb") as err:
        process = subprocess.Popen([GATEWAY, "serve", "--port", "0"], stdout=out, stderr=err, env=environment)
    try:
        welcome = until(lambda: text if "Ctrl-C" in (text := (tmp_path / "out").read_text()) else None, "it is announced")
        assert key in welcome and "http://127.0.0.1:" in welcome
        snippet = json.loads(next(line for line in welcome.splitlines() if line.strip().startswith('{"mcpServers"')))
        assert snippet["mcpServers"]["secure-mcp-gateway"]["headers"] == {"apikey": key}
        lines = re.findall(r"^\s*curl (?:.*\\\n)*.*$", welcome, re.MULTILINE)
        assert len(lines) == 2
        answers = [json.loads(subprocess.run(["bash", "-c", line], capture_output=True, check=True, timeout=60).stdout) for line in lines]
        items = [answer["result"]["structuredContent"]["results"][0] for answer in answers]
        assert [item["status"] for item in items] == ["success", "blocked_input"]
        assert items[0]["response"] == "hello"
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
    assert not descendants(process.pid)
    assert key not in (tmp_path / "err").read_text()


# Commands on the file


def test_config_validate_says_what_it_checked(gateway: Gateway) -> None:
    ended = run("config", "validate", "--config", gateway.config)
    assert ended.status == 0
    document = ended.json
    assert document["status"] == "success" and document["config_path"] == str(gateway.config)
    assert (document["mcp_configs"], document["projects"], document["users"], document["apikeys"]) == (1, 3, 2, 6)
    offered = " ".join(document["providers_found"])
    assert "local_apikey" in offered and "custom_keyword" in offered and "stdout" in offered


def test_config_validate_reports_every_mistake_with_its_place(gateway: Gateway, tmp_path: Path) -> None:
    text = gateway.config.read_text().replace('"mcp_config_name"', '"mcp_config_nam"').replace('"server_name": "stage"', '"server_name": 5')
    path = tmp_path / "bad.json"
    path.write_text(text)
    path.chmod(0o600)
    ended = run("config", "validate", "--config", path)
    assert ended.status == 1 and ended.stdout == ""
    complaints = [line for line in ended.stderr.splitlines() if "bad.json:" in line]
    assert len(complaints) >= 2
    assert all(re.search(r"bad\.json:\d+:\d+: /", line) for line in complaints)


def test_server_commands_read_the_file(gateway: Gateway) -> None:
    options = ("--config", gateway.config)
    listed = run("server", "list", *options)
    assert listed.status == 0 and list(listed.json["available_servers"]) == ["stage", "poisoned"]
    assert listed.json["servers_needing_discovery"] == ["stage", "poisoned"]

    info = run("server", "info", "--server-name", "stage", "--config-name", "shared", *options)
    assert info.status == 0 and info.json["server_info"]["config"]["env"]["API_TOKEN"] == "cana****nary"
    assert "canary-canary" not in info.stdout + info.stderr

    found = run("server", "discover", "--server-name", "poisoned", *options)
    assert found.status == 0 and [tool["name"] for tool in found.json["tools"]] == ["decent"] and found.json["blocked_count"] == 4

    everything = run("server", "list", "--discover", *options)
    assert everything.status == 0 and everything.json["discovery_success_servers"] == ["stage", "poisoned"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["server", "info", "--server-name", "nowhere"],
        ["server", "discover", "--server-name", "nowhere"],
        ["server", "list", "--config-name", "nowhere"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_exit_status_1(gateway: Gateway, arguments: list[str]) -> None:
    ended = run(*arguments, "--config", gateway.config)
    assert ended.status == 1 and ended.stdout == "" and "nowhere" in ended.stderr


def test_a_failed_discovery_is_exit_status_1_and_says_what_failed(tmp_path: Path, gateway: Gateway) -> None:
    broken = server("broken")
    broken["config"] = {"command": "/nonexistent/program", "args": []}
    other = Gateway(tmp_path, document([broken]))
    other.config.parent.mkdir(mode=0o700)
    other.write(other.document)
    ended = run("server", "list", "--discover", "--config", other.config)
    assert ended.status == 1 and ended.json["discovery_failed_servers"] == ["broken"]


# Commands that ask the running gateway


def test_cache_and_timeout_commands_ask_the_running_gateway(gateway: Gateway) -> None:
    key = {"ENKRYPT_GATEWAY_KEY": ALICE}
    options = ("--url", gateway.url)
    Caller(gateway, ALICE).text("stage", "echo", message="x")
    status = run("cache", "status", *options, environment=key)
    assert status.status == 0
    assert status.json["cache_status"]["gateway_specific"]["tools"]["servers"]["stage"]["exists"] is True, status.stdout + gateway.stderr
    assert status.json["cache_status"]["global"]["cache_type"] == "local"

    cleared = run("cache", "clear", "--server-name", "stage", *options, environment=key)
    assert cleared.status == 0 and cleared.json == {"status": "success", "message": "Cache cleared for server: stage"}
    assert run("cache", "clear", "--server-name", "stage", *options, environment=key).json["status"] == "info"
    everything = run("cache", "clear", *options, environment=key)
    assert re.fullmatch(r"Cache cleared for all servers \(\d+ servers\) and gateway config \(none\)", everything.json["message"])

    metrics = run("timeout", "metrics", *options, environment=key)
    assert metrics.status == 0 and metrics.json["timeout_config"]["tool_execution_timeout"] == 20
    assert metrics.json["timeout_metrics"]["total_operations"] >= 2


def test_every_command_prints_in_the_form_that_is_asked_for(gateway: Gateway, tmp_path: Path) -> None:
    key = {"ENKRYPT_GATEWAY_KEY": ALICE}
    file = ("--config", gateway.config)
    for words in (
        ("server", "list", *file),
        ("server", "info", "--server-name", "stage", *file),
        ("config", "validate", *file),
        ("cache", "status", "--url", gateway.url),
        ("timeout", "metrics", "--url", gateway.url),
        ("cache", "clear", "--dry-run", "--url", gateway.url),
        ("generate-config", "--dry-run", "--config", tmp_path / "new.json"),
        ("plugin", "new", "no-novels", "--language", "c", "--dry-run", "--directory", tmp_path / "new"),
        ("plugin", "check", "--list"),
    ):
        as_json, as_table, as_yaml = (run(*words, "--output", form, environment=key) for form in ("json", "table", "yaml"))
        assert {as_json.status, as_table.status, as_yaml.status} == {0}, (words, as_json.stderr)
        assert as_json.json
        for other in (as_table, as_yaml):
            assert other.stdout.strip() and not other.stdout.startswith(("{", "[")), words
        assert as_table.stdout != as_yaml.stdout
    assert not (tmp_path / "new").exists() and not (tmp_path / "new.json").exists()
    assert run("plugin", "check", "--list", "--json", "--output", "yaml").status == 64


def test_a_dry_run_of_cache_clear_forgets_nothing(gateway: Gateway) -> None:
    key = {"ENKRYPT_GATEWAY_KEY": ALICE}
    options = ["--url", gateway.url]
    Caller(gateway, ALICE).tool("enkrypt_discover_all_tools", server_name="stage")
    for words, servers in (([], ["stage"]), (["--server-name", "stage"], ["stage"]), (["--cache-type", "gateway_config"], [])):
        preview = run("cache", "clear", "--dry-run", *words, *options, environment=key)
        assert preview.status == 0 and preview.json["dry_run"] is True and preview.json["servers"] == servers, preview.stderr
    assert run("cache", "clear", "--dry-run", "--cache-type", "pizza", *options, environment=key).status == 2
    status = run("cache", "status", *options, environment=key).json
    assert status["cache_status"]["gateway_specific"]["tools"]["servers"]["stage"]["exists"] is True


def test_a_dry_run_of_generate_config_says_what_would_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    new = run("generate-config", "--dry-run", "--config", path)
    assert new.json["replaces"] is False and list(tmp_path.iterdir()) == []
    assert run("generate-config", "--config", path).status == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    refused = run("generate-config", "--dry-run", "--config", path)
    assert refused.status == 1 and "--overwrite" in refused.stderr
    preview = run("generate-config", "--overwrite", "--dry-run", "--config", path)
    assert preview.status == 0 and preview.json["lost"] == {"mcp_configs": 1, "projects": 1, "users": 1, "apikeys": 1}
    assert {Path(file).name for file in preview.json["files"]} <= set(before)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_key_may_come_from_a_file_or_standard_input(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(ALICE + "\n")
    assert run("cache", "status", "--url", gateway.url, "--key-file", file).status == 0
    assert run("cache", "status", "--url", gateway.url, "--key-file", "-", stdin=ALICE).status == 0
    assert run("cache", "status", "--url", gateway.url, "--key-file", tmp_path / "none").status == 1


def test_without_the_right_key_or_a_gateway_they_fail(gateway: Gateway) -> None:
    missing = run("cache", "status", "--url", gateway.url)
    assert missing.status == 1 and missing.stdout == "" and "ENKRYPT_GATEWAY_KEY" in missing.stderr
    wrong = run("cache", "status", "--url", gateway.url, environment={"ENKRYPT_GATEWAY_KEY": UNKNOWN})
    assert wrong.status == 1 and wrong.stdout == "" and "401" in wrong.stderr and UNKNOWN not in wrong.stderr
    nobody = run("cache", "status", "--url", "http://127.0.0.1:1/mcp", environment={"ENKRYPT_GATEWAY_KEY": ALICE})
    assert nobody.status == 1 and nobody.stdout == "" and "127.0.0.1:1" in nobody.stderr
    strange = run("cache", "status", "--url", "ftp://x", environment={"ENKRYPT_GATEWAY_KEY": ALICE})
    assert strange.status == 2 and strange.stdout == ""


def test_a_port_in_use_is_said_so(gateway: Gateway) -> None:
    ended = run("serve", "--config", gateway.config, "--port", str(gateway.port))
    assert ended.status == 1 and ended.stdout == "" and "in use" in ended.stderr.lower()


def test_the_echo_server_speaks_mcp_on_standard_streams() -> None:
    lines = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "echo", "arguments": {"message": "hé\n"}}},
    ]
    ended = run("echo-server", stdin="".join(json.dumps(line) + "\n" for line in lines))
    assert ended.status == 0
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert answers[1]["result"]["content"] == [{"type": "text", "text": "hé\n"}]
