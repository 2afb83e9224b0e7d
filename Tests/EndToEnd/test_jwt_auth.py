"""The provider `jwt`: callers with signed tokens of an identity provider, here a stand-in."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import Document, document, server
from support.gateway import Gateway
from support.identity import ALGORITHMS, AUDIENCE, ISSUER, IdentityProvider, Key, claims, encoded, hmac_token
from support.raw import Caller
from support.waiting import until


@pytest.fixture(scope="module")
def keys() -> dict[str, Key]:
    return {algorithm: Key(algorithm) for algorithm in ALGORITHMS}


@pytest.fixture
def provider(keys: dict[str, Key]) -> Iterator[IdentityProvider]:
    provider = IdentityProvider(*keys.values())
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def shared_provider(keys: dict[str, Key]) -> Iterator[IdentityProvider]:
    provider = IdentityProvider(*keys.values())
    yield provider
    provider.close()


def guarded(provider: IdentityProvider | None, config: Document | None = None) -> Document:
    found: Document = {"issuer": ISSUER, "audience": AUDIENCE, "identity_seconds": 0, "pause_seconds": 0.1, **(config or {})}
    binding: Document = {"provider": "jwt", "config": found}
    if provider:
        found["jwks_url"] = provider.url
        binding["egress"] = {"allow": [provider.address]}
    return document([server("stage")], plugins={"auth": binding})


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_provider: IdentityProvider) -> Gateway:
    return start_shared(guarded(shared_provider))


def bearer(gateway: Gateway, token: str) -> Any:
    return Caller(gateway, None).rpc("tools/list", headers={"Authorization": f"Bearer {token}"})


def outcome(gateway: Gateway, token: str) -> tuple[int, str]:
    answer = bearer(gateway, token)
    return answer.status, "" if answer.status == 200 else answer.code


# Who gets in


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_each_algorithm_lets_its_subject_in(gateway: Gateway, keys: dict[str, Key], algorithm: str) -> None:
    token = keys[algorithm].token(claims())
    assert bearer(gateway, token).status == 200
    caller = Caller(gateway, None)
    answer = caller.rpc("tools/call", {"name": "stage__echo", "arguments": {"message": "hello"}}, headers={"Authorization": f"Bearer {token}"})
    assert answer.result["content"][0]["text"] == "hello"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_that_is_touched_is_none(gateway: Gateway, keys: dict[str, Key], algorithm: str) -> None:
    header, body, signature = keys[algorithm].token(claims()).split(".")
    touched = signature[:5] + ("B" if signature[5] == "A" else "A") + signature[6:]
    assert outcome(gateway, f"{header}.{body}.{touched}") == (401, "AUTH_001")
    assert outcome(gateway, f"{header}.{encoded(claims(project_id='project-bob'))}.{signature}") == (401, "AUTH_001")
    assert outcome(gateway, f"{header}.{body}.") == (401, "AUTH_001")


def test_other_ways_to_send_a_token(gateway: Gateway, keys: dict[str, Key]) -> None:
    token, other = keys["ES256"].token(claims()), keys["RS256"].token(claims())
    caller = Caller(gateway, None)
    assert caller.rpc("tools/list", headers={"apikey": token}).status == 200
    assert caller.rpc("tools/list", headers={"authorization": f"bEARER  {token}", "ENKRYPT_GATEWAY_KEY": token}).status == 200
    assert caller.rpc("tools/list", headers={"Authorization": f"Bearer {token}", "apikey": other}).code == "AUTH_001"
    answer = caller.rpc("tools/list")
    assert (answer.status, answer.code) == (401, "AUTH_001") and "token" in answer.error["message"]
    assert answer.headers["www-authenticate"] == 'Bearer realm="secure-mcp-gateway"'


def test_types_and_key_ids_are_optional(gateway: Gateway, keys: dict[str, Key]) -> None:
    for header in ({"kid": None}, {"typ": None}, {"typ": "at+jwt"}, {"typ": "application/at+JWT"}):
        assert outcome(gateway, keys["PS256"].token(claims(), **header)) == (200, ""), header


# Who does not


def test_none_and_secrets_are_no_signatures(gateway: Gateway, keys: dict[str, Key]) -> None:
    key = keys["RS256"]
    unsigned = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims())}."
    refused = [unsigned, unsigned.replace("none", "None"), f"{encoded({'alg': 'nOnE', 'kid': key.id})}.{encoded(claims())}.{encoded(b'x')}"]
    # A public key taken for a shared secret.
    for secret in (key.pem, key.pem.strip(), json.dumps(key.jwk).encode(), b""):
        refused.append(hmac_token(secret, claims(), kid=key.id) if secret else f"{encoded({'alg': 'HS256'})}.{encoded(claims())}.{encoded(b'x')}")
    for token in refused:
        answer = bearer(gateway, token)
        assert (answer.status, answer.code) == (401, "AUTH_001")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_the_key_decides_which_algorithm_it_is_for(gateway: Gateway, keys: dict[str, Key]) -> None:
    rsa, elliptic = keys["RS256"], keys["ES256"]
    # Signed as PS256 by a key that is published for RS256; and each header with the other's key.
    pss = Key.__new__(Key)
    pss.algorithm, pss.id, pss.private = "PS256", rsa.id, rsa.private
    assert outcome(gateway, pss.token(claims())) == (401, "AUTH_001")
    assert outcome(gateway, rsa.token(claims(), alg="ES256")) == (401, "AUTH_001")
    assert outcome(gateway, rsa.token(claims(), kid=elliptic.id)) == (401, "AUTH_001")
    assert outcome(gateway, elliptic.token(claims(), kid=keys["ES384"].id)) == (401, "AUTH_001")


def test_keys_inside_of_a_token_are_not_used(gateway: Gateway, provider: IdentityProvider) -> None:
    stranger = Key("ES256")
    for header in ({"jwk": stranger.jwk}, {"jku": provider.url}, {"kid": "../../etc/passwd"}, {"kid": None}):
        assert outcome(gateway, stranger.token(claims(), **header)) == (401, "AUTH_001")
    assert provider.asked == 0


CLAIMS: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "another issuer": ({"iss": "https://id.example.com/realms/other"}, (401, "AUTH_001")),
    "no issuer": ({"iss": None}, (401, "AUTH_001")),
    "an issuer that is a list": ({"iss": [ISSUER]}, (401, "AUTH_001")),
    "another audience": ({"aud": "https://other.example.com"}, (401, "AUTH_001")),
    "no audience": ({"aud": None}, (401, "AUTH_001")),
    "one audience": ({"aud": AUDIENCE}, (200, "")),
    "expired": ({"exp": 1_600_000_000}, (401, "AUTH_002")),
    "never expires": ({"exp": None}, (401, "AUTH_001")),
    "an expiry that is a text": ({"exp": "2099"}, (401, "AUTH_001")),
    "an expiry beyond all dates": ({"exp": 1e300}, (401, "AUTH_001")),
    "a fraction of a second": ({"exp": 4_000_000_000.25}, (200, "")),
    "not yet": ({"nbf": 4_000_000_000}, (401, "AUTH_001")),
    "issued in the future": ({"iat": 4_000_000_000}, (401, "AUTH_001")),
    "no project": ({"project_id": None}, (403, "AUTH_003")),
    "a project that does not exist": ({"project_id": "project-nobody"}, (403, "AUTH_008")),
    "a project without a configuration": ({"project_id": "project-empty"}, (403, "AUTH_008")),
    "no subject": ({"sub": None}, (401, "AUTH_001")),
    "an empty subject": ({"sub": ""}, (401, "AUTH_001")),
    "a subject that is a number": ({"sub": 7}, (401, "AUTH_001")),
    "a subject without an end": ({"sub": "x" * 300}, (401, "AUTH_001")),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_claims_decide(gateway: Gateway, keys: dict[str, Key], case: str) -> None:
    changes, expected = CLAIMS[case]
    assert outcome(gateway, keys["EdDSA"].token(claims(**changes))) == expected


def test_leeway_covers_clocks_that_differ(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    key = keys["ES256"]
    now = claims()["iat"]
    gateway = start(guarded(provider, {"leeway_seconds": 300}))
    assert outcome(gateway, key.token(claims(exp=now - 60))) == (200, "")
    assert outcome(gateway, key.token(claims(nbf=now + 60, iat=now + 60))) == (200, "")
    assert outcome(gateway, key.token(claims(exp=now - 400))) == (401, "AUTH_002")
    assert outcome(gateway, key.token(claims(nbf=now + 1200))) == (401, "AUTH_001")


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "x" * 20_000,
        f"{encoded(b'[]')}.{encoded(b'[]')}.{encoded(b'x')}",
        f"{encoded(b'{')}.{encoded(b'{}')}.{encoded(b'x')}",
        f"{encoded({'alg': ['RS256']})}.{encoded({})}.{encoded(b'x')}",
        f"{encoded({'alg': 'ES256', 'kid': 7})}.{encoded({})}.{encoded(b'x' * 64)}",
        f"{encoded({'alg': 'ES256', 'crit': ['exp']})}.{encoded({})}.{encoded(b'x' * 64)}",
        f"{encoded({'alg': 'ES256', 'typ': 'logout+jwt'})}.{encoded({})}.{encoded(b'x' * 64)}",
        f"{encoded(b'[' * 200)}.{encoded({})}.{encoded(b'x')}",
        f"{encoded({'alg': 'ES256'})}=.{encoded({})}.{encoded(b'x' * 64)}",
        f"{encoded({'alg': 'ES384'})}.{encoded({})}.{encoded(bytes(96))}",
        f"{encoded({'alg': 'ES256'})}.{encoded({})}.{encoded(bytes(64))}",
        f"{encoded({'alg': 'RS256'})}.{encoded({})}.{encoded(b'x' * 5000)}",
    ],
    ids=range(18),
)
def test_what_is_no_token_is_refused(gateway: Gateway, token: str) -> None:
    answer = Caller(gateway, None).rpc("tools/list", headers={"Authorization": b"Bearer " + token.encode()})
    assert answer.status == 401 and answer.code == "AUTH_001"
    assert token[:40] not in answer.body.decode() or not token.strip(".")


# What the claims mean


def test_claims_are_mapped_to_projects_users_and_roles(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    groups = {"claim": "/realm_access/groups~1all", "values": {"mcp-a": "project-alice", "mcp-b": "project-bob", "old": "project-alice"}}
    config = {"project": groups, "user": {"claim": "email"}, "role": {"claim": "kind", "default": "user"}, "required_scopes": ["mcp"]}
    gateway = start(guarded(provider, config))

    def token(*names: str, **others: Any) -> str:
        return keys["ES384"].token(
            claims(**{"realm_access": {"groups/all": list(names)}, "email": "a@example.com", "scope": "openid mcp", **others})
        )

    def asked(token: str, project: str) -> tuple[int, str]:
        answer = Caller(gateway, None).rpc("tools/list", headers={"Authorization": f"Bearer {token}", "project_id": project})
        return answer.status, "" if answer.status == 200 else answer.code

    assert outcome(gateway, token("staff", "mcp-a", "old")) == (200, "")
    assert outcome(gateway, token("staff")) == (403, "AUTH_003")
    both = token("mcp-a", "mcp-b")
    answer = bearer(gateway, both)
    assert (answer.status, answer.code) == (403, "AUTH_003") and "project_id" in answer.error["message"]
    assert asked(both, "project-bob") == (200, "") and asked(both, "project-alice") == (200, "")
    assert asked(token("mcp-a"), "project-bob") == (403, "AUTH_003")
    assert outcome(gateway, token("mcp-a", email=None)) == (403, "AUTH_003")
    answer = bearer(gateway, token("mcp-a", scope="openid mcp:read"))
    assert (answer.status, answer.code) == (403, "AUTH_003") and "scope" in answer.error["message"]
    assert outcome(gateway, token("mcp-a", scope=None, scp=["mcp"])) == (200, "")


def test_a_project_that_loses_its_configuration_shuts_its_callers_out(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    gateway = start(guarded(provider, {"identity_seconds": 3600}))
    token = keys["ES256"].token(claims())
    assert outcome(gateway, token) == (200, "")
    gateway.edit(lambda document: document["projects"]["project-alice"].update(mcp_config_id=None))
    assert outcome(gateway, token) == (403, "AUTH_008")


def test_an_answer_is_not_reused_longer_than_the_token_is_good(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    gateway = start(guarded(provider, {"identity_seconds": 3600, "leeway_seconds": 0}))
    token = keys["ES256"].token(claims(exp=claims()["iat"] + 5 + 6))
    assert outcome(gateway, token) == (200, "")
    until(lambda: outcome(gateway, token) == (401, "AUTH_002"), "the token expires")


# Keys that change, and providers that are not there


def test_a_new_key_is_asked_for_and_an_old_one_goes(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    gateway = start(guarded(provider, {"refresh_seconds": 1}))
    old, new = keys["ES256"], Key("ES256")
    assert outcome(gateway, old.token(claims())) == (200, "")
    provider.published = [new.jwk]
    until(lambda: outcome(gateway, new.token(claims())) == (200, ""), "the new key is known")
    until(lambda: outcome(gateway, old.token(claims())) == (401, "AUTH_001"), "the old key is not believed any more")


def test_unknown_keys_make_no_storm(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    gateway = start(guarded(provider, {"pause_seconds": 300, "refresh_seconds": 300}))
    assert outcome(gateway, keys["ES256"].token(claims())) == (200, "")
    asked = provider.asked
    stranger = Key("ES256")
    for number in range(20):
        assert outcome(gateway, stranger.token(claims(), kid=f"kid-{number}")) == (401, "AUTH_001")
    assert provider.asked == asked


def test_callers_at_a_cold_start_wait_for_one_question(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    provider.gate = threading.Event()
    gateway = start(guarded(provider, {"pause_seconds": 60}))
    found: list[tuple[int, str]] = []
    callers = [threading.Thread(target=lambda: found.append(outcome(gateway, keys["ES256"].token(claims())))) for _ in range(8)]
    for caller in callers:
        caller.start()
    until(lambda: provider.asked >= 1, "the provider is asked")
    provider.gate.set()
    for caller in callers:
        caller.join(timeout=60)
    assert found == [(200, "")] * 8
    assert provider.asked == 1


@pytest.mark.parametrize("failing", [500, 404, 302, b"<html>", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "AAAA"}]}', b"[" * 300_000])
def test_without_keys_nobody_gets_in_and_the_log_says_why(
    start: Start, provider: IdentityProvider, keys: dict[str, Key], failing: int | bytes
) -> None:
    provider.failing = failing
    gateway = start(guarded(provider))
    answer = bearer(gateway, keys["ES256"].token(claims()))
    assert (answer.status, answer.code) == (503, "AUTH_005")
    until(lambda: "jwks_url" in gateway.stderr and "identity provider" in gateway.stderr, "the log says why")
    provider.failing = None
    until(lambda: outcome(gateway, keys["ES256"].token(claims())) == (200, ""), "the provider is back")


def test_known_keys_go_on_for_a_time_and_then_nobody_gets_in(start: Start, provider: IdentityProvider, keys: dict[str, Key]) -> None:
    gateway = start(guarded(provider, {"refresh_seconds": 1, "keep_seconds": 8}))
    token = keys["RS256"].token(claims())
    assert outcome(gateway, token) == (200, "")
    asked = provider.asked
    provider.failing = 503
    until(lambda: (outcome(gateway, token), provider.asked > asked + 1)[1], "the keys are asked for again, in vain")
    assert outcome(gateway, token) == (200, "")
    until(lambda: outcome(gateway, token) == (503, "AUTH_005"), "the keys are too old to be believed")
    provider.failing = None
    until(lambda: outcome(gateway, token) == (200, ""), "the provider is back")


def test_keys_from_a_file_or_the_configuration(start: Start, keys: dict[str, Key], tmp_path: Path) -> None:
    first, second = keys["RS512"], keys["EdDSA"]
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [first.jwk, {"kty": "oct", "k": "AAAA"}]}))
    gateway = start(guarded(None, {"jwks_file": str(file)}))
    assert outcome(gateway, first.token(claims())) == (200, "")
    assert outcome(gateway, second.token(claims())) == (401, "AUTH_001")
    file.write_text(json.dumps({"keys": [second.jwk]}))
    until(lambda: outcome(gateway, second.token(claims())) == (200, ""), "the file is read again")
    for set_of_keys in ({"keys": [first.jwk]}, json.dumps({"keys": [first.jwk]}), "${file:" + str(file) + "}"):
        gateway = start(guarded(None, {"jwks": set_of_keys}))
        expected = [(401, "AUTH_001"), (200, "")] if isinstance(set_of_keys, str) and "file" in set_of_keys else [(200, ""), (401, "AUTH_001")]
        assert [outcome(gateway, key.token(claims())) for key in (first, second)] == expected


def test_weak_and_foreign_keys_are_left_out(start: Start, keys: dict[str, Key]) -> None:
    weak = Key("RS256", bits=1024)
    encrypting = {**keys["RS384"].jwk, "use": "enc"}
    crooked = {**keys["ES256"].jwk, "y": keys["ES256"].jwk["x"]}
    gateway = start(guarded(None, {"jwks": {"keys": [weak.jwk, encrypting, crooked, keys["EdDSA"].jwk]}}))
    assert outcome(gateway, keys["EdDSA"].token(claims())) == (200, "")
    for key in (weak, keys["RS384"], keys["ES256"]):
        assert outcome(gateway, key.token(claims())) == (401, "AUTH_001")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"issuer": None}, "issuer"),
        ({"jwks_url": None}, "jwks_url, jwks_file and jwks"),
        ({"jwks": {"keys": []}}, "jwks_url, jwks_file and jwks"),
        ({"jwks_url": None, "jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "no key to verify with"),
        ({"jwks_url": None, "jwks_file": "/missing/jwks.json"}, "/missing/jwks.json cannot be opened"),
        ({"jwks_url": "http://id.example.com/jwks.json"}, "anybody in between"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"keep_seconds": 10, "refresh_seconds": 60}, "keep_seconds"),
    ],
)
def test_a_configuration_that_cannot_be_right_is_refused(
    start: Start, provider: IdentityProvider, keys: dict[str, Key], config: Document, words: str
) -> None:
    """While the one before stays in effect."""
    gateway = start(guarded(provider))
    token = keys["ES256"].token(claims())

    def spoil(document: Document) -> None:
        found = document["plugins"]["auth"]["config"]
        found.update(config)
        for name in [name for name, value in found.items() if value is None]:
            del found[name]

    gateway.edit(spoil)
    until(lambda: outcome(gateway, token) == (200, "") and words in gateway.stderr, "the log says what is wrong")
