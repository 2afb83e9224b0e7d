"""Who may use the REST API, and what nobody may do with it."""

import concurrent.futures
import http.client
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.administration import Administration, audit_lines
from support.cli import run
from support.documents import (
    ALICE,
    BOB,
    DISABLED,
    EXPIRED,
    NOT_A_MEMBER,
    UNKNOWN,
    document,
    server,
)
from support.gateway import Gateway
from support.rest import (
    ADMIN,
    OFFICER,
    Rest,
    StartedAPI,
    administered,
    digest,
    identity,
    port_of,
)

APP = "https://app.example.com"
CANARIES = [f"canary-{name}-0123456789abcdef" for name in ("env", "header", "argument", "oauth", "query", "plugin")]


def canaried() -> dict[str, Any]:
    """A document with a secret in every place that has them."""
    env, header, argument, oauth, query, plugin = CANARIES
    remote = server("remote", egress={"allow": ["127.0.0.1"]})
    remote["config"] = {
        "url": f"http://127.0.0.1:1/mcp?token={query}",
        "headers": {"Authorization": f"Bearer {header}"},
    }
    remote["oauth_config"] = {"enabled": False, "OAUTH_CLIENT_SECRET": oauth}
    stage = server("stage", env={"API_TOKEN": env}, args=["--token", argument])
    return document([stage, remote], common={"enkrypt_api_key": plugin})


@pytest.fixture(scope="module")
def gateway(start_shared: Start) -> Gateway:
    return start_shared(administered(canaried(), allowed_origins=[APP], max_body_bytes=100_000))


@pytest.fixture(scope="module")
def api(gateway: Gateway) -> Rest:
    return Rest(port_of(gateway))


def audit(gateway: Gateway) -> list[Any]:
    return audit_lines(gateway.config)


def operations(api: Rest) -> list[tuple[str, str, str]]:
    """Method, path and command of every operation; parameters stand for things that there are."""
    things = {
        "config_id": "config-1",
        "project_id": "project-bob",
        "user_id": "user-bob",
        "server_name": "stage",
        "api_key": identity(BOB),
        "name": "secure-mcp-gateway.keyword-guardrail",
        "key_name": "acme",
        "sha256": "0" * 64,
    }
    found = []
    for path, methods in api.description.document["paths"].items():
        for method, operation in methods.items():
            if "x-command" in operation:
                found.append(
                    (
                        method.upper(),
                        path.removeprefix("/api/v1").format(**things),
                        operation["x-command"],
                    )
                )
    return found


def test_t32_a_users_key_is_denied_on_every_route_and_each_attempt_is_on_record(gateway: Gateway, api: Rest) -> None:
    alice = api.with_key(ALICE)
    before = gateway.config.read_bytes()
    recorded = len(audit(gateway))
    routes = operations(api)
    assert len(routes) > 50
    for method, path, command in routes:
        answer = alice.request(method, path, {"anything": True} if method != "GET" else None)
        assert answer.status == 403, (command, answer.status)
        assert answer.json["detail"]["error"]["code"] == "AUTH_003"
    assert gateway.config.read_bytes() == before
    lines = audit(gateway)[recorded:]
    assert [line["operation"] for line in lines] == [command for _, _, command in routes]
    assert {(line["outcome"], line["surface"], line["actor"]) for line in lines} == {
        ("denied", "rest", f"key:{identity(ALICE)} from 127.0.0.1")
    }


def test_a_users_key_may_look_at_its_own_project_and_no_other(api: Rest) -> None:
    bob = api.with_key(BOB)
    for path in (
        "/projects/project-bob",
        "/projects/Bob's",
        "/projects/project-bob/users",
        "/projects/project-bob/config",
    ):
        answer = bob.get(path)
        assert answer.status == 200 and not [canary for canary in CANARIES if canary in answer.body.decode()]
    for path in (
        "/projects/project-alice",
        "/projects/no-such-project",
        "/projects/project-alice/config",
    ):
        assert bob.get(path).status == 403, "whether it exists is not told"
    assert bob.get("/configs/config-1").status == 403
    assert api.with_key(NOT_A_MEMBER).get("/projects/project-alice").status == 403


def test_a_key_whose_role_is_admin_administers(api: Rest) -> None:
    assert len(api.with_key(OFFICER).done("GET", "/users")) == 2
    made = api.done(
        "POST",
        "/users/user-bob/api-keys",
        {"project_id": "project-bob", "role": "admin"},
    )
    assert api.with_key(made["api_key"]).get("/users").status == 200
    rotated = api.done("POST", "/api-keys/rotate", {"api_key": made["key_id"]})
    assert api.with_key(rotated["new_api_key"]).get("/users").status == 200, "a rotated key keeps its role"
    api.done("DELETE", f"/api-keys/{rotated['key_id']}")
    assert api.post("/users/user-bob/api-keys", {"project_id": "project-bob", "role": "root"}).status == 422


