"""What policies ask for besides their words, and policies that only observe."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, BLOCKED, NO_POLICY, Document, document, entry, keyword_guardrail, nonce, server
from support.documents import POLICY as KEYWORDS
from support.enkrypt import POLICY, EnkryptService
from support.raw import CALL_TOOLS, LEGACY, MODERN, Caller
from support.recording import Recording
from support.waiting import until

KEY_VARIABLE = {"ENKRYPT_TEST_KEY": EnkryptService.key}
CARD = "4111 1111 1111 1111"
#: Of one check each: the thing that the service has to find, and the status that follows.
ANSWER_CHECKS = ["relevancy", "adherence", "hallucination"]


@pytest.fixture
def service() -> Iterator[EnkryptService]:
    service = EnkryptService()
    yield service
    service.close()
    assert service.complaints == []


def cloud(service: EnkryptService, **binding: Any) -> Document:
    return {
        "name": "cloud",
        "provider": "enkrypt",
        "config": {"api_key": "${env:ENKRYPT_TEST_KEY}", "base_url": service.url},
        "egress": {"allow": [service.address]},
        **binding,
    }


def policy(*block: str, **additional: Any) -> Document:
    return {"enabled": True, "policy_name": POLICY, "block": list(block or ["bias"]), "additional_config": additional}


def judged(
    service: EnkryptService, record: Recording | None = None, *, incoming: Document = NO_POLICY, outgoing: Document = NO_POLICY
) -> Document:
    stage = server(
        "stage",
        env=record.environment if record else {},
        input_guardrails_policy=incoming,
        output_guardrails_policy=outgoing,
        enable_server_info_validation=False,
        enable_tool_guardrails=False,
    )
    return document([stage], guardrails=[cloud(service)])


def hidden(answer: Any) -> dict[str, str]:
    """Arguments by which the server is told what to answer."""
    return {"base64": base64.b64encode(json.dumps(answer).encode()).decode()}


def text_result(text: str) -> Document:
    return {"content": [{"type": "text", "text": text}]}


def make_unfit(service: EnkryptService, check: str) -> None:
    if check == "hallucination":
        service.is_hallucination = 1
    else:
        service.scores[check] = 0.55


# Checks of answers


@pytest.mark.parametrize("check", ANSWER_CHECKS)
@pytest.mark.parametrize("revision", [MODERN, LEGACY[-1]])
def test_an_answer_that_does_not_fit_is_blocked_with_its_own_status(
    start: Start, service: EnkryptService, check: str, revision: str
) -> None:
    thresholds = {} if check == "hallucination" else {f"{check}_threshold": 0.6}
    gateway = start(judged(service, outgoing=policy(**{check: True}, **thresholds)), environment=KEY_VARIABLE)
    caller = Caller(gateway, ALICE, revision)
    alice = caller if revision == MODERN else caller.initialize()
    envelope = alice.batch("stage", {"name": "echo", "args": {"message": "fine"}})
    [item] = envelope["results"]
    assert item["status"] == "success" and item["enkrypt_policy_detections"][f"output_{check}_response"] == {"is_safe": True}
    assert {name: envelope["guardrails_applied"][f"{name}_check_enabled"] for name in ANSWER_CHECKS} == {
        name: name == check for name in ANSWER_CHECKS
    }
    make_unfit(service, check)
    secret = nonce()
    http = alice.rpc(
        "tools/call",
        {
            "name": CALL_TOOLS,
            "arguments": {"server_name": "stage", "tool_calls": [{"name": "answer", "args": hidden(text_result(secret))}]},
        },
    )
    envelope = alice.checked(http.result)
    [item] = envelope["results"]
    assert item["status"] == f"blocked_output_{check}" and envelope["summary"]["blocked_calls"] == 1, item
    assert item["message"] == f"Request blocked due to output guardrail violations: {check}" and item["response"] == ""
    detections = item["enkrypt_policy_detections"]
    assert detections[f"output_{check}_response"]["is_safe"] is False
    assert [violation["type"] for violation in detections[f"output_{check}_response"]["violations"]] == [check]
    for other in ANSWER_CHECKS:
        if other != check:
            assert detections[f"output_{other}_response"] == {}
    assert [violation["type"] for violation in detections["output_guardrail_response"]["violations"]] == [check]
    assert secret not in http.body.decode()


def test_what_a_policy_finds_by_its_words_is_told_as_such(start: Start, service: EnkryptService) -> None:
    """Then nobody asks whether the answer fits."""
    gateway = start(judged(service, outgoing=policy("bias", relevancy=True)), environment=KEY_VARIABLE)
    service.scores["relevancy"] = 0.0
    before = len(service.asked("/guardrails/relevancy"))
    item = Caller(gateway, ALICE).item("stage", "echo", message="BIAS")
    assert item["status"] == "blocked_output"
    assert item["enkrypt_policy_detections"]["output_relevancy_response"] == {}
    assert len(service.asked("/guardrails/relevancy")) == before


@pytest.mark.parametrize("revision", [MODERN, LEGACY[-1]])
def test_a_federated_block_is_a_tool_error_with_a_reason_and_no_text(start: Start, service: EnkryptService, revision: str) -> None:
    gateway = start(judged(service, outgoing=policy(relevancy=True)), environment=KEY_VARIABLE)
    service.scores["relevancy"] = 0.1
    caller = Caller(gateway, ALICE, revision)
    alice = caller if revision == MODERN else caller.initialize()
    secret = nonce()
    answer = alice.rpc("tools/call", {"name": "stage__answer", "arguments": hidden(text_result(secret))})
    reason = answer.result["_meta"]["io.enkrypt.gateway/error"]
    assert answer.result["isError"] is True and reason["guardrail"]["direction"] == "output"
    assert reason["guardrail"]["violations"] == [{"type": "relevancy", "guardrail": "cloud"}]
    assert secret not in answer.body.decode()


@pytest.mark.parametrize("check", ANSWER_CHECKS)
def test_a_check_that_gives_no_verdict_blocks(start: Start, service: EnkryptService, check: str) -> None:
    gateway = start(judged(service, outgoing=policy(**{check: True})), environment=KEY_VARIABLE)
    service.scores = {"relevancy": 7, "adherence": 7}
    service.is_hallucination = "maybe"
    item = Caller(gateway, ALICE).item("stage", "echo", message="fine")
    assert item["status"] == "blocked_output", item
    [violation] = item["enkrypt_policy_detections"]["output_guardrail_response"]["violations"]
    assert violation["type"] == "guardrail_failure"


# Subjects and detectors of the policy itself


def test_a_subject_is_blocked_both_ways_and_not_told(start: Start, service: EnkryptService, recording: Recording) -> None:
    subjects = policy("bias", topic=["TOPIC-finance"])
    gateway = start(judged(service, recording, incoming=subjects, outgoing=policy("bias", topic="TOPIC-finance")), environment=KEY_VARIABLE)
    alice, mark = Caller(gateway, ALICE), nonce()
    assert alice.text("stage", "echo", message="fine") == "fine"
    [request, *_] = service.asked("/guardrails/batch/detect")
    assert request.body["detectors"] == {"topic_detector": {"enabled": True, "topic": ["TOPIC-finance"]}}
    item = alice.item("stage", "echo", message=f"TOPIC_DETECTOR {mark}")
    assert item["status"] == "blocked_input"
    assert [violation["type"] for violation in item["input_guardrail_response"]["violations"]] == ["topic_detector"]
    assert not [line for line in recording.lines if mark in line]
    envelope = alice.batch("stage", {"name": "answer", "args": hidden(text_result("TOPIC_DETECTOR"))})
    assert envelope["results"][0]["status"] == "blocked_output"
    shown = json.dumps([envelope, alice.tool("enkrypt_list_all_servers"), alice.tool("enkrypt_get_server_info", server_name="stage")])
    assert "TOPIC-finance" not in shown, "callers are not told what is looked for"


def test_detectors_of_a_policy_run_with_their_own_parameters(start: Start, service: EnkryptService) -> None:
    detectors = {"keyword_detector": {"banned_keywords": ["Zanzibar"]}, "nsfw": {"enabled": False}}
    gateway = start(judged(service, incoming=policy("bias", custom=detectors)), environment=KEY_VARIABLE)
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="NSFW is not asked for") == "NSFW is not asked for"
    item = alice.item("stage", "echo", message="to Zanzibar")
    assert item["status"] == "blocked_input"
    assert [violation["type"] for violation in item["input_guardrail_response"]["violations"]] == ["keyword_detector"]
    assert service.asked("/guardrails/batch/detect")[-1].body["detectors"] == {
        "keyword_detector": {"enabled": True, "banned_keywords": ["Zanzibar"]}
    }
    assert "Zanzibar" not in json.dumps(item["enkrypt_mcp_data"]["args"]).replace("to Zanzibar", "")


# What nobody can do


def validated(tmp_path: Path, definition: Document) -> str:
    """What `serve` says of a configuration that it refuses."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(definition), encoding="utf-8")
    path.chmod(0o600)
    ended = run("serve", "--config", path, "--port", "0", environment=KEY_VARIABLE)
    assert ended.status != 0
    return ended.stderr


