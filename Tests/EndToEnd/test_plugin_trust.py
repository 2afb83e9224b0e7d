"""Which libraries a gateway loads: listed by hash, signed by a trusted key, and why not."""

import hashlib
import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support import plugins
from support.administration import Administration
from support.cli import run
from support.documents import Document, document, server
from support.gateway import Gateway
from support.guards import guarded, judged_by, put, sha256
from support.places import plugin_folder
from support.rest import Rest, administered, port_of
from support.signing import Signer, signature_file, signatures
from support.waiting import until

OWN = ["LocalAPIKeyAuth"]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same guardrail, built twice."""
    folder = tmp_path_factory.mktemp("builds")
    return {number: plugins.build("builds", folder, f"build{number}", (f"BUILD={number}",)) for number in ("1", "2")}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Signer]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: Signer(folder, name) for name in ("acme", "other")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return plugins.folder_with(tmp_path / "plugins", OWN, [])


def refusal(folder: Path, config: Document, tmp_path: Path) -> str:
    """What a gateway says that does not start."""
    path = tmp_path / "refused" / "config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(config))
    ended = run("serve", "--config", path, "--port", "0")
    assert ended.status != 0
    assert str(folder / "libguard.so") in ended.stderr
    return ended.stderr


def listed(folder: Path, config: Document, tmp_path: Path) -> Any:
    """What `plugin list` says of the library."""
    entries = Administration(tmp_path / "listed" / "config.json", config).do("plugin", "list").json
    return next(entry for entry in entries if entry["file"].endswith("libguard.so"))


# --- At the start


def test_an_unsigned_library_is_refused_with_the_reason_and_the_remedy(
    folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path
) -> None:
    library = put(builds["1"], folder)
    config = guarded(folder, keys["acme"].trusted())
    said = refusal(folder, config, tmp_path)
    assert "not signed" in said and "(unsigned)" in said and f"secure-mcp-gateway plugin sign {library} --key" in said
    entry = listed(folder, config, tmp_path)
    assert (entry["status"], entry["rule"], entry["trust"], entry["signer"]) == (
        "refused",
        "unsigned",
        None,
        None,
    )


def test_a_signed_library_is_loaded_and_its_signer_shown(
    start: Start,
    folder: Path,
    builds: dict[str, Path],
    keys: dict[str, Signer],
    tmp_path: Path,
) -> None:
    library = put(builds["1"], folder)
    made = keys["acme"].sign(library)
    assert made["sha256"] == sha256(library) and made["key"] == keys["acme"].fingerprint
    config = guarded(folder, keys["other"].trusted(), keys["acme"].trusted())
    gateway = start(config)
    assert judged_by(gateway) == "build_1"
    assert f"signed by acme ({keys['acme'].fingerprint})" in gateway.stderr
    entry = listed(folder, config, tmp_path)
    assert entry["trust"] == "signature" and entry["signer"] == {
        "name": "acme",
        "key": keys["acme"].fingerprint,
    }


def test_the_gateways_own_libraries_need_no_signature(
    folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path
) -> None:
    put(builds["1"], folder)
    config = guarded(folder, keys["acme"].trusted())
    entries = Administration(tmp_path / "config" / "config.json", config).do("plugin", "list").json
    own = next(entry for entry in entries if entry["file"].endswith("libLocalAPIKeyAuth.so"))
    assert (own["status"], own["trust"], own["signer"]) == (
        "loadable",
        "built_in",
        None,
    )


def test_a_library_that_was_changed_after_signing_is_refused(
    folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path
) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    signed = sha256(library)
    with library.open("ab") as file:
        file.write(b"\0")
    said = refusal(folder, guarded(folder, keys["acme"].trusted()), tmp_path)
    assert "(signature)" in said and signed in said and sha256(library) in said and "changed or replaced after it was signed" in said


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda text: text["signatures"][0].update(ed25519=flipped(text["signatures"][0]["ed25519"])),
            "is false",
        ),
        (
            lambda text: text.update(format="smg-plugin-v9"),
            "has the format 'smg-plugin-v9'",
        ),
        (lambda text: text.update(signatures=[]), 'has not 1 to 16 "signatures"'),
        (
            lambda text: text.update(signatures=text["signatures"] * 17),
            'has not 1 to 16 "signatures"',
        ),
        (
            lambda text: text["signatures"][0].update(ed25519="AAAA"),
            'without "ed25519" of 64 bytes',
        ),
        (lambda text: text.pop("sha256"), 'has no "sha256"'),
    ],
    ids=["flipped bit", "format", "none", "too many", "too short", "no hash"],
)
def test_a_signature_that_is_not_right_is_refused_for_what_is_wrong(
    folder: Path,
    builds: dict[str, Path],
    keys: dict[str, Signer],
    tmp_path: Path,
    change: Any,
    reason: str,
) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    text = signatures(library)
    change(text)
    signature_file(library).write_text(json.dumps(text))
    entry = listed(folder, guarded(folder, keys["acme"].trusted()), tmp_path)
    assert entry["rule"] == "signature" and reason in entry["reason"] and entry["fix"]


def flipped(text: str) -> str:
    """Another signature of the same length."""
    return ("B" if text[10] != "B" else "C").join([text[:10], text[11:]])


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff" * 100, b"[" * 10_000, b"{}" + b" " * 20_000],
    ids=["empty", "cut", "no text", "deep", "large"],
)
def test_whatever_lies_in_place_of_a_signature_is_refused(
    folder: Path,
    builds: dict[str, Path],
    keys: dict[str, Signer],
    tmp_path: Path,
    content: bytes,
) -> None:
    signature_file(put(builds["1"], folder)).write_bytes(content)
    assert listed(folder, guarded(folder, keys["acme"].trusted()), tmp_path)["rule"] == "signature"


def test_a_key_that_nobody_trusts_is_named(folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path) -> None:
    keys["other"].sign(put(builds["1"], folder))
    said = refusal(folder, guarded(folder, keys["acme"].trusted()), tmp_path)
    assert f"signed by the key {keys['other'].fingerprint}, which is not in plugins.trusted_keys" in said
    assert "(unknown_key)" in said and "plugin trust add-key" in said


def test_a_signature_under_the_name_of_a_trusted_key_does_not_count(
    folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path
) -> None:
    library = put(builds["1"], folder)
    keys["other"].sign(library)
    text = signatures(library)
    text["signatures"][0]["key"] = keys["acme"].fingerprint
    signature_file(library).write_text(json.dumps(text))
    assert "(signature)" in refusal(folder, guarded(folder, keys["acme"].trusted()), tmp_path)


def test_a_revoked_key_is_refused_by_its_name_and_another_signature_counts(
    start: Start,
    folder: Path,
    builds: dict[str, Path],
    keys: dict[str, Signer],
    tmp_path: Path,
) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    config = guarded(folder, keys["acme"].trusted(revoked=True), keys["other"].trusted())
    said = refusal(folder, config, tmp_path)
    assert f"signed by the key 'acme' ({keys['acme'].fingerprint}), which was revoked" in said and "(revoked_key)" in said
    keys["other"].sign(library)
    assert [entry["key"] for entry in signatures(library)["signatures"]] == [
        keys["acme"].fingerprint,
        keys["other"].fingerprint,
    ]
    assert judged_by(start(config)) == "build_1"


def test_a_library_that_is_not_listed_is_refused_with_its_hash(start: Start, folder: Path, builds: dict[str, Path], tmp_path: Path) -> None:
    library = put(builds["1"], folder)
    own = [sha256(path) for path in folder.iterdir() if path.name != "libguard.so"]
    config = guarded(folder, mode="allowlist", allowlist=own + [sha256(builds["2"])])
    said = refusal(folder, config, tmp_path)
    assert f"its SHA-256 {sha256(library)} is not in plugins.allowlist" in said and "(trust)" in said and "plugin trust allow" in said
    config["plugins"]["allowlist"].append(sha256(library).upper())
    assert judged_by(start(config)) == "build_1"


def test_a_listed_library_needs_no_signature(start: Start, folder: Path, builds: dict[str, Path], tmp_path: Path) -> None:
    library = put(builds["1"], folder)
    config = guarded(folder, allowlist=[sha256(library)])
    assert judged_by(start(config)) == "build_1"
    assert listed(folder, config, tmp_path)["trust"] == "allowlist"


# --- Signing


def test_openssl_verifies_and_makes_signatures(
    start: Start,
    folder: Path,
    builds: dict[str, Path],
    keys: dict[str, Signer],
    tmp_path: Path,
) -> None:
    """What is signed is what the guide says, and not only what this program agrees with itself about."""
    import base64

    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    message = tmp_path / "message"
    message.write_bytes(b"smg-plugin-v1\0" + hashlib.sha256(library.read_bytes()).digest())
    raw = tmp_path / "raw"
    raw.write_bytes(base64.b64decode(signatures(library)["signatures"][0]["ed25519"]))
    key = str(keys["acme"].file)
    subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-rawin",
            "-in",
            str(message),
            "-inkey",
            key,
            "-sigfile",
            str(raw),
        ],
        check=True,
        capture_output=True,
    )

    own = tmp_path / "own.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(own)], check=True)
    public = subprocess.run(
        ["openssl", "pkey", "-in", str(own), "-pubout"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-sign",
            "-rawin",
            "-in",
            str(message),
            "-inkey",
            str(own),
            "-out",
            str(raw),
        ],
        check=True,
    )
    admin = Administration(tmp_path / "config" / "config.json", guarded(folder, keys["acme"].trusted()))
    admin.do(
        "plugin",
        "trust",
        "add-key",
        "--name",
        "openssl",
        "--public-key",
        "-",
        stdin=public,
    )
    fingerprint = admin.document["plugins"]["trusted_keys"][1]["public_key"]
    text = {
        "format": "smg-plugin-v1",
        "sha256": sha256(library),
        "signatures": [
            {
                "key": hashlib.sha256(base64.b64decode(fingerprint)).hexdigest()[:16],
                "ed25519": base64.b64encode(raw.read_bytes()).decode(),
            }
        ],
    }
    signature_file(library).write_text(json.dumps(text))
    assert listed(folder, admin.document, tmp_path)["signer"]["name"] == "openssl"


def test_private_keys_are_kept_from_others_and_never_shown(folder: Path, builds: dict[str, Path], tmp_path: Path) -> None:
    signer = Signer(tmp_path, "mine")
    assert signer.file.stat().st_mode & 0o777 == 0o600
    secret = "".join(signer.file.read_text().splitlines()[1:-1])
    again = run("plugin", "generate-key", "--file", signer.file)
    assert again.status == 1 and secret not in again.stderr + again.stdout
    library = put(builds["1"], folder)
    signer.file.chmod(0o640)
    ended = run("plugin", "sign", library, "--key", signer.file)
    assert ended.status == 2 and "can be read or changed by others" in ended.stderr and "chmod 600" in ended.stderr
    assert not signature_file(library).exists()
    ended = run("plugin", "sign", library, "--key", "-", stdin=signer.file.read_text())
    assert ended.status == 0 and secret not in ended.stdout + ended.stderr + signature_file(library).read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["genpkey", "-algorithm", "rsa"], "of another kind than Ed25519"),
        (
            ["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:secret"],
            "has a passphrase",
        ),
        (None, "is no private key in PEM"),
    ],
    ids=["rsa", "passphrase", "text"],
)
def test_what_cannot_sign_says_why(
    folder: Path,
    builds: dict[str, Path],
    tmp_path: Path,
    arguments: list[str] | None,
    reason: str,
) -> None:
    key = tmp_path / "key.pem"
    if arguments:
        subprocess.run(["openssl", *arguments, "-out", str(key)], check=True, capture_output=True)
    else:
        key.write_text("nothing")
    key.chmod(0o600)
    ended = run("plugin", "sign", put(builds["1"], folder), "--key", key)
    assert ended.status == 2 and reason in ended.stderr


# --- While a gateway serves


def reload(gateway: Gateway, message: str) -> None:
    before = gateway.stderr.count(message)
    gateway.signal(signal.SIGHUP)
    until(lambda: gateway.stderr.count(message) > before, message)


def test_an_untrusted_build_leaves_the_old_one_serving(
    start: Start, folder: Path, builds: dict[str, Path], keys: dict[str, Signer]
) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    gateway = start(guarded(folder, keys["acme"].trusted()))
    assert judged_by(gateway) == "build_1"
    put(builds["2"], folder)  # its signature is still that of the first build
    reload(gateway, "rule=signature")
    assert judged_by(gateway) == "build_1"
    keys["acme"].sign(library)
    reload(gateway, "Plugin reloaded")
    assert judged_by(gateway) == "build_2"


def test_a_signature_that_appears_is_noticed(start: Start, folder: Path, builds: dict[str, Path], keys: dict[str, Signer]) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    config = guarded(folder, keys["acme"].trusted())
    config["plugins"]["watch"] = True
    gateway = start(config)
    put(builds["2"], folder)
    until(lambda: "rule=signature" in gateway.stderr, "the new build is refused")
    keys["acme"].sign(library)
    until(lambda: "Plugin reloaded" in gateway.stderr, "the new build is taken")
    assert judged_by(gateway) == "build_2"


def test_a_key_that_is_revoked_lets_nothing_new_in_and_what_serves_goes_on(
    start: Start, folder: Path, builds: dict[str, Path], keys: dict[str, Signer]
) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    gateway = start(administered(guarded(folder, keys["acme"].trusted())))
    gateway.edit(lambda config: config["plugins"]["trusted_keys"][0].update(revoked=True))
    until(
        lambda: "is not trusted any more" in gateway.stderr,
        "the log says what is not trusted",
    )
    assert "binding=guard" in gateway.stderr and "rule=revoked_key" in gateway.stderr
    assert judged_by(gateway) == "build_1"
    put(builds["2"], folder)
    keys["acme"].sign(library)
    answer = Rest(port_of(gateway)).post("/plugins/reload", {"name": "builds"})
    assert answer.status == 400 and [entry["rule"] for entry in answer.json["data"]["refused"]] == ["revoked_key"]
    assert answer.json["data"]["reloaded"] == [] and judged_by(gateway) == "build_1"


def test_a_document_that_is_not_taken_lets_nothing_more_in(
    start: Start, folder: Path, builds: dict[str, Path], keys: dict[str, Signer]
) -> None:
    """A revocation counts although the rest of the document cannot be used, and a wider trust of such a document does not."""
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    gateway = start(administered(guarded(folder, keys["acme"].trusted())))
    rest = Rest(port_of(gateway))

    def wrong(config: Document) -> None:
        config["plugins"]["trusted_keys"] = [
            keys["acme"].trusted(revoked=True),
            keys["other"].trusted(),
        ]
        config["plugins"]["guardrails"].append({"name": "more", "provider": "missing"})

    gateway.edit(wrong)
    until(lambda: "configuration refused" in gateway.stderr, "the document is refused")
    put(builds["2"], folder)
    for signer, rule in (("acme", "revoked_key"), ("other", "unknown_key")):
        signature_file(library).unlink()
        keys[signer].sign(library)
        answer = rest.post("/plugins/reload")
        assert answer.status == 400 and [entry["rule"] for entry in answer.json["data"]["refused"]] == [rule]
    assert judged_by(gateway) == "build_1"


def test_a_key_and_a_binding_come_with_one_edit(start: Start, folder: Path, builds: dict[str, Path], keys: dict[str, Signer]) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    config = guarded(folder)
    config["plugins"]["guardrails"] = []
    config["mcp_configs"] = document([server("stage")])["mcp_configs"]
    gateway = start(config)
    assert "rule=unknown_key" in gateway.stderr
    gateway.write(guarded(folder, keys["acme"].trusted()))
    until(
        lambda: "Plugin bound kind=guardrail" in gateway.stderr or "binding=guard" in gateway.stderr,
        "the guardrail is bound",
    )
    assert judged_by(gateway) == "build_1"


# --- Management


def test_keys_are_added_revoked_and_removed_on_record(
    folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path
) -> None:
    library = put(builds["1"], folder)
    keys["acme"].sign(library)
    config = document(
        [],
        guardrails=[{"name": "guard", "provider": "builds"}],
        plugins={"path": [str(folder)]},
    )
    admin = Administration(tmp_path / "config" / "config.json", config)
    message = admin.refused("plugin", "trust", "mode", "signed")
    assert "guardrail guard" in message and "signed by the key" in message
    admin.do(
        "plugin",
        "trust",
        "add-key",
        "--name",
        "acme",
        "--public-key",
        keys["acme"].public_key,
    )
    changed = admin.do("plugin", "trust", "mode", "signed").json
    assert changed["mode"] == "signed" and changed["now_refused"] == []
    shown = admin.do("plugin", "trust", "list").json
    assert shown["trusted_keys"] == [
        {
            "name": "acme",
            "key": keys["acme"].fingerprint,
            "public_key": keys["acme"].public_key,
            "revoked": False,
        }
    ]
    assert "already" in admin.refused(
        "plugin",
        "trust",
        "add-key",
        "--name",
        "again",
        "--public-key",
        keys["acme"].public_key,
    )
    revoked = admin.do("plugin", "trust", "revoke-key", "--name", "acme").json
    assert [(entry["rule"], entry["used_by"]) for entry in revoked["now_refused"]] == [("revoked_key", ["guardrail guard"])]
    assert "was revoked" in admin.refused(
        "plugin",
        "trust",
        "add-key",
        "--name",
        "acme2",
        "--public-key",
        keys["acme"].public_key,
    )
    assert "revoked already" in admin.refused("plugin", "trust", "revoke-key", "--name", "acme")
    admin.do("plugin", "trust", "remove-key", "--name", keys["acme"].fingerprint)
    assert admin.document["plugins"]["trusted_keys"] == []
    assert [(line["operation"], line["outcome"]) for line in admin.audit] == [
        ("plugin trust mode", "refused"),
        ("plugin trust add-key", "done"),
        ("plugin trust mode", "done"),
        ("plugin trust add-key", "refused"),
        ("plugin trust revoke-key", "done"),
        ("plugin trust add-key", "refused"),
        ("plugin trust revoke-key", "refused"),
        ("plugin trust remove-key", "done"),
    ]


@pytest.mark.parametrize(
    "key",
    ["A" * 43 + "=", "AQ" + "A" * 41 + "=", "abc", "", "-----BEGIN PUBLIC KEY-----"],
)
def test_keys_that_are_none_are_refused(folder: Path, tmp_path: Path, key: str) -> None:
    """Zeros, and the neutral element: anybody can sign by those."""
    admin = Administration(tmp_path / "config" / "config.json", guarded(folder))
    assert "must be an Ed25519 public key" in admin.refused("plugin", "trust", "add-key", "--name", "x", "--public-key", "-", stdin=key)
    config = admin.document
    config["plugins"]["trusted_keys"] = [{"name": "x", "public_key": key}]
    admin.path.write_text(json.dumps(config))
    ended = admin.run("config", "validate")
    assert ended.status != 0 and "/plugins/trusted_keys/0/public_key" in ended.stdout + ended.stderr


def test_hashes_are_listed_and_taken_off(folder: Path, builds: dict[str, Path], tmp_path: Path) -> None:
    library = put(builds["1"], folder)
    config = document(
        [],
        guardrails=[{"name": "guard", "provider": "builds"}],
        plugins={"path": [str(folder)]},
    )
    admin = Administration(tmp_path / "config" / "config.json", config)
    assert "would be refused" in admin.refused("plugin", "trust", "mode", "allowlist")
    assert "no effect" in admin.refused("plugin", "trust", "allow", "--name", "libguard.so")
    admin.do("plugin", "trust", "mode", "allowlist", "--force")
    admin.do("plugin", "trust", "allow", "--built-in")
    admin.do("plugin", "trust", "allow", "--name", "libguard.so")
    own = {line.split()[0] for line in (plugin_folder() / "plugins.sha256").read_text().splitlines()}
    assert set(admin.document["plugins"]["allowlist"]) == own | {sha256(library)}
    assert all(entry["status"] == "loadable" for entry in admin.do("plugin", "list").json)
    assert "Give one of" in admin.refused("plugin", "trust", "allow", "--built-in", "--name", "libguard.so")
    assert "64 hexadecimal digits" in admin.refused("plugin", "trust", "allow", "--sha256", "123")
    assert 'Did you mean "libguard.so"' in admin.refused("plugin", "trust", "allow", "--name", "libgard.so")
    gone = admin.do("plugin", "trust", "disallow", "--sha256", sha256(library)).json
    assert [entry["rule"] for entry in gone["now_refused"]] == ["trust"]
    assert "is not listed" in admin.refused("plugin", "trust", "disallow", "--sha256", sha256(library))


def test_a_signature_is_installed_beside_a_library_on_the_search_path(
    folder: Path, builds: dict[str, Path], keys: dict[str, Signer], tmp_path: Path
) -> None:
    library = put(builds["1"], folder)
    copy = tmp_path / "built" / "libguard.so"
    copy.parent.mkdir()
    shutil.copyfile(library, copy)
    admin = Administration(tmp_path / "config" / "config.json", guarded(folder, keys["acme"].trusted()))
    message = admin.refused("plugin", "sign", copy, "--key", keys["other"].file, "--install")
    assert "Nothing was written" in message and "not in plugins.trusted_keys" in message and not signature_file(library).exists()
    done = admin.do("plugin", "sign", copy, "--key", keys["acme"].file, "--install").json
    assert done["file"] == str(library) and done["signer"] == {
        "name": "acme",
        "key": keys["acme"].fingerprint,
    }
    assert signatures(library)["sha256"] == sha256(library) and not signature_file(copy).exists()
    with copy.open("ab") as file:
        file.write(b"\0")
    assert "is of another file" in admin.refused("plugin", "sign", copy, "--key", keys["acme"].file, "--install")
    assert [(line["operation"], line["outcome"]) for line in admin.audit] == [
        ("plugin sign", "refused"),
        ("plugin sign", "done"),
        ("plugin sign", "refused"),
    ]
