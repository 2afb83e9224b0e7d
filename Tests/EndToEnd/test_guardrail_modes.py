"""Guardrails that judge beside a call, and beside each other."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, NO_POLICY, Document, document, entry, nonce, server
from support.enkrypt import POLICY, EnkryptService
from support.gateway import Gateway
from support.raw import CALL_TOOLS, MODERN, Caller
from support.services import Request
from support.upstreams import ManySided
from support.waiting import until

KEY_VARIABLE = {"ENKRYPT_TEST_KEY": EnkryptService.key}
BOTH = {"enkrypt_async_input_guardrails_enabled": True, "enkrypt_async_output_guardrails_enabled": True}
#: A message with this word waits for its verdict until the test lets it go.
HELD = "HELD-BACK"


class HoldingService(EnkryptService):
    """Keeps questions about marked texts until it is told to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()
        self.held: list[str] = []

    def answer(self, request: Request) -> tuple[int, Any]:
        marked = [text for text in self.texts(request) if HELD in text]
        if marked:
            self.held += marked
            assert self.release.wait(timeout=30), "the test let nothing go"
        return super().answer(request)

    def holds(self, mark: str) -> bool:
        return any(mark in text for text in self.held)

    def close(self) -> None:
        self.release.set()
        super().close()


@pytest.fixture
def service() -> Iterator[HoldingService]:
    service = HoldingService()
    yield service
    service.close()
    assert service.complaints == []


@pytest.fixture
def many(tmp_path: Path) -> Iterator[ManySided]:
    with ManySided("stdio", tmp_path / "record", era="legacy") as upstream:
        yield upstream


def cloud(service: EnkryptService, **binding: Any) -> Document:
    return {
        "name": "cloud",
        "provider": "enkrypt",
        "config": {"api_key": "${env:ENKRYPT_TEST_KEY}", "base_url": service.url},
        "egress": {"allow": [service.address]},
        "judges_only": True,
        "timeout": 30,
        **binding,
    }


RULES = {"enabled": True, "policy_name": POLICY, "block": ["injection_attack"]}
UNSCREENED = {"enable_server_info_validation": False, "enable_tool_guardrails": False}


def guarded(many: ManySided, service: EnkryptService, *, safe: list[str], **binding: Any) -> Document:
    upstream = many.entry("many", input_guardrails_policy=RULES, output_guardrails_policy=NO_POLICY, async_safe_tools=safe, **UNSCREENED)
    return document([upstream], guardrails=[cloud(service, **binding)], common=BOTH)


def events(many: ManySided, name: str, mark: str) -> list[Document]:
    return [event for event in many.recording.events(name) if event["mark"] == mark]


def reached(many: ManySided, mark: str) -> list[Document]:
    return [call for call in many.recording.calls if mark in json.dumps(call)]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


Begin = Callable[..., "Future[Document]"]


def begin(pool: ThreadPoolExecutor, gateway: Gateway, tool: str, **arguments: Any) -> "Future[Document]":
    return pool.submit(lambda: Caller(gateway, ALICE).item("many", tool, **arguments))


def test_a_listed_tool_runs_while_its_input_is_judged_and_is_cancelled_by_a_block(
    start: Start, service: HoldingService, many: ManySided, pool: ThreadPoolExecutor
) -> None:
    gateway, mark = start(guarded(many, service, safe=["wait"]), environment=KEY_VARIABLE), nonce()
    running = begin(pool, gateway, "wait", mark=mark, note=f"INJECTION_ATTACK {HELD}")
    until(lambda: events(many, "waiting", mark), "the tool runs before there is a verdict")
    assert service.holds(mark) and not running.done()
    service.release.set()
    item = running.result(timeout=30)
    assert item["status"] == "blocked_input" and item["response"] == "" and "content" not in item, item
    until(lambda: events(many, "cancelled", mark), "the running tool is cancelled")
    assert not events(many, "done", mark)


def test_no_result_leaves_before_the_verdict(start: Start, service: HoldingService, many: ManySided, pool: ThreadPoolExecutor) -> None:
    gateway, mark = start(guarded(many, service, safe=["wait", "echo"]), environment=KEY_VARIABLE), nonce()
    running = begin(pool, gateway, "wait", mark=mark, seconds=0, note=HELD)
    until(lambda: events(many, "done", mark), "the tool ends before there is a verdict")
    assert Caller(gateway, ALICE).text("many", "echo", message="others go on") == "others go on"
    assert not running.done()
    service.release.set()
    assert running.result(timeout=30)["response"] == "done"


