"""Clients hear of changes of single resources: those that they asked for, from their own servers, in their own names."""

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, BOB, document, entry, server
from support.gateway import Gateway
from support.places import GATEWAY
from support.raw import LEGACY, MODERN, Caller
from support.recording import Recording
from support.upstreams import ERAS, TRANSPORTS, ManySided
from support.waiting import until

_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
_COUNTER = "enkrypt:many:many://counter"
WAYS = [f"{transport}-{era}" for era in ERAS for transport in TRANSPORTS if (transport, era) != ("sse", "modern")]
CLIENTS = [MODERN, "2025-11-25"]


class Subscriber:
    """A client that hears of resources, in either era."""

    def __init__(self, caller: Caller, path: str | None = None):
        self.caller = caller
        self.path = path
        self.heard: list[dict[str, Any]] = []
        self.acknowledged: dict[str, Any] = {}
        self._exits: list[Any] = []

    def __enter__(self) -> "Subscriber":
        if self.caller.revision != MODERN:
            hello = {"protocolVersion": self.caller.revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
            answer = self.caller.rpc("initialize", hello, path=self.path)
            self.caller.session = answer.headers["mcp-session-id"]
            self.caller.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, path=self.path)
            self._read(self.caller.listening(path=self.path))
        return self

    def __exit__(self, *_: object) -> None:
        for context in reversed(self._exits):
            context.__exit__(None, None, None)
        self._exits = []

    def wish(self, *uris: str, **wanted: Any) -> "Subscriber":
        """Every wish has to be granted."""
        assert self.try_to_wish(*uris, **wanted) == list(uris)
        return self

    def try_to_wish(self, *uris: str, **wanted: Any) -> list[str]:
        if self.caller.revision != MODERN:
            answers = [self.caller.rpc("resources/subscribe", {"uri": uri}, path=self.path).json for uri in uris]
            return [uri for uri, answer in zip(uris, answers, strict=True) if answer.get("result") == {}]
        message = self.caller.message("subscriptions/listen", {"notifications": {"resourceSubscriptions": list(uris), **wanted}})
        before = len(self.heard)
        self._read(self.caller.streaming(message, path=self.path))
        until(lambda: len(self.heard) > before, "the acknowledgement")
        acknowledged = self.heard[before]
        assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
        assert acknowledged["params"]["_meta"][_SUBSCRIPTION] == message["id"]
        self.acknowledged = acknowledged["params"]["notifications"]
        return list(self.acknowledged.get("resourceSubscriptions", []))

    def leave(self, uri: str) -> None:
        if self.caller.revision != MODERN:
            assert self.caller.rpc("resources/unsubscribe", {"uri": uri}, path=self.path).result == {}
        else:
            self.__exit__()

    def _read(self, context: Any) -> None:
        response = context.__enter__()
        assert response.status == 200
        self._exits.append(context)

        def read() -> None:
            try:
                for line in response:
                    if line.startswith(b"data: {"):
                        self.heard.append(json.loads(line[6:]))
            except (OSError, ValueError, AttributeError):
                pass

        threading.Thread(target=read, daemon=True).start()

    @property
    def updates(self) -> list[str]:
        return [message["params"]["uri"] for message in self.heard if message.get("method") == "notifications/resources/updated"]

    def hears(self, count: int, uri: str) -> None:
        until(lambda: len(self.updates) >= count, f"{count} updates")
        assert self.updates == [uri] * count


@contextmanager
def subscriber(gateway: Gateway, key: str = ALICE, revision: str = MODERN, path: str | None = None) -> Iterator[Subscriber]:
    with Subscriber(Caller(gateway, key, revision), path) as client:
        yield client


@pytest.fixture(params=WAYS)
def many(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ManySided]:
    transport, era = request.param.split("-")
    with ManySided(transport, tmp_path / "received", era=era, name="many") as server:
        yield server


def touch(gateway: Gateway, uri: str = "many://counter", key: str = ALICE) -> None:
    Caller(gateway, key).text("many", "touch", uri=uri)


def _followed(many: ManySided) -> set[str]:
    """What the server is asked to tell of at this moment."""
    followed: set[str] = set()
    for message in many.recording.messages:
        match message.get("method"):
            case "resources/subscribe":
                followed.add(message["params"]["uri"])
            case "resources/unsubscribe":
                followed.discard(message["params"]["uri"])
            case "subscriptions/listen":
                followed = set(message["params"]["notifications"].get("resourceSubscriptions", []))
    return followed


def _wishes(many: ManySided) -> int:
    listens = [m for m in many.recording.of("subscriptions/listen") if "resourceSubscriptions" in m["params"]["notifications"]]
    return len(many.recording.of("resources/subscribe")) + len(listens)


