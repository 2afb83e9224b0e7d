"""The server on version 2 of the official SDK: all revisions."""

from contextvars import ContextVar
from typing import Any

import mcp_types as types
from answers import CACHEABLE, METHODS, Answers
from catalogue import ICONS, INSTRUCTIONS
from mcp.server.caching import CacheHint
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.runner import serve_loop
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from peer import InputNeeded, Params, Refusal

_PARAMS = {
    "tools/call": types.CallToolRequestParams,
    "resources/read": types.ReadResourceRequestParams,
    "prompts/get": types.GetPromptRequestParams,
    "completion/complete": types.CompleteRequestParams,
    "resources/subscribe": types.SubscribeRequestParams,
    "resources/unsubscribe": types.UnsubscribeRequestParams,
    "logging/setLevel": types.SetLevelRequestParams,
}
_ASKING = {
    "sampling/createMessage": (types.CreateMessageRequest, types.CreateMessageResult),
    "elicitation/create": (types.ElicitRequest, types.ElicitResult),
    "roots/list": (types.ListRootsRequest, types.ListRootsResult),
}
_NOTIFICATIONS = {
    "notifications/tools/list_changed": types.ToolListChangedNotification,
    "notifications/prompts/list_changed": types.PromptListChangedNotification,
    "notifications/resources/list_changed": types.ResourceListChangedNotification,
    "notifications/resources/updated": types.ResourceUpdatedNotification,
    "notifications/elicitation/complete": types.ElicitCompleteNotification,
}
_EVENTS = {
    "notifications/tools/list_changed": ToolsListChanged,
    "notifications/prompts/list_changed": PromptsListChanged,
    "notifications/resources/list_changed": ResourcesListChanged,
    "notifications/resources/updated": ResourceUpdated,
}

#: What was answered to the request of this task, before the SDK left out what it does not know.
_answered: ContextVar[list[Params]] = ContextVar("answered")


def _key(context: Any) -> str:
    request = context.request
    if request is None:
        return "stdio"
    return request.headers.get("mcp-session-id") or request.query_params.get("session_id") or "none"


class _Peer:
    def __init__(self, context: Any):
        self._context = context
        self.key = _key(context)
        self.revision = context.protocol_version
        self.is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        session = context.session
        self.client = _plain(session.client_params.client_info) if session.client_params else {}
        self.capabilities = _plain(session.client_capabilities) if session.client_capabilities else {}
        self.headers = dict(context.request.headers) if context.request else {}

    async def progress(self, done: float, total: float, message: str) -> None:
        await self._context.session.report_progress(done, total, message)

    async def log(self, level: Any, data: Any, logger: str) -> None:
        await self._context.session.send_log_message(level, data, logger, self._context.request_id)

    async def ask(self, method: str, params: Params) -> Params:
        kind, answer = _ASKING[method]
        request = kind.model_validate({"method": method, "params": params})
        metadata = ServerMessageMetadata(related_request_id=self._context.request_id)
        try:
            return _plain(await self._context.session.send_request(request, answer, metadata=metadata))
        except MCPError as failure:
            raise Refusal(failure.code, failure.message, failure.data) from failure

    async def hang_up(self) -> None:
        if self._context.close_sse_stream:
            await self._context.close_sse_stream()


def _plain(model: Any) -> Params:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


def _notifier(session: Any) -> Any:
    async def notify(method: str, params: Params | None) -> None:
        await session.send_notification(_NOTIFICATIONS[method].model_validate({"method": method, "params": params}))

    return notify


def build(name: str, answers: Answers, era: str) -> Server[Any]:
    bus = InMemorySubscriptionBus()

    async def publish(method: str, params: Params | None) -> None:
        if event := _EVENTS.get(method):
            await bus.publish(event(**(params or {})))

    async def handle(context: Any, params: Any) -> Params:
        try:
            peer = _Peer(context)
            result = await answers.answer(context.method, dict(context.params or {}), peer)
            result = {"resultType": "complete", **result} if peer.is_modern else result
        except InputNeeded as needed:
            result = needed.result
        except Refusal as refusal:
            raise MCPError(refusal.code, refusal.message, refusal.data) from refusal
        _answered.get().append(result)
        return result

    async def whole(context: Any, call_next: Any) -> Any:
        """Puts back what the SDK's models do not know, and remembers whom to notify."""
        modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        if context.method == "initialize" and era == "modern":
            requested = (context.params or {}).get("protocolVersion", "")
            raise MCPError(-32022, "Unsupported protocol version", {"supported": ["2026-07-28"], "requested": requested})
        if not modern and context.method != "initialize":
            answers.lists.meet(_key(context), _notifier(context.session))
        answered: list[Params] = []
        _answered.set(answered)
        result = await call_next(context)
        if not answered or not isinstance(result, dict):
            return result
        meta = {**answered[0].get("_meta", {}), **result.get("_meta", {})}
        return {**result, **answered[0], **({"_meta": meta} if meta else {})}

    server: Server[Any] = Server(
        name,
        version="1.2.3",
        title="Many-sided",
        instructions=INSTRUCTIONS,
        icons=[types.Icon.model_validate(icon) for icon in ICONS],
        cache_hints={method: CacheHint(ttl, "private") for method, ttl in CACHEABLE.items()},
        on_subscriptions_listen=ListenHandler(bus),
    )
    for method in METHODS:
        server.add_request_handler(method, _PARAMS.get(method, types.PaginatedRequestParams), handle)
    server.middleware.append(whole)
    answers.lists.meet(None, publish)
    return server


def options(server: Server[Any]) -> Any:
    return server.create_initialization_options(NotificationOptions(True, True, True))


async def serve(server: Server[Any], read: Any, write: Any, era: str) -> None:
    if era == "legacy":
        async with server.lifespan(server) as state:
            await serve_loop(server, read, write, lifespan_state=state, init_options=options(server))
    else:
        await server.run(read, write, options(server))
