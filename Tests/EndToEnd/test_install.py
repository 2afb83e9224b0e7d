"""`install`: the gateway as a server of MCP clients, in each client's own file and form."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from support.administration import Administration
from support.cli import Ended, run
from support.documents import ALICE, document, server
from support.places import GATEWAY

KEY = ALICE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    Administration(tmp_path / ".enkrypt" / "enkrypt_mcp_config.json", document([server("stage")]))
    return tmp_path


def install(home: Path, *words: str | Path, verb: str = "install", key: str | None = KEY) -> Ended:
    environment = {"HOME": str(home), "XDG_CONFIG_HOME": ""}
    return run(verb, *words, environment={**environment, **({"ENKRYPT_GATEWAY_KEY": key} if key else {})})


COMMAND: dict[str, Any] = {"command": str(GATEWAY.resolve()), "args": ["stdio"], "env": {"ENKRYPT_GATEWAY_KEY": KEY}}
URL = "http://127.0.0.1:8000/mcp/"
HEADERS = {"apikey": KEY}


@pytest.mark.parametrize(
    ("client", "file", "section", "started", "reached"),
    [
        ("claude-desktop", ".config/Claude/claude_desktop_config.json", "mcpServers", COMMAND, None),
        ("claude", ".config/Claude/claude_desktop_config.json", "mcpServers", COMMAND, None),
        ("claude-code", ".claude.json", "mcpServers", {"type": "stdio", **COMMAND}, {"type": "http", "url": URL, "headers": HEADERS}),
        ("cursor", ".cursor/mcp.json", "mcpServers", COMMAND, {"url": URL, "headers": HEADERS}),
        ("vscode", ".config/Code/User/mcp.json", "servers", {"type": "stdio", **COMMAND}, {"type": "http", "url": URL, "headers": HEADERS}),
        ("windsurf", ".codeium/windsurf/mcp_config.json", "mcpServers", COMMAND, {"serverUrl": URL, "headers": HEADERS}),
        ("gemini-cli", ".gemini/settings.json", "mcpServers", COMMAND, {"httpUrl": URL, "headers": HEADERS}),
    ],
)
def test_each_client_s_own_form(
    home: Path, client: str, file: str, section: str, started: dict[str, Any], reached: dict[str, Any] | None
) -> None:
    path = home / file
    ended = install(home, "--client", client)
    assert ended.status == 0 and ended.stdout == "" and str(path) in ended.stderr and KEY not in ended.stderr
    assert json.loads(path.read_text()) == {section: {"secure-mcp-gateway": started}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    over_http = install(home, "--client", client, "--url", URL)
    if reached is None:
        assert over_http.status == 2 and "no servers over HTTP" in over_http.stderr
        return
    assert over_http.status == 0 and "replaced" in over_http.stderr
    assert json.loads(path.read_text()) == {section: {"secure-mcp-gateway": reached}}


def test_what_else_is_in_the_file_stays(home: Path) -> None:
    path = home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    text = '{\n    "theme": 1.0,\n    "mcpServers": {\n        "Enkrypt Secure MCP Gateway": {"command": "uv"}\n    }\n}\n'
    path.write_text(text)
    ended = install(home, "--client", "cursor")
    assert "The entry of the original is there too" in ended.stderr
    assert path.read_text().startswith(text[:90]) and json.loads(path.read_text())["theme"] == 1.0
    [backup] = path.parent.glob("mcp.json.bkp.*")
    assert backup.read_text() == text
    assert install(home, "--client", "cursor", "--name", "Enkrypt Secure MCP Gateway", verb="uninstall").status == 0
    assert list(json.loads(path.read_text())["mcpServers"]) == ["secure-mcp-gateway"]
    assert install(home, "--client", "cursor", verb="uninstall").status == 0
    assert json.loads(path.read_text()) == {"theme": 1.0, "mcpServers": {}}
    again = install(home, "--client", "cursor", verb="uninstall")
    assert again.status == 1 and "has no server" in again.stderr


def test_a_dry_run_shows_the_entry_and_writes_nothing(home: Path) -> None:
    shown = install(home, "--client", "cursor", "--dry-run").json
    assert shown["entry"]["mcpServers"]["secure-mcp-gateway"]["env"] == {"ENKRYPT_GATEWAY_KEY": "****" + KEY[-4:]}
    assert not (home / ".cursor").exists()
    clear = install(home, "--client", "cursor", "--dry-run", "--show-secrets").json
    assert clear["entry"]["mcpServers"]["secure-mcp-gateway"] == COMMAND


def test_a_dry_run_of_uninstall_shows_what_would_go_and_writes_nothing(home: Path) -> None:
    missing = install(home, "--client", "cursor", "--dry-run", verb="uninstall")
    assert missing.status == 1 and "has no server 'secure-mcp-gateway'" in missing.stderr
    assert install(home, "--client", "cursor").status == 0
    path = home / ".cursor/mcp.json"
    before = path.read_bytes()
    ended = install(home, "--client", "cursor", "--dry-run", "--output", "json", verb="uninstall")
    assert ended.status == 0 and ended.json["dry_run"] is True and ended.json["path"] == str(path)
    assert ended.json["entry"]["mcpServers"]["secure-mcp-gateway"]["args"] == ["stdio"]
    assert KEY not in ended.stdout + ended.stderr and path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == ["mcp.json"]


def test_list(home: Path) -> None:
    assert install(home, "--client", "windsurf").status == 0
    (home / ".claude.json").write_text("{")
    listed = {row["client"]: row for row in install(home, "--list").json}
    assert listed["windsurf"]["installed"] is True and listed["cursor"] == {
        "client": "cursor",
        "path": str(home / ".cursor/mcp.json"),
        "file": False,
        "installed": False,
    }
    assert listed["claude-code"]["installed"] == "unreadable"


@pytest.mark.parametrize(
    ("words", "text", "reason"),
    [
        (["--client", "cursr"], None, "did you mean 'cursor'?"),
        ([], None, "Give --client"),
        (["--client", "cursor"], "{ // mine\n}", "mcp.json:1:3: not valid JSON"),
        (["--client", "cursor"], "[]", "is no object"),
        (["--client", "cursor"], '{"mcpServers": []}', "/mcpServers is no object"),
        (["--client", "cursor", "--url", "ftp://x"], None, "no http or https URL"),
        (["--client", "cursor", "--key-file", "/nonexistent"], None, "cannot be read"),
    ],
)
def test_refusals(home: Path, words: list[str], text: str | None, reason: str) -> None:
    path = home / ".cursor" / "mcp.json"
    if text is not None:
        path.parent.mkdir()
        path.write_text(text)
    ended = install(home, *words)
    assert ended.status in (1, 2) and ended.stdout == "" and reason in ended.stderr
    assert not path.exists() if text is None else path.read_text() == text


def test_without_a_key_it_says_so_and_the_demo_key_is_found(home: Path) -> None:
    assert "No gateway key" in install(home, "--client", "cursor", key=None).stderr
    (home / ".enkrypt" / "gateway_key").write_text(KEY + "\n")
    assert install(home, "--client", "cursor", key=None).status == 0
    assert json.loads((home / ".cursor/mcp.json").read_text())["mcpServers"]["secure-mcp-gateway"]["env"]["ENKRYPT_GATEWAY_KEY"] == KEY


def test_the_installed_entry_works(home: Path) -> None:
    """The official client starts what the file says, and gets an answer."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    assert install(home, "--client", "cursor").status == 0
    entry = json.loads((home / ".cursor/mcp.json").read_text())["mcpServers"]["secure-mcp-gateway"]

    async def talk() -> list[str]:
        environment = {**entry["env"], "HOME": str(home)}
        async with (
            stdio_client(StdioServerParameters(command=entry["command"], args=entry["args"], env=environment)) as (read, write),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return [tool.name for tool in (await session.list_tools()).tools]

    assert "stage__echo" in asyncio.run(asyncio.wait_for(talk(), 60))
