"""Servers over HTTP behind the gateway: every decent and indecent way to answer, lost sessions, cut streams, servers that stall or die."""

import base64
import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from servers.raw_http import (
    DECENT,
    HOPELESS_PROBES,
    LEGACY_PROBES,
    LOSSES,
    MODERN_PROBES,
    STALLED,
    USELESS,
    Exchange,
    Upstream,
    closed_port,
    event_bytes,
    redirect,
    resumable,
)
from support.documents import ALICE, BLOCKED, BOB, document, nonce, remote, server
from support.raw import LEGACY, Caller, side_by_side
from support.upstreams import ERAS, ManySided
from support.waiting import until

#: Nothing of these tests takes as long.
TIMEOUTS = {"tool_execution_timeout": 10, "discovery_timeout": 10}


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as raw:
        yield raw


@pytest.fixture
def alice(start: Start, upstream: Upstream) -> Caller:
    """In front of the server `raw`."""
    return Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)


@pytest.fixture(scope="module")
def shared_upstream() -> Iterator[Upstream]:
    with Upstream() as raw:
        yield raw


@pytest.fixture(scope="module")
def shared(start_shared: Start, shared_upstream: Upstream) -> Caller:
    """In front of the server `raw` of all tests, whose calls may take 1.5 s, one at a time, and of which none has to answer."""
    entry = remote("raw", shared_upstream.url, max_concurrency=1, timeout=1.5, max_unanswered=0)
    return Caller(start_shared(document([entry], timeouts=TIMEOUTS)), ALICE)


def initialized(upstream: Upstream) -> int:
    return len(upstream.requests("initialize"))


def works_again(caller: Caller, tool: str = "plain", name: str = "raw") -> None:
    """A server that failed more than once is left alone for a moment."""
    mark = nonce()
    until(lambda: caller.item(name, tool, message=mark).get("response") == mark, "the server is used again", pause=0.1)


# Answers


#: 2025-03-26 had batches, and a server that still sends one is understood.
TOLERATED = ["an array"]


@pytest.mark.parametrize("call", [*DECENT, *TOLERATED])
def test_a_decent_answer_is_understood(shared: Caller, shared_upstream: Upstream, call: str) -> None:
    shared_upstream.call = call
    text = shared.text("raw", "echo", message="hello")
    assert text == "hello" or len(text) == 3 << 20


@pytest.mark.parametrize("call", [call for call in USELESS if call not in TOLERATED])
def test_a_useless_answer_is_an_error_and_no_hang(shared: Caller, shared_upstream: Upstream, call: str) -> None:
    shared_upstream.call = call
    item = shared.item("raw", "echo", message="hello")
    assert item["status"] == "error", item
    assert "Sign in" not in json.dumps(item) and "slow down" not in json.dumps(item)
    works_again(shared)


@pytest.mark.parametrize("call", STALLED)
def test_t14_a_stalled_server_is_an_error_on_time_and_the_slot_is_freed(shared: Caller, shared_upstream: Upstream, call: str) -> None:
    shared_upstream.call = call
    shared.text("raw", "plain", message="warm")
    shared_upstream.exchanges.clear()
    began = time.monotonic()
    item = shared.item("raw", "echo", message="hello")
    assert (item["status"], item["error_code"]) == ("error", "TOOL_004"), item
    assert 1 < time.monotonic() - began < 8
    [stalled] = shared_upstream.requests("tools/call")
    cancelled = until(lambda: shared_upstream.requests("notifications/cancelled"), "the server was told")
    assert cancelled[0].message["params"]["requestId"] == stalled.message["id"]
    assert cancelled[0].session == stalled.session
    assert shared.text("raw", "plain", message="next") == "next"