def test_t28_every_failure_of_authentication_is_final(start: Start) -> None:
    gateway = start(administered(document([server("stage")])))
    api = Rest(port_of(gateway))
    for headers, message in (
        ({}, "Authorization header required"),
        (
            {"Authorization": f"Basic {ADMIN}"},
            "Invalid authorization format. Use 'Bearer <api_key>'",
        ),
        (
            {"Authorization": ADMIN},
            "Invalid authorization format. Use 'Bearer <api_key>'",
        ),
        ({"Authorization": f"Bearer {UNKNOWN}"}, "Invalid API key"),
        ({"Authorization": f"Bearer {ADMIN}x"}, "Invalid API key"),
        ({"Authorization": "Bearer sha256:" + digest(ADMIN)}, "Invalid API key"),
        ({"Authorization": f"Bearer {DISABLED}"}, "API key is disabled"),
        ({"Authorization": f"Bearer {EXPIRED}"}, "API key has expired"),
        ({"apikey": ADMIN}, "Authorization header required"),
    ):
        answer = api.with_key(None).get("/users", headers=headers)
        error = answer.json["detail"]["error"]
        assert (answer.status, error["message"]) == (401, message)
        assert error["code"] == ("AUTH_002" if "expired" in message else "AUTH_001")
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    lines = audit(gateway)
    assert len(lines) == 9 and {(line["outcome"], line["actor"]) for line in lines} == {("denied", "unknown from 127.0.0.1")}


def test_too_many_failures_lock_who_guesses_out_and_nobody_else(start: Start) -> None:
    api = Rest(port_of(start(administered(document([server("stage")])))))
    stranger = api.with_key(UNKNOWN)
    statuses = [stranger.get("/users").status for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    locked = stranger.get("/users")
    assert locked.status == 429 and 1 <= int(locked.headers["retry-after"]) <= 60
    assert api.get("/users").status == 200, "who has a right key may share an address with somebody who guesses"
    assert api.get("//health").status == 200


def test_t24_members_see_what_their_servers_are_and_not_what_they_run_with(start: Start) -> None:
    secret = "canary-plain-0123456789"
    stage = server("stage", env={"PLAIN": secret}, args=["positional", secret])
    stage["input_guardrails_policy"] = {"enabled": False, "policy_name": "p", "block": [], "additional_config": {"topic": [secret]}}
    remote = server("remote", egress={"allow": ["127.0.0.1"]})
    remote["config"] = {"url": f"http://127.0.0.1:1/mcp?x={secret}", "headers": {"X-Plain": secret}}
    api = Rest(port_of(start(administered(document([stage, remote])))))
    member = api.with_key(ALICE).get("/projects/project-alice/config")
    assert member.status == 200 and secret not in member.body.decode()
    shown = {entry["server_name"]: entry["config"] for entry in member.json["data"]["mcp_config"]}
    assert shown["remote"]["url"] == "http://127.0.0.1:1/mcp" and set(shown["stage"]["env"].values()) == {"****"}
    assert shown["stage"]["command"] and len(shown["stage"]["args"]) == len(stage["config"]["args"])
    assert secret in api.get("/projects/project-alice/config").body.decode(), "an administrator sees what does not look like a secret"


def test_who_is_denied_everything_does_not_fill_the_record_of_changes(start: Start) -> None:
    gateway = start(administered(document([server("stage")])))
    api = Rest(port_of(gateway))
    api.done("POST", "/users", {"email": "new@example.com"})
    for key in (ALICE, UNKNOWN):
        assert api.with_key(key).post("/users", {"email": "other@example.com"}).status in (401, 403)
    changes, denied = (gateway.config.with_name(gateway.config.name + ending) for ending in (".audit.jsonl", ".audit-denied.jsonl"))
    assert [json.loads(line)["outcome"] for line in changes.read_text().splitlines()] == ["done"]
    assert [json.loads(line)["outcome"] for line in denied.read_text().splitlines()] == ["denied", "denied"]
    verified = api.done("GET", "/audit/verify")
    assert verified["valid"] and (verified["entries"], verified["denied"]["entries"]) == (1, 2)
    assert [line["outcome"] for line in api.done("GET", "/audit")] == ["done", "denied", "denied"]


def test_where_the_file_is_wrong_is_told_to_administrators(start: Start) -> None:
    gateway = start(administered(document([server("stage")])))
    api = Rest(port_of(gateway))
    gateway.write_text("{broken")
    for path in ("/projects/project-alice", "/projects/project-alice/config"):
        told = api.get(path)
        assert told.status == 500 and str(gateway.config.name) in told.body.decode()
        member = api.with_key(ALICE).get(path)
        assert member.status in (403, 500) and str(gateway.config.parent) not in member.body.decode()
        assert "broken" not in member.body.decode() and gateway.config.name not in member.body.decode()


def test_t26_only_hosts_and_origins_that_are_listed(api: Rest) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:8001", ""):
        assert api.get("/users", headers={"Host": host}).status == 421, host
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost:3000",
        f"{APP}.evil.example",
        "http://127.0.0.1:1",
    ):
        answer = api.get("/users", headers={"Origin": origin})
        assert answer.status == 403 and not [name for name in answer.headers if name.startswith("access-control-")], origin
    own = api.get("/users", headers={"Origin": f"http://127.0.0.1:{api.port}"})
    assert own.status == 200 and "access-control-allow-origin" not in own.headers
    listed = api.get("/users", headers={"Origin": APP})
    assert listed.status == 200 and listed.headers["access-control-allow-origin"] == APP and listed.headers["vary"] == "Origin"
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    preflight = api.with_key(None).request("OPTIONS", "/users", headers=asked)
    assert preflight.status == 204 and "PUT" in preflight.headers["access-control-allow-methods"]
    foreign = api.with_key(None).request("OPTIONS", "/users", headers={**asked, "Origin": "https://evil.example"})
    assert foreign.status == 403
    for answer in (own, listed, preflight, foreign):
        assert "access-control-allow-credentials" not in answer.headers


