"""Servers that are killed and started again, between calls and in the middle of them, over every transport: what their callers see."""

import http.client
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from servers.raw_http import Upstream
from support import processes
from support.documents import ALICE, BOB, document, remote, server
from support.gateway import Gateway
from support.raw import LEGACY, MODERN, Caller
from support.upstreams import TRANSPORTS, ManySided
from support.waiting import until

ERROR = "io.enkrypt.gateway/error"
#: The time that a call may take. What follows from the end of a server is known long before.
DEADLINE = 20
NAMES = ["first", "second", "third"]


class Servers:
    """Three servers behind one gateway, each with a record of its own."""

    def __init__(self, transport: str, folder: Path, stack: ExitStack):
        self.all = {name: ManySided(transport, folder / name, era="legacy", name=name) for name in NAMES}
        for many in self.all.values():
            stack.callback(many.stop)
        with ThreadPoolExecutor() as pool:
            list(pool.map(ManySided.start, self.all.values()))

    def initialized(self, name: str) -> int:
        return len(self.all[name].recording.of("initialize"))


@pytest.fixture(scope="module", params=TRANSPORTS)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(request.param, tmp_path_factory.mktemp("records"), stack)


@pytest.fixture(scope="module")
def gateway(start_shared: Start, servers: Servers) -> Gateway:
    # Failures on purpose, one after the other, are not to end in a pause for the server.
    entries = [many.entry(name, max_unanswered=0) for name, many in servers.all.items()]
    return start_shared(document(entries, timeouts={"tool_execution_timeout": DEADLINE, "discovery_timeout": DEADLINE}))


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def call(caller: Caller, name: str, tool: str, /, **arguments: Any) -> dict[str, Any]:
    return caller.rpc("tools/call", {"name": f"{name}__{tool}", "arguments": arguments}).result


def text(caller: Caller, name: str, tool: str, /, **arguments: Any) -> str:
    result = call(caller, name, tool, **arguments)
    assert not result.get("isError"), result
    return result["content"][0]["text"]


def who(caller: Caller, name: str) -> int:
    """The process that answers."""
    return json.loads(text(caller, name, "whoami"))["pid"]


def restart(servers: Servers, name: str, pid: int) -> None:
    """Kills a server; over HTTP another one takes its place on the same port."""
    many = servers.all[name]
    if many.transport == "stdio":
        os.kill(pid, signal.SIGKILL)
        until(lambda: not processes.is_alive(pid), "it is gone")
    else:
        many.restart()


def settled(caller: Caller, name: str) -> None:
    """Until what the test did before is over for the server."""
    until(lambda: not call(caller, name, "echo", message="x").get("isError"), "the server is used again", pause=0.1)


def use(caller: Caller, name: str, method: str) -> str:
    """One request that names the server; what it answers."""
    match method:
        case "tools/call":
            return text(caller, name, "echo", message="the very next request")
        case "resources/read":
            return caller.rpc(method, {"uri": f"enkrypt:{name}:many://text"}).result["contents"][0]["text"]
        case _:
            prompt = caller.rpc(method, {"name": f"{name}__greet", "arguments": {"name": "Ada"}}).result
            return prompt["messages"][0]["content"]["text"]


@pytest.mark.parametrize(
    ("name", "method", "expected"),
    [
        ("first", "tools/call", "the very next request"),
        ("second", "resources/read", "hello, world"),
        ("third", "prompts/get", "Say hello to Ada, neutral."),
    ],
)
def test_t1_the_next_request_to_a_server_that_was_restarted_succeeds_and_no_other_is_disturbed(
    gateway: Gateway, servers: Servers, name: str, method: str, expected: str
) -> None:
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    pids = {each: who(alice, each) for each in NAMES}
    begun = {each: servers.initialized(each) for each in NAMES}
    restart(servers, name, pids[name])
    assert use(alice, name, method) == expected
    assert {each for each in NAMES if who(alice, each) != pids[each]} == {name}
    assert {each: servers.initialized(each) - begun[each] for each in NAMES} == {each: int(each == name) for each in NAMES}
    listed = {tool["name"] for tool in alice.rpc("tools/list").result["tools"]}
    assert {f"{each}__echo" for each in NAMES} <= listed


def test_t1_a_request_that_finds_its_server_just_gone_is_given_to_the_next_one(start: Start) -> None:
    """The gateway hears of the server's end and of the request at the same moment."""
    gateway = start(document([server("stdio")]))
    alice = Caller(gateway, ALICE)
    for _ in range(10):
        # After so many answers its earlier end is forgotten, and the next one leads to no pause.
        for _ in range(10):
            text(alice, "stdio", "echo", message="x")
        [pid] = gateway.server_processes
        message = alice.message("tools/call", {"name": "stdio__echo", "arguments": {"message": "x"}})
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=DEADLINE)
        gateway.signal(signal.SIGSTOP)
        try:
            os.kill(pid, signal.SIGKILL)
            connection.request("POST", gateway.path, json.dumps(message).encode(), alice.headers(message))
            until(lambda pid=pid: not processes.is_alive(pid), "it is gone")
        finally:
            gateway.signal(signal.SIGCONT)
        result = json.load(connection.getresponse())["result"]
        connection.close()
        assert not result.get("isError"), result
        assert pid not in gateway.server_processes


