"""Who gets in, and what the others are told."""

import hashlib
import time

import pytest
from conftest import Start
from support.documents import ALICE, BOB, DISABLED, EXPIRED, NO_CONFIG, NOT_A_MEMBER, UNKNOWN, document, server
from support.gateway import Gateway
from support.raw import LEGACY, MODERN, Caller
from support.waiting import until


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    return start_shared(document([server("stage")], config={"exposure": "gateway_tools"}))


@pytest.mark.parametrize("revision", [MODERN, LEGACY[-1]])
@pytest.mark.parametrize(
    "headers",
    [
        {"apikey": ALICE},
        {"ENKRYPT_GATEWAY_KEY": ALICE},
        {"enkrypt_gateway_key": ALICE},
        {"Authorization": f"Bearer {ALICE}"},
        {"Authorization": f"bearer {ALICE}"},
        {"apikey": ALICE, "Authorization": f"Bearer {ALICE}"},
        {"apikey": ALICE, "project_id": "project-alice", "user_id": "user-alice"},
    ],
    ids=lambda headers: "+".join(headers),
)
def test_each_way_of_presenting_a_key_works(gateway: Gateway, headers: dict[str, str], revision: str) -> None:
    caller = Caller(gateway, None, revision)
    if revision == MODERN:
        answer = caller.rpc("tools/list", headers=headers)
        assert len(answer.result["tools"]) == 7
    else:
        hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
        assert caller.rpc("initialize", hello, headers=headers).result["protocolVersion"] == revision


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "AUTH_001"),
        ({"apikey": UNKNOWN}, 401, "AUTH_001"),
        ({"apikey": ""}, 401, "AUTH_001"),
        ({"apikey": ALICE[:-1]}, 401, "AUTH_001"),
        ({"apikey": ALICE + "A"}, 401, "AUTH_001"),
        ({"apikey": ALICE.lower()}, 401, "AUTH_001"),
        ({"apikey": "k" * 5000}, 401, "AUTH_001"),
        ({"Authorization": f"Basic {ALICE}"}, 401, "AUTH_001"),
        ({"Authorization": "Bearer"}, 401, "AUTH_001"),
        ({"apikey": ALICE, "ENKRYPT_GATEWAY_KEY": BOB}, 401, "AUTH_001"),
        ({"apikey": ALICE, "Authorization": f"Bearer {UNKNOWN}"}, 401, "AUTH_001"),
        ({"apikey": DISABLED}, 401, "AUTH_009"),
        ({"apikey": EXPIRED}, 401, "AUTH_002"),
        ({"apikey": NOT_A_MEMBER}, 403, "AUTH_003"),
        ({"apikey": NO_CONFIG}, 403, "AUTH_008"),
        ({"apikey": ALICE, "project_id": "project-bob"}, 403, "AUTH_003"),
        ({"apikey": ALICE, "user_id": "user-bob"}, 403, "AUTH_003"),
    ],
    ids=lambda value: "+".join(f"{name}={text[:12]}" for name, text in value.items()) or "nothing" if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("revision", [MODERN, LEGACY[0]])
def test_t28_other_credentials_are_refused_with_their_own_code(
    gateway: Gateway, headers: dict[str, str], status: int, code: str, revision: str
) -> None:
    caller = Caller(gateway, None, revision)
    session = Caller(gateway, ALICE, revision).initialize().session if revision != MODERN else None
    messages = {
        "tools/list": {},
        "initialize": {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
        "tools/call": {"name": "enkrypt_get_timeout_metrics", "arguments": {}},
    }
    for method, params in messages.items():
        answer = caller.rpc(method, params, headers={**headers, "Mcp-Session-Id": session})
        assert (answer.status, answer.code) == (status, code), method
        assert ("www-authenticate" in answer.headers) == (status == 401)
        for key in (ALICE, BOB, DISABLED, EXPIRED, UNKNOWN):
            assert key.encode() not in answer.body


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT", "OPTIONS", "PATCH"])
def test_credentials_are_asked_for_whatever_the_method(gateway: Gateway, method: str) -> None:
    answer = Caller(gateway, None).request(method, b"{}" if method == "POST" else None)
    assert (answer.status, answer.code) == (401, "AUTH_001")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_refused_body_is_not_even_read(gateway: Gateway) -> None:
    """Without credentials nobody learns how the gateway reads."""
    answer = Caller(gateway, None).post(b"\xff not json")
    assert answer.status == 401


def test_a_key_that_is_disabled_in_the_file_is_refused_at_the_next_call(start: Start) -> None:
    gateway = start(document([server("stage")]))
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB)
    session = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    assert alice.text("stage", "echo", message="before") == "before"
    gateway.edit(lambda document: document["apikeys"][ALICE].update(disabled=True))
    answer = alice.rpc("tools/list")
    assert (answer.status, answer.code) == (401, "AUTH_009")
    assert session.rpc("tools/list").code == "AUTH_009"
    assert bob.text("stage", "echo", message="still here") == "still here"
    gateway.edit(lambda document: document["apikeys"][ALICE].update(disabled=False))
    assert alice.text("stage", "echo", message="after") == "after"


