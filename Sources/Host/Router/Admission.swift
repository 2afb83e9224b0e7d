internal import JSON
internal import MCP

extension Discovery {
  /// Only what the caller could have seen in the server's lists is asked for: the same rule for listing and for calling.
  func admit(_ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async throws(GatewayError) {
    switch call.target {
    case .tool(let name):
      if case .denied(let reason) = server.access(to: name) {
        throw GatewayError(.toolPermissionDenied, reason ?? "The tool is denied for this server.", server: server.name, tool: name)
      }
      let tools = try await expect(name, in: .tools, of: server, for: caller, request)
      try expectAgreement(call, tools.parameterHeaders[name], server)
      try expectFittingArguments(call, tools, server)
    case .prompt(let name), .promptCompletion(let name):
      _ = try await expect(name, in: .prompts, of: server, for: caller, request)
    case .resource(uri: let uri), .subscription(uri: let uri), .resourceCompletion(uri: let uri):
      try await expectUnblocked(uri, of: server, for: caller, request)
    }
  }

  private func expect(
    _ name: String, in kind: ItemKind, of server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async throws(GatewayError) -> ItemList {
    let list = try await items(kind, of: server, for: caller, request).list
    guard list.serverRejection.isEmpty else { throw .rejected(server) }
    let isTool = kind == .tools
    guard !list.isBlocked(name) else { throw .blockedDefinition(of: isTool ? "tool" : "prompt", name, server) }
    if let waiting = list.awaiting.first(where: { $0.name == name && $0.isHeldBack }) { throw .heldBack(waiting, server) }
    guard list.contains(name) else {
      let noun = isTool ? "Tool" : "Prompt"
      throw GatewayError(.toolNotFound, "\(noun) '\(name)' not found for this server.", server: server.name, tool: name)
    }
    return list
  }

  /// Whoever routes by a header must not be led elsewhere than the arguments lead.
  private func expectAgreement(_ call: ForwardedRequest, _ headers: ParameterHeaders?, _ server: ServerEntry) throws(GatewayError) {
    guard let fields = call.parameterFields, let headers else { return }
    let arguments = call.arguments ?? RawJSON(.object([:]))
    guard let mismatch = headers.disagreement(of: fields, with: arguments) else { return }
    var error = GatewayError(.toolInvalidArguments, mismatch.message, server: server.name, tool: call.item)
    error.rpcCode = mismatch.code
    throw error
  }

  /// A resource need not be listed: templates and results of tools lead to others. One whose definition is kept back cannot be read, nor can one that a template
  /// describes which is kept back.
  private func expectUnblocked(
    _ uri: String, of server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async throws(GatewayError) {
    guard server.definitions.isScreened else { return }
    for kind in [ItemKind.resources, .resourceTemplates] {
      let list = try await items(kind, of: server, for: caller, request).list
      guard list.serverRejection.isEmpty else { throw .rejected(server) }
      let isBlocked = list.blocked.contains {
        kind == .resources ? $0.name == uri : $0.name == uri || URITemplate($0.name).mayDescribe(uri)
      }
      guard !isBlocked else { throw .blockedDefinition(of: "resource", uri, server) }
    }
  }
}

extension GatewayError {
  fileprivate static func blockedDefinition(of noun: String, _ name: String, _ server: ServerEntry) -> GatewayError {
    GatewayError(.discoveryToolValidationFailed, "A guardrail rejected the definition of this \(noun).", server: server.name, tool: name)
  }

  static func rejected(_ server: ServerEntry, reasons: [String] = []) -> GatewayError {
    var error = GatewayError(
      .discoveryToolValidationFailed, "A guardrail rejected the description of server '\(server.name)'.", server: server.name,
      suggestions: reasons)
    error.violations = reasons
    return error
  }
}