def test_what_the_server_refuses_is_passed_on_with_code_and_data(alice: Caller, upstream: Upstream) -> None:
    def refuse(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            exchange.error(-32099, "not today", status, {"big": 12345678901234567890})
        return exchange.rpc == "tools/call"

    upstream.on = refuse
    for status in (200, 400, 500):
        item = alice.item("raw", "echo")
        assert "not today" in json.dumps(item) and "12345678901234567890" in json.dumps(item)


def test_many_calls_at_once_get_their_own_answers(alice: Caller, upstream: Upstream) -> None:
    upstream.call = "events in chunks"
    texts = [f"{number}-{nonce()}" for number in range(100)]
    assert side_by_side(20, lambda text: alice.text("raw", "echo", message=text), texts) == texts
    assert initialized(upstream) == 1
    ids = [exchange.message["id"] for exchange in upstream.requests("tools/call")]
    assert len(set(ids)) == 100
    # Connections are used again.
    assert upstream.connections < 60


# Sessions


def test_every_request_of_a_session_says_so(start: Start) -> None:
    with Upstream(has_stream=True) as upstream:
        gateway = start(document([remote("raw", upstream.url, idle_timeout=1)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).text("raw", "echo", message="x") == "x"
        until(lambda: upstream.requests("DELETE"), "the session is ended")
        [hello] = upstream.requests("initialize")
        assert hello.message["params"]["protocolVersion"] == "2025-11-25"
        assert "mcp-session-id" not in hello.headers and "mcp-protocol-version" not in hello.headers
        later = upstream.exchanges[upstream.exchanges.index(hello) + 1 :]
        assert {exchange.method for exchange in later} == {"GET", "POST", "DELETE"}
        assert len({exchange.session for exchange in later}) == 1 and None not in {exchange.session for exchange in later}
        assert {exchange.headers["mcp-protocol-version"] for exchange in later} == {"2025-11-25"}
        posts = [exchange for exchange in upstream.exchanges if exchange.method == "POST"]
        assert {exchange.headers["accept"] for exchange in posts} == {"application/json, text/event-stream"}
        assert {exchange.headers["content-type"] for exchange in posts} == {"application/json"}
        assert not upstream.sessions


@pytest.mark.parametrize("transport", ["http", "sse"])
def test_nothing_of_the_callers_credentials_goes_upstream(start: Start, transport: str) -> None:
    with Upstream(transport=transport) as upstream:
        config = {"headers": {"Authorization": "Bearer ${env:TOKEN_OF_RAW}", "X-Team": "blue"}}
        gateway = start(document([remote("raw", upstream.url, config=config)]), environment={"TOKEN_OF_RAW": "upstream-secret-1"})
        alice = Caller(gateway, ALICE)
        answer = alice.post(
            alice.message(
                "tools/call", {"name": "enkrypt_secure_call_tools", "arguments": {"server_name": "raw", "tool_calls": [{"name": "echo"}]}}
            ),
            headers={"Cookie": "session=of-the-caller", "X-Forwarded-For": "192.0.2.7"},
        )
        assert answer.status == 200
        for exchange in upstream.exchanges:
            assert exchange.headers["authorization"] == "Bearer upstream-secret-1" and exchange.headers["x-team"] == "blue"
            said = json.dumps(exchange.headers) + exchange.body.decode()
            assert ALICE not in said and "of-the-caller" not in said and "192.0.2.7" not in said
        assert "upstream-secret-1" not in gateway.stderr and "upstream-secret-1" not in answer.body.decode()
        shown = json.dumps(alice.tool("enkrypt_get_server_info", server_name="raw"))
        assert "upstream-secret-1" not in shown


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss not in ("a reset", "an end")])
def test_t2_a_lost_session_is_begun_anew_and_the_call_made_once_more(alice: Caller, upstream: Upstream, loss: str) -> None:
    upstream.loss = loss
    assert alice.text("raw", "echo", message="before") == "before"
    for round in range(3):
        upstream.lose_sessions()
        assert alice.text("raw", "echo", message=f"after {round}") == f"after {round}"
    assert initialized(upstream) == 4
    assert not upstream.requests("DELETE"), "there is nothing to end"


@pytest.mark.parametrize("loss", ["a reset", "an end"])
def test_t2_a_reset_is_no_proof_so_that_only_harmless_calls_are_repeated(alice: Caller, upstream: Upstream, loss: str) -> None:
    upstream.loss = loss
    assert alice.text("raw", "echo", message="before") == "before"
    upstream.lose_sessions()
    before = len(upstream.requests("tools/call"))
    assert alice.item("raw", "echo", message="in between")["error_code"] == "TOOL_006"
    assert len(upstream.requests("tools/call")) == before + 1
    assert alice.text("raw", "echo", message="after") == "after"
    upstream.lose_sessions()
    alice.tool("enkrypt_clear_cache", server_name="raw")
    listed = alice.tool("enkrypt_discover_all_tools", server_name="raw")
    assert [tool["name"] for tool in listed["tools"]] == ["echo", "plain"]


def test_t2_could_not_find_session_of_the_older_transport(start: Start) -> None:
    with Upstream(transport="sse") as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, config={"type": "sse"})], timeouts=TIMEOUTS)), ALICE)
        assert alice.text("raw", "echo", message="before") == "before"
        upstream.sessions.clear()  # the stream stays open
        assert alice.text("raw", "echo", message="after") == "after"
        assert initialized(upstream) == 2


