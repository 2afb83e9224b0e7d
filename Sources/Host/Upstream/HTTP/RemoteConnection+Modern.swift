internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// Calls of 2026-07-28, each of which stands for itself.
extension RemoteConnection {
  /// Posts the call with the headers that repeat it. When the server finds them wrong, the tools are listed again and the call is made once more.
  func exchangeModern(_ call: RemoteCall) async throws(ExchangeFailure) {
    let params = try Self.object(call.params)
    if call.method == MethodName.toolsCall { try await learnTool(params, call) }
    do throws(ExchangeFailure) {
      try await attempt(call, params)
    } catch {
      guard case .refused(_, let refusal?) = error else { throw error }
      switch refusal.code {
      case ErrorCode.headerMismatch where call.method == MethodName.toolsCall:
        try await listTools(call)
        try await attempt(call, params)
      case ErrorCode.unsupportedVersion:
        // The server is another than it was: the next conversation finds out which.
        throw .sessionLost
      default: throw error
      }
    }
  }

  private func attempt(_ call: RemoteCall, _ params: RawJSON) async throws(ExchangeFailure) {
    switch try await post(call.method, params, id: RequestID(call.id), for: call.listener, deadline: call.latest) {
    case .accepted: throw .failed(.protocolViolation("it accepted the request and does not answer it"))
    case .messages(let messages): for message in messages { take(message, during: call) }
    case .events(var reader):
      try await read(&reader, of: call)
      if isPending(call.id) { complete(call.id, .failure(.lost(.exited("the event stream ended before the response")))) }
    }
  }

  private func post(
    _ method: String, _ params: RawJSON, id: RequestID, for listener: (any UpstreamListener)? = nil, deadline: NIODeadline
  ) async throws(ExchangeFailure) -> RemoteWire.Answer {
    var fields = RoutingHeaders.fields(method: method, params: params) + (listener?.traceFields ?? [])
    if method == MethodName.toolsCall, let tool = params["name"]?.stringValue {
      fields += state.withLock { $0.toolHeaders.fields(for: tool, arguments: params["arguments"]) }
    }
    let enveloped = modernParams.enveloping(params, for: listener)
    let message = Encode.request(id: id, method: method, params: enveloped)
    return try await wire.post(message, fields: fields, deadline: deadline).answer
  }

  private static func object(_ params: [UInt8]) throws(ExchangeFailure) -> RawJSON {
    do {
      return try RawJSON(validating: params)
    } catch {
      throw .failed(.protocolViolation("the parameters of the call are not JSON: \(error)"))
    }
  }

  // MARK: Tools

  /// Which arguments of a tool go into headers is known from its definition, which another conversation may have fetched.
  private func learnTool(_ params: RawJSON, _ call: RemoteCall) async throws(ExchangeFailure) {
    guard let tool = params["name"]?.stringValue, !state.withLock({ $0.toolHeaders.knows(tool) }) else { return }
    try await listTools(call)
  }

  private func listTools(_ call: RemoteCall) async throws(ExchangeFailure) {
    var collector = ListCollector(member: "tools")
    var params = RawJSON(.object([:]))
    for number in 1... {
      let id = RequestID.string("tools-\(call.id)-\(number)")
      let answer = try await post(MethodName.toolsList, params, id: id, deadline: call.latest)
      guard case .result(let page) = try await Negotiation.response(to: id, in: answer) else { return }
      do throws(JSONError) { _ = try state.withLock { state throws(JSONError) in try state.toolHeaders.take(page) } } catch {
        throw .failed(.protocolViolation("its list of tools cannot be read: \(error)"))
      }
      let step: ListCollector.Step
      do throws(ListCollector.Failure) { step = try collector.receive(page) } catch { throw .failed(.protocolViolation(error.description)) }
      guard case .request(let next) = step else { return }
      params = try Self.object(next)
    }
  }

  // MARK: Results

  func modernResult(_ outcome: Response.Outcome, of call: RemoteCall) -> Result<UpstreamReply, CallFailure> {
    do throws(UpstreamError) {
      let reply = try UpstreamReply(modern: outcome)
      if call.method == MethodName.toolsList, case .result(let result) = reply { return usableTools(result) }
      return .success(reply)
    } catch {
      return .failure(.failed(error))
    }
  }

  private func usableTools(_ result: RawJSON) -> Result<UpstreamReply, CallFailure> {
    do throws(JSONError) {
      let (usable, dropped) = try state.withLock { state throws(JSONError) in try state.toolHeaders.take(result) }
      if !dropped.isEmpty { log.warning("tools with invalid x-mcp-header annotations are left out", ["count": "\(dropped.count)"]) }
      return .success(.result(usable))
    } catch {
      return .failure(.failed(.protocolViolation("its list of tools cannot be read: \(error)")))
    }
  }
}
