"""Whether guardrails run: the self-test at the start, the circuit breaker, and what the operator can see of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.cli import Ended, run
from support.documents import ALICE, BLOCKED, BOB, Document, document, keyword_guardrail, nonce, server
from support.gateway import Gateway
from support.raw import Caller
from support.recording import Recording
from support.rest import Rest, administered, port_of
from support.verdicts import VerdictService
from support.waiting import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plugins.folder_with(tmp_path_factory.mktemp("health") / "plugins", plugins.OWN, ["asking", "moody"])


@pytest.fixture
def service() -> Iterator[VerdictService]:
    service = VerdictService(BLOCKED)
    yield service
    service.close()


def asking(service: VerdictService, **binding: Any) -> Document:
    return {
        "name": "ask",
        "provider": "asking",
        "config": {"url": service.url()},
        "egress": {"allow": [service.address]},
        "timeout": 2,
        **binding,
    }


def guarded(folder: Path, guardrails: list[Document], record: Recording | None = None, **options: Any) -> Document:
    servers = [server("stage", env=record.environment if record else {}, guarded=True)]
    return document(servers, guardrails=guardrails, plugins={"path": [str(folder)]}, **options)


def serve(tmp_path: Path, definition: Document) -> Ended:
    """A start that has to fail."""
    gateway = Gateway(tmp_path, definition)
    gateway.config.parent.mkdir(mode=0o700, exist_ok=True)
    gateway.write(definition)
    return run("serve", "--port", "0", "--config", gateway.config)


def status(caller: Caller, name: str = "ask") -> Document:
    found = caller.tool("enkrypt_get_timeout_metrics")["guardrails"]
    return next(guardrail for guardrail in found if guardrail["guardrail"] == name)


def health(gateway: Gateway, *options: str) -> Ended:
    return run("system", "health", "--url", gateway.url, *options, environment={"ENKRYPT_GATEWAY_KEY": ALICE})


# At the start


def test_t40_a_gateway_does_not_serve_while_a_guardrail_that_blocks_gives_no_verdict(folder: Path, tmp_path: Path, service: VerdictService) -> None:
    service.is_broken = True
    ended = serve(tmp_path, guarded(folder, [asking(service)]))
    assert ended.status == 1
    assert "URL" not in ended.stdout, "nothing is served"
    assert "error: The guardrail 'ask' gave no verdict in its self-test (input, policy 'keywords' of server 'stage')" in ended.stderr
    assert "the service did not answer with 200" in ended.stderr, "why"
    assert '"startup": "degraded"' in ended.stderr and "guardrail test" in ended.stderr, "what to do"


@pytest.mark.parametrize("mode", ["unavailable", "forget", "malformed"])
def test_t40_whatever_is_no_verdict_fails_the_self_test(folder: Path, tmp_path: Path, mode: str) -> None:
    ended = serve(tmp_path, guarded(folder, [{"name": "moody", "provider": "moody", "config": {"mode": mode}, "timeout": 1}]))
    assert ended.status == 1 and "The guardrail 'moody' gave no verdict in its self-test" in ended.stderr


def test_t40_a_verdict_of_any_kind_is_proof(start: Start, folder: Path) -> None:
    gateway = start(guarded(folder, [{"name": "moody", "provider": "moody", "config": {"mode": "block"}, "timeout": 5}]))
    until(lambda: "blocks the harmless text of its self-test" in gateway.stderr, "the log wonders")


@pytest.mark.parametrize("policy", ["allow", "allow_and_flag"])
def test_a_guardrail_that_may_be_missing_does_not_stop_a_start(start: Start, folder: Path, service: VerdictService, policy: str) -> None:
    service.is_broken = True
    alice = Caller(start(guarded(folder, [asking(service, on_failure=policy)])), ALICE)
    assert alice.item("stage", "echo", message="fine")["status"] == "success"


def test_t40_degraded_serves_and_blocks_and_notices_by_itself_when_the_guardrail_is_back(
    start: Start, folder: Path, service: VerdictService, recording: Recording
) -> None:
    service.is_broken = True
    gateway = start(administered(guarded(folder, [asking(service, startup="degraded")], recording)))
    alice = Caller(gateway, ALICE)
    until(lambda: status(alice)["state"] == "failing", "the failed self-test shows")
    api = Rest(port_of(gateway))
    assert api.done("GET", "/system/runtime")["status"] == "failing" and api.get("/system/runtime").headers["x-problem"] == "found"
    assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"
    assert recording.calls == []
    assert health(gateway).status == 1
    service.is_broken = False
    until(lambda: status(alice)["self_test"] == {"passed": 2, "failed": 0}, "the self-test is repeated without a call")
    assert status(alice)["state"] == "working" and status(alice)["breaker"] == "closed"
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    assert health(gateway).status == 0
    assert api.done("GET", "/system/runtime")["status"] == "healthy" and "x-problem" not in api.get("/system/runtime").headers


def test_each_policy_is_tried_once_for_each_direction(start: Start, folder: Path, service: VerdictService) -> None:
    definition = guarded(folder, [asking(service)])
    first = definition["mcp_configs"]["config-1"]["mcp_config"][0]
    other = {"enabled": True, "policy_name": "other", "block": ["bias"]}
    definition["mcp_configs"]["config-1"]["mcp_config"] += [
        {**first, "server_name": "same"},
        {**first, "server_name": "different", "input_guardrails_policy": other},
        {**first, "server_name": "off", "input_guardrails_policy": {"enabled": False}, "output_guardrails_policy": {"enabled": False}},
    ]
    alice = Caller(start(definition), ALICE)
    assert status(alice)["self_test"] == {"passed": 3, "failed": 0}
    assert len(service.canaries) == 3 and service.seen == []


def test_a_guardrail_that_nobody_uses_is_not_tried(start: Start, folder: Path, service: VerdictService) -> None:
    service.is_broken = True
    definition = guarded(folder, [keyword_guardrail(), asking(service)])
    for policy in ("input_guardrails_policy", "output_guardrails_policy"):
        definition["mcp_configs"]["config-1"]["mcp_config"][0][policy] = {"enabled": True, "provider": "keywords", "block": ["bias"]}
    alice = Caller(start(definition), ALICE)
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    assert service.asked == 0 and status(alice)["state"] == "unused"


# After an edit


def test_an_edit_that_brings_a_guardrail_without_verdicts_is_refused_whole(start: Start, folder: Path, service: VerdictService) -> None:
    service.is_broken = True
    gateway = start(guarded(folder, [keyword_guardrail()]))
    alice = Caller(gateway, ALICE)
    gateway.edit(lambda document: document["plugins"]["guardrails"].append(asking(service)))
    assert alice.item("stage", "echo", message="fine")["status"] == "success", "the old configuration goes on"
    until(lambda: "cannot take effect: The guardrail 'ask' gave no verdict in its self-test" in gateway.stderr, "the log says why")
    assert [guardrail["guardrail"] for guardrail in alice.tool("enkrypt_get_timeout_metrics")["guardrails"]] == ["keywords"]
    service.is_broken = False
    gateway.edit(lambda document: None)
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    assert status(alice)["self_test"] == {"passed": 2, "failed": 0}
    assert service.seen, "it judges now"


def test_an_outage_does_not_hold_up_an_edit_of_something_else(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(guarded(folder, [asking(service)]))
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB)
    assert bob.item("stage", "echo", message="fine")["status"] == "success"
    service.is_broken = True
    gateway.edit(lambda document: document["apikeys"][BOB].update(disabled=True))
    assert bob.rpc("tools/list").status == 401
    assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"


# The breaker


def test_t15_a_guardrail_that_hangs_is_not_waited_for_by_every_call(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(guarded(folder, [asking(service, timeout=1, breaker={"failures": 3, "pause": 600})]))
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    service.hangs = True
    for _ in range(3):
        assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"
    asked = service.asked
    for _ in range(20):
        item = alice.item("stage", "echo", message="fine")
        assert item["status"] == "blocked_input"
        assert item["input_guardrail_response"]["violations"][0]["type"] == "guardrail_failure"
        assert item["input_guardrail_response"]["processing_time_ms"] < 1000, "nobody waits for a timeout"
    assert service.asked == asked, "the guardrail is left alone"
    found = status(alice)
    assert found["breaker"] == "open" and found["state"] == "failing" and found["not_asked"] == 20 and found["breaker_openings"] == 1
    assert found["failures_by_kind"] == {"timeout": 3} and found["last_failure_kind"] == "timeout" and 0 < found["retry_in_seconds"] <= 600
    assert gateway.stderr.count("too many failures in a row opened its breaker pause") <= 1
    until(lambda: "Guardrail is not asked for a while" in gateway.stderr, "the log says so")


@pytest.mark.parametrize(("policy", "flags"), [("allow", None), ("allow_and_flag", ["ask"])])
def test_t15_an_open_breaker_counts_by_policy(
    start: Start, folder: Path, service: VerdictService, policy: str, flags: list[str] | None
) -> None:
    alice = Caller(start(guarded(folder, [asking(service, on_failure=policy, breaker={"failures": 1, "pause": 600})])), ALICE)
    until(lambda: status(alice)["self_test"]["passed"] == 2, "the self-test is over")
    service.is_broken = True
    for _ in range(3):
        item = alice.item("stage", "echo", message=f"fine {nonce()}")
        assert item["status"] == "success"
        for direction in ("input", "output"):
            assert item["enkrypt_policy_detections"][f"{direction}_guardrail_response"].get("unscreened_by") == flags
    assert status(alice)["breaker"] == "open" and status(alice)["failures"] == 1


def test_a_breaker_closes_when_the_guardrail_is_back(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(guarded(folder, [asking(service, breaker={"failures": 2, "pause": 0.2})]))
    alice = Caller(gateway, ALICE)
    service.is_broken = True
    until(lambda: alice.item("stage", "echo", message="fine")["status"] == "blocked_input" and status(alice)["breaker"] == "open", "it opens")
    service.is_broken = False
    until(lambda: alice.item("stage", "echo", message="fine")["status"] == "success", "a trial finds it well")
    assert status(alice)["breaker"] == "closed"
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input", "and it judges"
    until(lambda: "its breaker is closed" in gateway.stderr, "the log says so")


def test_a_breaker_of_0_failures_never_opens(start: Start, folder: Path, service: VerdictService) -> None:
    alice = Caller(start(guarded(folder, [asking(service, breaker={"failures": 0})])), ALICE)
    service.is_broken = True
    asked = service.asked
    for _ in range(8):
        assert alice.item("stage", "echo", message="fine")["status"] == "blocked_input"
    assert service.asked == asked + 8 and status(alice)["breaker"] == "closed"


def test_one_guardrails_breaker_is_its_own(start: Start, folder: Path, service: VerdictService) -> None:
    chain = [asking(service, on_failure="allow", breaker={"failures": 1, "pause": 600}), keyword_guardrail()]
    alice = Caller(start(guarded(folder, chain)), ALICE)
    until(lambda: status(alice)["self_test"]["passed"] == 2, "the self-test is over")
    service.is_broken = True
    assert alice.item("stage", "echo", message="fine")["status"] == "success"
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"
    assert status(alice)["breaker"] == "open" and status(alice, "keywords")["breaker"] == "closed"


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        ({"breaker": {"failures": -1}}, "must be a whole number from 0 to 1000"),
        ({"breaker": {"pause": 0}}, "must be a length of time above 0"),
        ({"breaker": {"pauses": 1}}, 'unknown key "pauses"'),
        ({"breaker": 3}, "expected an object"),
        ({"startup": "sometimes"}, "must be one of"),
    ],
)
def test_a_mistake_in_the_settings_is_told_with_its_place(
    folder: Path, tmp_path: Path, service: VerdictService, binding: Document, words: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(guarded(folder, [asking(service, **binding)])))
    path.chmod(0o600)
    ended = run("config", "validate", "--config", path)
    assert ended.status == 1 and words in ended.stderr and "/plugins/guardrails/0/" in ended.stderr, ended.stderr


# What the operator sees


def test_t40_counters_say_what_each_guardrail_did(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(guarded(folder, [keyword_guardrail(words=["first-word"]), asking(service)]))
    alice = Caller(gateway, ALICE)
    before, tried = status(alice), status(alice, "keywords")
    assert before["last_run"], "the self-test ran it"
    alice.item("stage", "echo", message="fine")
    alice.item("stage", "echo", message=BLOCKED)
    alice.item("stage", "echo", message="first-word")
    after, keywords = status(alice), status(alice, "keywords")
    assert after["runs"] - before["runs"] == 3 and after["blocked"] - before["blocked"] == 1
    assert after["failures"] == 0 and after["last_failure"] is None and after["mean_milliseconds"] > 0
    assert keywords["blocked"] - tried["blocked"] == 1
    ended = health(gateway)
    assert ended.status == 0 and ended.json["status"] == "healthy"
    assert [guardrail["guardrail"] for guardrail in ended.json["guardrails"]] == ["keywords", "ask"]
    table = health(gateway, "--output", "table")
    assert table.status == 0 and table.stdout.splitlines()[0].split()[:3] == ["GUARDRAIL", "STATE", "BREAKER"]


def test_counts_go_on_when_a_binding_changes(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(guarded(folder, [asking(service)]))
    alice = Caller(gateway, ALICE)
    alice.item("stage", "echo", message=BLOCKED)
    runs = status(alice)["runs"]
    gateway.edit(lambda document: document["plugins"]["guardrails"][0].update(breaker={"failures": 9}))
    alice.item("stage", "echo", message="fine")
    assert status(alice)["runs"] > runs and status(alice)["blocked"] == 1


def test_counters_reach_telemetry(start: Start, folder: Path, service: VerdictService) -> None:
    definition = guarded(folder, [asking(service)])
    definition["plugins"]["telemetry"] = [{"provider": "stdout"}]
    gateway = start(definition)
    Caller(gateway, ALICE).item("stage", "echo", message=BLOCKED)
    gateway.stop()
    for name in ("enkrypt_guardrail_checks_total", "enkrypt_guardrail_check_duration_seconds", "enkrypt_guardrail_breaker_open"):
        assert name in gateway.stdout, name
    points = [line for line in gateway.stdout.splitlines() if "enkrypt_guardrail_checks_total" in line]
    assert any('"ask"' in line and '"block"' in line for line in points)


def test_t40_federated_results_say_that_guardrails_ran(start: Start, folder: Path, service: VerdictService) -> None:
    gateway = start(guarded(folder, [keyword_guardrail(), asking(service, on_failure="allow_and_flag", breaker={"failures": 0})]))
    for alice in (Caller(gateway, ALICE), Caller(gateway, ALICE, "2025-11-25").initialize()):
        service.is_broken = False
        meta = alice.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": "fine"}}).result["_meta"]
        assert meta["io.enkrypt.gateway/guardrails"] == {"input": {"guardrail_runs": 2}, "output": {"guardrail_runs": 2}}
        service.is_broken = True
        meta = alice.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": "fine"}}).result["_meta"]
        proof = {"guardrail_runs": 1, "unscreened_by": ["ask"]}
        assert meta["io.enkrypt.gateway/guardrails"] == {"input": proof, "output": proof}


def test_federated_results_of_a_server_without_policies_are_left_alone(start: Start, folder: Path) -> None:
    definition = document([server("stage")], plugins={"path": [str(folder)]})
    alice = Caller(start(definition), ALICE, "2025-11-25").initialize()
    result = alice.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": "x"}}).result
    assert "io.enkrypt.gateway/guardrails" not in result.get("_meta", {})


# Trying it


def tried(folder: Path, tmp_path: Path, guardrails: list[Document], *words: str, stdin: str | None = None) -> Ended:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(guarded(folder, guardrails)))
    path.chmod(0o600)
    return run("guardrail", "test", "--config", path, "--server", "stage", *words, stdin=stdin)


def test_guardrail_test_shows_what_each_guardrail_says(folder: Path, tmp_path: Path, service: VerdictService) -> None:
    chain = [keyword_guardrail(words=["first-word"]), asking(service)]
    fine = tried(folder, tmp_path, chain, "--input", "fine")
    assert fine.status == 0 and fine.json["outcome"] == "allowed"
    assert [(said["guardrail"], said["action"]) for said in fine.json["guardrails"]] == [("keywords", "allow"), ("ask", "allow")]
    blocked = tried(folder, tmp_path, chain, "--input", "-", stdin=f"it is {BLOCKED}")
    assert blocked.status == 3 and blocked.json["outcome"] == "blocked"
    assert blocked.json["guardrails"][1]["findings"][0]["detector"] == "service"
    first = tried(folder, tmp_path, chain, "--input", '{"a": ["x", "first-word"]}', "--json", "--phase", "output")
    assert first.status == 3 and first.json["guardrails"][1]["action"] == "not asked", "the first block ends the chain"
    finding = first.json["guardrails"][0]["findings"][0]
    assert (finding["place"], finding["start"], finding["end"]) == ("/a/1", 0, 10)


def test_guardrail_test_tells_a_missing_verdict_from_a_block(folder: Path, tmp_path: Path, service: VerdictService) -> None:
    service.is_broken = True
    for policy in ("block", "allow"):
        ended = tried(folder, tmp_path, [asking(service, on_failure=policy)], "--input", "fine")
        assert ended.status == 4 and ended.json["outcome"] == "no_verdict"
        said = ended.json["guardrails"][0]
        assert said["action"] == "no verdict" and said["on_failure"] == policy and "did not answer with 200" in said["reason"]


def test_guardrail_test_shows_a_rewritten_text(folder: Path, tmp_path: Path) -> None:
    moody = {"name": "moody", "provider": "moody", "config": {"mode": "transform"}}
    ended = tried(folder, tmp_path, [moody], "--input", "a secret word")
    assert ended.status == 0 and ended.json["outcome"] == "transformed"
    assert ended.json["transformed"] == {"text": "a [hidden] word"}
    assert ended.json["guardrails"][0]["replacements"] == [{"place": "/text", "text": "a [hidden] word"}]


def test_guardrail_test_of_a_definition_and_of_nothing_that_is_judged(folder: Path, tmp_path: Path, service: VerdictService) -> None:
    definition = json.dumps({"name": "x", "description": f"{BLOCKED} fruit"})
    ended = tried(folder, tmp_path, [keyword_guardrail()], "--input", definition, "--json", "--phase", "tool")
    assert ended.status == 3 and ended.json["guardrails"][0]["findings"][0]["place"] == "/description"
    ended = tried(folder, tmp_path, [asking(service)], "--input", "fine", "--phase", "tool")
    assert ended.status == 0 and ended.json["outcome"] == "unscreened" and "no guardrail judges this" in ended.stderr


def test_guardrail_test_says_what_is_wrong_with_its_words(folder: Path, tmp_path: Path) -> None:
    ended = tried(folder, tmp_path, [keyword_guardrail()], "--input", "{", "--json")
    assert ended.status == 2 and ended.stdout == "" and "--input is not valid JSON" in ended.stderr
    path = tmp_path / "config.json"
    ended = run("guardrail", "test", "--config", path, "--server", "nowhere", "--input", "x")
    assert ended.status == 1 and ended.stdout == "" and "There is no server 'nowhere'" in ended.stderr


def test_guardrail_list_shows_who_judges_what(folder: Path, tmp_path: Path, service: VerdictService) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(guarded(folder, [keyword_guardrail(), asking(service)])))
    path.chmod(0o600)
    ended = run("guardrail", "list", "--config", path)
    assert ended.status == 0
    assert [(entry["guardrail"], entry["provider"], entry["phases"], entry["used_by"]) for entry in ended.json] == [
        ("keywords", "custom_keyword", ["input", "output", "tool", "server"], ["stage (input, output, tool, server)"]),
        ("ask", "asking", ["input", "output"], ["stage (input, output)"]),
    ]
