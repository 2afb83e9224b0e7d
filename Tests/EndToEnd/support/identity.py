"""A stand-in for an identity provider: keys of every kind, tokens signed with them, and a place that publishes the keys."""

import base64
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Claims = dict[str, Any]

ISSUER = "https://id.example.com/realms/main"
AUDIENCE = "https://gateway.example.com/mcp"
#: What the gateway has to verify.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]

_DIGESTS: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def encoded(data: bytes | Claims) -> str:
    """base64url without padding; of an object, its JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int, length: int | None = None) -> str:
    return encoded(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class Key:
    """One key pair for one algorithm."""

    def __init__(self, algorithm: str, *, bits: int = 2048) -> None:
        self.algorithm = algorithm
        self.id = uuid.uuid4().hex
        self.private: Any
        if algorithm.startswith(("RS", "PS")):
            self.private = rsa.generate_private_key(65537, bits)
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = ec.generate_private_key(ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1())

    @property
    def jwk(self) -> Claims:
        return {"kid": self.id, "alg": self.algorithm, "use": "sig", **self._numbers()}

    def _numbers(self) -> Claims:
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            return {"kty": "RSA", "n": number(public.public_numbers().n), "e": number(public.public_numbers().e)}
        if isinstance(public, ed25519.Ed25519PublicKey):
            return {"kty": "OKP", "crv": "Ed25519", "x": encoded(public.public_bytes_raw())}
        point, length = public.public_numbers(), (public.key_size + 7) // 8
        return {"kty": "EC", "crv": f"P-{public.key_size}", "x": number(point.x, length), "y": number(point.y, length)}

    @property
    def pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, message: bytes) -> bytes:
        algorithm = self.algorithm
        if algorithm == "EdDSA":
            return self.private.sign(message)
        digest = _DIGESTS[algorithm[2:]]
        if algorithm.startswith("RS"):
            return self.private.sign(message, padding.PKCS1v15(), digest)
        if algorithm.startswith("PS"):
            return self.private.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        length = (self.private.key_size + 7) // 8
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    def token(self, claims: Claims, **header: Any) -> str:
        """A JWT; `header` has more members for its header, or other ones, and None takes one out."""
        fields = {"alg": self.algorithm, "typ": "JWT", "kid": self.id, **header}
        signed = encoded({name: value for name, value in fields.items() if value is not None}) + "." + encoded(claims)
        return f"{signed}.{encoded(self.sign(signed.encode()))}"


def hmac_token(secret: bytes, claims: Claims, **header: Any) -> str:
    """A JWT with a secret in the place of a key pair."""
    signed = encoded({"alg": "HS256", "typ": "JWT", **header}) + "." + encoded(claims)
    code = hmac.HMAC(secret, hashes.SHA256())
    code.update(signed.encode())
    return f"{signed}.{encoded(code.finalize())}"


def claims(**others: Any) -> Claims:
    """Those of Alice, good for some minutes; None takes one out."""
    now = int(time.time())
    standard = {
        "iss": ISSUER,
        "aud": [AUDIENCE, "https://other.example.com"],
        "sub": "alice@example.com",
        "exp": now + 600,
        "nbf": now - 5,
        "iat": now - 5,
        "project_id": "project-alice",
    }
    return {name: value for name, value in {**standard, **others}.items() if value is not None}


class IdentityProvider:
    """Publishes keys on a free port of 127.0.0.1."""

    def __init__(self, *keys: Key) -> None:
        self.published: list[Claims] = [key.jwk for key in keys]
        #: How it fails: a status, or a whole body; None: it works.
        self.failing: int | bytes | None = None
        self.asked = 0
        #: Set: answers wait for it.
        self.gate: threading.Event | None = None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                provider._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/jwks.json?v=1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        if self.gate:
            self.gate.wait(timeout=60)
        failing = self.failing
        status, body = (failing, b"{}") if isinstance(failing, int) else (200, failing)
        if body is None:
            body = json.dumps({"keys": self.published}).encode()
        if handler.path != "/jwks.json?v=1":
            status = 404
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
