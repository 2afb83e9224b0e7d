"""What the server offers, as it goes over the wire: tools, resources, templates and prompts."""

import base64
from typing import Any

Item = dict[str, Any]

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n-one-pixel").decode()
SOUND = base64.b64encode(b"RIFF-one-beep").decode()
BYTES = base64.b64encode(bytes(range(256))).decode()

ICONS = [{"src": f"data:image/png;base64,{PIXEL}", "mimeType": "image/png", "sizes": ["48x48"]}]
INSTRUCTIONS = "Call `contents` to see every kind of content."


def _tool(name: str, required: list[str] | None = None, /, **properties: Any) -> Item:
    schema = {"type": "object", "properties": properties, "required": required or []}
    return {"name": name, "description": f"The tool {name}", "inputSchema": schema}


TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}

#: A definition with nearly everything that a definition may hold, and something that nobody knows.
SCHEMATIC = {
    "name": "schematic",
    "title": "A tool with an elaborate schema",
    "description": "Its definition has to come through whole: “quotes”, \u00e9, \U0001f600 and a NUL \u0000.",
    "icons": ICONS,
    "annotations": {
        "title": "Elaborate",
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": True,
        "openWorldHint": False,
        "x-vendor-hint": 3,
    },
    "_meta": {"vendor.example/origin": {"page": 1}},
    "x-vendor": {"unknown": ["member", None, 1.0, 9007199254740993]},
    "inputSchema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            "point": {
                "$anchor": "point",
                "type": "array",
                "prefixItems": [{"type": "number"}, {"type": "number"}],
                "items": False,
            },
            "colour": {"oneOf": [{"const": "red", "title": "Red"}, {"const": "blue", "title": "Blue"}]},
        },
        "type": "object",
        "properties": {
            "from": {"$ref": "#/$defs/point"},
            "to": {"$ref": "#point"},
            "colour": {"$ref": "#/$defs/colour"},
            "limit": {"type": "integer", "maximum": 9223372036854775807},
            "ratio": {"type": "number", "exclusiveMinimum": 0.0, "default": 1.0},
        },
        "allOf": [{"if": {"required": ["from"]}, "then": {"required": ["to"]}, "else": {}}],
        "dependentRequired": {"to": ["from"]},
        "unevaluatedProperties": False,
        "x-vendor-keyword": {"a": 1},
    },
    "outputSchema": {
        "$defs": {"total": {"type": "integer"}},
        "type": "object",
        "properties": {"total": {"$ref": "#/$defs/total"}},
        "required": ["total"],
    },
}

NUMBERS_SCHEMA = {
    "type": "object",
    "properties": {"exactly": {"type": "integer"}, "roughly": {"type": "number"}},
    "additionalProperties": True,
}

TOOLS: list[Item] = [
    _tool("echo", ["message"], message=TEXT),
    _tool("mirror"),
    _tool("whoami"),
    _tool("contents"),
    SCHEMATIC,
    {**_tool("numbers"), "outputSchema": NUMBERS_SCHEMA},
    {**_tool("sum", ["a", "b"], a=COUNT, b=COUNT), "outputSchema": _tool("", ["sum"], sum=COUNT)["inputSchema"]},
    _tool("progress", steps=COUNT, pause_ms=COUNT),
    _tool("log", message=TEXT),
    _tool("sample", prompt=TEXT),
    _tool("elicit", message=TEXT, ms=COUNT),
    _tool("interview"),
    _tool("visit", ["id"], id=TEXT),
    _tool("visited", ["id"], id=TEXT),
    _tool("roots"),
    _tool("everything_at_once"),
    _tool("wait", ["mark"], mark=TEXT, seconds={"type": "number"}),
    _tool("later", ["id"], id=TEXT, ms=COUNT),
    _tool("fail", message=TEXT),
    _tool("refuse", code={"type": "integer"}, message=TEXT, data={}),
    _tool("flood", bytes=COUNT),
    _tool("grow", ["name"], name=TEXT),
    _tool("shrink", ["name"], name=TEXT),
    _tool("touch", uri=TEXT),
    _tool(
        "spell",
        ["letters"],
        letters={"type": "array", "items": TEXT},
        into={"enum": ["text", "error", "progress", "log", "elicit", "sample"]},
    ),
    _tool("hang_up", ms=COUNT),
    _tool("crash"),
    _tool("routed", ["region"], region={**TEXT, "x-mcp-header": "Region"}, size={**COUNT, "x-mcp-header": "Size"}),
]

RESOURCES: list[Item] = [
    {
        "uri": "many://text",
        "name": "text",
        "title": "A text",
        "description": "Some text",
        "mimeType": "text/plain",
        "size": 12,
        "annotations": {"audience": ["user", "assistant"], "priority": 0.5, "lastModified": "2026-01-01T00:00:00Z"},
        "icons": ICONS,
        "_meta": {"vendor.example/kind": "text"},
    },
    {"uri": "many://blob", "name": "blob", "mimeType": "application/octet-stream"},
    {"uri": "many://counter", "name": "counter", "mimeType": "text/plain"},
    {"uri": "file:///with%20space/and?query=1#part", "name": "odd"},
]

TEMPLATES: list[Item] = [
    {
        "uriTemplate": "many://items/{kind}/{number}",
        "name": "items",
        "title": "Items",
        "description": "Items of a kind",
        "mimeType": "application/json",
        "annotations": {"priority": 1.0},
        "_meta": {"vendor.example/kind": "template"},
    },
    {"uriTemplate": "many://search{?query}", "name": "search"},
    {"uriTemplate": "many://spelled/{letters}", "name": "spelled"},
]

PROMPTS: list[Item] = [
    {
        "name": "greet",
        "title": "A greeting",
        "description": "Greets somebody",
        "arguments": [
            {"name": "name", "title": "Name", "description": "Whom to greet", "required": True},
            {"name": "tone", "description": "How to greet"},
        ],
        "icons": ICONS,
        "_meta": {"vendor.example/kind": "prompt"},
    },
    {"name": "everything", "description": "Every kind of content"},
    {"name": "spelled", "arguments": [{"name": "letters", "required": True}]},
]

TONES = ["friendly", "formal", "frosty"]
NUMBERS_OF = {"apple": ["1", "2"], "pear": ["10", "20", "30"]}


def contents(link: bool = True) -> list[Item]:
    """A block of every type. `link`: with a link to a resource, which not everything may hold."""
    return [
        {
            "type": "text",
            "text": "some text \u00e9\U0001f600",
            "annotations": {"audience": ["user"], "priority": 0.25},
            "_meta": {"vendor.example/block": 1},
        },
        {"type": "image", "data": PIXEL, "mimeType": "image/png"},
        {"type": "audio", "data": SOUND, "mimeType": "audio/wav"},
        *([{"type": "resource_link", **RESOURCES[0]}] if link else []),
        {"type": "resource", "resource": {"uri": "many://text", "mimeType": "text/plain", "text": "embedded text"}},
        {"type": "resource", "resource": {"uri": "many://blob", "mimeType": "application/octet-stream", "blob": BYTES}},
    ]


NUMBERS = {
    "exactly": 2**63 - 1,
    "roughly": 0.1,
    "least": -(2**63),
    "beyond_64_bits": 2**64 + 1,
    "beyond_doubles": 9007199254740993,
    "thirty_digits": 10**30 + 7,
    "whole_float": 1.0,
    "negative_zero": -0.0,
    "tiny": 5e-324,
    "great": 1.7976931348623157e308,
    "as_text": "1e400",
}
