"""MCP servers that others wrote, as they come from PyPI."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, POLICY, Document, document, server
from support.official import IS_OLDEST
from support.raw import Caller

pytestmark = pytest.mark.official_client


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
