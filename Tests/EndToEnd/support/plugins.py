"""Plugins for tests: built from C with nothing but the public header, and put beside the gateway's own or in their place."""

import shutil
import subprocess
from pathlib import Path

from .places import GATEWAY, PLUGIN_SOURCES, REPOSITORY, plugin_folder

OWN = ["LocalAPIKeyAuth", "KeywordGuardrail", "PatternGuardrail", "StdoutTelemetry"]
_installed_header = GATEWAY.parent.parent / "include" / "smg_plugin.h"
HEADERS = _installed_header.parent if _installed_header.exists() else REPOSITORY / "Sources" / "PluginABI" / "include"


def build(name: str, folder: Path, library: str | None = None, defines: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> Path:
    """Builds plugins/<name>.c to lib<library>.so in `folder`; a define is NAME or NAME=VALUE, flags go to the compiler."""
    path = folder / f"lib{library or name}.so"
    command = [
        "cc",
        "-std=gnu11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-fvisibility=hidden",
        "-Wl,-z,nodelete",
        f"-I{HEADERS}",
        *(f"-D{define}" for define in defines),
    ]
    subprocess.run([*command, "-o", path, PLUGIN_SOURCES / f"{name}.c", "-lpthread", *flags], check=True)
    path.chmod(0o644)
    return path


def folder_with(folder: Path, own: list[str], built: list[str]) -> Path:
    """A plugin folder that holds those of the gateway's own libraries, and those built from C."""
    folder.mkdir(mode=0o755)
    for name in own:
        shutil.copy(plugin_folder() / f"lib{name}.so", folder / f"lib{name}.so")
        (folder / f"lib{name}.so").chmod(0o644)
    for name in built:
        build(name, folder)
    return folder