@pytest.mark.parametrize("verdict", ["BLOCKED BY INJECTION_ATTACK", "fine"])
def test_no_progress_leaves_before_the_verdict(
    start: Start, service: HoldingService, many: ManySided, pool: ThreadPoolExecutor, verdict: str
) -> None:
    gateway, mark = start(guarded(many, service, safe=["wait", "echo"]), environment=KEY_VARIABLE), nonce()
    alice = Caller(gateway, ALICE)
    calls = [{"name": "wait", "args": {"mark": mark, "seconds": 0, "note": f"{verdict} {HELD}"}}]
    message = alice.message(
        "tools/call", {"name": CALL_TOOLS, "arguments": {"server_name": "many", "tool_calls": calls}, "_meta": {"progressToken": "p-1"}}
    )
    heard: list[bytes] = []

    def listen() -> None:
        with alice.streaming(message) as response:
            while line := response.readline():
                heard.append(line)

    listening = pool.submit(listen)
    until(lambda: events(many, "done", mark), "the tool has said and done everything")
    assert Caller(gateway, ALICE).text("many", "echo", message="others go on") == "others go on"
    assert not [line for line in heard if b"notifications/progress" in line or b"result" in line]
    service.release.set()
    listening.result(timeout=30)
    assert bool([line for line in heard if b"notifications/progress" in line]) == (verdict == "fine")
    assert (b"blocked_input" in b"".join(heard)) == (verdict != "fine")


@pytest.mark.parametrize(
    ("safe", "binding"),
    [(["echo"], {}), (["wait"], {"judges_only": False})],
    ids=["a tool that is not listed", "a guardrail that may replace text"],
)
def test_otherwise_the_verdict_comes_first(
    start: Start, service: HoldingService, many: ManySided, pool: ThreadPoolExecutor, safe: list[str], binding: Document
) -> None:
    """Whatever a server says of its tools: each of them calls itself read-only here."""
    gateway, mark = start(guarded(many, service, safe=safe, **binding), environment=KEY_VARIABLE), nonce()
    running = begin(pool, gateway, "wait", mark=mark, note=f"INJECTION_ATTACK {HELD}")
    until(lambda: service.holds(mark), "the guardrail is asked")
    assert Caller(gateway, ALICE).text("many", "echo", message="others go on") == "others go on"
    assert not reached(many, mark)
    service.release.set()
    assert running.result(timeout=30)["status"] == "blocked_input"
    assert not reached(many, mark)


def test_a_guardrail_that_only_judges_and_would_replace_gives_no_verdict(start: Start) -> None:
    patterns = {"name": "patterns", "provider": "patterns", "config": {"preset": "default"}, "judges_only": True}
    rules = {"enabled": True, "policy_name": "patterns", "block": ["pii"]}
    gateway = start(
        document([server("stage", input_guardrails_policy=rules, async_safe_tools=["echo"])], guardrails=[patterns], common=BOTH)
    )
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="fine") == "fine"
    item = alice.item("stage", "echo", message="4111 1111 1111 1111")
    assert item["status"] == "blocked_input"
    assert [violation["type"] for violation in item["input_guardrail_response"]["violations"]] == ["guardrail_failure"]
    until(lambda: "judges_only" in gateway.stderr, "the log says why")


def test_a_failed_call_is_told_after_the_verdict(start: Start, service: HoldingService, many: ManySided, pool: ThreadPoolExecutor) -> None:
    gateway, mark = start(guarded(many, service, safe=["refuse"]), environment=KEY_VARIABLE), nonce()
    running = begin(pool, gateway, "refuse", message=mark, data=f"INJECTION_ATTACK {HELD}")
    until(lambda: reached(many, mark), "the server is asked")
    until(lambda: service.holds(mark), "the guardrail is asked")
    service.release.set()
    item = running.result(timeout=30)
    assert item["status"] == "blocked_input" and "upstream_error" not in item, item


