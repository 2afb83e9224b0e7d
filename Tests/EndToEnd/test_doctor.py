"""`doctor`: what is wrong, and what to do about it."""

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from support.administration import Administration
from support.cli import run
from support.documents import document, remote, server


def checkup(admin: Administration, *words: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit status, and the findings by the first word of their check."""
    ended = admin.run("doctor", *words)
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in ended.json["checks"]:
        found.setdefault(finding["check"].split(" ")[0], []).append(finding)
    statuses = {finding["status"] for findings in found.values() for finding in findings}
    worst = "problem" if "problem" in statuses else "warning" if "warning" in statuses else "ok"
    assert ended.json["status"] == worst and ended.status == (1 if worst == "problem" else 0)
    return ended.status, found


@pytest.fixture
def admin(tmp_path: Path) -> Administration:
    found = Administration(tmp_path / "config.json", document([server("stage")]))
    tmp_path.chmod(0o700)
    return found


def test_a_gateway_that_is_well(admin: Administration) -> None:
    admin.do("apikey", "migrate")
    status, found = checkup(admin)
    assert status == 0 and all(finding["status"] == "ok" for findings in found.values() for finding in findings), found
    assert "tool(s) in" in found["server"][0]["detail"] and found["audit"][0]["detail"].startswith("1 line")


def test_servers_that_do_not_start_and_are_not_reached(tmp_path: Path) -> None:
    broken = server("broken")
    broken["config"] = {"command": "/nonexistent/program"}
    far = remote("far", "http://127.0.0.1:9/mcp")
    admin = Administration(tmp_path / "config.json", document([server("stage"), broken, far]))
    status, found = checkup(admin)
    assert status == 1 and [finding["status"] for finding in found["server"]] == ["ok", "problem", "problem"]
    status, found = checkup(admin, "--skip-servers")
    assert status == 0 and "server" not in found


def test_permissions_keys_clock_and_record(admin: Administration) -> None:
    admin.do("user", "create", "--email", "a@example.com")
    record = admin.path.with_name("config.json.audit.jsonl")
    record.write_text(record.read_text().replace("a@example.com", "b@example.com") * 2)
    admin.path.chmod(0o644)
    later = time.time() + 7200
    os.utime(admin.path, (later, later))
    status, found = checkup(admin, "--skip-servers")
    assert status == 1
    assert found["permissions"][0]["advice"] == f"chmod 600 {admin.path}"
    text = admin.run("doctor", "--skip-servers", "--output", "table").stdout
    assert f"warning  permissions: {admin.path} has the mode 644\n           -> chmod 600 {admin.path}\n" in text
    assert "6 of 6 keys" in found["keys"][0]["detail"] and "apikey migrate" in found["keys"][0]["advice"]
    assert "written later" in found["clock"][0]["detail"]
    assert found["audit"][0]["status"] == "problem" and "audit.jsonl:2" in found["audit"][0]["detail"]


def test_a_port_that_is_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        admin = Administration(tmp_path / "config.json", document([], gateway={"port": port}))
        _, found = checkup(admin)
    assert found["port"][0]["status"] == "warning" and f"127.0.0.1:{port} is in use" in found["port"][0]["detail"]


def test_the_port_of_the_rest_api_is_tried_where_serve_serves_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        definition = document([], gateway={"port": 0})
        for enabled, status in ((False, None), (True, "warning")):
            definition["admin_api"] = {"enabled": enabled, "port": port}
            _, found = checkup(Administration(tmp_path / "config.json", definition))
            assert [finding["status"] for finding in found.get("admin_api", [])] == ([status] if status else [])
        assert f"127.0.0.1:{port} is in use" in found["admin_api"][0]["detail"] and "admin_api.port" in found["admin_api"][0]["advice"]
    definition["gateway"] = {**definition["gateway"], "port": port}
    status, found = checkup(Administration(tmp_path / "config.json", definition))
    assert status == 1 and "the gateway's own place" in found["admin_api"][0]["detail"]


def test_a_configuration_that_is_wrong_or_missing(admin: Administration, tmp_path: Path) -> None:
    admin.path.write_text(admin.path.read_text().replace('"server_name": "stage"', '"server_name": 5'))
    status, found = checkup(admin)
    assert status == 1 and "config.json:" in found["configuration"][0]["detail"]
    nowhere = run("doctor", environment={"HOME": str(tmp_path / "none")})
    assert nowhere.status == 1 and "generate-config" in nowhere.json["checks"][0]["advice"]


def test_a_plugin_that_nobody_offers(tmp_path: Path) -> None:
    guardrails = [{"name": "k", "provider": "custom_keywords", "config": {}}]
    admin = Administration(tmp_path / "config.json", document([], guardrails=guardrails))
    status, found = checkup(admin)
    assert status == 1 and 'did you mean "custom_keyword"?' in str(found)
