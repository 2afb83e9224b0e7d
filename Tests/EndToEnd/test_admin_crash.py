"""Writers that are killed at any moment: the file is always one whole valid version, and no change that was acknowledged is lost."""

import http.client
import json
import os
import random
import subprocess
import threading
from pathlib import Path

from conftest import Start
from support.administration import Administration
from support.cli import run
from support.documents import document, server
from support.places import GATEWAY
from support.rest import Rest, administered, port_of
from support.waiting import until

WRITERS = 3
WRITES = int(os.environ.get("CRASH_TEST_WRITES", "1000"))
#: Of so many commands one is killed.
KILL_ONE_IN = 3


class Writer(threading.Thread):
    """Creates users one after the other, and kills every few commands at a random moment of their lives."""

    def __init__(self, config: Path, number: int, writes: int, seed: int):
        super().__init__()
        self.config = config
        self.number = number
        self.writes = writes
        self.random = random.Random(seed)
        self.acknowledged: dict[str, str] = {}
        self.killed = 0
        self.complaints: list[str] = []
        self.life = 0.2

    def run(self) -> None:
        for index in range(self.writes):
            email = f"w{self.number}-{index}@example.com"
            command = [GATEWAY, "user", "create", "--email", email, "--config", self.config]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if self.random.randrange(KILL_ONE_IN) == 0:
                try:
                    process.wait(timeout=self.random.uniform(0, self.life))
                except subprocess.TimeoutExpired:
                    process.kill()
            out, err = process.communicate(timeout=60)
            if process.returncode == 0:
                self.acknowledged[email] = out.decode().removeprefix("user_id: ").strip()
            elif process.returncode == -9:
                self.killed += 1
            else:
                self.complaints.append(err.decode())
            # Readers take no lock: what they see is whole all the same.
            json.loads(self.config.read_bytes())


def test_writers_that_are_killed_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    admin = Administration(tmp_path / "config.json", document([server("stage")]))
    seed = random.randrange(1 << 32)
    writers = [Writer(admin.path, number, WRITES // WRITERS, seed + number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    users = {user["email"]: id for id, user in admin.document["users"].items()}
    for writer in writers:
        assert writer.complaints == [], f"seed {seed}"
        missing = {email: id for email, id in writer.acknowledged.items() if users.get(email) != id}
        assert not missing, f"seed {seed}: acknowledged and lost: {missing}"
        assert writer.killed and writer.acknowledged
    # Once more without a kill: what the dead left is cleared away, and the record is whole.
    admin.do("user", "create", "--email", "last@example.com")
    assert not list(tmp_path.glob("*.tmp.*"))
    assert admin.do("config", "validate").json["status"] == "success"
    verified = admin.do("audit", "verify").json
    assert verified["valid"]
    done = {entry["input"]["email"] for entry in admin.audit if entry["outcome"] == "done"}
    assert set(users) - {"alice@example.com", "bob@example.com"} <= done, "every change in the file stands in the record"
    assert 0 < len(admin.backups) <= 50


def test_what_was_answered_is_on_record_when_the_api_is_killed(tmp_path: Path, start: Start) -> None:
    """Callers side by side, whose lines are put on disk together, and a kill between two of them."""
    gateway = start(administered(document([server("stage")])))
    api = Rest(port_of(gateway))
    record = gateway.config.with_name(gateway.config.name + ".audit.jsonl")
    answered: list[str] = []

    def ask(caller: int) -> None:
        for index in range(10_000):
            user = f"nobody-{caller}-{index}"
            try:
                answer = api.delete(f"/users/{user}")
            except (OSError, http.client.HTTPException):
                return
            assert answer.status in (400, 404), answer.body
            answered.append(user)

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for caller in callers:
        caller.start()
    until(lambda: len(answered) > 100, "a hundred requests are answered")
    gateway.kill()
    for caller in callers:
        caller.join(timeout=60)
        assert not caller.is_alive()
    lines = [json.loads(line) for line in record.read_text().rpartition("\n")[0].splitlines()]
    recorded = {line["input"].get("user_id") for line in lines if line["outcome"] == "refused"}
    assert len(answered) > 100 and set(answered) <= recorded
    verified = run("audit", "verify", "--config", gateway.config)
    assert verified.status == 0 and verified.json["valid"]


def test_a_stopped_writer_makes_others_wait_and_then_say_why(tmp_path: Path) -> None:
    import fcntl

    admin = Administration(tmp_path / "config.json", document([server("stage")]))
    with open(tmp_path / ".config.json.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complaint = admin.refused("user", "create", "--email", "a@example.com")
        assert "is being changed by somebody else; nothing was changed" in complaint and "fuser" in complaint
    admin.do("user", "create", "--email", "a@example.com")
