"""A server whose tools are what the file TOOLS says at the moment they are listed. Each answers what it was sent, or what the file ANSWERS has for it."""

import json
import os
from pathlib import Path
from typing import Any

import wire


def tools(params: dict[str, Any]) -> dict[str, Any]:
    return {"tools": json.loads(Path(os.environ["TOOLS"]).read_text())}


def call(name: str, arguments: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    answers = Path(os.environ.get("ANSWERS", "/nonexistent"))
    if answers.exists() and name in (scripted := json.loads(answers.read_text())):
        return scripted[name]
    return wire.text(json.dumps(arguments))


wire.serve([], call, methods={"tools/list": tools}, capabilities={"tools": {"listChanged": True}})
