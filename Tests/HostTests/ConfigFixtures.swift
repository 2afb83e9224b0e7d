/// Documents as the original writes them, for tests.
enum ConfigFixture {
  /// What `generate-config` of 2.1.2 writes, in our words.
  static let generated212 = #"""
    {
      "common_mcp_gateway_config": {
        "enkrypt_log_level": "INFO",
        "enkrypt_use_remote_mcp_config": false,
        "enkrypt_remote_mcp_gateway_name": "enkrypt-secure-mcp-gateway-1",
        "enkrypt_remote_mcp_gateway_version": "v1",
        "enkrypt_mcp_use_external_cache": false,
        "enkrypt_cache_host": "localhost",
        "enkrypt_cache_port": 6379,
        "enkrypt_cache_db": 0,
        "enkrypt_cache_password": null,
        "enkrypt_tool_cache_expiration": 4,
        "enkrypt_gateway_cache_expiration": 24,
        "enkrypt_async_input_guardrails_enabled": false,
        "enkrypt_async_output_guardrails_enabled": false,
        "timeout_settings": {
          "default_timeout": 30,
          "guardrail_timeout": 15,
          "auth_timeout": 10,
          "tool_execution_timeout": 60,
          "discovery_timeout": 20,
          "cache_timeout": 5,
          "connectivity_timeout": 2,
          "escalation_policies": { "warn_threshold": 0.8, "timeout_threshold": 1.0, "fail_threshold": 1.2 }
        }
      },
      "plugins": {
        "auth": { "provider": "local_apikey", "config": {} },
        "guardrails": {
          "provider": "enkrypt",
          "config": { "api_key": "YOUR_ENKRYPT_API_KEY", "base_url": "https://api.enkryptai.com" }
        },
        "telemetry": {
          "provider": "opentelemetry",
          "config": { "enabled": true, "url": "http://localhost:4317", "insecure": true }
        }
      },
      "mcp_configs": {
        "fcbd4508-1432-4f13-abb9-c495c946f638": {
          "mcp_config_name": "default_config",
          "mcp_config": [
            {
              "server_name": "echo_server",
              "description": "Dummy Echo Server",
              "config": { "command": "python", "args": ["/opt/venv/bad_mcps/echo_oauth_mcp.py"] },
              "oauth_config": {
                "enabled": false,
                "is_remote": false,
                "OAUTH_VERSION": "2.1",
                "OAUTH_GRANT_TYPE": "client_credentials",
                "OAUTH_CLIENT_ID": "your-client-id",
                "OAUTH_CLIENT_SECRET": "your-client-secret",
                "OAUTH_TOKEN_URL": "https://auth.example.com/oauth/token",
                "OAUTH_AUDIENCE": "https://api.example.com",
                "OAUTH_ORGANIZATION": "your-org-id",
                "OAUTH_SCOPE": "read write",
                "OAUTH_RESOURCE": "https://resource.example.com",
                "OAUTH_TOKEN_EXPIRY_BUFFER": 300,
                "OAUTH_USE_BASIC_AUTH": true,
                "OAUTH_ENFORCE_HTTPS": true,
                "OAUTH_TOKEN_IN_HEADER_ONLY": true,
                "OAUTH_VALIDATE_SCOPES": true,
                "OAUTH_USE_MTLS": false,
                "OAUTH_CLIENT_CERT_PATH": null,
                "OAUTH_CLIENT_KEY_PATH": null,
                "OAUTH_CA_BUNDLE_PATH": null,
                "OAUTH_REVOCATION_URL": null,
                "OAUTH_ADDITIONAL_PARAMS": {},
                "OAUTH_CUSTOM_HEADERS": {}
              },
              "tools": {},
              "enable_tool_guardrails": true,
              "input_guardrails_policy": {
                "enabled": false,
                "policy_name": "Sample Airline Guardrail",
                "additional_config": { "pii_redaction": false },
                "block": [
                  "policy_violation", "injection_attack", "topic_detector", "nsfw", "toxicity", "pii", "keyword_detector", "bias", "sponge_attack"
                ]
              },
              "output_guardrails_policy": {
                "enabled": false,
                "policy_name": "Sample Airline Guardrail",
                "additional_config": { "relevancy": false, "hallucination": false, "adherence": false },
                "block": ["policy_violation", "injection_attack", "nsfw", "toxicity", "pii", "keyword_detector", "bias"]
              }
            }
          ]
        }
      },
      "projects": {
        "3c09f06c-1f0d-4153-9ac5-366397937641": {
          "project_name": "default_project",
          "mcp_config_id": "fcbd4508-1432-4f13-abb9-c495c946f638",
          "users": ["6469a670-1d64-4da5-b2b3-790de21ac726"],
          "created_at": "2025-07-16T17:02:00.406877"
        }
      },
      "users": {
        "6469a670-1d64-4da5-b2b3-790de21ac726": { "email": "default@example.com", "created_at": "2025-07-16T17:02:00.406902" }
      },
      "apikeys": {
        "2W8UupCkazk4SsOcSu_1hAbiOgPdv0g-nN9NtfZyg-rvYGat": {
          "project_id": "3c09f06c-1f0d-4153-9ac5-366397937641",
          "user_id": "6469a670-1d64-4da5-b2b3-790de21ac726",
          "created_at": "2025-07-16T17:02:00.406905"
        }
      }
    }
    """#

  static let key212 = "2W8UupCkazk4SsOcSu_1hAbiOgPdv0g-nN9NtfZyg-rvYGat"

  /// The shape of 2.2.4, with its renamed policies, comments, overrides, sandbox and denied tools; what this version refuses is switched off.
  static let style224 = #"""
    {
      "$schema": "./config.schema.json",
      "admin_apikey": "an-administrator-key",
      "enkrypt_config": { "api_key": "YOUR_ENKRYPT_API_KEY", "base_url": "https://api.enkryptai.com" },
      "_doc_legacy_local_apikey_remote_fetch": "a comment of the example file",
      "common_mcp_gateway_config": {
        "enkrypt_log_level": "debug",
        "enkrypt_gateway_cache_expiration_minutes": 5,
        "enkrypt_config_watcher_poll_seconds": 2.0,
        "enkrypt_allow_stdio_servers": true,
        "enkrypt_gateway_base_url": null,
        "enkrypt_oauth_redirect_uri": null,
        "session_pool_enabled": true,
        "session_pool_ttl": 300,
        "timeout_settings": { "guardrail_timeout": 390, "tool_execution_timeout": 360 },
        "sandbox": {
          "enabled": false, "runtime": "docker", "default_image": "python:3.11-slim", "default_memory_limit": "512m", "default_cpu_limit": "1.0",
          "default_pids_limit": 100, "default_network": "none", "default_read_only": true, "container_cli": "docker", "nova_api_url": "http://localhost"
        }
      },
      "plugins": {
        "auth": { "provider": "enkrypt", "config": {} },
        "guardrails": { "provider": "enkrypt", "config": {} },
        "telemetry": { "provider": "opentelemetry", "config": { "enabled": false, "url": "http://localhost:4317", "insecure": true } }
      },
      "mcp_configs": {
        "config-1": {
          "mcp_config_name": "default_config",
          "_doc_common_overrides": "a comment",
          "common_overrides": { "server_tools_guardrails_config": { "enabled": false, "guardrail_name": "G", "block": ["policy_violation"] } },
          "mcp_config": [
            {
              "server_name": "echo_server",
              "description": "Echo",
              "config": { "command": "python", "args": ["echo.py"], "type": "stdio" },
              "tools": { "echo": "Says it again", "list": { "name": "list", "inputSchema": {} } },
              "denied_tools": ["delete_*", { "name": "drop_table", "reason": "destructive" }, { "pattern": "wipe_?" }],
              "sandbox": { "enabled": false, "runtime": "docker", "image": "python:3.11-slim", "memory_limit": "512m", "allowed_env": null },
              "mcp_oauth": { "enabled": false, "callback_port": 9000, "timeout": 60 },
              "input_guardrails_config": {
                "enabled": true, "guardrail_name": "Airline", "additional_config": { "pii_redaction": false }, "block": ["injection_attack"]
              },
              "output_guardrails_config": { "enabled": false, "guardrail_name": "Airline", "block": [] }
            }
          ]
        }
      },
      "projects": { "project-1": { "project_name": "p", "mcp_config_id": "config-1", "users": ["user-1"], "created_at": "2026-01-01T00:00:00" } },
      "users": { "user-1": { "email": "a@example.com", "created_at": "2026-01-01T00:00:00" } },
      "apikeys": { "a-key-of-the-2.2.4-document": { "project_id": "project-1", "user_id": "user-1", "created_at": "2026-01-01T00:00:00" } },
      "local_server_overrides": {
        "echo_server": { "sandbox": { "enabled": false }, "denied_tools": [{ "pattern": "shutdown", "reason": "local rule" }] }
      }
    }
    """#

  /// A small document of our own: one project with two keys, one of them disabled as asked.
  static func small(isDisabled: Bool, extra: String = "") -> String {
    #"""
    {
      "mcp_configs": { "c": { "mcp_config_name": "config", "mcp_config": [] } },
      "projects": { "p": { "project_name": "project", "mcp_config_id": "c", "users": ["u"] } },
      "users": { "u": { "email": "u@example.com" } },
      "apikeys": {
        "first-key-0123456789abcdef": { "project_id": "p", "user_id": "u", "disabled": \#(isDisabled) },
        "other-key-0123456789abcdef": { "project_id": "p", "user_id": "u" }
      }\#(extra)
    }
    """#
  }
}
