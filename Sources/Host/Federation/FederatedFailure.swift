internal import JSON
internal import MCP

/// Why the gateway gives no result of a server, with its two faces: a tool error, which a model can read, and a JSON-RPC error.
struct FederatedFailure: Error, Sendable {
  let error: GatewayError
  /// Which text was blocked, and by whom.
  let block: (direction: GuardrailPhase, report: ScreeningReport)?

  init(_ error: GatewayError) {
    self.error = error
    block = nil
  }

  /// A block names kinds of findings and guardrails. It repeats no text: neither what was found, nor a guardrail's own words, nor a place in the message.
  init(blocked direction: GuardrailPhase, _ report: ScreeningReport, server: ServerEntry, item: String) {
    let categories = report.categories.joined(separator: ", ")
    let what = direction == .input ? "Request" : "Answer"
    error = GatewayError(
      .guardrailPolicyViolation, "\(what) blocked by a guardrail: \(categories).", server: server.name, tool: item)
    block = (direction, report)
  }

  /// `{error_code, message, server_name, reason?, guardrail?}`
  var document: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("error_code", error.code.rawValue)
      writer.member("message", error.message)
      if let server = error.serverName { writer.member("server_name", server) }
      if let reason = error.reason { writer.member("reason", reason) }
      if let block {
        writer.key("guardrail")
        writer.object { writer in
          writer.member("direction", block.direction.word)
          block.report.writeKinds(into: &writer)
        }
      }
    }
    return writer.bytes
  }

  var toolResult: ToolResult {
    ToolResult(content: [.text(error.message)], isError: true, meta: [(GatewayMetaKey.error, document)])
  }

  /// That there is no such item, or none for this caller, is no failure of the tool but of the request.
  var isAboutRequest: Bool {
    switch error.code {
    case _ where error.rpcCode != nil: true
    case .toolNotFound, .toolPermissionDenied: true
    case .discoveryToolValidationFailed: error.toolName != nil
    default: false
    }
  }

  func rpcError(era: Era, isResource: Bool = false) -> RPCError {
    let code =
      block != nil
      ? ErrorCode.blockedByGuardrail
      : error.rpcCode
        ?? (!isAboutRequest
          ? ErrorCode.internalError : isResource && era == .legacy ? ErrorCode.resourceNotFound : ErrorCode.invalidParams)
    return RPCError(code: code, message: error.message, data: Self.raw(document))
  }

  /// Written by `JSONWriter`, so it is JSON; were it not, the error would go without it.
  private static func raw(_ text: [UInt8]) -> RawJSON? {
    do throws(JSONError) { return try RawJSON(validating: text, limits: .widest) } catch { return nil }
  }
}

extension ErrorCode {
  /// A guardrail blocked a request or its answer that can be no tool error. Outside the range that JSON-RPC 2.0 section 5.1 reserves.
  static let blockedByGuardrail = 1001
}

extension RPCError {
  /// A server's error for a client of that era: code, message and data as they came, but for codes that would say something of this hop, or that the client's
  /// revisions do not know.
  /// - Parameter isResource: it answers `resources/read`.
  init(ofServer error: RPCError, era: Era, isResource: Bool = false) {
    self.init(code: Self.code(ofServer: error, era, isResource), message: error.message, data: error.data)
  }

  private static func code(ofServer error: RPCError, _ era: Era, _ isResource: Bool) -> Int {
    switch (era, error.code) {
    case (.modern, ErrorCode.resourceNotFound): ErrorCode.invalidParams
    // 2026-07-28 says with `data.uri` that it is the resource that is not there.
    case (.legacy, ErrorCode.invalidParams) where isResource && error.data?["uri"]?.kind == .string: ErrorCode.resourceNotFound
    // What the client would have to declare is for the client.
    case (.modern, ErrorCode.missingCapability) where error.data?["requiredCapabilities"]?.kind == .object: error.code
    case (_, ErrorCode.headerMismatch), (_, ErrorCode.missingCapability), (_, ErrorCode.unsupportedVersion),
      (.modern, ErrorCode.urlElicitationRequired):
      ErrorCode.internalError
    default: error.code
    }
  }
}
