"""The official Python client, whichever of its versions is installed (2.x, 1.30 or 1.8), behind one face."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters, stdio_client
from pydantic import BaseModel

SDK, _MINOR = (int(part) for part in version("mcp").split(".")[:2])
#: 1.8 knows 2024-11-05 only: no elicitation, no structured content; and it says nothing of progress by itself.
IS_OLDEST = SDK == 1 and _MINOR <= 8

#: How a client of this version may negotiate.
MODES = ["auto", "legacy", "2026-07-28"] if SDK >= 2 else ["legacy"]
MODERN = "2026-07-28"
LOG_LEVEL = "io.modelcontextprotocol/logLevel"

if SDK >= 2:
    import httpx2
    import mcp_types as types
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
elif IS_OLDEST:
    from mcp import types

    from .official_1_8 import ClientSession, streamable_http_client
    from .official_1_8 import httpx as httpx
else:
    import httpx
    from mcp import ClientSession, types
    from mcp.client.streamable_http import streamable_http_client

#: The revision that a client without a choice ends up with.
NEWEST_LEGACY = "2024-11-05" if IS_OLDEST else "2025-11-25"

Plain = dict[str, Any]


# Where to


@dataclass
class HTTP:
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SSE:
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Stdio:
    command: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def _streams(target: HTTP | SSE | Stdio) -> AsyncIterator[tuple[Any, Any]]:
    match target:
        case HTTP(url, headers):
            client = httpx2.AsyncClient if SDK >= 2 else httpx.AsyncClient
            async with client(headers=headers, timeout=60) as http, streamable_http_client(url, http_client=http) as streams:
                yield streams[0], streams[1]
        case SSE(url, headers):
            async with sse_client(url, headers=headers, timeout=60) as streams:
                yield streams[0], streams[1]
        case Stdio(command, arguments, environment):
            async with stdio_client(StdioServerParameters(command=command, args=arguments, env=environment)) as streams:
                yield streams[0], streams[1]


class _Overheard:
    """A stream that leaves what it gives in a list as well."""

    def __init__(self, stream: Any, heard: list[Plain]):
        self._stream = stream
        self._heard = heard

    def _keep(self, item: Any) -> Any:
        if not isinstance(item, Exception):
            message = getattr(item.message, "root", item.message)
            self._heard.append(message.model_dump(by_alias=True, mode="json", exclude_unset=True))
        return item

    async def receive(self) -> Any:
        return self._keep(await self._stream.receive())

    def __aiter__(self) -> "_Overheard":
        return self

    async def __anext__(self) -> Any:
        return self._keep(await self._stream.__anext__())

    async def __aenter__(self) -> "_Overheard":
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *reason: Any) -> Any:
        return await self._stream.__aexit__(*reason)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


# Who asks


def _fill_in(params: Plain) -> Plain:
    """Accepts any form, and knows the answer to the questions of the many-sided server."""
    known = {"name": "Ada", "age": 36, "fond": True, "colour": "red"}
    asked = params["requestedSchema"]["properties"]
    return {"action": "accept", "content": {name: known[name] for name in asked}}


@dataclass
class Host:
    """The application around a client: what it can do for a server, and what a server asked of it."""

    sampling: bool = True
    elicitation: bool = True
    roots: bool = True
    #: Of connections of the newest revision: the least level of log messages that are asked for.
    log_level: str | None = None
    #: Answers an elicitation: takes its parameters; an answer with `error` is one.
    fill_in: Callable[[Plain], Plain] = field(default_factory=lambda: _fill_in)
    asked: list[tuple[str, Plain]] = field(default_factory=list)
    logged: list[Plain] = field(default_factory=list)

    async def sample(self, _: Any, params: Any) -> Any:
        self.asked.append(("sampling/createMessage", plain(params)))
        content = {"type": "text", "text": "Paris"}
        answer = {"role": "assistant", "content": content, "model": "test-model", "stopReason": "endTurn"}
        return types.CreateMessageResult.model_validate(answer)

    async def elicit(self, _: Any, params: Any) -> Any:
        self.asked.append(("elicitation/create", plain(params)))
        answer = self.fill_in(plain(params))
        return types.ErrorData.model_validate(answer["error"]) if "error" in answer else types.ElicitResult.model_validate(answer)

    async def list_roots(self, _: Any) -> Any:
        self.asked.append(("roots/list", {}))
        return types.ListRootsResult.model_validate({"roots": [{"uri": "file:///home/ada", "name": "Home"}]})

    async def log(self, params: Any) -> None:
        self.logged.append(plain(params))

    def callbacks(self) -> dict[str, Any]:
        return {
            "sampling_callback": self.sample if self.sampling else None,
            "elicitation_callback": self.elicit if self.elicitation else None,
            "list_roots_callback": self.list_roots if self.roots else None,
            "logging_callback": self.log,
        }


def plain(model: BaseModel) -> Plain:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


class RefusedError(Exception):
    """An error of the protocol."""

    def __init__(self, code: int, message: str, data: Any):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.data = code, message, data


@asynccontextmanager
async def refusals() -> AsyncIterator[None]:
    """Gives the errors of both versions one name."""
    try:
        yield
    except Exception as failure:
        error = getattr(failure, "error", None)
        if error is None or not hasattr(error, "code"):
            raise
        raise RefusedError(error.code, error.message, error.data) from failure


class Connected:
    """One connection; results as plain JSON, with the names of the wire."""

    def __init__(self, client: Any, negotiated: str, server: Any, heard: list[Plain]):
        self._client = client
        self.negotiated = negotiated
        #: None where the client was told what to assume instead of asking.
        self.server_name = server.name if server else None
        #: Every message that came, as it was before the client made something of it.
        self.heard = heard

    @property
    def is_modern(self) -> bool:
        return self.negotiated == MODERN

    @property
    def session(self) -> Any:
        """The SDK's own session, for what has no face here."""
        return self._client.session if SDK >= 2 else self._client

    @property
    def instructions(self) -> str | None:
        if SDK >= 2:
            return self.session.instructions
        return self.last_result("instructions").get("instructions")

    @property
    def capabilities(self) -> Plain:
        capabilities = self.session.server_capabilities if SDK >= 2 else self.session.get_server_capabilities()
        return plain(capabilities) if capabilities else {}

    def last_result(self, member: str) -> Plain:
        """The newest result with that member, as it came."""
        results = [message["result"] for message in self.heard if member in message.get("result", {})]
        return results[-1]

    def notifications(self, method: str) -> list[Plain]:
        return [message.get("params") or {} for message in list(self.heard) if message.get("method") == method]

    # Tools

    async def tools(self) -> list[Plain]:
        return plain(await self._client.list_tools())["tools"]

    async def call(
        self,
        name: str,
        arguments: Plain | None = None,
        *,
        progress: Callable[..., Any] | None = None,
        meta: Plain | None = None,
        seconds: float | None = None,
    ) -> Plain:
        options: Plain = {"progress_callback": progress, "meta": meta}
        if seconds is not None:
            options["read_timeout_seconds"] = seconds if SDK >= 2 else timedelta(seconds=seconds)
        async with refusals():
            return plain(await self._client.call_tool(name, arguments or {}, **options))

    async def text(self, name: str, /, **arguments: Any) -> str:
        result = await self.call(name, arguments)
        assert not result.get("isError"), result
        [block] = result["content"]
        return block["text"]

    async def names_of(self, kind: str) -> list[Any]:
        listed = await getattr(self._client, f"list_{kind}")()
        return getattr(listed, kind)

    # Lists

    async def page(self, kind: str, cursor: str | None = None) -> Plain:
        """One page of "tools", "resources", "resource_templates" or "prompts"."""
        listing = getattr(self._client, f"list_{kind}")
        async with refusals():
            if SDK >= 2:
                return plain(await listing(cursor=cursor, cache_mode="bypass"))
            if IS_OLDEST:
                assert cursor is None, "this version has no way to ask for a further page"
                return plain(await listing())
            return plain(await listing(params=types.PaginatedRequestParams(cursor=cursor)))

    async def all(self, kind: str) -> list[Plain]:
        member = "resourceTemplates" if kind == "resource_templates" else kind
        items: list[Plain] = []
        cursor = None
        for _ in range(100):
            page = await self.page(kind, cursor)
            items += page[member]
            cursor = page.get("nextCursor")
            if cursor is None:
                return items
        raise AssertionError("the pages do not end")

    # The rest

    async def read(self, uri: str) -> Plain:
        async with refusals():
            return plain(await self._client.read_resource(uri))

    async def prompt(self, name: str, /, **arguments: str) -> Plain:
        async with refusals():
            return plain(await self._client.get_prompt(name, arguments))

    async def complete(self, ref: Plain, name: str, value: str, context: dict[str, str] | None = None) -> Plain:
        resource = types.ResourceReference if IS_OLDEST else types.ResourceTemplateReference
        kind = types.PromptReference if ref["type"] == "ref/prompt" else resource
        async with refusals():
            found = await self._client.complete(kind.model_validate(ref), {"name": name, "value": value}, context)
        return plain(found)["completion"]

    async def subscribe(self, uri: str) -> None:
        async with refusals():
            await self._client.subscribe_resource(uri)

    async def unsubscribe(self, uri: str) -> None:
        async with refusals():
            await self._client.unsubscribe_resource(uri)

    async def set_level(self, level: Any) -> None:
        async with refusals():
            await self._client.set_logging_level(level)

    async def ping(self) -> None:
        async with refusals():
            await self.session.send_ping()

    async def give_up(self, request: Any = None) -> None:
        """Says that a request, or the newest one, is given up, which version 1 of the client does not say by itself."""
        params = {"requestId": self.session._request_id - 1 if request is None else request, "reason": "given up"}
        notification = types.CancelledNotification.model_validate({"method": "notifications/cancelled", "params": params})
        await self.session.send_notification(types.ClientNotification(notification))

    def listen(self, **wanted: Any) -> AbstractAsyncContextManager[Any]:
        """A stream of changes, in the newest revision."""
        return self._client.listen(**wanted)


