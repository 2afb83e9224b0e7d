"""Shared libraries for tests of `plugin check`: built once a run, from C or C++ with nothing but the public header."""

import re
import subprocess
from pathlib import Path

from .places import PLUGIN_SOURCES, REPOSITORY
from .plugins import HEADERS

FAULTY = PLUGIN_SOURCES / "faulty"
_STRICT = ["-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable"]


class Faulty:
    """A library of the folder plugins/faulty, each of which breaks one rule; its first line says which."""

    def __init__(self, source: Path):
        self.source = source
        head = re.match(r"/\* (.*?) \*/", source.read_text(encoding="utf-8"))
        assert head, f"{source} does not begin with the rule that it breaks"
        said = dict(part.split(": ", 1) for part in head[1].split("; "))
        self.rule = said.pop("rule")
        self.check = said.pop("check", self.rule)
        self.status = said.pop("status", "fail")
        self.flags = said.pop("flags", "").split()
        assert not said, f"{source} says what nobody understands: {said}"

    def build(self, folder: Path) -> Path:
        compiler = ["c++", "-std=c++17"] if self.source.suffix == ".cpp" else ["cc", "-std=gnu11"]
        linking = [] if self.rule == "nodelete" else ["-Wl,-z,nodelete"]
        path = folder / f"lib{self.source.stem}.so"
        command = [*compiler, *_STRICT, "-shared", "-fPIC", "-fvisibility=hidden", *linking, f"-I{HEADERS}"]
        subprocess.run([*command, "-o", path, self.source, "-lpthread", *self.flags], check=True)
        path.chmod(0o644)
        return path


def faulty() -> list[Faulty]:
    return [Faulty(path) for path in sorted(FAULTY.iterdir()) if path.suffix in (".c", ".cpp")]


def header_example(folder: Path) -> Path:
    """The guardrail at the end of the header, built as the header says."""
    header = (REPOSITORY / "Sources" / "PluginABI" / "include" / "smg_plugin.h").read_text(encoding="utf-8")
    commented = header.split(" * begin example\n")[1].split(" * end example\n")[0]
    source = "".join(line.removeprefix(" *   ").removeprefix(" *") for line in commented.splitlines(keepends=True))
    (folder / "length.c").write_text(source, encoding="utf-8")
    path = folder / "libLengthGuardrail.so"
    command = [
        "cc",
        "-std=c99",
        "-shared",
        "-fPIC",
        "-fvisibility=hidden",
        "-Wl,-z,nodelete",
        f"-I{HEADERS}",
        "-o",
        path,
        folder / "length.c",
    ]
    subprocess.run(command, check=True)
    path.chmod(0o644)
    return path