def test_a_server_that_loses_every_session_is_asked_twice_and_no_more(alice: Caller, upstream: Upstream) -> None:
    def lose(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            exchange.error(-32001, "Session not found", 404, anonymous=True)
        return exchange.rpc == "tools/call"

    upstream.on = lose
    assert alice.item("raw", "echo")["error_code"] == "TOOL_006"
    assert len(upstream.requests("tools/call")) == 2


def test_an_error_that_speaks_of_a_session_is_no_loss(alice: Caller, upstream: Upstream) -> None:
    def refuse(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            exchange.error(-32602, "the argument session is invalid", status)
        return exchange.rpc == "tools/call"

    upstream.on = refuse
    for status in (200, 400):
        assert "the argument session is invalid" in json.dumps(alice.item("raw", "echo"))
    assert initialized(upstream) == 1 and len(upstream.requests("tools/call")) == 2


def test_t1_one_server_that_restarts_disturbs_no_other(start: Start) -> None:
    with Upstream() as first, Upstream() as second, Upstream() as third:
        servers = [remote(name, raw.url) for name, raw in (("first", first), ("second", second), ("third", third))]
        alice = Caller(start(document(servers, timeouts=TIMEOUTS)), ALICE)
        for name in ("first", "second", "third"):
            assert alice.text(name, "echo", message=name) == name
        first.stop()
        with Upstream(port=first.port) as again:
            for name in ("first", "second", "third"):
                assert alice.text(name, "echo", message="again") == "again"
            assert (initialized(again), initialized(second), initialized(third)) == (1, 1, 1)


def test_t4_a_restart_under_an_open_stream_is_an_error_and_then_a_new_session(start: Start) -> None:
    with Upstream(has_stream=True, call="a silent stream") as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        assert alice.text("raw", "plain", message="x") == "x"
        until(upstream.open_streams, "the stream is open")
        with ThreadPoolExecutor(max_workers=3) as pool:
            waiting = [pool.submit(alice.item, "raw", "echo") for _ in range(3)]
            until(lambda: len(upstream.requests("tools/call")) == 4, "the calls are there")
            began = time.monotonic()
            upstream.stop()
            for future in waiting:
                assert future.result()["error_code"] == "TOOL_006"
            assert time.monotonic() - began < 8
        with Upstream(has_stream=True, port=upstream.port):
            works_again(alice)


def test_t5_nothing_is_sent_without_a_session_but_to_begin_one(start: Start) -> None:
    with Upstream(has_stream=True) as upstream:
        gateway = start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS))
        alice = Caller(gateway, ALICE)
        alice.text("raw", "echo", message="x")
        alice.tool("enkrypt_list_all_servers")
        until(upstream.open_streams, "the stream is open")
        unbound = {exchange.rpc or exchange.method for exchange in upstream.exchanges if not exchange.session}
        assert unbound == {"server/discover", "initialize"}


def test_t6_a_server_that_is_down_is_left_alone_for_a_while_and_comes_back_by_itself(start: Start) -> None:
    port = closed_port()
    alice = Caller(start(document([remote("raw", f"http://127.0.0.1:{port}/mcp")], timeouts=TIMEOUTS)), ALICE)
    codes = {alice.item("raw", "plain", message="x")["error_code"] for _ in range(10)}
    assert codes == {"DISC_002"}
    with Upstream(port=port) as upstream:
        works_again(alice)
        assert initialized(upstream) == 1


def test_t11_sessions_at_the_server_do_not_pile_up(start: Start) -> None:
    with Upstream(has_stream=True) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, idle_timeout=0.2)], timeouts=TIMEOUTS)), ALICE)
        for number in range(5):
            assert alice.text("raw", "plain", message=str(number)) == str(number)
            until(lambda: not upstream.sessions, "the idle session is ended")
        assert initialized(upstream) == 5 and len(upstream.requests("DELETE")) == 5


def test_t12_the_handshake_has_a_deadline_of_its_own(start: Start) -> None:
    def stall(exchange: Exchange) -> bool:
        if exchange.rpc == "initialize":
            exchange.wait()
        return False

    with Upstream(on=stall) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, start_timeout=0.5)], timeouts=TIMEOUTS)), ALICE)
        began = time.monotonic()
        assert alice.item("raw", "plain")["error_code"] == "DISC_005"
        assert time.monotonic() - began < 5
        upstream.on = None
        works_again(alice)


def test_t12_the_list_has_a_deadline_of_its_own(start: Start) -> None:
    def stall(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/list":
            exchange.wait()
        return False

    with Upstream(on=stall) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts={**TIMEOUTS, "discovery_timeout": 0.5})), ALICE)
        began = time.monotonic()
        assert alice.item("raw", "plain")["error_code"] == "DISC_005"
        assert time.monotonic() - began < 5
        until(lambda: upstream.requests("notifications/cancelled"), "the server was told")
        upstream.on = None
        works_again(alice)


def test_t21_principals_and_credentials_have_sessions_of_their_own(start: Start) -> None:
    with Upstream() as upstream:
        servers = [
            remote("one", upstream.url, config={"headers": {"X-Key": "a"}}),
            remote("common", upstream.url, sharing="gateway"),
            remote("each", upstream.url, sharing="session"),
        ]
        gateway = start(document(servers, timeouts=TIMEOUTS))
        alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB)

        def session(caller: Caller, name: str) -> str | None:
            mark = nonce()
            caller.text(name, "plain", message=mark)
            [call] = [exchange for exchange in upstream.requests("tools/call") if mark in exchange.body.decode()]
            return call.session

        assert session(alice, "one") == session(alice, "one") != session(bob, "one")
        assert session(alice, "common") == session(bob, "common")
        first, second = (Caller(gateway, ALICE, LEGACY[-1]).initialize() for _ in range(2))
        assert session(first, "each") == session(first, "each") != session(second, "each")
        before = session(alice, "one")
        gateway.edit(lambda document: document["mcp_configs"]["config-1"]["mcp_config"][0]["config"]["headers"].update({"X-Key": "b"}))
        until(lambda: session(alice, "one") != before, "another credential is another session")
        until(lambda: before not in upstream.sessions, "the old one is ended")


