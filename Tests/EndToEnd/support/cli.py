"""Runs the gateway's commands."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from .places import GATEWAY


class Ended:
    """How a command ended."""

    def __init__(self, process: "subprocess.CompletedProcess[bytes]"):
        self.status = process.returncode
        self.stdout = process.stdout.decode()
        self.stderr = process.stderr.decode()

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON document and nothing else."""
        return json.loads(self.stdout)


def run(
    *arguments: str | Path,
    environment: dict[str, str] | None = None,
    stdin: str | None = None,
    program: Path = GATEWAY,
) -> Ended:
    inherited = {name: value for name, value in os.environ.items() if name not in ("ENKRYPT_GATEWAY_KEY", "SECURE_MCP_GATEWAY_CONFIG")}
    full = {**inherited, **(environment or {})}
    return Ended(
        subprocess.run(
            [program, *arguments],
            capture_output=True,
            env=full,
            input=stdin.encode() if stdin is not None else b"",
            timeout=60,
            check=False,
        )
    )