def test_t26_without_an_administrators_key_nobody_administers(start: Start) -> None:
    found = document([server("stage")])
    found["admin_api"] = {"enabled": True, "port": 0}
    api = Rest(port_of(start(found)))
    assert api.get("/users").status == 401 and api.with_key(ALICE).get("/users").status == 403


def test_t26_plain_http_on_a_network_needs_the_operators_word(tmp_path: Path) -> None:
    admin = Administration(tmp_path / "config.json", administered(document([server("stage")])))
    ended = run(
        "system",
        "start-api",
        "--config",
        admin.path,
        "--host",
        "0.0.0.0",
        "--port",
        "0",
    )
    assert ended.status == 1 and "admin_api.allow_plaintext" in ended.stderr


def test_t24_no_answer_and_no_log_has_a_secret(gateway: Gateway, api: Rest) -> None:
    said = []
    for method, path, command in operations(api):
        if method == "GET" or command in ("config validate", "config search"):
            said.append(
                api.request(
                    method,
                    path,
                    {"search_term": "s"} if command == "config search" else None,
                ).body.decode()
            )
    said.append(api.put("/configs/shared/servers/stage", {"env": {"OTHER": 5}}).body.decode())
    said.append(
        api.put(
            "/configs/shared/servers/stage?dry_run=1",
            {"env": {"API_TOKEN": CANARIES[0] + "x"}},
        ).body.decode()
    )
    said += [json.dumps(audit(gateway)), gateway.stderr, gateway.stdout]
    for text in said:
        assert not [secret for secret in [*CANARIES, ADMIN, OFFICER, ALICE, BOB] if secret in text], text[:2000]


# Hostile input


@pytest.mark.parametrize(
    "name",
    [
        "../config.json",
        "/etc/passwd",
        "..",
        ".hidden",
        "a/b",
        "a\\b",
        "a\x00b",
        "",
        "x" * 200,
        "%2e%2e%2fx",
        "ä",
    ],
    ids=lambda name: repr(name)[:20],
)
def test_paths_are_no_names(gateway: Gateway, api: Rest, name: str) -> None:
    before = gateway.config.read_bytes()
    for path, body in (
        ("/configs/shared/export", {"output_file": name}),
        ("/projects/project-bob/export", {"output_file": name}),
        ("/system/backup", {"output_file": name}),
        ("/system/restore", {"input_file": name}),
        ("/configs/import", {"input_file": name, "config_name": "x"}),
    ):
        assert api.post(path, body).status == 422, path
    assert gateway.config.read_bytes() == before
    assert not (gateway.config.parent / "backups").exists()


def test_a_link_out_of_the_backup_folder_is_not_written_through(gateway: Gateway, api: Rest, tmp_path: Path) -> None:
    folder = gateway.config.parent / "backups"
    folder.mkdir(mode=0o700)
    try:
        (folder / "link.json").symlink_to(tmp_path / "elsewhere.json")
        assert api.post("/system/backup", {"output_file": "link.json"}).status == 400
        assert not (tmp_path / "elsewhere.json").exists()
        assert api.post("/system/restore", {"input_file": "missing.json"}).status == 400
    finally:
        (folder / "link.json").unlink()
        folder.rmdir()


