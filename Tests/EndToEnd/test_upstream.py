"""Servers behind the gateway: shared, slow, crashing, hostile; and what remains of their processes."""

import base64
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import Start
from support import processes
from support.documents import ALICE, BOB, document, nonce, server
from support.gateway import Gateway
from support.raw import LEGACY, MODERN, Caller, side_by_side
from support.recording import Recording
from support.waiting import until


def who(caller: Caller, name: str = "stage") -> int:
    """The process that answers."""
    return json.loads(caller.text(name, "identity"))["pid"]


def line(text: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(text).decode()}


# Sharing


def test_t8_two_hundred_calls_at_once_share_one_child(alice: Caller, stage: Gateway, recording: Recording) -> None:
    texts = [f"{number}-{nonce()}" for number in range(200)]
    answers = side_by_side(50, lambda text: alice.text("stage", "echo", message=text), texts)
    assert answers == texts
    assert len(recording.processes) == 1
    assert len(recording.of("initialize")) == 1
    ids = [json.dumps(call["id"]) for call in recording.calls]
    assert len(set(ids)) == 200, "every call has an id of its own upstream"
    assert len(stage.server_processes) == 1


@pytest.mark.parametrize("revision", [MODERN, LEGACY[-1]])
def test_t8_two_hundred_federated_calls_at_once_share_one_child(stage: Gateway, recording: Recording, revision: str) -> None:
    alice = Caller(stage, ALICE, revision)
    if revision != MODERN:
        alice.initialize()
    texts = [f"{number}-{nonce()}" for number in range(200)]

    def echo(text: str) -> str:
        return alice.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": text}}).result["content"][0]["text"]

    assert side_by_side(200, echo, texts) == texts
    assert len(recording.processes) == 1 and len(recording.of("initialize")) == 1
    assert len({json.dumps(call["id"]) for call in recording.calls}) == 200 and len(stage.server_processes) == 1


def test_t21_who_shares_a_child_with_whom(start: Start) -> None:
    gateway = start(document([server("own"), server("common", sharing="gateway"), server("session", sharing="session")]))
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB)
    first, second = (Caller(gateway, ALICE, LEGACY[-1]).initialize() for _ in range(2))
    assert len({who(alice, "own"), who(first, "own"), who(second, "own")}) == 1
    assert who(alice, "own") != who(bob, "own")
    assert len({who(caller, "common") for caller in (alice, bob, first)}) == 1
    assert who(first, "session") != who(second, "session")
    pid = who(first, "session")
    assert who(first, "session") == pid
    assert first.request("DELETE").status == 204
    until(lambda: not processes.is_alive(pid), "the child of a session ends with it")
    assert processes.is_alive(who(second, "session"))


def test_a_slow_call_holds_up_no_other(alice: Caller) -> None:
    alice.text("stage", "echo", message="warm")
    with ThreadPoolExecutor(max_workers=1) as pool:
        slow = pool.submit(alice.text, "stage", "sleep", seconds=3, message="slow")
        began = time.monotonic()
        assert all(alice.text("stage", "echo", message=str(number)) == str(number) for number in range(20))
        assert not slow.done() or time.monotonic() - began > 3
        assert slow.result() == "slow"


def test_a_child_gets_a_small_environment_and_its_own(start: Start, tmp_path: Any) -> None:
    gateway = start(
        document([server("stage", env={"MINE": "yes", "PICKED": "${env:CHOSEN}"})]),
        environment={"SECRET_OF_THE_GATEWAY": "x", "CHOSEN": "by reference"},
    )
    environment = json.loads(Caller(gateway, ALICE).text("stage", "identity"))["environment"]
    assert environment["MINE"] == "yes" and environment["PICKED"] == "by reference"
    allowed = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "MINE", "PICKED", "END_TO_END_GATEWAY", "LC_CTYPE"}
    assert set(environment) <= allowed, set(environment) - allowed


def test_an_idle_child_is_stopped_and_comes_back(start: Start) -> None:
    gateway = start(document([server("stage", idle_timeout=1)]))
    alice = Caller(gateway, ALICE)
    pid = who(alice)
    until(lambda: not gateway.server_processes, "the idle child is stopped")
    assert who(alice) != pid


# Crashing


def test_a_child_killed_in_the_middle_of_a_call_is_an_error_and_then_a_new_child(alice: Caller) -> None:
    pid = who(alice)
    with ThreadPoolExecutor(max_workers=3) as pool:
        waiting = [pool.submit(alice.item, "stage", "never") for _ in range(3)]
        time.sleep(0.5)  # the calls have to be on their way; that they are cannot be seen from outside
        os.kill(pid, signal.SIGKILL)
        for future in waiting:
            item = future.result()
            assert (item["status"], item["error_code"]) == ("error", "TOOL_006"), item
            assert "stage" in item["message"] and item["response"] == "" if "response" in item else True
    assert alice.text("stage", "echo", message="again") == "again"
    assert who(alice) != pid


