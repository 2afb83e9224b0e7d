"""What `make install` gives to authors of plugins: the header and how to find it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.places import GATEWAY, REPOSITORY

HEADER = REPOSITORY / "Sources" / "PluginABI" / "include" / "smg_plugin.h"
PACKAGE = REPOSITORY / "share" / "secure-mcp-gateway-plugin.pc"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An installation, as far as it matters here, in a place with a space in its name."""
    prefix = tmp_path / "some where"
    for source, folder in ((HEADER, "include"), (PACKAGE, "share/pkgconfig")):
        (prefix / folder).mkdir(parents=True)
        shutil.copy(source, prefix / folder)
    return prefix


def package(prefix: Path, *words: str) -> str:
    environment = {"PKG_CONFIG_PATH": str(prefix / "share" / "pkgconfig"), "PATH": "/usr/bin:/bin"}
    command = ["pkg-config", *words, "secure-mcp-gateway-plugin"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_package_has_the_header_s_version(prefix: Path) -> None:
    text = HEADER.read_text()
    major, minor = (re.search(rf"#define SMG_ABI_{name} (\d+)u", text)[1] for name in ("MAJOR", "MINOR"))  # type: ignore[index]
    assert package(prefix, "--modversion") == f"{major}.{minor}"


def test_a_plugin_is_built_with_what_is_installed_alone(prefix: Path, tmp_path: Path) -> None:
    source = tmp_path / "plugin.c"
    shutil.copy(REPOSITORY / "Examples" / "Plugins" / "c" / "length-c.c", source)
    shutil.copy(REPOSITORY / "Examples" / "Plugins" / "c" / "plugin.h", tmp_path)
    flags = package(prefix, "--cflags", "--libs")
    command = f"cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -o libPlugin.so plugin.c {flags}"
    subprocess.run(["sh", "-euc", command], cwd=tmp_path, check=True)
    ended = subprocess.run([GATEWAY, "plugin", "check", tmp_path / "libPlugin.so", "--only", "nodelete,load,tables,create"], check=False)
    assert ended.returncode == 0
    assert package(prefix, "--variable=pluginsdir").endswith("/lib/secure-mcp-gateway/plugins")
