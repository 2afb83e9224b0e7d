"""The official Python client, whichever of its two major versions is installed, behind one face."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

SDK = int(version("mcp").split(".")[0])

#: How a client of this version may negotiate.
MODES = ["auto", "legacy", "2026-07-28"] if SDK >= 2 else ["legacy"]

if SDK >= 2:
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
else:
    import httpx
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client


class Connected:
    """One connection; results as plain JSON, with the names of the wire."""

    def __init__(self, client: Any, negotiated: str, server: Any):
        self._client = client
        self.negotiated = negotiated
        #: None where the client was told what to assume instead of asking.
        self.server_name = server.name if server else None

    @staticmethod
    def _plain(model: Any) -> dict[str, Any]:
        return model.model_dump(by_alias=True, mode="json", exclude_none=True)

    async def tools(self) -> list[dict[str, Any]]:
        return self._plain(await self._client.list_tools())["tools"]

    async def call(self, name: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._plain(await self._client.call_tool(name, arguments or {}))

    async def names_of(self, kind: str) -> list[Any]:
        listed = await getattr(self._client, f"list_{kind}")()
        return getattr(listed, kind)


@asynccontextmanager
async def connect(url: str, headers: dict[str, str], mode: str) -> AsyncIterator[Connected]:
    if SDK >= 2:
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
            async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
                yield Connected(client, client.protocol_version, client.server_info)
    else:
        async with httpx.AsyncClient(headers=headers, timeout=60) as http:
            async with streamable_http_client(url, http_client=http) as (read, write, _), ClientSession(read, write) as session:
                hello = await session.initialize()
                yield Connected(session, hello.protocolVersion, hello.serverInfo)
