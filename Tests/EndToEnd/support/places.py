"""Where things are."""

import os
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
REPOSITORY = TESTS.parents[1]
SERVERS = TESTS / "servers"
PLUGIN_SOURCES = TESTS / "plugins"

#: The program under test.
GATEWAY = Path(os.environ.get("GATEWAY_BINARY", REPOSITORY / ".build" / "debug" / "secure-mcp-gateway")).absolute()


def plugin_folder() -> Path:
    """The folder with the gateway's own plugins: beside an installed binary, or the build folder."""
    installed = GATEWAY.parent.parent / "lib" / "secure-mcp-gateway" / "plugins"
    return installed if installed.is_dir() else GATEWAY.resolve().parent
