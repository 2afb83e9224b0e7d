"""New builds of a plugin take over while calls go on; builds that cannot do so change nothing."""

import os
import shutil
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.documents import ALICE, BOB, Document, document, keyword_guardrail, server
from support.gateway import Gateway
from support.raw import Caller
from support.waiting import until

CLIENTS = 32
RELOADS = 100
OWN = ["LocalAPIKeyAuth", "KeywordGuardrail"]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same plugin, built five times."""
    folder = tmp_path_factory.mktemp("builds")
    found = {}
    for number, defines in {"1": (), "2": (), "3": (), "4": ("SICK",), "5": ("REFUSES",)}.items():
        found[number] = plugins.build("builds", folder, f"build{number}", (f"BUILD={number}", *defines))
    return found


@pytest.fixture
def folder(tmp_path: Path, builds: dict[str, Path]) -> Path:
    path = plugins.folder_with(tmp_path / "plugins", OWN, [])
    put(builds["1"], path)
    return path


def put(build: Path, folder: Path, name: str = "libguard.so") -> None:
    """As a careful installer does: written beside, then renamed."""
    beside = folder / f".{name}"
    shutil.copyfile(build, beside)
    beside.chmod(0o644)
    os.replace(beside, folder / name)


def guarded(folder: Path, *guardrails: Document, watch: bool = False) -> Document:
    bindings = list(guardrails) or [{"name": "guard", "provider": "builds"}]
    return document([server("stage", guarded=True)], guardrails=bindings, plugins={"path": [str(folder)], "watch": watch})


def judged_by(caller: Caller) -> str:
    """What blocks a text that every build blocks."""
    item = caller.item("stage", "echo", message="a forbidden word")
    assert item["status"] == "blocked_input", item
    return item["input_guardrail_response"]["violations"][0]["type"]


def count(gateway: Gateway, message: str) -> int:
    return gateway.stderr.count(message)


def reload(gateway: Gateway, message: str = "Plugin reloaded") -> None:
    before = count(gateway, message)
    gateway.signal(signal.SIGHUP)
    until(lambda: count(gateway, message) > before, message)


class Clients:
    """Calls without a pause, of which every second has to be blocked; what came of them."""

    def __init__(self, gateway: Gateway):
        self._stop = threading.Event()
        self.wrong: list[Any] = []
        self.judges: Counter[str] = Counter()
        self.calls = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(gateway, key)) for key in [ALICE, BOB] * (CLIENTS // 2)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, gateway: Gateway, key: str) -> None:
        caller = Caller(gateway, key)
        while not self._stop.is_set():
            for message, status in (("a fine word", "success"), ("a forbidden word", "blocked_input")):
                try:
                    item = caller.item("stage", "echo", message=message)
                except Exception as error:
                    item = {"status": "none", "error": repr(error)}
                with self._lock:
                    self.calls += 1
                    if item["status"] != status:
                        self.wrong.append(item)
                    elif status == "blocked_input":
                        self.judges[item["input_guardrail_response"]["violations"][0]["type"]] += 1


def test_a_hundred_reloads_under_load_lose_no_call_and_judge_none_wrongly(start: Start, folder: Path, builds: dict[str, Path]) -> None:
    gateway = start(guarded(folder))
    with Clients(gateway) as clients:
        for number in range(RELOADS):
            put(builds[str((number + 1) % 3 + 1)], folder)
            reload(gateway)
    assert not clients.wrong, clients.wrong[:3]
    assert set(clients.judges) == {"build_1", "build_2", "build_3"} and clients.calls > RELOADS
    assert count(gateway, "Plugin reloaded") == RELOADS


def test_a_provider_swap_by_an_edit_of_the_configuration_under_load(start: Start, folder: Path) -> None:
    keywords = keyword_guardrail()
    keywords["config"] = {"blocked_keywords": ["forbidden"]}
    edits = [(guarded(folder, keywords), "keyword_detector"), (guarded(folder), "build_1")]
    gateway = start(guarded(folder))
    with Clients(gateway) as clients:
        for document, judge in edits * 5:
            before = clients.judges[judge]
            gateway.write(document)
            until(lambda judge=judge, before=before: clients.judges[judge] > before, f"{judge} judges")
    assert not clients.wrong, clients.wrong[:3]
    assert set(clients.judges) == {"build_1", "keyword_detector"}


@pytest.mark.parametrize(("build", "reason"), [("4", "a cold"), ("5", "no licence")])
def test_a_build_that_is_not_well_is_not_taken_and_the_one_in_use_goes_on(
    start: Start, folder: Path, builds: dict[str, Path], build: str, reason: str
) -> None:
    gateway = start(guarded(folder))
    alice = Caller(gateway, ALICE)
    assert judged_by(alice) == "build_1"
    with Clients(gateway) as clients:
        put(builds[build], folder)
        reload(gateway, "Plugin not reloaded")
        # An edit of the configuration is made with the build in use, too.
        before = count(gateway, "configuration changed")
        gateway.write(guarded(folder, {"name": "renamed", "provider": "builds"}))
        until(lambda: count(gateway, "configuration changed") > before, "the edit is in effect")
    assert not clients.wrong, clients.wrong[:3]
    assert set(clients.judges) == {"build_1"}
    [line] = [line for line in gateway.stderr.splitlines() if "Plugin not reloaded" in line]
    assert "test.builds" in line and reason in line and "ERROR" in line
    put(builds["2"], folder)
    reload(gateway)
    assert judged_by(alice) == "build_2"
    put(builds["1"], folder)
    reload(gateway)
    assert judged_by(alice) == "build_1", "back to the build of the start"


def test_a_new_build_is_noticed_by_itself(start: Start, folder: Path, builds: dict[str, Path]) -> None:
    gateway = start(guarded(folder, watch=True))
    alice = Caller(gateway, ALICE)
    assert judged_by(alice) == "build_1"
    put(builds["2"], folder)
    until(lambda: judged_by(alice) == "build_2", "the new build judges")


def test_what_happens_to_the_file_of_a_loaded_plugin_changes_nothing_that_runs(start: Start, folder: Path, builds: dict[str, Path]) -> None:
    gateway = start(guarded(folder))
    alice = Caller(gateway, ALICE)
    file = folder / "libguard.so"
    with open(file, "r+b") as opened:
        opened.truncate(100)
    reload(gateway, "plugin refused")
    assert judged_by(alice) == "build_1"
    file.write_bytes(b"\0" * file.stat().st_size)
    gateway.signal(signal.SIGHUP)
    assert judged_by(alice) == "build_1"
    file.unlink()
    gateway.signal(signal.SIGHUP)
    gateway.write(guarded(folder, {"name": "renamed", "provider": "builds"}))
    until(lambda: "binding=renamed" in gateway.stderr, "the edit is in effect")
    assert judged_by(alice) == "build_1"
    put(builds["3"], folder, "libmoved.so")
    reload(gateway)
    assert judged_by(alice) == "build_3"


def test_the_builds_of_a_file_have_a_bound(start: Start, folder: Path, builds: dict[str, Path]) -> None:
    gateway = start(guarded(folder))
    alice = Caller(gateway, ALICE)
    # A byte behind the end of the library makes it another build.
    other = folder.parent / "other"
    for number in range(31):
        other.write_bytes(builds["1"].read_bytes() + bytes([number]))
        put(other, folder)
        reload(gateway)
    put(builds["2"], folder)
    reload(gateway, "rule=builds")
    assert judged_by(alice) == "build_1"
    [line] = [line for line in gateway.stderr.splitlines() if "rule=builds" in line]
    assert "restart the gateway" in line
