"""Configuration documents for tests."""

import copy
import sys
import uuid
from typing import Any

from .places import SERVERS

Document = dict[str, Any]

#: The word that the tests' keyword guardrail blocks.
BLOCKED = "forbidden"
#: Others that it blocks: digits, to be met as a number, and one with an accent.
BLOCKED_WORDS = [BLOCKED, "31337", "café noir"]

ALICE = "alice-key-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
BOB = "bob-key-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
DISABLED = "disabled-key-CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
NOT_A_MEMBER = "no-member-key-DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"
NO_CONFIG = "no-config-key-EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"
EXPIRED = "expired-key-FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
UNKNOWN = "unknown-key-GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGG"

POLICY = {"enabled": True, "policy_name": "keywords", "block": ["keyword_detector"]}
NO_POLICY = {"enabled": False, "policy_name": "", "block": []}


def keyword_guardrail(name: str = "keywords", words: list[str] | None = None, **binding: Any) -> Document:
    return {
        "name": name,
        "provider": "custom_keyword",
        "config": {"blocked_keywords": BLOCKED_WORDS if words is None else words},
        "on_failure": "block",
        **binding,
    }


def server(
    name: str,
    script: str = "stage.py",
    *,
    env: dict[str, str] | None = None,
    args: list[str] | None = None,
    guarded: bool = False,
    **entry: Any,
) -> Document:
    """The entry of a server of the folder servers/."""
    policy = POLICY if guarded else NO_POLICY
    return {
        "server_name": name,
        "description": "A server for tests",
        "config": {"command": sys.executable, "args": ["-u", str(SERVERS / script), *(args or [])], "env": env or {}},
        "tools": {},
        "input_guardrails_policy": policy,
        "output_guardrails_policy": policy,
        **entry,
    }


def remote(name: str, url: str, *, allow: list[str] | None = None, config: Document | None = None, **entry: Any) -> Document:
    """The entry of a server over HTTP on this machine. `config` goes beside its URL."""
    found = server(name, egress={"allow": ["127.0.0.1"] if allow is None else allow}, **entry)
    found["config"] = {"url": url, **(config or {})}
    return found


def document(
    servers: list[Document],
    *,
    guardrails: list[Document] | None = None,
    plugins: Document | None = None,
    timeouts: Document | None = None,
    gateway: Document | None = None,
    common: Document | None = None,
    config: Document | None = None,
) -> Document:
    """Two users, alice and bob, each with a project of their own; both projects see the same servers. And keys that must not work.

    `config` has more members for the set of servers.
    """
    return copy.deepcopy(
        {
            "common_mcp_gateway_config": {
                "enkrypt_log_level": "DEBUG",
                "timeout_settings": {"tool_execution_timeout": 20, "discovery_timeout": 20, "guardrail_timeout": 5, **(timeouts or {})},
                **(common or {}),
            },
            "gateway": {"host": "127.0.0.1", "port": 0, "path": "/mcp", **(gateway or {})},
            "plugins": {
                "auth": {"provider": "local_apikey", "config": {}},
                "guardrails": [keyword_guardrail()] if guardrails is None else guardrails,
                **(plugins or {}),
            },
            "mcp_configs": {"config-1": {"mcp_config_name": "shared", "mcp_config": servers, **(config or {})}},
            "projects": {
                "project-alice": {"project_name": "Alice's", "mcp_config_id": "config-1", "users": ["user-alice"]},
                "project-bob": {"project_name": "Bob's", "mcp_config_id": "config-1", "users": ["user-bob"]},
                "project-empty": {"project_name": "Without a config", "mcp_config_id": None, "users": ["user-bob"]},
            },
            "users": {"user-alice": {"email": "alice@example.com"}, "user-bob": {"email": "bob@example.com"}},
            "apikeys": {
                ALICE: {"project_id": "project-alice", "user_id": "user-alice"},
                BOB: {"project_id": "project-bob", "user_id": "user-bob"},
                DISABLED: {"project_id": "project-alice", "user_id": "user-alice", "disabled": True},
                EXPIRED: {"project_id": "project-alice", "user_id": "user-alice", "expires_at": "2020-01-01T00:00:00Z"},
                NOT_A_MEMBER: {"project_id": "project-alice", "user_id": "user-bob"},
                NO_CONFIG: {"project_id": "project-empty", "user_id": "user-bob"},
            },
        }
    )


def entry(document: Document, name: str) -> Document:
    """The entry of one server in a document, for editing."""
    return next(entry for entry in document["mcp_configs"]["config-1"]["mcp_config"] if entry["server_name"] == name)


def nonce() -> str:
    """A text that appears nowhere else."""
    return f"nonce-{uuid.uuid4().hex}"
