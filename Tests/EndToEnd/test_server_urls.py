"""URLs that servers send: none is opened, and none is given to a shell or to any program."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from servers.raw_http import Exchange, Upstream
from support import processes
from support.documents import ALICE, document, remote
from support.raw import LEGACY, MODERN, Caller

PLACES = ["a link", "an embedded resource", "an icon", "a page for the user", "a page that is needed", "a resource", "metadata of OAuth"]


def bait(elsewhere: Upstream, file: Path) -> str:
    """What a shell would make something of."""
    return f"{elsewhere.origin}/x?a=$(touch${{IFS}}{file})&b=`touch {file}`;touch {file}|touch {file}"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("revision", [MODERN, LEGACY[-1]])
def test_t25_a_url_of_a_server_is_passed_on_and_nothing_else(start: Start, tmp_path: Path, place: str, revision: str) -> None:
    file = tmp_path / "touched"
    with Upstream() as elsewhere, Upstream(has_stream=True) as upstream:
        url = bait(elsewhere, file)

        def on(exchange: Exchange) -> bool:
            return _answer(exchange, place, url)

        upstream.on = on
        gateway = start(document([remote("raw", upstream.url, timeout=3)]))
        alice = Caller(gateway, ALICE, revision)
        if revision != MODERN:
            alice.initialize()
        before = processes.descendants(gateway.pid)
        listed = alice.rpc("tools/list").result
        answer = alice.rpc("tools/call", {"name": "raw__echo", "arguments": {}})
        assert answer.status in (200, 400)
        alice.rpc("resources/list")
        if place == "a resource":
            alice.rpc("resources/read", {"uri": f"enkrypt:raw:{url}"})
        if place in ("a link", "an embedded resource"):
            assert json.dumps(url)[1:-1] in answer.body.decode(), "it is for the client to judge"
        if place == "an icon":
            assert url in json.dumps(listed)
        assert not elsewhere.exchanges and elsewhere.connections == 0, "nobody went there"
        assert not file.exists() and processes.descendants(gateway.pid) == before, "nor was anything started"


def _answer(exchange: Exchange, place: str, url: str) -> bool:
    match place, exchange.rpc:
        case "metadata of OAuth", _:
            challenge = f'Bearer resource_metadata="{url}", authorization_uri="{url}"'
            exchange.answer(401, b"no", WWW_Authenticate=challenge, Location=url, Link=f"<{url}>; rel=oauth")
        case "an icon", "tools/list":
            icons = [{"src": url, "mimeType": "image/png"}]
            exchange.result({"tools": [{"name": "echo", "inputSchema": {"type": "object"}, "icons": icons}]})
        case "a resource", "resources/list":
            exchange.result({"resources": [{"uri": url, "name": "x"}]})
        case "a resource", "resources/read":
            exchange.result({"contents": [{"uri": url, "text": "as the server has it"}]})
        case "a link", "tools/call":
            exchange.result({"content": [{"type": "resource_link", "uri": url, "name": "x"}, {"type": "text", "text": url}]})
        case "an embedded resource", "tools/call":
            exchange.result({"content": [{"type": "resource", "resource": {"uri": url, "text": url}}]})
        case "a page that is needed", "tools/call":
            wanted: dict[str, Any] = {"elicitations": [{"mode": "url", "elicitationId": "1", "url": url, "message": "Sign in"}]}
            exchange.error(-32042, "sign in first", 200, wanted)
        case "a page for the user", "tools/call":
            question = {"mode": "url", "message": "Sign in", "url": url, "elicitationId": "1"}
            exchange.stream()
            exchange.event({"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": question})
            exchange.event(exchange.response({"content": []}))
            exchange.close()
        case _:
            return False
    return True
