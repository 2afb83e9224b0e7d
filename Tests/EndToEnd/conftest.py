"""Fixtures for all end-to-end tests."""

import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.documents import ALICE, BOB, Document, document, server
from support.gateway import Gateway
from support.places import GATEWAY
from support.raw import Caller
from support.recording import Recording

Start = Callable[..., Gateway]


def pytest_sessionstart() -> None:
    if not GATEWAY.exists():
        pytest.exit(f"{GATEWAY} does not exist: build it first (swift build), or name another in GATEWAY_BINARY", returncode=2)
    # Tests open thousands of connections, and the gateway as many.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Iterator[None]:
    """A failed test shows what its gateways said last."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for gateway in [each for each in Gateway.running if each.folder.exists()]:
            report.sections.append((f"stderr of the gateway in {gateway.folder}", gateway.stderr[-3000:]))


def _starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    started: list[Gateway] = []

    def start(document: Document, **options: Any) -> Gateway:
        folder = tmp_path_factory.mktemp("gateway")
        gateway = Gateway(folder, document, **options)
        started.append(gateway)
        return gateway.start()

    yield start
    try:
        for gateway in started:
            if gateway.process.poll() is None:
                gateway.stop()
    finally:
        for gateway in started:
            gateway.discard()
            shutil.rmtree(gateway.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts gateways that live for the module; each is stopped in the end and must go in peace."""
    yield from _starter(tmp_path_factory)


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts gateways that live for one test; each is stopped in the end and must go in peace."""
    yield from _starter(tmp_path_factory)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """What a server of this test receives."""
    return Recording(tmp_path / "record")


@pytest.fixture(scope="module")
def shared_recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What a server of this module receives."""
    return Recording(tmp_path_factory.mktemp("recording") / "record")


@pytest.fixture
def stage(start: Start, recording: Recording) -> Gateway:
    """A gateway of this test's own, with the server `stage`."""
    return start({**_stage_document(recording)})


def _stage_document(recording: Recording) -> Document:
    return document([server("stage", env=recording.environment)])


@pytest.fixture
def alice(stage: Gateway) -> Caller:
    return Caller(stage, ALICE)


@pytest.fixture
def bob(stage: Gateway) -> Caller:
    return Caller(stage, BOB)
