"""What the command line costs on a configuration with very many keys: time and memory of reading it, and of changing one key.

    python3 Benchmarks/Administration/measure.py .build/release/secure-mcp-gateway

Prints a Markdown table: docs/BENCHMARKS.md quotes it.
"""

import argparse
import hashlib
import json
import os
import statistics
import tempfile
import time
from pathlib import Path


def run(program: Path, *words: str) -> tuple[float, float]:
    """Seconds from start to end, and the largest resident set in MiB."""
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.execv(program, [str(program), *words])
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise SystemExit(f"error: {' '.join([program.name, *words])} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - begin, usage.ru_maxrss / 1024


def identity(number: int) -> str:
    return "sha256:" + hashlib.sha256(str(number).encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="the gateway's binary")
    parser.add_argument("--keys", type=int, default=100_000, help="how many keys the file has (default 100,000)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command; the median is printed (default 5)")
    options = parser.parse_args()
    program = options.program.resolve()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "config.json")
        run(program, "generate-config", "--config", str(file))
        document = json.loads(file.read_text())
        entry = next(iter(document["apikeys"].values()))
        document["apikeys"] |= {identity(number): entry for number in range(options.keys)}
        file.write_text(json.dumps(document, indent=2))
        print(f"{len(document['apikeys']):,} keys, {file.stat().st_size / 1e6:.0f} MB\n")
        print("| command | seconds | MiB |\n|---|---|---|")
        key = identity(options.keys // 2)
        commands = {
            "config list": ("config", "list"),
            "apikey disable": ("apikey", "disable", "--api-key", key),
        }
        for name, words in commands.items():
            undo = ("apikey", "enable", "--api-key", key) if name == "apikey disable" else None
            results = []
            for _ in range(options.runs):
                results.append(run(program, *words, "--config", str(file)))
                if undo:
                    run(program, *undo, "--config", str(file))
            seconds, memory = (statistics.median(column) for column in zip(*results, strict=True))
            print(f"| `{name}` | {seconds:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
