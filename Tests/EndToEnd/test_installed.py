"""The installed gateway: works without the folder that it was built in."""

import hashlib
import json
import os
import stat
import tarfile
from pathlib import Path

import pytest
from conftest import Start
from support import processes
from support.cli import run
from support.documents import ALICE, BLOCKED, document, server
from support.places import GATEWAY, REPOSITORY
from support.raw import Caller

pytestmark = [pytest.mark.installed, pytest.mark.skipif("GATEWAY_PREFIX" not in os.environ, reason="GATEWAY_PREFIX names no installation")]

#: The folder of the tarball that GATEWAY_PREFIX was unpacked from.
PACKED = os.environ.get("GATEWAY_PACKED")
BUILD_FOLDERS = [REPOSITORY / ".build", (REPOSITORY / ".build").resolve()]


def test_it_serves_without_a_file_of_the_build_folder(start: Start, tmp_path: Path) -> None:
    prefix = Path(os.environ["GATEWAY_PREFIX"]).resolve()
    assert GATEWAY.resolve() == prefix / "bin" / "secure-mcp-gateway"
    echo = {**server("echo", guarded=True), "config": {"command": str(GATEWAY), "args": ["echo-server"]}}
    definition = document([server("stage", guarded=True), echo])
    definition["plugins"]["telemetry"] = {"provider": "stdout", "config": {"enabled": True}}
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    assert alice.text("stage", "echo", message="x") == "x" and alice.text("echo", "echo", message="x") == "x"
    assert alice.item("echo", "echo", message=BLOCKED)["status"] == "blocked_input"
    for pid in [gateway.pid, *processes.descendants(gateway.pid)]:
        used = [path for folder in BUILD_FOLDERS for path in processes.files_in_use(pid, folder)]
        assert used == []
    assert [path for path in processes.files_in_use(gateway.pid, prefix)], "the check sees files at all"


@pytest.mark.skipif(PACKED is None, reason="GATEWAY_PACKED names no folder with a tarball")
def test_what_was_packed_needs_no_toolchain(start: Start) -> None:
    """Every file that its processes have mapped is its own or the system's."""
    prefix = str(Path(os.environ["GATEWAY_PREFIX"]).resolve())
    definition = document([server("stage", guarded=True)])
    definition["plugins"]["guardrails"][0]["mode"] = "isolated"
    gateway = start(definition)
    alice = Caller(gateway, ALICE)
    assert alice.item("stage", "echo", message=BLOCKED)["status"] == "blocked_input"
    seen: set[str] = set()
    for pid in [gateway.pid, *processes.descendants(gateway.pid)]:
        if processes.program(pid) != processes.program(gateway.pid):
            continue
        try:
            words = [line.split(maxsplit=5) for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
        except PermissionError:
            # Of a plugin's process only root may see it.
            continue
        mapped = {entry[5] for entry in words if len(entry) == 6 and ".so" in entry[5]}
        seen |= mapped
        assert [path for path in mapped if not path.startswith((prefix, "/usr/lib/", "/lib/", "/lib64/", "/memfd:"))] == []
    assert any(path.startswith(prefix) and path.endswith("/libswiftCore.so") for path in seen), "the check sees the runtime"


@pytest.mark.skipif(PACKED is None, reason="GATEWAY_PACKED names no folder with a tarball")
def test_the_tarball_is_what_its_sum_says_and_belongs_to_root() -> None:
    folder = Path(str(PACKED))
    (packed,) = folder.glob("*.tar.gz")
    said, name = packed.with_name(packed.name + ".sha256").read_text().split()
    assert (said, name) == (hashlib.sha256(packed.read_bytes()).hexdigest(), packed.name)
    with tarfile.open(packed) as archive:
        for entry in archive:
            assert entry.name.split("/")[0] == packed.name.removesuffix(".tar.gz") and (entry.uid, entry.gid) == (0, 0)
            assert not entry.mode & (stat.S_IWGRP | stat.S_IWOTH) and (entry.isfile() or entry.isdir()), entry.name


def test_the_generated_configuration_names_the_installed_program(tmp_path: Path) -> None:
    ended = run("generate-config", "--config", tmp_path / "config.json")
    assert ended.status == 0
    text = (tmp_path / "config.json").read_text()
    assert str(GATEWAY.resolve()) in text and str(REPOSITORY) not in text.replace(str(GATEWAY.resolve()), "")


def test_what_is_installed_is_complete_and_safe_to_load() -> None:
    prefix = Path(os.environ["GATEWAY_PREFIX"])
    plugins = prefix / "lib" / "secure-mcp-gateway" / "plugins"
    assert sorted(path.name for path in plugins.glob("*.so")) == [
        "libEnkryptGuardrail.so",
        "libJWTAuth.so",
        "libKeywordGuardrail.so",
        "libLocalAPIKeyAuth.so",
        "libOpenAIModeration.so",
        "libPatternGuardrail.so",
        "libStdoutTelemetry.so",
    ]
    assert (prefix / "include" / "smg_plugin.h").exists()
    page = (prefix / "share" / "man" / "man1" / "secure-mcp-gateway.1").read_text(encoding="utf-8")
    assert page.startswith(".TH SECURE-MCP-GATEWAY 1") and ".SS config add\\-server\n" in page
    completions = ["bash-completion/completions/secure-mcp-gateway", "zsh/site-functions/_secure-mcp-gateway"]
    for shell in [*completions, "fish/vendor_completions.d/secure-mcp-gateway.fish"]:
        assert "generate-config" in (prefix / "share" / shell).read_text(encoding="utf-8")
    assert (prefix / "share" / "pkgconfig" / "secure-mcp-gateway-plugin.pc").exists()
    for path in prefix.rglob("*"):
        assert not path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH), path


def test_the_installed_example_is_valid_and_lets_nobody_in() -> None:
    example = Path(os.environ["GATEWAY_PREFIX"]) / "share" / "secure-mcp-gateway" / "example_enkrypt_mcp_config.json"
    ended = run("config", "validate", "--config", example)
    assert ended.status == 0, ended.stderr
    assert json.loads(ended.stdout)["apikeys"] == 0
