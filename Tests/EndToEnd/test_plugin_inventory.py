"""`plugin list` and `plugin info`: what lies on the search path, and what any library is."""

import json
from pathlib import Path
from typing import Any

import pytest
from support import libraries, plugins
from support.administration import Administration
from support.cli import run
from support.documents import document
from support.libraries import Faulty


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gateway's plugins, a good one from elsewhere, and one that it refuses."""
    folder = plugins.folder_with(tmp_path_factory.mktemp("inventory") / "plugins", plugins.OWN, [])
    libraries.header_example(folder)
    (folder / "length.c").unlink()
    Faulty(libraries.FAULTY / "null_check.c").build(folder)
    return folder


@pytest.fixture
def admin(folder: Path, tmp_path: Path) -> Administration:
    guardrails = [{"name": "not too long", "provider": "length"}]
    config = document([], guardrails=guardrails, plugins={"path": [str(folder), str(tmp_path / "missing")]})
    return Administration(tmp_path / "config" / "config.json", config)


def by_file(entries: list[Any]) -> dict[str, Any]:
    return {Path(entry["file"]).name: entry for entry in entries}


def test_the_list_has_every_library_and_who_uses_it(admin: Administration, folder: Path) -> None:
    found = by_file(admin.do("plugin", "list").json)
    assert set(found) == {path.name for path in folder.iterdir()} | {"missing"}
    length = found["libLengthGuardrail.so"]
    assert length["status"] == "loadable" and length["plugin"] == "dev.example.length" and length["version"] == "1.0.0"
    assert length["providers"] == [{"kind": "guardrail", "name": "length", "promises": ["inline"], "takes": ["input"]}]
    assert length["used_by"] == ["guardrail not too long"] and not length["built_in"] and len(length["sha256"]) == 64
    assert found["libLocalAPIKeyAuth.so"]["used_by"] == ["auth local_apikey"]
    assert found["libStdoutTelemetry.so"]["providers"][0]["takes"] == ["logs", "spans", "metrics"]
    refused = found["libnull_check.so"]
    assert (refused["status"], refused["rule"]) == ("refused", "tables") and "plugin check" in refused["fix"] and "plugin" not in refused
    assert found["missing"]["rule"] == "search_path"
    assert "dev.example.length" in admin.do("plugin", "list", "--output", "table").stdout


def test_untrusted_libraries_are_named_and_not_run(admin: Administration, folder: Path) -> None:
    config = admin.document
    config["plugins"] |= {"trust": "allowlist", "allowlist": ["0" * 64]}
    admin.path.write_text(json.dumps(config))
    found = by_file(admin.do("plugin", "list").json)
    assert {entry["rule"] for entry in found.values()} == {"trust", "search_path"}
    assert all("plugin" not in entry for entry in found.values())


@pytest.mark.parametrize("name", ["length", "dev.example.length", "libLengthGuardrail.so"])
def test_a_library_is_found_by_each_of_its_names(admin: Administration, name: str) -> None:
    info = admin.do("plugin", "info", name).json
    assert info == admin.do("plugin", "info", "--name", name).json
    assert info["plugin"] == "dev.example.length"
    assert info["providers"][0]["config_schema"] == {"type": "object", "additionalProperties": False}


def test_a_name_that_nobody_has_is_refused_with_one_that_is_like_it(admin: Administration) -> None:
    message = admin.refused("plugin", "info", "lenght")
    assert "'lenght'" in message and 'Did you mean "length"?' in message


def test_a_library_anywhere_is_shown_without_a_configuration(folder: Path) -> None:
    info = run("plugin", "info", folder / "libLengthGuardrail.so", "--config", "/nowhere.json")
    assert info.status == 0 and info.json["providers"][0]["name"] == "length"
    refused = run("plugin", "info", folder / "libnull_check.so")
    assert refused.status == 1 and refused.json["rule"] == "tables"
    assert run("plugin", "info").status == 64
