"""What the server knows of whoever sent a request, and can say to it, whichever version of the SDK is between them."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Params = dict[str, Any]

#: Sends a notification that belongs to no request.
Notify = Callable[[str, Params | None], Awaitable[None]]


class Refusal(Exception):
    """Becomes an error of the protocol."""

    def __init__(self, code: int, message: str, data: Any = None):
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class InputNeeded(Exception):
    """Becomes a result that asks for input, where the revision has no requests from server to client."""

    def __init__(self, requests: dict[str, Params], state: str):
        super().__init__("input needed")
        self.result = {"resultType": "input_required", "inputRequests": requests, "requestState": state}


class Peer(Protocol):
    #: Names the connection, or the client where there are none, for what is remembered between requests.
    key: Any
    revision: str
    is_modern: bool
    client: Params
    capabilities: Params
    #: Of the HTTP request; empty on stdio.
    headers: dict[str, str]

    async def progress(self, done: float, total: float, message: str) -> None: ...
    async def log(self, level: str, data: Any, logger: str) -> None: ...
    async def ask(self, method: str, params: Params) -> Params:
        """Sends a request to the client while its own is being worked on. Raises Refusal when the client answers with an error."""
        ...

    async def hang_up(self) -> None:
        """Closes the stream of this request's answer, if there is one to be closed."""
        ...