# Streams


def test_a_cut_stream_is_taken_up_where_it_was_cut(alice: Caller, upstream: Upstream) -> None:
    upstream.on = resumable()
    assert alice.text("raw", "echo") == "after the cut"
    [again] = [exchange for exchange in upstream.requests("GET") if "last-event-id" in exchange.headers]
    assert again.headers["last-event-id"].startswith("post/") and again.session


def test_a_cut_stream_that_cannot_be_taken_up_is_an_error(alice: Caller, upstream: Upstream) -> None:
    cut = resumable()

    def on(exchange: Exchange) -> bool:
        if exchange.method == "GET":
            exchange.answer(405, Allow="POST")
            return True
        return cut(exchange)

    upstream.on = on
    assert alice.item("raw", "echo")["error_code"] == "TOOL_006"


def test_what_a_server_says_at_large_is_heard_also_after_a_cut(start: Start) -> None:
    with Upstream(has_stream=True) as upstream:
        gateway = start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).text("raw", "echo", message="x") == "x"
        until(upstream.open_streams, "the stream is open")
        upstream.push({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        until(lambda: "notifications/tools/list_changed" in gateway.stderr, "it was heard")
        upstream.cut_streams()
        upstream.push({"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"})
        until(lambda: "notifications/prompts/list_changed" in gateway.stderr, "it was heard")
        assert any(exchange.headers.get("last-event-id") == "get/1" for exchange in upstream.requests("GET"))


def test_a_ping_on_the_sessions_stream_is_answered(start: Start) -> None:
    with Upstream(has_stream=True) as upstream:
        assert Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE).text("raw", "echo", message="x") == "x"
        until(upstream.open_streams, "the stream is open")
        upstream.push({"jsonrpc": "2.0", "id": "are you there", "method": "ping"})
        upstream.push({"jsonrpc": "2.0", "id": 9, "method": "sampling/createMessage", "params": {}})

        def answers() -> dict[Any, Any]:
            posted = [exchange.message for exchange in upstream.requests("POST") if exchange.message and "method" not in exchange.message]
            return {message["id"]: message for message in posted}

        until(lambda: len(answers()) == 2, "both are answered")
        assert answers()["are you there"]["result"] == {} and answers()[9]["error"]["code"] == -32601


# Addresses


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t25_a_redirect_to_another_origin_is_not_followed(start: Start, status: int) -> None:
    with Upstream() as elsewhere, Upstream() as upstream:
        upstream.on = redirect(elsewhere.url, status)
        config = {"headers": {"Authorization": "Bearer secret"}}
        gateway = start(document([remote("raw", upstream.url, config=config)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).item("raw", "echo")["status"] == "error"
        assert not elsewhere.exchanges and all(exchange.path == "/mcp" for exchange in upstream.exchanges)
        until(lambda: "points to another origin" in gateway.stderr, "the operator is told")
        assert f"127.0.0.1:{elsewhere.port}" in gateway.stderr and "configure the final URL" in gateway.stderr


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_within_the_server_is_followed(start: Start, status: int) -> None:
    with Upstream() as upstream:
        upstream.on = redirect("/mcp/", status)
        gateway = start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).text("raw", "echo", message="all of it") == "all of it"


def test_redirects_in_a_circle_are_given_up(start: Start) -> None:
    with Upstream() as upstream:
        upstream.on = lambda exchange: exchange.answer(307, Location="/mcp") or True
        gateway = start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).item("raw", "echo")["status"] == "error"
        until(lambda: "more than 3 in a row" in gateway.stderr, "the operator is told")


def test_a_loopback_address_is_refused_unless_it_is_allowed(start: Start, upstream: Upstream) -> None:
    entry = remote("raw", upstream.url.replace("127.0.0.1", "localhost"), allow=[])
    gateway = start(document([entry], timeouts=TIMEOUTS))
    alice = Caller(gateway, ALICE)
    item = alice.item("raw", "echo")
    assert item["status"] == "error" and "127.0.0.1" not in item["message"]
    advice = f'to allow it, add "localhost:{upstream.port}" to egress.allow'
    until(lambda: advice in gateway.stderr.replace('\\"', '"'), "the operator is told what to do")
    assert not upstream.exchanges
    gateway.edit(
        lambda document: document["mcp_configs"]["config-1"]["mcp_config"][0].update(egress={"allow": [f"localhost:{upstream.port}"]})
    )
    works_again(alice, "echo")


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and certificates of it for the server and for the gateway."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=An authority")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
    for name in ("server", "client"):
        openssl("req", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
        openssl("x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.pem", *signing)
    return folder


@contextmanager
def in_front_of(upstream: Upstream, certificates: Path) -> Iterator[int]:
    """A port where TLS ends, for clients with a certificate; what is inside goes to the upstream."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                outside, _ = listener.accept()
                with suppress(ssl.SSLError):
                    secured = context.wrap_socket(outside, server_side=True)
                    inside = socket.create_connection(("127.0.0.1", upstream.port))
                    for pair in ((secured, inside), (inside, secured)):
                        threading.Thread(target=carry, args=pair, daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_tls_with_an_authority_and_a_certificate_of_ones_own(start: Start, upstream: Upstream, certificates: Path) -> None:
    tls = {"ca": str(certificates / "ca.pem"), "certificate": str(certificates / "client.pem"), "key": str(certificates / "client.key")}
    with in_front_of(upstream, certificates) as port:
        url = f"https://127.0.0.1:{port}/mcp"
        servers = [remote("both", url, tls=tls), remote("anonymous", url, tls={"ca": tls["ca"]}), remote("strange", url)]
        gateway = start(document(servers, timeouts=TIMEOUTS))
        alice = Caller(gateway, ALICE)
        assert alice.text("both", "echo", message="x") == "x"
        assert initialized(upstream) == 1
        for name in ("anonymous", "strange"):
            assert alice.item(name, "echo")["status"] == "error"
        assert initialized(upstream) == 1
        until(lambda: gateway.stderr.count("TLS with 127.0.0.1 failed") >= 2, "the operator is told")


# Finding out what a server speaks


@pytest.mark.parametrize("probe", LEGACY_PROBES)
def test_a_server_of_older_revisions_is_recognised(start: Start, probe: str) -> None:
    with Upstream(probe=probe) as upstream:
        gateway = start(document([remote("raw", upstream.url)], timeouts={"tool_execution_timeout": 20, "discovery_timeout": 20}))
        assert Caller(gateway, ALICE).text("raw", "echo", message="x") == "x"
        assert Caller(gateway, BOB).text("raw", "echo", message="y") == "y"
        assert len(upstream.requests("server/discover")) == 1, "what was found out is remembered"
        assert initialized(upstream) == 2


@pytest.mark.parametrize("probe", MODERN_PROBES)
@pytest.mark.parametrize("call", ["JSON", "events", "other messages first", "a stream left open"])
def test_a_server_of_2026_is_spoken_to_in_its_way(start: Start, probe: str, call: str) -> None:
    with Upstream(probe=probe, call=call) as upstream:
        gateway = start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).text("raw", "echo", message="x") == "x"
        assert not initialized(upstream) and not upstream.requests("GET")
        for exchange in upstream.exchanges:
            meta = exchange.message["params"]["_meta"]
            assert meta["io.modelcontextprotocol/protocolVersion"] == exchange.headers["mcp-protocol-version"] == "2026-07-28"
            assert meta["io.modelcontextprotocol/clientCapabilities"] == {}
            assert meta["io.modelcontextprotocol/clientInfo"]["name"]
            assert exchange.headers["mcp-method"] == exchange.rpc and exchange.session is None
        [called] = upstream.requests("tools/call")
        assert called.headers["mcp-name"] == "echo" and called.message["params"]["_meta"]["traceparent"]
        assert all("mcp-name" not in exchange.headers for exchange in upstream.requests("tools/list"))


@pytest.mark.parametrize("probe", HOPELESS_PROBES)
def test_a_server_of_unknown_revisions_is_an_error(start: Start, probe: str) -> None:
    with Upstream(probe=probe) as upstream:
        gateway = start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS))
        assert Caller(gateway, ALICE).item("raw", "echo")["status"] == "error"
        assert not initialized(upstream)
        until(lambda: "speaks no revision of MCP" in gateway.stderr, "the operator is told")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"protocol": "legacy"}, ["initialize", "notifications/initialized"]),
        ({"protocol": "2026-07-28"}, ["server/discover"]),
        ({"config": {"transport": "sse"}}, ["GET"]),
        ({"config": {"type": "http"}}, ["server/discover", "initialize", "notifications/initialized"]),
        ({"config": {"transport": "streamable_http"}, "protocol": "legacy"}, ["initialize", "notifications/initialized"]),
    ],
)
def test_a_pin_spares_the_questions(alice: Caller, upstream: Upstream, settings: dict[str, Any], expected: list[str]) -> None:
    alice.gateway.edit(lambda document: document["mcp_configs"]["config-1"].update(mcp_config=[remote("raw", upstream.url, **settings)]))
    alice.item("raw", "plain")
    began = [exchange.rpc or exchange.method for exchange in upstream.exchanges if exchange.rpc or not exchange.session]
    assert began[: len(expected)] == expected and (began[len(expected) :] or ["tools/list"])[0] == "tools/list"


def test_the_older_transport_is_found_without_being_named(start: Start) -> None:
    with Upstream(transport="sse") as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        assert alice.text("raw", "echo", message="x") == "x"
        before = len(upstream.requests("server/discover"))
        assert side_by_side(8, lambda number: alice.text("raw", "echo", message=str(number))) == [str(number) for number in range(8)]
        assert len(upstream.requests("server/discover")) == before == 1


def _endpoint(data: str) -> Callable[[Exchange], bool]:
    def on(exchange: Exchange) -> bool:
        if exchange.method == "GET":
            exchange.stream()
            exchange.event(data, event="endpoint")
            exchange.wait()
        return False

    return on


@pytest.mark.parametrize("form", ["absolute", "another port", "another scheme", "no URL", "credentials"])
def test_the_endpoint_of_the_older_transport_is_of_the_same_origin(start: Start, form: str) -> None:
    with Upstream(transport="sse") as elsewhere, Upstream(transport="sse") as upstream:
        data = {
            "absolute": f"{upstream.origin}/messages?session_id=1",
            "another port": f"{elsewhere.origin}/messages?session_id=1",
            "another scheme": f"https://127.0.0.1:{upstream.port}/messages",
            "no URL": "http://[",
            "credentials": f"http://user:password@127.0.0.1:{upstream.port}/messages",
        }[form]
        upstream.on = _endpoint(data)
        entry = remote("raw", upstream.url, config={"transport": "sse"}, start_timeout=1)
        assert Caller(start(document([entry], timeouts=TIMEOUTS)), ALICE).item("raw", "echo")["status"] == "error"
        assert not elsewhere.exchanges
        assert bool(upstream.requests("POST")) == (form == "absolute")


def test_a_stream_that_never_names_its_endpoint_is_an_error_on_time(start: Start) -> None:
    def on(exchange: Exchange) -> bool:
        exchange.stream()
        exchange.send(b": welcome\n\n")
        exchange.wait()
        return True

    with Upstream(transport="sse", on=on) as upstream:
        entry = remote("raw", upstream.url, config={"transport": "sse"}, start_timeout=0.5)
        alice = Caller(start(document([entry], timeouts=TIMEOUTS)), ALICE)
        began = time.monotonic()
        assert alice.item("raw", "echo")["status"] == "error" and time.monotonic() - began < 5


def test_t14_a_stalled_server_of_the_older_transport(start: Start) -> None:
    with Upstream(transport="sse", call="nothing") as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, timeout=1)], timeouts=TIMEOUTS)), ALICE)
        assert alice.item("raw", "echo")["error_code"] == "TOOL_004"
        until(lambda: upstream.requests("notifications/cancelled"), "the server was told")
        upstream.call = "JSON"
        assert alice.text("raw", "echo", message="next") == "next"


# 2026-07-28


def annotated(**properties: Any) -> list[dict[str, Any]]:
    return [{"name": "echo", "inputSchema": {"type": "object", "properties": properties}}]


def _modern_tools(tools: Callable[[], list[dict[str, Any]]]) -> Callable[[Exchange], bool]:
    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/list":
            exchange.result({"tools": tools(), "resultType": "complete", "ttlMs": 0, "cacheScope": "private"})
        return exchange.rpc == "tools/list"

    return on


def test_annotated_arguments_are_repeated_in_headers(start: Start) -> None:
    tools = annotated(
        region={"type": "string", "x-mcp-header": "Region"},
        count={"type": "integer", "x-mcp-header": "Count"},
        dry={"type": "boolean", "x-mcp-header": "Dry"},
        inner={"type": "object", "properties": {"deep": {"type": "string", "x-mcp-header": "Deep"}}},
        absent={"type": "string", "x-mcp-header": "Absent"},
    )
    tools.append({"name": "bad", "inputSchema": {"properties": {"x": {"type": "number", "x-mcp-header": "X"}}}})
    with Upstream(probe="discovered", on=_modern_tools(lambda: tools)) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        listed = alice.tool("enkrypt_discover_all_tools", server_name="raw")["tools"]
        assert [tool["name"] for tool in listed] == ["echo"], "a tool whose annotations are invalid is not used"
        arguments = {"region": "Köln", "count": 12345678901234567890, "dry": True, "inner": {"deep": " edge"}, "absent": None}
        alice.text("raw", "echo", **arguments)
        [call] = upstream.requests("tools/call")
        found = {name: value for name, value in call.headers.items() if name.startswith("mcp-param-")}
        assert found == {
            "mcp-param-region": f"=?base64?{base64.b64encode('Köln'.encode()).decode()}?=",
            "mcp-param-count": "12345678901234567890",
            "mcp-param-dry": "true",
            "mcp-param-deep": f"=?base64?{base64.b64encode(b' edge').decode()}?=",
        }


def test_headers_that_a_server_finds_wrong_are_learned_anew(start: Start) -> None:
    header = "Old"
    serve_tools = _modern_tools(lambda: annotated(region={"type": "string", "x-mcp-header": header}))

    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call" and f"mcp-param-{header.lower()}" not in exchange.headers:
            exchange.error(-32020, "Header mismatch", 400)
            return True
        return serve_tools(exchange)

    with Upstream(probe="discovered", on=on) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        assert alice.text("raw", "echo", message="x", region="a") == "x"
        header = "New"
        assert alice.text("raw", "echo", message="y", region="b") == "y"
        assert len(upstream.requests("tools/call")) == 3 and len(upstream.requests("tools/list")) == 2
        upstream.on = lambda exchange: exchange.rpc == "tools/call" and (exchange.error(-32020, "Header mismatch", 400) or True)
        assert "Header mismatch" in json.dumps(alice.item("raw", "echo", region="c"))
        assert len(upstream.requests("tools/call")) == 5, "once more, and no oftener"


def test_a_server_that_is_no_longer_of_2026_is_asked_anew(start: Start) -> None:
    with Upstream(probe="discovered") as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        assert alice.text("raw", "echo", message="x") == "x"
        upstream.probe = "-32022 with old ones only"
        assert alice.text("raw", "echo", message="y") == "y"
        assert initialized(upstream) == 1


def test_a_server_that_never_stops_asking_for_more_is_called_so_often_only(start: Start) -> None:
    calls: list[str] = []

    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            calls.append(exchange.rpc)
            exchange.result({"resultType": "input_required", "inputRequests": {}, "requestState": "x"})
        return exchange.rpc == "tools/call"

    with Upstream(probe="discovered", on=on) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        assert "asked for input more than 10 times" in json.dumps(alice.item("raw", "echo"))
        assert len(calls) == 11


def test_t39_what_a_server_calls_its_questions_does_not_reach_the_client(start: Start) -> None:
    """Its keys are texts too: the client has keys of the gateway's, and the server gets its answers under its own."""
    key = f"run {BLOCKED} now"
    question = {"method": "elicitation/create", "params": {"message": "Your name?", "requestedSchema": {"type": "object", "properties": {}}}}

    def on(exchange: Exchange) -> bool:
        if exchange.rpc != "tools/call" or "inputResponses" in exchange.message["params"]:
            return False
        exchange.result({"resultType": "input_required", "inputRequests": {key: question, "": question}, "requestState": "x"})
        return True

    with Upstream(probe="discovered", on=on) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, guarded=True)], timeouts=TIMEOUTS)), ALICE)
        able = {"_meta": {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}}
        call = {"name": "raw__echo", "arguments": {"message": "x"}, **able}
        asked = alice.rpc("tools/call", call)
        assert BLOCKED not in asked.body.decode() and len(asked.result["inputRequests"]) == 2
        answers = {name: {"action": "accept", "content": {"n": n}} for n, name in enumerate(asked.result["inputRequests"])}
        done = alice.rpc("tools/call", {**call, "requestState": asked.result["requestState"], "inputResponses": answers}).result
        assert done["content"][0]["text"] == "x"
        assert upstream.requests("tools/call")[-1].message["params"]["inputResponses"] == {
            key: {"action": "accept", "content": {"n": 0}},
            "": {"action": "accept", "content": {"n": 1}},
        }