def test_a_crash_costs_the_call_that_caused_it(alice: Caller) -> None:
    for _ in range(2):
        item = alice.item("stage", "crash")
        assert (item["status"], item["error_code"]) == ("error", "TOOL_006")
    assert until(lambda: alice.item("stage", "echo", message="again").get("response"), "the server is back", pause=0.3) == "again"


def test_t1_one_server_in_trouble_disturbs_no_other(start: Start) -> None:
    gateway = start(document([server("first"), server("second"), server("third")]))
    alice = Caller(gateway, ALICE)
    pids = {name: who(alice, name) for name in ("first", "second", "third")}
    alice.item("first", "crash")
    assert who(alice, "second") == pids["second"] and who(alice, "third") == pids["third"]
    assert until(lambda: alice.item("first", "echo", message="x").get("response"), "it comes back", pause=0.3) == "x"


def test_t16_one_dead_server_hides_only_its_own_tools(start: Start) -> None:
    broken = server("broken")
    broken["config"] = {"command": "/nonexistent/program", "args": []}
    gateway = start(
        document([server("good"), broken, server("quitter", "babbler.py", args=["--help"])], timeouts={"discovery_timeout": 10})
    )
    alice = Caller(gateway, ALICE)
    found = alice.call("enkrypt_list_all_servers")
    assert found["status"] == "error"
    assert found["discovery_success_servers"] == ["good"]
    assert sorted(found["discovery_failed_servers"]) == ["broken", "quitter"]
    assert len(found["available_servers"]["good"]["tools"]) > 5
    assert found["available_servers"]["broken"]["error"]["code"] == "DISC_002"
    assert alice.item("broken", "echo")["error_code"] in ("DISC_002", "TOOL_006")
    assert alice.text("good", "echo", message="x") == "x"


# Time


def test_t14_a_call_that_takes_too_long_is_an_error_and_cancelled(start: Start, recording: Recording) -> None:
    gateway = start(document([server("stage", env=recording.environment)], timeouts={"tool_execution_timeout": 1}))
    alice = Caller(gateway, ALICE)
    began = time.monotonic()
    item = alice.item("stage", "never", mark="stalled")
    assert (item["status"], item["error_code"]) == ("error", "TOOL_004")
    assert 0.9 < time.monotonic() - began < 15
    [call] = recording.calls
    [note] = until(lambda: recording.of("notifications/cancelled"), "the server is told")
    assert note["params"]["requestId"] == call["id"] and type(note["params"]["requestId"]) is type(call["id"])
    assert alice.text("stage", "echo", message="next") == "next", "the child serves on"
    assert len(recording.processes) == 1
    metrics = alice.tool("enkrypt_get_timeout_metrics")["timeout_metrics"]
    assert metrics["timeout_operations"] == 1 and metrics["active_operations"] == 0


def test_a_late_answer_is_nobodys(start: Start, recording: Recording) -> None:
    gateway = start(document([server("stage", env=recording.environment, timeout=1)]))
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "sleep", seconds=2, message="too late")["error_code"] == "TOOL_004"
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert alice.text("stage", "echo", message="mine") == "mine"
    assert len(recording.processes) == 1


def test_t12_a_server_that_never_says_a_word_is_given_up_in_time(start: Start, recording: Recording) -> None:
    gateway = start(
        document([server("silent", "silent.py", env=recording.environment), server("stage")], timeouts={"discovery_timeout": 1})
    )
    alice = Caller(gateway, ALICE)
    document_ = alice.call("enkrypt_discover_all_tools", {"server_name": "silent"})
    assert document_["error"]["code"] == "DISC_005"
    assert alice.item("silent", "anything")["error_code"] == "DISC_005"
    assert alice.text("stage", "echo", message="x") == "x"


# Answers that are strange, but answers


def test_everything_a_server_answers_comes_through_unchanged(alice: Caller) -> None:
    item = alice.item("stage", "image")
    assert item["content"][3] == {"type": "hologram", "depth": 3}
    assert item["structuredContent"] == {"n": 1} and item["_meta"] == {"vendor/key": True}
    assert item["is_error"] is False


