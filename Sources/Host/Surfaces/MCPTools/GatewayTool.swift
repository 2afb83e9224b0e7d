internal import JSON

/// The seven tools that the gateway itself offers; the raw values are the names that clients of the original know.
package enum GatewayTool: String, Sendable, CaseIterable {
  case listAllServers = "enkrypt_list_all_servers"
  case getServerInfo = "enkrypt_get_server_info"
  case discoverAllTools = "enkrypt_discover_all_tools"
  case secureCallTools = "enkrypt_secure_call_tools"
  case getCacheStatus = "enkrypt_get_cache_status"
  case clearCache = "enkrypt_clear_cache"
  case getTimeoutMetrics = "enkrypt_get_timeout_metrics"
}

extension GatewayTool {
  /// The definitions of all seven, in the order of `tools/list`.
  static let listed: [(name: String, definition: RawJSON)] = allCases.map { ($0.rawValue, RawJSON($0.definition)) }

  private var definition: JSONValue {
    [
      "name": .string(rawValue),
      "title": .string(title),
      "description": .string(description),
      "inputSchema": inputSchema,
      "outputSchema": outputSchema,
      "annotations": [
        "title": .string(title), "readOnlyHint": .bool(isReadOnly), "destructiveHint": false, "idempotentHint": true,
        "openWorldHint": .bool(!isReadOnly),
      ],
    ]
  }

  private var title: String {
    switch self {
    case .listAllServers: "List Available Servers"
    case .getServerInfo: "Get Server Info"
    case .discoverAllTools: "Discover Server Tools"
    case .secureCallTools: "Securely Call Tools"
    case .getCacheStatus: "Get Cache Status"
    case .clearCache: "Clear Cache"
    case .getTimeoutMetrics: "Get Timeout Metrics"
    }
  }

  private var isReadOnly: Bool { self != .secureCallTools && self != .clearCache }

  private var description: String {
    switch self {
    case .listAllServers:
      "Lists every MCP server behind this gateway with its tools. With discover_tools=false it only says which servers there are."
    case .getServerInfo: "Describes one server: its configuration, with secrets masked, and what is known of its tools."
    case .discoverAllTools:
      """
      Finds out which tools a server offers, or all servers when no server_name is given. With a query, a few words, only the tools that it is about come back, \
      the best first, with the server to call them at. Tools that a guardrail rejects are left out and listed with the reason.
      """
    case .secureCallTools:
      """
      Calls one or more tools of one server, in order, each checked by guardrails before and after. Put all calls for a server into one list: \
      tool_calls = [{"name": "<tool>", "args": {…}}, …]. The batch ends at the first error or block unless stop_on_error is false; calls not made are \
      listed as skipped. An empty list returns the server's tools.
      """
    case .getCacheStatus: "Says what the gateway has cached for you and when it expires."
    case .clearCache: "Forgets cached tools: of one server (server_name), of all servers, or everything (cache_type \"all\")."
    case .getTimeoutMetrics:
      "Counts operations and their time limits: how many ended in time, late, or not at all; and says how each guardrail is doing."
    }
  }

  var inputSchema: JSONValue {
    let (properties, required): (JSONObject, [JSONValue]) =
      switch self {
      case .listAllServers: (["discover_tools": Self.property("Discover Tools", "boolean", default: true)], [])
      case .getServerInfo: (["server_name": Self.property("Server Name", "string")], ["server_name"])
      case .discoverAllTools:
        (
          [
            "server_name": Self.optional("Server Name"), "query": Self.optional("Query"),
            "limit": [
              "title": "Limit", "type": "integer", "minimum": 1, "maximum": .int(Limits.Federation.maxSearchLimit),
              "default": .int(Limits.Federation.searchLimit),
            ],
          ], []
        )
      case .secureCallTools: (Self.callProperties, ["server_name"])
      case .clearCache:
        (["id": Self.optional("Id"), "server_name": Self.optional("Server Name"), "cache_type": Self.optional("Cache Type")], [])
      case .getCacheStatus, .getTimeoutMetrics: ([:], [])
      }
    var schema: JSONObject = ["type": "object", "title": .string(rawValue + "Arguments"), "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required) }
    return .object(schema)
  }

  private static var callProperties: JSONObject {
    [
      "server_name": property("Server Name", "string"),
      "tool_calls": [
        "title": "Tool Calls", "type": "array", "default": [], "items": [:],
        "description": "Each item: {\"name\": tool name, \"args\": object}",
      ],
      "stop_on_error": property("Stop On Error", "boolean", default: true),
    ]
  }

  private static func property(_ title: String, _ type: String, default value: JSONValue? = nil) -> JSONValue {
    var object: JSONObject = ["title": .string(title), "type": .string(type)]
    if let value { object["default"] = value }
    return .object(object)
  }

  private static func optional(_ title: String) -> JSONValue {
    ["title": .string(title), "anyOf": [["type": "string"], ["type": "null"]], "default": .null]
  }

  /// Every answer is an object; all but the timeout metrics say how it went in `status`.
  private var outputSchema: JSONValue {
    let status: JSONValue = ["type": "string", "description": "success, partial, error or info"]
    return switch self {
    case .getTimeoutMetrics:
      [
        "type": "object",
        "properties": [
          "timeout_metrics": ["type": "object"], "timeout_config": ["type": "object"], "guardrails": ["type": "array"],
          "plugins": ["type": "array"],
        ],
      ]
    case .secureCallTools:
      [
        "type": "object",
        "properties": [
          "status": status, "server_name": ["type": "string"], "summary": ["type": "object"], "guardrails_applied": ["type": "object"],
          "results": ["type": "array", "items": ["type": "object"]],
        ],
        "required": ["status"],
      ]
    default: ["type": "object", "properties": ["status": status], "required": ["status"]]
    }
  }
}