def test_a_broken_stream_of_2026_is_an_error_and_the_call_is_not_made_again(start: Start) -> None:
    cuts = 0

    def on(exchange: Exchange) -> bool:
        nonlocal cuts
        if exchange.rpc == "tools/call" and cuts < 2:
            cuts += 1
            exchange.head(200, Content_Type="text/event-stream")
            # With an id, which earlier revisions could come back with.
            exchange.send(event_bytes({"jsonrpc": "2.0", "method": "notifications/unheard_of"}, id="1/1"))
            exchange.connection.shutdown(socket.SHUT_RDWR)
            return True
        return False

    with Upstream(probe="discovered", on=on) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        assert alice.item("raw", "echo", message="x")["error_code"] == "TOOL_006"
        answer = alice.rpc("tools/call", {"name": "raw__echo", "arguments": {"message": "x"}}).result
        assert answer["isError"] is True
        assert len(upstream.requests("tools/call")) == 2 and not upstream.requests("GET")
        works_again(alice)


@pytest.mark.parametrize("probe", ["discovered", "400 with -32600"])
@pytest.mark.parametrize("revision", ["2026-07-28", *LEGACY])
def test_a_missing_resource_has_the_code_of_the_clients_era(start: Start, probe: str, revision: str) -> None:
    codes = [-32002, -32602]

    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "resources/read":
            exchange.error(codes[0], "Resource not found", 200, {"uri": "note:///none"})
        return exchange.rpc == "resources/read"

    with Upstream(probe=probe, on=on) as upstream:
        caller = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE, revision)
        if revision != "2026-07-28":
            caller.initialize()
        for _ in range(2):
            answer = caller.rpc("resources/read", {"uri": "enkrypt:raw:note:///none"})
            assert answer.error["code"] == (-32602 if revision == "2026-07-28" else -32002)
            assert answer.error["message"] == "Resource not found" and answer.error["data"] == {"uri": "note:///none"}
            codes.reverse()