@pytest.mark.parametrize(
    ("member", "value"),
    [("relevancy", True), ("adherence", True), ("hallucination", True), ("topic", ["finance"]), ("custom", {"nsfw": {}})],
)
def test_a_policy_that_no_guardrail_carries_out_is_refused(tmp_path: Path, member: str, value: Any) -> None:
    asked = {**KEYWORDS, "additional_config": {member: value}}
    said = validated(tmp_path, document([server("stage", output_guardrails_policy=asked)]))
    assert f"output_guardrails_policy of server 'stage' asks for additional_config.{member}" in said
    assert "'keywords' (custom_keyword)" in said and 'take "' in said


def test_a_policy_is_carried_out_by_a_guardrail_that_it_selects(tmp_path: Path, start: Start, service: EnkryptService) -> None:
    asked = {**policy("bias", relevancy=True), "provider": "keywords"}
    definition = document([server("stage", output_guardrails_policy=asked)], guardrails=[keyword_guardrail(), cloud(service)])
    assert "asks for additional_config.relevancy" in validated(tmp_path, definition)
    entry(definition, "stage")["output_guardrails_policy"]["provider"] = "cloud"
    entry(definition, "stage").update(enable_server_info_validation=False, enable_tool_guardrails=False)
    assert Caller(start(definition, environment=KEY_VARIABLE), ALICE).text("stage", "echo", message="x") == "x"


