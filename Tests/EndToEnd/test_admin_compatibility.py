"""Configurations as the original writes them: they load, and an edit keeps every key of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.administration import Administration

FILES = Path(__file__).with_name("originals")


def leaves(value: Any, path: str = "") -> dict[str, str]:
    """Every scalar, as JSON text, by its place; empty objects and arrays too."""
    if isinstance(value, dict) and value:
        return {place: text for name, inner in value.items() for place, text in leaves(inner, f"{path}/{name}").items()}
    if isinstance(value, list) and value:
        return {place: text for index, inner in enumerate(value) for place, text in leaves(inner, f"{path}/{index}").items()}
    return {path: json.dumps(value)}


@pytest.mark.parametrize("version", ["2.1.2", "2.2.4"])
def test_an_original_configuration_survives_an_edit(tmp_path: Path, version: str) -> None:
    text = (FILES / f"enkrypt_mcp_config-{version}.json").read_text()
    admin = Administration(tmp_path / "config.json", text)
    before = json.loads(text)
    assert admin.do("system", "health-check").json["status"] == "healthy"
    [name] = [config["mcp_config_name"] for config in admin.do("config", "list").json]
    user = admin.line("user_id", "user", "create", "--email", "new@example.com")
    admin.do("config", "add-server", "--config-name", name, "--server-name", "new", "--server-command", "true")
    after = admin.document
    kept = leaves(after)
    changed = {place for place, value in leaves(before).items() if kept.get(place) != value}
    assert all(place.endswith("/updated_at") for place in changed), changed
    assert list(after) == list(before) and user in after["users"]
    # Numbers and layout too: but for what was added, every line of the file is still there, in its order.
    lines = iter(admin.path.read_text().splitlines())
    missing = [line for line in text.splitlines() if not any(line.rstrip(",") == other.rstrip(",") for other in lines)]
    assert missing == []


@pytest.mark.parametrize("version", ["2.1.2", "2.2.4"])
def test_its_key_can_be_rotated_and_migrated(tmp_path: Path, version: str) -> None:
    text = (FILES / f"enkrypt_mcp_config-{version}.json").read_text()
    admin = Administration(tmp_path / "config.json", text)
    [key] = json.loads(text)["apikeys"]
    admin.do("apikey", "migrate")
    assert key not in admin.path.read_text()
    assert len(admin.line("new_api_key", "user", "rotate-api-key", "--api-key", "-", stdin=key)) == 48
