"""What administrators see of plugins that run, and `plugin reload`: over REST and by commands on a running gateway."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.administration import audit_lines
from support.cli import Ended, run
from support.documents import ALICE, Document, document
from support.gateway import Gateway
from support.guards import guarded, judged_by, put, sha256
from support.raw import Caller
from support.rest import ADMIN, Rest, administered, port_of
from support.signing import Signer, signatures
from support.waiting import until


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same guardrail: two good builds, and one that is not well."""
    folder = tmp_path_factory.mktemp("builds")
    defines = {"1": (), "2": (), "3": ("SICK",)}
    return {number: plugins.build("builds", folder, f"build{number}", (f"BUILD={number}", *more)) for number, more in defines.items()}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("keys"), "acme")


@pytest.fixture
def folder(tmp_path: Path, builds: dict[str, Path]) -> Path:
    path = plugins.folder_with(tmp_path / "plugins", ["LocalAPIKeyAuth", "StdoutTelemetry"], [])
    put(builds["1"], path)
    return path


def signed(folder: Path, acme: Signer) -> Document:
    acme.sign(folder / "libguard.so")
    return administered(guarded(folder, acme.trusted()))


def remote(gateway: Gateway, *words: str | Path) -> Ended:
    return run(*words, "--url", f"http://127.0.0.1:{port_of(gateway)}", environment={"ENKRYPT_ADMIN_KEY": ADMIN})


def instances(rest: Rest, name: str = "builds") -> list[Any]:
    found: list[Any] = rest.done("GET", f"/plugins/{name}")["instances"]
    return found


def audit(gateway: Gateway) -> list[tuple[str, str]]:
    return [(line["operation"], line["outcome"]) for line in audit_lines(gateway.config)]


# --- What runs


def test_each_instance_is_shown_with_its_build_its_signer_and_what_it_did(start: Start, folder: Path, acme: Signer) -> None:
    config = signed(folder, acme)
    config["plugins"]["guardrails"][0]["mode"] = "in_process"
    gateway = start(config)
    rest = Rest(port_of(gateway))
    (before,) = instances(rest)
    caller = Caller(gateway, ALICE)
    for _ in range(5):
        caller.item("stage", "echo", message="fine")
    (shown,) = instances(rest)
    assert (
        shown["binding"] == "guard" and shown["kind"] == "guardrail" and shown["plugin"] == "test.builds" and shown["version"] == "build_1"
    )
    assert shown["sha256"] == sha256(folder / "libguard.so") and shown["generation"] == 1 and shown["file"] == str(folder / "libguard.so")
    assert shown["trust"] == "signature" and shown["signer"] == {"name": "acme", "key": acme.fingerprint}
    assert shown["is_trusted"] is True and shown["not_trusted"] is None
    assert (shown["mode"], shown["state"], shown["in_flight"], shown["misbehaviours"]) == ("in_process", "serving", 0, 0)
    assert (shown["pid"], shown["memory_bytes"], shown["restarts"]) == (None, None, 0)
    assert shown["calls"] >= before["calls"] + 5 and shown["failures"] == before["failures"]
    latency = shown["latency"]
    assert 0 < latency["mean_milliseconds"] <= latency["max_milliseconds"]
    assert 0 < latency["p50_milliseconds"] <= latency["p99_milliseconds"] <= latency["max_milliseconds"]
    (auth,) = instances(rest, "local_apikey")
    assert auth["trust"] == "built_in" and auth["signer"] is None and auth["threads"] == "event_loop" and auth["calls"] >= 1


def test_an_isolated_plugin_is_judged_by_the_same_rules_and_its_memory_is_shown(
    start: Start, folder: Path, builds: dict[str, Path], acme: Signer
) -> None:
    gateway = start(signed(folder, acme))
    rest = Rest(port_of(gateway))
    assert judged_by(gateway) == "build_1"
    (shown,) = instances(rest)
    assert (shown["mode"], shown["threads"], shown["trust"], shown["process_ends"]) == ("isolated", "process", "signature", 0)
    assert 100_000 < shown["memory_bytes"] < 1 << 30
    (auth,) = instances(rest, "local_apikey")
    assert auth["mode"] == "in_process" and auth["memory_bytes"] is None and auth["pid"] is None
    assert shown["restarts"] == 0
    os.kill(shown["pid"], signal.SIGKILL)

    def is_replaced() -> bool:
        (now,) = instances(rest)
        return (now["process_ends"], now["restarts"]) == (1, 1) and now["pid"] not in (None, shown["pid"])

    until(is_replaced, "another process, and that it is counted")
    assert judged_by(gateway) == "build_1"
    put(builds["2"], folder)
    assert remote(gateway, "plugin", "reload", "builds").json["refused"][0]["rule"] == "signature"
    acme.sign(folder / "libguard.so")
    assert remote(gateway, "plugin", "reload", "builds").status == 0 and judged_by(gateway) == "build_2"


