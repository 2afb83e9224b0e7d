"""What comes in over the network: malformed, oversized, slow, hostile; and the rules of HTTP."""

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from conftest import Start
from support.documents import ALICE, BOB, document, nonce, server
from support.gateway import Gateway
from support.raw import CALL_TOOLS, LEGACY, MODERN, Answer, Caller, side_by_side
from support.recording import Recording
from support.waiting import until

MIB = 1 << 20


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    settings = {"allowed_hosts": ["gateway.example"], "allowed_origins": ["https://app.example.com"]}
    return start_shared(
        document([server("stage", env=shared_recording.environment)], gateway=settings, config={"exposure": "gateway_tools"})
    )


@pytest.fixture(params=[MODERN, *LEGACY])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


@pytest.fixture
def bystander(gateway: Gateway) -> Iterator[Caller]:
    """Somebody else's session, which has to work before and after."""
    bob = Caller(gateway, BOB, LEGACY[-1]).initialize()
    assert bob.text("stage", "echo", message="before") == "before"
    yield bob
    assert bob.text("stage", "echo", message="after") == "after"


# Bodies

VALID = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}'
NOT_JSON: dict[str, bytes] = {
    "empty": b"",
    "white space": b"  \r\n",
    "truncated": VALID[:-3],
    "truncated in a string": b'{"jsonrpc":"2.0","id":1,"method":"pi',
    "two documents": VALID + VALID,
    "a trailing comma": VALID.replace(b"{}}", b"{},}"),
    "single quotes": VALID.replace(b'"', b"'"),
    "a comment": b"/* x */" + VALID,
    "a byte order mark": b"\xef\xbb\xbf" + VALID,
    "UTF-16": VALID.decode().encode("utf-16"),
    "not UTF-8": VALID.replace(b"ping", b"p\xffng"),
    "an overlong form": VALID.replace(b"ping", b"p\xc0\xafng"),
    "a surrogate in UTF-8": VALID.replace(b"ping", b"p\xed\xa0\x80ng"),
    "a control character": VALID.replace(b"ping", b"p\x01ng"),
    "a NUL after it": VALID + b"\x00",
    "NaN": VALID.replace(b":1,", b":NaN,"),
    "a leading zero": VALID.replace(b":1,", b":01,"),
    "a bad escape": VALID.replace(b"ping", b"p\\xng"),
    "T31 a member twice": VALID.replace(b'"id":1,', b'"id":1,"id":2,'),
    "T31 a member twice, once escaped": VALID.replace(b'"id":1,', b'"id":1,"\\u0069d":2,'),
    "T31 a member twice, deep inside": VALID.replace(b"{}}", b'{"a":[{"b":1,"b":1}]}}'),
    "deep arrays": VALID.replace(b"{}}", b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "deep objects": VALID.replace(b"{}}", b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"),
    "deep and unfinished": b"[" * 1_000_000,
    "binary": bytes(range(256)) * 10,
}
NO_MESSAGE: dict[str, bytes] = {
    "a number": b"5",
    "a string": b'"ping"',
    "null": b"null",
    "an empty object": b"{}",
    "no version": b'{"id":1,"method":"ping"}',
    "another version": VALID.replace(b"2.0", b"1.0"),
    "a method that is no string": VALID.replace(b'"ping"', b"7"),
    "params that are a string": VALID.replace(b"{}}", b'"x"}'),
    "T31 names in other letters": b'{"JSONRPC":"2.0","ID":1,"METHOD":"ping"}',
    "an id that is null": VALID.replace(b":1,", b":null,"),
    "an id that is an object": VALID.replace(b":1,", b":{},"),
    "an id that is a fraction": VALID.replace(b":1,", b":1.5,"),
    "result and error": b'{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_not_json_is_refused(alice: Caller, bystander: Caller, body: bytes) -> None:
    answer = alice.post(body)
    assert (answer.status, answer.error["code"], answer.json["id"]) == (400, -32700, None)
    assert answer.error["message"]


@pytest.mark.parametrize("body", NO_MESSAGE.values(), ids=NO_MESSAGE.keys())
def test_what_is_no_message_is_refused(alice: Caller, body: bytes) -> None:
    answer = alice.post(body)
    assert (answer.status, answer.error["code"]) == (400, -32600)


@pytest.mark.parametrize(
    "arguments",
    [
        {"server_name": 5, "tool_calls": []},
        {"tool_calls": []},
        {"server_name": "stage", "tool_calls": {}},
        {"server_name": "stage", "tool_calls": "echo"},
        {"server_name": "stage", "tool_calls": [], "stop_on_error": "yes"},
        {"server_name": "stage", "tool_calls": [{}] * 101},
    ],
    ids=str,
)
def test_arguments_of_the_wrong_type_are_said_so(alice: Caller, arguments: dict[str, Any]) -> None:
    result = alice.rpc("tools/call", {"name": CALL_TOOLS, "arguments": arguments}).result
    assert result["isError"] is True
    assert alice.checked(result)["error"]["code"] == "TOOL_003"


@pytest.mark.parametrize(
    "params",
    [{}, {"name": 5}, {"name": "nonexistent"}, {"name": CALL_TOOLS, "arguments": []}, {"name": CALL_TOOLS, "arguments": "x"}],
    ids=str,
)
def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(alice: Caller, params: dict[str, Any]) -> None:
    headers = {"Mcp-Name": str(params["name"])} if "name" in params and alice.revision == MODERN else {}
    answer = alice.rpc("tools/call", params, headers=headers)
    assert answer.error["code"] in (-32602, -32020)


def test_ids_come_back_as_they_were(alice: Caller) -> None:
    for number in ('"1"', "1", "-7", "9007199254740993", "123456789012345678901234567890", '"\\u00e9\\"x"'):
        message = json.dumps(alice.message("tools/list"))
        head, tail = message.split('"id": ', 1)
        body = f'{head}"id": {number}{tail[tail.index(",") :]}'.encode()
        answer = alice.post(body, headers=alice.headers(json.loads(message)))
        assert answer.status == 200
        returned = answer.body.split(b'"id":', 1)[1].lstrip()
        assert returned.startswith(number.encode()) or json.loads(answer.body)["id"] == json.loads(number)


def test_a_declared_size_beyond_the_limit_is_refused_before_it_is_sent(alice: Caller, bystander: Caller) -> None:
    with alice.connect() as connection:
        head = alice.bytes_of(b"", **{"Content-Length": str(100 * MIB)})
        connection.sendall(head)
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]


def test_a_body_that_grows_beyond_the_limit_is_cut_off(alice: Caller, bystander: Caller, gateway: Gateway) -> None:
    with alice.connect() as connection:
        connection.sendall(alice.bytes_of(b"", **{"Content-Length": None, "Transfer-Encoding": "chunked"}))
        chunk = b"100000\r\n" + b" " * MIB + b"\r\n"
        sent = 0
        try:
            while sent < 64:
                connection.sendall(chunk)
                sent += 1
        except OSError:
            pass
        assert sent < 64
        assert _status(connection) in (413, None)
    gateway.assert_running()


def _status(connection: socket.socket) -> int | None:
    """The status of the answer; None when the connection ended without one, as a reset does to bytes not yet read."""
    try:
        line = connection.recv(4096).split(b"\r\n")[0].split(b" ")
    except OSError:
        return None
    return int(line[1]) if len(line) > 1 else None


def test_a_limit_may_be_configured(start: Start) -> None:
    alice = Caller(start(document([server("stage")], gateway={"max_body_bytes": 4096})), ALICE)
    assert alice.text("stage", "echo", message="x" * 3000) == "x" * 3000
    answer = alice.rpc(
        "tools/call",
        {"name": CALL_TOOLS, "arguments": {"server_name": "stage", "tool_calls": [{"name": "echo", "args": {"message": "x" * 5000}}]}},
    )
    assert answer.status == 413
    assert alice.text("stage", "echo", message="fine") == "fine"


def test_ten_megabytes_there_and_back(alice: Caller, gateway: Gateway) -> None:
    text = "".join(chr(0x21 + number % 90) for number in range(10 * MIB)).replace("\\", "/").replace('"', "'")
    assert alice.text("stage", "echo", message=text) == text
    flood = alice.item("stage", "flood", bytes=10 * MIB)
    assert flood["response"] == "x" * (10 * MIB)


def test_a_slow_body_is_given_up(alice: Caller, bystander: Caller) -> None:
    if alice.revision != MODERN:
        pytest.skip("bodies are read alike in every revision")
    with alice.connect() as connection:
        connection.settimeout(60)
        request = alice.bytes_of(alice.message("tools/list"))
        connection.sendall(request[:-5])
        assert _status(connection) == 408
        assert connection.recv(4096) == b""


# HTTP


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_other_methods_are_not_allowed(alice: Caller, method: str) -> None:
    answer = alice.request(method, headers={**alice.headers(), "Accept": "text/event-stream"})
    assert answer.status == 405 and "POST" in answer.headers["allow"]


def test_only_the_endpoint_is_served(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    for path in ("/mcp", "/mcp/"):
        assert alice.rpc("tools/list", path=path).status == 200
    for path in ("/", "/mcpx", "/mcp/x", "//mcp", "/mcp/../mcp", "/MCP", "/api/v1/configs", "/mcp%2f"):
        assert alice.rpc("tools/list", path=path).status == 404, path


def test_health_says_nothing_but_that_it_is_alive(gateway: Gateway) -> None:
    anybody = Caller(gateway, None)
    assert anybody.request("GET", path="/health").json == {"status": "ok"}
    assert anybody.request("HEAD", path="/health").body == b""
    assert anybody.request("POST", b"{}", path="/health").status == 405


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Content-Type", None, 415),
        ("Content-Type", "text/plain", 415),
        ("Content-Type", "application/json-patch+json", 415),
        ("Content-Type", "application/json; charset=utf-8", 200),
        ("Content-Type", "APPLICATION/JSON", 200),
        ("Accept", None, 406),
        ("Accept", "application/json", 406),
        ("Accept", "text/event-stream", 406),
        ("Accept", "*/*", 200),
        ("Accept", "text/event-stream;q=0.5 , application/json", 200),
        ("Origin", None, 200),
        ("Origin", "https://app.example.com", 200),
        ("Origin", "http://localhost:5173", 200),
        ("Origin", "https://evil.example", 403),
        ("Origin", "https://app.example.com.evil.example", 403),
        ("Origin", "http://localhost.evil.example", 403),
        ("Origin", "http://app.example.com", 403),
        ("Origin", "null", 403),
        ("Origin", "", 403),
        ("Host", "gateway.example", 200),
        ("Host", "gateway.example:443", 200),
        ("Host", "localhost:1", 200),
        ("Host", "evil.example", 421),
        ("Host", "127.0.0.1.evil.example", 421),
        ("Host", "", 421),
    ],
)
def test_t26_headers_decide_who_may_speak_how(alice: Caller, name: str, value: str | None, status: int) -> None:
    answer = alice.rpc("tools/list", headers={name: value})
    assert answer.status == status
    if status != 200:
        assert answer.error["message"] and "result" not in answer.json


def test_t26_origin_and_host_are_checked_whatever_the_method(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    for method in ("GET", "DELETE", "OPTIONS"):
        assert alice.request(method, headers={**alice.headers(), "Origin": "https://evil.example"}).status == 403
        assert alice.request(method, headers={**alice.headers(), "Host": "evil.example"}).status == 421
    assert alice.request("GET", headers={"Host": "evil.example"}, path="/health").status == 421


@pytest.mark.parametrize(
    "request_text",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"POST /mcp HTTP/9.9\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX" + b"-x" * 100_000 + b": 1\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + b"X-Y: 1\r\n" * 100_000 + b"\r\n",
        b"POST /" + b"m" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: a\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nApi key: x\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=lambda text: text[:60].decode("latin-1").encode("unicode_escape").decode(),
)
def test_bad_http_is_refused_or_cut_off(gateway: Gateway, bystander: Caller, request_text: bytes) -> None:
    with Caller(gateway, None).connect() as connection:
        try:
            connection.sendall(request_text)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        status = _status(connection)
        assert status is None or 400 <= status < 500


def test_requests_in_one_go_are_answered_in_order(alice: Caller) -> None:
    messages = [
        alice.message(
            "tools/call",
            {
                "name": CALL_TOOLS,
                "arguments": {"server_name": "stage", "tool_calls": [{"name": "echo", "args": {"message": f"number {number}"}}]},
            },
        )
        for number in range(20)
    ]
    with alice.connect() as connection:
        connection.sendall(b"".join(alice.bytes_of(message) for message in messages))
        stream = connection.makefile("rb")
        for message in messages:
            answer = next_answer(stream)
            assert answer.json["id"] == message["id"]
            sent = message["params"]["arguments"]["tool_calls"][0]["args"]["message"]
            assert alice.checked(answer.result)["results"][0]["response"] == sent


def next_answer(stream: BinaryIO) -> Answer:
    """One answer of several on the same connection."""
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, value = line.decode().split(":", 1)
        headers[name.lower()] = value.strip()
    return Answer(status, headers, stream.read(int(headers["content-length"])))


def test_a_client_that_asks_before_sending_is_let_go_on(alice: Caller) -> None:
    request = alice.bytes_of(alice.message("tools/list"), Expect="100-continue")
    end = request.index(b"\r\n\r\n") + 4
    with alice.connect() as connection:
        connection.sendall(request[:end])
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(request[end:])
        assert _status(connection) == 200


def test_a_connection_dropped_in_the_middle_of_a_request_hurts_nobody(alice: Caller, bystander: Caller, gateway: Gateway) -> None:
    request = alice.bytes_of(alice.message("tools/list"))
    for length in range(1, len(request), 37):
        with alice.connect() as connection:
            connection.sendall(request[:length])
    gateway.assert_running()


def test_a_client_that_leaves_cancels_its_call_where_the_revision_says_so(alice: Caller, shared_recording: Recording) -> None:
    mark = nonce()
    call = {"name": "sleep", "args": {"seconds": 15 if alice.revision == MODERN else 3, "mark": mark}}
    message = alice.message("tools/call", {"name": CALL_TOOLS, "arguments": {"server_name": "stage", "tool_calls": [call]}})
    alice.text("stage", "echo", message="warm")
    with alice.connect() as connection:
        connection.sendall(alice.bytes_of(message))
        until(lambda: any(mark in str(sent) for sent in shared_recording.calls), "the server receives the call")
    [sent] = [sent for sent in shared_recording.calls if mark in str(sent)]

    def cancelled() -> bool:
        return any(note["params"]["requestId"] == sent["id"] for note in shared_recording.of("notifications/cancelled"))

    if alice.revision == MODERN:
        until(cancelled, "the server is told that nobody waits any more")
    else:
        time.sleep(3.5)  # nothing to wait for: the call runs to its end
        assert not cancelled()


def test_a_reader_that_does_not_read_holds_up_nobody_else(gateway: Gateway, bystander: Caller) -> None:
    alice = Caller(gateway, ALICE)
    call = {"name": "flood", "args": {"bytes": 8 * MIB}}
    message = alice.message("tools/call", {"name": CALL_TOOLS, "arguments": {"server_name": "stage", "tool_calls": [call]}})
    with alice.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(alice.bytes_of(message))
        assert connection.recv(10)
        for number in range(20):
            assert bystander.text("stage", "echo", message=str(number)) == str(number)


# The eras


def test_a_batch_is_a_matter_of_one_revision(alice: Caller) -> None:
    batch = [
        {"jsonrpc": "2.0", "id": "a", "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "nonexistent"},
        5,
    ]
    answer = alice.post(batch)
    if alice.revision != "2025-03-26":
        assert (answer.status, answer.error["code"]) == (400, -32600)
        return
    assert answer.status == 200
    replies = answer.json
    assert [reply["id"] for reply in replies] == ["a", 2, 3, None]
    assert replies[0]["result"] == {} and len(replies[1]["result"]["tools"]) == 7
    assert [reply["error"]["code"] for reply in replies[2:]] == [-32601, -32600]
    assert alice.post([]).status == 400
    assert alice.post(batch[1:2]).status == 202


def test_a_batch_cannot_be_used_to_multiply_work_without_bound(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-03-26").initialize()
    answer = alice.post([{"jsonrpc": "2.0", "id": number, "method": "ping"} for number in range(100_000)])
    assert answer.status == 400 or len(answer.json) == 100_000


def test_notifications_and_responses_are_taken(gateway: Gateway) -> None:
    for revision in LEGACY:
        alice = Caller(gateway, ALICE, revision).initialize()
        assert alice.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 99}}).status == 202
        assert alice.post({"jsonrpc": "2.0", "id": 7, "result": {}}).status == 202


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [(revision, revision) for revision in LEGACY]
    + [("2024-11-05", "2024-11-05"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25")],
)
def test_a_session_agrees_on_a_revision(gateway: Gateway, offered: str, agreed: str) -> None:
    hello = {"protocolVersion": offered, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    answer = Caller(gateway, ALICE, LEGACY[0]).rpc("initialize", hello)
    assert answer.result["protocolVersion"] == agreed
    assert answer.result["serverInfo"]["name"] == "Enkrypt Secure MCP Gateway"
    assert answer.result["instructions"] and "tools" in answer.result["capabilities"]
    assert len(answer.headers["mcp-session-id"]) >= 32


def test_a_session_keeps_its_revision(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-06-18").initialize()
    assert alice.rpc("ping", headers={"MCP-Protocol-Version": None}).status == 200
    assert alice.rpc("ping", headers={"MCP-Protocol-Version": "2025-11-25"}).status == 400
    assert alice.rpc("ping", headers={"MCP-Protocol-Version": "1999-01-01"}).status == 400


def test_what_a_legacy_session_is_answered_when_it_asks_for_what_is_not_there(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    answer = alice.rpc("resources/subscribe", {"uri": "x"})
    assert (answer.status, answer.error["code"]) == (200, -32601)
    assert alice.rpc("prompts/list").result == {"prompts": []}
    assert alice.rpc("resources/list").result == {"resources": []}
    assert alice.rpc("tools/list", {"cursor": "x"}).error["code"] == -32602


def test_a_stateless_request_needs_no_session_and_gets_none(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    answer = alice.rpc("server/discover")
    assert "mcp-session-id" not in answer.headers
    assert MODERN in answer.result["supportedVersions"]
    assert (
        answer.result["resultType"] == "complete" and answer.result["cacheScope"] in ("private", "public") and answer.result["ttlMs"] >= 0
    )
    listed = alice.rpc("tools/list", headers={"Mcp-Session-Id": "anything"})
    assert listed.result["resultType"] == "complete" and len(listed.result["tools"]) == 7
    assert listed.result["ttlMs"] >= 0 and listed.result["cacheScope"]


def test_t34_headers_and_body_of_a_stateless_request_have_to_agree(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    call = {"name": "enkrypt_get_cache_status", "arguments": {}}
    for headers in (
        {"Mcp-Method": "tools/list"},
        {"Mcp-Method": None},
        {"Mcp-Name": "enkrypt_clear_cache"},
        {"Mcp-Name": None},
        {"Mcp-Name": "=?base64?!!?="},
    ):
        answer = alice.rpc("tools/call", call, headers=headers)
        assert (answer.status, answer.error["code"]) == (400, -32020), headers
    encoded = base64.b64encode(call["name"].encode()).decode()
    assert alice.rpc("tools/call", call, headers={"Mcp-Name": f"=?base64?{encoded}?="}).status == 200


def test_a_stateless_request_names_its_version(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    message = alice.message("tools/list")
    meta = message["params"]["_meta"]
    version = "io.modelcontextprotocol/protocolVersion"

    unknown = {**message, "params": {"_meta": {**meta, version: "2099-01-01"}}}
    answer = alice.post(unknown, headers={"MCP-Protocol-Version": "2099-01-01"})
    assert (answer.status, answer.error["code"]) == (400, -32022)
    assert MODERN in answer.error["data"]["supported"] and answer.error["data"]["requested"] == "2099-01-01"

    assert alice.post(unknown).error["code"] in (-32020, -32022), "header and body differ"
    without = {**message, "params": {"_meta": {version: MODERN}}}
    answer = alice.post(without)
    assert (answer.status, answer.error["code"]) == (400, -32602), "no client capabilities"
    answer = alice.rpc("nonexistent/method")
    assert (answer.status, answer.error["code"]) == (404, -32601)
    for method in ("ping", "logging/setLevel"):
        assert alice.rpc(method).status == 404


def test_notifications_of_2026_are_taken_and_change_nothing(gateway: Gateway, shared_recording: Recording) -> None:
    alice, mark = Caller(gateway, ALICE), nonce()
    arguments = {"server_name": "stage", "tool_calls": [{"name": "sleep", "args": {"seconds": 0.5, "message": mark}}]}
    message = alice.message("tools/call", {"name": CALL_TOOLS, "arguments": arguments})
    answers: list[Answer] = []
    calling = threading.Thread(target=lambda: answers.append(alice.post(message)))
    calling.start()
    until(lambda: [call for call in shared_recording.calls if mark in str(call)], "the call reached the server")
    for method in ("notifications/cancelled", "notifications/roots/list_changed", "notifications/unheard_of"):
        told = alice.post({"jsonrpc": "2.0", "method": method, "params": {"requestId": message["id"]}})
        assert (told.status, told.body) == (202, b"")
    calling.join(20)
    assert mark in json.dumps(answers[0].result), "a client cancels by closing the connection, and no id of another's counts"


def test_t41_one_trace_from_the_client_to_the_server(gateway: Gateway, shared_recording: Recording) -> None:
    trace, mark = "0af7651916cd43dd8448eb211c80319c", nonce()
    parent = f"00-{trace}-b7ad6b7169203331-01"
    alice = Caller(gateway, ALICE)
    arguments = {"server_name": "stage", "tool_calls": [{"name": "echo", "args": {"message": mark}}]}
    alice.call(CALL_TOOLS, arguments, headers={"traceparent": parent})
    [call] = [call for call in shared_recording.calls if mark in str(call)]
    version, same, span, _ = call["params"]["_meta"]["traceparent"].split("-")
    assert (version, same) == ("00", trace) and span != "b7ad6b7169203331"


def test_the_clients_own_credentials_do_not_travel_on(gateway: Gateway, shared_recording: Recording) -> None:
    alice = Caller(gateway, ALICE)
    environment = json.loads(alice.text("stage", "identity"))["environment"]
    assert ALICE not in json.dumps(environment)
    assert ALICE not in "".join(shared_recording.lines)


def test_many_clients_at_once_get_each_their_own_answer(gateway: Gateway) -> None:
    def work(number: int) -> bool:
        revision = [MODERN, *LEGACY][number % 4]
        caller = Caller(gateway, ALICE if number % 2 else BOB, revision)
        if revision != MODERN:
            caller.initialize()
        return all(caller.text("stage", "echo", message=f"{number}/{turn}") == f"{number}/{turn}" for turn in range(5))

    assert all(side_by_side(40, work))
