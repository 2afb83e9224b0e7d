"""Plugin projects as `plugin new` writes them: built, tested, checked."""

import os
import shutil
import subprocess
from pathlib import Path

from .cli import Ended, run
from .places import GATEWAY, REPOSITORY

#: Compilers of other languages take their time on a busy machine.
_SECONDS = 900
#: In debug mode, which is quicker to build; what the README says makes a release build.
_SWIFT = ["swift", "build", "--disable-sandbox"]


def is_there(language: str) -> bool:
    """Whether the language's tools are."""
    return {"rust": shutil.which("cargo"), "swift": shutil.which("swift")}.get(language, "cc") is not None


class Project:
    """A folder with a plugin's project."""

    def __init__(self, folder: Path, language: str, module: str):
        self.folder = folder
        self.language = language
        self.module = module

    @classmethod
    def new(cls, folder: Path, name: str, language: str, kind: str) -> "Project":
        ended = run("plugin", "new", name, "--language", language, "--kind", kind, "--directory", folder)
        assert ended.status == 0, ended.stderr
        assert all(Path(line).is_file() for line in ended.stdout.splitlines())
        return cls(folder, language, "".join(part.capitalize() for part in name.split("-")))

    def _make(self, command: list[str]) -> None:
        environment = {**os.environ, "SMG": str(REPOSITORY), "PATH": f"{GATEWAY.parent}:{os.environ['PATH']}"}
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "warning:" not in ended.stdout + ended.stderr, ended.stdout + ended.stderr

    def build(self) -> Path:
        """Builds the library by the command of the README, for Swift without optimisation."""
        commands = {"rust": ["cargo", "build", "--release", "--offline"], "swift": _SWIFT}
        self._make(commands.get(self.language, ["make"]))
        folders = {"rust": "target/release", "swift": ".build/debug"}
        return self.folder / folders.get(self.language, ".") / f"lib{self.module}.so"

    def test(self) -> None:
        commands = {"rust": ["cargo", "test", "--offline"], "swift": ["swift", "test", "--disable-sandbox"]}
        self._make(commands.get(self.language, ["make", "test"]))

    def check(self, library: Path) -> Ended:
        command = [GATEWAY, "plugin", "check", library, "--json", "--fuzz", "1", "--fuzz-calls", "500", "--timeout", "60"]
        return Ended(subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False))


def installed(library: Path, folder: Path) -> Path:
    """A folder that holds the library alone, as the gateway wants it."""
    folder.mkdir(mode=0o755)
    shutil.copyfile(library, folder / library.name)
    (folder / library.name).chmod(0o644)
    return folder