@pytest.mark.parametrize("kind", [None, "complete", "task", 5])
def test_the_type_of_a_result_counts(start: Start, kind: Any) -> None:
    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            exchange.result({"content": [{"type": "text", "text": "said"}], **({} if kind is None else {"resultType": kind})})
        return exchange.rpc == "tools/call"

    with Upstream(probe="discovered", on=on) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)], timeouts=TIMEOUTS)), ALICE)
        answer = alice.rpc("tools/call", {"name": "raw__echo", "arguments": {}}).result
        assert answer["resultType"] == "complete"
        if kind in (None, "complete"):
            assert answer["content"][0]["text"] == "said"
        else:
            assert answer["isError"] is True and "said" not in json.dumps(answer)


def test_a_call_of_2026_that_times_out_is_cancelled_by_closing_its_stream(start: Start) -> None:
    closed = threading.Event()

    def on(exchange: Exchange) -> bool:
        if exchange.rpc == "tools/call":
            exchange.stream()
            exchange.connection.settimeout(20)
            if exchange.connection.recv(1) == b"":
                closed.set()
            exchange.close()
        return False

    with Upstream(probe="discovered", on=on) as upstream:
        alice = Caller(start(document([remote("raw", upstream.url, timeout=1)], timeouts=TIMEOUTS)), ALICE)
        assert alice.item("raw", "echo")["error_code"] == "TOOL_004"
        assert closed.wait(10)
        assert not upstream.requests("notifications/cancelled")


