"""`config schema`: current, named by generated configurations, and of one mind with the gateway about what a document may hold."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.cli import run
from support.documents import document, keyword_guardrail, remote, server
from support.places import REPOSITORY

ORIGINALS = Path(__file__).with_name("originals")
SCHEMA = json.loads(run("config", "schema").stdout)
VALIDATOR = Draft202012Validator(SCHEMA)


def test_the_schema_in_the_repository_is_the_one_that_the_command_prints() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    golden = (REPOSITORY / "docs" / "config.schema.json").read_text(encoding="utf-8")
    assert golden == run("config", "schema").stdout, "run: secure-mcp-gateway config schema > docs/config.schema.json"


def test_a_generated_configuration_names_its_schema_and_fits_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    assert run("generate-config", "--config", path).status == 0
    generated = json.loads(path.read_text(encoding="utf-8"))
    named = tmp_path / generated["$schema"]
    assert json.loads(named.read_text(encoding="utf-8")) == SCHEMA
    VALIDATOR.validate(generated)


def test_documents_that_the_gateway_takes_fit_the_schema() -> None:
    pages = (REPOSITORY / "docs" / "CONFIGURATION.md").read_text(encoding="utf-8")
    example = re.search(r"<!-- check: document -->\n```json\n(.*?)^```$", pages, re.DOTALL | re.MULTILINE)
    assert example
    servers = [server("stage", guarded=True), remote("far", "http://127.0.0.1:1/mcp", config={"transport": "http"})]
    for taken in (json.loads(example[1]), document(servers, guardrails=[keyword_guardrail()])):
        VALIDATOR.validate(taken)


@pytest.mark.parametrize("file", sorted(ORIGINALS.glob("*.json")), ids=lambda file: file.stem)
def test_documents_of_the_original_fit_the_schema(file: Path) -> None:
    VALIDATOR.validate(json.loads(file.read_text(encoding="utf-8")))


def _set(value: Any, *path: Any) -> Any:
    """A document with one value of `path` replaced."""
    changed = copy.deepcopy(document([server("stage", guarded=True)], guardrails=[keyword_guardrail()]))
    at = changed
    for step in path[:-1]:
        at = next(iter(at.values())) if step == "*" else at[step]
    at[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    "wrong",
    [
        _set("8000", "gateway", "port"),
        _set(70000, "gateway", "port"),
        _set(True, "gateway", "hots"),
        _set("sometimes", "plugins", "trust"),
        _set([{"name": "x"}], "plugins", "guardrails"),
        _set([{"provider": "custom_keyword", "on_failure": "shrug"}], "plugins", "guardrails"),
        _set(3, "mcp_configs", "*", "mcp_config_name"),
        _set({}, "mcp_configs", "*", "mcp_config", 0, "config", "command"),
        _set([1], "mcp_configs", "*", "mcp_config", 0, "config", "args"),
        _set("yes", "mcp_configs", "*", "mcp_config", 0, "input_guardrails_policy", "enabled"),
        _set(["unheard_of"], "mcp_configs", "*", "mcp_config", 0, "input_guardrails_policy", "block"),
        _set(-1, "common_mcp_gateway_config", "timeout_settings", "guardrail_timeout"),
        _set([1], "projects", "*", "users"),
    ],
)
def test_what_the_schema_refuses_the_gateway_refuses(wrong: Any, tmp_path: Path) -> None:
    assert list(VALIDATOR.iter_errors(wrong))
    path = tmp_path / "config.json"
    path.write_text(json.dumps(wrong), encoding="utf-8")
    path.chmod(0o600)
    assert run("config", "validate", "--config", path).status == 1
