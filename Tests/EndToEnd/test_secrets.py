"""T24: canaries. Secrets of the configuration appear in no answer, log or error."""

import json
from pathlib import Path

from conftest import Start
from support import plugins
from support.cli import run
from support.documents import ALICE, DISABLED, document, entry, keyword_guardrail, server
from support.gateway import Gateway
from support.raw import CALL_TOOLS, LEGACY, Caller
from support.waiting import until

CANARY = "CANARYsecretVALUE"


def canary(number: int) -> str:
    return f"{CANARY}{number:02}{'z' * 20}"


class Listener:
    """Gathers everything that anybody outside gets to see."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def hear(self, where: str, text: str) -> None:
        self.heard.append((where, text))

    def assert_silent(self) -> None:
        assert self.heard
        for where, text in self.heard:
            assert CANARY not in text, f"{where}: …{text[max(0, text.index(CANARY) - 300) : text.index(CANARY) + 60]}…"


def test_t24_no_secret_appears_anywhere(start: Start, tmp_path: Path) -> None:
    folder = plugins.folder_with(tmp_path / "plugins", plugins.OWN, ["moody"])
    secret_file = tmp_path / "secret"
    secret_file.write_text(canary(1))
    secret_file.chmod(0o600)
    environment = {
        "API_TOKEN": canary(2),
        "DATABASE_URL": f"postgres://user:{canary(3)}@db/x",
        "BY_REFERENCE": "${env:CANARY_IN_ENVIRONMENT}",
        "BY_FILE": f"${{file:{secret_file}}}",
    }
    arguments = ["--token", canary(4), f"--api-key={canary(5)}", f"https://user:{canary(6)}@example.com/"]
    broken = server("broken", env=environment, args=arguments)
    broken["config"]["command"] = "/nonexistent/program"
    quitter = server("quitter", "nonexistent.py", env=environment, args=arguments)
    definition = document(
        [
            server(
                "stage", env=environment, args=arguments, guarded=True, oauth_config={"enabled": False, "OAUTH_CLIENT_SECRET": canary(7)}
            ),
            broken,
            quitter,
        ],
        guardrails=[
            keyword_guardrail(words=["forbidden", canary(8)]),
            {"name": "moody", "provider": "moody", "config": {"mode": canary(9)}, "on_failure": "allow"},
        ],
        plugins={
            "path": [str(folder)],
            "auth": {"provider": "local_apikey", "config": {"api_key": canary(10), "base_url": f"https://u:{canary(11)}@example.com"}},
        },
        common={"enkrypt_api_key": canary(12), "enkrypt_cache_password": canary(13)},
        timeouts={"discovery_timeout": 5, "tool_execution_timeout": 2},
    )
    definition["apikeys"][f"{canary(14)}"] = {"project_id": "project-alice", "user_id": "user-alice"}
    gateway = start(definition, environment={"CANARY_IN_ENVIRONMENT": canary(15)})
    listener = Listener()
    callers = [Caller(gateway, ALICE), Caller(gateway, ALICE, LEGACY[-1]).initialize(), Caller(gateway, canary(14))]
    for caller in callers:
        for tool in ("enkrypt_list_all_servers", "enkrypt_get_cache_status", "enkrypt_get_timeout_metrics", "enkrypt_discover_all_tools"):
            listener.hear(tool, caller.rpc("tools/call", {"name": tool, "arguments": {}}).body.decode())
        listener.hear(
            "list", caller.rpc("tools/call", {"name": "enkrypt_list_all_servers", "arguments": {"discover_tools": False}}).body.decode()
        )
        for name in ("stage", "broken", "quitter"):
            for tool in ("enkrypt_get_server_info", "enkrypt_discover_all_tools"):
                listener.hear(f"{tool} {name}", caller.rpc("tools/call", {"name": tool, "arguments": {"server_name": name}}).body.decode())
            for call in (
                {"name": "echo", "args": {"message": "a forbidden word"}},
                {"name": "echo", "args": {"message": "fine"}},
                {"name": "never"},
                {"name": "crash"},
            ):
                arguments_ = {"server_name": name, "tool_calls": [call]}
                listener.hear(f"{call} {name}", caller.rpc("tools/call", {"name": CALL_TOOLS, "arguments": arguments_}).body.decode())
    for key in (canary(16), f"{canary(14)}x", DISABLED):
        listener.hear("a wrong key", Caller(gateway, key).rpc("tools/list").body.decode())
        listener.hear("a wrong key", str(Caller(gateway, key).rpc("tools/list").headers))

    # The commands see the same, and the operator's errors too.
    for arguments_ in (
        ["server", "list"],
        ["server", "list", "--discover"],
        ["server", "info", "--server-name", "stage"],
        ["config", "validate"],
    ):
        ended = run(*arguments_, "--config", gateway.config, environment={"CANARY_IN_ENVIRONMENT": canary(15)})
        listener.hear(" ".join(arguments_), ended.stdout + ended.stderr)
    ended = run("cache", "status", "--url", gateway.url, environment={"ENKRYPT_GATEWAY_KEY": canary(16)})
    listener.hear("cache status", ended.stdout + ended.stderr)

    # Edits that are refused: the secrets stand in the wrong places.
    good = gateway.config.read_text()
    for number, edit in enumerate(
        [
            lambda document: entry(document, "stage")["config"].update(env=canary(17)),
            lambda document: entry(document, "stage")["config"].update({"env": {"TOKEN": [canary(18)]}}),
            lambda document: document["plugins"]["auth"]["config"].update(api_key=[canary(19)], **{"unknown_setting": canary(20)}),
            lambda document: document["plugins"]["guardrails"][0]["config"].update(blocked_keywords=canary(21)),
            lambda document: document["common_mcp_gateway_config"].update(enkrypt_cache_port=canary(22)),
            lambda document: document["apikeys"].update({canary(23): {"project_id": "nowhere", "user_id": 5}}),
            lambda document: document["gateway"].update(port=canary(24)),
        ]
    ):
        broken_document = json.loads(good)
        edit(broken_document)
        refusals = gateway.stderr.count("refused; the previous one stays")
        gateway.write_text(json.dumps(broken_document))
        Caller(gateway, ALICE).rpc("tools/list")
        until(lambda: gateway.stderr.count("refused; the previous one stays") > refusals, f"edit {number} is refused")
        ended = run("config", "validate", "--config", gateway.config, environment={"CANARY_IN_ENVIRONMENT": canary(15)})
        assert ended.status == 1
        listener.hear(f"validate of edit {number}", ended.stdout + ended.stderr)
    gateway.write_text(good)
    assert Caller(gateway, ALICE).rpc("tools/list").status == 200
    listener.hear("standard error", gateway.stderr)
    listener.hear("standard output", gateway.stdout)
    listener.assert_silent()


def test_t24_telemetry_holds_no_secret(start: Start) -> None:
    definition = document([server("stage", env={"API_TOKEN": canary(1)}, guarded=True)])
    definition["plugins"]["telemetry"] = {"provider": "stdout", "config": {"enabled": True}}
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    alice.text("stage", "echo", message="fine")
    alice.item("stage", "echo", message=f"forbidden {CANARY}")
    Caller(gateway, f"{CANARY}-as-a-key").rpc("tools/list")

    def records() -> list[dict[str, object]]:
        return [json.loads(line) for line in gateway.stdout.splitlines() if line.startswith("{")]

    until(lambda: [line for line in gateway.stdout.splitlines() if "Request refused" in line], "the refusal is recorded")
    assert records()
    assert CANARY not in gateway.stdout.split("Ctrl-C stops the gateway.")[1]
    assert CANARY not in gateway.stderr and ALICE not in gateway.stderr and ALICE not in gateway.stdout


def test_a_log_line_cannot_be_forged(stage: Gateway) -> None:
    forged = "x\n2026-01-01T00:00:00Z ERROR [gateway] forged=1\u2028\x1b[31m"
    alice = Caller(stage, ALICE)
    alice.item("stage", forged)
    alice.call("enkrypt_get_server_info", {"server_name": forged})
    alice.call(CALL_TOOLS, {"server_name": forged, "tool_calls": []})
    assert not [line for line in stage.stderr.splitlines() if line.startswith("2026-01-01T00:00:00Z")]
    assert "\x1b" not in stage.stderr
