"""One trace from the client through the gateway to its servers and services (W3C Trace Context, W3C Baggage)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from servers.raw_http import Upstream
from support import plugins
from support.documents import ALICE, BLOCKED, document, nonce, remote, server
from support.gateway import Gateway
from support.raw import CALL_TOOLS, LEGACY, MODERN, Caller
from support.recording import Recording
from support.verdicts import VerdictService

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
OTHER = "00-11111111111111111111111111111111-2222222222222222-01"
STATE, BAGGAGE = "vendor=1,other=t61rcWkgMzE", "tenant=blue,note=a%20b"


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    environment = shared_recording.environment
    return start_shared(document([server("stage", env=environment), server("trusted", env=environment, forward_baggage=True)]))


@pytest.fixture(params=[MODERN, *LEGACY])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


def told(
    caller: Caller, recording: Recording, meta: dict[str, Any] | None, headers: dict[str, str | None], name: str = "stage"
) -> dict[str, Any]:
    """`_meta` of what reaches the server, through the item itself and through the gateway's own tool."""
    mark = nonce()
    more = {"_meta": meta} if meta else {}
    direct = {"name": f"{name}__echo", "arguments": {"message": mark}, **more}
    assert caller.rpc("tools/call", direct, headers=headers).result["content"][0]["text"] == mark
    batch = {"server_name": name, "tool_calls": [{"name": "echo", "args": {"message": mark}}]}
    assert caller.rpc("tools/call", {"name": CALL_TOOLS, "arguments": batch, **more}, headers=headers).result
    first, second = [call["params"]["_meta"] for call in recording.calls if mark in str(call)]
    assert continues(first) == continues(second), "both belong to the trace, or neither"
    assert {**first, "traceparent": ""} == {**second, "traceparent": ""}
    return first


def continues(meta: dict[str, Any], trace: str = TRACE) -> bool:
    version, same, span, _ = meta["traceparent"].split("-")
    return version == "00" and same == trace and span not in (SPAN, "2222222222222222")


def test_t41_a_trace_goes_on_from_meta_as_from_headers(alice: Caller, shared_recording: Recording) -> None:
    for meta, headers in (
        ({"traceparent": PARENT, "tracestate": STATE}, {}),
        (None, {"traceparent": PARENT, "tracestate": STATE}),
        ({"traceparent": OTHER, "tracestate": "x=1"}, {"traceparent": PARENT, "tracestate": STATE}),
        ({"traceparent": PARENT, "tracestate": STATE}, {"traceparent": "nonsense"}),
    ):
        found = told(alice, shared_recording, meta, headers)
        assert continues(found) and found["tracestate"] == STATE, (meta, headers, found)


def test_what_no_trace_carries_is_dropped(alice: Caller, shared_recording: Recording) -> None:
    for meta, headers in (
        ({"tracestate": STATE}, {}),
        ({"traceparent": "00-0-0-01", "tracestate": STATE}, {}),
        ({"traceparent": 5, "tracestate": STATE}, {}),
        ({"traceparent": PARENT, "tracestate": "x" * 513}, {}),
        ({"traceparent": PARENT, "tracestate": "a=1\r\nX-Evil: 1"}, {}),
        ({"traceparent": PARENT, "tracestate": STATE}, {"traceparent": OTHER}),
    ):
        assert "tracestate" not in told(alice, shared_recording, meta, headers), meta


def test_baggage_goes_only_where_the_configuration_lets_it(alice: Caller, shared_recording: Recording) -> None:
    for meta, headers in (({"baggage": BAGGAGE}, {}), (None, {"baggage": BAGGAGE}), ({"baggage": "x=y"}, {"baggage": BAGGAGE})):
        assert "baggage" not in told(alice, shared_recording, meta, headers)
        assert told(alice, shared_recording, meta, headers, "trusted")["baggage"] == BAGGAGE


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_a_trace_carries_besides_is_judged_like_the_call(start: Start, recording: Recording, asynchronous: bool) -> None:
    """Words of the client's, which the server is told."""
    entry = server("stage", env=recording.environment, guarded=True, forward_baggage=True, async_safe_tools=["echo"])
    common = {"enkrypt_async_input_guardrails_enabled": asynchronous}
    alice = Caller(start(document([entry], common=common)), ALICE)
    decent = told(alice, recording, {"traceparent": PARENT, "tracestate": STATE, "baggage": BAGGAGE}, {})
    assert (decent["tracestate"], decent["baggage"]) == (STATE, BAGGAGE)
    escaped = f"a=%{ord(BLOCKED[0]):x}{BLOCKED[1:]}"
    for bad in ({"tracestate": f"a={BLOCKED}"}, {"baggage": f"a={BLOCKED}"}, {"baggage": escaped}):
        for meta, headers in (({"traceparent": PARENT, **bad}, {}), (None, {"traceparent": PARENT, **bad})):
            found = told(alice, recording, meta, headers)
            assert continues(found) and not {"tracestate", "baggage"} & found.keys(), bad
    assert BLOCKED not in "".join(recording.lines)


@pytest.mark.parametrize(("transport", "probe"), [("http", "discovered"), ("http", "400 with -32600"), ("sse", "400 with -32600")])
@pytest.mark.parametrize("forward", [True, False])
def test_t41_servers_over_http_are_told_in_headers_too(start: Start, transport: str, probe: str, forward: bool) -> None:
    with Upstream(transport=transport, probe=probe) as upstream:
        entry = remote("raw", upstream.url, config={"transport": transport}, forward_baggage=forward)
        alice = Caller(start(document([entry])), ALICE)
        headers = {"traceparent": PARENT, "tracestate": STATE, "baggage": BAGGAGE}
        assert alice.rpc("tools/call", {"name": "raw__echo", "arguments": {"message": "x"}}, headers=headers).result
        [call] = upstream.requests("tools/call")
        meta = call.message["params"]["_meta"]
        assert continues(meta) and meta["tracestate"] == STATE
        for name in ("traceparent", "tracestate", "baggage"):
            assert call.headers.get(name) == meta.get(name), name
        assert ("baggage" in meta) == forward


@pytest.fixture
def service() -> Iterator[VerdictService]:
    service = VerdictService(BLOCKED)
    yield service
    service.close()


def test_t41_requests_of_plugins_belong_to_the_trace_of_their_call(start: Start, tmp_path: Path, service: VerdictService) -> None:
    folder = plugins.folder_with(tmp_path / "plugins", plugins.OWN, ["asking"])
    guardrail = {"name": "ask", "provider": "asking", "config": {"url": service.url()}, "egress": {"allow": [service.address]}}
    gateway = start(document([server("stage", guarded=True)], guardrails=[guardrail], plugins={"path": [str(folder)]}))
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="warm") == "warm"
    service.headers.clear()
    params = {"name": "stage__echo", "arguments": {"message": "fine"}, "_meta": {"traceparent": PARENT}}
    assert alice.rpc("tools/call", params).result["content"][0]["text"] == "fine"
    assert service.headers and all(continues(headers) for headers in service.headers)