@asynccontextmanager
async def reach(target: HTTP | SSE | Stdio, mode: str, host: Host | None = None) -> AsyncIterator[Connected]:
    """Connects to `target`. Without a host, the client declares that it can do nothing for a server."""
    heard: list[Plain] = []
    callbacks = host.callbacks() if host else {}
    if SDK >= 2:
        log_level: Any = host.log_level if host else None
        transport: Any = _overhear(target, heard)
        async with Client(transport, mode=mode, log_level=log_level, **callbacks) as client:
            yield Connected(client, client.protocol_version, client.server_info, heard)
    else:
        async with _overhear(target, heard) as (read, write), ClientSession(read, write, **callbacks) as session:
            hello = await session.initialize()
            yield Connected(session, hello.protocolVersion, hello.serverInfo, heard)


@asynccontextmanager
async def _overhear(target: HTTP | SSE | Stdio, heard: list[Plain]) -> AsyncIterator[tuple[Any, Any]]:
    async with _streams(target) as (read, write):
        yield _Overheard(read, heard), write


@asynccontextmanager
async def connect(url: str, headers: dict[str, str], mode: str) -> AsyncIterator[Connected]:
    """Connects to the gateway as a client that can do nothing for servers."""
    async with reach(HTTP(url, headers), mode) as client:
        yield client
