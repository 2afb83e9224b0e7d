"""What /proc says of processes."""

import os
import re
from pathlib import Path

_KIB = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


def resident_mib(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    return int(dict(_KIB.findall(Path(f"/proc/{pid}/status").read_text()))["VmRSS"]) / 1024


def _stat(pid: int) -> tuple[str, int, int] | None:
    """State letter, parent and number of threads of a process; None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return fields[0], int(fields[1]), int(fields[17])


def _all() -> dict[int, tuple[str, int, int]]:
    found = {int(name): _stat(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: stat for pid, stat in found.items() if stat}


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`."""
    table = _all()
    found: list[int] = []
    parents = {pid}
    while parents:
        children = [child for child, (state, parent, _) in table.items() if parent in parents and state != "Z"]
        found += children
        parents = set(children)
    return found


def zombies(pid: int) -> list[int]:
    """Processes below `pid` that ended and that nobody has reaped."""
    table = _all()
    family = {pid, *descendants(pid)}
    return [child for child, (state, parent, _) in table.items() if state == "Z" and parent in family]


def is_alive(pid: int) -> bool:
    """A process whose first thread has ended is alive until the others have: they may still take what comes through its pipes (proc(5), `num_threads`)."""
    stat = _stat(pid)
    return stat is not None and (stat[0] != "Z" or stat[2] > 1)


def program(pid: int) -> str:
    """The file that a process runs; empty when it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def with_environment(marker: str) -> list[int]:
    """Processes whose environment holds `marker`, wherever they hang in the tree of processes."""
    needle = marker.encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            environment = Path(f"/proc/{name}/environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if needle in environment and is_alive(int(name)):
            found.append(int(name))
    return found


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def environment(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_bytes().replace(b"\0", b"\n").decode(errors="replace")


def open_files(pid: int) -> int:
    """How many files, connections included, a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def files_in_use(pid: int, folder: Path) -> list[str]:
    """Files below `folder` that a process has mapped, open, or as its program or working directory."""
    used = [line.split(maxsplit=5)[5] for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if len(line.split()) > 5]
    links = [Path(f"/proc/{pid}/exe"), Path(f"/proc/{pid}/cwd"), *Path(f"/proc/{pid}/fd").iterdir()]
    for link in links:
        try:
            used.append(os.readlink(link))
        except FileNotFoundError:
            pass
    return sorted({path for path in used if path.startswith(f"{folder}/")})
