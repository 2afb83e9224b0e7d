"""A forbidden word is found however it is written: random messages, random disguises, in both directions. And what merely looks like that passes.

Each case is made from its number, so a failure can be had again.
"""

import base64
import html
import json
import random
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, document, keyword_guardrail, nonce, server
from support.gateway import Gateway
from support.raw import CALL_TOOLS, LEGACY, MODERN, Caller
from support.recording import Recording

WORD = "nightfall"
PHRASE = "open sesame"
NUMBER = "7340032"
#: As long and of the same kind, and blocked by nobody.
DECENT = {WORD: "nightfull", PHRASE: "open simsim", NUMBER: "7340033"}
CASES = range(40)

Random = random.Random


@pytest.fixture(scope="module")
def gateway(start_shared: Start, shared_recording: Recording) -> Gateway:
    servers = [
        server("guarded", env=shared_recording.environment, guarded=True),
        server("answering", output_guardrails_policy={"enabled": True, "policy_name": "keywords", "block": ["keyword_detector"]}),
    ]
    return start_shared(document(servers, guardrails=[keyword_guardrail(words=[WORD, PHRASE, NUMBER])]))


@pytest.fixture(params=[MODERN, LEGACY[-1]])
def alice(gateway: Gateway, request: pytest.FixtureRequest) -> Caller:
    caller = Caller(gateway, ALICE, request.param)
    return caller if request.param == MODERN else caller.initialize()


# Disguises of letters: text to text

UNSEEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u034f", "\u180e", "\ufe0f", "\U000e0041"]
MARKS = ["\u0301", "\u0335", "\u0489", "\u20dd"]
SPACES = ["  ", "\t", "\n", "\u00a0", "\u3000", " \u200b ", "\r\n"]


def _letters(first: int) -> Callable[[Random, str], str]:
    return lambda _, text: "".join(chr(ord(letter) - ord("a") + first) if "a" <= letter <= "z" else letter for letter in text)


