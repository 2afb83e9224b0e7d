"""Keys by which plugins are signed, and signatures: made by the gateway's commands."""

import json
from pathlib import Path
from typing import Any

from .cli import run
from .documents import Document


class Signer:
    """A key pair, and the name that an operator knows it by."""

    def __init__(self, folder: Path, name: str):
        self.name = name
        self.file = folder / f"{name}.pem"
        ended = run("plugin", "generate-key", "--file", self.file)
        assert ended.status == 0, ended.stderr
        self.public_key: str = ended.json["public_key"]
        self.fingerprint: str = ended.json["key"]

    def sign(self, library: Path) -> Any:
        ended = run("plugin", "sign", library, "--key", self.file)
        assert ended.status == 0, ended.stderr
        return ended.json

    def trusted(self, **more: Any) -> Document:
        """The entry of plugins.trusted_keys."""
        return {"name": self.name, "public_key": self.public_key, **more}


def signature_file(library: Path) -> Path:
    return library.with_name(library.name + ".sig")


def signatures(library: Path) -> Any:
    return json.loads(signature_file(library).read_text())