def test_the_originals_policy_files_are_refused_with_the_way_out(api: Rest) -> None:
    answer = api.put("/configs/shared/servers/stage/input-guardrails", {"policy_file": "/etc/passwd"})
    assert answer.status == 422 and "'policy'" in answer.json["detail"][0]["msg"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b'"x"', 422),
        (b'{"config_name": "a", "config_name": "b"}', 422),
        (b'{"config_name": 5}', 422),
        (b'{"config_nam": "a"}', 422),
        (b'{"config_name": "\xff"}', 422),
        (b"[" * 5000, 422),
        (b'{"config_name": "' + b"x" * 300 + b'"}', 422),
        (b'{"config_name": "\\u0000"}', 422),
        (b'{"config_name": "' + b"x" * 200_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else "",
)
def test_bodies_that_make_no_sense_change_nothing(gateway: Gateway, api: Rest, body: bytes, status: int) -> None:
    before = gateway.config.read_bytes()
    assert api.post("/configs", body).status == status
    assert gateway.config.read_bytes() == before


def test_other_media_types_are_refused(api: Rest) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        assert api.post("/configs", b'{"config_name": "x"}', headers={"Content-Type": kind}).status == 415, "no form of a foreign page"


def test_a_body_is_not_read_before_it_is_known_who_sends_it(api: Rest) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        head = f"POST /api/v1/configs HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\nContent-Type: application/json\r\n"
        connection.sendall(head.encode() + b"Content-Length: 90000\r\n\r\n{")
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
        while connection.recv(65536):
            pass  # the rest of the answer; then the connection is closed, though the body never came


def test_a_chunked_body_beyond_the_bound_is_refused(api: Rest) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    headers = {
        "Authorization": f"Bearer {ADMIN}",
        "Content-Type": "application/json",
        "Transfer-Encoding": "chunked",
    }
    connection.request(
        "POST",
        "/api/v1/configs",
        iter([b"x" * 60_000] * 2),
        headers,
        encode_chunked=True,
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_two_hosts_are_none(api: Rest) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(65536).split(b" ")[1] in (b"400", b"421")


def test_unknown_places_and_methods(api: Rest) -> None:
    assert api.get("/nowhere").status == 404 and api.get("//").status == 404
    assert api.get("/configs/a/b/c/d/e/f").status == 404
    for method in ("PATCH", "PUT", "DELETE"):
        answer = api.request(method, "/configs")
        assert answer.status == 405 and answer.headers["allow"] == "GET, POST, HEAD"


def test_many_changes_at_once_are_all_made(gateway: Gateway, api: Rest) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda number: api.post("/users", {"email": f"u{number}@example.com"}),
                range(24),
            )
        )
    assert [answer.status for answer in answers] == [200] * 24
    users = json.loads(gateway.config.read_text())["users"]
    assert {answer.json["data"]["user_id"] for answer in answers} <= set(users)
    assert api.done("GET", "/audit/verify")["valid"] is True


# As a process of its own


def test_start_api_and_stop_api(tmp_path: Path) -> None:
    admin = Administration(tmp_path / "config.json", administered(document([server("stage")])))
    started = StartedAPI(admin.path)
    other = StartedAPI(admin.path)
    try:
        assert len(Rest(started.port).done("GET", "/users")) == 2
        words = ("system", "stop-api", "--config", admin.path, "--port")
        taken = run("system", "start-api", "--config", admin.path, "--port", str(started.port))
        assert taken.status == 1 and "in use" in taken.stderr
        stopped = run(*words, str(started.port))
        assert stopped.status == 0, stopped.stderr
        assert started.process.wait(30) == 0
        again = run(*words, str(started.port))
        assert again.status == 1 and "No REST API" in again.stderr
        assert other.process.poll() is None and Rest(other.port).get("/users").status == 200, "no other process was ended"
    finally:
        started.end()
        other.end()


def test_stop_api_ends_nobody_else(tmp_path: Path, gateway: Gateway) -> None:
    """A file that names a process which does not hold its lock is not believed."""
    admin = Administration(tmp_path / "config.json", document([server("stage")]))
    mark = tmp_path / f".config.json.api-{port_of(gateway)}.pid"
    mark.write_text(f"{gateway.pid}\n")
    ended = run(
        "system",
        "stop-api",
        "--config",
        admin.path,
        "--port",
        str(port_of(gateway)),
        "--force",
    )
    assert ended.status == 1 and "No REST API" in ended.stderr
    gateway.assert_running()


def test_keys_of_an_older_file_administer_and_are_migrated(tmp_path: Path) -> None:
    found = document([server("stage")])
    found["admin_apikey"] = ADMIN
    admin = Administration(tmp_path / "config.json", found)
    started = StartedAPI(admin.path)
    try:
        api = Rest(started.port)
        assert api.done("POST", "/api-keys/migrate")["migrated"] == 7
        assert admin.document["admin_apikey"] == "sha256:" + digest(ADMIN) and ADMIN not in admin.path.read_text()
        assert api.get("/users").status == 200
    finally:
        started.end()
