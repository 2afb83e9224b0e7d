"""Many connections, many sessions, much memory: bounded, and others undisturbed."""

import resource
import socket
import time

from conftest import Start
from support.documents import ALICE, BOB, document, server
from support.gateway import Gateway
from support.raw import LEGACY, Caller, side_by_side
from support.waiting import until

MIB = 1 << 20


def connection_count() -> int:
    """Ten thousand, or what the system lets a process open."""
    return min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1_000)


def test_ten_thousand_idle_connections_disturb_nobody(start: Start) -> None:
    gateway = start(document([server("stage")]))
    bob = Caller(gateway, BOB, LEGACY[-1]).initialize()
    assert bob.text("stage", "echo", message="before") == "before"
    before = gateway.resident_mib
    connections: list[socket.socket] = []
    try:
        for number in range(connection_count()):
            connections.append(socket.create_connection(("127.0.0.1", gateway.port), timeout=20))
            if number % 1_000 == 0:
                assert bob.text("stage", "echo", message=str(number)) == str(number)
        # Some are idle, some have begun a request.
        for connection in connections[::3]:
            connection.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Len")
        assert side_by_side(10, lambda number: Caller(gateway, ALICE).text("stage", "echo", message=str(number))) == [
            str(number) for number in range(10)
        ]
        assert bob.text("stage", "echo", message="during") == "during"
        assert gateway.resident_mib - before < 400
    finally:
        for connection in connections:
            connection.close()
    assert bob.text("stage", "echo", message="after") == "after"


def test_connections_beyond_the_limit_are_told_so(start: Start) -> None:
    gateway = start(document([server("stage")], gateway={"max_connections": 20}))
    held = [socket.create_connection(("127.0.0.1", gateway.port), timeout=20) for _ in range(20)]
    try:
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as extra:
            assert extra.recv(4096).startswith(b"HTTP/1.1 503 ")
            assert extra.recv(4096) == b""
    finally:
        for connection in held:
            connection.close()
    until(gateway.is_healthy, "there is room again")


def open_sessions(gateway: Gateway, count: int) -> list[str]:
    """Sessions of clients that never say goodbye."""

    def work(number: int) -> str:
        session = Caller(gateway, ALICE if number % 2 else BOB, LEGACY[-1]).initialize().session
        assert session
        return session

    return side_by_side(8, work, range(count))


def test_t7_sessions_without_a_goodbye_expire_and_cost_nothing(start: Start) -> None:
    gateway = start(document([server("stage")], gateway={"session_idle_timeout": 2}))
    first = open_sessions(gateway, 1_000)
    assert len(set(first)) == 1_000

    def is_gone(session: str, key: str) -> bool:
        return Caller(gateway, key, LEGACY[-1], session=session).rpc("ping").status == 404

    def settle(sessions: list[str]) -> float:
        until(lambda: is_gone(sessions[-1], ALICE) and is_gone(sessions[0], BOB), "idle sessions expire", pause=3)
        return gateway.resident_mib

    after_first = settle(first)
    for _ in range(3):
        after_last = settle(open_sessions(gateway, 1_000))
    assert after_last - after_first < 16


def test_a_session_in_use_does_not_expire(start: Start) -> None:
    gateway = start(document([server("stage")], gateway={"session_idle_timeout": 2}))
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert alice.rpc("ping").status == 200
        time.sleep(0.2)


def test_sessions_are_bounded_and_nobody_ends_another_ones(start: Start) -> None:
    gateway = start(document([server("stage")], gateway={"max_sessions": 10}))
    bob = Caller(gateway, BOB, LEGACY[-1]).initialize()
    alice = [Caller(gateway, ALICE, LEGACY[-1]).initialize() for _ in range(30)]
    assert bob.rpc("ping").status == 200
    assert [caller.rpc("ping").status for caller in alice] == [404] * 21 + [200] * 9


def test_large_answers_do_not_pile_up(start: Start) -> None:
    gateway = start(document([server("stage")]))
    alice = Caller(gateway, ALICE)

    def work(_: int) -> bool:
        return len(alice.text("stage", "flood", bytes=4 * MIB)) == 4 * MIB

    assert all(side_by_side(4, work, range(8)))
    after_first = gateway.resident_mib
    assert all(side_by_side(4, work, range(32)))
    assert gateway.resident_mib - after_first < 200
    assert gateway.resident_mib < 800
