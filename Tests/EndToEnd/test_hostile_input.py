"""What callers write to get somewhere else, to be somebody else, or to have something inspected that is not what is forwarded."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from conftest import Start
from servers.raw_http import Upstream
from support import processes
from support.documents import ALICE, BLOCKED, BOB, Document, document, nonce, remote, server
from support.gateway import Gateway
from support.raw import LEGACY, MODERN, Answer, Caller, side_by_side
from support.recording import Recording

SECRET = "inside-secret-9d1f"


def shelf(name: str, **entry: Any) -> Document:
    environment = {"NAME": name, **entry.pop("env", {})}
    return server(name, "shelf.py", env=environment, **entry)


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    """Alice's and Bob's projects have servers of their own; `private` is Bob's."""
    found = document([shelf("alpha", env=shared_recording.environment), shelf("guarded", env=shared_recording.environment, guarded=True)])
    found["mcp_configs"]["config-2"] = {"mcp_config_name": "other", "mcp_config": [shelf("private", env=shared_recording.environment)]}
    found["projects"]["project-bob"]["mcp_config_id"] = "config-2"
    return start_shared(found)


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def reached(recording: Recording, mark: str) -> list[str]:
    return [line for line in recording.lines if mark in line]


# Paths

#: Each is tried in place of a server's name. Where one means a server, it is the one whose name it is once decoded, and no other.
CLIMBING = [
    "..",
    "../",
    "../..",
    "../../health",
    "%2e%2e",
    "%2e%2e%2f",
    "%2e%2e/health",
    "..%2f..%2fhealth",
    "%252e%252e",
    ".",
    "%2e",
    "alpha/..",
    "alpha/../private",
    "alpha%2f..%2fprivate",
    "alpha/%2e%2e/private",
    "alpha%2F%2E%2E%2Fprivate",
    "..%5cprivate",
    "alpha;x=1",
    "alpha%00",
    "alpha%00private",
    "%70rivate",
    "alpha//",
    "/alpha",
    "//private",
    "alpha#private",
    "%E2%80%A6",
    "%c0%ae%c0%ae",
]


@pytest.mark.parametrize("name", CLIMBING)
def test_t30_a_path_that_climbs_reaches_no_other_place(gateway: Gateway, shared_recording: Recording, name: str) -> None:
    alice = Caller(gateway, ALICE)
    mark = nonce()
    message = alice.message("tools/call", {"name": "mirror", "arguments": {"mark": mark}})
    for path in (f"/mcp/servers/{name}", f"/mcp/servers/{name}/"):
        answer = alice.post(message, path=path)
        assert answer.status == 404 and answer.error["message"], path
        assert "private" not in answer.error["message"] or "private" in name
    assert reached(shared_recording, mark) == []


#: What stands before the server's own URI. All but the last two mean a server of this caller, or none.
URIS = [
    "enkrypt:../private:note:///one",
    "enkrypt:alpha/../private:note:///one",
    "enkrypt:%2e%2e%2fprivate:note:///one",
    "enkrypt:alpha%2f..%2fprivate:note:///one",
    "enkrypt:%70rivate:note:///one",
    "enkrypt:private:note:///one",
    "enkrypt://alpha/../private/note:///one",
    "enkrypt:alpha%00:note:///one",
    "enkrypt:alpha#:note:///one",
    "enkrypt::alpha:note:///one",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
]


@pytest.mark.parametrize("uri", URIS)
def test_t30_a_uri_that_climbs_reaches_no_other_server_and_is_not_fetched(alice: Caller, shared_recording: Recording, uri: str) -> None:
    before = len(shared_recording.lines)
    error = alice.rpc("resources/read", {"uri": uri}).error
    assert error["code"] == (-32602 if alice.revision == MODERN else -32002) and "passwd" not in json.dumps(error.get("data", ""))
    assert not [line for line in shared_recording.lines[before:] if "resources/read" in line]


@pytest.mark.parametrize(
    "inner", ["note:///../../etc/passwd", "note:///%2e%2e/%2e%2e/etc", "../../etc/passwd", "file:///etc/passwd", "%2e%2e"]
)
def test_t30_what_follows_the_name_is_the_servers_own_business_byte_by_byte(alice: Caller, shared_recording: Recording, inner: str) -> None:
    """The gateway neither resolves nor rewrites it, so that what the server judges is what was asked for."""
    mark = nonce()
    alice.rpc("resources/read", {"uri": f"enkrypt:alpha:{inner}", "_meta": {"vendor/mark": mark}})
    [line] = reached(shared_recording, mark)
    assert json.loads(line)["params"]["uri"] == inner