def test_the_waiting_of_a_listed_tool_for_its_verdict_is_told_when_it_is_in_vain(tmp_path: Path, many: ManySided) -> None:
    from support.cli import run

    upstream = many.entry("many", input_guardrails_policy=RULES, output_guardrails_policy=NO_POLICY, async_safe_tools=["wait"])
    for common, words in (({}, "set enkrypt_async_input_guardrails_enabled to true"), (BOTH, '"judges_only": true')):
        path = tmp_path / "config.json"
        path.write_text(json.dumps(document([upstream], common=common)), encoding="utf-8")
        path.chmod(0o600)
        ended = run("config", "validate", "--config", path)
        assert ended.status == 0 and words in ended.stdout + ended.stderr


# Several guardrails and an answer


class MeetingService(EnkryptService):
    """Answers about marked texts only once the other service has been asked as well."""

    def __init__(self, meeting: threading.Barrier) -> None:
        super().__init__()
        self.meeting = meeting
        self.patience_seconds = 8.0
        self.did_meet = False

    def answer(self, request: Request) -> tuple[int, Any]:
        if any("MEET" in text for text in self.texts(request)):
            try:
                self.meeting.wait(timeout=self.patience_seconds)
                self.did_meet = True
            except threading.BrokenBarrierError:
                self.did_meet = False
        return super().answer(request)


@pytest.fixture
def pair() -> Iterator[tuple[MeetingService, MeetingService]]:
    meeting = threading.Barrier(2)
    pair = (MeetingService(meeting), MeetingService(meeting))
    yield pair
    for service in pair:
        service.close()
        assert service.complaints == []


def answered_by(pair: tuple[MeetingService, MeetingService], *, is_async: bool = True, **binding: Any) -> Document:
    first, second = pair
    stage = server("stage", output_guardrails_policy=RULES, **UNSCREENED)
    guardrails = [cloud(first, name="first", **binding), cloud(second, name="second", **binding)]
    return document([stage], guardrails=guardrails, common=BOTH if is_async else {})


def test_guardrails_that_only_judge_judge_an_answer_at_the_same_time(start: Start, pair: tuple[MeetingService, MeetingService]) -> None:
    gateway = start(answered_by(pair), environment=KEY_VARIABLE)
    item = Caller(gateway, ALICE).item("stage", "echo", message="MEET")
    assert item["status"] == "success" and all(service.did_meet for service in pair)
    assert item["enkrypt_policy_detections"]["output_guardrail_response"]["guardrail_runs"] == 2


@pytest.mark.parametrize("options", [{"is_async": False}, {"judges_only": False}], ids=["not asked for", "they may replace text"])
def test_otherwise_they_judge_in_turn(start: Start, pair: tuple[MeetingService, MeetingService], options: Document) -> None:
    for service in pair:
        service.patience_seconds = 0.5
    gateway = start(answered_by(pair, **options), environment=KEY_VARIABLE)
    assert Caller(gateway, ALICE).item("stage", "echo", message="MEET")["status"] == "success"
    assert not any(service.did_meet for service in pair)


@pytest.mark.parametrize("revision", [MODERN])
def test_one_block_is_enough(start: Start, service: HoldingService, revision: str) -> None:
    """The other guardrail is called off: its answer is not waited for."""
    second = EnkryptService()
    try:
        stage = server("stage", output_guardrails_policy=RULES, **UNSCREENED)
        gateway = start(
            document([stage], guardrails=[cloud(service, name="first"), cloud(second, name="second")], common=BOTH),
            environment=KEY_VARIABLE,
        )
        mark = nonce()
        item = Caller(gateway, ALICE, revision).item("stage", "echo", message=f"INJECTION_ATTACK {HELD} {mark}")
        assert item["status"] == "blocked_output" and service.holds(mark)
        [violation] = item["enkrypt_policy_detections"]["output_guardrail_response"]["violations"]
        assert violation["metadata"]["guardrail"] == "second"
    finally:
        second.close()
    assert second.complaints == []


def test_an_edit_takes_effect_at_once(start: Start, service: HoldingService, many: ManySided, pool: ThreadPoolExecutor) -> None:
    gateway, mark = start(guarded(many, service, safe=["wait"]), environment=KEY_VARIABLE), nonce()
    gateway.edit(lambda definition: entry(definition, "many").update(async_safe_tools=[]))
    running = begin(pool, gateway, "wait", mark=mark, note=f"INJECTION_ATTACK {HELD}")
    until(lambda: service.holds(mark), "the guardrail is asked")
    assert not reached(many, mark)
    service.release.set()
    assert running.result(timeout=30)["status"] == "blocked_input" and not reached(many, mark)
