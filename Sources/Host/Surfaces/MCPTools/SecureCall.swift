internal import JSON
internal import MCP

/// `enkrypt_secure_call_tools`: a batch of calls to one server, in order, each through the pipeline.
struct SecureCall {
  private let serverName: String
  private let items: [RawJSON]
  private let stopsOnError: Bool

  init(_ arguments: RawJSON) throws(GatewayError) {
    let arguments = Arguments(arguments)
    serverName = try arguments.requiredString("server_name")
    items = try arguments.array("tool_calls")
    stopsOnError = try arguments.bool("stop_on_error", default: true)
    guard items.count <= Limits.Router.maxCallsPerBatch else {
      throw GatewayError(.toolInvalidArguments, "tool_calls holds more than \(Limits.Router.maxCallsPerBatch) calls.")
    }
  }

  func run(_ caller: Caller, _ request: RequestContext, _ services: GatewayServices) async throws(GatewayError) -> ToolResult {
    let server = try OperationContext(caller: caller, request: request, services: services).server(serverName)
    guard !items.isEmpty else { return try await tools(of: server, caller, request, services) }
    var answer = SecureCallAnswer(server: server)
    for (index, item) in items.enumerated() {
      guard !answer.hasTrouble || !stopsOnError else {
        answer.skip(index: index, item)
        continue
      }
      do throws(GatewayError) {
        let call = try ToolCallRequest(item, index: index)
        answer.add(
          await services.pipeline.run(.tool(call.tool, arguments: call.arguments, index: call.index), on: server, for: caller, request),
          of: call)
      } catch {
        answer.reject(error, index: index, item)
      }
    }
    return answer.result()
  }

  /// An empty batch asks what there is to call.
  private func tools(
    of server: ServerEntry, _ caller: Caller, _ request: RequestContext, _ services: GatewayServices
  ) async throws(GatewayError) -> ToolResult {
    let context = OperationContext(caller: caller, request: request, services: services)
    guard case .object(var document) = try await ServerDiscover.one(server, context) else {
      throw GatewayError(.internalError, "The tools cannot be listed.")
    }
    document["message"] = .string("Successfully discovered tools for \(server.name)")
    return ToolResult(document: JSONValue.object(document).serialized(), isError: false)
  }
}
