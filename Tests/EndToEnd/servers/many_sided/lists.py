"""The lists as they are at the moment, those who want to know when they change, and their pages."""

from typing import Any

import anyio
import catalogue
from peer import Notify, Params, Refusal

#: By the member of a list's result: the items at the start.
_AT_THE_START = {
    "tools": catalogue.TOOLS,
    "resources": catalogue.RESOURCES,
    "resourceTemplates": catalogue.TEMPLATES,
    "prompts": catalogue.PROMPTS,
}


class Lists:
    def __init__(self, page_size: int | None):
        self._page_size = page_size
        self._items = {member: list(items) for member, items in _AT_THE_START.items()}
        self._notify: dict[Any, Notify] = {}
        self._subscribers: dict[str, set[Any]] = {}
        self.levels: dict[Any, str] = {}
        self.counter = 0

    # Items

    def find(self, member: str, name: str) -> catalogue.Item | None:
        return next((item for item in self._items[member] if item["name"] == name), None)

    def page(self, member: str, cursor: str | None) -> Params:
        items = self._items[member]
        if self._page_size is None:
            if cursor is not None:
                raise Refusal(-32602, "There is only one page", {"cursor": cursor})
            return {member: items}
        start = self._start(member, cursor)
        end = start + self._page_size
        return {member: items[start:end], **({"nextCursor": f"{member}@{end}"} if end < len(items) else {})}

    def _start(self, member: str, cursor: str | None) -> int:
        if cursor is None:
            return 0
        name, _, number = cursor.partition("@")
        if name != member or not number.isascii() or not number.isdigit() or int(number) >= len(self._items[member]):
            raise Refusal(-32602, "Invalid cursor", {"cursor": cursor})
        return int(number)

    async def grow(self, name: str) -> None:
        self._items["tools"].append({"name": name, "description": "Grown", "inputSchema": {"type": "object"}})
        self._items["resources"].append({"uri": f"many://grown/{name}", "name": name})
        self._items["prompts"].append({"name": name, "description": "Grown"})
        await self._all_changed()

    async def shrink(self, name: str) -> None:
        for items in self._items.values():
            items[:] = [item for item in items if item["name"] != name]
        await self._all_changed()

    async def _all_changed(self) -> None:
        for kind in ("tools", "resources", "prompts"):
            await self.announce(f"notifications/{kind}/list_changed")

    # Those who want to know

    def meet(self, key: Any, notify: Notify) -> None:
        self._notify[key] = notify

    def subscribe(self, key: Any, uri: str) -> None:
        self._subscribers.setdefault(uri, set()).add(key)

    def unsubscribe(self, key: Any, uri: str) -> None:
        self._subscribers.get(uri, set()).discard(key)

    async def touch(self, uri: str) -> None:
        """Changes a resource, and says so to its subscribers."""
        self.counter += 1
        await self.announce("notifications/resources/updated", {"uri": uri})

    async def announce(self, method: str, params: Params | None = None) -> None:
        for key, notify in list(self._notify.items()):
            if params and "uri" in params and key is not None and key not in self._subscribers.get(params["uri"], set()):
                continue
            with anyio.move_on_after(2) as scope:
                try:
                    await notify(method, params)
                except (anyio.ClosedResourceError, anyio.BrokenResourceError):
                    del self._notify[key]
            if scope.cancelled_caught:
                self._notify.pop(key, None)
