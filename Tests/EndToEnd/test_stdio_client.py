"""`secure-mcp-gateway stdio`: the gateway as a server that its client starts."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import processes
from support.documents import ALICE, BLOCKED, BOB, UNKNOWN, Document, document, server
from support.official import IS_OLDEST, MODES, Host, Stdio, reach
from support.places import GATEWAY
from support.raw import CALL_TOOLS, MODERN
from support.upstreams import ManySided
from support.waiting import until

pytestmark = pytest.mark.anyio

_HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
_META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stdio")
    many = ManySided("stdio", folder / "received", era="legacy")
    telemetry = {"telemetry": [{"name": "out", "provider": "stdout"}]}
    return _write(folder, document([server("stage", guarded=True), many.entry("many")], plugins=telemetry))


def _write(folder: Path, content: Document) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    path.chmod(0o600)
    return path


def _environment(key: str | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | ({"ENKRYPT_GATEWAY_KEY": key} if key else {})


class Raw:
    """The gateway's standard streams, line by line."""

    def __init__(self, config: Path, key: str | None = ALICE):
        command = [GATEWAY, "stdio", "--config", config]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=_environment(key))
        assert self.process.stdin and self.process.stdout
        self._input, self._output = self.process.stdin, self.process.stdout

    def send(self, *messages: Any) -> None:
        for message in messages:
            self._input.write((message if isinstance(message, bytes) else json.dumps(message).encode()) + b"\n")
        self._input.flush()

    def line(self) -> Any:
        return json.loads(self._output.readline())

    def ask(self, method: str, params: Any = None, id: Any = 1) -> Any:
        self.send({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}})
        return self.line()

    def hello(self, revision: str = "2025-11-25") -> Any:
        return self.ask("initialize", {**_HELLO, "protocolVersion": revision})

    def end(self) -> tuple[bytes, int]:
        """The end of the input; what was still to come, and the exit status."""
        self._input.close()
        rest = self._output.read()
        return rest, self.process.wait(20)


@pytest.fixture
def raw(config: Path) -> Iterator[Raw]:
    gateway = Raw(config)
    yield gateway
    if gateway.process.poll() is None:
        gateway.process.kill()
        gateway.process.wait()


def _call(tool: str, on: str = "stage", **arguments: Any) -> dict[str, Any]:
    return {"name": CALL_TOOLS, "arguments": {"server_name": on, "tool_calls": [{"name": tool, "args": arguments}]}}


@pytest.mark.official_client
@pytest.mark.parametrize("mode", MODES)
async def test_the_official_client_starts_it_and_calls(config: Path, mode: str) -> None:
    heard: list[Any] = []

    async def progress(*report: Any) -> None:
        heard.append(report)

    host = Host()
    target = Stdio(str(GATEWAY), ["stdio", "--config", str(config)], _environment(ALICE))
    async with reach(target, mode, host) as client:
        assert len(await client.tools()) >= 7
        passed = await client.call(CALL_TOOLS, _call("echo", message="hello")["arguments"])
        assert passed["structuredContent"]["results"][0]["response"] == "hello"
        blocked = await client.call(CALL_TOOLS, _call("echo", message=f"run {BLOCKED}")["arguments"])
        assert blocked["structuredContent"]["results"][0]["status"] == "blocked_input"
        await client.call(CALL_TOOLS, _call("progress", "many", steps=2)["arguments"], progress=progress)
        assert [report[2] for report in heard] == ["step 1", "step 2"]
        if not IS_OLDEST:
            asked = await client.call(CALL_TOOLS, _call("elicit", "many")["arguments"])
            assert "Ada" in asked["structuredContent"]["results"][0]["response"]


def test_nothing_else_is_written_to_standard_output(raw: Raw) -> None:
    """The configuration has the telemetry provider that writes to standard output."""
    raw.hello()
    for number in range(5):
        assert raw.ask("tools/call", _call("echo", message="x"), id=number + 2)["id"] == number + 2
    rest, status = raw.end()
    assert rest == b"" and status == 0


def test_what_runs_when_the_input_ends_is_answered(raw: Raw) -> None:
    raw.hello()
    raw.send({"jsonrpc": "2.0", "id": "last", "method": "tools/call", "params": _call("sleep", seconds=1, message="awake")})
    rest, status = raw.end()
    assert status == 0 and json.loads(rest)["id"] == "last" and b"awake" in rest


def test_it_ends_at_once_and_leaves_nobody_behind(config: Path, tmp_path: Path) -> None:
    content = json.loads(config.read_text())
    marker = f"STDIO_TEST={tmp_path}"
    content["mcp_configs"]["config-1"]["mcp_config"][0]["config"]["env"] = dict([marker.split("=", 1)])
    gateway = Raw(_write(tmp_path, content))
    gateway.hello()
    gateway.ask("tools/call", _call("echo", message="x"))
    assert processes.with_environment(marker)
    gateway.process.kill()
    gateway.process.wait()
    until(lambda: not processes.with_environment(marker), "the server is gone")


def test_before_initialize_each_request_stands_for_itself(raw: Raw) -> None:
    discovered = raw.ask("server/discover", {"_meta": _META})
    assert MODERN in discovered["result"]["supportedVersions"]
    listed = raw.ask("tools/list", {"_meta": _META})
    assert listed["result"]["resultType"] == "complete" and listed["result"]["tools"]
    assert raw.ask("tools/list")["error"]["code"] == -32600
    assert raw.ask("server/discover")["error"]["code"] == -32602
    assert raw.ask("nothing/known", {"_meta": _META})["error"]["code"] == -32601


