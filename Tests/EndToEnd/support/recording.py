"""What a recording server received."""

import json
from pathlib import Path
from typing import Any


class Recording:
    def __init__(self, path: Path):
        self.path = path

    @property
    def environment(self) -> dict[str, str]:
        """For the server's entry."""
        return {"RECORD": str(self.path)}

    @property
    def lines(self) -> list[str]:
        """Every message, as it came."""
        return [entry["raw"] for entry in self._entries() if "raw" in entry]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tools/call requests."""
        return [message for message in self.messages if message.get("method") == "tools/call"]

    @property
    def processes(self) -> set[int]:
        """The servers that received anything."""
        return {entry["pid"] for entry in self._entries()}

    def of(self, method: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message.get("method") == method]

    def events(self, name: str) -> list[dict[str, Any]]:
        """What happened inside the server, of what it tells."""
        return [entry for entry in self._entries() if entry.get("event") == name]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The HTTP requests, without their bodies."""
        return [entry["http"] for entry in self._entries() if "http" in entry]

    def _entries(self) -> list[dict[str, Any]]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [json.loads(line) for line in lines]