# A real server


@pytest.fixture(params=[("http", era) for era in ERAS] + [("sse", "legacy")], ids=lambda param: " ".join(param))
def many(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ManySided]:
    transport, era = request.param
    with ManySided(transport, tmp_path / "received", era=era, name="many") as server:
        yield server


def test_ten_megabytes_reach_clients_of_both_eras(start: Start, many: ManySided) -> None:
    gateway = start(document([many.entry("many")]))
    for alice in (Caller(gateway, ALICE), Caller(gateway, ALICE, LEGACY[-1]).initialize()):
        result = alice.rpc("tools/call", {"name": "many__flood", "arguments": {"bytes": 10 << 20}}).result
        assert len(result["content"][0]["text"]) == 10 << 20
    assert len(alice.text("many", "flood", bytes=10 << 20)) == 10 << 20


def test_a_server_killed_in_the_middle_of_a_call_is_an_error_and_then_works_again(start: Start, many: ManySided) -> None:
    alice = Caller(start(document([many.entry("many")], timeouts=TIMEOUTS)), ALICE)
    assert json.loads(alice.text("many", "whoami"))
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [pool.submit(alice.item, "many", "wait", mark=f"call {number}") for number in range(2)]
        for number in range(2):
            until(lambda number=number: any(f"call {number}" in line for line in many.recording.lines), "the call reached the server")
        many.restart()
        for future in waiting:
            assert future.result()["error_code"] == "TOOL_006"
    until(lambda: alice.item("many", "whoami")["status"] == "success", "it works again", pause=0.1)


