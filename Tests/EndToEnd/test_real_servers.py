"""MCP servers that others wrote, as they come from PyPI."""

import importlib.util
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, POLICY, Document, document, server
from support.official import IS_OLDEST, MODES, connect
from support.raw import LEGACY, MODERN, Caller

pytestmark = pytest.mark.official_client


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def installed(name: str) -> Any:
    """The SDK of this environment decides which servers there are; each runs in one of the two."""
    return pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} needs the other major version of the SDK")


def module(name: str, module: str, *arguments: str) -> Document:
    return {
        "server_name": name,
        "description": "A server from PyPI",
        "config": {"command": sys.executable, "args": ["-m", module, *arguments]},
        "tools": {},
        "input_guardrails_policy": POLICY,
        "output_guardrails_policy": POLICY,
    }


@installed("mcp_server_time")
def test_mcp_server_time(start: Start) -> None:
    alice = Caller(start(document([module("time", "mcp_server_time", "--local-timezone=UTC")])), ALICE)
    found = alice.tool("enkrypt_discover_all_tools", server_name="time")
    assert {tool["name"] for tool in found["tools"]} >= {"get_current_time", "convert_time"}
    converted = json.loads(alice.text("time", "convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Tokyo"))
    assert converted["target"]["datetime"].split("T")[1].startswith("21:00")
    wrong = alice.item("time", "get_current_time", timezone="Nowhere/Atall")
    assert wrong["status"] == "error"