def test_t1_a_request_that_its_server_never_read_is_given_to_the_next_one(start: Start, tmp_path: Path) -> None:
    """It lies in the pipe of a server that is busy, and is killed: the next server answers. A request that was read is not made twice."""
    many = ManySided("stdio", tmp_path / "first", era="legacy", name="first")
    many.start()
    gateway = start(document([many.entry("first")]))
    alice = Caller(gateway, ALICE)
    pid = who(alice, "first")
    with ThreadPoolExecutor(max_workers=2) as pool:
        read = pool.submit(call, alice, "first", "wait", mark="read")
        until(lambda: any("read" in line for line in many.recording.lines), "it is read")
        os.kill(pid, signal.SIGSTOP)
        unread = pool.submit(text, alice, "first", "echo", message="unread")
        time.sleep(0.5)
        os.kill(pid, signal.SIGKILL)
        assert unread.result() == "unread"
        assert read.result()["_meta"][ERROR]["error_code"] == "TOOL_006"
    assert len([line for line in many.recording.lines if '"read"' in line]) == 1
    many.stop()


def test_t4_a_restart_under_open_streams_is_an_error_at_once_and_the_next_call_works(alice: Caller, servers: Servers) -> None:
    settled(alice, "first")
    pid = who(alice, "first")
    mark = f"{alice.revision} {time.monotonic()}"
    params = {"name": "first__wait", "arguments": {"mark": mark}, "_meta": {"progressToken": "p"}}
    with alice.streaming(alice.message("tools/call", params)) as response, ThreadPoolExecutor(max_workers=1) as pool:
        assert response.getheader("content-type") == "text/event-stream"
        messages = _messages(response)
        assert next(messages)["method"] == "notifications/progress"
        without_stream = pool.submit(call, alice, "first", "wait", mark=f"{mark} again")
        until(lambda: any(f"{mark} again" in line for line in servers.all["first"].recording.lines), "the other call is there, too")
        began = time.monotonic()
        restart(servers, "first", pid)
        for result in (next(messages)["result"], without_stream.result()):
            assert result["isError"] and result["_meta"][ERROR]["error_code"] == "TOOL_006", result
        assert time.monotonic() - began < DEADLINE / 2
    assert until(lambda: not call(alice, "first", "echo", message="x").get("isError"), "it works again", pause=0.1)
    assert who(alice, "first") != pid


def test_t4_an_open_subscription_of_a_session_outlives_the_server(gateway: Gateway, servers: Servers) -> None:
    """The client's own event stream is the gateway's: it stays, and tells of changes at the new server."""
    alice = Caller(gateway, ALICE, LEGACY[-1]).initialize()
    settled(alice, "third")
    with alice.listening() as response:
        restart(servers, "third", who(alice, "third"))
        settled(alice, "third")
        text(alice, "third", "grow", name="after")
        assert any(message.get("method") == "notifications/tools/list_changed" for message in _messages(response))
    assert "third__after" in {tool["name"] for tool in alice.rpc("tools/list").result["tools"]}
    text(alice, "third", "shrink", name="after")


def test_servers_killed_in_the_middle_of_calls_leave_nothing_behind(start: Start) -> None:
    """Neither files nor processes of the gateway grow with the number of restarts."""
    upstreams = {transport: Upstream(transport=transport) for transport in ("http", "sse")}
    entries = [remote(name, upstream.url, config={"transport": name}) for name, upstream in upstreams.items()]
    gateway = start(document([server("stdio"), *entries], timeouts={"tool_execution_timeout": DEADLINE}))
    callers = [Caller(gateway, ALICE), Caller(gateway, BOB)]

    def ready(caller: Caller) -> None:
        until(lambda: not call(caller, "stdio", "echo", message="x").get("isError"), "its process is there", pause=0.1)
        for name in upstreams:
            until(lambda name=name: not call(caller, name, "plain").get("isError"), "it is used", pause=0.1)

    def round() -> None:
        for caller in callers:
            ready(caller)
        for upstream in upstreams.values():
            upstream.call = "nothing"
        with ThreadPoolExecutor(max_workers=8) as pool:
            waiting = [pool.submit(call, caller, "stdio", "never") for caller in callers]
            waiting += [pool.submit(call, caller, name, "echo") for caller in callers for name in upstreams]
            for upstream in upstreams.values():
                until(lambda upstream=upstream: len(_stalled(upstream)) == 2, "the calls are there")
            for name, upstream in upstreams.items():
                upstream.stop()
                upstreams[name] = Upstream(transport=name, port=upstream.port)
            for pid in gateway.server_processes:
                os.kill(pid, signal.SIGKILL)
            for future in waiting:
                assert future.result().get("_meta", {}).get(ERROR, {}).get("error_code") == "TOOL_006", future.result()
        for caller in callers:
            ready(caller)

    try:
        round()
        files, children = _steady(gateway)
        for _ in range(3):
            round()
        files_later, children_later = _steady(gateway)
    finally:
        for upstream in upstreams.values():
            upstream.stop()
    # Connections that are kept for the next request come and go; one file left behind by each restart would be twelve.
    assert files_later < files + 6, (files, files_later)
    assert children_later == children and not processes.zombies(gateway.pid)


def _stalled(upstream: Upstream) -> list[Any]:
    return [exchange for exchange in upstream.requests("tools/call") if exchange.message["params"]["name"] == "echo"]


def _steady(gateway: Gateway) -> tuple[int, int]:
    """Open files and processes of the gateway, once neither has changed for a second."""
    history: list[tuple[int, int]] = []

    def same() -> bool:
        history.append((processes.open_files(gateway.pid), len(processes.descendants(gateway.pid))))
        return len(history) > 10 and len(set(history[-10:])) == 1

    until(same, "it is steady", pause=0.1)
    return history[-1]


def _messages(response: Any) -> Iterator[dict[str, Any]]:
    for line in response:
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])
