"""Loads a guardrail plugin by its C interface (Sources/PluginABI/include/smg_plugin.h) and asks it about texts."""

import ctypes
import json
from collections.abc import Sequence
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INPUT, OUTPUT, TOOL, SERVER = 1, 2, 4, 8
ACTIONS = ["allow", "block", "transform"]


class Bytes(Structure):
    _fields_ = [("ptr", c_void_p), ("len", c_size_t)]

    @property
    def text(self) -> str:
        return ctypes.string_at(self.ptr, self.len).decode() if self.len else ""


class Context(Structure):
    _fields_ = [("size", c_uint32), ("flags", c_uint32), ("deadline", c_uint64), ("texts", Bytes * 7)]


class Segment(Structure):
    _fields_ = [("path", Bytes), ("text", Bytes), ("media_type", Bytes), ("flags", c_uint32), ("reserved", c_uint32)]


class Request(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("phase", c_uint32),
        ("context", POINTER(Context)),
        ("surface", Bytes),
        ("server", Bytes),
        ("item", Bytes),
        ("policy_json", Bytes),
        ("policy_revision", Bytes),
        ("segments", POINTER(Segment)),
        ("segment_count", c_size_t),
        ("original", POINTER(Segment)),
        ("original_count", c_size_t),
        ("call_state", Bytes),
        ("session_state", Bytes),
    ]


class Outcome(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("status", c_int32),
        ("message", Bytes),
        ("value", c_void_p),
        ("value_size", c_uint32),
        ("retry_after_ms", c_uint32),
    ]


class Violation(Structure):
    _fields_ = [
        ("category", Bytes),
        ("code", Bytes),
        ("message", Bytes),
        ("evidence", Bytes),
        ("score", c_double),
        ("segment", c_uint32),
        ("reserved", c_uint32),
        ("start", c_uint64),
        ("end", c_uint64),
    ]


class Replacement(Structure):
    _fields_ = [("segment", c_uint32), ("reserved", c_uint32), ("text", Bytes)]


class Verdict(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("action", c_uint32),
        ("violations", POINTER(Violation)),
        ("violation_count", c_size_t),
        ("replacements", POINTER(Replacement)),
        ("replacement_count", c_size_t),
        ("call_state", Bytes),
        ("session_state", Bytes),
        ("metadata", Bytes),
    ]


COMPLETE = CFUNCTYPE(c_int32, c_void_p, c_uint64, POINTER(Outcome))
LOG = CFUNCTYPE(None, c_void_p, c_uint32, Bytes, Bytes)
GET_INTERFACE = CFUNCTYPE(c_void_p, c_void_p, c_char_p)
WRITE = CFUNCTYPE(None, c_void_p, Bytes)


class Host(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("abi_minor", c_uint32),
        ("ctx", c_void_p),
        ("complete", COMPLETE),
        ("log", LOG),
        ("get_interface", GET_INTERFACE),
    ]


class Sink(Structure):
    _fields_ = [("ctx", c_void_p), ("write", WRITE)]


CREATE = CFUNCTYPE(c_int32, POINTER(Host), Bytes, Sink, POINTER(c_void_p))


class Provider(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("name", c_char_p),
        ("interface_id", c_char_p),
        ("config_schema", Bytes),
        ("create", CREATE),
        ("health", c_void_p),
        ("stop", c_void_p),
        ("destroy", c_void_p),
        ("vtable", c_void_p),
    ]


class Table(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("abi_minor", c_uint32),
        ("min_host_minor", c_uint32),
        ("provider_count", c_uint32),
        ("id", c_char_p),
        ("version", c_char_p),
        ("vendor", c_char_p),
        ("license", c_char_p),
        ("providers", POINTER(POINTER(Provider))),
        ("get_interface", c_void_p),
    ]


CHECK = CFUNCTYPE(None, c_void_p, c_uint64, POINTER(Request))


class Guardrail(Structure):
    _fields_ = [("size", c_uint32), ("phases", c_uint32), ("flags", c_uint32), ("reserved", c_uint32), ("check", CHECK), ("cancel", c_void_p)]


@dataclass
class Found:
    category: str
    code: str
    detector: str
    score: float
    segment: int
    start: int
    end: int


@dataclass
class Answer:
    action: str
    found: list[Found]
    texts: dict[int, str]


class Plugin:
    """One instance of a guardrail. What it answers must come before `check` returns."""

    def __init__(self, library: Path, config: dict[str, Any]) -> None:
        entry = ctypes.CDLL(str(library)).smg_plugin_entry_v0
        entry.restype = POINTER(Table)
        entry.argtypes = [c_uint32]
        provider = entry(1).contents.providers[0].contents
        self._answers: list[Answer] = []
        self._callbacks = (COMPLETE(self._complete), LOG(lambda *_: None), GET_INTERFACE(lambda *_: None))
        self._host = Host(ctypes.sizeof(Host), 1, 1, *self._callbacks)
        self._instance = c_void_p()
        errors: list[str] = []
        write = WRITE(lambda _, chunk: errors.append(chunk.text))
        text = json.dumps(config).encode()
        if provider.create(ctypes.byref(self._host), self._bytes(text), Sink(1, write), ctypes.byref(self._instance)) != 0:
            raise ValueError("".join(errors))
        self._guardrail = ctypes.cast(provider.vtable, POINTER(Guardrail)).contents

    @staticmethod
    def _bytes(text: bytes) -> Bytes:
        return Bytes(ctypes.cast(c_char_p(text), c_void_p), len(text))

    def _complete(self, _context: int, _call: int, outcome: Any) -> int:
        out = outcome.contents
        if out.status != 0:
            raise RuntimeError(f"no verdict: {out.status} {out.message.text}")
        verdict = ctypes.cast(out.value, POINTER(Verdict)).contents
        found = [
            Found(
                raw.category.text,
                raw.code.text,
                json.loads(raw.evidence.text)["detector"],
                raw.score,
                raw.segment,
                raw.start,
                raw.end,
            )
            for raw in (verdict.violations[index] for index in range(verdict.violation_count))
        ]
        texts = {verdict.replacements[index].segment: verdict.replacements[index].text.text for index in range(verdict.replacement_count)}
        self._answers.append(Answer(ACTIONS[verdict.action], found, texts))
        return 0

    def check(self, *texts: str, phase: int = INPUT, paths: Sequence[str] = (), policy: bytes = b"") -> Answer:
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        names = [(paths[index] if index < len(paths) else f"/params/arguments/{index}").encode() for index in range(len(texts))]
        segments = (Segment * len(texts))(*(Segment(self._bytes(name), self._bytes(text)) for name, text in zip(names, encoded, strict=True)))
        context = Context(ctypes.sizeof(Context))
        request = Request(
            size=ctypes.sizeof(Request),
            phase=phase,
            context=ctypes.pointer(context),
            surface=self._bytes(b"tools/call"),
            policy_json=self._bytes(policy),
            segments=segments,
            segment_count=len(texts),
        )
        self._guardrail.check(self._instance, 1, ctypes.byref(request))
        return self._answers.pop()
