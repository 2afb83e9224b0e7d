"""The provider `openai`, with a stand-in for the service."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, POLICY, Document, document, nonce, server
from support.moderation import CATEGORIES, ModerationService
from support.raw import Caller
from support.recording import Recording
from support.services import FAIL, FAILURES
from support.waiting import until

KEY_VARIABLE = {"OPENAI_TEST_KEY": ModerationService.key}


@pytest.fixture
def service() -> Iterator[ModerationService]:
    service = ModerationService()
    yield service
    service.close()
    assert service.complaints == []


def guarded(
    service: ModerationService,
    record: Recording | None = None,
    *,
    config: Document | None = None,
    registration: bool = False,
    **more: Any,
) -> Document:
    binding = {
        "name": "moderation",
        "provider": "openai",
        "config": {"api_key": "${env:OPENAI_TEST_KEY}", "base_url": f"{service.url}/v1", **(config or {})},
        "egress": {"allow": [service.address]},
        # These tests are about what the plugin says; test_guardrail_health.py is about what the gateway makes of it.
        "startup": "degraded",
        "breaker": {"failures": 0},
        **more,
    }
    stage = server(
        "stage",
        env=record.environment if record else {},
        input_guardrails_policy=POLICY,
        output_guardrails_policy=POLICY,
        enable_server_info_validation=registration,
        enable_tool_guardrails=registration,
        tools={"echo": "Echoes.", "answer": "Answers.", "mirror": "Full of HATE ."},
    )
    return document([stage], guardrails=[binding])


def hidden(text: str) -> str:
    """Arguments for the tool `answer`, which gives this text back; nothing of it is in the call."""
    return base64.b64encode(json.dumps({"content": [{"type": "text", "text": text}]}).encode()).decode()


def violations(item: Document) -> list[str]:
    response = item.get("input_guardrail_response") or item["enkrypt_policy_detections"]["output_guardrail_response"]
    return sorted({violation["type"] for violation in response.get("violations", [])})


def kind(category: str) -> str:
    names = {"sexual": "nsfw", "illicit": "custom"}
    return names.get(category.split("/")[0], "toxicity")


def test_each_category_blocks_on_the_way_in_and_on_the_way_back(start: Start, service: ModerationService, recording: Recording) -> None:
    alice = Caller(start(guarded(service, recording), environment=KEY_VARIABLE), ALICE)
    assert alice.text("stage", "echo", message="fine") == "fine"
    for category in CATEGORIES:
        mark = nonce()
        item = alice.item("stage", "echo", message=f"{mark} {category.upper()}")
        assert item["status"] == "blocked_input" and violations(item) == [kind(category)]
        assert category in item["input_guardrail_response"]["violations"][0]["message"]
        assert [call for call in recording.calls if mark in str(call)] == []
        item = alice.item("stage", "answer", base64=hidden(f"{mark} {category.upper()}"))
        assert item["status"] == "blocked_output" and violations(item) == [kind(category)]
        assert mark not in json.dumps(item)


def test_thresholds_decide_where_they_are_given(start: Start, service: ModerationService) -> None:
    config = {"block_categories": ["hate", "violence"], "thresholds": {"hate": 0.2}, "threshold": 0.99}
    alice = Caller(start(guarded(service, config=config), environment=KEY_VARIABLE), ALICE)
    assert alice.item("stage", "echo", message="SEXUAL")["status"] == "success"
    assert alice.item("stage", "echo", message="VIOLENCE")["status"] == "success"
    service.scores = {"hate/threatening": 0.3}
    assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"


def test_a_long_message_goes_in_batches_and_is_judged_to_its_end(start: Start, service: ModerationService) -> None:
    alice = Caller(start(guarded(service, timeout=20), environment=KEY_VARIABLE), ALICE)
    long = " ".join(f"word{number}" for number in range(20_000))
    assert alice.text("stage", "echo", message=long) == long
    seen = {word for text in service.seen for word in text.split()}
    assert {f"word{number}" for number in range(20_000)} <= seen and len(service.requests) > 4
    assert alice.item("stage", "echo", message=long + " HATE")["status"] == "blocked_input"


def test_definitions_are_judged(start: Start, service: ModerationService) -> None:
    gateway = start(guarded(service, registration=True), environment=KEY_VARIABLE)
    found = Caller(gateway, ALICE).tool("enkrypt_discover_all_tools", server_name="stage")
    assert [tool["name"] for tool in found["blocked_tools"]] == ["mirror"]


@pytest.mark.parametrize("on_failure", ["block", "allow", "allow_and_flag"])
def test_failures_have_the_outcome_that_is_configured(
    start: Start, service: ModerationService, recording: Recording, on_failure: str
) -> None:
    gateway = start(guarded(service, recording, on_failure=on_failure, timeout=2), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    for service.failing in FAILURES:
        mark = nonce()
        item = alice.item("stage", "echo", message=f"{FAIL} {mark}")
        called = [call for call in recording.calls if mark in str(call)]
        answered = alice.item("stage", "answer", base64=hidden(f"{FAIL} {mark}"))
        if on_failure == "block":
            assert item["status"] == "blocked_input" and violations(item) == ["guardrail_failure"] and called == []
            assert answered["status"] in ("blocked_output", "blocked_input") and violations(answered) == ["guardrail_failure"]
            assert mark not in json.dumps(answered)
            continue
        assert item["status"] == "success" and len(called) == 1
        flags = item["enkrypt_policy_detections"]["input_guardrail_response"].get("unscreened_by", [])
        assert flags == (["moderation"] if on_failure == "allow_and_flag" else [])
        assert answered["status"] == "success" and mark in answered["response"]
    for words in ["HTTP 500", "check api_key", "HTTP 429", "not JSON", "cannot be used", "timed out"]:
        until(lambda said=words: said in gateway.stderr, words)
    for secret in [ModerationService.key, ALICE, FAIL]:
        assert secret not in gateway.stderr, secret