@pytest.mark.parametrize("check", ANSWER_CHECKS)
def test_a_check_of_answers_on_the_way_to_the_server_is_refused(tmp_path: Path, service: EnkryptService, check: str) -> None:
    said = validated(tmp_path, judged(service, incoming=policy(**{check: True})))
    assert f"/input_guardrails_policy/additional_config/{check}" in said and "put it into output_guardrails_policy" in said


# Findings of messages that pass


def test_what_is_flagged_or_replaced_is_told(start: Start, recording: Recording) -> None:
    patterns = {
        "name": "patterns",
        "provider": "patterns",
        "config": {"detectors": {"email": {"action": "flag"}, "payment_card": {"action": "redact"}}},
    }
    on = {"enabled": True, "policy_name": "patterns", "block": ["pii"]}
    definition = document(
        [server("stage", env=recording.environment, input_guardrails_policy=on), server("back", output_guardrails_policy=on)],
        guardrails=[patterns],
    )
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    item = alice.item("stage", "mirror", to="ada.lovelace@example.com", card=CARD)
    response = item["enkrypt_policy_detections"]["input_guardrail_response"]
    assert item["status"] == "success" and response["is_safe"] is True and "violations" not in response
    told = {warning["metadata"]["path"]: warning["action"] for warning in response["warnings"]}
    assert told == {"/params/arguments/to": "flag", "/params/arguments/card": "redact"}
    back = alice.item("back", "answer", **hidden(text_result(f"mail ada.lovelace@example.com, pay {CARD}")))
    warnings = back["enkrypt_policy_detections"]["output_guardrail_response"]["warnings"]
    assert sorted({warning["action"] for warning in warnings}) == ["redact"], "both stand in one text, which was replaced"
    assert all(set(warning["metadata"]) == {"guardrail"} for warning in warnings), "a reader is not told where"
    for words in ["Guardrail flagged a message", "Guardrail replaced text of a message", "/params/arguments/to", "server=back"]:
        until(lambda said=words: said in gateway.stderr, words)
    log = gateway.stderr
    assert "ada.lovelace@example.com" not in log and CARD not in log and "4111" not in log


