"""HTTPS on the listener: certificates, their rotation, client certificates."""

import http.client
import json
import re
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.cli import run
from support.documents import ALICE, document, server
from support.gateway import Gateway
from support.raw import MODERN
from support.waiting import until

_META = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name = folder, name
        self.certificate, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        subject = f"/CN={name}"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", subject),
            *("-keyout", self._key, "-out", self.certificate),
        )

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for this machine, and its key."""
        certificate, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        extension = self.folder / f"{name}.ext"
        extension.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        _openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", key, "-out", request),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-days", "2"),
            *("-extfile", extension, "-out", certificate),
        )
        return certificate, key


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "authority")


class Secure(Gateway):
    """A gateway that is asked for its health over TLS."""

    context: ssl.SSLContext

    def is_healthy(self) -> bool:
        try:
            return _request(self, "GET", "/health")[0] == 200
        except OSError:
            return False

    def _announced(self) -> Any:
        self.assert_running()
        return re.search(r"^\s*URL\s+https://127\.0\.0\.1:(\d+)(/\S*)$", self.stdout, re.MULTILINE)


def _request(gateway: Secure, method: str, path: str, body: Any = None, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=20, context=context or gateway.context)
    headers = {"apikey": ALICE, "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if body:
        headers |= {"MCP-Protocol-Version": MODERN, "Mcp-Method": body["method"]}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _start(folder: Path, authority: Authority, tls: dict[str, Any], client: tuple[Path, Path] | None = None) -> Secure:
    gateway = Secure(folder, document([server("stage")], gateway={"tls": tls}))
    gateway.context = ssl.create_default_context(cafile=str(authority.certificate))
    if client:
        gateway.context.load_cert_chain(*map(str, client))
    gateway.start()
    return gateway


def _list(gateway: Secure) -> tuple[int, bytes]:
    return _request(gateway, "POST", gateway.path, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": _META}})


def _copy(pair: tuple[Path, Path], folder: Path) -> dict[str, str]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(pair[0].read_bytes())
    key.write_bytes(pair[1].read_bytes())
    return {"certificate": str(certificate), "key": str(key)}


def test_commands_reach_a_gateway_with_tls(tmp_path: Path, authority: Authority) -> None:
    first, client = authority.issue("first"), authority.issue("client")
    stranger = Authority(tmp_path, "stranger").certificate
    gateway = _start(tmp_path, authority, {**_copy(first, tmp_path), "client_ca": str(authority.certificate)}, client)
    try:
        key = {"ENKRYPT_GATEWAY_KEY": ALICE}
        url = ("cache", "status", "--url", f"https://127.0.0.1:{gateway.port}{gateway.path}")
        shown = ("--cert", client[0], "--cert-key", client[1])
        status = run(*url, "--ca", authority.certificate, *shown, environment=key)
        assert status.status == 0 and "cache_status" in status.json
        for options in ((), ("--ca", stranger), ("--ca", tmp_path / "nothing")):
            refused = run(*url, *options, *shown, environment=key)
            assert refused.status == 1 and refused.stdout == "" and "--ca" in refused.stderr and ALICE not in refused.stderr
        nobody = run(*url, "--ca", authority.certificate, environment=key)
        assert nobody.status == 1 and nobody.stdout == ""
        gateway.stop()
    finally:
        gateway.discard()


def test_calls_pass_and_plain_http_does_not(tmp_path: Path, authority: Authority) -> None:
    gateway = _start(tmp_path, authority, _copy(authority.issue("first"), tmp_path))
    try:
        status, body = _list(gateway)
        assert status == 200 and b"enkrypt_secure_call_tools" in body
        with socket.create_connection(("127.0.0.1", gateway.port)) as plain:
            plain.settimeout(10)
            plain.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            try:
                assert b"200" not in plain.recv(4096)
            except ConnectionResetError:
                pass
        assert _list(gateway)[0] == 200
        gateway.stop()
    finally:
        gateway.discard()


def test_old_versions_of_tls_are_refused(tmp_path: Path, authority: Authority) -> None:
    gateway = _start(tmp_path, authority, _copy(authority.issue("first"), tmp_path))
    try:
        old = ssl.create_default_context(cafile=str(authority.certificate))
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _request(gateway, "GET", "/health", context=old)
    finally:
        gateway.discard()


def test_a_new_certificate_takes_effect_without_a_restart(tmp_path: Path, authority: Authority) -> None:
    settings = _copy(authority.issue("first"), tmp_path)
    gateway = _start(tmp_path, authority, settings)
    try:
        assert _shown(gateway) == "first"
        # Half of a rotation: a certificate without its key keeps the old pair in effect.
        second = authority.issue("second")
        Path(settings["certificate"]).write_bytes(second[0].read_bytes())
        assert _shown(gateway) == "first"
        until(lambda: "cannot be used" in gateway.stderr, "the log says that the files cannot be used")
        Path(settings["key"]).write_bytes(second[1].read_bytes())
        assert _shown(gateway) == "second"
        assert "PRIVATE" not in gateway.stderr
    finally:
        gateway.discard()


def _shown(gateway: Secure) -> str:
    with socket.create_connection(("127.0.0.1", gateway.port)) as raw:
        with gateway.context.wrap_socket(raw, server_hostname="127.0.0.1") as secure:
            subject = secure.getpeercert()["subject"]  # type: ignore[index]
            return str(subject[0][0][1])


def test_only_clients_with_a_certificate_where_they_need_one(tmp_path: Path, authority: Authority) -> None:
    settings = _copy(authority.issue("first"), tmp_path) | {"client_ca": str(authority.certificate)}
    gateway = _start(tmp_path, authority, settings, client=authority.issue("client"))
    try:
        assert _list(gateway)[0] == 200
        nobody = ssl.create_default_context(cafile=str(authority.certificate))
        foreign = ssl.create_default_context(cafile=str(authority.certificate))
        foreign.load_cert_chain(*map(str, Authority(tmp_path, "foreign").issue("stranger")))
        for context in (nobody, foreign):
            with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
                _request(gateway, "GET", "/health", context=context)
        assert _list(gateway)[0] == 200
    finally:
        gateway.discard()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"certificate": "missing.pem"}, "missing.pem"),
        ({"key": "certificate.pem"}, "gateway.tls"),
        ({"certificate": "key.pem"}, "gateway.tls"),
        ({"client_ca": "key.pem"}, "gateway.tls"),
    ],
)
def test_a_certificate_that_cannot_be_used_stops_the_start(
    tmp_path: Path, authority: Authority, change: dict[str, str], reason: str
) -> None:
    settings = _copy(authority.issue("first"), tmp_path) | {name: str(tmp_path / file) for name, file in change.items()}
    gateway = Gateway(tmp_path, document([server("stage")], gateway={"tls": settings}))
    try:
        with pytest.raises(AssertionError, match="the gateway ended"):
            gateway.start()
        assert reason in gateway.stderr and "PRIVATE" not in gateway.stderr
    finally:
        gateway.discard()


def test_an_address_of_the_network_needs_tls_or_the_operators_word(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, document([server("stage")], gateway={"host": "0.0.0.0"}))
    try:
        with pytest.raises(AssertionError, match="the gateway ended"):
            gateway.start()
        assert "would carry keys in clear" in gateway.stderr and '"tls"' in gateway.stderr
    finally:
        gateway.discard()
