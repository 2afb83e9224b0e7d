"""`requestState` in the hands of clients of 2026-07-28: calls that are held for one use of it, and calls of which nothing is kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.bridges import exposed, only
from support.documents import ALICE, BLOCKED, BOB, POLICY, nonce
from support.gateway import Gateway
from support.official import SDK
from support.raw import CALL_TOOLS, Answer, Caller
from support.upstreams import ManySided
from support.waiting import until

#: A call is held before a server of an older revision, and carried by its client before one of 2026-07-28.
HELD, CARRIED = ("stdio", "legacy"), ("http", "modern")
SERVERS = [HELD, CARRIED] if SDK >= 2 else [HELD]

ASKING = {"elicitation": {}, "sampling": {}, "roots": {}}
ACCEPTED = {"action": "accept", "content": {"name": "Ada", "age": 36, "fond": True, "colour": "red"}}


class Site:
    """A gateway before one many-sided server."""

    def __init__(self, gateway: Gateway, upstream: ManySided):
        self.gateway, self.upstream = gateway, upstream

    def caller(self, key: str = ALICE) -> Caller:
        return Caller(self.gateway, key)

    def elicit(self, message: str, key: str = ALICE, tool: str = "elicit", **again: Any) -> Answer:
        """One round of a call."""
        return self.call(tool, {"message": message}, key, **again)

    def call(self, tool: str, arguments: dict[str, Any], key: str = ALICE, capabilities: Any = None, **again: Any) -> Answer:
        meta = {"io.modelcontextprotocol/clientCapabilities": ASKING if capabilities is None else capabilities}
        params = {"name": tool, "arguments": arguments, "_meta": meta, **again}
        return self.caller(key).rpc("tools/call", params, path=only("many"))

    def cancelled(self) -> list[Any]:
        return self.upstream.recording.of("notifications/cancelled")


@contextmanager
def site(start: Start, folder: Path, server: tuple[str, str], *, gateway: Any = None, **entry: Any) -> Iterator[Site]:
    transport, era = server
    folder.mkdir(exist_ok=True)
    with ManySided(transport, folder / "record", era=era) as upstream:
        document = exposed([upstream.entry("many", **entry)])
        document["gateway"].update(gateway or {})
        yield Site(start(document), upstream)


@pytest.fixture(scope="module", params=SERVERS, ids=["held", "carried"][: len(SERVERS)])
def either(request: pytest.FixtureRequest, start_shared: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(start_shared, tmp_path_factory.mktemp("either"), request.param) as here:
        yield here


@pytest.fixture(params=SERVERS, ids=["held", "carried"][: len(SERVERS)])
def impatient(request: pytest.FixtureRequest, start: Start, tmp_path: Path) -> Iterator[Site]:
    """A gateway that waits for clients no longer than a second."""
    with site(start, tmp_path, request.param, gateway={"input_timeout": 1}) as here:
        yield here


@pytest.fixture
def holding(start: Start, tmp_path: Path) -> Iterator[Site]:
    with site(start, tmp_path, HELD) as here:
        yield here


def again(asked: dict[str, Any], answer: Any = ACCEPTED) -> dict[str, Any]:
    """What goes with the request when it is made again."""
    return {"requestState": asked["requestState"], "inputResponses": {key: answer for key in asked["inputRequests"]}}


def refused(answer: Answer) -> bool:
    return answer.status == 400 and answer.error["code"] == -32602 and "requestState is not valid here" in answer.error["message"]


def test_a_state_is_good_once_where_a_call_is_held(either: Site) -> None:
    question = nonce()
    asked = either.elicit(question).result
    done = either.elicit(question, **again(asked)).result
    assert done["structuredContent"]["form"]["content"]["name"] == "Ada"
    second = either.elicit(question, **again(asked))
    if either.upstream.transport == "stdio":
        assert refused(second), "the call that was held is over"
    else:
        assert second.result["resultType"] == "complete", "nothing was kept, so nothing was used up"


def test_the_states_of_two_calls_are_not_mixed_up(either: Site) -> None:
    first, second = nonce(), nonce()
    asked = {question: either.elicit(question).result for question in (first, second)}
    assert refused(either.elicit(second, **again(asked[first])))
    assert refused(either.elicit(first, BOB, **again(asked[first])))
    assert refused(either.elicit(first, tool="sample", **again(asked[first])))
    for question in (first, second):
        assert either.elicit(question, **again(asked[question])).result["resultType"] == "complete"


def test_the_same_request_may_be_written_in_another_way(either: Site) -> None:
    question = nonce()
    asked = either.elicit(question).result
    message = either.caller().message("tools/call", {"name": "elicit", "arguments": {"message": question}, **again(asked)})
    message["params"] = dict(reversed(list(message["params"].items())))
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = ASKING
    body = json.dumps(message, indent=4).encode()
    headers = either.caller().headers(message)
    assert either.caller().post(body, headers=headers, path=only("many")).result["resultType"] == "complete"


@pytest.mark.parametrize("state", ["", "AAAA", "A" * 100, "A" * (300 << 10), "\u00e9", 7, [], {}], ids=lambda state: str(state)[:8])
def test_what_is_no_state_is_refused(either: Site, state: Any) -> None:
    answer = either.elicit(nonce(), requestState=state, inputResponses={})
    assert answer.status == 400 and answer.error["code"] == -32602
    assert len(answer.body) < 1000, "nothing of it is repeated"


@pytest.mark.parametrize("responses", [[], "x", {"form": "x"}, {"form": [], "q1": []}])
def test_answers_have_a_form(either: Site, responses: Any) -> None:
    question = nonce()
    state = either.elicit(question).result["requestState"]
    answer = either.elicit(question, requestState=state, inputResponses=responses)
    assert answer.status == 400 and answer.error["code"] == -32602


def test_answers_without_a_state_are_refused(either: Site) -> None:
    question = nonce()
    answer = either.elicit(question, inputResponses={"form": ACCEPTED, "q1": ACCEPTED})
    assert answer.status == 400 and answer.error["code"] == -32602
    assert question not in "".join(either.upstream.recording.lines)


def test_what_was_not_answered_is_asked_again(holding: Site) -> None:
    question = nonce()
    asked = holding.elicit(question).result
    once_more = holding.elicit(question, requestState=asked["requestState"], inputResponses={"other": ACCEPTED}).result
    assert once_more["inputRequests"] == asked["inputRequests"] and once_more["requestState"] != asked["requestState"]
    assert refused(holding.elicit(question, **again(asked)))
    assert holding.elicit(question, **again(once_more)).result["resultType"] == "complete"


def test_a_client_that_does_not_come_back(impatient: Site) -> None:
    """Where the call is held, the server is told in the end that nobody wants its answer."""
    question = nonce()
    asked = impatient.elicit(question).result
    if impatient.upstream.transport == "stdio":
        until(impatient.cancelled, "the server is told")
    until(lambda: refused(impatient.elicit(question, **again(asked))), "the state is not good any more", pause=0.5)
    asked = impatient.elicit(question).result
    assert impatient.elicit(question, **again(asked)).result["resultType"] == "complete"


@pytest.mark.skipif(SDK < 2, reason="a server of an older revision bounds its own questions before that")
def test_the_calls_that_wait_are_bounded(start: Start, tmp_path: Path) -> None:
    """One call too many of a client fails instead of waiting; when the others are given up, there is room again."""
    with site(start, tmp_path, CARRIED, gateway={"input_timeout": 6}) as here:
        here.gateway.edit(lambda document: document["mcp_configs"]["config-1"].update(exposure="both"))

        def batch(key: str) -> dict[str, Any]:
            arguments = {"server_name": "many", "tool_calls": [{"name": "elicit"}]}
            return here.caller(key).rpc("tools/call", {"name": CALL_TOOLS, "arguments": arguments, "_meta": _meta("1")}).result

        assert [batch(ALICE)["resultType"] for _ in range(64)] == ["input_required"] * 64
        [over] = batch(ALICE)["structuredContent"]["results"]
        assert over["status"] == "error" and "did not give it" in over["message"]
        assert batch(BOB)["resultType"] == "input_required"
        until(lambda: batch(ALICE)["resultType"] == "input_required", "there is room again", pause=0.5)


def test_the_end_of_the_gateway_ends_calls_that_wait(holding: Site) -> None:
    assert holding.elicit(nonce()).result["resultType"] == "input_required"
    holding.gateway.stop()
    until(lambda: holding.upstream.recording.events("end of input"), "the server is ended as well")


def test_what_is_forbidden_while_the_client_is_asked_stays_undone(either: Site) -> None:
    question = nonce()
    asked = either.elicit(question).result
    before = len(either.upstream.recording.lines)
    either.gateway.edit(lambda document: _entry(document).update(denied_tools=["elicit"]))
    try:
        answer = either.elicit(question, **again(asked))
        assert answer.error["code"] == -32602 and "not valid here" not in answer.error["message"]
        assert "Ada" not in "".join(either.upstream.recording.lines[before:])
    finally:
        either.gateway.edit(lambda document: _entry(document).update(denied_tools=[]))


def _entry(document: dict[str, Any]) -> dict[str, Any]:
    return document["mcp_configs"]["config-1"]["mcp_config"][0]


def test_a_batch_asks_in_the_middle(start: Start, tmp_path: Path) -> None:
    """Progress goes to the exchange that is open, under its own token."""
    for server in SERVERS:
        with site(start, tmp_path / server[0], server) as here:
            calls = [{"name": "elicit", "args": {}}, {"name": "progress", "args": {"steps": 2, "pause_ms": 20}}]
            batch = {"name": CALL_TOOLS, "arguments": {"server_name": "many", "tool_calls": calls}}
            here.gateway.edit(lambda document: document["mcp_configs"]["config-1"].update(exposure="both"))
            asked = here.caller().rpc("tools/call", {**batch, "_meta": _meta("first")}).result
            [request] = asked["inputRequests"].values()
            assert request["method"] == "elicitation/create"
            message = here.caller().message("tools/call", {**batch, **again(asked), "_meta": _meta("second")})
            heard = _events(here.caller().post(message).body)
            tokens = [event["params"]["progressToken"] for event in heard[:-1]]
            assert tokens == ["second", "second"]
            results = heard[-1]["result"]["structuredContent"]["results"]
            assert [result["status"] for result in results] == ["success", "success"]
            assert "Ada" in results[0]["response"]


def _meta(token: str) -> dict[str, Any]:
    return {"io.modelcontextprotocol/clientCapabilities": ASKING, "progressToken": token}


def _events(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in body.decode().splitlines() if line.startswith("data: {")]


def test_guardrails_judge_what_the_client_brings(start: Start, tmp_path: Path) -> None:
    for server in SERVERS:
        with site(start, tmp_path / server[0], server, guarded=True) as here:
            question = nonce()
            asked = here.elicit(question).result
            answer = here.elicit(question, **again(asked, {"action": "accept", "content": {"name": f"{BLOCKED} {question}"}}))
            assert "Ada" not in json.dumps(answer.json)
            assert not [line for line in here.upstream.recording.lines if BLOCKED in line]


# Servers of older revisions that want a visit to a web page first

VISIT = {"mode": "url", "elicitationId": "e-1", "url": "https://example.com/consent", "message": "Please agree"}
INSISTS = {"code": -32042, "message": "URL elicitation required", "data": {"elicitations": [VISIT]}}


def test_a_visit_to_a_web_page_is_asked_for_in_the_clients_own_way(holding: Site) -> None:
    able = {"elicitation": {"form": {}, "url": {}}}
    asked = holding.call("refuse", INSISTS, capabilities=able).result
    [request] = asked["inputRequests"].values()
    assert request == {"method": "elicitation/create", "params": VISIT}
    once_more = holding.call("refuse", INSISTS, capabilities=able, **again(asked, {"action": "accept"})).result
    assert once_more["resultType"] == "input_required", "the server says when it is enough"
    sent = holding.upstream.recording.calls
    assert len(sent) == 2 and not any("inputResponses" in call["params"] for call in sent)
    declined = holding.call("refuse", INSISTS, capabilities=able, **again(once_more, {"action": "decline"})).result
    assert declined["isError"] is True and len(holding.upstream.recording.calls) == 2


@pytest.mark.parametrize("capabilities", [{}, {"elicitation": {}}, {"elicitation": {"form": {}}}])
def test_a_visit_is_asked_of_clients_that_declared_it(holding: Site, capabilities: Any) -> None:
    answer = holding.call("refuse", INSISTS, capabilities=capabilities)
    assert answer.status == 400 and answer.error["code"] == -32021
    assert answer.error["data"]["requiredCapabilities"] == {"elicitation": {"url": {}}}


def test_a_client_of_an_older_revision_gets_the_servers_own_error(holding: Site) -> None:
    caller = Caller(holding.gateway, ALICE, "2025-11-25").initialize()
    answer = caller.rpc("tools/call", {"name": "many__refuse", "arguments": INSISTS})
    assert answer.status == 200 and answer.error["code"] == -32042 and answer.error["data"] == INSISTS["data"]


@pytest.mark.parametrize("bad", [{"elicitationId": f"run {BLOCKED} now"}, {"elicitationId": "e-0", "message": BLOCKED}])
def test_t39_a_visit_of_a_blocked_error_is_not_remembered(start: Start, tmp_path: Path, bad: Any) -> None:
    """Its id would else be told later, in a message of its own."""
    with site(start, tmp_path, HELD, output_guardrails_policy=POLICY) as here:
        caller = Caller(here.gateway, ALICE, "2025-11-25").initialize()
        with caller.listening() as stream:
            blocked = caller.rpc("tools/call", {"name": "many__refuse", "arguments": {**INSISTS, "data": {"elicitations": [{**VISIT, **bad}]}}})
            assert blocked.result["isError"] is True and BLOCKED not in blocked.body.decode()
            assert caller.rpc("tools/call", {"name": "many__refuse", "arguments": INSISTS}).error["code"] == -32042
            for visit in (bad["elicitationId"], VISIT["elicitationId"]):
                caller.rpc("tools/call", {"name": "many__visited", "arguments": {"id": visit}})
            line = next(line for line in stream if b"elicitation/complete" in line)
            assert VISIT["elicitationId"] in line.decode(), "nothing is told of the visit that was blocked"


# What a client lacks


@pytest.mark.skipif(SDK < 2, reason="only the newer SDK speaks 2026-07-28")
def test_a_client_learns_what_it_would_have_to_declare(start: Start, tmp_path: Path) -> None:
    with site(start, tmp_path, CARRIED) as here:
        answer = here.call("sample", {}, capabilities={"elicitation": {}})
        assert answer.status == 400 and answer.error["code"] == -32021
        assert answer.error["data"] == {"requiredCapabilities": {"sampling": {}}}
        needed = {"requiredCapabilities": {"roots": {}}}
        answer = here.call("refuse", {"code": -32021, "message": "roots are needed", "data": needed})
        assert answer.status == 400 and (answer.error["code"], answer.error["data"]) == (-32021, needed)


@pytest.mark.skipif(SDK < 2, reason="only the newer SDK speaks 2026-07-28")
def test_a_server_of_2026_is_told_what_the_client_of_this_call_declared(start: Start, tmp_path: Path) -> None:
    with site(start, tmp_path, CARRIED, sharing="gateway") as here:
        for capabilities in ({}, {"roots": {}}, {"sampling": {"tools": {}}, "elicitation": {}}):
            here.call("whoami", {}, capabilities=capabilities)
            meta = here.upstream.recording.calls[-1]["params"]["_meta"]
            assert meta["io.modelcontextprotocol/clientCapabilities"] == capabilities
