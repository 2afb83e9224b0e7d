internal import JSON
internal import MCP

/// What the benchmark's server answers, in either era: the same tools for everybody, and no state.
struct ToolConversation: Sendable {
  private static let info = Implementation(name: "tool-server", version: "1")
  private static let capabilities: JSONValue = ["tools": [:]]
  private let tools: [UInt8]

  init() {
    var writer = JSONWriter()
    writer.array { array in
      array.value(Self.definition("echo"))
      for number in 2...ToolServer.toolCount { array.value(Self.definition("tool_\(number)")) }
    }
    tools = writer.bytes
  }

  /// About 700 bytes, as those of real servers are.
  private static func definition(_ name: String) -> JSONValue {
    let property: JSONValue = ["type": "string", "description": "What the call is about, in a few words that the server understands."]
    return [
      "name": .string(name), "title": .string("The tool \(name)"),
      "description":
        "Does with its message what a tool does with its message, and says in a sentence or two what came of it. Use it whenever the message asks for it.",
      "inputSchema": [
        "type": "object", "properties": ["message": property, "place": property, "time": property], "required": ["message"],
      ],
      "annotations": ["readOnlyHint": true, "openWorldHint": false],
    ]
  }

  /// The answer to one message; nil if there is none.
  func answer(_ message: [UInt8]) -> [UInt8]? {
    do {
      guard case .request(let request) = try Message(RawJSON(validating: message)) else { return nil }
      return try Encode.result(id: request.id, result(of: request))
    } catch {
      return Encode.error(id: nil, .invalidRequest("\(error)"))
    }
  }

  private func result(of request: Request) throws(RPCError) -> [UInt8] {
    let isModern = request.meta?[MetaKey.protocolVersion] != nil
    switch request.method {
    case MethodName.initialize:
      return InitializeResult(
        revision: .negotiated(offered: request.params?["protocolVersion"]?.stringValue ?? ""), serverInfo: Self.info,
        capabilities: Self.capabilities
      ).encoded()
    case MethodName.discover where isModern:
      return DiscoverResult(serverInfo: Self.info, capabilities: Self.capabilities, cache: .none).encoded()
    case MethodName.ping: return Array("{}".utf8)
    case MethodName.toolsList: return object(isModern, cache: CacheHint.none) { $0.raw(key: "tools", tools) }
    case MethodName.toolsCall:
      guard let message = request.params?["arguments"]?["message"] else { throw .invalidParams("message is missing") }
      return object(isModern) { result in
        result.key("content")
        result.array { content in
          content.object { block in
            block.member("type", "text")
            block.member("text", message)
          }
        }
      }
    default: throw .methodNotFound(request.method)
    }
  }

  private func object(_ isModern: Bool, cache: CacheHint? = nil, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { result in
      body(&result)
      if isModern { ModernResult.write(serverInfo: Self.info, cache: cache, into: &result) }
    }
    return writer.bytes
  }
}

extension JSONWriter {
  fileprivate mutating func raw(key name: String, _ bytes: [UInt8]) {
    key(name)
    raw(bytes)
  }
}
