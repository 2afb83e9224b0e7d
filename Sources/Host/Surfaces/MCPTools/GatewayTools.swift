internal import JSON
internal import MCP

/// The gateway's own tools: a thin skin over the operations and the pipeline.
package struct GatewayTools: Sendable {
  private let services: GatewayServices

  package init(services: GatewayServices) { self.services = services }

  /// Failures are tool errors that a model can read, not JSON-RPC errors.
  func call(_ tool: GatewayTool, _ arguments: RawJSON, _ caller: Caller, _ request: RequestContext) async -> ToolResult {
    do throws(GatewayError) {
      return try await run(tool, arguments, caller, request)
    } catch {
      services.observation.log.info(
        "Tool call refused", ["tool": tool.rawValue, "code": error.code.rawValue, "reason": error.cause ?? error.message])
      return ToolResult(document: error.document().serialized(), isError: true)
    }
  }

  private func run(_ tool: GatewayTool, _ arguments: RawJSON, _ caller: Caller, _ request: RequestContext) async throws(GatewayError)
    -> ToolResult
  {
    let context = OperationContext(caller: caller, request: request, services: services)
    switch tool {
    case .secureCallTools: return try await SecureCall(arguments).run(caller, request, services)
    case .listAllServers: return try await operate(ServerList.self, arguments, context)
    case .getServerInfo: return try await operate(ServerInfo.self, arguments, context)
    case .discoverAllTools: return try await operate(ServerDiscover.self, arguments, context)
    case .getCacheStatus: return try await operate(CacheStatus.self, arguments, context)
    case .clearCache: return try await operate(CacheClear.self, arguments, context)
    case .getTimeoutMetrics: return try await operate(TimeoutReport.self, arguments, context)
    }
  }

  private func operate<O: Operation>(_ operation: O.Type, _ arguments: RawJSON, _ context: OperationContext) async throws(GatewayError)
    -> ToolResult
  where O.Input: OperationInput, O.Context == OperationContext {
    let output = try await OperationRunner.run(operation, O.Input(arguments), context)
    return ToolResult(document: output.serialized(), isError: output["status"]?.stringValue == "error")
  }
}

extension ToolResult {
  /// A JSON object as both text, for models and older clients, and structured content.
  init(document: [UInt8], isError: Bool) {
    self.init(content: [.utf8(document)], structuredContent: document, isError: isError)
  }
}
