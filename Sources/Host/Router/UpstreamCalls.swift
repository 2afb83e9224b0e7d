internal import JSON
internal import MCP
internal import NIOCore

extension UpstreamPool {
  /// The answer, or why there is none, as a value: for work that is measured however it ends.
  func reply(
    _ target: UpstreamTarget, method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)? = nil
  ) async -> Result<UpstreamReply, UpstreamError> {
    do throws(UpstreamError) {
      return .success(try await request(target, method: method, params: params, deadline: deadline, listener: listener))
    } catch {
      return .failure(error)
    }
  }

  /// Every page of a list.
  func list(_ target: UpstreamTarget, method: String, member: String, deadline: NIODeadline) async throws(UpstreamError) -> [RawJSON] {
    var collector = ListCollector(member: member)
    var params = Array("{}".utf8)
    while true {
      switch try await request(target, method: method, params: params, deadline: deadline) {
      case .error(let error): throw .protocolViolation("\(method) was refused with code \(error.code)")
      case .result(let result):
        do throws(ListCollector.Failure) {
          guard case .request(let next) = try collector.receive(result) else { return collector.items }
          params = next
        } catch {
          throw .protocolViolation(error.description)
        }
      }
    }
  }
}

extension UpstreamTarget {
  /// A server with this caller's share of it.
  init(_ server: ServerEntry, caller: Caller, _ request: RequestContext) throws(GatewayError) {
    self.init(
      principal: caller.principal, session: request.session, server: try caller.state.upstream(server, of: caller.mcpConfig),
      clientCapabilities: request.link.flatMap { $0.canAsk ? $0.capabilities : nil })
  }
}

extension TimeoutMetrics.Outcome {
  init(_ result: Result<UpstreamReply, UpstreamError>) {
    self =
      switch result {
      case .success: .successful
      case .failure(.timedOut): .timedOut
      case .failure(.cancelled): .cancelled
      case .failure: .failed
      }
  }

  init(_ result: Result<ToolList, GatewayError>) {
    self =
      switch result {
      case .success: .successful
      case .failure(let error): error.code == .discoveryTimeout ? .timedOut : .failed
      }
  }
}

extension GatewayError {
  /// What went wrong upstream, in public words; the operator's words are the cause.
  init(upstream error: UpstreamError, server: String, tool: String?) {
    let code: Code =
      switch error {
      case .timedOut: tool == nil ? .discoveryTimeout : .toolTimeout
      case .cannotStart, .exited, .overloaded, .shuttingDown: tool == nil ? .discoveryServerUnavailable : .toolServerUnavailable
      case .tooLarge, .protocolViolation, .cancelled: tool == nil ? .discoveryFailed : .toolExecutionFailed
      }
    let what = tool.map { "Tool '\($0)' of server '\(server)'" } ?? "Server '\(server)'"
    self.init(code, "\(what): \(error.publicText).", cause: error.operatorText, server: server, tool: tool)
  }

  static func rejected(_ server: ServerEntry, reasons: [String] = []) -> GatewayError {
    GatewayError(
      .discoveryToolValidationFailed, "A guardrail rejected the description of server '\(server.name)'.", server: server.name,
      suggestions: reasons)
  }
}

extension RPCError {
  /// The error object, as the server sent it.
  var document: RawJSON {
    var object: JSONObject = ["code": .number(JSONNumber(code)), "message": .string(message)]
    if let data { object["data"] = data.value }
    return RawJSON(.object(object))
  }
}

extension PluginReply {
  /// Why there is no value, for the log.
  var failureText: String {
    switch self {
    case .value: ""
    case .refused(let refusal): "refused: \(refusal.message)"
    case .failed(let failure): failure.description
    }
  }
}
