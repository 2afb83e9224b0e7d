"""A client of the REST API, and what its description says of an answer."""

import hashlib
import http.client
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema

from .documents import Document
from .gateway import Gateway
from .places import GATEWAY
from .raw import Answer
from .waiting import until

ADMIN = "admin-key-HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH"
#: A gateway key whose role is admin.
OFFICER = "officer-key-IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII"
LISTENS = re.compile(r"The REST API listens host=127\.0\.0\.1 port=(\d+)")


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def identity(key: str) -> str:
    """The id of a key."""
    return digest(key)[:12]


def administered(document: Document, **settings: Any) -> Document:
    """The document with a REST API on a port that the system chooses, `admin_apikey`, and a key whose role is admin."""
    document["admin_apikey"] = "sha256:" + digest(ADMIN)
    document["admin_api"] = {"enabled": True, "port": 0, **settings}
    document["apikeys"][OFFICER] = {
        "project_id": "project-alice",
        "user_id": "user-alice",
        "role": "admin",
    }
    return document


def port_of(gateway: Gateway) -> int:
    return int(until(lambda: LISTENS.search(gateway.stderr), "the REST API listens")[1])


class Rest:
    """Sends requests with one key."""

    def __init__(self, port: int, key: str | None = ADMIN):
        self.port = port
        self.key = key

    def with_key(self, key: str | None) -> "Rest":
        return Rest(self.port, key)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """`path` is below /api/v1 unless it begins with two slashes."""
        fields = {"Authorization": f"Bearer {self.key}"} if self.key is not None else {}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            fields["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            target = path[1:] if path.startswith("//") else "/api/v1" + path
            connection.request(method, target, data, {**fields, **(headers or {})})
            response = connection.getresponse()
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read(),
            )
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.request("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.request("PUT", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.request("DELETE", path, body, **options)

    def done(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The `data` of an answer, which has to be a success in the original's form and as the description has it."""
        answer = self.request(method, path, body, **options)
        assert answer.status == 200, (method, path, answer.status, answer.body)
        document = answer.json
        assert list(document) == ["message", "data", "timestamp"] and document["message"], document
        self.description.check(method, path, answer)
        return document["data"]

    @property
    def description(self) -> "Description":
        return Description(self.get("//openapi.json").json)


class Description:
    """The OpenAPI document."""

    def __init__(self, document: Document):
        self.document = document

    def operation(self, method: str, path: str) -> Document:
        """The entry of the path that fits, a written part before a parameter."""
        sent = ("/api/v1" + path.split("?")[0]).split("/")

        def fits(template: str) -> bool:
            parts = template.split("/")
            return len(parts) == len(sent) and all(part.startswith("{") or part == word for part, word in zip(parts, sent, strict=True))

        found = sorted(
            (template for template in self.document["paths"] if fits(template)),
            key=lambda template: template.count("{"),
        )
        return self.document["paths"][found[0]][method.lower()]

    def check(self, method: str, path: str, answer: Answer) -> None:
        """That the answer is one of those described."""
        response = self.operation(method, path)["responses"][str(answer.status)]
        if "$ref" in response:
            response = self.document["components"]["responses"][str(answer.status)]
        schema = response["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**schema, "components": self.document["components"]}).validate(answer.json)


class StartedAPI:
    """`system start-api` as a child of the tests."""

    def __init__(self, config: Path, *words: str):
        self.config = config
        self.log = config.with_suffix(".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [
                    GATEWAY,
                    "system",
                    "start-api",
                    "--config",
                    config,
                    "--port",
                    "0",
                    *words,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.port = int(until(self._announced, "the REST API listens")[1])
        until(lambda: "REST API  http" in self.said, "the REST API says where it is")

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def _announced(self) -> re.Match[str] | None:
        assert self.process.poll() is None, self.said
        return LISTENS.search(self.said)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