@installed("mcp_server_git")
def test_mcp_server_git(start: Start, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.com"]
        subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    (repository / "file.txt").write_text("first line\n")
    git("add", ".")
    git("commit", "-m", "The first commit")
    (repository / "file.txt").write_text("second line\n")
    alice = Caller(start(document([module("git", "mcp_server_git", "--repository", str(repository))])), ALICE)
    path = str(repository)
    envelope = alice.batch(
        "git",
        {"name": "git_status", "args": {"repo_path": path}},
        {"name": "git_log", "args": {"repo_path": path}},
        {"name": "git_diff_unstaged", "args": {"repo_path": path}},
    )
    status, log, diff = [item["response"] for item in envelope["results"]]
    assert envelope["status"] == "success"
    assert "file.txt" in status and "The first commit" in log and "+second line" in diff


class _Site(BaseHTTPRequestHandler):
    """A page, and what robots are asked not to read."""

    def do_GET(self) -> None:
        pages = {
            "/robots.txt": ("text/plain", "User-agent: *\nDisallow: /private"),
            "/page": ("text/html", "<html><body><article><h1>A heading</h1><p>Some words, 漢字.</p></article></body></html>"),
            "/long": ("text/plain", "0123456789" * 1000),
            "/private": ("text/plain", "not for robots"),
        }
        kind, text = pages.get(self.path, ("text/plain", ""))
        body = text.encode()
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@installed("mcp_server_fetch")
@pytest.mark.parametrize("revision", [MODERN, LEGACY[-1]])
def test_mcp_server_fetch(start: Start, tmp_path: Path, revision: str) -> None:
    site = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    entry = module("fetch", "mcp_server_fetch", "--allow-private-ips")
    # Where it finds node, it has npm download something before the first page.
    entry["config"]["env"] = {"PATH": str(tmp_path)}
    try:
        alice = Caller(start(document([entry])), ALICE, revision)
        if revision != MODERN:
            alice.initialize()
        assert [tool["name"] for tool in alice.rpc("tools/list").result["tools"] if tool["name"].startswith("fetch__")] == ["fetch__fetch"]

        def fetch(path: str, **arguments: Any) -> dict[str, Any]:
            url = f"http://127.0.0.1:{site.server_address[1]}{path}"
            return alice.rpc("tools/call", {"name": "fetch__fetch", "arguments": {"url": url, **arguments}}).result

        def text(result: dict[str, Any]) -> str:
            return result["content"][0]["text"]

        page = fetch("/page")
        assert not page.get("isError") and "# A heading" in text(page) and "Some words, 漢字." in text(page)
        assert "<h1>A heading</h1>" in text(fetch("/page", raw=True))
        part = text(fetch("/long", max_length=15, start_index=5))
        assert "567890123456789" in part and "0123456789" * 3 not in part
        missing = alice.rpc("tools/call", {"name": "fetch__fetch", "arguments": {"url": "http://127.0.0.1:9/"}})
        for answer in (missing.json, {"result": fetch("/private")}, {"result": fetch("/nowhere")}):
            assert "error" in answer or answer["result"]["isError"], answer
        prompt = alice.rpc("prompts/get", {"name": "fetch__fetch", "arguments": {"url": f"http://127.0.0.1:{site.server_address[1]}/page"}})
        assert "A heading" in json.dumps(prompt.result)
    finally:
        site.shutdown()
        site.server_close()


@installed("mcp_server_time")
@installed("mcp_server_git")
@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_an_official_client_uses_real_servers_under_federated_names(start: Start, tmp_path: Path, mode: str) -> None:
    """As somebody does on their first day: a folder under git, the time, and a client that knows nothing of a gateway."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "file.txt").write_text("something new\n")
    servers = [module("time", "mcp_server_time", "--local-timezone=UTC"), module("git", "mcp_server_git", "--repository", str(tmp_path))]
    gateway = start(document(servers, config={"exposure": "federated"}))
    async with connect(gateway.url, {"apikey": ALICE}, mode) as client:
        names = [tool["name"] for tool in await client.all("tools")]
        assert names[:2] == ["time__get_current_time", "time__convert_time"] and "git__git_status" in names
        assert all(name.startswith(("time__", "git__")) for name in names)
        times = {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}
        converted = json.loads(await client.text("time__convert_time", **times))
        assert converted["target"]["datetime"].split("T")[1].startswith("21:00")
        assert "file.txt" in await client.text("git__git_status", repo_path=str(tmp_path))
        assert (await client.call("time__get_current_time", {"timezone": "Nowhere/Atall"}))["isError"]


@installed("mcp_server_sqlite")
def test_mcp_server_sqlite(start: Start, tmp_path: Path) -> None:
    """A server that knows nothing of the newest revision."""
    program = Path(sys.executable).with_name("mcp-server-sqlite")
    sqlite = {**module("sqlite", ""), "config": {"command": str(program), "args": ["--db-path", str(tmp_path / "data.db")]}}
    alice = Caller(start(document([sqlite])), ALICE)
    envelope = alice.batch(
        "sqlite",
        {"name": "create_table", "args": {"query": "CREATE TABLE fruit (name TEXT)"}},
        {"name": "write_query", "args": {"query": "INSERT INTO fruit VALUES ('apple'), ('pear')"}},
        {"name": "read_query", "args": {"query": "SELECT name FROM fruit ORDER BY name"}},
    )
    assert envelope["summary"]["successful_calls"] == 3, envelope
    assert "apple" in envelope["results"][2]["response"] and "pear" in envelope["results"][2]["response"]


def test_a_server_written_with_the_sdk(start: Start) -> None:
    """Of whichever version: with a result that has a schema, from 1.10 on, and progress on the way."""
    alice = Caller(start(document([server("sdk", "with_sdk.py", guarded=True)])), ALICE)
    found = {tool["name"]: tool for tool in alice.tool("enkrypt_discover_all_tools", server_name="sdk")["tools"]}
    item = alice.item("sdk", "add", a=2, b=3)
    assert item["status"] == "success" and item["response"] == "5"
    if not IS_OLDEST:
        assert found["add"]["outputSchema"]["type"] == "object" and item["structuredContent"] == {"result": 5}
    assert alice.item("sdk", "slowly", steps=3)["response"] == "done"
    assert alice.item("sdk", "fail")["status"] == "error"
    assert alice.item("sdk", "add", a="x", b=3)["status"] == "error"
