"""Pages in browsers: which may talk to the gateway, and what they can read of its answers (Fetch Standard, "CORS protocol")."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, document, server
from support.gateway import Gateway
from support.raw import Answer, Caller

APP = "https://app.example.com"
BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    return start_shared(document([server("stage")], gateway={"allowed_origins": [APP], "max_body_bytes": 100_000}))


@pytest.fixture
def alice(gateway: Gateway) -> Caller:
    return Caller(gateway, ALICE)


def preflight(caller: Caller, headers: str = "", origin: str = APP, path: str | None = None) -> Answer:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": headers}
    return caller.request("OPTIONS", headers=asked, path=path)


def words(answer: Answer, header: str) -> set[str]:
    return {word.strip().lower() for word in answer.headers[header].split(",")}


def test_a_preflight_needs_no_credentials(gateway: Gateway, alice: Caller) -> None:
    for path in (None, f"{gateway.path}/", f"{gateway.path}/servers/stage", f"{gateway.path}/servers/no-such-server"):
        answer = preflight(alice, "authorization,content-type,mcp-method", path=path)
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["access-control-allow-origin"] == APP and answer.headers["vary"] == "Origin"
        assert words(answer, "access-control-allow-methods") == {"get", "post", "delete"}
        assert "access-control-allow-credentials" not in answer.headers


def test_a_preflight_allows_what_clients_send(alice: Caller) -> None:
    allowed = words(preflight(alice, "mcp-param-region, Mcp-Param-Größe,x-other,cookie"), "access-control-allow-headers")
    assert {"authorization", "content-type", "accept", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"} <= allowed
    assert {"last-event-id", "apikey", "mcp-param-region"} <= allowed
    assert not {"x-other", "cookie", "*", "mcp-param-other"} & allowed


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{APP}.evil.example", f"{APP}, https://evil.example", ""])
def test_a_foreign_page_gets_no_leave(alice: Caller, origin: str) -> None:
    for answer in (preflight(alice, origin=origin), alice.rpc("tools/list", headers={"Origin": origin})):
        assert answer.status == 403
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_origin_is_echoed_as_it_was_sent(alice: Caller) -> None:
    for origin in (APP, "http://localhost:5173", "http://127.0.0.1:3000", "HTTPS://APP.example.com"):
        answer = alice.rpc("tools/list", headers={"Origin": origin})
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == origin and answer.headers["vary"] == "Origin"
        assert words(answer, "access-control-expose-headers") == {"mcp-session-id", "www-authenticate", "mcp-protocol-version"}
    assert "access-control-allow-origin" not in alice.rpc("tools/list").headers, "no page asked"


def test_a_page_can_read_why_it_is_refused(gateway: Gateway, alice: Caller) -> None:
    nobody = Caller(gateway, None)
    for status, answer in (
        (401, nobody.rpc("tools/list", headers={"Origin": APP})),
        (400, alice.post(b"{", headers={"Origin": APP})),
        (404, alice.request("POST", b"{}", {"Origin": APP}, "/elsewhere")),
        (405, alice.request("PUT", headers={**alice.headers(), "Origin": APP})),
        (405, alice.request("OPTIONS", headers={**alice.headers(), "Origin": APP})),
        (413, alice.post(b"x" * 200_000, headers={"Origin": APP})),
        (415, alice.post(b"{}", headers={"Origin": APP, "Content-Type": "text/plain"})),
        (421, alice.post(b"{}", headers={"Origin": APP, "Host": "evil.example"})),
    ):
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, APP)
        assert answer.error["message"]


def test_a_page_can_read_an_event_stream(gateway: Gateway) -> None:
    session = Caller(gateway, ALICE, "2025-11-25").initialize()
    answers = []

    def read(headers: dict[str, str]) -> None:
        with session._response("GET", None, {**session.headers(), "Accept": "text/event-stream", **headers}, None) as response:
            answers.append((response.status, response.getheader("Access-Control-Allow-Origin")))

    read({"Origin": APP})
    assert answers == [(200, APP)]


# A real browser

PAGE = """<!doctype html><script>
const [gateway, key] = [%s, %s];
const json = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"};
const call = (body, headers) => fetch(gateway, {method: "POST", headers: {...json, ...headers}, body: JSON.stringify(body)});
async function run() {
  const seen = {};
  const hello = {jsonrpc: "2.0", id: 1, method: "initialize",
    params: {protocolVersion: "2025-11-25", capabilities: {}, clientInfo: {name: "page", version: "1"}}};
  const refused = await call(hello, {});
  seen.refused = [refused.status, refused.headers.get("WWW-Authenticate"), (await refused.json()).error.message];
  const bearer = {"Authorization": "Bearer " + key};
  const greeting = await call(hello, bearer);
  const session = {...bearer, "Mcp-Session-Id": greeting.headers.get("Mcp-Session-Id"), "MCP-Protocol-Version": "2025-11-25"};
  seen.greeting = (await greeting.json()).result.serverInfo.name;
  seen.initialized = (await call({jsonrpc: "2.0", method: "notifications/initialized"}, session)).status;
  const stream = await fetch(gateway, {headers: {...session, "Accept": "text/event-stream"}});
  seen.stream = [stream.status, new TextDecoder().decode((await stream.body.getReader().read()).value).slice(0, 3)];
  seen.ended = (await fetch(gateway, {method: "DELETE", headers: session})).status;
  const meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}};
  const listed = await call({jsonrpc: "2.0", id: 2, method: "tools/list", params: {_meta: meta}},
    {"apikey": key, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list", "Mcp-Param-Region": "eu"});
  seen.tools = (await listed.json()).result.tools.length;
  return seen;
}
run().then(seen => seen, error => ({failure: String(error)}))
  .then(seen => fetch("/seen", {method: "POST", body: JSON.stringify(seen)}));
</script>"""


class Site:
    """A web site with one page, which tells it what it has seen."""

    def __init__(self) -> None:
        self.page = ""
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(site.page.encode() if self.path == "/" else b"")

            def do_POST(self) -> None:
                site.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.answer(b"")

            def answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.stop()


def visit(site: Site, host: str, profile: Path) -> dict[str, Any]:
    """What the page sees when a browser opens it under that host name."""
    assert BROWSER
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--remote-debugging-port=0"]
    command += ["--host-resolver-rules=MAP * 127.0.0.1", f"http://{host}:{site.port}/"]
    with open(profile / "log", "wb") as log:
        browser = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        return site.told.get(timeout=60)
    except queue.Empty:
        pytest.fail(f"the browser said nothing:\n{(profile / 'log').read_text(errors='replace')[-2000:]}")
    finally:
        # What was started may be a script around the browser.
        os.killpg(browser.pid, signal.SIGTERM)
        browser.wait()


@pytest.mark.skipif(BROWSER is None, reason="neither chromium-headless-shell nor chromium is installed")
def test_a_page_of_an_allowed_origin_works_in_a_browser_and_another_does_not(start: Start, site: Site, tmp_path: Path) -> None:
    gateway = start(document([server("stage")], gateway={"allowed_origins": [f"http://app.example:{site.port}"]}))
    site.page = PAGE % (json.dumps(gateway.url), json.dumps(ALICE))
    seen = visit(site, "app.example", tmp_path)
    assert seen["refused"][0] == 401 and "Bearer" in seen["refused"][1] and "No API key was given" in seen["refused"][2]
    assert (seen["greeting"], seen["initialized"], seen["ended"]) == ("Enkrypt Secure MCP Gateway", 202, 204)
    assert seen["stream"] == [200, "id:"] and seen["tools"] > 7
    assert "Failed to fetch" in visit(site, "evil.example", tmp_path)["failure"]
