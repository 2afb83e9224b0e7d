"""Personal data is taken out on its way to a server, and put back for the caller who sent it: on every surface, and for nobody else."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, BOB, NO_POLICY, Document, document, keyword_guardrail, nonce, server
from support.gateway import Gateway
from support.official import HTTP, IS_OLDEST, LOG_LEVEL, MODES, Host, reach
from support.raw import LEGACY, MODERN, Caller, side_by_side
from support.recording import Recording
from support.upstreams import ManySided
from support.waiting import until_true

REDACTING = {"enabled": True, "policy_name": "p", "block": ["pii"], "additional_config": {"pii_redaction": True}}
BLOCKING = {"enabled": True, "policy_name": "p", "block": ["pii"]}
PATTERNS = {"name": "patterns", "provider": "patterns", "config": {"preset": "default"}}
PLACEHOLDER = re.compile(r"<EMAIL_\d+>")
ERAS = [MODERN, LEGACY[-1]]


def address() -> str:
    return f"{uuid.uuid4().hex[:10]}@example.com"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def client(gateway: Gateway, key: str, revision: str) -> Caller:
    caller = Caller(gateway, key, revision)
    return caller if revision == MODERN else caller.initialize()


@pytest.fixture(scope="module")
def recording(shared_recording: Recording) -> Recording:
    return shared_recording


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> ManySided:
    return ManySided("stdio", tmp_path_factory.mktemp("many") / "record", era="legacy", name="many")


@pytest.fixture(scope="module")
def gateway(start_shared: Start, recording: Recording, many: ManySided) -> Gateway:
    def guarded(name: str, outgoing: Document) -> Document:
        return server(name, env=recording.environment, input_guardrails_policy=REDACTING, output_guardrails_policy=outgoing)

    return start_shared(
        document(
            [
                guarded("stage", NO_POLICY),
                guarded("strict", BLOCKING),
                guarded("both", REDACTING),
                server("plain", env=recording.environment),
                many.entry("many", input_guardrails_policy=REDACTING, output_guardrails_policy=BLOCKING),
            ],
            guardrails=[PATTERNS],
        )
    )


@pytest.fixture(params=ERAS)
def revision(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def alice(gateway: Gateway, revision: str) -> Caller:
    return client(gateway, ALICE, revision)


def received(recording: Recording, mark: str) -> Any:
    """The arguments of the call that has this mark, as the server got them."""
    [call] = [call for call in recording.calls if mark in json.dumps(call)]
    return call["params"]["arguments"]


def told(caller: Caller, recording: Recording, value: str, on: str = "stage") -> str:
    """Tells the server a value; the placeholder that it saw."""
    mark = nonce()
    assert caller.text(on, "echo", message=f"{mark} {value}") == f"{mark} {value}"
    message = received(recording, mark)["message"]
    placeholder = message.removeprefix(f"{mark} ")
    assert PLACEHOLDER.fullmatch(placeholder), message
    return placeholder


def hidden(answer: Any) -> str:
    """Arguments for `answer` and `refuse`, with nothing in them to be found."""
    return base64.b64encode(json.dumps(answer).replace("@", "\\u0040").encode()).decode()


# There and back


def test_the_round_trip_is_exact_and_the_server_sees_placeholders(alice: Caller, recording: Recording) -> None:
    mark, (ada, bob) = nonce(), (address(), address())
    arguments = {
        "mark": mark,
        "to": ada,
        "deep": [{"cc": f"{bob}, {ada};\n{ada.upper()}", "card": "4111 1111 1111 1111"}],
        "json": json.dumps({"inner": ada}),
        "code": f"print(\"{ada}\\n\") # \\u0041 for {bob}",
        "escaped": json.dumps({"text": f"line 1\nto {ada}\n", "list": [json.dumps({"deep": f"\t{bob}"})]}),
        "iban": "DE89370400440532013000",
        "count": 3,
        "none": None,
    }
    assert json.loads(alice.text("stage", "mirror", **arguments)) == arguments
    sent = received(recording, mark)
    first, second, third = PLACEHOLDER.findall(sent["deep"][0]["cc"])[0:3]
    assert sent["to"] == second and sent["json"] == json.dumps({"inner": second}) and len({first, second, third}) == 3
    assert sent["deep"][0]["cc"] == f"{first}, {second};\n{third}"
    assert re.fullmatch(r"<CARD_\d+>", sent["deep"][0]["card"]) and re.fullmatch(r"<IBAN_\d+>", sent["iban"])
    assert (sent["count"], sent["none"]) == (3, None)
    assert not [line for line in recording.lines if ada in line or bob in line]


def test_the_same_value_has_the_same_placeholder_in_a_session(alice: Caller, recording: Recording) -> None:
    ada, bob = address(), address()
    placeholder = told(alice, recording, ada)
    assert told(alice, recording, bob) != placeholder
    assert told(alice, recording, ada) == placeholder
    assert told(alice, recording, ada, on="strict") == placeholder


def test_a_batch_is_restored_call_by_call(alice: Caller, recording: Recording) -> None:
    values = [address() for _ in range(3)]
    envelope = alice.batch("stage", *({"name": "echo", "args": {"message": value}} for value in values))
    assert [item["response"] for item in envelope["results"]] == values
    assert [item["enkrypt_mcp_data"]["args"] for item in envelope["results"]] == [{"message": value} for value in values]
    assert envelope["guardrails_applied"]["pii_redaction_enabled"] is True
    assert alice.batch("plain", {"name": "echo", "args": {}})["guardrails_applied"]["pii_redaction_enabled"] is False


def test_own_values_that_come_back_are_no_leak_and_others_are(alice: Caller) -> None:
    ada = address()
    assert alice.text("strict", "echo", message=f"mail {ada}") == f"mail {ada}"
    leak = alice.item("strict", "answer", base64=hidden({"content": [{"type": "text", "text": address()}]}))
    assert leak["status"] == "blocked_output", leak


def test_every_guardrail_judges_before_anything_is_put_back(start: Start, recording: Recording) -> None:
    ada, mark = address(), nonce()
    stage = server(
        "stage",
        env=recording.environment,
        input_guardrails_policy={**REDACTING, "provider": "patterns"},
        output_guardrails_policy={**BLOCKING, "provider": "custom_keyword"},
    )
    alice = Caller(start(document([stage], guardrails=[PATTERNS, keyword_guardrail(words=[ada])])), ALICE)
    text = f"{mark} {ada}"
    assert alice.text("stage", "echo", message=text) == text
    assert PLACEHOLDER.search(received(recording, mark)["message"])
    assert alice.item("stage", "answer", base64=hidden({"content": [_text(f"from elsewhere: {ada}")]}))["status"] == "blocked_output"


def test_without_a_policy_nothing_is_taken_out_or_put_back(alice: Caller, recording: Recording) -> None:
    mark, ada = nonce(), address()
    assert alice.text("plain", "echo", message=f"{mark} {ada}") == f"{mark} {ada}"
    assert received(recording, mark)["message"] == f"{mark} {ada}"
    placeholder = told(alice, recording, ada)
    assert alice.text("plain", "answer", base64=hidden({"content": [{"type": "text", "text": placeholder}]})) == placeholder


# Surfaces of an answer


def _text(value: str) -> Document:
    return {"type": "text", "text": value}


RESULTS: dict[str, Callable[[str], Document]] = {
    "a text": lambda value: {"content": [_text(f"to {value}, and {value}.")]},
    "the second text": lambda value: {"content": [_text("fine"), _text(value)]},
    "structured content": lambda value: {"content": [_text("fine")], "structuredContent": {"a": [{"b": value}], "c": value}},
    "_meta": lambda value: {"content": [_text("fine")], "_meta": {"vendor/note": value}},
    "_meta of a block": lambda value: {"content": [{**_text("fine"), "_meta": {"vendor/note": value}}]},
    "an embedded resource": lambda value: {"content": [{"type": "resource", "resource": {"uri": f"mail:{value}", "text": value}}]},
    "a link": lambda value: {"content": [{"type": "resource_link", "uri": f"mail:{value}", "name": value, "title": value}]},
    "an unknown block": lambda value: {"content": [{"type": "hologram", "label": value}]},
    "an error of the tool": lambda value: {"content": [_text(f"no such user: {value}")], "isError": True},
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS.keys())
def test_t39_every_part_of_a_result_is_restored(alice: Caller, recording: Recording, result: Callable[[str], Document]) -> None:
    ada = address()
    placeholder = told(alice, recording, ada)
    item = alice.item("stage", "answer", base64=hidden(result(placeholder)))
    assert placeholder not in json.dumps(item)
    expected = result(ada)
    for member in expected.keys() - {"isError"}:
        assert item[member] == expected[member]
    direct = alice.rpc("tools/call", {"name": "stage__answer", "arguments": {"base64": hidden(result(placeholder))}}).result
    plain = json.dumps(direct)
    assert placeholder not in plain and plain.count(ada) == json.dumps(expected).count(ada), direct


def test_t39_an_error_of_the_server_is_restored(alice: Caller, recording: Recording) -> None:
    ada = address()
    placeholder = told(alice, recording, ada)
    error = {"code": -32000, "message": f"cannot find {placeholder}", "data": {"who": [placeholder]}}
    item = alice.item("stage", "refuse", base64=hidden(error))
    expected = {"code": -32000, "message": f"cannot find {ada}", "data": {"who": [ada]}}
    assert item["status"] == "error" and item["upstream_error"] == expected
    direct = alice.rpc("tools/call", {"name": "stage__refuse", "arguments": {"base64": hidden(error)}}).error
    assert direct["message"] == expected["message"] and direct["data"] == expected["data"]


def test_t39_prompts_and_resources(alice: Caller, many: ManySided) -> None:
    ada = address()
    prompt = alice.rpc("prompts/get", {"name": "many__greet", "arguments": {"name": ada}}).result
    assert prompt["messages"][0]["content"]["text"] == f"Say hello to {ada}, neutral."
    [uri] = [
        template["uriTemplate"].removesuffix("{?query}")
        for template in alice.rpc("resources/templates/list").result["resourceTemplates"]
        if "search" in template["uriTemplate"]
    ]
    [contents] = alice.rpc("resources/read", {"uri": f"{uri}?query={ada}"}).result["contents"]
    assert contents["text"] == f"many://search?query={ada}"
    sent = [line for line in many.recording.lines if '"prompts/get"' in line or '"resources/read"' in line]
    assert len(sent) >= 2 and not [line for line in many.recording.lines if ada in line]


# While a call runs


@pytest.mark.official_client
@pytest.mark.anyio
@pytest.mark.skipif(IS_OLDEST, reason="version 1.8 of the SDK has no elicitation")
@pytest.mark.parametrize("mode", MODES)
async def test_t39_progress_log_messages_and_questions(gateway: Gateway, many: ManySided, mode: str) -> None:
    ada, eve = address(), address()
    host = Host(fill_in=lambda params: {"action": "accept", "content": {"name": f"I am {eve}"}})
    heard: list[str] = []

    async def progress(_: float, __: float | None, message: str | None) -> None:
        heard.append(str(message))

    async with reach(HTTP(gateway.url, {"apikey": ALICE}), mode, host) as client:
        if not client.is_modern:
            await client.set_level("error")
        await client.call("many__spell", {"letters": [ada], "into": "progress"}, progress=progress)
        await client.call("many__spell", {"letters": [ada], "into": "log"}, meta={LOG_LEVEL: "error"} if client.is_modern else None)
        await until_true(lambda: host.logged, "the message arrives")
        result = await client.call("many__spell", {"letters": [f"Is it {ada}?"], "into": "elicit"})
    assert heard == [ada] and host.logged[0]["data"] == ada
    [(_, question)] = host.asked
    assert question["message"] == f"Is it {ada}?"
    assert f"I am {eve}" in json.dumps(result["structuredContent"])
    assert not [line for line in many.recording.lines if ada in line or eve in line]


def test_t39_answers_that_come_with_the_next_request(gateway: Gateway, many: ManySided) -> None:
    """2026-07-28: the client makes the call again, with its answer."""
    ada, eve = address(), address()
    caller = Caller(gateway, ALICE)
    capabilities = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}
    call = {"name": "many__spell", "arguments": {"letters": [f"Is it {ada}?"], "into": "elicit"}, "_meta": capabilities}
    asked = caller.rpc("tools/call", call).result
    [(key, question)] = asked["inputRequests"].items()
    assert question["params"]["message"] == f"Is it {ada}?"
    answers = {key: {"action": "accept", "content": {"name": f"{eve} or <EMAIL_1>"}}}
    done = caller.rpc("tools/call", {**call, "requestState": asked["requestState"], "inputResponses": answers}).result
    assert f"{eve} or <EMAIL_1>" in json.dumps(done["structuredContent"]), done
    assert not [line for line in many.recording.lines if ada in line or eve in line]


# Whose a placeholder is


def test_nobody_gets_another_ones_value(gateway: Gateway, revision: str, recording: Recording) -> None:
    alice, bob = client(gateway, ALICE, revision), client(gateway, BOB, revision)
    values = [address() for _ in range(3)]
    placeholders = [told(alice, recording, value) for value in values]
    answer = {"content": [_text(" ".join(placeholders))], "structuredContent": {"all": placeholders}}
    assert alice.text("stage", "answer", base64=hidden(answer)) == " ".join(values)
    item = bob.item("stage", "answer", base64=hidden(answer))
    assert not [value for value in values if value in json.dumps(item)]
    own = address()
    told(bob, recording, own)
    again = json.dumps(bob.item("stage", "answer", base64=hidden(answer)))
    assert not [value for value in values if value in again]


def test_sessions_of_one_caller_are_apart(gateway: Gateway, recording: Recording) -> None:
    first, second = (client(gateway, ALICE, LEGACY[-1]) for _ in range(2))
    ada = address()
    placeholder = told(first, recording, ada)
    answer = hidden({"content": [_text(placeholder)]})
    assert second.text("stage", "answer", base64=answer) == placeholder
    assert first.text("stage", "answer", base64=answer) == ada


def test_a_placeholder_in_the_callers_own_words_survives(alice: Caller, recording: Recording) -> None:
    known = address()
    placeholder = told(alice, recording, known)
    mark, ada = nonce(), address()
    # One that stands for something since an earlier call, one that would be next, and one of another kind.
    following = f"<EMAIL_{int(placeholder[7:-1]) + 1}>"
    words = f"{mark}: {placeholder} {following} <PERSON_7> are how {ada} and {known} are written"
    assert alice.text("stage", "echo", message=words) == words
    sent = received(recording, mark)["message"]
    assert sent.startswith(f"{mark}: {placeholder} {following} <PERSON_7> are how <EMAIL_")
    assert not set(PLACEHOLDER.findall(sent)[2:]) & {placeholder, following}, sent
    assert alice.text("stage", "echo", message=f"only {placeholder}") == f"only {placeholder}"


def test_what_others_data_an_answer_has_is_taken_out_for_good(alice: Caller, recording: Recording) -> None:
    ada, carl = address(), address()
    placeholder = told(alice, recording, ada, on="both")
    answer = hidden({"content": [_text(f"{placeholder} {ada} {carl}")], "structuredContent": {"who": carl}})
    item = alice.item("both", "answer", base64=answer)
    first, second, third = item["response"].split(" ")
    assert (first, second) == (ada, ada) and PLACEHOLDER.fullmatch(third)
    assert item["structuredContent"] == {"who": third} and carl not in json.dumps(item)


# Many at once


def test_many_calls_of_one_session_at_once(start: Start, recording: Recording, revision: str) -> None:
    stage = server("stage", env=recording.environment, input_guardrails_policy=REDACTING, output_guardrails_policy=BLOCKING)
    caller = client(start(document([stage], guardrails=[PATTERNS])), ALICE, revision)
    values = [address() for _ in range(12)]
    mark = nonce()

    def ask(number: int) -> tuple[str, str]:
        text = f"{mark} {number}: " + " ".join(values[(number + step) % 12] for step in range(4)) + f" own{number}.{mark[-6:]}@example.com"
        return text, caller.text("stage", "echo", message=text)

    for text, answer in side_by_side(32, ask, range(64)):
        assert answer == text
    sent = [call["params"]["arguments"]["message"] for call in recording.calls if mark in json.dumps(call)]
    assert len(sent) == 64 and not [line for line in sent if "@example.com" in line]
    meaning: dict[str, set[str]] = {}
    for line in sent:
        number = int(line.removeprefix(f"{mark} ").split(":")[0])
        found = PLACEHOLDER.findall(line)
        for step in range(4):
            meaning.setdefault(found[step], set()).add(values[(number + step) % 12])
        meaning.setdefault(found[4], set()).add(f"own{number}")
    assert len(meaning) == 12 + 64 and all(len(values) == 1 for values in meaning.values()), "one placeholder, one value"


# What cannot be done


@pytest.mark.parametrize("on_failure", ["block", "allow"])
def test_more_values_than_can_be_kept(start: Start, recording: Recording, on_failure: str) -> None:
    stage = server("stage", env=recording.environment, input_guardrails_policy=REDACTING)
    gateway = start(document([stage], guardrails=[{**PATTERNS, "on_failure": on_failure, "timeout": 20}]))
    mark = nonce()
    text = " ".join(f"a-rather-long-name-of-somebody-{number}@department.of.a.company.example.com" for number in range(16_000))
    item = Caller(gateway, ALICE).item("stage", "echo", message=text, mark=mark)
    if on_failure == "block":
        assert item["status"] == "blocked_input", item["status"]
        assert [violation["type"] for violation in item["input_guardrail_response"]["violations"]] == ["guardrail_failure"]
        assert not [call for call in recording.calls if mark in json.dumps(call)]
    else:
        assert item["status"] == "success" and item["response"] == text
    assert "a-rather-long-name" not in gateway.stderr


def test_a_member_name_cannot_be_taken_out(alice: Caller, recording: Recording) -> None:
    mark, ada = nonce(), address()
    assert alice.item("stage", "mirror", **{ada: 1, "mark": mark})["status"] == "blocked_input"
    assert not [call for call in recording.calls if mark in json.dumps(call)]


@pytest.mark.parametrize("direction", ["input", "output"])
def test_a_configuration_that_nobody_can_carry_out_is_refused(tmp_path: Any, direction: str) -> None:
    path = tmp_path / "config.json"
    stage = server("stage")
    stage[f"{direction}_guardrails_policy"] = REDACTING
    path.write_text(json.dumps(document([stage])), encoding="utf-8")
    path.chmod(0o600)
    ended = run("serve", "--config", path)
    assert ended.status == 1
    assert f"{direction}_guardrails_policy of server 'stage' asks for pii_redaction" in ended.stderr, ended.stderr
    assert "'patterns' or 'enkrypt'" in ended.stderr