def _full_width(_: Random, text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _between(signs: list[str]) -> Callable[[Random, str], str]:
    return lambda chance, text: "".join(letter + (chance.choice(signs) if chance.random() < 0.4 else "") for letter in text)


def _spaces(chance: Random, text: str) -> str:
    return text.replace(" ", chance.choice(SPACES))


def _case(chance: Random, text: str) -> str:
    return "".join(letter.upper() if chance.random() < 0.5 else letter for letter in text)


def _plain(_: Random, text: str) -> str:
    return text


DISGUISES = [_plain, _full_width, _letters(0x1D41A), _letters(0x24D0), _between(UNSEEN), _between(MARKS), _spaces, _case]


def disguised(chance: Random, word: str) -> str:
    text = word
    for disguise in chance.sample(DISGUISES, 2):
        text = disguise(chance, text)
    return text


# JSON: values to text, with more escapes than needed


def escaped(chance: Random, text: str, rate: float) -> str:
    def sign(letter: str) -> str:
        units = letter.encode("utf-16-be")
        codes = "".join(f"\\u{units[at]:02x}{units[at + 1]:02{chance.choice('xX')}}" for at in range(0, len(units), 2))
        if letter == "/":
            return chance.choice(["/", "\\/", codes])
        return codes if chance.random() < rate else json.dumps(letter, ensure_ascii=False)[1:-1]

    return '"' + "".join(map(sign, text)) + '"'


def encoded(chance: Random, value: Any, rate: float = 0.5) -> str:
    space = chance.choice(["", " ", "\n"])
    if isinstance(value, str):
        return escaped(chance, value, rate)
    if isinstance(value, dict):
        members = (f"{escaped(chance, name, rate)}:{space}{encoded(chance, item, rate)}" for name, item in value.items())
        return "{" + f",{space}".join(members) + "}"
    if isinstance(value, list):
        return "[" + f",{space}".join(encoded(chance, item, rate) for item in value) + "]"
    return json.dumps(value)


# Messages: where the word stands


def noise(chance: Random) -> Any:
    return chance.choice(["a decent text", 12.5, True, None, [], {"k": "v"}, "C:\\new\\tools", "{not JSON}", '{"a": 1}', "caf\u00e9"])


def _name(chance: Random) -> str:
    return f"m{chance.randrange(10_000_000)}"


def in_a_string(chance: Random, word: str) -> Any:
    return f"{chance.choice(['', 'so: ', '<b>'])}{disguised(chance, word)}{chance.choice(['', '.', '</b>'])}"


def in_a_member_name(chance: Random, word: str) -> Any:
    return {disguised(chance, word): noise(chance)}


def in_adjacent_values(chance: Random, word: str) -> Any:
    text = disguised(chance, word)
    places = sorted(chance.sample(range(1, len(text)), chance.randint(1, min(3, len(text) - 1))))
    parts = [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]
    match chance.randrange(4):
        case 0:
            return parts
        case 1:
            return {_name(chance): part for part in parts}
        case 2:
            return [{"text": part, "n": 5} if chance.random() < 0.5 else [[], part] for part in parts]
        case _:  # the first part is a name, the others follow it
            return {parts[0]: parts[1:]}


def in_nested_json(chance: Random, word: str) -> Any:
    inner: Any = chance.choice([in_a_string, in_a_member_name])(chance, word)
    for _ in range(chance.randint(1, 3)):
        inner = encoded(chance, within(chance, inner))
        if chance.random() < 0.3:  # no JSON by itself
            inner = f"log: {inner}" if "\\u" in inner else inner
    return inner


def in_html(chance: Random, word: str) -> Any:
    def sign(letter: str) -> str:
        names = {" ": ["&nbsp;", "&#32;", "&Tab;", "&emsp;"]}.get(letter, [])
        end = "" if letter == word[-1] else ";"
        return chance.choice([letter, *names, f"&#{ord(letter):0{chance.randint(1, 9)}}{end}", f"&#{chance.choice('xX')}{ord(letter):x};"])

    text = f"<p>{''.join(map(sign, word))}</p>"
    for _ in range(chance.randint(0, 3)):
        text = chance.choice([html.escape, urllib.parse.quote, urllib.parse.quote_plus])(text)
    return text


def as_a_number(chance: Random, word: str) -> Any:
    return chance.choice([int(word), -int(word), [1, int(word)], {"n": int(word)}, f"{word}", float(f"0.{word}")])


def within(chance: Random, value: Any) -> Any:
    """The value somewhere in a larger one."""
    for _ in range(chance.randint(0, 3)):
        if chance.random() < 0.5:
            value = [*(noise(chance) for _ in range(chance.randint(0, 2))), value, noise(chance)]
        else:
            value = {_name(chance): noise(chance), _name(chance): value, "last": noise(chance)}
    return value


PLACES: list[Callable[[Random, str], Any]] = [in_a_string, in_a_member_name, in_adjacent_values, in_nested_json, in_html, as_a_number]


def made(place: Callable[[Random, str], Any], case: int, swap: Callable[[str], str] = lambda word: word) -> tuple[Random, Any]:
    """A random message with a word that `swap` may exchange for another one; and the chance that made it, for more."""
    chance = Random(f"{place.__name__} {case}")
    word = NUMBER if place is as_a_number else chance.choice([WORD, PHRASE])
    return chance, within(chance, place(chance, swap(word)))


def cases() -> list[Any]:
    return [pytest.param(place, id=place.__name__) for place in PLACES]


def call(caller: Caller, on: str, calls: list[str]) -> tuple[list[dict[str, Any]], bytes]:
    """A batch of calls, each as JSON text, so that its escapes stay as they are; the items and the whole answer."""
    arguments = {"server_name": on, "tool_calls": ["CALLS"], "stop_on_error": False}
    message = caller.message("tools/call", {"name": CALL_TOOLS, "arguments": arguments})
    body = json.dumps(message).replace('"CALLS"', ",".join(calls))
    answer = caller.post(body.encode(), headers=caller.headers(message))
    return caller.checked(answer.result)["results"], answer.body


# Input


@pytest.mark.parametrize("place", cases())
def test_a_forbidden_word_is_found_in_what_a_client_sends(alice: Caller, shared_recording: Recording, place: Any) -> None:
    marks, calls = [], []
    for case in CASES:
        chance, value = made(place, case)
        marks.append(nonce())
        arguments = {"mark": marks[-1], "a": noise(chance), "value": value}
        calls.append(f'{{"name": "mirror", "args": {encoded(chance, arguments)}}}')
    items, _ = call(alice, "guarded", calls)
    passed = [(case, calls[case]) for case, item in enumerate(items) if item["status"] != "blocked_input"]
    assert not passed, passed[0]
    sent = "\n".join(shared_recording.lines)
    assert not [mark for mark in marks if mark in sent], "a blocked input leaves no trace at the server"


@pytest.mark.parametrize("place", cases())
def test_a_decent_word_in_the_same_disguise_passes_unchanged(alice: Caller, place: Any) -> None:
    values, calls = [], []
    for case in CASES:
        chance, value = made(place, case, DECENT.__getitem__)
        values.append({"a": noise(chance), "value": value})
        calls.append(f'{{"name": "mirror", "args": {encoded(chance, values[-1])}}}')
    items, _ = call(alice, "guarded", calls)
    for case, (item, value) in enumerate(zip(items, values, strict=True)):
        assert item["status"] == "success", (case, calls[case], item)
        assert json.loads(item["response"]) == value, case


# Output

SURFACES: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: {"content": [{"type": "text", "text": value if isinstance(value, str) else json.dumps(value)}]},
    "structured content": lambda value: {"content": [], "structuredContent": {"value": value}},
    "_meta": lambda value: {"content": [], "_meta": {"vendor/x": value}},
    "an embedded resource": lambda value: {
        "content": [{"type": "resource", "resource": {"uri": "file:///a", "text": value if isinstance(value, str) else json.dumps(value)}}]
    },
    "an error of the tool": lambda value: {"content": [{"type": "text", "text": "no"}], "x": value, "isError": True},
}