# Policies that observe


OBSERVING = {**KEYWORDS, "mode": "observe"}


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def observed(start: Start, recording: Recording, request: pytest.FixtureRequest) -> Caller:
    gateway = start(
        document([server("stage", env=recording.environment, input_guardrails_policy=OBSERVING, output_guardrails_policy=OBSERVING)])
    )
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def test_an_observing_policy_blocks_nothing_and_tells_what_it_would_have(observed: Caller, recording: Recording) -> None:
    mark = nonce()
    item = observed.item("stage", "mirror", message=BLOCKED, mark=mark)
    assert item["status"] == "success" and BLOCKED in item["response"]
    assert [line for line in recording.lines if mark in line and BLOCKED in line]
    for direction in ("input", "output"):
        response = item["enkrypt_policy_detections"][f"{direction}_guardrail_response"]
        assert response["is_safe"] is True and "violations" not in response
        assert [(warning["type"], warning["action"]) for warning in response["warnings"]] == [("keyword_detector", "would_block")]

    def told() -> list[str]:
        return [line for line in observed.gateway.stderr.splitlines() if "Guardrail would have blocked a message" in line]

    log = until(lambda: told() if len(told()) == 2 else None, "the operator is told of both")
    for line, place in zip(log, ["/params/arguments/message", "/result/content/0/text"], strict=True):
        assert place in line and "keywords" in line and "keyword_detector" in line and BLOCKED not in line


def test_an_observing_policy_leaves_federated_messages_alone(observed: Caller) -> None:
    result = observed.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": BLOCKED}}).result
    assert result["content"][0]["text"] == BLOCKED and not result.get("isError")
    told = result["_meta"]["io.enkrypt.gateway/guardrails"]
    for direction in ("input", "output"):
        assert told[direction]["warnings"] == [{"type": "keyword_detector", "guardrail": "keywords", "action": "would_block"}]


def test_an_observing_policy_survives_a_guardrail_without_a_verdict(start: Start, service: EnkryptService) -> None:
    definition = judged(service, incoming={**policy("bias"), "mode": "observe"}, outgoing={**policy("bias"), "mode": "observe"})
    gateway = start(definition, environment=KEY_VARIABLE)
    service.failing = "500"
    assert Caller(gateway, ALICE).text("stage", "echo", message="FAIL-PLEASE") == "FAIL-PLEASE"
    until(lambda: "Guardrail gave no verdict" in gateway.stderr, "the log says so")


