"""`plugin check`: good plugins pass, and each bad one fails for its own reason."""

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support import libraries
from support.cli import Ended
from support.libraries import Faulty
from support.places import GATEWAY, REPOSITORY, plugin_folder

#: A rule that is broken at random is looked for in the same calls each time.
SEED = "1"


def check(library: Path, *words: str | Path, timeout: int = 300) -> Ended:
    """The command, with time for a build without optimisation on a busy machine."""
    command = [GATEWAY, "plugin", "check", library, *words]
    return Ended(subprocess.run(command, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL))


def report(library: Path, *words: str | Path) -> tuple[int, Any]:
    ended = check(library, "--json", *words)
    assert ended.stdout, ended.stderr
    return ended.status, ended.json


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("libraries")


@pytest.fixture(scope="module")
def length(folder: Path) -> Path:
    return libraries.header_example(folder)


# Good ones


def test_the_example_of_the_header_passes_every_check(length: Path) -> None:
    status, found = report(length, "--fuzz", SEED)
    assert status == 0 and found["status"] == "pass", [c for c in found["checks"] if c["status"] == "fail"]
    assert found["plugin"] == {"id": "dev.example.length", "version": "1.0.0"}
    listed = {rule["id"] for rule in check(length, "--list", "--json").json}
    made = {c["check"] for c in found["checks"]}
    assert made == listed - {"crash", "returns"}
    assert {c["check"] for c in found["checks"] if c["status"] == "skip"} == {"state"}
    timings = next(c for c in found["checks"] if c["check"] == "timing")["timings"]
    assert [t["input"].split(",")[0] for t in timings] == ["64 B", "4 KiB", "64 KiB"]
    assert all(0 < t["minimum_ns"] <= t["median_ns"] <= t["maximum_ns"] for t in timings)


@pytest.mark.parametrize(
    "name", ["KeywordGuardrail", "PatternGuardrail", "LocalAPIKeyAuth", "StdoutTelemetry", "JWTAuth", "EnkryptGuardrail", "OpenAIModeration"]
)
def test_the_gateway_s_own_plugins_pass(name: str) -> None:
    # They are built without optimisation here, so `inline` may have advice to give.
    status, found = report(plugin_folder() / f"lib{name}.so", "--fuzz", SEED, "--fuzz-calls", "500", "--timeout", "120")
    assert status == 0, [c for c in found["checks"] if c["status"] == "fail"]
    assert {c["check"] for c in found["checks"] if c["status"] == "warn"} <= {"inline", "output", "ownership"}
    assert {c["check"] for c in found["checks"] if c["status"] == "skip"} <= {"inline", "state"}


def test_a_good_plugin_passes_in_this_process_too(length: Path) -> None:
    status, found = report(length, "--in-process", "--fuzz", SEED, "--only", "tables,create,completion,borrowing,fuzz,output")
    assert status == 0
    assert {c["check"]: c["status"] for c in found["checks"]} == {
        "tables": "pass",
        "create": "pass",
        "completion": "pass",
        "borrowing": "pass",
        "fuzz": "pass",
        "output": "skip",
    }


# Bad ones


@pytest.mark.parametrize("bad", libraries.faulty(), ids=lambda bad: bad.source.stem)
def test_each_bad_plugin_fails_for_its_reason(bad: Faulty, folder: Path) -> None:
    library = bad.build(folder)
    status, found = report(library, "--only", bad.check, "--timeout", "4", "--fuzz", SEED)
    verdict = next(c for c in found["checks"] if c["check"] == bad.check)
    assert verdict["status"] == bad.status, verdict
    reason = next((r for r in verdict["reasons"] if r["rule"] == bad.rule), None)
    assert reason, verdict
    assert reason["text"] and reason["header"] and reason["fix"]
    assert status == (1 if bad.status == "fail" else 0)


def test_one_bad_function_fails_one_check_and_not_the_others(folder: Path) -> None:
    library = Faulty(libraries.FAULTY / "unknown_phase_aborts.c").build(folder)
    status, found = report(library, "--fuzz", SEED, "--fuzz-calls", "100")
    assert status == 1
    assert [c["check"] for c in found["checks"] if c["status"] == "fail"] == ["unknown-values"]


