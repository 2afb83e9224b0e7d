"""T15: each way in which a guard service can fail, in each direction, with each failure policy."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, Document, document, entry, nonce, server
from support.enkrypt import POLICY, EnkryptService
from support.gateway import Gateway
from support.moderation import ModerationService
from support.raw import Caller, Refused
from support.recording import Recording
from support.services import FAIL, Service
from support.waiting import until

KEY_VARIABLE = {"GUARD_TEST_KEY": Service.key}
POLICIES = ["block", "allow", "allow_and_flag"]
#: Of the stand-in: how it answers a text that holds `FAIL`.
WAYS = ["500", "401", "429", "malformed", "slow", "reset"]


@pytest.fixture(params=["enkrypt", "openai"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    service: Service = EnkryptService() if request.param == "enkrypt" else ModerationService()
    yield service
    service.close()


def guarded(service: Service, record: Recording, on_failure: str, **binding: Any) -> Document:
    """Two servers, everything about them judged by the service. The definition of `mirror` makes the service fail."""
    is_enkrypt = isinstance(service, EnkryptService)
    guardrail = {
        "name": "cloud",
        "provider": "enkrypt" if is_enkrypt else "openai",
        "config": {"api_key": "${env:GUARD_TEST_KEY}", "base_url": service.url if is_enkrypt else f"{service.url}/v1"},
        "egress": {"allow": [service.address]},
        "on_failure": on_failure,
        "timeout": 2,
        "breaker": {"failures": 0},
        **binding,
    }
    policy = {"enabled": True, "policy_name": POLICY, "block": ["injection_attack"]}
    stage, late = (
        server(
            name,
            env=record.environment,
            input_guardrails_policy=policy,
            output_guardrails_policy=policy,
            tools={"echo": "Gives its message back.", "answer": "Answers.", "mirror": f"Mirrors. {FAIL}"},
        )
        for name in ("stage", "late")
    )
    return document([stage, late], guardrails=[guardrail])


def check_input(alice: Caller, recording: Recording, on_failure: str, text: str) -> None:
    mark = nonce()
    item = alice.item("stage", "echo", message=f"{text} {mark}")
    reached = [call for call in recording.calls if mark in str(call)]
    if on_failure == "block":
        assert item["status"] == "blocked_input" and reached == []
        assert [found["type"] for found in item["input_guardrail_response"]["violations"]] == ["guardrail_failure"]
        return
    assert item["status"] == "success" and len(reached) == 1 and mark in item["response"]
    flags = item["enkrypt_policy_detections"]["input_guardrail_response"].get("unscreened_by", [])
    assert flags == (["cloud"] if on_failure == "allow_and_flag" else [])


def check_output(alice: Caller, on_failure: str, text: str, *, is_input_judged: bool = True) -> None:
    """What the server answers makes the service fail; the call itself does not."""
    mark = nonce()
    result = {"content": [{"type": "text", "text": f"{text} {mark}"}]}
    item = alice.item("stage", "answer", base64=base64.b64encode(json.dumps(result).encode()).decode())
    if on_failure == "block":
        assert item["status"] == ("blocked_output" if is_input_judged else "blocked_input")
        assert mark not in json.dumps(item)
        return
    assert item["status"] == "success" and mark in item["response"]
    flags = item["enkrypt_policy_detections"]["output_guardrail_response"].get("unscreened_by", [])
    assert flags == (["cloud"] if on_failure == "allow_and_flag" else [])


def check_registration(alice: Caller, on_failure: str, kept_back: list[str]) -> None:
    alice.tool("enkrypt_clear_cache")
    found = alice.tool("enkrypt_discover_all_tools", server_name="stage")
    expected = kept_back if on_failure == "block" else []
    assert sorted(tool["name"] for tool in found.get("blocked_tools", [])) == expected


def started(start: Start, service: Service, definition: Document) -> tuple[Gateway, Caller]:
    gateway = start(definition, environment=KEY_VARIABLE)
    return gateway, Caller(gateway, ALICE)


@pytest.mark.parametrize("on_failure", POLICIES)
@pytest.mark.parametrize("way", WAYS)
def test_t15_a_service_that_fails(start: Start, service: Service, recording: Recording, way: str, on_failure: str) -> None:
    service.failing = way
    _, alice = started(start, service, guarded(service, recording, on_failure, startup="degraded"))
    check_input(alice, recording, on_failure, FAIL)
    check_output(alice, on_failure, FAIL)
    check_registration(alice, on_failure, ["mirror"])


def check_rejection(alice: Caller, on_failure: str) -> None:
    """When nothing can be judged, the description of a server that is seen for the first time cannot either."""
    if on_failure == "block":
        with pytest.raises(Refused, match="rejected the description of server 'late'"):
            alice.tool("enkrypt_discover_all_tools", server_name="late")
    else:
        assert alice.tool("enkrypt_discover_all_tools", server_name="late")["status"] == "success"


@pytest.mark.parametrize("on_failure", POLICIES)
def test_t15_a_service_that_is_gone(start: Start, service: Service, recording: Recording, on_failure: str) -> None:
    service.close()
    definition = guarded(service, recording, on_failure, startup="degraded")
    entry(definition, "stage").update(enable_server_info_validation=False, enable_tool_guardrails=False)
    _, alice = started(start, service, definition)
    check_input(alice, recording, on_failure, "fine")
    check_output(alice, on_failure, "fine", is_input_judged=False)
    check_rejection(alice, on_failure)


@pytest.mark.parametrize("on_failure", POLICIES)
def test_t15_a_breaker_that_is_open(start: Start, service: Service, recording: Recording, on_failure: str) -> None:
    service.failing = "500"
    definition = guarded(service, recording, on_failure, breaker={"failures": 1, "pause": 600})
    gateway, alice = started(start, service, definition)
    until(lambda: "Guardrail passed its self-test" in gateway.stderr, "the self-test is over")
    check_input(alice, recording, on_failure, FAIL)
    asked = len(service.requests)
    check_input(alice, recording, on_failure, "fine")
    check_output(alice, on_failure, "fine", is_input_judged=False)
    check_rejection(alice, on_failure)
    assert len(service.requests) == asked, "nobody is asked"
