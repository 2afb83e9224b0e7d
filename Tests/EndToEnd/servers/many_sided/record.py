"""Leaves what the server received, and what became of it, in a file of JSON lines for tests to read."""

import json
import os
from typing import Any

_path: str | None = None


def into(path: str | None) -> None:
    global _path
    _path = path


def _append(entry: dict[str, Any]) -> None:
    if _path:
        with open(_path, "ab", buffering=0) as file:
            file.write(json.dumps({"pid": os.getpid(), **entry}).encode() + b"\n")


def message(raw: str, **beside: Any) -> None:
    """A message as it came: the line, or the body of a POST with the HTTP request around it."""
    _append({"raw": raw, **beside})


def request(http: dict[str, Any]) -> None:
    """An HTTP request without a body."""
    _append({"http": http})


def event(name: str, **details: Any) -> None:
    """Something that happened inside the server."""
    _append({"event": name, **details})
