"""Offers one decent tool, and others whose definitions hold what the guardrail looks for, each at another place."""

import os

import wire

WORD = "forbidden"
TOOLS = [
    wire.tool("decent"),
    wire.tool("in_description", f"Does something {WORD}"),
    wire.tool("in_schema", query={"type": "string", "description": f"give me {WORD} things"}),
    {**wire.tool("in_annotation"), "annotations": {"title": f"{WORD.upper()} title"}},
    {**wire.tool("in_member_name"), "_meta": {WORD: 1}},
]
hello = {"instructions": f"This server is {WORD}"} if os.environ.get("POISONED_INSTRUCTIONS") else {}
wire.serve(TOOLS, lambda name, arguments, request: wire.text(f"ran {name}"), **hello)
