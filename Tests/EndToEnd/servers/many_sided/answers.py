"""Answers every request that is not a tool's call."""

import json
import re
from typing import Any

import catalogue
from lists import Lists
from peer import Params, Peer, Refusal
from tools import Tools

_LISTS = {
    "tools/list": "tools",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
    "prompts/list": "prompts",
}
METHODS = [
    *_LISTS,
    "tools/call",
    "resources/read",
    "prompts/get",
    "completion/complete",
    "resources/subscribe",
    "resources/unsubscribe",
    "logging/setLevel",
]
#: Milliseconds for which an answer may be kept, where the revision speaks of it.
CACHEABLE = {**dict.fromkeys([*_LISTS, "resources/read", "server/discover"], 0), "tools/list": 60_000}

LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


class Answers:
    def __init__(self, name: str, page_size: int | None):
        self.lists = Lists(page_size)
        self._tools = Tools(name, self.lists)

    async def answer(self, method: str, params: Params, peer: Peer) -> Params:
        if member := _LISTS.get(method):
            return self.lists.page(member, params.get("cursor"))
        match method:
            case "tools/call":
                return await self._tools.call(params, peer)
            case "resources/read":
                return self._read(params["uri"], peer)
            case "prompts/get":
                return self._prompt(params["name"], params.get("arguments") or {})
            case "completion/complete":
                return {"completion": _completion(params)}
            case "resources/subscribe":
                self.lists.subscribe(peer.key, params["uri"])
            case "resources/unsubscribe":
                self.lists.unsubscribe(peer.key, params["uri"])
            case "logging/setLevel":
                if params["level"] not in LEVELS:
                    raise Refusal(-32602, f"Unknown level: {params['level']}")
                self.lists.levels[peer.key] = params["level"]
            case _:
                raise Refusal(-32601, "Method not found", method)
        return {}

    def _read(self, uri: str, peer: Peer) -> Params:
        about = {"uri": uri, "mimeType": "text/plain", "_meta": {"vendor.example/read": True}}
        if uri == "many://text":
            return {"contents": [{**about, "text": "hello, world"}]}
        if uri == "many://blob":
            return {"contents": [{"uri": uri, "mimeType": "application/octet-stream", "blob": catalogue.BYTES}]}
        if uri == "many://counter":
            return {"contents": [{**about, "text": str(self.lists.counter)}]}
        if match := re.fullmatch(r"many://items/(\w+)/(\d+)", uri):
            text = json.dumps({"kind": match[1], "number": int(match[2])})
            return {"contents": [{"uri": uri, "mimeType": "application/json", "text": text}, {"uri": f"{uri}#note", "text": "a note"}]}
        if uri.startswith("many://spelled/"):
            return {"contents": [{**about, "text": uri.removeprefix("many://spelled/").replace("-", "")[::-1]}]}
        if uri.startswith(("many://grown/", "many://search", "file:///with%20space/")):
            return {"contents": [{**about, "text": uri}]}
        raise Refusal(-32602 if peer.is_modern else -32002, "Resource not found", {"uri": uri})

    def _prompt(self, name: str, arguments: Params) -> Params:
        definition = self.lists.find("prompts", name)
        if definition is None:
            raise Refusal(-32602, f"Unknown prompt: {name}")
        for argument in definition.get("arguments", []):
            if argument.get("required") and argument["name"] not in arguments:
                raise Refusal(-32602, f"Missing argument: {argument['name']}", {"argument": argument["name"]})
        if name == "spelled":
            return {"messages": [{"role": "user", "content": {"type": "text", "text": arguments["letters"].replace("-", "")[::-1]}}]}
        if name == "everything":
            return {"messages": [{"role": "user", "content": block} for block in catalogue.contents()]}
        text = f"Say hello to {arguments.get('name', 'nobody')}, {arguments.get('tone', 'neutral')}."
        return {
            "description": definition["description"],
            "messages": [
                {"role": "user", "content": {"type": "text", "text": text}},
                {"role": "assistant", "content": {"type": "text", "text": "Hello!"}},
            ],
            "_meta": {"vendor.example/prompt": name},
        }


def _completion(params: Params) -> dict[str, Any]:
    ref, argument = params["ref"], params["argument"]
    known = (params.get("context") or {}).get("arguments") or {}
    match ref["type"], ref.get("name") or ref.get("uri"), argument["name"]:
        case "ref/prompt", "greet", "tone":
            values = catalogue.TONES
        case "ref/resource", "many://items/{kind}/{number}", "kind":
            values = list(catalogue.NUMBERS_OF)
        case "ref/resource", "many://items/{kind}/{number}", "number":
            values = catalogue.NUMBERS_OF.get(known.get("kind", ""), [])
        case "ref/resource", "many://search{?query}", "query":
            values = [f"query {number:03}" for number in range(250)]
        case _:
            raise Refusal(-32602, "Nothing to complete", ref)
    found = [value for value in values if value.startswith(argument["value"])]
    return {"values": found[:100], "total": len(found), "hasMore": len(found) > 100}
