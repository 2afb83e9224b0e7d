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

  /// Every page of a list. A server that does not know the method and did not announce it has nothing to list.
  func list(
    _ target: UpstreamTarget, _ kind: ItemKind, isAnnounced: Bool, deadline: NIODeadline
  ) async throws(UpstreamError) -> (items: [RawJSON], freshMilliseconds: Int?) {
    var collector = ListCollector(member: kind.member)
    var params = Array("{}".utf8)
    while true {
      switch try await request(target, method: kind.listMethod, params: params, deadline: deadline) {
      // A server may have resources without templates, or templates alone.
      case .error(let error) where error.code == ErrorCode.methodNotFound && (!isAnnounced || kind.capability == "resources"):
        return ([], nil)
      case .error(let error): throw .protocolViolation("\(kind.listMethod) was refused with code \(error.code)")
      case .inputRequired: throw .protocolViolation("it asks for input before it answers \(kind.listMethod)")
      case .result(let result):
        do throws(ListCollector.Failure) {
          guard case .request(let next) = try collector.receive(result) else {
            return (collector.items, collector.freshMilliseconds)
          }
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
      clientCapabilities: request.link?.capabilities)
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

  init(_ result: Result<ItemList, GatewayError>) {
    self =
      switch result {
      case .success: .successful
      case .failure(let error): error.code == .discoveryTimeout ? .timedOut : .failed
      }
  }
}

extension GatewayError {
  /// What went wrong upstream, in public words; the operator's words are the cause.
  init(upstream error: UpstreamError, server: String, call: ForwardedRequest? = nil) {
    let isDiscovery = call == nil
    let code: Code =
      switch error {
      case .timedOut: isDiscovery ? .discoveryTimeout : .toolTimeout
      case .cannotStart, .unavailable, .exited, .overloaded, .shuttingDown:
        isDiscovery ? .discoveryServerUnavailable : .toolServerUnavailable
      case .tooLarge, .protocolViolation, .cancelled: isDiscovery ? .discoveryFailed : .toolExecutionFailed
      }
    let what = call.map { "\($0.noun) '\($0.item)' of server '\(server)'" } ?? "Server '\(server)'"
    self.init(code, "\(what): \(error.publicText).", cause: error.operatorText, server: server, tool: call?.item)
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
