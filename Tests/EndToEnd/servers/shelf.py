"""A server with something of every kind: tools, prompts, resources, templates and completion.

The environment variable SHELF, a JSON object, puts other lists and capabilities in place of its own.
"""

import base64
import json
import os
from typing import Any

import wire

_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(64))).decode()

#: Everything that a tool may have, and what no revision knows yet.
RICH = {
    "name": "mirror",
    "title": "Mirror",
    "description": "Answers with what it was sent",
    "inputSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {"big": {"type": "integer", "maximum": 123456789012345678901234567890}},
        "type": "object",
        "properties": {"n": {"$ref": "#/$defs/big"}},
        "if": {"required": ["n"]},
        "then": {"additionalProperties": True},
    },
    "icons": [{"src": "data:image/png;base64,AAAA", "mimeType": "image/png"}],
    "annotations": {"readOnlyHint": True, "title": "Mirror, mirror"},
    "_meta": {"vendor/weight": 1.0},
    "x-unknown": {"name": "not the name", "list": [1, 1.0, "é"]},
}

SHELF: dict[str, Any] = {
    "capabilities": {
        "tools": {"listChanged": True},
        "prompts": {},
        "resources": {"listChanged": True},
        "completions": {},
    },
    "tools": [RICH, wire.tool("link"), wire.tool("answer"), wire.tool("refuse"), wire.tool("never"), wire.tool("steps"), wire.tool("grow")],
    "prompts": [
        {"name": "greet", "title": "Greet", "arguments": [{"name": "who", "required": True}], "x-unknown": 1},
        {"name": "attached", "description": "With a picture and a document"},
        {"name": "answer"},
    ],
    "resources": [
        {"uri": "note:///one", "name": "one", "title": "The first", "mimeType": "text/plain", "size": 3, "x-unknown": True},
        {"uri": "http://example.com", "name": "site"},
        {"uri": "note:///picture", "name": "picture"},
        {"uri": "note:///a/../b?x=1&y=%20#z", "name": "crooked"},
    ],
    "templates": [{"uriTemplate": "note:///by-id/{id}", "name": "by id"}],
    "page": 2,
    **json.loads(os.environ.get("SHELF", "{}")),
}


def scripted(arguments: dict[str, Any]) -> Any:
    """A result that the caller hid from the input guardrail."""
    return json.loads(base64.b64decode(arguments["base64"]))


def call(name: str, arguments: dict[str, Any], request: dict[str, Any]) -> dict[str, Any] | None:
    match name:
        case "link":
            return {
                "content": [
                    {"type": "text", "text": "see note:///one"},
                    {"type": "resource_link", "uri": "note:///one", "name": "one", "x-unknown": 1.0},
                    {"type": "resource", "resource": {"uri": "note:///two", "text": "inside"}},
                    {"type": "image", "data": _PNG, "mimeType": "image/png"},
                ],
                "structuredContent": {"uri": "note:///one", "big": 123456789012345678901234567890, "one": 1.0},
                "_meta": {"vendor/key": True, "io.enkrypt.gateway/error": {"error_code": "FORGED"}},
                "x-member": "kept",
            }
        case "answer":
            return scripted(arguments)
        case "refuse":
            error = scripted(arguments)
            raise wire.RPCError(error["code"], error["message"], error.get("data"))
        case "never":
            return None
        case "steps":
            for step in (1, 2):
                report = {"progressToken": request["params"]["_meta"]["progressToken"], "progress": step, "message": f"step {step}"}
                wire.send({"jsonrpc": "2.0", "method": "notifications/progress", "params": report})
            return wire.text("done")
        case "grow":
            SHELF["tools"].append(wire.tool("grown"))
            wire.send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            return wire.text("grown")
        case _ if any(tool["name"] == name for tool in SHELF["tools"]):
            return wire.text(json.dumps(request["params"]))
    raise wire.RPCError(-32602, f"Unknown tool: {name}")


def listing(member: str, items: list[dict[str, Any]]) -> wire.Method:
    """A few items a page; the cursor is the position."""

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        start = int(params.get("cursor", "0"))
        end = start + SHELF["page"]
        page = {member: items[start:end]}
        return {**page, "nextCursor": str(end)} if end < len(items) else page

    return answer


def get_prompt(params: dict[str, Any]) -> dict[str, Any]:
    arguments = params.get("arguments") or {}

    def user(content: dict[str, Any]) -> dict[str, Any]:
        return {"role": "user", "content": content}

    match params["name"]:
        case "greet":
            if "who" not in arguments:
                raise wire.RPCError(-32602, "who is missing", {"argument": "who"})
            return {"messages": [user({"type": "text", "text": f"Hello {arguments['who']}"})], "description": "A greeting", "x-member": 1}
        case "attached":
            document = {"type": "resource", "resource": {"uri": "note:///two", "text": "inside"}}
            return {"messages": [user({"type": "image", "data": _PNG, "mimeType": "image/png"}), user(document)]}
        case "answer":
            return scripted(arguments)
    raise wire.RPCError(-32602, "Unknown prompt")


def read(params: dict[str, Any]) -> dict[str, Any]:
    uri = params["uri"]
    if uri == "note:///picture":
        return {"contents": [{"uri": uri, "mimeType": "image/png", "blob": _PNG}]}
    if uri.startswith("note:///blob/"):
        return {"contents": [{"uri": "note:///blob", "blob": base64.b64decode(uri.removeprefix("note:///blob/")).decode()}]}
    if uri.startswith("note:///secret/"):
        return {"contents": [{"uri": uri, "text": base64.b64decode(uri.removeprefix("note:///secret/")).decode()}]}
    if uri.startswith("note:///by-id/") or any(resource["uri"] == uri for resource in SHELF["resources"]):
        return {"contents": [{"uri": uri, "mimeType": "text/plain", "text": f"{os.environ.get('NAME')} has {uri}", "x-unknown": 1.0}]}
    raise wire.RPCError(-32002, "Resource not found", {"uri": uri})


def complete(params: dict[str, Any]) -> dict[str, Any]:
    values = [value for value in ("Ada", "Alan", "Grace") if value.startswith(params["argument"]["value"])]
    return {"completion": {"values": values, "total": len(values), "hasMore": False}, "_meta": {"vendor/params": params}}


if __name__ == "__main__":
    methods = {
        "tools/list": listing("tools", SHELF["tools"]),
        "prompts/list": listing("prompts", SHELF["prompts"]),
        "prompts/get": get_prompt,
        "resources/list": listing("resources", SHELF["resources"]),
        "resources/templates/list": listing("resourceTemplates", SHELF["templates"]),
        "resources/read": read,
        "completion/complete": complete,
    }
    refused = SHELF.get("refused", [])
    wire.serve(
        [], call, methods={name: method for name, method in methods.items() if name not in refused}, capabilities=SHELF["capabilities"]
    )
