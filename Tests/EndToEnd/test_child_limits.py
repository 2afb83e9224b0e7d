"""What a server that is a command is held to, and where it runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, document, remote, server
from support.raw import Caller
from support.recording import Recording


def _limits(caller: Caller) -> dict[str, list[str]]:
    pid = json.loads(caller.text("stage", "identity"))["pid"]
    rows = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {row[:26].strip(): row[26:].split()[:2] for row in rows}


def test_a_child_has_the_limits_of_its_entry(start: Start) -> None:
    limits = {
        "memory_bytes": 2 << 30,
        "cpu_seconds": 1000,
        "open_files": 64,
        "processes": 4000,
        "file_bytes": 1 << 20,
        "core_bytes": 4096,
    }
    found = _limits(Caller(start(document([server("stage", limits=limits)])), ALICE))
    assert found["Max address space"] == [str(2 << 30)] * 2
    assert found["Max cpu time"] == ["1000", "1000"]
    assert found["Max open files"] == ["64", "64"]
    assert found["Max processes"] == ["4000", "4000"]
    assert found["Max file size"] == [str(1 << 20)] * 2
    assert found["Max core file size"] == ["4096", "4096"]


def test_without_limits_only_cores_are_kept_from_it(start: Start) -> None:
    ours = {row[:26].strip(): row[26:].split()[:2] for row in Path("/proc/self/limits").read_text().splitlines()[1:]}
    found = _limits(Caller(start(document([server("stage")])), ALICE))
    assert found["Max core file size"] == ["0", "0"]
    assert found["Max address space"] == ours["Max address space"] and found["Max cpu time"] == ours["Max cpu time"]


def test_a_child_that_takes_too_much_fails_alone(start: Start) -> None:
    greedy = server("greedy", limits={"memory_bytes": 256 << 20})
    caller = Caller(start(document([greedy, server("stage")])), ALICE)
    assert caller.item("greedy", "flood", bytes=512 << 20)["status"] == "error"
    assert caller.text("stage", "echo", message="still here") == "still here"


@pytest.mark.parametrize("is_absolute", [True, False])
def test_the_working_directory_and_the_environment_are_those_of_the_entry(start: Start, tmp_path: Path, is_absolute: bool) -> None:
    gateway = start(document([server("stage", env={"GREETING": "hello", "PATH": "/usr/bin"})]))
    folder = tmp_path if is_absolute else gateway.config.parent / "work"
    folder.mkdir(exist_ok=True)

    def settle(document: dict[str, Any]) -> None:
        document["mcp_configs"]["config-1"]["mcp_config"][0]["config"]["cwd"] = str(tmp_path) if is_absolute else "work"

    gateway.edit(settle)
    found = json.loads(Caller(gateway, ALICE).text("stage", "identity"))
    assert found["cwd"] == str(folder.resolve())
    assert found["environment"]["GREETING"] == "hello" and found["environment"]["PATH"] == "/usr/bin"


def test_a_changed_limit_means_a_new_child(start: Start, recording: Recording) -> None:
    gateway = start(document([server("stage", env=recording.environment, limits={"open_files": 64})]))
    caller = Caller(gateway, ALICE)
    assert _limits(caller)["Max open files"] == ["64", "64"]

    def widen(document: dict[str, Any]) -> None:
        document["mcp_configs"]["config-1"]["mcp_config"][0]["limits"]["open_files"] = 128

    gateway.edit(widen)
    assert _limits(caller)["Max open files"] == ["128", "128"]


@pytest.mark.parametrize(
    ("limits", "complaint"),
    [
        ({"memory_bytes": "1G"}, "expected a number, found a string"),
        ({"memory_bytes": 1024}, "must be a whole number from 16777216 to"),
        ({"cpu_seconds": 0}, "must be a whole number from 1 to"),
        ({"cpu_seconds": 1.5}, "must be a whole number from 1 to"),
        ({"open_files": -1}, "must be a whole number from 16 to 1048576"),
        ({"file_bytes": 10**30}, "must be a whole number from 0 to"),
        ({"memory_byte": 1 << 30}, 'did you mean "memory_bytes"'),
        ([], "expected an object, found an array"),
    ],
)
def test_t25_a_limit_that_makes_no_sense_is_told(tmp_path: Path, limits: Any, complaint: str) -> None:
    assert complaint in _refused(tmp_path, server("stage", limits=limits))


def test_a_server_with_a_url_has_no_process_to_limit(tmp_path: Path) -> None:
    assert "is for servers that are a command only" in _refused(tmp_path, remote("raw", "https://example.com/mcp", limits={}))


def _refused(tmp_path: Path, entry: dict[str, Any]) -> str:
    from test_config import refused

    def replace(document: dict[str, Any]) -> None:
        document["mcp_configs"]["config-1"]["mcp_config"] = [entry]

    return refused(tmp_path, replace)
