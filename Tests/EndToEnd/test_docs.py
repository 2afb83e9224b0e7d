"""The documentation keeps its word: its configurations are valid, its plugin builds, loads and blocks.

A block of code is checked when the line before it is the comment `<!-- check: NAME -->`.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import Start
from support.cli import Ended, run
from support.documents import ALICE, NO_POLICY, POLICY, Document, document, server
from support.places import REPOSITORY, plugin_folder
from support.raw import Caller
from support.verdicts import VerdictService

README = "README.md"
CONFIGURATION = "docs/CONFIGURATION.md"
PLUGINS = "docs/PLUGINS.md"


def block(page: str, name: str) -> str:
    """The one block of `page` that is marked as `name`."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = re.findall(rf"^<!-- check: {re.escape(name)} -->\n```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{page} has {len(found)} blocks marked {name}"
    return found[0]


def example() -> Document:
    return json.loads(block(CONFIGURATION, "document"))


def validate(folder: Path, text: str) -> Ended:
    path = folder / "config.json"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return run("config", "validate", "--config", path)


def assert_valid(folder: Path, text: str) -> None:
    ended = validate(folder, text)
    assert ended.status == 0, ended.stderr
    assert ended.json["warnings"] == []


def test_the_complete_example_is_valid(tmp_path: Path) -> None:
    assert_valid(tmp_path, block(CONFIGURATION, "document"))


def test_an_example_with_a_mistake_would_be_noticed(tmp_path: Path) -> None:
    ended = validate(tmp_path, block(CONFIGURATION, "document").replace('"port": 8000', '"port": "8000"'))
    assert ended.status == 1 and "/gateway/port: expected a number, found a string" in ended.stderr


def test_the_server_of_the_readme_is_valid(tmp_path: Path) -> None:
    config = example()
    config["mcp_configs"]["config-1"]["mcp_config"].append(json.loads(block(README, "server")) | {"server_name": "from the readme"})
    assert_valid(tmp_path, json.dumps(config))


def test_the_plugins_of_the_readme_are_valid(tmp_path: Path) -> None:
    assert_valid(tmp_path, json.dumps(example() | json.loads("{" + block(README, "plugins") + "}")))


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """The folder of the plugin guide after its second step."""
    (tmp_path / "plugins").mkdir(mode=0o755)
    (tmp_path / "length.c").write_text(block(PLUGINS, "length.c"), encoding="utf-8")
    environment = {"SMG": str(REPOSITORY), "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", "-euc", "umask 022\n" + block(PLUGINS, "build")], cwd=tmp_path, env=environment, check=True)
    return tmp_path


def test_the_plugin_of_the_guide_is_found(guide: Path) -> None:
    plugins = json.loads("{" + block(PLUGINS, "plugins") + "}")["plugins"]
    own, *others = (path for path in plugins["path"] if not path.startswith("~"))
    assert own == "plugins" and others == []
    plugins["path"] = [own, str(plugin_folder())]
    ended = validate(guide, json.dumps(example() | {"plugins": plugins}))
    assert ended.status == 0, ended.stderr
    assert any(provider in block(PLUGINS, "found") for provider in ended.json["providers_found"])


def test_the_plugin_of_the_guide_blocks_what_is_too_long(guide: Path, start: Start) -> None:
    policy = POLICY | {"provider": "length"}
    alice = Caller(
        start(
            document(
                [server("stage", input_guardrails_policy=policy, output_guardrails_policy=NO_POLICY)],
                guardrails=[{"name": "length", "provider": "length"}],
                plugins={"path": [str(guide / "plugins"), str(plugin_folder())]},
            )
        ),
        ALICE,
    )
    assert alice.text("stage", "echo", message="a" * 64) == "a" * 64
    item = alice.item("stage", "echo", message="a" * 65)
    assert item["status"] == "blocked_input"
    violation = item["input_guardrail_response"]["violations"][0]
    assert violation["type"] == "length" and violation["message"] == "A text is longer than 64 bytes."


def test_several_instances_of_the_plugin_of_the_guide_answer(guide: Path, start: Start) -> None:
    guardrails = [{"name": name, "provider": "length", "timeout": 5} for name in ("first", "second")]
    path = {"path": [str(guide / "plugins"), str(plugin_folder())]}
    alice = Caller(start(document([server("stage", input_guardrails_policy=POLICY)], guardrails=guardrails, plugins=path)), ALICE)
    assert alice.text("stage", "echo", message="hello") == "hello"


def test_the_guide_s_guardrail_that_asks_a_service(tmp_path: Path, start: Start) -> None:
    length = block(PLUGINS, "length.c")
    check = re.search(r"^static void check\(.*?^}$", length, re.DOTALL | re.MULTILINE)
    assert check
    service = VerdictService("banana")
    asking = block(PLUGINS, "ask.c").replace("127.0.0.1:9090", service.address)
    assert service.address in asking
    (tmp_path / "plugins").mkdir(mode=0o755)
    source = "#include <stdlib.h>\n#include <string.h>\n" + length.replace(check[0], asking)
    (tmp_path / "length.c").write_text(source, encoding="utf-8")
    environment = {"SMG": str(REPOSITORY), "PATH": "/usr/bin:/bin"}
    build = block(PLUGINS, "build").replace("cc ", "cc -Wall -Wextra -Werror ")
    subprocess.run(["sh", "-euc", "umask 022\n" + build], cwd=tmp_path, env=environment, check=True)
    guardrails = [{"name": "length", "provider": "length", "egress": {"allow": [service.address]}}]
    path = {"path": [str(tmp_path / "plugins"), str(plugin_folder())]}
    alice = Caller(start(document([server("stage", input_guardrails_policy=POLICY)], guardrails=guardrails, plugins=path)), ALICE)
    assert alice.text("stage", "echo", message="an apple") == "an apple"
    assert alice.item("stage", "echo", message="a banana")["status"] == "blocked_input"
    assert len(service.seen) == 2 and "a banana\n" in service.seen[1]
    service.close()
