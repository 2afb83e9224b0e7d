"""The many-sided server of servers/many_sided, over each of its transports."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .documents import Document, server
from .official import HTTP, SDK, SSE, Stdio
from .places import SERVERS
from .recording import Recording

TRANSPORTS = ["stdio", "http", "sse"]
#: The revisions to which the server of this environment can be held.
ERAS = ["legacy", "modern"] if SDK >= 2 else ["legacy"]
PROGRAM = SERVERS / "many_sided"


class ManySided:
    """Over HTTP it is a process of its own, from `start` to `stop`. Over stdio, whoever connects starts it."""

    def __init__(self, transport: str, record: Path, *options: str, era: str = "both", name: str = "many-sided"):
        self.transport = transport
        self.era = era
        self.recording = Recording(record)
        self.url = ""
        self._arguments = [transport, "--record", str(record), "--era", era, "--name", name, *options]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, port: int = 0) -> "ManySided":
        if self.transport == "stdio":
            return self
        command = [sys.executable, "-u", PROGRAM, *self._arguments, "--port", str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the many-sided server did not start"
        self.url = json.loads(line)["url"]
        return self

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout
            self._process.stdout.close()
            self._process = None

    def restart(self) -> None:
        """A new process on the same port, which knows nothing of the old one's sessions."""
        port = self.port
        self.stop()
        self.start(port)

    def __enter__(self) -> "ManySided":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Ways to it

    def target(self, headers: dict[str, str] | None = None) -> HTTP | SSE | Stdio:
        """For an official client, with nothing in between."""
        match self.transport:
            case "stdio":
                return Stdio(sys.executable, ["-u", str(PROGRAM), *self._arguments], {"PATH": os.environ["PATH"]})
            case "http":
                return HTTP(self.url, headers or {})
            case _:
                return SSE(self.url, headers or {})

    def entry(self, name: str, **settings: Any) -> Document:
        """For the gateway's configuration."""
        entry = server(name, "many_sided", args=self._arguments, **settings)
        if self.transport != "stdio":
            entry["config"] = {"url": self.url, "transport": "streamable-http" if self.transport == "http" else "sse"}
            entry["egress"] = {"allow": ["127.0.0.1"]}
        return entry
