"""Version 1.8 of the official client with the face of later 1.x, for as much as it can do."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import mcp
from mcp import types
from mcp.client.streamable_http import streamablehttp_client

__all__ = ["ClientSession", "httpx", "streamable_http_client"]

Progress = Callable[[float, float | None, str | None], Any]


@asynccontextmanager
async def streamable_http_client(url: str, http_client: httpx.AsyncClient) -> AsyncIterator[Any]:
    """It makes its HTTP client itself, so only the headers are taken over."""
    async with streamablehttp_client(url, headers=dict(http_client.headers), timeout=timedelta(seconds=60)) as streams:
        yield streams


class ClientSession(mcp.ClientSession):
    """It declares sampling and roots whether there is a callback or not, and cannot declare elicitation."""

    def __init__(self, read: Any, write: Any, *, elicitation_callback: Any = None, **callbacks: Any):
        self._progress: dict[int | str, Progress] = {}
        self._capabilities: types.ServerCapabilities | None = None
        super().__init__(read, write, **callbacks, message_handler=self._handle)

    async def initialize(self) -> types.InitializeResult:
        hello = await super().initialize()
        self._capabilities = hello.capabilities
        return hello

    def get_server_capabilities(self) -> types.ServerCapabilities | None:
        return self._capabilities

    async def _handle(self, message: Any) -> None:
        if isinstance(message, types.ServerNotification) and isinstance(message.root, types.ProgressNotification):
            params = message.root.params
            if callback := self._progress.get(params.progressToken):
                await callback(params.progress, params.total, getattr(params, "message", None))

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        read_timeout_seconds: timedelta | None = None,
        progress_callback: Progress | None = None,
        *,
        meta: dict[str, Any] | None = None,
    ) -> types.CallToolResult:
        token = f"progress-{self._request_id}"
        if progress_callback:
            self._progress[token] = progress_callback
            meta = {**(meta or {}), "progressToken": token}
        params = types.CallToolRequestParams.model_validate({"name": name, "arguments": arguments, "_meta": meta})
        try:
            request = types.ClientRequest(types.CallToolRequest(method="tools/call", params=params))
            return await self.send_request(request, types.CallToolResult, request_read_timeout_seconds=read_timeout_seconds)
        finally:
            self._progress.pop(token, None)

    async def complete(self, ref: Any, argument: dict[str, str], context: dict[str, str] | None = None) -> types.CompleteResult:
        assert context is None, "this version knows no context"
        return await super().complete(ref, argument)
