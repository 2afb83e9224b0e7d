"""The description of the REST API, held against the real server by a tool that knows nothing of either."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.administration import Administration
from support.documents import BOB, document, server
from support.rest import ADMIN, Rest, StartedAPI, administered, identity

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "negative_data_rejection",
    "ignored_auth",
]
#: They take the key that the tool has.
EXCLUDED = ["system-generate-admin-key", "system-reset"]
THINGS = {
    "config_id": "config-1",
    "project_id": "project-bob",
    "user_id": "user-bob",
    "server_name": "stage",
    "api_key": identity(BOB),
}


@pytest.mark.skipif(
    not SCHEMATHESIS.exists(),
    reason="schemathesis is not installed in this environment",
)
@pytest.mark.parametrize("things", [{}, THINGS], ids=["any names", "names that there are"])
def test_schemathesis_finds_nothing(tmp_path: Path, things: dict[str, str]) -> None:
    found = administered(document([server("stage"), server("other")]), max_failures=1_000_000)
    admin = Administration(tmp_path / "config.json", found)
    parameters = "\n".join(f'"path.{name}" = {json.dumps(value)}' for name, value in things.items())
    (tmp_path / "schemathesis.toml").write_text(f"[parameters]\n{parameters}\n" if things else "")
    started = StartedAPI(admin.path)
    try:
        command = [
            SCHEMATHESIS,
            "--config-file",
            tmp_path / "schemathesis.toml",
            "run",
            f"http://127.0.0.1:{started.port}/openapi.json",
        ]
        command += [
            "-H",
            f"Authorization: Bearer {ADMIN}",
            "--checks",
            ",".join(CHECKS),
            "--phases",
            "coverage,fuzzing",
        ]
        command += ["--max-examples", "5", "--seed", "1", "--max-time", "60"]
        for name in EXCLUDED:
            command += ["--exclude-operation-id", name]
        ended = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
        assert " passed" in ended.stdout
        assert admin.do("audit", "verify").json["valid"] is True
        assert admin.do("system", "health-check").json["issues"] == []
        assert Rest(started.port).get("/configs").status == 200
    finally:
        started.end()