@pytest.mark.parametrize("revision", CLIENTS)
def test_who_asked_hears_of_changes_in_each_pair_of_eras(start: Start, many: ManySided, revision: str) -> None:
    gateway = start(document([many.entry("many")]))
    with subscriber(gateway, revision=revision) as one, subscriber(gateway, revision=revision) as two, subscriber(gateway) as other:
        one.wish(_COUNTER)
        two.wish(_COUNTER)
        other.wish("enkrypt:many:many://text")
        # However many want it, the server is asked once for each.
        assert _followed(many) == {"many://counter", "many://text"} and _wishes(many) == 2
        touch(gateway)
        one.hears(1, _COUNTER)
        two.hears(1, _COUNTER)
        touch(gateway, "many://blob")
        touch(gateway, "many://text")
        other.hears(1, "enkrypt:many:many://text")
        if revision == MODERN:
            tags = {message["params"]["_meta"][_SUBSCRIPTION] for message in one.heard}
            assert len(tags) == 1
        else:
            assert "_meta" not in one.heard[0]["params"]
        one.leave(_COUNTER)
        until(lambda: _followed(many) == {"many://counter", "many://text"}, "somebody wants it still")
        touch(gateway)
        two.hears(2, _COUNTER)
        assert one.updates == [_COUNTER]
        two.leave(_COUNTER)
        until(lambda: _followed(many) == {"many://text"}, "the server is told that nobody wants it")


@pytest.mark.parametrize("revision", CLIENTS)
def test_one_server_alone_is_heard_under_its_own_names(start: Start, many: ManySided, revision: str) -> None:
    gateway = start(document([many.entry("many")]))
    with subscriber(gateway, revision=revision, path=f"{gateway.path.rstrip('/')}/servers/many") as client:
        client.wish("many://counter")
        touch(gateway)
        client.hears(1, "many://counter")


@pytest.mark.parametrize("revision", CLIENTS)
def test_after_a_server_is_lost_it_is_followed_anew(start: Start, many: ManySided, revision: str) -> None:
    gateway = start(document([many.entry("many")]))
    with subscriber(gateway, revision=revision) as client:
        client.wish(_COUNTER)
        if many.transport == "stdio":
            Caller(gateway, ALICE).item("many", "crash")
        else:
            many.restart()
            # Streams of a server that is gone end; a session without one is found out by the next call.
            Caller(gateway, ALICE).item("many", "echo", message="x")
        until(lambda: _wishes(many) >= 2, "it is asked for again", seconds=40)
        # What happened in between was told to nobody.
        until(lambda: client.updates, "it may have changed")
        before = len(client.updates)

        def is_heard() -> bool:
            touch(gateway)
            return len(client.updates) > before

        until(is_heard, "it is heard of again", pause=0.2)
        assert set(client.updates) == {_COUNTER}


@pytest.mark.parametrize("revision", LEGACY)
def test_the_end_of_a_session_is_the_end_of_its_wishes(start: Start, tmp_path: Path, revision: str) -> None:
    many = ManySided("stdio", tmp_path / "received", era="legacy")
    gateway = start(document([many.entry("many")]))
    with subscriber(gateway, revision=revision) as client:
        client.wish(_COUNTER)
        assert client.caller.request("DELETE").status == 204
        until(lambda: _followed(many) == set(), "the server is told that nobody wants it")


# Whose


@pytest.mark.parametrize("revision", CLIENTS)
def test_t21_updates_of_ones_own_server_process_are_for_nobody_else(start: Start, tmp_path: Path, revision: str) -> None:
    many = ManySided("stdio", tmp_path / "received", era="legacy")
    gateway = start(document([many.entry("many"), many.entry("shared", sharing="gateway")]))
    shared = "enkrypt:shared:many://counter"
    with (
        subscriber(gateway, ALICE, revision) as alice,
        subscriber(gateway, BOB, revision) as bob,
        subscriber(gateway, BOB, revision) as deaf,
    ):
        alice.wish(_COUNTER, shared)
        bob.wish(_COUNTER, shared)
        deaf.wish("enkrypt:shared:many://text")
        touch(gateway, key=ALICE)
        alice.hears(1, _COUNTER)
        touch(gateway, key=BOB)
        bob.hears(1, _COUNTER)
        assert alice.updates == [_COUNTER]
        Caller(gateway, ALICE).text("shared", "touch")
        until(lambda: len(alice.updates) == 2 and len(bob.updates) == 2, "a server for everybody tells everybody who asked")
        assert alice.updates == bob.updates == [_COUNTER, shared]
        assert deaf.updates == []