def test_batches_run_over_one_session(start: Start, many: ManySided) -> None:
    alice = Caller(start(document([many.entry("many")], timeouts=TIMEOUTS)), ALICE)
    calls = [{"name": "echo", "args": {"message": str(number)}} for number in range(20)]
    envelope = alice.batch("many", *calls)
    assert envelope["summary"]["successful_calls"] == 20, envelope["summary"]


# Configuration


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"config": {"url": "file:///etc/passwd"}}, "neither http nor https"),
        ({"config": {"url": "http://user:pass@example.com/"}}, "user name or password"),
        ({"config": {"url": "http://127.0.0.1:9/mcp"}, "egress": {"allow": []}}, 'add \\"127.0.0.1:9\\" to egress.allow'),
        ({"config": {"url": "http://169.254.169.254/mcp"}, "egress": {"allow": []}}, "cloud metadata"),
        ({"egress": {"allow": ["http://x"]}}, "without a scheme"),
        ({"config": {"url": "https://example.com/", "transport": "streamable-htpp"}}, 'did you mean \\"streamable-http\\"'),
        ({"config": {"url": "https://example.com/", "headers": {"Host": "x"}}}, "written by the gateway"),
        ({"config": {"url": "https://example.com/", "headers": {"a b": "x"}}}, "not the name of a header"),
        ({"config": {"url": "https://example.com/", "command": "x"}}, "either a command or a URL"),
        ({"protocol": "2026-07-29"}, 'did you mean \\"2026-07-28\\"'),
        ({"tls": {"key": "/dev/null"}}, 'has no effect without "certificate"'),
        ({"tls": {"ca": "/nowhere.pem"}}, "cannot be read by the gateway's user"),
    ],
)
def test_t25_a_mistake_is_told_and_a_url_is_http(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    from test_config import refused

    def replace(document: dict[str, Any]) -> None:
        document["mcp_configs"]["config-1"]["mcp_config"] = [{**remote("raw", "https://example.com/mcp"), **change}]

    assert complaint.replace('\\"', '"') in refused(tmp_path, replace)


def test_a_command_has_no_settings_of_the_network(tmp_path: Path) -> None:
    from test_config import refused

    def replace(document: dict[str, Any]) -> None:
        document["mcp_configs"]["config-1"]["mcp_config"] = [server("stage", egress={"allow": []})]

    assert "for servers with a URL only" in refused(tmp_path, replace)
