"""Ways to answer one request, decent and otherwise. Each takes the exchange and the result that a decent answer would hold."""

import json
from collections.abc import Callable
from typing import Any

from .exchange import Exchange, event_bytes

MIB = 1 << 20
Answer = Callable[[Exchange, dict[str, Any]], None]


def _progress(exchange: Exchange) -> dict[str, Any]:
    token = ((exchange.message.get("params") or {}).get("_meta") or {}).get("progressToken", "none")
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": 1}}


# JSON


def as_json(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.result(result)


def _chunked(exchange: Exchange, result: dict[str, Any]) -> None:
    body = json.dumps(exchange.response(result)).encode()
    exchange.head(200, Content_Type="application/json", Transfer_Encoding="chunked")
    for start in range(0, len(body), 7):
        part = body[start : start + 7]
        exchange.send(f"{len(part):x};ext=1\r\n".encode() + part + b"\r\n")
    exchange.send(b"0\r\nX-Trailer: 1\r\n\r\n")


def _until_the_end(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.head(200, Content_Type="application/json; charset=utf-8", Connection="close")
    exchange.send(json.dumps(exchange.response(result)).encode())
    exchange.close()


# Events


def _events(*parts: Callable[[dict[str, Any]], bytes]) -> Answer:
    """A stream of what `parts` make of the response, then its end."""

    def answer(exchange: Exchange, result: dict[str, Any]) -> None:
        exchange.stream()
        for part in parts:
            exchange.send(part(exchange.response(result)))
        exchange.close()

    return answer


def _data_lines(response: dict[str, Any]) -> bytes:
    """One event whose data goes over many lines."""
    lines = json.dumps(response, indent=1).split("\n")
    return b"".join(f"data: {line}\n".encode() for line in lines) + b"\n"


def _without_spaces(response: dict[str, Any]) -> bytes:
    return b"event:message\ndata:" + json.dumps(response).encode() + b"\n\n"


def _with_comments(response: dict[str, Any]) -> bytes:
    return b": keep-alive\n\n:\n: another\nunknown: field\nnofield\n" + event_bytes(response) + b": after\n\n"


def _byte_by_byte(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.stream()
    for byte in event_bytes(exchange.response(result), newline=b"\r\n"):
        exchange.send(bytes([byte]))
    exchange.close()


def _chunked_events(exchange: Exchange, result: dict[str, Any]) -> None:
    """A stream on a connection that stays."""
    exchange.head(200, Content_Type="text/event-stream", Transfer_Encoding="chunked")
    for part in (event_bytes(_progress(exchange)), event_bytes(exchange.response(result))):
        exchange.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    exchange.send(b"0\r\n\r\n")


def _large_event(response: dict[str, Any]) -> bytes:
    response["result"]["content"] = [{"type": "text", "text": "x" * (3 * MIB)}]
    return event_bytes(response)


def _progress_first(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.stream()
    exchange.event(_progress(exchange))
    exchange.event({"jsonrpc": "2.0", "method": "notifications/of/an/unknown/kind"})
    exchange.event(exchange.response(result))
    exchange.close()


def _open_after_the_answer(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.stream()
    exchange.event(exchange.response(result))
    exchange.wait()


DECENT: dict[str, Answer] = {
    "JSON": as_json,
    "JSON in chunks": _chunked,
    "JSON until the end": _until_the_end,
    "events": _events(event_bytes),
    "events with CR": _events(lambda response: event_bytes(response, newline=b"\r")),
    "events with CRLF": _events(lambda response: event_bytes(response, newline=b"\r\n")),
    "events without spaces": _events(_without_spaces),
    "events without a type": _events(lambda response: event_bytes(response, event=None)),
    "data of many lines": _events(_data_lines),
    "comments": _events(_with_comments),
    "a byte order mark": _events(lambda _: b"\xef\xbb\xbf", event_bytes),
    "an event byte by byte": _byte_by_byte,
    "events in chunks": _chunked_events,
    "a priming event": _events(lambda _: event_bytes(id="stream/0"), lambda response: event_bytes(response, id="stream/1")),
    "a time to retry": _events(lambda _: b"retry: 1000\n\n", event_bytes),
    "an event of another type": _events(lambda _: event_bytes("not JSON", event="weather"), event_bytes),
    "other messages first": _progress_first,
    "an answer to nobody first": _events(lambda response: event_bytes({**response, "id": "nobody's"}), event_bytes),
    "a stream left open": _open_after_the_answer,
    "three megabytes in one event": _events(_large_event),
}


# What is no answer, or none that can be used


def _status(status: int, body: bytes = b"", content_type: str = "text/html", **headers: str) -> Answer:
    return lambda exchange, result: exchange.answer(status, body, content_type, **headers)


def _body(make: Callable[[bytes], bytes], content_type: str = "application/json") -> Answer:
    """A success with what `make` makes of the decent body."""
    return lambda exchange, result: exchange.answer(200, make(json.dumps(exchange.response(result)).encode()), content_type)


def _other_id(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.json({**exchange.response(result), "id": "another"})


def _short(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.head(200, Content_Type="application/json", Content_Length="100000")
    exchange.send(json.dumps(exchange.response(result)).encode()[:-2])
    exchange.close()


def _endless(content_type: str, first: bytes, part: bytes) -> Answer:
    def answer(exchange: Exchange, result: dict[str, Any]) -> None:
        exchange.head(200, Content_Type=content_type, Connection="close")
        exchange.send(first)
        while not exchange.stopped.is_set():
            exchange.send(part)
        exchange.close()

    return answer


def _huge_head(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    while not exchange.stopped.is_set():
        exchange.send(b"X-More: " + b"x" * 8_000 + b"\r\n")


def _cut(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.stream()
    exchange.event(_progress(exchange))
    exchange.close()


def _event_without_end(exchange: Exchange, result: dict[str, Any]) -> None:
    """The last event of a stream that ends before its empty line does not count."""
    exchange.stream()
    exchange.send(event_bytes(exchange.response(result)).rstrip(b"\n") + b"\n")
    exchange.close()


USELESS: dict[str, Answer] = {
    "202": _status(202),
    "204": _status(204),
    "200 and nothing": _status(200),
    "a page": _status(200, b"<html>Sign in</html>"),
    "JSON that says it is text": _body(lambda body: body, "text/plain"),
    "truncated JSON": _body(lambda body: body[:-2]),
    "two documents": _body(lambda body: body + body),
    "not UTF-8": _body(lambda body: body.replace(b"jsonrpc", b"json\xff")),
    "an array": _body(lambda body: b"[" + body + b"]"),
    "another's answer": _other_id,
    "less than promised": _short,
    "a stream that is cut": _cut,
    "an event without its end": _event_without_end,
    "an event that is no JSON": _events(lambda _: event_bytes("nonsense")),
    "no HTTP": lambda exchange, result: exchange.send(b"220 mail.example.com ESMTP\r\n"),
    "a reset": lambda exchange, result: exchange.reset(),
    "an end": lambda exchange, result: exchange.close(),
    "500": _status(500, b"<html>Oops</html>"),
    "502": _status(502, b"<html>Bad gateway</html>"),
    "503": _status(503, b"busy", "text/plain", Retry_After="1"),
    "429": _status(429, b"slow down", "text/plain", Retry_After="1"),
    "401": _status(401, b"", WWW_Authenticate='Bearer realm="upstream"'),
    "403": _status(403, b"forbidden", "text/plain"),
    "a body without end": _endless("application/json", b'{"jsonrpc":"2.0","x":"', b"x" * 65_536),
    "an event without end": _endless("text/event-stream", b"data: ", b"x" * 65_536),
    "a head without end": _huge_head,
}


def _head_only(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.head(200, Content_Type="application/json", Content_Length="1000")
    exchange.wait()


def _half_a_body(exchange: Exchange, result: dict[str, Any]) -> None:
    body = json.dumps(exchange.response(result)).encode()
    exchange.head(200, Content_Type="application/json", Content_Length=str(len(body)))
    exchange.send(body[: len(body) // 2])
    exchange.wait()


def _silent_stream(exchange: Exchange, result: dict[str, Any]) -> None:
    exchange.stream()
    exchange.wait()


def _chatty(every: float, part: Callable[[Exchange], bytes]) -> Answer:
    """Says something now and then, and never the answer."""

    def answer(exchange: Exchange, result: dict[str, Any]) -> None:
        exchange.stream()
        while not exchange.stopped.wait(every):
            exchange.send(part(exchange))
        exchange.close()

    return answer


STALLED: dict[str, Answer] = {
    "nothing": lambda exchange, result: exchange.wait(),
    "a head only": _head_only,
    "half a body": _half_a_body,
    "a silent stream": _silent_stream,
    "comments for ever": _chatty(0.2, lambda exchange: b": still here\n\n"),
    "progress for ever": _chatty(0.2, lambda exchange: event_bytes(_progress(exchange))),
}

CALLS: dict[str, Answer] = {**DECENT, **USELESS, **STALLED}
