/// A document in which every key stands once that the reader knows the shape of only by seeing it: what the JSON Schema is learned from.
enum ConfigExample {
  static let text = #"""
    {
      "$schema": "./enkrypt_mcp_config.schema.json",
      "common_mcp_gateway_config": {
        "enkrypt_log_level": "INFO",
        "enkrypt_async_input_guardrails_enabled": false, "enkrypt_async_output_guardrails_enabled": false,
        "timeout_settings": {"escalation_policies": {"warn_threshold": 0.8}},
        "sandbox": {"enabled": false}
      },
      "gateway": {
        "host": "127.0.0.1", "path": "/mcp", "allowed_origins": ["https://app.example.com"],
        "tls": {"certificate": "gateway.pem", "key": "gateway-key.pem"}
      },
      "admin_apikey": "sha256:0000000000000000000000000000000000000000000000000000000000000000",
      "admin_api": {
        "host": "127.0.0.1", "allowed_origins": ["https://app.example.com"], "tls": {"certificate": "admin.pem", "key": "admin-key.pem"}
      },
      "plugins": {
        "path": ["plugins"], "trust": "allowlist",
        "allowlist": ["0000000000000000000000000000000000000000000000000000000000000000"],
        "trusted_keys": [{"name": "example", "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "revoked": false}],
        "auth": {"provider": "local_apikey", "config": {}, "fetched": "remote", "egress": {"allow": ["10.0.0.0/8"], "tls": {"profile": {"ca": "/", "ca_directory": "/", "certificate": "/", "key": "/"}}}, "sandbox": {"network": false, "read": ["/"], "memory_mb": 512}},
        "guardrails": [
          {"provider": "patterns", "config": {}, "breaker": {"failures": 5}, "egress": {"allow": ["10.0.0.0/8"], "tls": {"profile": {"ca": "/", "ca_directory": "/", "certificate": "/", "key": "/"}}}, "sandbox": {"network": false, "read": ["/"], "memory_mb": 512}}
        ],
        "telemetry": [
          {"provider": "stdout", "config": {}, "egress": {"allow": ["10.0.0.0/8"], "tls": {"profile": {"ca": "/", "ca_directory": "/", "certificate": "/", "key": "/"}}}, "sandbox": {"network": false, "read": ["/"], "memory_mb": 512}}
        ]
      },
      "enkrypt_config": {"api_key": "x"},
      "local_server_overrides": {"echo": {"sandbox": {"enabled": false}, "denied_tools": ["a", {"pattern": "b", "reason": "c"}]}},
      "mcp_configs": {
        "config-1": {
          "mcp_config_name": "default_config", "name_separator": "__", "name_prefix": true,
          "common_overrides": {"server_tools_guardrails_config": {"enabled": true, "provider": "patterns", "block": ["pii"], "policy_name": "p", "additional_config": {"topic": ["a"], "custom": {"b": {}}}}},
          "mcp_config": [
            {
              "server_name": "echo",
              "config": {
                "command": "uvx", "args": ["mcp-server-time"], "env": {"TZ": "UTC"}, "headers": {"X-Team": "a"}, "transport": "stdio"
              },
              "limits": {"core_bytes": 0}, "tools": {"echo": "says it again"},
              "denied_tools": ["a", {"pattern": "b", "reason": "c"}], "async_safe_tools": ["echo"],
              "input_guardrails_policy": {"enabled": true, "provider": "patterns", "block": ["pii"], "policy_name": "p", "additional_config": {"topic": ["a"], "custom": {"b": {}}}},
              "output_guardrails_policy": {"enabled": true, "provider": "patterns", "block": ["pii"], "policy_name": "p", "additional_config": {"topic": ["a"], "custom": {"b": {}}}},
              "tool_guardrails_policy": {"enabled": true, "provider": "patterns", "block": ["pii"], "policy_name": "p", "additional_config": {"topic": ["a"], "custom": {"b": {}}}},
              "oauth_config": {"enabled": false, "OAUTH_ADDITIONAL_PARAMS": {"a": "b"}, "OAUTH_CUSTOM_HEADERS": {"a": "b"}},
              "mcp_oauth": {"enabled": false}, "sandbox": {"enabled": false}
            },
            {
              "server_name": "remote",
              "server_tools_guardrails_config": {"enabled": false, "provider": "patterns", "block": ["pii"], "policy_name": "p", "additional_config": {"topic": ["a"], "custom": {"b": {}}}},
              "config": {"url": "https://mcp.example.com/mcp", "transport": "http", "headers": {"X-Team": "a"}},
              "egress": {"allow": ["10.0.0.0/8"]}, "tls": {"ca": "/", "ca_directory": "/", "certificate": "/", "key": "/"}
            }
          ]
        }
      },
      "users": {"user-1": {"email": "ada@example.com"}},
      "projects": {"project-1": {"project_name": "default", "mcp_config_id": "config-1", "users": ["user-1"]}},
      "apikeys": {
        "sha256:0000000000000000000000000000000000000000000000000000000000000000": {
          "project_id": "project-1", "user_id": "user-1", "expires_at": "2036-12-31T23:59:59Z", "role": "user"
        }
      }
    }
    """#
}
