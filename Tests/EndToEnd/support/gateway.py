"""The gateway under test: the real program as a child of the tests."""

import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

from . import processes
from .documents import Document
from .places import GATEWAY
from .waiting import until

#: The line by which `serve` says where it listens.
URL_LINE = re.compile(r"^\s*URL\s+http://127\.0\.0\.1:(\d+)(/\S*)$", re.MULTILINE)


class Gateway:
    """Starts `secure-mcp-gateway serve` on a free port with a configuration of its own, in a folder of its own."""

    #: Every gateway that runs at this moment, for the report of a failed test.
    running: "list[Gateway]" = []

    def __init__(self, folder: Path, document: Document, *, program: Path = GATEWAY, environment: dict[str, str] | None = None):
        self.folder = folder
        self.document = document
        self.config = folder / "config" / "enkrypt_mcp_config.json"
        self.marker = f"END_TO_END_GATEWAY={os.getpid()}-{id(self)}-{folder.name}"
        self._program = program
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.path = ""

    # Life

    def start(self) -> "Gateway":
        self.config.parent.mkdir(mode=0o700, exist_ok=True)
        self.write(self.document)
        environment = {**os.environ, "HOME": str(self.folder), **self._environment}
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self._process = subprocess.Popen(
                [self._program, "serve", "--config", self.config, "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
            )
        Gateway.running.append(self)
        match = until(self._announced, "the gateway prints its URL")
        self.port, self.path = int(match[1]), match[2]
        until(self.is_healthy, "the gateway answers /health")
        return self

    def _announced(self) -> re.Match[str] | None:
        self.assert_running()
        return URL_LINE.search(self.stdout)

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return json.load(answer) == {"status": "ok"}
        except OSError:
            return False

    def assert_running(self) -> None:
        assert self._process and self._process.poll() is None, f"the gateway ended:\n{self.stderr[-4000:]}"

    def stop(self) -> None:
        """Ends the gateway as an operator does, and checks that it goes in peace and leaves nobody behind."""
        self.assert_running()
        self.signal(signal.SIGTERM)
        assert self.wait() == 0, f"exit status after SIGTERM:\n{self.stderr[-4000:]}"
        until(lambda: not processes.with_environment(self.marker), "no process of a server is left")

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()

    def discard(self) -> None:
        """After a test, whatever state it left."""
        if self in Gateway.running:
            Gateway.running.remove(self)
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        return self.process.wait(timeout=seconds)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    # Configuration

    def write(self, document: Document) -> None:
        """Puts a configuration in place whole. Every server's environment gets a marker by which its processes are found again."""
        document = json.loads(json.dumps(document))
        name, value = self.marker.split("=")
        for config in document.get("mcp_configs", {}).values():
            for server in config["mcp_config"]:
                server["config"].setdefault("env", {})[name] = value
        self.write_text(json.dumps(document, indent=2, ensure_ascii=False))

    def write_text(self, text: str) -> None:
        fresh = self.config.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(self.config)

    def edit(self, change: Callable[[Document], object]) -> None:
        """Changes the configuration of the running gateway. It counts from the next call on."""
        change(self.document)
        self.write(self.document)

    # What it says

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def stdout(self) -> str:
        return (self.folder / "stdout").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return (self.folder / "stderr").read_text(errors="replace")

    # Its processes

    @property
    def server_processes(self) -> list[int]:
        """Processes of its servers, and theirs, without the supervisors above them."""
        program = os.path.realpath(self._program)
        return [pid for pid in processes.with_environment(self.marker) if processes.program(pid) != program]

    @property
    def resident_mib(self) -> float:
        return processes.resident_mib(self.pid)