def test_the_report_for_people_says_what_is_wrong_and_what_to_do(folder: Path) -> None:
    ended = check(Faulty(libraries.FAULTY / "keeps_text.c").build(folder), "--only", "borrowing,exports")
    assert ended.status == 1
    lines = ended.stdout.splitlines()
    assert lines[0] == "pass  exports" and lines[1] == "fail  borrowing (faulty)"
    assert "after the function that it was lent to had returned" in lines[2]
    assert lines[3].startswith("        header: R1: ") and lines[4].startswith("        -> Copy texts")
    assert lines[-1].startswith("test.faulty 1.0.0: 1 passed, 0 with advice, 1 failed, 0 skipped (seed ")


def test_a_generated_call_that_crashed_can_be_made_again(folder: Path) -> None:
    library = Faulty(libraries.FAULTY / "rare_crash.c").build(folder)
    status, found = report(library, "--only", "fuzz")
    assert status == 1
    verdict = found["checks"][-1]
    again = next(note for note in verdict["notes"] if note.startswith("again: "))
    words = shlex.split(again.removeprefix("again: "))
    assert words[0] == "secure-mcp-gateway" and words[words.index("--fuzz") + 1] == found["seed"]
    ended = Ended(subprocess.run([GATEWAY, *words[1:], "--json"], capture_output=True, timeout=120, check=False))
    assert ended.status == 1
    repeated = ended.json["checks"][-1]
    number = words[words.index("--fuzz-call") + 1]
    assert any(f"generated call {number}:" in reason["text"] for reason in repeated["reasons"]), repeated
    # In the same process the crash is the command's: that is what debuggers want.
    assert Ended(subprocess.run([GATEWAY, *words[1:], "--in-process"], capture_output=True, timeout=120, check=False)).status == -6


# Configurations, texts and words


def test_a_configuration_may_be_given(tmp_path: Path) -> None:
    keyword = plugin_folder() / "libKeywordGuardrail.so"
    (tmp_path / "config.json").write_text('{"blocked_keywords": ["zebra"]}')
    (tmp_path / "texts").write_text("a zebra and a horse\nno such animal\n")
    words = ["--only", "well-formed", "--texts", tmp_path / "texts", "--provider-config"]
    status, found = report(keyword, *words, f"custom_keyword={tmp_path / 'config.json'}")
    assert status == 0
    # In each of the four phases: the text that was given, and the word of the configuration.
    assert "8 × block" in found["checks"][-1]["notes"][0]
    (tmp_path / "config.json").write_text('{"blocked_keywords": "zebra"}')
    status, found = report(keyword, *words, tmp_path / "config.json")
    assert status == 1
    assert "does not fit the schema" in found["checks"][-2]["reasons"][0]["text"]


def test_mistakes_in_the_words_are_told_from_faults_of_the_plugin(length: Path, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no library")
    missing = check(tmp_path / "missing.so")
    assert missing.status == 2 and "No such file or directory" in missing.stderr and missing.stdout == ""
    assert check(tmp_path, "--json").status == 2
    none = check(length, "--only", "borowing")
    assert none.status == 64 and 'did you mean "borrowing"?' in none.stderr
    assert check(length, "--timeout", "0").status == 64
    status, found = report(tmp_path / "text.so")
    assert status == 1
    assert [c["check"] for c in found["checks"] if c["status"] == "fail"] == ["elf"]
    assert {c["status"] for c in found["checks"]} == {"fail", "warn", "skip"}


def test_every_rule_names_the_header_and_a_way_out(length: Path) -> None:
    rules = json.loads(check(length, "--list", "--json").stdout)
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["summary"] and rule["header"] and rule["fix"] and rule["severity"] in ("failure", "advice") for rule in rules)
    text = check(length, "--list").stdout
    assert all(f"{rule['id']}" in text for rule in rules)
    guide = (REPOSITORY / "docs" / "PLUGINS.md").read_text(encoding="utf-8")
    assert [rule["id"] for rule in rules if f"`{rule['id']}`" not in guide] == []
