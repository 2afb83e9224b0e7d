"""A server that changes its mind as the test says, and the gateway's record of what was accepted."""

import json
from pathlib import Path
from typing import Any

from .cli import Ended, run
from .documents import Document, server
from .gateway import Gateway
from .recording import Recording


def tool(name: str, description: str = "Does what it says", **more: Any) -> Document:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    return {"name": name, "description": description, "inputSchema": schema, "annotations": {"readOnlyHint": True}, **more}


class Turncoat:
    def __init__(self, folder: Path, name: str = "turncoat", *tools: Document):
        self.name = name
        self.recording = Recording(folder / f"{name}-record")
        self._tools, self._answers = folder / f"{name}-tools.json", folder / f"{name}-answers.json"
        self.says(*(tools or (tool("first"), tool("second"))))

    def entry(self, **more: Any) -> Document:
        env = {"TOOLS": str(self._tools), "ANSWERS": str(self._answers), **self.recording.environment}
        return server(self.name, "turncoat.py", env=env, **more)

    def says(self, *tools: Document) -> None:
        """From its next list on."""
        fresh = self._tools.with_suffix(".new")
        fresh.write_text(json.dumps(tools))
        fresh.replace(self._tools)

    def answers(self, **results: Document) -> None:
        self._answers.write_text(json.dumps(results))


def administer(gateway: Gateway, *words: str, status: int = 0) -> Ended:
    ended = run("tools", *words, "--config", gateway.config)
    assert ended.status == status, (ended.stdout, ended.stderr)
    return ended


def pins_path(gateway: Gateway) -> Path:
    return gateway.config.with_name(gateway.config.name + ".pins.json")
