"""Keys: shown once, stored as digests, named by their ids, rotated, disabled, expired, migrated."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from support.administration import Administration
from support.documents import ALICE, BOB, DISABLED, EXPIRED, document, server


@pytest.fixture
def admin(tmp_path: Path) -> Administration:
    return Administration(tmp_path / "config.json", document([server("stage")]))


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def made(admin: Administration, *words: str) -> str:
    return admin.line("api_key", "apikey", "create", "--email", "alice@example.com", "--project-name", "Alice's", *words)


def test_a_new_key_is_shown_once_and_stored_as_its_digest(admin: Administration) -> None:
    key = made(admin, "--expires-at", "2099-12-31T23:59:59Z")
    entry = admin.document["apikeys"]["sha256:" + digest(key)]
    assert entry.pop("created_at")
    assert entry == {"project_id": "project-alice", "user_id": "user-alice", "expires_at": "2099-12-31T23:59:59Z", "key_prefix": key[:6]}
    for words in (
        ["apikey", "list"],
        ["user", "list-api-keys", "--email", "alice@example.com"],
        ["user", "get", "--user-id", "user-alice"],
    ):
        assert key not in admin.do(*words).stdout


def test_lists_name_keys_without_showing_them(admin: Administration) -> None:
    key = made(admin)
    listed = {found["key_id"]: found for found in admin.do("apikey", "list").json}
    assert len(listed) == 7
    new = listed[digest(key)[:12]]
    assert (new["api_key"], new["status"], new["stored_in_clear"], new["email"]) == (key[:6] + "****", "active", False, "alice@example.com")
    old = listed[digest(ALICE)[:12]]
    assert (old["api_key"], old["stored_in_clear"]) == ("****" + ALICE[-4:], True)
    assert listed[digest(DISABLED)[:12]]["status"] == "disabled"
    assert sorted(found["status"] for found in listed.values()).count("expired") == 1
    assert ALICE not in json.dumps(list(listed.values()))
    assert len(admin.do("user", "list-api-keys", "--email", "bob@example.com", "--project-name", "Bob's").json) == 1
    assert len(admin.do("apikey", "list", "--user-id", "user-bob").json) == 3
    assert len(admin.do("apikey", "list", "--user-id", "user-bob", "--project-id", "project-bob").json) == 1


@pytest.mark.parametrize("form", ["key", "id", "digest", "beginning", "stdin"])
def test_a_key_is_named_in_any_form(admin: Administration, form: str) -> None:
    key = made(admin)
    name = {"key": key, "id": digest(key)[:12], "digest": "sha256:" + digest(key), "beginning": digest(key)[:8], "stdin": "-"}[form]
    ended = admin.do("apikey", "disable", "--api-key", name, stdin=key + "\n")
    assert admin.document["apikeys"]["sha256:" + digest(key)]["disabled"] is True
    assert key not in ended.stderr
    assert ("can be seen by others" in ended.stderr) == (form == "key")


def test_disable_enable_delete(admin: Administration) -> None:
    admin.do("user", "disable-api-key", "--api-key", ALICE)
    assert admin.document["apikeys"][ALICE]["disabled"] is True and admin.document["apikeys"][ALICE]["disabled_at"]
    assert "disabled already" in admin.refused("user", "disable-api-key", "--api-key", digest(ALICE)[:12])
    admin.do("user", "enable-api-key", "--api-key", "-", stdin=ALICE)
    assert admin.document["apikeys"][ALICE]["disabled"] is False
    assert "not disabled" in admin.refused("apikey", "enable", "--api-key", digest(ALICE)[:12])
    admin.do("user", "delete-api-key", "--api-key", ALICE)
    assert ALICE not in admin.document["apikeys"]
    admin.do("user", "delete-all-api-keys", "--email", "alice@example.com")
    assert {entry["user_id"] for entry in admin.document["apikeys"].values()} == {"user-bob"}


def test_rotation_ends_the_old_key_at_once(admin: Administration) -> None:
    ended = admin.do("user", "rotate-api-key", "--api-key", ALICE)
    assert "API key rotated successfully" in ended.stderr
    new = re.fullmatch(r"new_api_key: ([\w-]{48})\n", ended.stdout)
    assert new
    keys = admin.document["apikeys"]
    assert ALICE not in keys and keys["sha256:" + digest(new[1])]["rotated_from"] == digest(ALICE)[:12]
    assert ALICE not in admin.path.read_text()


def test_rotation_with_overlap_lets_both_work_for_a_while(admin: Administration) -> None:
    new = admin.line("new_api_key", "apikey", "rotate", "--api-key", digest(ALICE)[:12], "--overlap-seconds", "3600")
    old = admin.document["apikeys"][ALICE]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", old["expires_at"]) and old["rotated_to"] == digest(new)[:12]
    assert "expires_at" not in admin.document["apikeys"]["sha256:" + digest(new)]
    refusal = admin.refused("apikey", "rotate", "--api-key", digest(ALICE)[:12])
    assert "was rotated already" in refusal and digest(new)[:12] in refusal, "a key that ends in an hour has no heir that does"


def test_rotation_keeps_the_end_of_a_key(admin: Administration) -> None:
    key = made(admin, "--expires-at", "2099-01-01T00:00:00Z")
    new = admin.line("new_api_key", "apikey", "rotate", "--api-key", digest(key)[:12])
    assert admin.document["apikeys"]["sha256:" + digest(new)]["expires_at"] == "2099-01-01T00:00:00Z"


@pytest.mark.parametrize(("key", "reason"), [(DISABLED, "is disabled"), (EXPIRED, "has expired")])
def test_rotation_brings_no_key_back_to_life(admin: Administration, key: str, reason: str) -> None:
    assert reason in admin.refused("apikey", "rotate", "--api-key", digest(key)[:12])


def test_migration_takes_keys_in_clear_out_of_the_file(admin: Administration) -> None:
    found = admin.document
    found["apikeys"][BOB]["rotated_from"] = "an-older-key-in-clear-0123456789"
    found["apikeys"][BOB]["x-note"] = "kept"
    admin.path.write_text(json.dumps(found))
    before = admin.document["apikeys"]
    ended = admin.do("apikey", "migrate")
    assert "6 key(s)" in ended.stderr
    text = admin.path.read_text()
    assert not any(key in text for key in before) and "older-key-in-clear" not in text
    after = admin.document["apikeys"]
    assert list(after) == ["sha256:" + digest(key) for key in before]
    bob = after["sha256:" + digest(BOB)]
    assert (bob["x-note"], bob["key_prefix"], len(bob["rotated_from"])) == ("kept", BOB[:6], 12)
    assert "no key in clear" in admin.do("apikey", "migrate").stderr
    assert admin.path.read_text() == text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["apikey", "disable", "--api-key", "nothing-like-this"], "There is no such key."),
        (["apikey", "disable", "--api-key", "-"], "There is no such key."),
        (["apikey", "rotate", "--api-key", "0123456789abcdef"], "There is no such key."),
        (["apikey", "create", "--email", "alice@example.com", "--project-name", "Bob's"], "is no member of project"),
        (
            ["apikey", "create", "--email", "alice@example.com", "--project-name", "Alice's", "--expires-at", "soon"],
            "must be a time such as",
        ),
        (
            ["apikey", "create", "--email", "alice@example.com", "--project-name", "Alice's", "--expires-at", "2020-01-01"],
            "must be a time such as",
        ),
        (
            ["apikey", "create", "--email", "alice@example.com", "--project-name", "Alice's", "--expires-at", "2020-01-01T00:00:00Z"],
            "in the future",
        ),
        (["apikey", "rotate", "--api-key", ALICE, "--overlap-seconds", "99999999"], "from 0 to"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_refusals(admin: Administration, words: list[str], reason: str) -> None:
    complaint = admin.refused(*words)
    assert reason in complaint and "nothing-like-this" not in complaint
