"""How the gateway finds out that a server is not well, leaves it alone, shows it, and notices that it is back."""

import time
from typing import Any

from conftest import Start
from servers.raw_http import Exchange, Upstream
from support.documents import ALICE, BOB, document, remote, server
from support.raw import Caller
from support.waiting import until

TIMEOUTS = {"tool_execution_timeout": 10, "discovery_timeout": 10}


def health(caller: Caller, name: str = "raw") -> dict[str, Any]:
    return caller.tool("enkrypt_get_server_info", server_name=name)["server_info"]["health"]


def test_t5_a_health_check_is_proper_protocol(start: Start) -> None:
    with Upstream() as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, health_interval=0.1)], timeouts=TIMEOUTS)), ALICE)
        assert health(alice) == {"state": "idle", "conversations": 0}, "nobody is asked before there is a call"
        alice.text("raw", "plain")
        until(lambda: len(upstream.requests("ping")) >= 5, "the idle session is asked for a sign of life")
        [session] = upstream.sessions
        for ping in upstream.requests("ping"):
            assert ping.session == session and ping.headers["mcp-protocol-version"] == "2025-11-25"
            assert ping.headers["accept"] == "application/json, text/event-stream" and "id" in ping.message
        assert health(alice) == {"state": "connected", "conversations": 1}


def test_t11_health_checks_leave_no_sessions_behind(start: Start) -> None:
    with Upstream() as upstream:
        entry = remote("raw", upstream.url, health_interval=0.02, idle_timeout=2)
        alice = Caller(start(document([entry], timeouts=TIMEOUTS)), ALICE)
        alice.text("raw", "plain")
        until(lambda: len(upstream.requests("ping")) >= 50, "many health checks")
        assert len(upstream.sessions) == 1 and len(upstream.requests("initialize")) == 1
        assert upstream.connections <= 3, "they use the connection that there is"
        until(lambda: not upstream.sessions, "and do not keep the session from ending when nobody calls")
        pings = len(upstream.requests("ping"))
        time.sleep(0.2)
        assert len(upstream.requests("ping")) == pings, "after it nobody is asked"


def test_a_server_of_2026_is_asked_in_its_own_way(start: Start) -> None:
    with Upstream(probe="discovered") as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, health_interval=0.1)], timeouts=TIMEOUTS)), ALICE)
        alice.text("raw", "plain")
        until(lambda: len(upstream.requests("server/discover")) >= 4, "it is asked again and again")
        assert not upstream.requests("ping") and not upstream.requests("initialize")


def test_t6_a_server_that_leaves_calls_unanswered_is_left_alone_and_comes_back(start: Start) -> None:
    with Upstream() as upstream:
        entry = remote("raw", upstream.url, timeout=0.2, max_unanswered=3, health_interval=0)
        gateway = start(document([entry], timeouts=TIMEOUTS))
        alice, bob = Caller(gateway, ALICE, "2025-11-25").initialize(), Caller(gateway, BOB)
        alice.text("raw", "plain")
        bob.text("raw", "plain")
        upstream.call = "nothing"
        for _ in range(3):
            assert "did not answer in time" in alice.item("raw", "echo")["message"]
        until(lambda: health(alice)["state"] == "failed", "too many calls were left without an answer")
        calls = len(upstream.requests("tools/call"))
        shown = health(alice)
        assert shown["last_error"] == "the server is not available" and 0 <= shown["retry_in_seconds"] <= 1
        begun = time.monotonic()
        assert "not available" in alice.item("raw", "plain")["message"] or "could not be started" in alice.item("raw", "plain")["message"]
        assert time.monotonic() - begun < 0.2 and len(upstream.requests("tools/call")) == calls, "it is left alone"
        assert bob.text("raw", "plain", message="still here") == "still here", "this concerns nobody else"
        until(lambda: "left too many of its last 10 calls without an answer" in gateway.stderr, "the operator is told")
        upstream.call = "JSON"
        sessions = len(upstream.requests("initialize"))
        with alice.listening() as stream:
            until(lambda: len(upstream.requests("initialize")) > sessions, "its return is noticed without a call")
            heard = [stream.readline() for _ in range(6)]
            assert any(b"list_changed" in line for line in heard), "and clients hear that its items are back"
        assert alice.text("raw", "plain", message="back") == "back"
        assert health(alice) == {"state": "connected", "conversations": 1}


def test_t6_health_checks_without_an_answer_end_the_conversation(start: Start) -> None:
    ill = False

    def on(exchange: Exchange) -> bool:
        if ill and exchange.rpc != "initialize":
            exchange.answer(503, b"not now")
            return True
        return False

    with Upstream(on=on) as upstream:
        gateway = start(document([remote("raw", upstream.url, health_interval=0.1)], timeouts=TIMEOUTS))
        alice = Caller(gateway, ALICE)
        alice.text("raw", "plain")
        ill = True
        until(lambda: "did not answer 3 health checks in a row" in gateway.stderr, "the operator is told")
        ill = False
        until(lambda: health(alice) == {"state": "connected", "conversations": 1}, "it is back")
        assert alice.text("raw", "plain", message="well") == "well"


def test_t6_a_server_that_was_away_is_found_again(start: Start) -> None:
    with Upstream() as upstream:
        gateway = start(document([remote("raw", upstream.url, health_interval=0.1)], timeouts=TIMEOUTS))
        alice = Caller(gateway, ALICE)
        alice.text("raw", "plain")
        upstream.stop()
        until(lambda: health(alice)["state"] in ("failed", "connecting"), "the loss is noticed without a call")
        with Upstream(port=upstream.port) as again:
            until(lambda: again.requests("initialize"), "the return, too")
            until(lambda: health(alice)["state"] == "connected", "and shown")
            assert alice.text("raw", "plain", message="hello again") == "hello again"


def test_a_process_that_stopped_answering_is_replaced(start: Start) -> None:
    entry = server("stage", timeout=0.3, max_unanswered=2)
    gateway = start(document([entry], timeouts=TIMEOUTS))
    alice = Caller(gateway, ALICE)
    first = alice.text("stage", "identity")
    for _ in range(2):
        assert alice.item("stage", "never")["status"] == "error"
    until(lambda: alice.item("stage", "identity")["status"] == "success", "another one serves", pause=0.1)
    assert alice.text("stage", "identity") != first


def test_slow_calls_are_no_reason_when_the_operator_says_so(start: Start) -> None:
    gateway = start(document([server("stage", timeout=0.05, max_unanswered=0)], timeouts=TIMEOUTS))
    alice = Caller(gateway, ALICE)
    until(lambda: alice.item("stage", "echo", message="x")["status"] == "success", "it has started")
    for _ in range(12):
        alice.item("stage", "never")
    assert health(alice, "stage")["state"] == "connected"