def test_the_file_has_no_instances(folder: Path, acme: Signer, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(signed(folder, acme)))
    listed = run("plugin", "list", "--config", path)
    assert listed.status == 0 and all("instances" not in entry for entry in listed.json)


def test_a_replaced_file_is_told_apart_from_what_serves(start: Start, folder: Path, builds: dict[str, Path], acme: Signer) -> None:
    gateway = start(signed(folder, acme))
    put(builds["2"], folder)
    entry = next(entry for entry in remote(gateway, "plugin", "list").json if entry["file"].endswith("libguard.so"))
    assert (entry["status"], entry["rule"], entry["sha256"]) == ("refused", "signature", sha256(builds["2"]))
    assert [(found["sha256"], found["generation"]) for found in entry["instances"]] == [(sha256(builds["1"]), 1)]


def test_health_has_every_binding_for_every_caller(start: Start, folder: Path, acme: Signer) -> None:
    gateway = start(signed(folder, acme))
    Caller(gateway, ALICE).item("stage", "echo", message="fine")
    ended = run("system", "health", "--url", gateway.url, environment={"ENKRYPT_GATEWAY_KEY": ALICE})
    assert ended.status == 0, ended.stderr
    found = {(entry["kind"], entry["binding"]): entry for entry in ended.json["plugins"]}
    assert set(found) == {("auth", "local_apikey"), ("guardrail", "guard")}
    assert found["guardrail", "guard"]["signer"]["name"] == "acme" and found["guardrail", "guard"]["calls"] > 0
    assert str(folder) not in ended.stdout
    table = run("system", "health", "--url", gateway.url, "--output", "table", environment={"ENKRYPT_GATEWAY_KEY": ALICE})
    assert any(line.split()[:3] == ["BINDING", "PLUGIN", "VERSION"] for line in table.stdout.splitlines()) and "acme" in table.stdout


def test_counts_reach_telemetry_and_go_on_when_a_build_is_replaced(
    start: Start, folder: Path, builds: dict[str, Path], acme: Signer
) -> None:
    config = signed(folder, acme)
    config["plugins"]["telemetry"] = [{"provider": "stdout"}]
    gateway = start(config)
    caller = Caller(gateway, ALICE)
    for _ in range(10):
        caller.item("stage", "echo", message="fine")
    put(builds["2"], folder)
    acme.sign(folder / "libguard.so")
    gateway.signal(signal.SIGHUP)
    until(lambda: "Plugin reloaded" in gateway.stdout, "the new build serves")
    caller.item("stage", "echo", message="fine")
    gateway.stop()
    metrics = [json.loads(line) for line in gateway.stdout.splitlines() if '"kind":"metric"' in line]
    calls = points(metrics, "enkrypt_plugin_calls_total")
    assert {point["attributes"]["binding"] for point in calls} == {"guard", "local_apikey", "stdout"}
    assert max(point["value"] for point in calls if point["attributes"]["binding"] == "guard") >= 11
    (info,) = [point["attributes"] for point in points(metrics, "enkrypt_plugin_info") if point["attributes"]["binding"] == "guard"]
    assert (info["sha256"], info["generation"], info["signer"]) == (sha256(builds["2"]), "2", "acme")
    assert points(metrics, "enkrypt_plugin_call_duration_seconds")


def points(metrics: list[Any], name: str) -> list[Any]:
    return [point for point in metrics if point["name"] == name]


# --- New builds


@pytest.mark.parametrize("name", [None, "builds", "test.builds", "libguard.so"])
def test_a_new_build_is_taken_into_use_when_asked_by_any_of_its_names(
    start: Start, folder: Path, builds: dict[str, Path], acme: Signer, name: str | None
) -> None:
    gateway = start(signed(folder, acme))
    put(builds["2"], folder)
    acme.sign(folder / "libguard.so")
    done = remote(gateway, "plugin", "reload", *([name] if name else []))
    assert done.status == 0, done.stderr
    assert done.json == {"reloaded": [{"plugin": "test.builds", "generation": 2}], "failed": [], "refused": []}
    assert judged_by(gateway) == "build_2"
    assert audit(gateway) == [("plugin reload", "done")]


def test_nothing_new_is_no_failure(start: Start, folder: Path, acme: Signer) -> None:
    done = remote(start(signed(folder, acme)), "plugin", "reload")
    assert done.status == 0 and "nothing changed" in done.stderr and done.json["reloaded"] == []


def test_an_untrusted_build_is_told_with_the_reason_and_the_old_one_serves(
    start: Start, folder: Path, builds: dict[str, Path], acme: Signer
) -> None:
    gateway = start(signed(folder, acme))
    put(builds["2"], folder)
    ended = remote(gateway, "plugin", "reload", "builds")
    assert ended.status == 1 and "the builds in use go on" in ended.stderr
    (refused,) = ended.json["refused"]
    assert refused["rule"] == "signature" and "changed or replaced after it was signed" in refused["reason"] and refused["fix"]
    assert judged_by(gateway) == "build_1"