def test_an_observing_policy_replaces_nothing(start: Start, recording: Recording) -> None:
    on = {"enabled": True, "policy_name": "patterns", "block": ["pii"], "mode": "observe"}
    patterns = {"name": "patterns", "provider": "patterns", "config": {"preset": "default"}}
    gateway = start(
        document(
            [server("stage", env=recording.environment, input_guardrails_policy=on, output_guardrails_policy=on)], guardrails=[patterns]
        )
    )
    item = Caller(gateway, ALICE).item("stage", "echo", message=CARD)
    assert item["response"] == CARD and CARD in str(recording.calls)
    [warning] = item["enkrypt_policy_detections"]["input_guardrail_response"]["warnings"]
    assert warning["action"] == "would_redact"
    until(lambda: "Guardrail would have replaced text of a message" in gateway.stderr, "the log says so")
    assert "4111" not in gateway.stderr


def test_definitions_can_be_observed(start: Start) -> None:
    patterns = {"name": "patterns", "provider": "patterns", "config": {"preset": "default"}}
    servers = [
        server("poisoned", "poisoned_tools.py", definition_guardrails_mode="observe"),
        server("guarded", "poisoned_tools.py"),
        server("policy", "poisoned_tools.py", tool_guardrails_policy={"enabled": True, "block": ["injection_attack"], "mode": "observe"}),
    ]
    gateway = start(document(servers, guardrails=[patterns]))
    alice = Caller(gateway, ALICE)

    def names(on: str) -> list[str]:
        return [tool["name"] for tool in alice.tool("enkrypt_discover_all_tools", server_name=on)["tools"]]

    assert names("guarded") == ["add"]
    for on in ("poisoned", "policy"):
        assert names(on) == ["add", "add_with_note", "quiet", "hidden"]

    def observed() -> set[str]:
        said = [line for line in gateway.stderr.splitlines() if "Guardrail would have blocked a message" in line]
        return {name for name in ("poisoned", "policy", "guarded") for line in said if f"server={name}" in line or f'"server":"{name}"' in line}

    until(lambda: observed() >= {"poisoned", "policy"}, "the log tells of both")


def test_a_configuration_that_observes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document([server("stage", input_guardrails_policy=OBSERVING)])), encoding="utf-8")
    path.chmod(0o600)
    ended = run("config", "validate", "--config", path)
    assert ended.status == 0 and "/input_guardrails_policy/mode: the policy observes" in ended.stdout + ended.stderr


# T24


def test_t24_what_guardrails_look_for_and_their_keys_appear_nowhere(start: Start, service: EnkryptService) -> None:
    """Not in answers, errors or lists, and not in the log, whether a guardrail blocks or fails."""
    canary, subject = f"canary{nonce()}", f"subject{nonce()}"
    custom = {"keyword_detector": {"banned_keywords": [canary]}}
    asked = policy("bias", topic=[subject], custom=custom)
    gateway = start(judged(service, incoming=asked, outgoing=asked), environment=KEY_VARIABLE)
    bodies = b""
    for revision in (MODERN, LEGACY[-1]):
        caller = Caller(gateway, ALICE, revision)
        alice = caller if revision == MODERN else caller.initialize()
        for service.failing in ("500", "401", "malformed", "error"):
            for message in ("BIAS", "TOPIC_DETECTOR", "FAIL-PLEASE", "fine"):
                calls = [{"name": "echo", "args": {"message": message}}]
                bodies += alice.rpc("tools/call", {"name": CALL_TOOLS, "arguments": {"server_name": "stage", "tool_calls": calls}}).body
                bodies += alice.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": message}}).body
        for tool, arguments in (
            ("enkrypt_list_all_servers", {}),
            ("enkrypt_get_server_info", {"server_name": "stage"}),
            ("enkrypt_discover_all_tools", {"server_name": "stage"}),
        ):
            bodies += alice.rpc("tools/call", {"name": tool, "arguments": arguments}).body
    assert b"blocked_input" in bodies
    for secret in (canary, subject, EnkryptService.key):
        assert secret.encode() not in bodies, secret
        assert secret not in gateway.stderr, secret