@pytest.mark.parametrize(
    "name", ["../private__mirror", "alpha/../private__mirror", "private__mirror", "alpha__../mirror", "alpha__%6dirror"]
)
def test_t30_a_name_that_climbs_is_unknown(alice: Caller, shared_recording: Recording, name: str) -> None:
    mark = nonce()
    answer = alice.rpc("tools/call", {"name": name, "arguments": {"mark": mark}})
    assert answer.error["code"] == -32602 and reached(shared_recording, mark) == []


def test_t30_a_url_that_climbs_stays_on_its_server(start: Start) -> None:
    """A path in the configuration is the operator's; nothing of a caller's request becomes part of it."""
    with Upstream() as upstream:
        alice = Caller(start(document([remote("raw", upstream.url)])), ALICE)
        for tool in ("../echo", "echo/../../admin", "echo?x=1#y"):
            assert alice.rpc("tools/call", {"name": f"raw__{tool}", "arguments": {"path": "../../admin"}}).error["code"] == -32602
        assert alice.rpc("tools/call", {"name": "raw__echo", "arguments": {"path": "../../admin"}}).result["content"]
        assert {exchange.path for exchange in upstream.exchanges} == {"/mcp"}


# Sessions


def test_t22_nothing_of_a_session_is_anothers(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    for thief in (Caller(gateway, BOB, LEGACY[-1], session=alice.session), Caller(gateway, ALICE, LEGACY[-1], session="f" * 32)):
        stream = {**thief.headers(), "Accept": "text/event-stream"}
        answers: list[Answer] = [
            thief.rpc("tools/list"),
            thief.rpc("initialize", {"protocolVersion": LEGACY[-1], "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
            thief.post({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
            thief.post({"jsonrpc": "2.0", "id": 1, "result": {}}),
            thief.request("GET", headers=stream),
            thief.request("GET", headers={**stream, "Last-Event-ID": "0-1"}),
            thief.request("DELETE"),
        ]
        # A client may begin anew whatever it names; what it gets is a session of its own.
        begun = answers.pop(1)
        assert begun.status == 404 or begun.headers["mcp-session-id"] != alice.session
        assert {(answer.status, answer.error["code"]) for answer in answers} == {(404, -32001)}
    assert alice.rpc("ping").status == 200


def test_t22_answers_to_equal_ids_do_not_mix(gateway: Gateway) -> None:
    """Clients number their requests alike, all from 1; the servers behind are shared among a caller's sessions."""

    def work(number: int) -> None:
        caller = Caller(gateway, ALICE, [MODERN, *LEGACY][number % 4])
        if caller.revision != MODERN:
            caller.initialize()
        for turn in range(10):
            text = f"{number}/{turn}"
            message = {**caller.message("tools/call", {"name": "alpha__mirror", "arguments": {"text": text}}), "id": turn + 1}
            answer = caller.post(message)
            assert answer.json["id"] == turn + 1 and json.loads(answer.result["content"][0]["text"])["arguments"] == {"text": text}

    side_by_side(24, work)


@pytest.mark.parametrize("revision", LEGACY)
def test_t33_no_method_falls_back_to_the_only_session(start: Start, revision: str) -> None:
    gateway = start(document([server("stage")]))
    alice = Caller(gateway, ALICE, revision).initialize()
    without = Caller(gateway, ALICE, revision)
    headers = {**without.headers(), "MCP-Protocol-Version": revision}
    bodies = [
        without.message("tools/list"),
        without.message("ping"),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
    ]
    for body in bodies:
        for session in (None, "", " "):
            answer = without.post(body, headers={**headers, "Mcp-Session-Id": session})
            assert (answer.status, answer.error["code"]) in ((400, -32600), (404, -32001)), (body, session)
    for method in ("GET", "DELETE"):
        answer = without.request(method, headers={**headers, "Accept": "text/event-stream"})
        assert answer.status == 400, method
    assert alice.rpc("ping").status == 200


# Identity

CLAIMS = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "private.internal",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/mcp/servers/private",
    "X-Forwarded-User": "bob@example.com",
    "X-Forwarded-Email": "bob@example.com",
    "Forwarded": "for=127.0.0.1;host=private.internal",
    "X-Original-URL": "/mcp/servers/private",
    "X-Rewrite-URL": "/mcp/servers/private",
    "X-HTTP-Method-Override": "DELETE",
    "X-User": "user-bob",
    "X-User-Id": "user-bob",
    "X-Remote-User": "user-bob",
    "X-Project-Id": "project-bob",
    "X-Principal": "user-bob",
    "X-Role": "admin",
    "X-Real-IP": "127.0.0.1",
    "router-key": "trusted",
    "x-mcp-servername": "private",
    "x-mcp-authorized": "true",
    "X-Internal": "true",
    "X-Guardrails": "off",
    "Cookie": f"apikey={BOB}; session=1",
}


def test_t27_headers_that_claim_something_change_nothing(gateway: Gateway, alice: Caller, shared_recording: Recording) -> None:
    """With a key of one's own, one stays whom that key names, sees what one sees, and is screened as before."""
    plain = alice.rpc("tools/list").result["tools"]
    assert alice.rpc("tools/list", headers=CLAIMS).result["tools"] == plain
    mark = nonce()
    assert alice.rpc("tools/call", {"name": "private__mirror", "arguments": {"mark": mark}}, headers=CLAIMS).error["code"] == -32602
    blocked = alice.rpc("tools/call", {"name": "guarded__mirror", "arguments": {"mark": mark, "x": BLOCKED}}, headers=CLAIMS)
    assert blocked.result["isError"] and reached(shared_recording, mark) == []
    assert Caller(gateway, None).rpc("tools/list", headers=CLAIMS).status == 401


def test_t27_two_keys_that_differ_are_no_way_in(gateway: Gateway) -> None:
    """Which of several credentials counts must not depend on who looks."""
    answer = Caller(gateway, ALICE).rpc("tools/list", headers={"Authorization": f"Bearer {BOB}"})
    names = {tool["name"] for tool in answer.result["tools"]} if answer.status == 200 else set()
    assert answer.status == 401 or not ({"alpha__mirror", "private__mirror"} <= names)


def test_t27_no_secret_stands_in_any_command_line(start: Start) -> None:
    """The gateway's, its supervisors' and its servers' arguments are there for everybody on the machine to read."""
    with Upstream() as upstream:
        headers = {"headers": {"Authorization": f"Bearer {SECRET}"}}
        entries = [server("stage", env={"TOKEN": SECRET, "OTHER": "${env:INSIDE}"}), remote("raw", upstream.url, config=headers)]
        gateway = start(document(entries), environment={"INSIDE": SECRET})
        alice = Caller(gateway, ALICE)
        assert json.loads(alice.text("stage", "identity"))["environment"]["OTHER"] == SECRET
        assert alice.text("raw", "echo", message="x") == "x"
        everyone = [gateway.pid, *processes.descendants(gateway.pid)]
        assert len(everyone) >= 3
        for pid in everyone:
            line = processes.command_line(pid)
            assert line and not any(secret in line for secret in (SECRET, ALICE, BOB)), line


@pytest.mark.parametrize("key", ["", "admin", "changeme", "secret", "default", "test", "YOUR_GATEWAY_KEY", "null", "undefined", "Bearer"])
def test_t27_there_is_no_secret_by_default(gateway: Gateway, key: str) -> None:
    for headers in ({"apikey": key}, {"Authorization": f"Bearer {key}"}, {"ENKRYPT_GATEWAY_KEY": key}):
        assert Caller(gateway, None).rpc("tools/list", headers=headers).status == 401


# What is inspected is what is forwarded


def test_t31_members_in_another_case_are_other_members(alice: Caller, shared_recording: Recording) -> None:
    """`Name`, `Arguments`, `ARGUMENTS`: the gateway takes none of them for the real one, and the server gets them as they are, screened."""
    mark = nonce()
    params = {"name": "guarded__mirror", "Name": "guarded__link", "arguments": {"mark": mark}, "Arguments": {"x": 1}, "ARGUMENTS": {"y": 2}}
    assert alice.rpc("tools/call", params).result["content"]
    [line] = reached(shared_recording, mark)
    sent = json.loads(line)["params"]
    assert sent["name"] == "mirror" and sent["Name"] == "guarded__link" and sent["Arguments"] == {"x": 1} and sent["ARGUMENTS"] == {"y": 2}
    other = nonce()
    blocked = alice.rpc("tools/call", {"name": "guarded__mirror", "arguments": {"mark": other}, "Arguments": {"x": BLOCKED}})
    assert blocked.result["isError"] and reached(shared_recording, other) == []


@pytest.mark.parametrize(
    "change",
    [{"Method": "tools/list"}, {"METHOD": "x"}, {"Params": {}}, {"Id": 9}, {"JSONRPC": "1.0"}],
    ids=lambda change: next(iter(change)),
)
def test_t31_an_envelope_in_another_case_decides_nothing(alice: Caller, change: dict[str, Any]) -> None:
    message = {**change, **alice.message("tools/call", {"name": "alpha__mirror", "arguments": {"n": 1}})}
    answer = alice.post(message)
    if answer.status == 200:
        assert answer.json["id"] == message["id"] and json.loads(answer.result["content"][0]["text"])["arguments"] == {"n": 1}
    else:
        assert answer.error["code"] == -32600


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"tools/list","params":PARAMS}',
        '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":PARAMS}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"alpha__link","name":"alpha__mirror","arguments":{"mark":"MARK"}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"alpha__mirror","arguments":{"mark":"MARK","a":1,"a":2}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"alpha__mirror","arguments":{"mark":"MARK","a":1,"\\u0061":2}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"alpha__mirror","arguments":{"deep":[{"mark":"MARK","x":1,"x":1}]}}}',
    ],
)
def test_t31_a_member_twice_is_refused_wherever_it_stands(alice: Caller, shared_recording: Recording, text: str) -> None:
    mark = nonce()
    body = text.replace("PARAMS", '{"name":"alpha__mirror","arguments":{"mark":"MARK"}}').replace("MARK", mark).encode()
    headers = alice.headers({"method": "tools/call", "params": {"name": "alpha__mirror"}})
    answer = alice.post(body, headers=headers)
    assert answer.status == 400 and answer.error["code"] == -32700 and reached(shared_recording, mark) == []


# Headers and bodies


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("tools/call", {"name": "alpha__mirror", "arguments": {}}, "alpha__link"),
        ("tools/call", {"name": "alpha__mirror", "arguments": {}}, "ALPHA__mirror"),
        ("tools/call", {"name": "alpha__mirror", "arguments": {}}, "alpha__mirror, alpha__link"),
        ("prompts/get", {"name": "alpha__greet", "arguments": {"who": "x"}}, "alpha__attached"),
        ("resources/read", {"uri": "enkrypt:alpha:note:///one"}, "enkrypt:alpha:note:///two"),
        ("resources/read", {"uri": "enkrypt:alpha:note:///one"}, None),
    ],
)
def test_t34_a_header_that_says_something_else_than_the_body_is_refused(
    gateway: Gateway, shared_recording: Recording, method: str, params: dict[str, Any], name: str | None
) -> None:
    alice = Caller(gateway, ALICE)
    mark = nonce()
    request = {**params, "_meta": {"vendor/mark": mark}}
    for headers in ({"Mcp-Name": name}, {"Mcp-Method": "tools/list"}, {"Mcp-Method": method.upper()}, {"MCP-Protocol-Version": LEGACY[-1]}):
        answer = alice.rpc(method, request, headers=headers)
        assert answer.status == 400 and answer.error["code"] in (-32020, -32022, -32600), headers
    assert reached(shared_recording, mark) == []
    assert alice.rpc(method, request).status == 200 and len(reached(shared_recording, mark)) == 1


def test_t34_nor_do_headers_choose_a_server(gateway: Gateway, shared_recording: Recording) -> None:
    """A path names one server, the body a tool of it; what headers add counts for nothing."""
    alice, mark = Caller(gateway, ALICE), nonce()
    headers = {"Mcp-Server": "private", "Mcp-Param-Mark": "x", "X-Mcp-Name": "link"}
    path = f"/mcp/servers/{quote('alpha')}"
    assert alice.rpc("tools/call", {"name": "mirror", "arguments": {"mark": mark}}, headers=headers, path=path).result["content"]
    [line] = reached(shared_recording, mark)
    assert json.loads(line)["params"]["name"] == "mirror"
