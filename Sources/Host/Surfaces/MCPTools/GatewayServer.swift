internal import JSON
internal import MCP

/// The gateway as an MCP server: its methods, the same for every transport and era.
package struct GatewayServer: Sendable {
  private let gatewayTools: GatewayTools

  package init(tools: GatewayTools) { gatewayTools = tools }

  static let implementation = Implementation(name: "Enkrypt Secure MCP Gateway", title: "Secure MCP Gateway", version: Version.current)
  private static let instructions = """
    This gateway stands between you and other MCP servers: it knows you by your gateway key and checks what you send and what comes back. \
    List the servers with enkrypt_list_all_servers, then call their tools with enkrypt_secure_call_tools.
    """
  private static let capabilities: JSONValue = [
    "tools": ["listChanged": false], "prompts": ["listChanged": false], "resources": ["subscribe": false, "listChanged": false],
  ]

  /// The answer to `initialize`.
  func greeting(_ revision: Revision) -> [UInt8] {
    InitializeResult(
      revision: revision, serverInfo: Self.implementation, capabilities: Self.capabilities, instructions: Self.instructions
    ).encoded()
  }

  /// - Returns: JSON text of the result object.
  /// - Throws: what goes into the `error` member.
  func call(_ call: Request, era: Era, _ caller: Caller, _ context: RequestContext) async throws(RPCError) -> [UInt8] {
    switch call.method {
    case MethodName.toolsCall: return try await callTool(call.params, era, caller, context)
    case MethodName.toolsList: return try Self.tools.answer(call.params, era)
    case "prompts/list": return try Self.prompts.answer(call.params, era)
    case "resources/list": return try Self.resources.answer(call.params, era)
    case "resources/templates/list": return try Self.templates.answer(call.params, era)
    case MethodName.ping where era == .legacy: return Array("{}".utf8)
    case MethodName.discover where era == .modern:
      return DiscoverResult(serverInfo: Self.implementation, capabilities: Self.capabilities, instructions: Self.instructions).encoded()
    default: throw .methodNotFound("The gateway does not offer this method.")
    }
  }

  private static let tools = FixedList(["tools": GatewayTool.definitions])
  private static let prompts = FixedList(["prompts": []])
  private static let resources = FixedList(["resources": []])
  private static let templates = FixedList(["resourceTemplates": []])

  private func callTool(_ params: RawJSON?, _ era: Era, _ caller: Caller, _ context: RequestContext) async throws(RPCError) -> [UInt8] {
    guard let name = params?["name"]?.stringValue else { throw .invalidParams("tools/call needs the name of a tool.") }
    guard let tool = GatewayTool(rawValue: name) else { throw .invalidParams("Unknown tool: \(name.prefix(128))") }
    let arguments = params?["arguments"] ?? RawJSON(.object([:]))
    guard arguments.kind == .object else { throw .invalidParams("arguments must be an object.") }
    return await gatewayTools.call(tool, arguments, caller, context).encoded(modernFrom: era == .modern ? Self.implementation : nil)
  }
}

/// A list that never changes, written once for each era.
private struct FixedList {
  private let legacy: [UInt8]
  private let modern: [UInt8]

  init(_ result: JSONValue) {
    legacy = result.serialized()
    modern = ModernResult.decorate(RawJSON(result), serverInfo: GatewayServer.implementation, cache: CacheHint.none)
  }

  /// The list stands on one page, so there is no cursor to come back with.
  func answer(_ params: RawJSON?, _ era: Era) throws(RPCError) -> [UInt8] {
    if let cursor = params?["cursor"], !cursor.isNull { throw .invalidParams("The cursor is not one that this gateway gave.") }
    return era == .modern ? modern : legacy
  }
}