# What may be heard


@pytest.fixture
def teller(start: Start, recording: Recording) -> Gateway:
    entries = [
        server("teller", "teller.py", env=recording.environment, guarded=True),
        server("silent", "teller.py", args=["silent"], env=recording.environment),
    ]
    return start(document(entries))


def recording_process(recording: Recording) -> list[int]:
    """The process that was asked last to tell of a resource."""
    lines = [json.loads(line) for line in recording.path.read_text().splitlines()]
    return [line["pid"] for line in lines if '"resources/subscribe"' in line.get("raw", "")][-1:]


def _tell(gateway: Gateway, uri: str, **more: Any) -> None:
    Caller(gateway, ALICE).text("teller", "tell", base64=base64.b64encode(json.dumps({"uri": uri, **more}).encode()).decode())


@pytest.mark.parametrize("revision", CLIENTS)
def test_what_is_inside_of_a_resource_is_told_and_what_is_beside_it_is_not(teller: Gateway, revision: str) -> None:
    with subscriber(teller, revision=revision) as client:
        client.wish("enkrypt:teller:tell://one")
        for uri in ("tell://two", "tell://one-and-a-half", "tell://on", "tell://one/inside", "tell://one"):
            _tell(teller, uri)
        until(lambda: len(client.updates) >= 2, "both are told")
        assert client.updates == ["enkrypt:teller:tell://one/inside", "enkrypt:teller:tell://one"]


def test_an_update_is_screened_and_passes_whole(teller: Gateway) -> None:
    with subscriber(teller) as client:
        client.wish("enkrypt:teller:tell://one")
        _tell(teller, "tell://one", note=BLOCKED)
        meta = {"vendor.example/x": 1, "io.enkrypt.gateway/error": "forged", _SUBSCRIPTION: "forged"}
        _tell(teller, "tell://one", title="A title", _meta=meta)
        until(lambda: client.updates, "the second is told")
        [told] = [message["params"] for message in client.heard if message.get("method") == "notifications/resources/updated"]
        tag = client.heard[0]["params"]["_meta"][_SUBSCRIPTION]
        assert told == {"uri": "enkrypt:teller:tell://one", "title": "A title", "_meta": {"vendor.example/x": 1, _SUBSCRIPTION: tag}}


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("tell://one", -32002),
        ("enkrypt:nobody:tell://one", -32002),
        ("enkrypt:teller:tell://poisoned", -32002),
        ("enkrypt:teller:tell://missing", -32002),
        (f"enkrypt:teller:tell://{BLOCKED}", 1001),
        ("enkrypt:silent:tell://one", -32601),
    ],
)
def test_t23_what_may_not_be_read_cannot_be_subscribed_to(teller: Gateway, recording: Recording, uri: str, code: int) -> None:
    legacy = Caller(teller, ALICE, "2025-11-25").initialize()
    assert legacy.rpc("resources/subscribe", {"uri": uri}).error["code"] == code
    with subscriber(teller) as client:
        assert client.try_to_wish(uri, "enkrypt:teller:tell://two") == ["enkrypt:teller:tell://two"]
        asked = {message["params"]["uri"] for message in recording.of("resources/subscribe")}
        assert asked == {"tell://two"} | ({"tell://missing"} if "missing" in uri else set())


def test_a_wish_that_is_malformed_is_refused(teller: Gateway) -> None:
    legacy = Caller(teller, ALICE, "2025-11-25").initialize()
    assert legacy.rpc("resources/subscribe", {}).error["code"] == -32602
    assert legacy.rpc("resources/subscribe", {"uri": 1}).error["code"] == -32602
    assert legacy.rpc("resources/unsubscribe", {}).error["code"] == -32602
    assert legacy.rpc("resources/unsubscribe", {"uri": "enkrypt:teller:tell://one"}).result == {}
    modern = Caller(teller, ALICE)
    for wishes in ("x", [1], {"a": "b"}):
        assert modern.rpc("subscriptions/listen", {"notifications": {"resourceSubscriptions": wishes}}).error["code"] == -32602
    assert modern.rpc("resources/subscribe", {"uri": "enkrypt:teller:tell://one"}).error["code"] == -32601


def test_nobody_can_wish_for_too_much(teller: Gateway) -> None:
    legacy = Caller(teller, ALICE, "2025-11-25").initialize()
    assert legacy.rpc("resources/subscribe", {"uri": "enkrypt:teller:tell://" + "x" * 9000}).error["code"] == -32602
    wishes = [f"enkrypt:teller:tell://{number}" for number in range(1001)]
    answer = Caller(teller, ALICE).rpc("subscriptions/listen", {"notifications": {"resourceSubscriptions": wishes}})
    assert answer.error["code"] == -32602
    with subscriber(teller) as client:
        client.wish(*wishes[:1000])


