"""The audit record: every change and every refusal, chained, without secrets."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from support.administration import Administration
from support.documents import ALICE, document, server

SECRET = "canary-secret-0123456789"


@pytest.fixture
def admin(tmp_path: Path) -> Administration:
    return Administration(tmp_path / "config.json", document([server("stage")]))


def record(admin: Administration) -> Path:
    return admin.path.with_name("config.json.audit.jsonl")


def test_each_change_leaves_a_line(admin: Administration) -> None:
    before = hashlib.sha256(admin.path.read_bytes()).hexdigest()
    admin.do("user", "create", "--email", "new@example.com")
    admin.refused("user", "create", "--email", "new@example.com")
    admin.do("user", "list")
    first, second = admin.audit
    assert (first["operation"], first["outcome"], first["surface"], first["sequence"]) == ("user create", "done", "cli", 1)
    assert first["input"] == {"email": "new@example.com"} and f"uid:{os.getuid()}" in first["actor"]
    assert first["revision_before"] == before
    assert first["revision_after"] == hashlib.sha256(admin.path.read_bytes()).hexdigest()
    assert (second["outcome"], second["error_code"], second["sequence"]) == ("refused", "CONFIG_001", 2)
    assert stat.S_IMODE(record(admin).stat().st_mode) == 0o600


def test_what_is_refused_before_it_begins_leaves_a_line_too(admin: Administration) -> None:
    whole = admin.path.read_text()
    admin.refused("user", "create", "--email", "")
    admin.path.write_text(whole[:-5])
    admin.refused("user", "create", "--email", "new@example.com")
    admin.refused("user", "create", "--email", "new@example.com", "--dry-run")
    admin.path.write_text(whole)
    [*_, broken] = admin.audit
    assert broken["outcome"] == "refused" and broken["input"] == {"email": "new@example.com"} and broken["error_code"] == "CONFIG_001"
    assert len(admin.audit) == 2, "a dry run leaves none"


def test_t24_no_secret_is_in_it(admin: Administration) -> None:
    """T24, for the record."""
    admin.do("user", "rotate-api-key", "--api-key", ALICE)
    where = ("--config-name", "shared", "--server-name")
    admin.do("config", "add-server", *where, "a", "--server-command", "x", "--args", SECRET, "--env", f'{{"TOKEN": "{SECRET}"}}')
    url = f"https://user:{SECRET}@example.com/?token={SECRET}"
    admin.run("config", "add-server", *where, "b", "--server-url", url, "--headers", f'{{"Authorization": "{SECRET}"}}')
    assert [entry["operation"] for entry in admin.audit] == ["user rotate-api-key", "config add-server", "config add-server"]
    text = record(admin).read_text()
    assert SECRET not in text and ALICE not in text
    assert admin.audit[0]["input"]["api_key"] == hashlib.sha256(ALICE.encode()).hexdigest()[:12]


def test_t24_a_secret_in_a_long_value_is_masked_before_the_value_is_cut(admin: Administration) -> None:
    admin.refused("user", "create", "--email", f"https://{'u' * 245}:{SECRET}@example.com")
    assert admin.audit[-1]["outcome"] == "refused" and SECRET[:4] not in record(admin).read_text()


def test_t24_a_key_of_hexadecimal_digits_is_no_id(admin: Administration) -> None:
    key = "0123456789abcdef0123456789abcdef"
    document = json.loads(admin.path.read_text())
    document["apikeys"][key] = document["apikeys"][ALICE]
    admin.path.write_text(json.dumps(document))
    admin.do("apikey", "disable", "--api-key", "-", stdin=key)
    assert admin.audit[-1]["input"]["api_key"] == hashlib.sha256(key.encode()).hexdigest()[:12]
    assert key[:8] not in record(admin).read_text()


def test_what_is_refused_before_anything_is_tried_leaves_a_line_too(admin: Administration) -> None:
    """Input that is wrong, and a file that cannot be read."""
    admin.refused("user", "create", "--email", "a@example.com\n")
    assert [(line["operation"], line["outcome"]) for line in admin.audit] == [("user create", "refused")]
    admin.path.write_text("{broken")
    admin.refused("user", "create", "--email", "b@example.com")
    last = admin.audit[-1]
    assert (last["outcome"], last["error_code"], last["input"]) == ("refused", "CONFIG_001", {"email": "b@example.com"})
    admin.refused("user", "create", "--email", "c@example.com", "--dry-run")
    assert len(admin.audit) == 2, "a dry run writes nothing"


def test_a_line_that_is_changed_or_taken_out_is_found(admin: Administration) -> None:
    for name in "abcd":
        admin.do("user", "create", "--email", f"{name}@example.com")
    whole = admin.do("audit", "verify").json
    assert whole["valid"] and (whole["entries"], whole["last_sequence"]) == (4, 4)
    lines = record(admin).read_text().splitlines(keepends=True)
    assert whole["head"] == hashlib.sha256(lines[-1].rstrip("\n").encode()).hexdigest()
    for broken, line, reason in (
        ([lines[0], lines[1].replace("b@", "x@"), *lines[2:]], 3, "does not follow"),
        ([lines[0], *lines[2:]], 2, "2 should follow"),
        ([lines[0], lines[2], lines[1], lines[3]], 2, "2 should follow"),
        ([*lines[:2], "{}\n", *lines[2:]], 3, "no line of an audit record"),
        (lines[1:], None, ""),
    ):
        record(admin).write_text("".join(broken))
        ended = admin.run("audit", "verify")
        if line is None:
            assert ended.status == 0 and ended.json["first_sequence"] == 2, "what was there before is not known to have been there"
            continue
        assert ended.status == 1 and ended.json["first_broken"]["line"] == line and reason in ended.json["first_broken"]["reason"]
        assert f"audit.jsonl:{line}" in ended.stderr
        exported = admin.run("audit", "export")
        assert exported.status == 1 and len(exported.json) == line - 1


def test_a_line_that_was_cut_off_is_taken_up_again(admin: Administration) -> None:
    admin.do("user", "create", "--email", "a@example.com")
    with open(record(admin), "a") as file:
        file.write('{"time": "20')
    assert admin.do("audit", "verify").json["incomplete_last_line"] is True
    admin.do("user", "create", "--email", "b@example.com")
    verified = admin.do("audit", "verify").json
    assert verified["incomplete_last_line"] is False and verified["entries"] == 2
    assert [entry["input"]["email"] for entry in admin.do("audit", "export").json] == ["a@example.com", "b@example.com"]


def test_export_to_a_file(admin: Administration, tmp_path: Path) -> None:
    admin.do("user", "create", "--email", "a@example.com")
    file = tmp_path / "audit.json"
    ended = admin.do("audit", "export", "--output-file", file)
    assert ended.stdout == "" and len(json.loads(file.read_text())) == 1 and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_large_record_is_put_aside_and_the_chain_goes_on(admin: Administration) -> None:
    admin.do("user", "create", "--email", "a@example.com")
    head = admin.do("audit", "verify").json["head"]
    filler = []
    line = {**admin.audit[0], "input": {"email": "x" * 200}}
    for sequence in range(2, 28_000):
        text = json.dumps({**line, "sequence": sequence, "previous": head})
        head = hashlib.sha256(text.encode()).hexdigest()
        filler.append(text + "\n")
    with open(record(admin), "a") as file:
        file.writelines(filler)
    assert record(admin).stat().st_size > 16 << 20
    admin.do("user", "create", "--email", "b@example.com")
    assert record(admin).with_name("config.json.audit.jsonl.1").exists() and len(admin.audit) == 1
    verified = admin.do("audit", "verify").json
    assert verified["valid"] and verified["last_sequence"] == 28_000


def test_without_a_record_there_is_no_change(admin: Administration) -> None:
    record(admin).mkdir()
    complaint = admin.refused("user", "create", "--email", "a@example.com")
    assert "audit record cannot be written" in complaint
