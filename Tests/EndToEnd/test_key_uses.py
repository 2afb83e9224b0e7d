"""When keys were last used is known, and kept beside the configuration."""

import datetime
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from conftest import Start
from support.cli import Ended, run
from support.documents import ALICE, BOB, DISABLED, document, server
from support.gateway import Gateway
from support.raw import Caller
from support.rest import OFFICER, Rest, administered, port_of
from support.waiting import until


def identity(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def listed(gateway: Gateway) -> Ended:
    ended = run("apikey", "list", "--output", "json", "--config", gateway.config)
    assert ended.status == 0, ended.stderr
    return ended


def uses(gateway: Gateway) -> dict[str, Any]:
    return {found["key_id"]: found["last_used_at"] for found in listed(gateway).json}


def record(gateway: Gateway) -> Path:
    return gateway.config.with_name(gateway.config.name + ".key-uses.json")


def moment(text: str) -> datetime.datetime:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text), text
    return datetime.datetime.fromisoformat(text)


def test_a_key_that_was_used_says_when(start: Start) -> None:
    gateway = start(document([server("stage")]))
    before = gateway.config.read_bytes()
    began = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    assert Caller(gateway, ALICE).rpc("tools/list").status == 200
    assert Caller(gateway, DISABLED).rpc("tools/list").status == 401
    until(lambda: uses(gateway)[identity(ALICE)], "it is written")
    found = uses(gateway)
    assert began <= moment(found.pop(identity(ALICE))) <= datetime.datetime.now(datetime.UTC)
    assert set(found.values()) == {None}, "a key that is refused is not used"
    assert gateway.config.read_bytes() == before and record(gateway).stat().st_mode & 0o777 == 0o600
    assert ALICE not in record(gateway).read_text()


def test_the_rest_api_counts_as_use_and_shows_it(start: Start) -> None:
    gateway = start(administered(document([server("stage")])))
    officer = Rest(port_of(gateway), OFFICER)

    def used() -> dict[str, Any]:
        return {found["key_id"]: found["last_used_at"] for found in officer.get("/api-keys").json["data"]}

    assert used()[identity(ALICE)] is None
    assert moment(until(lambda: used()[identity(OFFICER)], "it is written"))


def test_what_is_not_written_yet_is_written_at_the_end_and_added_to_what_is_there(start: Start) -> None:
    gateway = start(document([server("stage")]))
    earlier = {identity(BOB): "2020-01-02T03:04:05Z", identity(ALICE): "2099-01-01T00:00:00Z"}
    record(gateway).write_text(json.dumps({"version": 1, "keys": earlier}))
    for key in (ALICE, BOB):
        assert Caller(gateway, key).rpc("tools/list").status == 200
    gateway.stop()
    found = uses(gateway)
    assert found[identity(ALICE)] == earlier[identity(ALICE)], "the latest counts"
    assert moment(found[identity(BOB)]) > moment(earlier[identity(BOB)])


def test_a_record_that_cannot_be_read_is_told_and_left_alone(start: Start) -> None:
    gateway = start(document([server("stage")]))
    record(gateway).write_text('{"keys": [')
    assert Caller(gateway, ALICE).rpc("tools/list").status == 200
    until(lambda: "Keys' last uses are not recorded" in gateway.stderr, "the operator is told")
    told = listed(gateway)
    assert {found["last_used_at"] for found in told.json} == {None}
    assert "is not valid JSON" in told.stderr and "Move it away" in told.stderr and str(record(gateway)) in told.stderr
    assert record(gateway).read_text() == '{"keys": ['
    record(gateway).unlink()
    assert Caller(gateway, ALICE).rpc("tools/list").status == 200
    until(lambda: uses(gateway)[identity(ALICE)], "it is written again")
