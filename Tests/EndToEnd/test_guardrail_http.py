"""Guardrails that ask a service over HTTP, through the gateway."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.cli import run
from support.documents import ALICE, BLOCKED, Document, document, nonce, server
from support.raw import Caller, side_by_side
from support.recording import Recording
from support.verdicts import VerdictService
from support.waiting import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plugins.folder_with(tmp_path_factory.mktemp("asking") / "plugins", plugins.OWN, ["asking"])


@pytest.fixture
def service() -> Iterator[VerdictService]:
    service = VerdictService(BLOCKED)
    yield service
    service.close()


def asking(folder: Path, url: str, allow: list[str] | None = None, record: Recording | None = None, **binding: Any) -> Document:
    egress = {} if allow is None else {"egress": {"allow": allow}}
    free = {"startup": "degraded", "breaker": {"failures": 0}}
    guardrail = {"name": "ask", "provider": "asking", "config": {"url": url}, **egress, **free, **binding}
    servers = [server("stage", env=record.environment if record else {}, guarded=True)]
    return document(servers, guardrails=[guardrail], plugins={"path": [str(folder)]})


def test_a_guardrail_blocks_by_the_verdict_of_a_service(start: Start, folder: Path, service: VerdictService, recording: Recording) -> None:
    alice = Caller(start(asking(folder, service.url(), [service.address], recording)), ALICE)
    mark = nonce()
    assert alice.text("stage", "echo", message="fine", mark=mark) == "fine"
    assert any("fine" in text and mark in text for text in service.seen), "the service saw the message's texts"
    refused = nonce()
    item = alice.item("stage", "echo", message=f"a {BLOCKED} thing", mark=refused)
    assert item["status"] == "blocked_input"
    violation = item["input_guardrail_response"]["violations"][0]
    assert violation["type"] == "service" and violation["message"] == "The service says no."
    assert [call for call in recording.calls if refused in str(call)] == [], "the server never saw it"


def test_many_callers_at_once_get_their_own_verdicts(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(asking(folder, service.url(), [service.address]))
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="warm") == "warm"

    def ask(number: int) -> str:
        message = BLOCKED if number % 3 == 0 else f"fine {number}"
        return Caller(gateway, ALICE).item("stage", "echo", message=message)["status"]

    statuses = side_by_side(20, ask, range(120))
    assert statuses == ["blocked_input" if number % 3 == 0 else "success" for number in range(120)]


@pytest.mark.parametrize("allow", [None, [], ["127.0.0.1:1"], ["10.0.0.0/8"]])
def test_an_address_that_is_not_allowed_fails_closed_and_the_log_says_how_to_allow_it(
    start: Start, folder: Path, service: VerdictService, recording: Recording, allow: list[str] | None
) -> None:
    gateway = start(asking(folder, service.url(), allow, recording))
    alice = Caller(gateway, ALICE)
    for _ in range(3):
        item = alice.item("stage", "echo", message="fine")
        assert item["status"] == "blocked_input"
        assert item["input_guardrail_response"]["violations"][0]["type"] == "guardrail_failure"
        assert "127.0.0.1" not in json.dumps(item["input_guardrail_response"]), "callers do not learn where the service is"
    assert service.seen == [] and recording.calls == []
    place = f'"{service.address}"'
    lines = until(lambda: [line for line in gateway.stderr.splitlines() if "of this binding" in line], "the log names the address")
    assert len(lines) == 1, "once, not for each call"
    assert "WARN" in lines[0] and f"its address 127.0.0.1 is loopback; to allow it, add {place} to egress.allow" in lines[0].replace(
        "\\", ""
    )
    assert "binding=ask" in lines[0]


def test_an_address_is_allowed_by_an_edit_of_the_running_gateway(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(asking(folder, service.url()))
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"
    gateway.edit(lambda document: document["plugins"]["guardrails"][0].update(egress={"allow": [service.address]}))
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    gateway.edit(lambda document: document["plugins"]["guardrails"][0].pop("egress"))
    assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"


@pytest.mark.parametrize(("path", "timeout"), [("/hang", 1), ("/nowhere", 5)])
def test_a_service_without_a_verdict_fails_closed(start: Start, folder: Path, service: VerdictService, path: str, timeout: int) -> None:
    gateway = start(asking(folder, service.url(path), [service.address], timeout=timeout))
    item = Caller(gateway, ALICE).item("stage", "echo", message="fine")
    assert item["status"] == "blocked_input"
    assert item["input_guardrail_response"]["violations"][0]["type"] == "guardrail_failure"
    assert len(service.seen) == 1


def test_a_service_that_is_down_fails_as_the_policy_says(start: Start, folder: Path) -> None:
    gone = VerdictService(BLOCKED)
    gone.close()
    closed = Caller(start(asking(folder, gone.url(), [gone.address])), ALICE)
    assert closed.item("stage", "echo", message="fine")["status"] == "blocked_input"
    opened = Caller(start(asking(folder, gone.url(), [gone.address], on_failure="allow_and_flag")), ALICE)
    item = opened.item("stage", "echo", message="fine")
    assert item["status"] == "success"
    assert item["enkrypt_policy_detections"]["input_guardrail_response"]["unscreened_by"] == ["ask"]


def test_a_gateway_ends_in_peace_while_a_service_hangs(start: Start, folder: Path, service: VerdictService) -> None:
    definition = asking(folder, service.url("/hang"), [service.address], timeout=30)
    definition["gateway"]["shutdown_timeout"] = 1
    gateway = start(definition)

    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(Caller(gateway, ALICE).item, "stage", "echo", message="fine")
        until(lambda: service.seen, "the service was asked")
        gateway.stop()
        # Answered at the end, or cut off by it; never let through.
        assert waiting.exception(timeout=30) is not None or waiting.result()["status"] == "blocked_input"


def test_a_mistake_in_egress_is_told_with_its_place(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(asking(folder, "http://127.0.0.1:1/", ["127.0.0.1:65536"])), encoding="utf-8")
    path.chmod(0o600)
    ended = run("config", "validate", "--config", path)
    assert ended.status == 1
    assert "/plugins/guardrails/0/egress/allow/0: the port is not a number from 1 to 65535" in ended.stderr
