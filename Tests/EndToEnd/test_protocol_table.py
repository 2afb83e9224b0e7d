"""docs/PROTOCOL.md keeps its word: what it calls done is tested, and the tests that it names exist."""

import re

import pytest
from support.places import REPOSITORY

TESTS = REPOSITORY / "Tests"
LEVELS = {"must", "should", "may", "needed"}
#: A state, and whether it needs to say why, and to name a test.
STATES = {"done": (False, True), "partly": (True, True), "planned": (False, False), "not offered": (True, False)}


def rows() -> list[list[str]]:
    text = (REPOSITORY / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if re.match(r"\| \d", line)]


ROWS = rows()


def names_in(file: str) -> set[str]:
    """The tests of a file below Tests/."""
    found = [path for path in TESTS.rglob(file) if ".build" not in path.parts]
    assert len(found) == 1, f"{file}: {len(found)} files have that name"
    source = found[0].read_text(encoding="utf-8")
    pattern = r"^(?:async )?def (test_\w+)" if file.endswith(".py") else r"func `([^`]+)`"
    return set(re.findall(pattern, source, re.MULTILINE))


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_says_what_is_so(row: list[str]) -> None:
    number, requirement, level, state, tests = row
    assert requirement and level in LEVELS
    word, _, reason = state.partition(":")
    assert word in STATES, state
    explains, is_tested = STATES[word]
    assert bool(reason.strip()) == explains, f"{word} {'needs' if explains else 'needs no'} reason"
    named = re.findall(r"`([^`]+)`", tests)
    assert bool(named) == is_tested, f"{word}: {named}"
    for reference in named:
        file, _, name = reference.partition("::")
        assert name in names_in(file), f"{number} names {reference}, which does not exist"


def test_the_table_is_in_order_and_nothing_is_there_twice() -> None:
    numbers = [tuple(int(part) for part in row[0].split(".")) for row in ROWS]
    assert len(numbers) > 80 and numbers == sorted(set(numbers))
