"""Servers on standard input and output of both eras: which one a server speaks is found out when it is started."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BOB, document, nonce, server
from support.official import SDK
from support.raw import MODERN, Caller
from support.recording import Recording
from support.upstreams import ManySided
from support.waiting import until

_VERSION = "io.modelcontextprotocol/protocolVersion"


def _server(recording: Recording, manner: str, **entry: Any) -> dict[str, Any]:
    return server("opening", "opening.py", args=[manner], env=recording.environment, **entry)


def _caller(start: Start, recording: Recording, manner: str, **entry: Any) -> Caller:
    return Caller(start(document([_server(recording, manner, **entry)])), ALICE)


def _methods(recording: Recording) -> list[str]:
    return [message["method"] for message in recording.messages if "method" in message]


def _works(caller: Caller) -> None:
    mark = nonce()
    assert caller.text("opening", "echo", message=mark) == mark


# Which era


@pytest.mark.parametrize(
    "manner", ["-32601", "-32602", "-32600", "-32000", "-32002", "0", "1", "agrees", "answers_null", "garbage", "older"]
)
def test_any_answer_that_is_not_of_2026_leads_to_initialize(start: Start, recording: Recording, manner: str) -> None:
    caller = _caller(start, recording, manner)
    _works(caller)
    assert _methods(recording)[:3] == ["server/discover", "initialize", "notifications/initialized"]
    assert len(recording.processes) == 1
    # What was found out counts for the next conversation.
    assert Caller(caller.gateway, BOB).text("opening", "echo", message="b") == "b"
    assert _methods(recording).count("server/discover") == 1 and len(recording.processes) == 2


@pytest.mark.parametrize("manner", ["silent", "late_refusal", "late_result"])
def test_silence_leads_to_initialize_and_a_late_answer_does_no_harm(start: Start, recording: Recording, manner: str) -> None:
    caller = _caller(start, recording, manner)
    _works(caller)
    assert _methods(recording)[:3] == ["server/discover", "initialize", "notifications/initialized"]
    time.sleep(1.5)
    _works(caller)
    assert len(recording.processes) == 1
    # The wait is not repeated.
    began = time.monotonic()
    assert Caller(caller.gateway, BOB).text("opening", "echo", message="b") == "b"
    assert _methods(recording).count("server/discover") == 1
    if manner == "silent":
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("manner", ["dies", "closes"])
def test_a_server_that_the_question_kills_is_started_again_and_not_asked(start: Start, recording: Recording, manner: str) -> None:
    caller = _caller(start, recording, manner)
    _works(caller)
    assert _methods(recording)[:3] == ["server/discover", "initialize", "notifications/initialized"]
    assert len(recording.processes) == 2
    assert Caller(caller.gateway, BOB).text("opening", "echo", message="b") == "b"
    assert _methods(recording).count("server/discover") == 1 and len(recording.processes) == 3


def test_a_server_that_the_question_kills_with_the_next_message_is_started_again_and_not_asked(start: Start, recording: Recording) -> None:
    caller = _caller(start, recording, "dies_later")
    _works(caller)
    assert _methods(recording)[:3] == ["server/discover", "initialize", "notifications/initialized"]
    assert len(recording.processes) == 2
    assert Caller(caller.gateway, BOB).text("opening", "echo", message="b") == "b"
    assert _methods(recording).count("server/discover") == 1 and len(recording.processes) == 3


def test_a_server_that_dies_anyway_is_started_once(start: Start, recording: Recording, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    entry = server("opening")
    entry["config"] = {"command": "/bin/sh", "args": ["-c", f"echo . >>{starts}; exit 9"]}
    caller = Caller(start(document([entry])), ALICE)
    item = caller.item("opening", "echo")
    assert item["status"] == "error" and starts.read_text() == ".\n"


@pytest.mark.parametrize("manner", ["modern", "modern_slow", "modern_late"])
def test_a_server_of_2026_alone_is_spoken_to_in_its_way(start: Start, recording: Recording, manner: str) -> None:
    """One that starts slowly is waited for. One that hesitates is tried with initialize, refuses that, and its late answer counts."""
    caller = _caller(start, recording, manner)
    _works(caller)
    sent = recording.messages
    assert sent[0]["method"] == "server/discover" and (manner == "modern_late") == bool(recording.of("initialize"))
    for message in sent:
        if message["method"] != "initialize":
            meta = message["params"]["_meta"]
            assert meta[_VERSION] == MODERN and "Gateway" in meta["io.modelcontextprotocol/clientInfo"]["name"]
            assert "io.modelcontextprotocol/clientCapabilities" in meta
    assert not recording.of("notifications/initialized")


def test_a_server_of_revisions_to_come_is_an_error(start: Start, recording: Recording) -> None:
    item = _caller(start, recording, "future").item("opening", "echo")
    assert item["status"] == "error" and _methods(recording) == ["server/discover"]


@pytest.mark.parametrize(
    ("manner", "pin", "expected"),
    [
        ("dies", "legacy", ["initialize", "notifications/initialized", "tools/list", "tools/call"]),
        ("modern", "2026-07-28", ["server/discover", "tools/list", "tools/call"]),
        ("refuses", "auto", ["server/discover", "initialize", "notifications/initialized", "tools/list", "tools/call"]),
    ],
)
def test_a_pin_spares_the_question(start: Start, recording: Recording, manner: str, pin: str, expected: list[str]) -> None:
    _works(_caller(start, recording, manner, protocol=pin))
    assert _methods(recording) == expected


@pytest.mark.parametrize(("manner", "pin"), [("refuses", "2026-07-28"), ("modern", "legacy")])
def test_a_pin_that_does_not_fit_is_an_error(start: Start, recording: Recording, manner: str, pin: str) -> None:
    item = _caller(start, recording, manner, protocol=pin).item("opening", "echo")
    assert item["status"] == "error"
    assert _methods(recording) == ["server/discover" if pin == MODERN else "initialize"]


# A conversation of 2026-07-28


def test_a_server_of_2026_asks_nothing(start: Start, recording: Recording) -> None:
    caller = _caller(start, recording, "modern_asks")
    for method in ("ping", "sampling/createMessage", "roots/list"):
        assert json.loads(caller.text("opening", "ask", method=method))["error"]["code"] == -32601


def test_results_say_of_which_type_they_are(start: Start, recording: Recording) -> None:
    caller = _caller(start, recording, "modern")
    assert caller.text("opening", "typed", **{"as": "complete"}) == "typed"
    assert caller.item("opening", "typed", **{"as": "task"})["status"] == "error"


def test_a_call_of_2026_over_stdio_that_is_given_up_is_cancelled(start: Start, recording: Recording) -> None:
    caller = _caller(start, recording, "modern", timeout=0.5)
    assert caller.item("opening", "never")["status"] == "error"
    until(lambda: recording.of("notifications/cancelled"), "the server is told")
    assert recording.of("notifications/cancelled")[0]["params"]["requestId"] == recording.calls[0]["id"]
    _works(caller)


def test_the_level_of_a_request_goes_with_it(start: Start, recording: Recording) -> None:
    caller = _caller(start, recording, "modern")
    params = {"name": "opening__log", "arguments": {}, "_meta": {"io.modelcontextprotocol/logLevel": "debug"}}
    with caller.streaming(caller.message("tools/call", params)) as response:
        text = response.read().decode()
    assert '"data": "debug"' in text and "logged" in text
    assert "notifications/message" not in caller.rpc("tools/call", {"name": "opening__log"}).body.decode()


@pytest.mark.skipif(SDK < 2, reason="version 1 of the SDK has no server of 2026-07-28")
@pytest.mark.parametrize("era", ["both", "modern", "legacy"])
@pytest.mark.parametrize("revision", [MODERN, "2025-11-25"])
def test_the_sdks_server_in_each_era_before_clients_of_each(start: Start, tmp_path: Path, era: str, revision: str) -> None:
    with ManySided("stdio", tmp_path / "received", era=era) as many:
        caller = Caller(start(document([many.entry("many")])), ALICE, revision)
        if revision != MODERN:
            caller.initialize()
        names = {tool["name"] for tool in caller.rpc("tools/list").result["tools"]}
        assert {"many__echo", "many__schematic"} <= names
        assert caller.rpc("tools/call", {"name": "many__echo", "arguments": {"message": "x"}}).result["content"][0]["text"] == "x"
        assert caller.rpc("resources/read", {"uri": "enkrypt:many:many://text"}).result["contents"][0]["text"]
        assert caller.rpc("prompts/get", {"name": "many__greet", "arguments": {"name": "Ada"}}).result["messages"]
        initialized = bool(many.recording.of("initialize"))
        assert initialized == (era == "legacy"), "the newest revision that both speak is spoken"
