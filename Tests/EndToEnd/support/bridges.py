"""Every way from a client through the gateway to a server: by the client's era, and the server's transport and era."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import Start
from servers.many_sided import catalogue

from .documents import ALICE, Document, document
from .gateway import Gateway
from .official import HTTP, MODERN, MODES, Connected, Host, reach
from .recording import Recording
from .upstreams import ERAS, TRANSPORTS, ManySided

KEY = {"apikey": ALICE}


@dataclass(frozen=True)
class Combination:
    mode: str
    transport: str
    era: str

    def __str__(self) -> str:
        client = "modern" if self.mode == MODERN else "legacy"
        return f"{client} client, {self.era} {self.transport} server"

    @property
    def is_modern_client(self) -> bool:
        return self.mode == MODERN

    @property
    def is_modern_server(self) -> bool:
        return self.era == "modern"


COMBINATIONS = [
    Combination(mode, transport, era)
    for mode in MODES
    for transport in TRANSPORTS
    for era in ERAS
    if mode != "auto" and (transport, era) != ("sse", "modern")
]


@dataclass
class Bridge:
    """A connection through the gateway, and what there is at both of its ends."""

    combination: Combination
    gateway: Gateway
    upstream: ManySided
    client: Connected
    host: Host
    #: What stands before every name; empty where one server is offered alone.
    prefix: str = ""

    @property
    def recording(self) -> Recording:
        return self.upstream.recording

    def name(self, name: str) -> str:
        return self.prefix + name

    # Resources have whatever addresses the gateway lists them under.

    async def uri(self, name: str) -> str:
        return next(item["uri"] for item in await self.client.all("resources") if item["name"] == self.name(name))

    async def template(self, name: str) -> str:
        return next(item["uriTemplate"] for item in await self.client.all("resource_templates") if item["name"] == self.name(name))

    def calls(self, name: str, **arguments: Any) -> list[dict[str, Any]]:
        """What reached the server of calls to one of its tools."""
        calls = [call["params"] for call in self.recording.calls if call["params"]["name"] == name]
        return [call for call in calls if arguments.items() <= (call.get("arguments") or {}).items()]


def only(server: str) -> str:
    """The path at which one server is offered alone, with its own names."""
    return f"/mcp/servers/{server}/"


def exposed(servers: list[Document], exposure: str = "federated", **config: Any) -> Document:
    """A configuration that offers the items of servers as the gateway's own."""
    made = document(servers)
    made["mcp_configs"]["config-1"].update({"exposure": exposure, **config})
    return made


@dataclass
class Span:
    """A gateway before one server, for as many connections as come."""

    combination: Combination
    gateway: Gateway
    upstream: ManySided

    @asynccontextmanager
    async def connect(self, *, alone: bool = True) -> AsyncIterator[Bridge]:
        """`alone`: at the path of the one server, with its own names; else among all items, with the server's name before theirs."""
        host = Host(log_level="notice")
        url = f"http://127.0.0.1:{self.gateway.port}{only('many')}" if alone else self.gateway.url
        async with reach(HTTP(url, KEY), self.combination.mode, host) as client:
            yield Bridge(
                self.combination,
                self.gateway,
                self.upstream,
                client,
                host,
                "" if alone else "many__",
            )


@contextmanager
def span(start: Start, folder: Path, combination: Combination, **settings: Any) -> Iterator[Span]:
    with ManySided(combination.transport, folder / "record", era=combination.era) as upstream:
        yield Span(combination, start(exposed([upstream.entry("many", **settings)])), upstream)


def without_addresses(block: dict[str, Any]) -> dict[str, Any]:
    """A block of content without what the gateway may rewrite."""
    block = {name: value for name, value in block.items() if name not in ("uri", "name")}
    if "resource" in block:
        block["resource"] = {name: value for name, value in block["resource"].items() if name != "uri"}
    return block


CONTENTS = [without_addresses(block) for block in catalogue.contents()]