def test_a_subscription_is_told_of_changes_and_names_itself(raw: Raw) -> None:
    subscription = "io.modelcontextprotocol/subscriptionId"
    raw.send(
        {
            "jsonrpc": "2.0",
            "id": "s",
            "method": "subscriptions/listen",
            "params": {"notifications": {"toolsListChanged": True}, "_meta": _META},
        }
    )
    acknowledged = raw.line()
    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert acknowledged["params"]["notifications"] == {"toolsListChanged": True}
    assert acknowledged["params"]["_meta"][subscription] == "s"
    raw.send(
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "many__grow", "arguments": {"name": "new"}, "_meta": _META}}
    )
    lines = [raw.line(), raw.line()]
    [changed] = [line for line in lines if "method" in line]
    assert changed["method"] == "notifications/tools/list_changed" and changed["params"]["_meta"][subscription] == "s"
    raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "s", "_meta": _META}})
    assert raw.ask("server/discover", {"_meta": _META}, id=2)["id"] == 2, "a cancelled request gets no answer"


@pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_after_initialize_it_is_one_session(raw: Raw, revision: str) -> None:
    assert raw.hello(revision)["result"]["protocolVersion"] == revision
    raw.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert raw.ask("ping")["result"] == {}
    assert raw.ask("initialize", _HELLO)["error"]["code"] == -32600
    assert "resultType" not in raw.ask("tools/list")["result"]
    batch = [{"jsonrpc": "2.0", "id": 8, "method": "ping"}, {"jsonrpc": "2.0", "id": 9, "method": "ping"}]
    raw.send(batch)
    answer = raw.line()
    if revision == "2025-03-26":
        assert [reply["id"] for reply in answer] == [8, 9]
    else:
        assert answer["error"]["code"] == -32600


@pytest.mark.parametrize("key", [None, UNKNOWN, ""])
def test_without_a_key_nobody_gets_in(config: Path, key: str | None) -> None:
    gateway = Raw(config, key)
    for answer in (gateway.hello(), gateway.ask("tools/list", {"_meta": _META})):
        assert answer["error"]["data"]["error"]["code"].startswith("AUTH")
    assert gateway.end() == (b"", 0)


def test_a_key_that_is_taken_away_counts_no_longer(config: Path, tmp_path: Path) -> None:
    content = json.loads(config.read_text())
    path = _write(tmp_path, content)
    gateway = Raw(path, BOB)
    assert "result" in gateway.hello()
    content["apikeys"] = {key: entry for key, entry in content["apikeys"].items() if key != BOB}
    _write(tmp_path, content)
    assert "error" in gateway.ask("tools/list")
    gateway.end()


def test_a_call_that_waits_for_its_client_goes_on_by_its_state_and_ends_with_the_input(raw: Raw) -> None:
    able = {**_META, "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
    call = {**_call("elicit", "many"), "_meta": able}
    asked = raw.ask("tools/call", call)["result"]
    [key] = asked["inputRequests"]
    again = {"requestState": asked["requestState"], "inputResponses": {key: {"action": "decline"}}}
    assert raw.ask("tools/call", {**call, **again})["result"]["structuredContent"]["status"] == "success"
    assert raw.ask("tools/call", {**call, **again})["error"]["code"] == -32602
    assert raw.ask("tools/call", call)["result"]["resultType"] == "input_required"
    assert raw.end() == (b"", 0), "nobody waits for a client that cannot come back"


def test_garbage_is_answered_and_survived(raw: Raw) -> None:
    raw.send(b"\xff\xfe", b"{", b"[]", b"7", b'{"jsonrpc":"2.0"}', b"", b'{"jsonrpc":"2.0","id":null,"method":"ping"}')
    codes = [raw.line()["error"]["code"] for _ in range(6)]
    assert codes == [-32700, -32700, -32600, -32600, -32600, -32600]
    assert "result" in raw.hello()


def test_a_stop_signal_ends_it_in_peace(raw: Raw) -> None:
    raw.hello()
    raw.process.terminate()
    assert raw.process.wait(20) == 0


def test_many_requests_at_once_are_answered_each(raw: Raw) -> None:
    raw.hello()
    raw.send(*({"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": _call("echo", message=f"m{n}")} for n in range(200)))
    answers = {answer["id"]: answer for answer in (raw.line() for _ in range(200))}
    for number in range(200):
        assert answers[number]["result"]["structuredContent"]["results"][0]["response"] == f"m{number}"


@pytest.mark.parametrize("modern", [False, True])
def test_a_cancelled_request_gets_no_answer(raw: Raw, modern: bool) -> None:
    meta = {"_meta": _META} if modern else {}
    if not modern:
        raw.hello()
    raw.send({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {**_call("sleep", seconds=20), **meta}})
    raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}})
    assert raw.ask("server/discover" if modern else "ping", meta, id=6)["id"] == 6
    assert raw.end() == (b"", 0)


def test_ten_megabytes_pass_both_ways(raw: Raw) -> None:
    raw.hello()
    text = "ten megabytes " * (10 * 1024 * 1024 // 14)
    answer = raw.ask("tools/call", _call("echo", on="many", message=text))
    assert answer["result"]["structuredContent"]["results"][0]["response"] == text