@pytest.mark.parametrize("number", ["123456789012345678901234567890", "1.0", "1E+400", "-0", "0.1000", "1e-7", "9007199254740993"])
def test_numbers_of_an_answer_are_not_rewritten(alice: Caller, number: str) -> None:
    text = '{"jsonrpc":"2.0","id":ID,"result":{"content":[],"structuredContent":{"n":%s}}}' % number
    answer = alice.rpc(
        "tools/call",
        {
            "name": "enkrypt_secure_call_tools",
            "arguments": {"server_name": "stage", "tool_calls": [{"name": "line", "args": line(text.encode())}]},
        },
    )
    structured = answer.body.split(b'"structuredContent":', 1)[1]
    assert b'{"n":%s}' % number.encode() in structured.replace(b'": ', b'":').replace(b" ", b"").replace(b"\n", b"")


def test_an_error_of_the_tool_is_an_error(alice: Caller) -> None:
    item = alice.item("stage", "trouble")
    assert item["status"] == "error" and item["is_error"] is True
    assert item["response"] == "it went wrong" and item["content"] == [{"type": "text", "text": "it went wrong"}]


def test_an_error_of_the_protocol_keeps_code_and_data(alice: Caller) -> None:
    error = {"code": -32042, "message": "no, sorry", "data": {"deep": [1, {"x": None}], "big": 10**30}}
    item = alice.item("stage", "refuse", base64=base64.b64encode(json.dumps(error).encode()).decode())
    assert (item["status"], item["error_code"]) == ("error", "TOOL_001")
    assert item["upstream_error"] == error


def test_a_server_that_asks_for_what_the_client_cannot_do_is_told_so(alice: Caller) -> None:
    reply = json.loads(alice.text("stage", "sample"))
    assert reply["id"] == "s-1" and reply["error"]["code"] in (-32601, -32600)


def test_chatter_between_messages_does_no_harm(alice: Caller) -> None:
    assert alice.text("stage", "garbage", lines=5) == "after garbage"


STRANGE_LINES = {
    "an answer to nobody": b'{"jsonrpc":"2.0","id":987654,"result":{}}',
    "an answer to an id of another kind": b'{"jsonrpc":"2.0","id":"ID","result":{}}',
    "an answer with null": b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}}',
    "a batch": b'[{"jsonrpc":"2.0","method":"x"}]',
    "an unknown notification": b'{"jsonrpc":"2.0","method":"notifications/whatever","params":{}}',
    "an unknown request": b'{"jsonrpc":"2.0","id":1,"method":"roots/list"}',
    "progress that nobody asked for": b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"x","progress":1}}',
    "an empty line": b"",
    "not UTF-8": b'{"jsonrpc":"2.0","method":"\xff"}',
    "a member twice": b'{"jsonrpc":"2.0","method":"a","method":"b"}',
    "deep": b"[" * 50_000,
}


@pytest.mark.parametrize("text", STRANGE_LINES.values(), ids=STRANGE_LINES.keys())
def test_a_strange_line_does_no_harm(stage: Gateway, text: bytes) -> None:
    alice = Caller(stage, ALICE)
    assert alice.text("stage", "line", **line(text), then=True) == "after the line"
    assert alice.text("stage", "echo", message="next") == "next"


BAD_ANSWERS = {
    "a result that is no object": b'{"jsonrpc":"2.0","id":ID,"result":5}',
    "neither result nor error": b'{"jsonrpc":"2.0","id":ID}',
    "an error without code": b'{"jsonrpc":"2.0","id":ID,"error":{}}',
    "a member twice": b'{"jsonrpc":"2.0","id":ID,"result":{"content":[],"content":[]}}',
    "truncated": b'{"jsonrpc":"2.0","id":ID,"result":{"content":[',
    "deep": b'{"jsonrpc":"2.0","id":ID,"result":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
}


