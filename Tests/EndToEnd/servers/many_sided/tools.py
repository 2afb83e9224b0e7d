"""What the tools do."""

import base64
import json
import os
from typing import Any

import anyio
import catalogue
import record
from lists import Lists
from peer import InputNeeded, Params, Peer, Refusal

SAMPLING = {
    "messages": [
        {"role": "user", "content": {"type": "text", "text": "What is the capital of France?"}},
        {"role": "user", "content": {"type": "image", "data": catalogue.PIXEL, "mimeType": "image/png"}},
    ],
    "maxTokens": 50,
    "systemPrompt": "Be brief.",
    "temperature": 0.5,
    "stopSequences": ["\n"],
    "modelPreferences": {"hints": [{"name": "small"}], "costPriority": 0.25, "speedPriority": 0.5, "intelligencePriority": 1.0},
    "metadata": {"trace": 1},
}


def _form(message: str, **properties: Any) -> Params:
    schema = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}}


def _text(value: Any) -> Params:
    return {"content": [{"type": "text", "text": value if isinstance(value, str) else json.dumps(value)}]}


def _structured(value: Params) -> Params:
    return {**_text(value), "structuredContent": value}


def _error(message: str) -> Params:
    return {**_text(message), "isError": True}


class Tools:
    def __init__(self, name: str, lists: Lists):
        self._name = name
        self._lists = lists

    async def call(self, params: Params, peer: Peer) -> Params:
        name = params["name"]
        if self._lists.find("tools", name) is None:
            raise Refusal(-32602, f"Unknown tool: {name}")
        run = getattr(self, f"do_{name}", None)
        if run is None:
            return _text(f"{name} was grown")
        try:
            return await run(params.get("arguments") or {}, params, peer)
        except (KeyError, TypeError) as failure:
            return _error(f"bad arguments: {failure!r}")

    # What came in, and what goes out

    async def do_echo(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _text(arguments["message"])

    async def do_mirror(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """The arguments and the metadata, both as metadata of the answer and as its content."""
        meta = {name: value for name, value in (params.get("_meta") or {}).items() if "modelcontextprotocol" not in name}
        meta.pop("progressToken", None)
        return {**_structured({"arguments": arguments, "meta": meta}), "_meta": {**meta, "vendor.example/answered": True}}

    async def do_whoami(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _structured(
            {
                "server": self._name,
                "pid": os.getpid(),
                "revision": peer.revision,
                "client": peer.client,
                "capabilities": peer.capabilities,
                "headers": peer.headers,
                "environment": sorted(os.environ),
            }
        )

    async def do_contents(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return {
            "content": catalogue.contents(),
            "structuredContent": {"nested": {"list": [1, None, "x"]}},
            "_meta": {"vendor.example/result": {"a": [1]}},
        }

    async def do_schematic(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _structured({"total": len(arguments)})

    async def do_numbers(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _structured(catalogue.NUMBERS)

    async def do_sum(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _structured({"sum": arguments["a"] + arguments["b"]})

    async def do_routed(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _structured({name: value for name, value in peer.headers.items() if name.startswith("mcp-param-")})

    async def do_spell(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """Puts a word together that nobody sent (its letters come last to first), and lets it out in one way or another."""
        word = "".join(reversed(arguments["letters"]))
        match arguments.get("into", "text"):
            case "error":
                raise Refusal(-31999, word, {"word": word})
            case "progress":
                await peer.progress(1, 1, word)
            case "log":
                await peer.log("error", word, word)
            case "elicit":
                return _structured(await self._ask(peer, params, {"form": _form(word, name={"type": "string"})}))
            case "sample":
                message = {"role": "user", "content": {"type": "text", "text": word}}
                request = {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 5}}
                return _structured(await self._ask(peer, params, {"sample": request}))
            case _:
                return _text(word)
        return _text("spelled")

    async def do_flood(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _text("x" * arguments.get("bytes", 10 << 20))

    # Errors

    async def do_fail(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _error(arguments.get("message", "it went wrong"))

    async def do_refuse(self, arguments: Params, params: Params, peer: Peer) -> Params:
        data = arguments.get("data", {"detail": [1, {"deep": None}]})
        raise Refusal(arguments.get("code", -31999), arguments.get("message", "no, sorry"), data)

    async def do_crash(self, arguments: Params, params: Params, peer: Peer) -> Params:
        record.event("crashed")
        os._exit(3)

    # Things that take time

    async def do_progress(self, arguments: Params, params: Params, peer: Peer) -> Params:
        steps = arguments.get("steps", 3)
        for step in range(1, steps + 1):
            await peer.progress(step, steps, f"step {step}")
            await anyio.sleep(arguments.get("pause_ms", 0) / 1000)
        return _text(f"{steps} steps")

    async def do_later(self, arguments: Params, params: Params, peer: Peer) -> Params:
        await anyio.sleep(arguments.get("ms", 100) / 1000)
        return _text(arguments["id"])

    async def do_wait(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """Leaves in the record when it began, and when it was cancelled or done."""
        mark = arguments["mark"]
        record.event("waiting", mark=mark)
        try:
            await peer.progress(0.5, 1, "waiting")
            await anyio.sleep(arguments.get("seconds", 60))
        except anyio.get_cancelled_exc_class():
            record.event("cancelled", mark=mark)
            raise
        record.event("done", mark=mark)
        return _text("done")

    async def do_hang_up(self, arguments: Params, params: Params, peer: Peer) -> Params:
        await peer.progress(1, 2, "before")
        await peer.hang_up()
        await anyio.sleep(arguments.get("ms", 200) / 1000)
        return _text("after hanging up")

    async def do_log(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """One message of every level, as far as the client wants them."""
        levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
        least = self._lists.levels.get(peer.key, "debug")
        for level in levels[levels.index(least) :]:
            await peer.log(level, {"message": arguments.get("message", "logged"), "level": level}, "many-sided")
        return _text("logged")

    # Lists that change

    async def do_grow(self, arguments: Params, params: Params, peer: Peer) -> Params:
        await self._lists.grow(arguments["name"])
        return _text("grown")

    async def do_shrink(self, arguments: Params, params: Params, peer: Peer) -> Params:
        await self._lists.shrink(arguments["name"])
        return _text("shrunk")

    async def do_touch(self, arguments: Params, params: Params, peer: Peer) -> Params:
        await self._lists.touch(arguments.get("uri", "many://counter"))
        return _text(str(self._lists.counter))

    # What needs the client

    async def do_sample(self, arguments: Params, params: Params, peer: Peer) -> Params:
        request = {"method": "sampling/createMessage", "params": dict(SAMPLING)}
        if prompt := arguments.get("prompt"):
            request["params"]["messages"] = [{"role": "user", "content": {"type": "text", "text": prompt}}]
        return _structured(await self._ask(peer, params, {"sample": request}))

    async def do_elicit(self, arguments: Params, params: Params, peer: Peer) -> Params:
        await anyio.sleep(arguments.get("ms", 0) / 1000)
        form = _form(
            arguments.get("message", "Who are you?"),
            name={"type": "string", "title": "Name", "minLength": 1},
            age={"type": "integer", "minimum": 0, "default": 30},
            fond={"type": "boolean"},
            colour={"type": "string", "enum": ["red", "green"]},
        )
        return _structured(await self._ask(peer, params, {"form": form}))

    async def do_roots(self, arguments: Params, params: Params, peer: Peer) -> Params:
        return _structured(await self._ask(peer, params, {"roots": {"method": "roots/list", "params": {}}}))

    async def do_everything_at_once(self, arguments: Params, params: Params, peer: Peer) -> Params:
        requests = {
            "sample": {"method": "sampling/createMessage", "params": SAMPLING},
            "form": _form("And you?", name={"type": "string"}),
            "roots": {"method": "roots/list", "params": {}},
        }
        return _structured(await self._ask(peer, params, requests))

    async def do_visit(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """Asks for a visit to a web page."""
        page = {"mode": "url", "message": "Please agree", "url": "https://example.com/consent", "elicitationId": arguments["id"]}
        return _structured(await self._ask(peer, params, {"visit": {"method": "elicitation/create", "params": page}}))

    async def do_visited(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """Says that such a visit is done, whoever was asked for it."""
        await self._lists.announce("notifications/elicitation/complete", {"elicitationId": arguments["id"]})
        return _text("told")

    async def do_interview(self, arguments: Params, params: Params, peer: Peer) -> Params:
        """Two questions, the second of which needs the answer to the first."""
        first = await self._ask(peer, params, {"first": _form("Your name?", name={"type": "string"})}, round=1)
        name = first["first"].get("content", {}).get("name", "nobody")
        second = await self._ask(peer, params, {"second": _form(f"How old, {name}?", age={"type": "integer"})}, first, round=2)
        return _structured({**first, **second})

    async def _ask(
        self, peer: Peer, params: Params, requests: dict[str, Params], before: Params | None = None, *, round: int = 1
    ) -> Params:
        """The client's answers by the names of the requests. An error of the client's is an answer as well."""
        if peer.is_modern:
            return self._answers_in(params, requests, before or {}, round)
        answers = {}
        for key, request in requests.items():
            try:
                answers[key] = await peer.ask(request["method"], request["params"])
            except Refusal as refusal:
                answers[key] = {"error": {"code": refusal.code, "message": refusal.message}}
        return answers

    def _answers_in(self, params: Params, requests: dict[str, Params], before: Params, round: int) -> Params:
        """Rounds already done are in the state; the last one's answers are in the request; a round not yet asked for is an exception."""
        sent = params.get("requestState")
        state = json.loads(base64.b64decode(sent)) if sent else {"asked": 0, "answers": {}}
        if round < state["asked"]:
            return {key: state["answers"][key] for key in requests}
        if round == state["asked"]:
            answers = params.get("inputResponses") or {}
            if missing := requests.keys() - answers.keys():
                raise Refusal(-32602, "Input is missing", sorted(missing))
            return {key: answers[key] for key in requests}
        state = json.dumps({"asked": round, "answers": before}, ensure_ascii=True)
        raise InputNeeded(requests, base64.b64encode(state.encode()).decode())
