"""Administration of a running gateway: each change counts from its next call on, and nobody else notices."""

import hashlib
import json

import pytest
from conftest import Start
from support.cli import Ended, run
from support.documents import ALICE, BOB, document, server
from support.gateway import Gateway
from support.raw import Caller, Refused


@pytest.fixture
def gateway(start: Start) -> Gateway:
    return start(document([server("stage")]))


def admin(gateway: Gateway, *words: str) -> Ended:
    ended = run(*words, "--config", gateway.config)
    assert ended.status == 0, ended.stderr
    return ended


def identity(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def status(gateway: Gateway, key: str) -> int:
    return Caller(gateway, key).rpc("tools/list").status


def pid(caller: Caller) -> int:
    return json.loads(caller.text("stage", "identity"))["pid"]


def test_t42_a_new_key_counts_at_once_and_a_disabled_one_no_more_while_others_go_on(gateway: Gateway) -> None:
    bob = Caller(gateway, BOB, revision="2025-06-18").initialize()
    process = pid(bob)
    admin(gateway, "user", "create", "--email", "carol@example.com")
    admin(gateway, "project", "add-user", "--project-name", "Alice's", "--email", "carol@example.com")
    made = admin(gateway, "user", "generate-api-key", "--email", "carol@example.com", "--project-name", "Alice's").stdout
    key = made.removeprefix("api_key: ").strip()
    assert Caller(gateway, key).text("stage", "echo", message="hello") == "hello"
    for words, expected in ((["apikey", "disable"], 401), (["apikey", "enable"], 200), (["apikey", "delete"], 401)):
        admin(gateway, *words, "--api-key", identity(key))
        assert status(gateway, key) == expected, words
        assert pid(bob) == process, "the session of somebody else, and its server, go on"


def test_t42_rotation_with_overlap_leaves_nobody_out(gateway: Gateway) -> None:
    made = admin(gateway, "apikey", "rotate", "--api-key", identity(ALICE), "--overlap-seconds", "3600").stdout
    new = made.removeprefix("new_api_key: ").strip()
    assert status(gateway, ALICE) == status(gateway, new) == 200
    newest = admin(gateway, "apikey", "rotate", "--api-key", identity(new)).stdout.removeprefix("new_api_key: ").strip()
    assert status(gateway, new) == 401 and status(gateway, newest) == 200


def test_keys_go_on_working_after_their_migration(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, revision="2025-06-18").initialize()
    process = pid(alice)
    admin(gateway, "apikey", "migrate")
    assert ALICE not in gateway.config.read_text()
    assert pid(alice) == process and status(gateway, BOB) == 200


def test_a_server_that_is_added_is_there_and_one_that_is_removed_is_gone(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    process = pid(alice)
    entry = server("second")["config"]
    arguments = [f"--args={argument}" for argument in entry["args"]]
    where = ("--config-name", "shared", "--server-name", "second")
    admin(gateway, "config", "add-server", *where, "--server-command", entry["command"], *arguments)
    assert alice.text("second", "echo", message="hello") == "hello"
    admin(gateway, "config", "remove-server", *where)
    with pytest.raises(Refused, match="Server 'second' not available"):
        alice.batch("second", {"name": "echo", "args": {}})
    assert pid(alice) == process
