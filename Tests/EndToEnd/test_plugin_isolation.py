"""Plugins in processes of their own: they work there, and what ends or harms such a process does not end or harm the gateway."""

import base64
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.documents import ALICE, BLOCKED, Document, document, keyword_guardrail, nonce, server
from support.gateway import Gateway
from support.places import GATEWAY
from support.processes import descendants, program, zombies
from support.raw import Caller
from support.waiting import until

#: How a call that a plugin cannot judge ends, by failure policy.
POLICIES = ["block", "allow", "allow_and_flag"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gateway's own plugins and the doomed one."""
    return plugins.folder_with(tmp_path_factory.mktemp("doomed") / "plugins", plugins.OWN, ["doomed"])


def doomed(**binding: Any) -> Document:
    return {"name": "doomed", "provider": "doomed", "mode": "isolated", "breaker": {"failures": 0}, **binding}


def guarded(folder: Path, guardrail: Document, **options: Any) -> Document:
    return document([server("stage", guarded=True)], guardrails=[guardrail], plugins={"path": [str(folder)]}, **options)


def own_processes(gateway: Gateway) -> list[int]:
    """Those below the gateway that run its own binary and are no supervisor of a server: the plugins'."""
    found = []
    for pid in descendants(gateway.pid):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if program(pid) == program(gateway.pid) and b"__plugin-run" in words:
            found.append(pid)
    return found


def echo(caller: Caller, text: str) -> Document:
    item: Document = caller.item("stage", "echo", message=f"{text} {nonce()}")
    return item


def judges_again(caller: Caller) -> None:
    def is_judged() -> bool:
        item = echo(caller, "evil")
        found = item.get("input_guardrail_response", {}).get("violations", [])
        return item["status"] == "blocked_input" and [violation["type"] for violation in found] == ["doom"]

    until(is_judged, "the plugin judges again")


def check_failure(item: Document, on_failure: str) -> None:
    if on_failure == "block":
        assert item["status"] == "blocked_input"
        assert [found["type"] for found in item["input_guardrail_response"]["violations"]] == ["guardrail_failure"]
        return
    assert item["status"] == "success"
    flags = item["enkrypt_policy_detections"]["input_guardrail_response"].get("unscreened_by", [])
    assert flags == (["doomed"] if on_failure == "allow_and_flag" else [])


@pytest.mark.parametrize("on_failure", POLICIES)
def test_a_crash_is_a_failure_of_the_guardrail_and_not_the_gateways_end(start: Start, folder: Path, on_failure: str) -> None:
    gateway = start(guarded(folder, doomed(on_failure=on_failure)))
    alice = Caller(gateway, ALICE)
    judges_again(alice)
    first = own_processes(gateway)
    assert len(first) == 1
    check_failure(echo(alice, "crash now"), on_failure)
    judges_again(alice)
    assert own_processes(gateway) != first and len(own_processes(gateway)) == 1
    until(lambda: "the plugin's process has ended: signal 11" in gateway.stderr, "the log says why")
    gateway.assert_running()
    assert zombies(gateway.pid) == []


@pytest.mark.parametrize("on_failure", POLICIES)
def test_t15_a_plugin_that_crashes_over_an_answer_or_a_definition(start: Start, folder: Path, on_failure: str) -> None:
    """In the other two directions of the failure matrix."""
    definition = guarded(folder, doomed(on_failure=on_failure))
    tools = {"echo": "Gives its message back.", "answer": "Answers.", "mirror": "Mirrors. crash now"}
    definition["mcp_configs"]["config-1"]["mcp_config"][0]["tools"] = tools
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    judges_again(alice)
    mark = nonce()
    result = {"content": [{"type": "text", "text": f"crash now {mark}"}]}
    item = alice.item("stage", "answer", base64=base64.b64encode(json.dumps(result).encode()).decode())
    assert item["status"] == ("blocked_output" if on_failure == "block" else "success")
    assert (mark in json.dumps(item)) == (on_failure != "block")
    judges_again(alice)
    alice.tool("enkrypt_clear_cache")
    found = alice.tool("enkrypt_discover_all_tools", server_name="stage")
    assert [tool["name"] for tool in found["blocked_tools"]] == (["mirror"] if on_failure == "block" else [])
    judges_again(alice)
    gateway.assert_running()


@pytest.mark.parametrize("on_failure", POLICIES)
def test_a_plugin_that_never_returns_is_ended(start: Start, folder: Path, on_failure: str) -> None:
    gateway = start(guarded(folder, doomed(on_failure=on_failure, timeout=1)))
    alice = Caller(gateway, ALICE)
    check_failure(echo(alice, "spin now"), on_failure)
    until(lambda: "a call is over and the plugin has not left it" in gateway.stderr, "its process is ended")
    judges_again(alice)


def test_what_a_plugin_prints_and_starts_reaches_nobody(start: Start, folder: Path) -> None:
    gateway = start(guarded(folder, doomed()))
    alice = Caller(gateway, ALICE)
    assert echo(alice, "print now")["status"] == "success"
    assert echo(alice, "fork now")["status"] == "success"
    assert len(own_processes(gateway)) == 1
    assert "not JSON" not in gateway.stdout + gateway.stderr


def test_a_killed_process_is_replaced_and_the_last_one_ends_with_the_gateway(start: Start, folder: Path) -> None:
    gateway = start(guarded(folder, doomed()))
    alice = Caller(gateway, ALICE)
    [pid] = own_processes(gateway)
    os.kill(pid, signal.SIGKILL)
    until(lambda: own_processes(gateway) not in ([], [pid]), "another process")
    judges_again(alice)
    [pid] = own_processes(gateway)
    gateway.kill()
    until(lambda: not Path(f"/proc/{pid}").exists(), "its end")


def test_the_gateways_own_plugins_work_isolated(start: Start, folder: Path) -> None:
    definition = guarded(folder, {**keyword_guardrail(), "mode": "isolated"})
    definition["plugins"]["auth"] = {"provider": "local_apikey", "mode": "isolated"}
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    assert len(own_processes(gateway)) == 2
    assert echo(alice, BLOCKED)["status"] == "blocked_input"
    assert echo(alice, "fine")["status"] == "success"
    assert echo(alice, "long " * 50_000)["status"] == "success"
    with pytest.raises(Exception, match="401|AUTH|key"):
        Caller(gateway, "no such key").item("stage", "echo", message="x")


def test_a_change_of_mode_takes_effect_without_a_restart(start: Start, folder: Path) -> None:
    gateway = start(guarded(folder, {**keyword_guardrail(), "mode": "in_process"}))
    alice = Caller(gateway, ALICE)
    assert echo(alice, BLOCKED)["status"] == "blocked_input" and own_processes(gateway) == []
    gateway.edit(lambda definition: definition["plugins"]["guardrails"][0].update(mode="isolated"))
    until(lambda: len(own_processes(gateway)) == 1, "a process of its own")
    assert echo(alice, BLOCKED)["status"] == "blocked_input"
    gateway.edit(lambda definition: definition["plugins"]["guardrails"][0].update(mode="in_process"))
    until(lambda: own_processes(gateway) == [], "its end")
    assert echo(alice, BLOCKED)["status"] == "blocked_input"


def test_a_plugin_may_need_more_of_the_swift_runtime_than_the_gateway(start: Start, tmp_path: Path) -> None:
    linked = subprocess.run(["ldd", GATEWAY], check=True, capture_output=True, text=True).stdout
    [core] = [Path(line.split()[2]) for line in linked.splitlines() if line.split()[0] == "libswiftCore.so"]
    another = core.parent / "libswiftObservation.so"
    if not another.exists():
        pytest.skip("the runtime beside this gateway is no more than it needs")
    assert another.name not in linked
    folder = plugins.folder_with(tmp_path / "plugins", plugins.OWN, [])
    flags = ("-Wl,--no-as-needed", f"-L{core.parent}", f"-l:{another.name}", f"-Wl,-rpath,{core.parent}")
    plugins.build("doomed", folder, flags=flags)
    gateway = start(guarded(folder, doomed()))
    judges_again(Caller(gateway, ALICE))
    assert len(own_processes(gateway)) == 1
