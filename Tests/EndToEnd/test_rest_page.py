"""The API page in a real browser: it draws itself, from this server alone, and its forms work."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.administration import Administration
from support.documents import document, server
from support.rest import Rest, StartedAPI, administered

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[StartedAPI]:
    started = StartedAPI(Administration(tmp_path / "config.json", administered(document([server("stage")]))).path)
    yield started
    started.end()


def test_the_page_brings_all_that_it_needs(started: StartedAPI) -> None:
    api = Rest(started.port, None)
    for path in ("//docs", "//redoc", "//docs/page.js", "//docs/page.css"):
        answer = api.get(path)
        assert answer.status == 200 and answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert b"http://" not in answer.body and b"https://" not in answer.body, "nothing comes from elsewhere"


@pytest.mark.skipif(BROWSER is None, reason="neither chromium-headless-shell nor chromium is installed")
@pytest.mark.parametrize("page", ["docs", "redoc"])
def test_the_page_shows_every_operation(started: StartedAPI, tmp_path: Path, page: str) -> None:
    assert BROWSER
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=10000",
    ]
    command += [
        "--enable-logging=stderr",
        "--dump-dom",
        f"http://127.0.0.1:{started.port}/{page}",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "Content Security Policy" not in ended.stderr and "Uncaught" not in ended.stderr, ended.stderr[-2000:]
    description = Rest(started.port, None).get("//openapi.json").json
    operations = [operation for methods in description["paths"].values() for operation in methods.values()]
    assert len(operations) > 50
    for operation in operations:
        assert f'id="{operation["operationId"]}"' in ended.stdout
    assert description["info"]["version"] in ended.stdout
    assert ('type="password"' in ended.stdout) == (page == "docs")
