"""A configuration file of a test, and the commands that administer it."""

import json
from pathlib import Path
from typing import Any

from .cli import Ended, run
from .documents import Document


class Administration:
    """Runs administrative commands on one configuration file."""

    def __init__(self, path: Path, document: Document | str):
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document, indent=2))
        path.chmod(0o600)

    def run(self, *words: str | Path, stdin: str | None = None) -> Ended:
        """The command, whatever comes of it."""
        return run(*words, "--config", self.path, stdin=stdin)

    def do(self, *words: str | Path, stdin: str | None = None) -> Ended:
        """The command, which has to succeed."""
        ended = self.run(*words, stdin=stdin)
        assert ended.status == 0, ended.stderr
        return ended

    def refused(self, *words: str | Path, stdin: str | None = None) -> str:
        """The command, which has to be refused and to change nothing; what it says."""
        before = self.path.read_bytes()
        ended = self.run(*words, stdin=stdin)
        assert ended.status == 1 or ended.status == 2, (ended.stdout, ended.stderr)
        assert ended.stdout == "" and "error: " in ended.stderr
        assert self.path.read_bytes() == before
        return ended.stderr

    def line(self, name: str, *words: str | Path, stdin: str | None = None) -> str:
        """What the command prints as `name: value`."""
        label, value = self.do(*words, stdin=stdin).stdout.rstrip("\n").split(": ")
        assert label == name
        return value

    @property
    def document(self) -> Any:
        return json.loads(self.path.read_text())

    @property
    def backups(self) -> list[Path]:
        return sorted(self.path.parent.glob(f"{self.path.name}.bkp.*"))

    @property
    def audit(self) -> list[Any]:
        return audit_lines(self.path)


def audit_lines(config: Path) -> list[Any]:
    """Of both records, in the order of time."""
    records = [config.with_name(config.name + ending) for ending in (".audit.jsonl", ".audit-denied.jsonl")]
    lines = [json.loads(line) for record in records if record.exists() for line in record.read_text().splitlines()]
    return sorted(lines, key=lambda line: str(line["time"]))