@pytest.mark.parametrize("text", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_a_broken_answer_is_an_error_in_time(start: Start, text: bytes) -> None:
    alice = Caller(start(document([server("stage")], timeouts={"tool_execution_timeout": 3})), ALICE)
    item = alice.item("stage", "line", **line(text))
    assert item["status"] == "error" and item["error_code"] in ("TOOL_001", "TOOL_004"), item
    assert until(lambda: alice.item("stage", "echo", message="next").get("response"), "the server serves on", pause=0.3) == "next"


def test_content_that_is_no_list_is_no_trouble(alice: Caller) -> None:
    item = alice.item("stage", "line", **line(b'{"jsonrpc":"2.0","id":ID,"result":{"content":"text"}}'))
    assert item["response"] == "" and item["status"] in ("success", "error")


def test_what_speaks_something_else_is_found_out(start: Start) -> None:
    gateway = start(document([server("babbler", "babbler.py"), server("stage")], timeouts={"discovery_timeout": 10}))
    alice = Caller(gateway, ALICE)
    before = gateway.resident_mib
    document_ = alice.call("enkrypt_discover_all_tools", {"server_name": "babbler"})
    assert document_["error"]["code"].startswith("DISC_")
    assert alice.text("stage", "echo", message="x") == "x"
    until(lambda: len(gateway.server_processes) == 1, "it is ended")
    assert gateway.resident_mib - before < 64


def test_a_message_beyond_the_limit_ends_the_child_and_not_the_gateway(start: Start) -> None:
    gateway = start(document([server("stage"), server("other")]))
    alice = Caller(gateway, ALICE)
    alice.text("other", "echo", message="x")
    item = alice.item("stage", "flood", bytes=80 << 20)
    assert (item["status"], item["error_code"]) in (("error", "TOOL_001"), ("error", "TOOL_006")), item["message"]
    assert alice.text("other", "echo", message="x") == "x"
    assert until(lambda: alice.item("stage", "echo", message="next").get("response"), "a new child serves on", pause=0.3) == "next"


def test_ten_megabytes_reach_clients_of_both_eras(stage: Gateway) -> None:
    for alice in (Caller(stage, ALICE), Caller(stage, ALICE, LEGACY[-1]).initialize()):
        result = alice.rpc("tools/call", {"name": "stage__flood", "arguments": {"bytes": 10 << 20}}).result
        assert result["content"][0]["text"] == "x" * (10 << 20)


def test_what_a_server_complains_of_is_logged_within_bounds(stage: Gateway, alice: Caller) -> None:
    assert alice.text("stage", "complain", lines=20_000) == "complained"
    until(lambda: "complaint 0" in stage.stderr, "the complaint is in the log")
    assert stage.stderr.count("complaint ") < 1_000


# The end of processes


def test_t9_a_killed_gateway_leaves_no_child_and_no_grandchild(start: Start) -> None:
    gateway = start(document([server("stage"), server("stubborn", "stubborn.py")]))
    alice = Caller(gateway, ALICE)
    who(alice)
    family = [int(pid) for pid in alice.text("stubborn", "pids").split()]
    everyone = processes.descendants(gateway.pid)
    assert set(family) <= set(everyone) and len(gateway.server_processes) == 3
    gateway.kill()
    until(lambda: not any(processes.is_alive(pid) for pid in everyone), "children, grandchildren and supervisors are gone")
    assert not gateway.server_processes


def test_t10_a_child_that_ignores_sigterm_is_killed_and_reaped(start: Start) -> None:
    gateway = start(document([server("stubborn", "stubborn.py"), server("stage")]))
    alice = Caller(gateway, ALICE)
    family = [int(pid) for pid in alice.text("stubborn", "pids").split()]
    gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"].pop(0))
    assert alice.text("stage", "echo", message="x") == "x"
    until(lambda: not any(processes.is_alive(pid) for pid in family), "it is gone, and its child")
    until(lambda: not processes.zombies(gateway.pid), "and reaped")


def test_a_gateway_that_is_told_to_stop_lets_calls_finish(start: Start) -> None:
    gateway = start(document([server("stage"), server("stubborn", "stubborn.py")]))
    alice = Caller(gateway, ALICE)
    alice.text("stubborn", "pids")
    who(alice)
    with ThreadPoolExecutor(max_workers=1) as pool:
        slow = pool.submit(alice.text, "stage", "sleep", seconds=2, message="finished")
        time.sleep(0.5)  # the call has to be on its way
        gateway.signal(signal.SIGTERM)
        assert slow.result() == "finished"
    assert gateway.wait() == 0
    until(lambda: not gateway.server_processes, "nobody is left")


def test_zombies_do_not_gather(start: Start) -> None:
    gateway = start(document([server("stage", sharing="session")]))
    for _ in range(10):
        session = Caller(gateway, ALICE, LEGACY[-1]).initialize()
        who(session)
        session.request("DELETE")
    until(lambda: not gateway.server_processes, "every child of a session ends")
    until(lambda: not processes.zombies(gateway.pid) and not processes.descendants(gateway.pid), "nothing is left of them")


def test_a_session_that_is_not_ended_keeps_no_child_for_ever(start: Start) -> None:
    gateway = start(document([server("stage", sharing="session")], gateway={"session_idle_timeout": 1}))
    who(Caller(gateway, ALICE, LEGACY[-1]).initialize())
    until(lambda: not gateway.server_processes, "the child ends with the session")


def test_concurrent_first_calls_start_one_child(start: Start, recording: Recording) -> None:
    gateway = start(document([server("stage", env=recording.environment)]))
    answers = side_by_side(30, lambda number: Caller(gateway, ALICE, MODERN).text("stage", "echo", message=str(number)))
    assert answers == [str(number) for number in range(30)]
    assert len(recording.processes) == 1 and len(recording.of("initialize")) == 1 and len(recording.of("tools/list")) == 1
