"""The provider `enkrypt`, with a stand-in for the service."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, BOB, NO_POLICY, Document, document, entry, nonce, server
from support.enkrypt import DETECTORS, POLICY, EnkryptService
from support.raw import Caller, side_by_side
from support.recording import Recording
from support.services import FAIL, FAILURES
from support.waiting import until

KEY_VARIABLE = {"ENKRYPT_TEST_KEY": EnkryptService.key}


@pytest.fixture
def service() -> Iterator[EnkryptService]:
    service = EnkryptService()
    yield service
    service.close()
    assert service.complaints == []


def policy(*block: str, **more: Any) -> Document:
    return {"enabled": True, "policy_name": POLICY, "block": list(block or DETECTORS), **more}


def guarded(
    service: EnkryptService,
    record: Recording | None = None,
    *,
    policies: tuple[Document, Document] | None = None,
    config: Document | None = None,
    registration: bool = False,
    tools: Document | None = None,
    **binding: Any,
) -> Document:
    incoming, outgoing = policies or (policy(), policy())
    guardrail = {
        "name": "cloud",
        "provider": "enkrypt",
        "config": {"api_key": "${env:ENKRYPT_TEST_KEY}", "base_url": service.url, **(config or {})},
        "egress": {"allow": [service.address]},
        # These tests are about what the plugin says; test_guardrail_health.py is about what the gateway makes of it.
        "startup": "degraded",
        "breaker": {"failures": 0},
        **binding,
    }
    stage = server(
        "stage",
        env=record.environment if record else {},
        input_guardrails_policy=incoming,
        output_guardrails_policy=outgoing,
        enable_server_info_validation=registration,
        enable_tool_guardrails=registration,
        tools=tools or {},
    )
    return document([stage], guardrails=[guardrail])


def hidden(text: str) -> str:
    """Arguments for the tool `answer`, which gives this text back; nothing of it is in the call."""
    result = {"content": [{"type": "text", "text": text}], "structuredContent": {"inside": text}}
    return base64.b64encode(json.dumps(result).encode()).decode()


def violations(item: Document) -> list[str]:
    response = item.get("input_guardrail_response") or item["enkrypt_policy_detections"]["output_guardrail_response"]
    return sorted({violation["type"] for violation in response.get("violations", [])})


@pytest.mark.parametrize("name", ["policy_name", "guardrail_name"])
def test_each_detector_blocks_on_the_way_in_and_on_the_way_back(
    start: Start, service: EnkryptService, recording: Recording, name: str
) -> None:
    rules = {"enabled": True, name: POLICY, "block": list(DETECTORS)}
    gateway = start(guarded(service, recording, policies=(rules, rules)), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="fine") == "fine"
    for detector in DETECTORS:
        refused = nonce()
        item = alice.item("stage", "echo", message=f"some {detector.upper()} {refused}")
        assert item["status"] == "blocked_input" and violations(item) == [detector]
        assert [call for call in recording.calls if refused in str(call)] == [], "the server never saw it"
        secret = nonce()
        answer = alice.rpc(
            "tools/call",
            {
                "name": "enkrypt_secure_call_tools",
                "arguments": {
                    "server_name": "stage",
                    "tool_calls": [{"name": "answer", "args": {"base64": hidden(f"{secret} {detector.upper()}")}}],
                },
            },
        )
        item = answer.result["structuredContent"]["results"][0]
        assert item["status"] == "blocked_output" and violations(item) == [detector]
        assert secret not in answer.body.decode()
    generation = "policy" if name == "policy_name" else "guardrail"
    assert {request.path for request in service.requests} == {f"/guardrails/{generation}/detect"}


def test_only_the_detectors_of_the_block_list_block(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, policies=(policy("pii", "toxicity"), policy("bias"))), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "echo", message="BIAS NSFW")["status"] == "blocked_output"
    assert violations(alice.item("stage", "echo", message="BIAS PII TOXICITY")) == ["pii", "toxicity"]
    assert alice.item("stage", "echo", message="NSFW")["status"] == "success"


def test_a_long_message_is_judged_to_its_end(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, config={"batch_size": 8}), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    long = " ".join(f"word{number}" for number in range(30_000))
    assert alice.text("stage", "echo", message=long) == long
    assert len(service.asked("/guardrails/policy/batch/detect")) >= 4
    seen = {word for text in service.seen for word in text.split()}
    assert {f"word{number}" for number in range(30_000)} <= seen
    assert alice.item("stage", "echo", message=long + " INJECTION_ATTACK")["status"] == "blocked_input"


def test_a_message_beyond_the_limit_is_a_failure(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, config={"max_message_bytes": 4096}), environment=KEY_VARIABLE)
    item = Caller(gateway, ALICE).item("stage", "echo", message="x" * 5000)
    assert item["status"] == "blocked_input" and violations(item) == ["guardrail_failure"]
    assert service.requests == []
    until(lambda: "max_message_bytes" in gateway.stderr, "the log says why")


@pytest.mark.parametrize("on_failure", ["block", "allow", "allow_and_flag"])
def test_failures_have_the_outcome_that_is_configured(start: Start, service: EnkryptService, recording: Recording, on_failure: str) -> None:
    gateway = start(guarded(service, recording, on_failure=on_failure, timeout=2), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    for failing in FAILURES:
        service.failing = failing
        check_outcome(alice, recording, on_failure)
    for words in ["HTTP 500", "check api_key", "HTTP 429", "not JSON", "cannot be used", "timed out"]:
        until(lambda said=words: said in gateway.stderr, words)
    for secret in [EnkryptService.key, ALICE, FAIL, "something went wrong"]:
        assert secret not in gateway.stderr, secret
    assert "elsewhere" not in [request.path for request in service.requests], "redirects are not followed"


@pytest.mark.parametrize("on_failure", ["block", "allow", "allow_and_flag"])
def test_a_service_that_is_down_has_the_outcome_that_is_configured(
    start: Start, service: EnkryptService, recording: Recording, on_failure: str
) -> None:
    service.close()
    gateway = start(guarded(service, recording, on_failure=on_failure), environment=KEY_VARIABLE)
    check_outcome(Caller(gateway, ALICE), recording, on_failure)
    until(lambda: "Enkrypt gave no answer at /guardrails/policy/detect: " in gateway.stderr, "the log says why")


def check_outcome(alice: Caller, recording: Recording, on_failure: str) -> None:
    """Of a call whose arguments make the service fail, and of one whose answer does."""
    mark = nonce()
    item = alice.item("stage", "echo", message=f"{FAIL} {mark}")
    called = [call for call in recording.calls if mark in str(call)]
    if on_failure == "block":
        assert item["status"] == "blocked_input" and violations(item) == ["guardrail_failure"] and called == []
    else:
        assert item["status"] == "success" and len(called) == 1
        flags = item["enkrypt_policy_detections"]["input_guardrail_response"].get("unscreened_by", [])
        assert flags == (["cloud"] if on_failure == "allow_and_flag" else [])
    item = alice.item("stage", "answer", base64=hidden(f"{FAIL} {mark}"))
    if on_failure != "block":
        assert item["status"] == "success" and mark in item["response"]
        return
    assert item["status"] in ("blocked_output", "blocked_input") and violations(item) == ["guardrail_failure"]
    assert mark not in json.dumps(item)


def test_a_wrong_key_is_told_to_the_operator_and_nobody_else(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service), environment={"ENKRYPT_TEST_KEY": "another-key"})
    item = Caller(gateway, ALICE).item("stage", "echo", message="fine")
    assert item["status"] == "blocked_input" and violations(item) == ["guardrail_failure"]
    assert "api_key" not in json.dumps(item)
    until(lambda: "Enkrypt refuses the key (HTTP 401" in gateway.stderr, "the log says why")
    assert "another-key" not in gateway.stderr
    assert set(service.complaints) == {"POST /guardrails/policy/detect: not the service's key"}
    service.complaints.clear()


def test_a_pause_that_the_service_asks_for_is_kept(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, policies=(policy(), NO_POLICY), timeout=20), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="warm") == "warm"
    service.requests.clear()
    service.limited, service.retry_after = 1, "1"
    assert alice.text("stage", "echo", message="fine") == "fine"
    first, second = service.requests
    assert second.at - first.at >= 0.9


def test_a_pause_beyond_the_deadline_fails_at_once_and_nothing_is_sent_meanwhile(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, policies=(policy(), NO_POLICY), timeout=5), environment=KEY_VARIABLE)
    until(lambda: "Guardrail passed its self-test" in gateway.stderr, "the self-test is over")
    alice = Caller(gateway, ALICE)
    service.limited, service.retry_after = 1, "120"
    for _ in range(3):
        assert violations(alice.item("stage", "echo", message="fine")) == ["guardrail_failure"]
    assert len(service.requests) == 1


def test_definitions_are_judged_and_poisoned_ones_kept_back(start: Start, service: EnkryptService) -> None:
    tools = {
        "echo": "Gives its message back.",
        "mirror": "An INJECTION_ATTACK in the description.",
        "sleep": {"description": "Waits.", "inputSchema": {"type": "object", "properties": {"x": {"description": "A BIAS"}}}},
        "image": {"description": "An image.", "inputSchema": {"type": "object", "properties": {"override": {"type": "string"}}}},
        "trouble": "Lets you override and sudo.",
    }
    gateway = start(guarded(service, registration=True, tools=tools), environment=KEY_VARIABLE)
    found = Caller(gateway, ALICE).tool("enkrypt_discover_all_tools", server_name="stage")
    assert sorted(tool["name"] for tool in found["blocked_tools"]) == ["mirror", "sleep", "trouble"]
    assert found["blocked_count"] == 3
    reasons = json.dumps(found["blocked_tools"])
    assert "injection_attack" in reasons and "bias" in reasons and "keyword_detector" in reasons
    texts = [text for request in service.asked("/guardrails/batch/detect") for text in request.body["texts"]]
    assert "MCP Server: stage - A server for tests" in texts and "Tool: echo - Gives its message back." in texts


@pytest.mark.parametrize("on_failure", ["block", "allow"])
def test_definitions_that_nobody_could_judge(start: Start, service: EnkryptService, on_failure: str) -> None:
    tools = {"echo": f"Gives its message back. {FAIL}", "mirror": "Mirrors."}
    gateway = start(guarded(service, registration=True, tools=tools, on_failure=on_failure), environment=KEY_VARIABLE)
    found = Caller(gateway, ALICE).tool("enkrypt_discover_all_tools", server_name="stage")
    assert [tool["name"] for tool in found["blocked_tools"]] == (["echo"] if on_failure == "block" else [])


def test_what_identifies_people_never_reaches_the_server(start: Start, service: EnkryptService, recording: Recording) -> None:
    config = {"additional_config": {"pii_redaction": True}}
    gateway = start(
        guarded(service, recording, policies=(policy("injection_attack"), policy("injection_attack")), config=config),
        environment=KEY_VARIABLE,
    )
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB)
    arguments = {
        "to": "ada@example.com",
        "deep": [{"cc": "bob@example.com, ada@example.com"}, "<EMAIL_ADDRESS_1> as text"],
        "count": 3,
    }
    answer = alice.text("stage", "mirror", **arguments)
    assert json.loads(answer) == arguments
    received = recording.calls[-1]["params"]["arguments"]
    assert received == {
        "to": "<EMAIL_ADDRESS_2>",
        "deep": [{"cc": "<EMAIL_ADDRESS_3>, <EMAIL_ADDRESS_2>"}, "<EMAIL_ADDRESS_1> as text"],
        "count": 3,
    }
    assert bob.text("stage", "answer", base64=hidden("<EMAIL_ADDRESS_2>")) == "<EMAIL_ADDRESS_2>", "nobody else's placeholder"
    results = alice.batch(
        "stage",
        *({"name": "echo", "args": {"message": f"person{number}@example.com"}} for number in range(3)),
    )["results"]
    assert [item["response"] for item in results] == [f"person{number}@example.com" for number in range(3)]
    direct = alice.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": "direct@example.com"}}).result
    assert direct["content"][0]["text"] == "direct@example.com"
    assert not [call for call in recording.calls if "@example.com" in json.dumps(call)]
    judged = [text for request in service.asked("/guardrails/policy/detect") for text in [request.body["text"]]]
    assert judged and not [text for text in judged if "@example.com" in text], "the detectors see what the server sees"


def test_a_policy_may_ask_for_redaction_and_others_take_out_more(start: Start, service: EnkryptService, recording: Recording) -> None:
    incoming = policy("injection_attack", additional_config={"pii_redaction": True})
    definition = guarded(service, recording, policies=(incoming, NO_POLICY))
    cards = {"name": "cards", "provider": "patterns", "config": {"detectors": {"pii": "off", "payment_card": "redact"}}}
    definition["plugins"]["guardrails"].insert(0, cards)
    alice = Caller(start(definition, environment=KEY_VARIABLE), ALICE)
    arguments = {"who": "ada@example.com", "pays": "4111 1111 1111 1111", "says": "<CARD_2> <EMAIL_ADDRESS_1>"}
    assert json.loads(alice.text("stage", "mirror", **arguments)) == arguments
    received = recording.calls[-1]["params"]["arguments"]
    assert received == {"who": "<EMAIL_ADDRESS_2>", "pays": "<CARD_1>", "says": "<CARD_2> <EMAIL_ADDRESS_1>"}
    error = base64.b64encode(b'{"code": -32000, "message": "<EMAIL_ADDRESS_2> has no <CARD_1>"}').decode()
    refused = alice.item("stage", "refuse", base64=error)
    assert refused["upstream_error"]["message"] == "ada@example.com has no 4111 1111 1111 1111"


def test_what_answers_have_of_others_is_taken_out(start: Start, service: EnkryptService) -> None:
    rules = policy("injection_attack", additional_config={"pii_redaction": True})
    alice = Caller(start(guarded(service, policies=(rules, rules)), environment=KEY_VARIABLE), ALICE)
    assert alice.text("stage", "echo", message="ada@example.com") == "ada@example.com"
    item = alice.item("stage", "answer", base64=hidden("carl@example.com wrote to ada@example.com"))
    assert item["response"] == "<EMAIL_ADDRESS_2> wrote to ada@example.com"
    assert item["structuredContent"] == {"inside": item["response"]}


def test_without_a_redaction_nothing_leaves(start: Start, service: EnkryptService, recording: Recording) -> None:
    config = {"additional_config": {"pii_redaction": True}}
    gateway = start(guarded(service, recording, config=config), environment=KEY_VARIABLE)
    for service.failing in ["500", "wrong_types", "malformed"]:
        item = Caller(gateway, ALICE).item("stage", "echo", message=f"{FAIL} ada@example.com")
        assert item["status"] == "blocked_input" and violations(item) == ["guardrail_failure"]
    assert recording.calls == []


def test_answers_that_do_not_fit_are_blocked(start: Start, service: EnkryptService) -> None:
    config = {"additional_config": {"relevancy": True, "adherence": True, "hallucination": True, "relevancy_threshold": 0.6}}
    gateway = start(guarded(service, config=config), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="fine") == "fine"
    assert service.asked("/guardrails/relevancy")[0].body == {"question": '{"message":"fine"}', "llm_answer": "fine"}
    service.scores["relevancy"] = 0.5
    assert violations(alice.item("stage", "echo", message="fine")) == ["relevancy"]
    service.scores.update(relevancy=0.65, adherence=0.5)
    assert violations(alice.item("stage", "echo", message="fine")) == ["adherence"]
    service.scores["adherence"] = 0.9
    service.is_hallucination = 1
    item = alice.item("stage", "echo", message="fine")
    assert item["status"] == "blocked_output_hallucination" and violations(item) == ["hallucination"]


def test_an_answer_to_no_arguments_has_to_fit_too(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, config={"additional_config": {"relevancy": True}}), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "mirror")["status"] == "success"
    assert service.asked("/guardrails/relevancy")[0].body == {"question": "mirror", "llm_answer": "{}"}
    service.scores["relevancy"] = 0.5
    assert violations(alice.item("stage", "mirror")) == ["relevancy"]


def test_many_callers_share_few_connections(start: Start, service: EnkryptService) -> None:
    gateway = start(guarded(service, config={"max_concurrency": 4}, timeout=60), environment=KEY_VARIABLE)
    assert Caller(gateway, ALICE).text("stage", "echo", message="warm") == "warm"
    service.delay = 0.02

    def ask(number: int) -> str:
        message = "BIAS" if number % 4 == 0 else f"fine {number}"
        return Caller(gateway, ALICE).item("stage", "echo", message=message)["status"]

    statuses = side_by_side(16, ask, range(80))
    assert statuses == ["blocked_input" if number % 4 == 0 else "success" for number in range(80)]
    assert 2 <= service.most_at_once <= 4
    assert service.connections <= 12, "connections are used again"


def test_a_key_may_come_from_a_file_and_change_while_the_gateway_runs(start: Start, service: EnkryptService, tmp_path: Path) -> None:
    secret = tmp_path / "enkrypt.key"
    secret.write_text(EnkryptService.key + "\n")
    gateway = start(guarded(service, config={"api_key": f"${{file:{secret}}}"}))
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="fine") == "fine"
    gateway.edit(lambda document: entry(document, "stage").update(input_guardrails_policy=policy("bias")))
    assert alice.item("stage", "echo", message="PII")["status"] == "blocked_output"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"api_key": "YOUR_ENKRYPT_API_KEY"}, "api_key: this is an example's placeholder"),
        ({"base_url": "http://api.example.com"}, "base_url: http:// would send the key unencrypted"),
        ({"batch_size": 0}, "/batch_size: "),
        ({"tiemout": 3}, "/tiemout: "),
    ],
)
def test_a_mistake_in_the_configuration_is_told(service: EnkryptService, tmp_path: Path, config: Document, words: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(guarded(service, config={"api_key": "real", **config})), encoding="utf-8")
    path.chmod(0o600)
    ended = run("config", "validate", "--config", path)
    assert ended.status == 1 and words in ended.stderr, ended.stderr
