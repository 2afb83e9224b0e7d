internal import JSON

/// What a tool's own schemas and the configuration's limits demand of what passes.
extension Discovery {
  /// The schemas of tools, where something is checked by them.
  func schemas(of list: ItemList, _ server: ServerEntry) -> [String: ToolSchemas] {
    guard server.definitions.checksAny else { return [:] }
    return Dictionary(
      list.items.map { ($0.name, ToolSchemas($0.definition)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Before anything is sent: a call that does not fit is refused with the places where it does not.
  func expectFittingArguments(_ call: ForwardedRequest, _ tools: ItemList, _ server: ServerEntry) throws(GatewayError) {
    guard server.definitions.checksArguments, let schemas = tools.schemas[call.item] else { return }
    let arguments = call.arguments ?? RawJSON(.object([:]))
    let violations = try violations(of: arguments, .input, by: schemas, call.item, server)
    guard !violations.isEmpty else { return }
    let places = violations.prefix(Limits.Router.maxReportedViolations).map(\.description).joined(separator: "; ")
    var error = GatewayError(
      .toolInvalidArguments, "The arguments of tool '\(call.item)' do not fit its inputSchema: \(places).", server: server.name,
      tool: call.item)
    error.reason = "invalid_arguments"
    throw error
  }

  /// Names of members are the server's words, so the caller is told which keywords were not met, and the log where.
  func expectFittingResult(
    _ result: RawJSON, of call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async throws(GatewayError) {
    guard server.definitions.checksResults, case .tool(let name) = call.target, result["isError"]?.boolValue != true,
      let content = result["structuredContent"]
    else { return }
    let tools = try await items(.tools, of: server, for: caller, request).list
    // A large result need not be read to its end: what is checked protects the client, who would check it too.
    guard let schemas = tools.schemas[name] else { return }
    let violations = try violations(of: content, .output, by: schemas, name, server).filter { $0.keyword != JSONSchemaViolation.limit }
    guard !violations.isEmpty else { return }
    let keywords = Set(violations.map(\.keyword)).sorted().joined(separator: ", ")
    var error = GatewayError(
      .toolExecutionFailed, "The structuredContent of tool '\(name)' does not fit its outputSchema (\(keywords)).",
      cause: violations.prefix(Limits.Router.maxReportedViolations).map(\.description).joined(separator: "; "), server: server.name,
      tool: name)
    error.reason = "invalid_structured_content"
    throw error
  }

  /// What is to be checked, and cannot be, does not pass.
  private func violations(
    of value: RawJSON, _ side: ToolSchemas.Side, by schemas: ToolSchemas, _ tool: String, _ server: ServerEntry
  ) throws(GatewayError) -> [JSONSchemaViolation] {
    do throws(ToolSchemas.Unreadable) { return try schemas.violations(of: value, side) } catch {
      let setting = side == .input ? "validate_arguments" : "validate_results"
      var refusal = GatewayError(
        .toolExecutionFailed, "Tool '\(tool)' has an \(side.rawValue) that cannot be read, so nothing can be checked by it.",
        cause: "the \(side.rawValue): \(error.reason)", server: server.name, tool: tool,
        suggestions: ["Have the server corrected, or have an administrator set \(setting) of the server to false."])
      refusal.reason = "unreadable_schema"
      throw refusal
    }
  }

  func expectSize(_ answer: RawJSON, of call: ForwardedRequest, on server: ServerEntry) throws(GatewayError) {
    guard let limit = server.definitions.outputLimits.bytes(for: call), answer.bytes.count > limit else { return }
    var error = GatewayError(
      .toolExecutionFailed,
      "\(call.noun) '\(call.item)' of server '\(server.name)' answered with \(answer.bytes.count) bytes; max_output_bytes allows \(limit).",
      server: server.name, tool: call.item, suggestions: ["Ask for less, or have an administrator raise max_output_bytes of the server."])
    error.reason = "output_too_large"
    throw error
  }
}

extension ForwardedRequest {
  /// Of a tool.
  var arguments: RawJSON? { base == Self.argumentsPointer ? content : content["arguments"] }
}