def test_a_build_that_is_not_well_is_told_with_the_reason(start: Start, folder: Path, builds: dict[str, Path], acme: Signer) -> None:
    gateway = start(signed(folder, acme))
    put(builds["3"], folder)
    acme.sign(folder / "libguard.so")
    ended = remote(gateway, "plugin", "reload", "libguard.so")
    assert ended.status == 1 and "a cold" in ended.json["failed"][0]["reason"]
    assert judged_by(gateway) == "build_1"


def test_a_name_that_nobody_has_is_refused_on_record(start: Start, folder: Path, acme: Signer) -> None:
    gateway = start(signed(folder, acme))
    ended = remote(gateway, "plugin", "reload", "bilds")
    assert ended.status != 0 and "no plugin 'bilds'" in ended.stderr and 'Did you mean "builds"?' in ended.stderr
    assert audit(gateway) == [("plugin reload", "done"), ("plugin reload", "refused")]


def test_without_a_gateway_nothing_is_reloaded(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document([], plugins={"path": [str(folder)]})))
    ended = run("plugin", "reload", "--config", path)
    assert ended.status != 0 and "admin_api.enabled" in ended.stderr and "SIGHUP" in ended.stderr


def test_the_gateway_that_the_configuration_describes_is_asked(
    start: Start, folder: Path, builds: dict[str, Path], acme: Signer, tmp_path: Path
) -> None:
    gateway = start(signed(folder, acme))
    described = {**gateway.document, "admin_api": {"enabled": True, "port": port_of(gateway)}}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(described))
    ended = run("plugin", "reload", "--config", path, environment={"ENKRYPT_ADMIN_KEY": ADMIN})
    assert ended.status == 0 and "nothing changed" in ended.stderr, ended.stderr


def test_a_dry_run_reloads_nothing(start: Start, folder: Path, builds: dict[str, Path], acme: Signer) -> None:
    gateway = start(signed(folder, acme))
    put(builds["2"], folder)
    acme.sign(folder / "libguard.so")
    assert remote(gateway, "plugin", "reload", "--dry-run").status == 0
    assert judged_by(gateway) == "build_1" and audit(gateway) == []


# --- The same over REST


def test_keys_and_signatures_over_rest(start: Start, folder: Path, builds: dict[str, Path], acme: Signer, tmp_path: Path) -> None:
    gateway = start(administered(guarded(folder, allowlist=[sha256(folder / "libguard.so")])))
    rest = Rest(port_of(gateway))
    added = rest.done("POST", "/plugin-trust/keys", {"key_name": "acme", "public_key": acme.public_key})
    assert [key["name"] for key in added["trusted_keys"]] == ["acme"]
    copy = tmp_path / "libguard.so"
    copy.write_bytes(builds["2"].read_bytes())
    acme.sign(copy)
    put(builds["2"], folder)
    body = {"signature": signatures(copy)}
    assert rest.done("POST", "/plugins/libguard.so/signature", body)["signer"] == {"name": "acme", "key": acme.fingerprint}
    assert rest.done("POST", "/plugins/reload", {"name": "libguard.so"})["reloaded"] == [{"plugin": "test.builds", "generation": 2}]
    assert judged_by(gateway) == "build_2"
    revoked = rest.done("POST", "/plugin-trust/keys/acme/revoke")
    assert [entry["used_by"] for entry in revoked["now_refused"]] == [["guardrail guard"]]
    assert rest.done("GET", "/plugin-trust")["trusted_keys"][0]["revoked"] is True
    assert rest.post("/plugins/libguard.so/signature", body).status == 400
    assert rest.done("POST", "/plugin-trust/allowlist", {"name": "libguard.so"})["mode"] == "signed"
    assert sha256(builds["2"]) in rest.done("GET", "/plugin-trust")["allowlist"]
    rest.done("DELETE", f"/plugin-trust/allowlist/{sha256(builds['2'])}")
    rest.done("DELETE", "/plugin-trust/keys/acme")
    assert rest.done("PUT", "/plugin-trust", {"mode": "any"})["mode"] == "any"
    assert rest.with_key(ALICE).post("/plugins/reload").status == 403
    operations = [operation for operation, _ in audit(gateway)]
    assert {"plugin sign", "plugin reload", "plugin trust add-key", "plugin trust revoke-key", "plugin trust mode"} <= set(operations)


def test_the_same_command_signs_here_and_there(start: Start, folder: Path, builds: dict[str, Path], acme: Signer, tmp_path: Path) -> None:
    gateway = start(signed(folder, acme))
    put(builds["2"], folder)
    copy = tmp_path / "libguard.so"
    copy.write_bytes(builds["2"].read_bytes())
    ended = remote(gateway, "plugin", "sign", copy, "--key", acme.file)
    assert ended.status == 0, ended.stderr
    assert signatures(folder / "libguard.so")["sha256"] == sha256(builds["2"])
    assert remote(gateway, "plugin", "reload", "builds").status == 0 and judged_by(gateway) == "build_2"
