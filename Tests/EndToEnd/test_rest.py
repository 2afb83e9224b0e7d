"""The REST API: every route of the original, with its bodies and answers, and real ids and keys in them."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.documents import ALICE, BOB, POLICY, document, server
from support.gateway import Gateway
from support.raw import Caller
from support.rest import Rest, administered, identity, port_of

SECRET = "canary-secret-0123456789"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
KEY = re.compile(r"[\w-]{48}")


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    found = administered(document([server("stage", env={"API_TOKEN": SECRET}), server("other")]))
    return start_shared(found)


@pytest.fixture(scope="module")
def api(gateway: Gateway) -> Rest:
    return Rest(port_of(gateway))


def stored(gateway: Gateway) -> Any:
    return json.loads(gateway.config.read_text())


def test_health_and_readiness_need_no_key(gateway: Gateway, api: Rest) -> None:
    stranger = api.with_key(None)
    health = stranger.get("//health")
    assert health.status == 200 and list(health.json) == [
        "message",
        "data",
        "timestamp",
    ]
    assert health.json["data"] == {
        "version": "0.1.0",
        "config_path": gateway.config.name,
    }
    assert stranger.get("//ready").status == 200
    assert stranger.request("HEAD", "//health").body == b""


def test_configs(gateway: Gateway, api: Rest) -> None:
    made = api.done("POST", "/configs", {"config_name": "made"})
    assert made["config_name"] == "made" and ID.fullmatch(made["config_id"])
    assert made["config_id"] in stored(gateway)["mcp_configs"]
    assert api.done("POST", "/configs/copy", {"source_config": "shared", "target_config": "copied"})
    assert {found["mcp_config_name"] for found in api.done("GET", "/configs")} >= {
        "shared",
        "made",
        "copied",
    }
    assert api.done("PUT", "/configs/copied/rename", {"new_name": "renamed"}) is None
    assert api.done("GET", "/configs/renamed")["mcp_config"][0]["server_name"] == "stage"
    assert [found["match_type"] for found in api.done("POST", "/configs/search", {"search_term": "renam"})] == ["config_name"]
    assert [found["project_id"] for found in api.done("GET", "/configs/config-1/projects")] == ["project-alice", "project-bob"]
    assert api.done("POST", "/configs/renamed/validate") == {
        "valid": True,
        "issues": [],
        "warnings": [],
    }
    assert api.done("DELETE", "/configs/renamed") is None
    assert api.done("DELETE", f"/configs/{made['config_id']}") is None
    for method, path, body, status in (
        ("POST", "/configs", {"config_name": "shared"}, 400),
        (
            "POST",
            "/configs/copy",
            {"source_config": "nobody", "target_config": "x"},
            400,
        ),
        ("GET", "/configs/nobody", None, 404),
        ("DELETE", "/configs/config-1", None, 400),
        ("PUT", "/configs/nobody/rename", {"new_name": "x"}, 404),
    ):
        answer = api.request(method, path, body)
        assert answer.status == status, answer.body
        assert answer.json["detail"]["status"] == "error" and answer.json["detail"]["error"]["code"].startswith("CONFIG_")


def test_servers_and_their_policies(gateway: Gateway, api: Rest) -> None:
    entry = {
        "server_name": "files",
        "server_command": "npx",
        "args": ["-y", "@x/files"],
        "env": {"TOKEN": SECRET},
        "tools": {"read": "reads"},
        "description": "Files",
        "input_guardrails_policy": POLICY,
        "output_guardrails_policy": POLICY,
    }
    api.done("POST", "/configs", {"config_name": "servers"})
    assert api.done("POST", "/configs/servers/servers", entry) is None
    [listed] = api.done("GET", "/configs/servers/servers")
    assert listed["server_name"] == "files" and listed["tools"] == 1 and listed["input_guardrails_enabled"] is True
    assert (
        api.done(
            "PUT",
            "/configs/servers/servers/files",
            {"server_command": "uvx", "description": "More files"},
        )
        is None
    )
    shown = api.get("/configs/servers/servers/files")
    assert shown.json["data"]["config"]["command"] == "uvx" and SECRET not in shown.body.decode()
    in_clear = api.done("GET", "/configs/servers/servers/files?show_secrets=true")
    assert in_clear["config"]["env"]["TOKEN"] == SECRET
    disabled = {"enabled": False, "policy_name": "", "block": []}
    assert (
        api.done(
            "PUT",
            "/configs/servers/servers/files/input-guardrails",
            {"policy": disabled},
        )
        is None
    )
    assert (
        api.done(
            "PUT",
            "/configs/servers/servers/files/output-guardrails",
            {"policy": disabled},
        )
        is None
    )
    both = {"input_policy": POLICY, "output_policy": POLICY}
    assert api.done("PUT", "/configs/servers/servers/files/guardrails", both) is None
    assert api.done("DELETE", "/configs/servers/servers/files") is None
    assert api.done("DELETE", "/configs/servers/servers") is None
    assert api.get("/configs/servers/servers/files").status == 404
    assert api.get("/configs/nobody/servers").status == 404
    assert (
        api.post(
            "/configs/servers/servers",
            {"server_name": "both", "server_command": "x", "server_url": "http://x"},
        ).status
        == 422
    )
    api.done("DELETE", "/configs/servers")


def test_a_name_with_a_slash_is_reached_by_its_escape(api: Rest) -> None:
    api.done("POST", "/configs", {"config_name": "a/b c"})
    assert api.done("GET", "/configs/a%2Fb%20c")["mcp_config_name"] == "a/b c"
    assert api.get("/configs/a%2").status == 400
    api.done("DELETE", "/configs/a%2Fb%20c")


def test_projects_and_their_users(api: Rest) -> None:
    made = api.done("POST", "/projects", {"project_name": "Research"})
    assert made["project_name"] == "Research" and ID.fullmatch(made["project_id"])
    place = f"/projects/{made['project_id']}"
    assert api.done("POST", f"{place}/assign-config", {"config_name": "shared"}) is None
    assert api.done("GET", f"{place}/config")["mcp_config_id"] == "config-1"
    assert api.done("POST", f"{place}/users", {"email": "bob@example.com"}) is None
    assert api.done("POST", f"{place}/users", {"user_id": "user-alice"}) is None
    assert [user["email"] for user in api.done("GET", f"{place}/users")] == [
        "bob@example.com",
        "alice@example.com",
    ]
    assert api.done("DELETE", f"{place}/users/bob@example.com") is None
    assert api.done("DELETE", f"{place}/users") is None
    assert api.done("GET", "/projects/Research")["project_id"] == made["project_id"]
    assert api.done("POST", "/projects/search", {"search_term": "resea"})[0]["project_name"] == "Research"
    assert api.done("POST", f"{place}/export")["project"]["project_name"] == "Research"
    assert api.done("POST", f"{place}/unassign-config") is None
    assert api.get(f"{place}/config").status == 404
    missing = api.post(f"{place}/assign-config", {})
    assert missing.status == 422 and missing.json["detail"][0]["loc"] == [
        "body",
        "config_name",
    ]
    assert api.done("DELETE", place) is None
    assert api.get(place).status == 404 and isinstance(api.get(place).json["detail"], str)


def test_users_and_keys(gateway: Gateway, api: Rest) -> None:
    made = api.done("POST", "/users", {"email": "carol@example.com"})
    assert ID.fullmatch(made["user_id"])
    api.done("POST", "/projects/project-alice/users", {"email": "carol@example.com"})
    issued = api.done("POST", "/users/carol@example.com/api-keys", {"project_id": "project-alice"})
    key = issued["api_key"]
    assert KEY.fullmatch(key) and key not in gateway.config.read_text()
    assert Caller(gateway, key).rpc("tools/list").status == 200, "the key works at the next call"
    [listed] = api.done("GET", "/users/carol@example.com/api-keys?project_identifier=project-alice")
    assert listed["key_id"] == identity(key) and key not in json.dumps(listed)
    assert api.done("GET", "/users/carol@example.com/api-keys?project_identifier=project-bob") == []
    for verb, status in (("disable", 401), ("enable", 200)):
        assert api.done("POST", f"/api-keys/{key}/{verb}") is None, "the original's form: the key in the URL"
        assert Caller(gateway, key).rpc("tools/list").status == status
    rotated = api.done("POST", "/api-keys/rotate", {"api_key": identity(key)})
    new = rotated["new_api_key"]
    assert KEY.fullmatch(new) and Caller(gateway, key).rpc("tools/list").status == 401
    assert api.done("DELETE", f"/api-keys/{identity(new)}") is None
    assert Caller(gateway, new).rpc("tools/list").status == 401
    assert {row["key_id"] for row in api.done("GET", "/api-keys")} >= {
        identity(ALICE),
        identity(BOB),
    }
    assert api.done("PUT", "/users/carol@example.com", {"new_email": "caroline@example.com"}) is None
    assert api.done("GET", f"/users/{made['user_id']}")["email"] == "caroline@example.com"
    assert api.done("GET", "/users/caroline@example.com/projects")[0]["project_id"] == "project-alice"
    assert api.done("POST", "/users/search", {"search_term": "caroline"})[0]["user_id"] == made["user_id"]
    assert api.done("DELETE", "/users/caroline@example.com/api-keys") is None
    assert api.delete("/users/caroline@example.com").status == 400
    assert api.done("DELETE", "/users/caroline@example.com", {"force": True}) is None
    assert api.post("/users", {"email": "nobody"}).status == 422
    assert api.post("/api-keys/rotate", {"api_key": "0123456789ab"}).status == 400
    assert api.delete("/api-keys/0123456789ab").status == 404


def test_export_and_backup_give_the_document_and_import_and_restore_take_it(gateway: Gateway, api: Rest) -> None:
    exported = api.done("POST", "/configs/shared/export")
    assert exported["config"]["mcp_config"][0]["config"]["env"]["API_TOKEN"] == SECRET, "an export is whole"
    assert ID.fullmatch(api.done("POST", "/configs/import", {"document": exported, "config_name": "imported"})["config_id"])
    backup = api.done("POST", "/system/backup")
    assert backup["backup_version"] == "1.0" and backup["config"] == stored(gateway)
    api.done("DELETE", "/configs/imported")
    assert api.done("POST", "/system/restore", {"document": backup}) is None
    assert "imported" in [found["mcp_config_name"] for found in api.done("GET", "/configs")]
    api.done("DELETE", "/configs/imported")


def test_files_are_bare_names_in_the_backup_folder(gateway: Gateway, api: Rest) -> None:
    assert api.done("POST", "/configs/shared/export", {"output_file": "shared.json"}) == {"output_file": "shared.json"}
    written = gateway.config.parent / "backups" / "shared.json"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600 and stat.S_IMODE(written.parent.stat().st_mode) == 0o700
    assert api.post("/configs/shared/export", {"output_file": "shared.json"}).status == 400, "nothing is overwritten"
    api.done(
        "POST",
        "/configs/import",
        {"input_file": "shared.json", "config_name": "from file"},
    )
    api.done("DELETE", "/configs/from%20file")
    api.done("POST", "/system/backup", {"output_file": "all.json"})
    assert api.done("POST", "/system/restore", {"input_file": "all.json"}) is None


def test_system_and_audit(api: Rest) -> None:
    report = api.done("GET", "/system/health")
    assert report["status"] == "healthy" and report["statistics"]["total_projects"] == 3
    assert api.done("GET", "/audit/verify")["valid"] is True
    lines = api.done("GET", "/audit?limit=5")
    assert len(lines) == 5 and "admin_apikey from 127.0.0.1" in {line["actor"] for line in api.done("GET", "/audit")}


def test_a_reset_wants_a_confirmation_and_gives_the_new_keys(start: Start) -> None:
    gateway = start(administered(document([server("stage")])))
    api = Rest(port_of(gateway))
    assert api.post("/system/reset").status == 400
    made = api.done("POST", "/system/reset", {"confirm": True})
    assert api.get("/users").status == 401, "the keys before are gone"
    assert [user["email"] for user in api.with_key(made["admin_apikey"]).done("GET", "/users")] == ["default@example.com"]
    assert Caller(gateway, made["api_key"]).rpc("tools/list").status == 200


def test_a_new_administrators_key_replaces_the_one_before(start: Start) -> None:
    api = Rest(port_of(start(administered(document([server("stage")])))))
    made = api.done("POST", "/system/admin-key")
    assert KEY.fullmatch(made["admin_apikey"]) and api.get("/users").status == 401
    assert api.with_key(made["admin_apikey"]).get("/users").status == 200


# What only this API has


def test_pages(api: Rest) -> None:
    everything = api.done("GET", "/api-keys")
    first = api.get("/api-keys?limit=2")
    assert first.json["data"] == everything[:2] and first.headers["x-total-count"] == str(len(everything))
    following = re.fullmatch(r'</api/v1(/api-keys\?limit=2&offset=2)>; rel="next"', first.headers["link"])
    assert following and api.done("GET", following[1]) == everything[2:4]
    last = api.get(f"/api-keys?limit=2&offset={len(everything) - 1}")
    assert last.json["data"] == everything[-1:] and 'rel="next"' not in last.headers["link"]
    for query in (
        "limit=0",
        "limit=1001",
        "limit=x",
        "offset=-1",
        "frobnicate=1",
        "limit=99999999999999999999",
    ):
        assert api.get(f"/api-keys?{query}").status == 422, query


def test_a_change_thought_out_for_another_revision_is_refused(gateway: Gateway, api: Rest) -> None:
    tag = api.get("/configs").headers["etag"]
    assert api.get("/configs", headers={"If-None-Match": tag}).status == 304
    made = api.post("/projects", {"project_name": "Mine"}, headers={"If-Match": tag})
    assert made.status == 200 and made.headers["etag"] != tag
    before = gateway.config.read_bytes()
    late = api.post("/projects", {"project_name": "Late"}, headers={"If-Match": tag})
    assert late.status == 412 and gateway.config.read_bytes() == before
    assert api.delete("/projects/Mine", headers={"If-Match": "*"}).status == 200
    assert api.post("/projects", {"project_name": "X"}, headers={"If-Match": "no-tag"}).status == 400


def test_what_more_than_the_file_says_has_no_tag(api: Rest) -> None:
    """When keys were used, what is on record, and which plugins there are changes without the file."""
    for path in ("/api-keys", "/users/user-alice", "/users/user-alice/api-keys", "/audit", "/audit/verify", "/plugins", "/system/health"):
        answer = api.get(path)
        assert answer.status == 200 and "etag" not in answer.headers, path


def test_a_create_that_is_sent_again_is_not_done_again(api: Rest) -> None:
    headers = {"Idempotency-Key": "once"}
    first = api.post("/users/user-alice/api-keys", {"project_id": "project-alice"}, headers=headers)
    again = api.post("/users/user-alice/api-keys", {"project_id": "project-alice"}, headers=headers)
    assert first.status == again.status == 200 and first.body == again.body
    assert again.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers
    other = api.post("/users/user-alice/api-keys", {"project_id": "project-bob"}, headers=headers)
    assert other.status == 422 and "another request" in other.json["detail"][0]["msg"]
    api.done("DELETE", f"/api-keys/{first.json['data']['key_id']}")
    refused = {"Idempotency-Key": "twice"}
    assert [api.post("/users", {"email": "bob@example.com"}, headers=refused).status for _ in range(2)] == [400, 400]


def test_a_dry_run_shows_the_change_and_makes_none(gateway: Gateway, api: Rest) -> None:
    before = gateway.config.read_bytes()
    entry = {"server_name": "dry", "server_command": "x", "env": {"TOKEN": SECRET}}
    preview = api.done("POST", "/configs/shared/servers?dry_run=true", entry)
    assert preview["dry_run"] is True and preview["changes"][0]["path"] == "/mcp_configs/config-1/mcp_config/2"
    assert SECRET not in json.dumps(preview) and gateway.config.read_bytes() == before


def test_names_may_be_ids_and_the_other_way_round(api: Rest) -> None:
    assert api.done("GET", "/projects/Bob's")["project_id"] == "project-bob"
    assert api.done("GET", "/configs/shared")["mcp_config_id"] == "config-1"
    assert api.put("/users/user-bob", {"new_email": "x@example.com", "user_id": "user-alice"}).status == 422


def test_t42_a_change_counts_at_the_next_call_and_others_go_on(gateway: Gateway, api: Rest) -> None:
    bob = Caller(gateway, BOB, revision="2025-06-18").initialize()
    process = json.loads(bob.text("stage", "identity"))["pid"]
    entry = server("second")["config"]
    api.done(
        "POST",
        "/configs/shared/servers",
        {
            "server_name": "second",
            "server_command": entry["command"],
            "args": entry["args"],
        },
    )
    assert bob.text("second", "echo", message="hello") == "hello"
    api.done("PUT", "/configs/shared/servers/second", {"description": "Another"})
    assert json.loads(bob.text("stage", "identity"))["pid"] == process, "a server that was not changed goes on"
    wrong = api.put(
        "/configs/shared/servers/second/input-guardrails",
        {"policy": {"enabled": True, "provider": "nobody"}},
    )
    assert wrong.status == 400 and "input_guardrails_policy/provider" in wrong.body.decode()
    assert bob.text("second", "echo", message="still") == "still"
    api.done("DELETE", "/configs/shared/servers/second")
    assert json.loads(bob.text("stage", "identity"))["pid"] == process


def test_a_missing_or_broken_file_is_said(start: Start, tmp_path: Path) -> None:
    gateway = start(administered(document([server("stage")])))
    api = Rest(port_of(gateway))
    text = gateway.config.read_text()
    gateway.write_text(text[:-20])
    assert api.with_key(None).get("//ready").status == 503 and api.with_key(None).get("//health").status == 200
    broken = api.get("/users")
    assert broken.status == 500 and broken.json["error"]["code"] == "CONFIG_001"
    gateway.config.unlink()
    missing = api.get("/users")
    assert missing.status == 500 and missing.json["error"]["code"] == "CONFIG_002"
    gateway.write_text(text)
    assert api.get("/users").status == 200
