internal import JSON
internal import MCP

/// The two tools of the echo server.
enum EchoTools {
  static let serverInfo = Implementation(name: "echo-server", title: "Echo server", version: "1.0.0")
  static let capabilities: JSONValue = ["tools": [:]]
  /// The tools never change and are the same for everybody.
  static let cache = CacheHint(ttlMilliseconds: 3_600_000, scope: .public)

  private static let definitions: [JSONValue] = [
    [
      "name": "echo",
      "title": "Echo",
      "description": "Says back the message it is given.",
      "inputSchema": [
        "type": "object",
        "properties": ["message": ["type": "string", "description": "The text to say back."]],
        "required": ["message"],
      ],
      "annotations": annotations,
    ],
    [
      "name": "list_tools",
      "title": "List tools",
      "description": "Names the tools of this server.",
      "inputSchema": ["type": "object", "properties": [:]],
      "annotations": annotations,
    ],
  ]
  private static let annotations: JSONValue = [
    "readOnlyHint": true, "destructiveHint": false, "idempotentHint": true, "openWorldHint": false,
  ]

  /// The result of `tools/list`: one page, so no cursor is a valid one. Modern members are added if `isModern`.
  static func list(_ params: RawJSON?, isModern: Bool) throws(RPCError) -> [UInt8] {
    if let cursor = params?["cursor"], !cursor.isNull { throw .invalidParams("unknown cursor") }
    var writer = JSONWriter()
    writer.object { result in
      result.key("tools")
      result.value(.array(definitions))
      if isModern { ModernResult.write(serverInfo: serverInfo, cache: cache, into: &result) }
    }
    return writer.bytes
  }

  /// The result of `tools/call`.
  static func call(_ params: RawJSON?) throws(RPCError) -> ToolResult {
    guard let name = params?["name"]?.stringValue else { throw .invalidParams("name must be a string") }
    let arguments = params?["arguments"]
    if let arguments, arguments.kind != .object { throw .invalidParams("arguments must be an object") }
    switch name {
    case "echo": return echo(arguments)
    case "list_tools": return listTools()
    default: throw .invalidParams("unknown tool")
    }
  }

  private static func echo(_ arguments: RawJSON?) -> ToolResult {
    guard let message = arguments?["message"], message.kind == .string else { return .failure("message must be a string") }
    return ToolResult(content: [.rawText(message)])
  }

  private static func listTools() -> ToolResult {
    let lines = definitions.map { "\($0["name"]?.stringValue ?? ""): \($0["description"]?.stringValue ?? "")" }
    return .text(lines.joined(separator: "\n"))
  }
}
