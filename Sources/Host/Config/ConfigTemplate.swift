package import JSON

/// A fresh configuration that works at once: one config with the built-in echo server, guardrails in both directions that need no service, one project,
/// one user and one key, of which the document holds only the digest.
package struct ConfigTemplate: Sendable {
  /// The document.
  package let document: JSONValue
  /// The key in clear: shown once, or kept in `gateway_key` beside the file. 48 characters of URL-safe base64.
  package let key: String
  /// The key that administers over REST, in clear.
  package let adminKey: String
  package let configID: String
  package let projectID: String
  package let userID: String

  /// `executablePath` is the absolute path of this program, which also contains the echo server.
  package init(executablePath: String) {
    key = RandomID.gatewayKey()
    adminKey = RandomID.gatewayKey()
    configID = RandomID.uuid()
    projectID = RandomID.uuid()
    userID = RandomID.uuid()
    let now = JSONValue.string(WallClock.documentTime())
    document = [
      "$schema": "./\(ConfigSchema.fileName)",
      "admin_apikey": .string(KeyName.stored(adminKey)),
      "common_mcp_gateway_config": Self.common,
      "gateway": ["host": "127.0.0.1", "port": 8000, "path": "/mcp"],
      "admin_api": ["enabled": false, "host": "127.0.0.1", "port": 8001],
      "plugins": Self.plugins,
      "mcp_configs": .object([
        configID: ["mcp_config_name": "default_config", "mcp_config": [Self.echoServer(executablePath)], "created_at": now]
      ]),
      "projects": .object([
        projectID: ["project_name": "default_project", "mcp_config_id": .string(configID), "users": [.string(userID)], "created_at": now]
      ]),
      "users": .object([userID: ["email": "default@example.com", "created_at": now]]),
      "apikeys": .object([
        KeyName.stored(key): [
          "project_id": .string(projectID), "user_id": .string(userID), "created_at": now,
          "key_prefix": .string(String(key.prefix(KeyName.recognisedCharacters))),
        ]
      ]),
    ]
  }

  private static let common: JSONValue = [
    "enkrypt_log_level": "INFO",
    "enkrypt_tool_cache_expiration": 4,
    "enkrypt_gateway_cache_expiration": 24,
    "enkrypt_async_input_guardrails_enabled": false,
    "enkrypt_async_output_guardrails_enabled": false,
    "timeout_settings": [
      "default_timeout": 30, "guardrail_timeout": 15, "auth_timeout": 10, "tool_execution_timeout": 60, "discovery_timeout": 20,
      "cache_timeout": 5,
      "connectivity_timeout": 2, "escalation_policies": ["warn_threshold": 0.8, "timeout_threshold": 1.0, "fail_threshold": 1.2],
    ],
  ]

  private static let plugins: JSONValue = [
    "auth": ["provider": "local_apikey", "config": [:]],
    "guardrails": [
      [
        "name": "keywords", "provider": "custom_keyword",
        "config": [
          "blocked_keywords": ["rm -rf", "drop table", "ignore previous instructions", "ignore all previous instructions", "/etc/shadow"]
        ],
        "on_failure": "block", "inline": true,
      ],
      ["name": "patterns", "provider": "patterns", "config": ["preset": "default"], "on_failure": "block"],
    ],
    "telemetry": ["provider": "stdout", "config": ["enabled": true]],
  ]

  private static func echoServer(_ executablePath: String) -> JSONValue {
    [
      "server_name": "echo_server",
      "description": "Says again what it is told",
      "config": ["command": .string(executablePath), "args": ["echo-server"]],
      "tools": [:],
      "sharing": "gateway",
      "input_guardrails_policy": ["enabled": true, "policy_name": "default", "block": ["keyword_detector"]],
      "output_guardrails_policy": ["enabled": true, "policy_name": "default", "block": ["keyword_detector"]],
    ]
  }

  // MARK: Writing

  /// As it is written.
  var text: [UInt8] { document.serialized(pretty: true) + [UInt8(ascii: "\n")] }

  /// Writes the document with mode 0600 into a directory that is made with 0700. Without `overwriting`, an existing file stays, and `EEXIST` is thrown.
  package func write(to path: String, overwriting: Bool) throws(FileBytes.Failure) {
    let directory = FilePath.directory(of: path)
    try FileBytes.makeDirectory(directory)
    try FileBytes.write(text, to: path, mode: 0o600, replacing: overwriting)
  }

  /// Writes the key in clear to `gateway_key` in the same directory, for demonstrations that start more than once. Returns its path.
  @discardableResult
  package func storeKey(beside path: String) throws(FileBytes.Failure) -> String {
    let keyPath = FilePath.directory(of: path) + "/gateway_key"
    try FileBytes.write(Array(key.utf8) + [UInt8(ascii: "\n")], to: keyPath, mode: 0o600, replacing: true)
    return keyPath
  }

  /// Where a copy of the demo key lies beside the configuration, it becomes this one.
  func refreshStoredKey(beside path: String) throws(FileBytes.Failure) {
    guard FileState(of: FilePath.directory(of: path) + "/gateway_key") != nil else { return }
    try storeKey(beside: path)
  }
}
