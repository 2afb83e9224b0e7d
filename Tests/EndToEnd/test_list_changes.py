"""Clients are told when a list that they see has changed: the gateway's own merged list, told in its own name."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BOB, document, server
from support.gateway import Gateway
from support.raw import LEGACY, MODERN, Caller
from support.upstreams import ERAS, TRANSPORTS, ManySided
from support.waiting import until

_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
ALL = ["tools", "prompts", "resources"]


#: Each way to a server, in each era that it has.
WAYS = [f"{transport}-{era}" for era in ERAS for transport in TRANSPORTS if (transport, era) != ("sse", "modern")]


@pytest.fixture(params=WAYS)
def upstream(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ManySided]:
    transport, era = request.param.split("-")
    with ManySided(transport, tmp_path / "received", era=era, name="many") as server:
        yield server


@pytest.fixture
def other(upstream: ManySided, tmp_path: Path) -> Iterator[ManySided]:
    with ManySided(upstream.transport, tmp_path / "received-by-other", era=upstream.era, name="other") as server:
        yield server


@pytest.fixture
def gateway(start: Start, upstream: ManySided, other: ManySided) -> Gateway:
    return start(document([upstream.entry("many"), other.entry("other")]))


class Stream:
    """What arrives on an event stream, read by a thread of its own."""

    def __init__(self, response: Any):
        self.messages: list[dict[str, Any]] = []
        self.has_ended = False
        self._response = response
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._response:
                if line.startswith(b"data: {"):
                    self.messages.append(json.loads(line[6:]))
        except (OSError, ValueError, AttributeError):
            pass
        self.has_ended = True

    def changes(self) -> list[str]:
        return [message["method"].split("/")[1] for message in self.messages if message.get("method", "").endswith("/list_changed")]


@contextmanager
def session_stream(caller: Caller, path: str | None = None) -> Iterator[Stream]:
    with caller.listening(path=path) as response:
        assert response.status == 200
        yield Stream(response)


@contextmanager
def subscription(caller: Caller, *kinds: str, path: str | None = None) -> Iterator[Stream]:
    wanted = {f"{kind}ListChanged": True for kind in kinds}
    message = caller.message("subscriptions/listen", {"notifications": {**wanted, "somethingElse": True}})
    with caller.streaming(message, path=path) as response:
        assert response.status == 200 and response.getheader("content-type") == "text/event-stream"
        stream = Stream(response)
        until(lambda: stream.messages, "the acknowledgement")
        acknowledged = stream.messages[0]
        assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
        # Only what is honoured is acknowledged.
        assert acknowledged["params"]["notifications"] == wanted
        assert acknowledged["params"]["_meta"][_SUBSCRIPTION] == message["id"]
        yield stream


def _grow(caller: Caller, server: str = "many") -> None:
    caller.rpc("tools/call", {"name": f"{server}__grow", "arguments": {"name": "new"}}).result


@pytest.mark.parametrize("revision", LEGACY)
def test_a_session_hears_of_changes(gateway: Gateway, revision: str) -> None:
    alice = Caller(gateway, ALICE, revision)
    capabilities = alice.rpc("initialize", {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})
    assert all(capabilities.result["capabilities"][kind]["listChanged"] for kind in ALL)
    alice.initialize()
    before = {tool["name"] for tool in alice.rpc("tools/list").result["tools"]}
    with session_stream(alice) as stream:
        _grow(alice)
        until(lambda: set(stream.changes()) == set(ALL), "all three lists have changed")
        assert {tool["name"] for tool in alice.rpc("tools/list").result["tools"]} - before == {"many__new"}


def test_a_subscription_hears_of_what_it_asked_for(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    discovered = alice.rpc("server/discover").result["capabilities"]
    assert discovered["tools"]["listChanged"] and "logging" not in discovered
    with subscription(alice, "tools", "resources") as some, subscription(alice) as none, subscription(alice, *ALL) as every:
        _grow(alice)
        until(lambda: set(every.changes()) == set(ALL), "all three lists have changed")
        until(lambda: set(some.changes()) == {"tools", "resources"}, "two lists have changed")
        assert none.changes() == []
        tagged = [message["params"]["_meta"][_SUBSCRIPTION] for message in some.messages]
        assert len(set(tagged)) == 1


def test_who_sees_one_server_hears_of_that_one(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    path = f"{gateway.path.rstrip('/')}/servers"
    with subscription(alice, "tools", path=f"{path}/many") as many, subscription(alice, "tools", path=f"{path}/other") as other:
        _grow(alice, "many")
        until(many.changes, "the list of this server has changed")
        _grow(alice, "other")
        until(other.changes, "the list of the other one has changed")
        assert len(many.changes()) == 1 and len(other.changes()) == 1


def test_a_changed_configuration_changes_the_lists(gateway: Gateway, upstream: ManySided) -> None:
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB, "2025-11-25").initialize()
    with subscription(alice, "tools") as modern, session_stream(bob) as legacy:
        gateway.write(document([upstream.entry("many")]))
        # The file is looked at by the next request.
        names = [tool["name"] for tool in alice.rpc("tools/list").result["tools"]]
        assert not any(name.startswith("other__") for name in names)
        until(lambda: "tools" in modern.changes() and "tools" in legacy.changes(), "both are told")


def test_a_changed_policy_is_told_to_those_whose_lists_it_changes(start: Start) -> None:
    """Alice's project sees one configuration, Bob's another; nobody asks for anything meanwhile."""
    definition = document([server("many"), server("other")])
    definition["mcp_configs"]["config-2"] = {"mcp_config_name": "second", "mcp_config": [server("other")]}
    definition["projects"]["project-bob"]["mcp_config_id"] = "config-2"
    gateway = start(definition)
    alice, bob = Caller(gateway, ALICE), Caller(gateway, BOB, "2025-11-25").initialize()
    path = f"{gateway.path.rstrip('/')}/servers/many"
    with (
        subscription(alice, "tools") as all_of_it,
        subscription(alice, "tools", path=path) as one,
        session_stream(bob) as second,
    ):
        entries = definition["mcp_configs"]["config-1"]["mcp_config"]
        gateway.edit(lambda _: entries[1].update(denied_tools=["echo"]))
        until(all_of_it.changes, "the tools of the server are others")
        gateway.edit(lambda _: entries[0].update(denied_tools=["echo"]))
        until(one.changes, "the tools of the other server are others")
        assert second.changes() == [], "another configuration"
        gateway.edit(lambda document: document["users"]["user-bob"].update(email="robert@example.com"))
        gateway.edit(lambda document: document["projects"]["project-bob"].update(mcp_config_id="config-1"))
        until(lambda: set(second.changes()) == {"tools", "prompts", "resources"}, "another configuration, other lists")
        assert len(all_of_it.changes()) == 2 and len(one.changes()) == 1
        gateway.edit(lambda _: entries[1].update(denied_tools=[]))
        until(lambda: second.changes().count("tools") == 2, "who moved hears of the configuration that they see now")


def test_many_changes_in_a_moment_are_told_once(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    with session_stream(alice) as stream:
        threads = [threading.Thread(target=_grow, args=(Caller(gateway, ALICE),)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: "tools" in stream.changes(), "the list has changed")
        assert stream.changes().count("tools") <= 10


def test_the_end_of_the_gateway_ends_subscriptions_in_peace(gateway: Gateway) -> None:
    with subscription(Caller(gateway, ALICE), "tools") as stream:
        gateway.stop()
        until(lambda: stream.has_ended, "the stream has ended")
        assert stream.messages[-1]["result"]["resultType"] == "complete"


def test_a_subscription_that_is_left_costs_nothing(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE)
    for _ in range(50):
        with subscription(alice, "tools"):
            pass
    _grow(alice)
    gateway.stop()


@pytest.mark.parametrize("wishes", [None, [], "all", 1])
def test_wishes_have_to_be_an_object(gateway: Gateway, wishes: Any) -> None:
    answer = Caller(gateway, ALICE).rpc("subscriptions/listen", {} if wishes is None else {"notifications": wishes})
    assert answer.status == 400 and answer.error["code"] == -32602


def test_sessions_have_no_subscriptions_of_that_kind(gateway: Gateway) -> None:
    alice = Caller(gateway, ALICE, "2025-11-25").initialize()
    assert alice.rpc("subscriptions/listen", {"notifications": {}}).error["code"] == -32601
    assert MODERN not in LEGACY