@pytest.mark.parametrize("place", cases())
def test_t39_a_forbidden_word_is_found_in_what_a_server_answers(alice: Caller, place: Any) -> None:
    """And nothing that stands around it reaches the client."""
    marks, calls = [], []
    for case in CASES:
        chance, value = made(place, case)
        surface = list(SURFACES.values())[case % len(SURFACES)]
        if place is in_adjacent_values and surface in (SURFACES["text"], SURFACES["an embedded resource"]):
            surface = SURFACES["structured content"]  # as one text it is not spread over values any more
        marks.append(nonce())
        answer = encoded(chance, surface([value, marks[-1]]) if surface is not SURFACES["text"] else surface(value) | {"x-mark": marks[-1]})
        hidden = base64.b64encode(answer.encode()).decode()
        calls.append(json.dumps({"name": "answer", "args": {"base64": hidden}}))
    items, body = call(alice, "answering", calls)
    passed = [
        (case, base64.b64decode(json.loads(calls[case])["args"]["base64"]))
        for case, item in enumerate(items)
        if item["status"] != "blocked_output"
    ]
    assert not passed, passed[0]
    assert not [mark for mark in marks if mark.encode() in body], "of a blocked output nothing reaches the client"
    for item in items:
        assert item["response"] == "" and not {"content", "structuredContent", "_meta", "upstream_error"} & item.keys()


# Ways of writing a number, and a URI

NUMBERS = ["7.340032e6", "734003200E-2", "0.7340032e+7", "-7340032.0e0", "7340032.000", "73400.32e2", "0.00000007340032e14"]
URIS = ["https://example.com/%6eightfall", "https://example.com/?q=n%69ght%66all&x=%20", "%256eightfall", "file:///open%20sesame", "https://example.com/?q=open+sesame&x"]


@pytest.mark.parametrize("text", [*NUMBERS, *map(json.dumps, URIS), *(json.dumps({"uri": uri}) for uri in URIS)])
def test_t39_no_way_of_writing_a_number_or_a_uri_hides_it(alice: Caller, shared_recording: Recording, text: str) -> None:
    mark = nonce()
    [item], _ = call(alice, "guarded", [f'{{"name": "mirror", "args": {{"mark": "{mark}", "value": {text}}}}}'])
    assert item["status"] == "blocked_input" and not [line for line in shared_recording.lines if mark in line]
    hidden = base64.b64encode(f'{{"content": [], "structuredContent": {{"value": {text}}}}}'.encode()).decode()
    [item], _ = call(alice, "answering", [json.dumps({"name": "answer", "args": {"base64": hidden}})])
    assert item["status"] == "blocked_output"


# Bounds


@pytest.mark.parametrize("layers", [1, 2, 5, 9, 12])
def test_no_number_of_layers_hides_a_word(alice: Caller, layers: int) -> None:
    """Either it is found or the message is refused."""
    text = WORD
    for _ in range(layers):
        text = text.replace("\\", "\\\\").replace("night", "\\u006eight")
    for message in (text, f"so: {text}"):
        assert alice.item("guarded", "mirror", message=message)["status"] == "blocked_input"
    nested: Any = {"a": f"\n{WORD}"}
    for _ in range(layers):
        nested = json.dumps([nested, "\u00e9"]).replace("fall", "f\\u0061ll") if layers < 9 else json.dumps([nested])
    assert alice.item("guarded", "mirror", message=nested)["status"] == "blocked_input"


def test_a_text_of_nothing_but_escapes_is_read_in_time(alice: Caller) -> None:
    for message in ("\\" * 300_000, "\\u005c" * 60_000, json.dumps(["\\n"] * 50_000), '{"a":"' * 20_000, "&#38;" * 60_000, "&amp" * 75_000):
        assert alice.item("guarded", "mirror", message=message)["status"] in ("success", "blocked_input")
