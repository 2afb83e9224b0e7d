"""Servers that an auth provider brings for its callers: `enkrypt` with `use_remote_config`, with a stand-in for the service."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BLOCKED, POLICY, UNKNOWN, Document, document, remote, server
from support.gateway import Gateway
from support.raw import Caller
from support.services import Request, Service
from support.waiting import until

KEY = "remote-key-of-carol-AAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER = "remote-key-of-dave-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"


class GatewayService(Service):
    """POST /mcp-gateway/get-gateway, as Enkrypt AI documents it."""

    def __init__(self) -> None:
        #: By gateway key.
        self.records: dict[str, Document] = {}
        #: A status, or a body, for everybody.
        self.broken: int | Any = None
        super().__init__()

    def answer(self, request: Request) -> tuple[int, Any]:
        self.expect(request, request.path == "/mcp-gateway/get-gateway", "another path")
        self.expect_members(request, "gateway_key", "project_id", "user_id", "mcp_config_id")
        self.expect(request, request.headers.get("x-enkrypt-api-key") == self.key, "not the service's key")
        key = request.body["gateway_key"]
        self.expect(request, request.headers.get("x-enkrypt-gateway-key") == key, "another key in the header")
        if isinstance(self.broken, int):
            return self.broken, {}
        if self.broken is not None:
            return 200, self.broken
        return (200, self.records[key]) if key in self.records else (401, {"detail": "no"})

    def texts(self, request: Request) -> list[str]:
        return []

    def _check(self, request: Request, raw: bytes) -> None:
        """The keys of callers are what this service is asked about."""
        self.expect(request, request.method == "POST", "not a POST")
        self.expect(request, self.key not in raw.decode() + request.path, "the service's key outside of its header")


def record(servers: list[Document], user: str = "carol", project: str = "project-remote", config: str = "config-remote") -> Document:
    found = {"id": f"{user}_{project}_{config}", "project_name": "Remote", "project_id": project, "user_id": user}
    return {**found, "email": f"{user}@example.com", "mcp_config": servers, "mcp_config_id": config}


@pytest.fixture
def service() -> Iterator[GatewayService]:
    service = GatewayService()
    service.records[KEY] = record([server("stage")])
    yield service
    service.close()
    assert service.complaints == []


def fetching(service: GatewayService, *, fetched: str | None = "full", **config: Any) -> Document:
    found = {"use_remote_config": True, "api_key": "${env:SERVICE_KEY}", "base_url": service.url, "config_seconds": 0, **config}
    binding: Document = {"provider": "enkrypt", "config": found, "egress": {"allow": [service.address]}}
    if fetched:
        binding["fetched"] = fetched
    return document([server("local")], plugins={"auth": binding})


def begin(start: Start, definition: Document) -> Gateway:
    return start(definition, environment={"SERVICE_KEY": GatewayService.key})


def names(gateway: Gateway, key: str) -> list[str]:
    tools = Caller(gateway, key).rpc("tools/list").result["tools"]
    return sorted({tool["name"].split("__")[0] for tool in tools if "__" in tool["name"]})


def test_callers_see_the_servers_that_the_service_gives_them(start: Start, service: GatewayService) -> None:
    service.records[OTHER] = record([server("desk"), server("stage", guarded=True)], "dave")
    gateway = begin(start, fetching(service))
    carol, dave = Caller(gateway, KEY), Caller(gateway, OTHER)
    assert names(gateway, KEY) == ["stage"] and names(gateway, OTHER) == ["desk", "stage"]
    assert carol.text("stage", "echo", message="hello") == "hello"
    # The same name of a set, and not the same servers: each caller has their own, with its own policies.
    assert carol.item("stage", "echo", message=BLOCKED)["status"] == "success"
    assert dave.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"
    assert dave.text("desk", "echo", message="there") == "there"


def test_sets_can_be_fetched_from_a_process_of_its_own(start: Start, service: GatewayService) -> None:
    definition = fetching(service, config_seconds=0)
    definition["plugins"]["auth"]["mode"] = "isolated"
    gateway = begin(start, definition)
    assert names(gateway, KEY) == ["stage"]
    service.records[KEY] = record([server("desk")])
    assert names(gateway, KEY) == ["desk"]
    service.broken = 500
    assert Caller(gateway, KEY).rpc("tools/list").code == "AUTH_005"
    service.broken = None
    assert Caller(gateway, OTHER).rpc("tools/list").code == "AUTH_001"


def test_keys_of_the_file_count_for_nobody(start: Start, service: GatewayService) -> None:
    gateway = begin(start, fetching(service))
    for key in (ALICE, UNKNOWN):
        answer = Caller(gateway, key).rpc("tools/list")
        assert (answer.status, answer.code) == (401, "AUTH_001")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_changed_set_is_seen_and_what_was_known_of_its_servers_forgotten(start: Start, service: GatewayService) -> None:
    gateway = begin(start, fetching(service))
    assert names(gateway, KEY) == ["stage"]
    service.records[KEY] = record([server("stage", denied_tools=["echo"]), server("desk")])
    assert names(gateway, KEY) == ["desk", "stage"]
    assert Caller(gateway, KEY).item("stage", "echo", message="x")["status"] != "success"
    del service.records[KEY]
    assert Caller(gateway, KEY).rpc("tools/list").code == "AUTH_001"


def test_an_answer_is_used_for_its_time(start: Start, service: GatewayService) -> None:
    gateway = begin(start, fetching(service, config_seconds=300))
    for _ in range(5):
        assert names(gateway, KEY) == ["stage"]
    assert len(service.requests) == 1
    # Another configuration of the gateway counts at once.
    gateway.edit(lambda document: document["plugins"]["auth"].update(fetched="remote"))
    until(lambda: Caller(gateway, KEY).rpc("tools/list").status == 503, "commands are not started any more")


@pytest.mark.parametrize(
    "broken", [500, 503, 302, 429, [], {}, {"mcp_config": []}, record([]) | {"project_id": ""}, record([]) | {"mcp_config": {}}]
)
def test_a_service_that_fails_lets_nobody_in(start: Start, service: GatewayService, broken: Any) -> None:
    service.broken = broken
    gateway = begin(start, fetching(service))
    answer = Caller(gateway, KEY).rpc("tools/list")
    assert (answer.status, answer.code) == (503, "AUTH_005")
    until(lambda: "/mcp-gateway/get-gateway" in gateway.stderr, "the log says where it asked")
    assert GatewayService.key not in gateway.stderr and KEY not in gateway.stderr
    service.broken = None
    assert names(gateway, KEY) == ["stage"]


FORBIDDEN: dict[str, tuple[str, Document, str]] = {
    "a command": ("remote", server("stage"), "may not start commands"),
    "a private address": ("remote", remote("web", "http://127.0.0.1:9/mcp"), "may not open private addresses"),
    "a secret of the environment": ("full", server("stage", env={"KEY": "${env:SERVICE_KEY}"}), "may not refer to secrets"),
    "a secret of a file": ("full", remote("web", "https://example.com/${file:/etc/passwd}"), "may not refer to secrets"),
    "an unknown key": ("full", server("stage", input_guardrail_policy={}), "unknown key"),
    "a guardrail that is not there": (
        "full",
        server("stage", input_guardrails_policy={**POLICY, "provider": "nobody"}),
        "no guardrail of plugins.guardrails",
    ),
    "a protection that is not there": ("full", server("stage", sandbox={"enabled": True}), "Sandboxed"),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_a_fetched_set_may_not_do_refuses_its_caller(start: Start, service: GatewayService, case: str) -> None:
    rights, entry, reason = FORBIDDEN[case]
    service.records[KEY] = record([entry])
    gateway = begin(start, fetching(service, fetched=None if rights == "remote" else rights))
    answer = Caller(gateway, KEY).rpc("tools/list")
    assert (answer.status, answer.code) == (503, "AUTH_005")
    until(lambda: reason in gateway.stderr, "the log says why")
    assert reason not in answer.body.decode()


def test_the_service_decides_and_not_the_caller(start: Start, service: GatewayService) -> None:
    gateway = begin(start, fetching(service, gateway_name="gateway-1"))
    caller = Caller(gateway, None)

    def asked(**headers: str) -> tuple[int, str]:
        answer = caller.rpc("tools/list", headers={"apikey": KEY, **headers})
        return answer.status, "" if answer.status == 200 else answer.code

    assert asked(project_id="project-remote", user_id="carol") == (200, "")
    assert service.requests[-1].body == {"gateway_key": KEY, "project_id": "project-remote", "user_id": "carol", "mcp_config_id": ""}
    assert service.requests[-1].headers["x-enkrypt-mcp-gateway"] == "gateway-1"
    assert asked(project_id="project-other") == (403, "AUTH_003")
    assert asked(user_id="dave") == (403, "AUTH_003")
    count = len(service.requests)
    assert asked(Authorization=f"Bearer {OTHER}")[0] == 401
    assert len(service.requests) == count


def test_without_use_remote_config_the_file_counts(start: Start, service: GatewayService) -> None:
    definition = document([server("stage")], plugins={"auth": {"provider": "enkrypt", "config": {"use_remote_config": False}}})
    gateway = start(definition)
    assert names(gateway, ALICE) == ["stage"]
    assert Caller(gateway, KEY).rpc("tools/list").code == "AUTH_001"
    assert service.requests == []


def test_pins_of_a_fetched_set_outlive_its_changes(start: Start, service: GatewayService) -> None:
    service.records[KEY] = record([server("stage", pinning="enforce")])
    gateway = begin(start, fetching(service))
    assert names(gateway, KEY) == ["stage"]
    changed = server("stage", pinning="enforce", description="Another description of the entry")
    service.records[KEY] = record([changed])
    assert names(gateway, KEY) == ["stage"]
    moved = json.loads(json.dumps(changed))
    moved["config"]["args"].append("--elsewhere")
    service.records[KEY] = record([moved])
    assert Caller(gateway, KEY).item("stage", "echo", message="x")["status"] != "success"
