"""The server on version 1 of the official SDK, down to 1.8: the revisions with a handshake."""

from typing import Any

from answers import METHODS, Answers
from catalogue import ICONS, INSTRUCTIONS
from mcp import types
from mcp.server.lowlevel.server import NotificationOptions, Server, request_ctx
from mcp.shared.exceptions import McpError
from mcp.shared.message import ServerMessageMetadata
from peer import Params, Refusal

_REQUESTS: dict[str, tuple[Any, Any]] = {
    "tools/list": (types.ListToolsRequest, types.ListToolsResult),
    "tools/call": (types.CallToolRequest, types.CallToolResult),
    "resources/list": (types.ListResourcesRequest, types.ListResourcesResult),
    "resources/templates/list": (types.ListResourceTemplatesRequest, types.ListResourceTemplatesResult),
    "resources/read": (types.ReadResourceRequest, types.ReadResourceResult),
    "resources/subscribe": (types.SubscribeRequest, types.EmptyResult),
    "resources/unsubscribe": (types.UnsubscribeRequest, types.EmptyResult),
    "prompts/list": (types.ListPromptsRequest, types.ListPromptsResult),
    "prompts/get": (types.GetPromptRequest, types.GetPromptResult),
    "completion/complete": (types.CompleteRequest, types.CompleteResult),
    "logging/setLevel": (types.SetLevelRequest, types.EmptyResult),
}
_ASKING: dict[str, tuple[Any, Any]] = {
    "sampling/createMessage": (types.CreateMessageRequest, types.CreateMessageResult),
    "roots/list": (types.ListRootsRequest, types.ListRootsResult),
}
if hasattr(types, "ElicitRequest"):
    _ASKING["elicitation/create"] = (types.ElicitRequest, types.ElicitResult)
_NOTIFICATIONS: dict[str, Any] = {
    "notifications/tools/list_changed": types.ToolListChangedNotification,
    "notifications/prompts/list_changed": types.PromptListChangedNotification,
    "notifications/resources/list_changed": types.ResourceListChangedNotification,
    "notifications/resources/updated": types.ResourceUpdatedNotification,
}
if hasattr(types, "ElicitCompleteNotification"):
    _NOTIFICATIONS["notifications/elicitation/complete"] = types.ElicitCompleteNotification


def _plain(model: Any) -> Params:
    return model.model_dump(by_alias=True, mode="json", exclude_none=True)


class _Peer:
    is_modern = False

    def __init__(self) -> None:
        context = request_ctx.get()
        self._context, self._session = context, context.session
        self.key = self._session
        hello = self._session.client_params
        self.revision = hello.protocolVersion if hello else ""
        self.client = _plain(hello.clientInfo) if hello else {}
        self.capabilities = _plain(hello.capabilities) if hello else {}
        request = getattr(context, "request", None)
        self.headers = dict(request.headers) if request else {}

    async def progress(self, done: float, total: float, message: str) -> None:
        token = self._context.meta.progressToken if self._context.meta else None
        if token is not None:
            params = {"progressToken": token, "progress": done, "total": total, "message": message}
            await self._tell(types.ProgressNotification, "notifications/progress", params)

    async def log(self, level: Any, data: Any, logger: str) -> None:
        await self._tell(types.LoggingMessageNotification, "notifications/message", {"level": level, "data": data, "logger": logger})

    async def _tell(self, kind: Any, method: str, params: Params) -> None:
        notification = types.ServerNotification(kind.model_validate({"method": method, "params": params}))
        await self._session.send_notification(notification, related_request_id=self._context.request_id)

    async def ask(self, method: str, params: Params) -> Params:
        if method not in _ASKING:
            raise Refusal(-32601, "This version of the SDK has no such request", method)
        kind, answer = _ASKING[method]
        request = types.ServerRequest(kind.model_validate({"method": method, "params": params}))
        metadata = ServerMessageMetadata(related_request_id=self._context.request_id)
        try:
            return _plain(await self._session.send_request(request, answer, metadata=metadata))
        except McpError as failure:
            raise Refusal(failure.error.code, failure.error.message, failure.error.data) from failure

    async def hang_up(self) -> None:
        if close := getattr(self._context, "close_sse_stream", None):
            await close()


class _Server(Server):  # type: ignore[type-arg]
    """Remembers whom to notify, and says that resources can be subscribed to, which the SDK never does."""

    answers: Answers

    async def _handle_message(self, message: Any, session: Any, *rest: Any) -> None:
        async def notify(method: str, params: Params | None) -> None:
            notification = _NOTIFICATIONS[method].model_validate({"method": method, "params": params})
            await session.send_notification(types.ServerNotification(notification))

        self.answers.lists.meet(session, notify)
        await super()._handle_message(message, session, *rest)

    def get_capabilities(self, *arguments: Any) -> types.ServerCapabilities:
        capabilities = super().get_capabilities(*arguments)
        capabilities.resources.subscribe = True
        return capabilities


def build(name: str, answers: Answers, era: str) -> Any:
    if era == "modern":
        raise SystemExit("this version of the SDK knows no revision without a handshake")
    icons = {"icons": [types.Icon.model_validate(icon) for icon in ICONS]} if hasattr(types, "Icon") else {}
    server = _Server(name, "1.2.3", INSTRUCTIONS, **icons)
    server.answers = answers

    def handler(method: str, answer: Any) -> Any:
        async def handle(request: Any) -> types.ServerResult:
            params = request.params.model_dump(by_alias=True, mode="json", exclude_unset=True) if request.params else {}
            try:
                result = await answers.answer(method, params, _Peer())
            except Refusal as refusal:
                raise McpError(types.ErrorData(code=refusal.code, message=refusal.message, data=refusal.data)) from refusal
            return types.ServerResult(answer.model_validate(result))

        return handle

    for method in METHODS:
        request, answer = _REQUESTS[method]
        server.request_handlers[request] = handler(method, answer)
    return server


def options(server: Any) -> Any:
    return server.create_initialization_options(NotificationOptions(True, True, True))


async def serve(server: Any, read: Any, write: Any, era: str) -> None:
    await server.run(read, write, options(server))