def test_a_key_that_is_removed_or_moved_counts_at_the_next_call(start: Start) -> None:
    gateway = start(document([server("stage")]))
    alice = Caller(gateway, ALICE)
    assert alice.rpc("tools/list").status == 200
    gateway.edit(lambda document: document["projects"]["project-alice"].update(users=[]))
    assert alice.rpc("tools/list").code == "AUTH_003"
    gateway.edit(lambda document: document["projects"]["project-alice"].update(users=["user-alice"], mcp_config_id=None))
    assert alice.rpc("tools/list").code == "AUTH_008"
    gateway.edit(lambda document: document["apikeys"].pop(ALICE))
    assert alice.rpc("tools/list").code == "AUTH_001"


def test_a_key_stops_working_when_it_expires(start: Start) -> None:
    """Also when the answer of the auth provider could still be reused."""
    definition = document([server("stage")])
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    soon = time.time() + 5
    definition["apikeys"][ALICE]["expires_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(soon))
    gateway.write(definition)
    assert alice.rpc("tools/list").status == 200
    until(lambda: time.time() > soon and alice.rpc("tools/list").status == 401, "the key expires")
    assert alice.rpc("tools/list").code == "AUTH_002"


def test_keys_may_be_kept_as_digests(start: Start) -> None:
    definition = document([server("stage")])
    definition["apikeys"]["sha256:" + hashlib.sha256(ALICE.encode()).hexdigest()] = definition["apikeys"].pop(ALICE)
    gateway = start(definition)
    assert Caller(gateway, ALICE).rpc("tools/list").status == 200
    digest = next(key for key in definition["apikeys"] if key.startswith("sha256:"))
    assert Caller(gateway, digest).rpc("tools/list").code == "AUTH_001"


def test_t22_a_session_belongs_to_whoever_opened_it(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    thief = Caller(gateway, BOB, LEGACY[-1], session=alice.session)
    for answer in (thief.rpc("tools/list"), thief.rpc("ping"), thief.request("DELETE")):
        assert (answer.status, answer.error["code"]) == (404, -32001)
    assert len(alice.rpc("tools/list").result["tools"]) == 7


def test_t3_an_unknown_session_is_told_so_in_json(gateway: Gateway) -> None:
    lost = Caller(gateway, ALICE, LEGACY[-1], session="0123456789abcdef0123456789abcdef")
    answer = lost.rpc("tools/list")
    assert (answer.status, answer.headers["content-type"], answer.error["code"]) == (404, "application/json", -32001)


def test_t3_an_expired_session_is_told_so_and_a_new_one_may_begin(start: Start) -> None:
    gateway = start(document([server("stage")], gateway={"session_idle_timeout": 0.3}))
    sessions = [Caller(gateway, ALICE, revision).initialize() for revision in LEGACY]
    for session in sessions:
        # Each attempt is a use of the session, so they are further apart than it lives.
        answer = until(lambda lost=session: (found := lost.rpc("ping")).status == 404 and found, "it expires", pause=0.5)
        assert (answer.headers["content-type"], answer.error["code"]) == ("application/json", -32001)
        assert Caller(gateway, ALICE, session.revision).initialize().rpc("ping").result == {}


def test_t33_a_request_without_a_session_is_not_given_somebody_elses(gateway: Gateway) -> None:
    Caller(gateway, ALICE, LEGACY[-1]).initialize()
    answer = Caller(gateway, ALICE, LEGACY[-1]).rpc("tools/list")
    assert (answer.status, answer.error["code"]) == (400, -32600)


def test_a_deleted_session_is_gone(gateway: Gateway) -> None:
    session = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    assert session.request("DELETE").status in (200, 202, 204)
    assert session.rpc("tools/list").status == 404
    assert session.request("DELETE").status == 404


def test_t27_headers_that_claim_an_identity_are_no_credentials(gateway: Gateway) -> None:
    claims = [
        "X-User",
        "X-Forwarded-User",
        "X-Principal",
        "X-Real-IP",
        "X-Forwarded-For",
        "router-key",
        "X-Api-Key",
        "Cookie",
        "Proxy-Authorization",
    ]
    answer = Caller(gateway, None).rpc("tools/list", headers=dict.fromkeys(claims, ALICE))
    assert answer.status == 401


def test_a_key_in_the_address_is_no_credential(gateway: Gateway) -> None:
    answer = Caller(gateway, None).rpc("tools/list", path=f"{gateway.path}?apikey={ALICE}")
    assert answer.status == 401
    assert ALICE not in gateway.stderr