def test_what_is_announced_can_work(teller: Gateway, start: Start) -> None:
    def announced(gateway: Gateway) -> Any:
        return Caller(gateway, ALICE).rpc("server/discover").result["capabilities"]["resources"]["subscribe"]

    assert announced(teller) is True
    alone = start(document([server("silent", "teller.py", args=["silent"])]))
    Caller(alone, ALICE).rpc("resources/list")
    assert announced(alone) is False


def test_a_changed_entry_is_followed_in_its_new_process_and_a_removed_one_not_at_all(teller: Gateway, recording: Recording) -> None:
    with subscriber(teller) as client:
        client.wish("enkrypt:teller:tell://one")

        def change(document: dict[str, Any]) -> None:
            entry(document, "teller")["config"]["env"]["NEW"] = "1"

        teller.edit(change)
        Caller(teller, ALICE).rpc("tools/list")
        until(lambda: len(recording.of("resources/subscribe")) == 2, "the new process is asked")
        until(lambda: client.updates, "something may have been missed")
        _tell(teller, "tell://one")
        client.hears(2, "enkrypt:teller:tell://one")

        def remove(document: dict[str, Any]) -> None:
            servers = document["mcp_configs"]["config-1"]["mcp_config"]
            servers[:] = [server for server in servers if server["server_name"] != "teller"]

        [process] = recording_process(recording)
        teller.edit(remove)
        Caller(teller, ALICE).rpc("tools/list")
        until(lambda: process not in teller.server_processes, "nobody needs the process any more")
        assert client.updates == ["enkrypt:teller:tell://one"] * 2


def test_what_is_subscribed_to_keeps_its_server_until_it_is_left(start: Start, recording: Recording) -> None:
    gateway = start(document([server("teller", "teller.py", env=recording.environment, idle_timeout=0.3)]))
    with subscriber(gateway) as client:
        client.wish("enkrypt:teller:tell://one")
        first = gateway.server_processes
        assert first
        for _ in range(5):
            threading.Event().wait(0.2)
            assert gateway.server_processes == first
    until(lambda: not gateway.server_processes, "an idle process is ended")


# Over standard input and output


def test_a_client_over_stdio_is_told_of_what_it_asked_for(tmp_path: Path) -> None:
    many = ManySided("stdio", tmp_path / "received", era="legacy")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(document([many.entry("many")])))
    config.chmod(0o600)
    process = subprocess.Popen(
        [GATEWAY, "stdio", "--config", config],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "ENKRYPT_GATEWAY_KEY": ALICE},
    )
    assert process.stdin and process.stdout
    messages: list[dict[str, Any]] = []
    output = process.stdout
    threading.Thread(target=lambda: messages.extend(json.loads(line) for line in output), daemon=True).start()

    def send(id: Any, method: str, **params: Any) -> None:
        params["_meta"] = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
        message = {"jsonrpc": "2.0", "method": method, "params": params, **({} if id is None else {"id": id})}
        assert process.stdin
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()

    def told() -> list[tuple[str, Any]]:
        return [(m["method"], m["params"]["_meta"][_SUBSCRIPTION]) for m in list(messages) if "method" in m]

    send("s", "subscriptions/listen", notifications={"toolsListChanged": True, "resourceSubscriptions": [_COUNTER]})
    until(lambda: told() == [("notifications/subscriptions/acknowledged", "s")], "the acknowledgement")
    send(1, "tools/call", name="many__touch", arguments={})
    until(lambda: ("notifications/resources/updated", "s") in told(), "the resource has changed")
    send(2, "tools/call", name="many__grow", arguments={"name": "new"})
    until(lambda: ("notifications/tools/list_changed", "s") in told(), "the list has changed")
    send(None, "notifications/cancelled", requestId="s")
    until(lambda: _followed(many) == set(), "the server is told that nobody wants it")
    process.stdin.close()
    assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("revision", CLIENTS)
def test_t16_a_dead_server_takes_nobody_elses_subscriptions_with_it(start: Start, tmp_path: Path, revision: str) -> None:
    dead = server("dead")
    dead["config"] = {"command": "/nonexistent/program", "args": []}
    with ManySided("stdio", tmp_path / "received", era="legacy", name="many") as many:
        gateway = start(document([dead, many.entry("many")]))
        with subscriber(gateway, revision=revision) as alice:
            assert alice.try_to_wish("enkrypt:dead:any://thing", _COUNTER) == [_COUNTER]
            touch(gateway)
            alice.hears(1, _COUNTER)
