"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

import anyio

T = TypeVar("T")

#: Long enough for a loaded machine; a test that waits this long has failed.
PATIENCE_SECONDS = 30.0


def until(condition: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS, pause: float = 0.02) -> T:
    """Polls until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)


async def until_true(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """The same among tasks, which go on in the meantime."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain: {what}")
        await anyio.sleep(0.02)
