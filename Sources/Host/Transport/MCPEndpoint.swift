internal import JSON
internal import MCP
package import NIOCore
package import NIOHTTP1

/// The MCP endpoint: Streamable HTTP for the legacy revisions 2025-03-26 to 2025-11-25 and for 2026-07-28, on one path.
/// Every request of every method is checked for Host and Origin, then for credentials, and only then read.
package struct MCPEndpoint: HTTPApplication {
  private let path: String
  /// Canonical URI of this endpoint (RFC 8707), as far as the configuration knows it.
  private let resource: String
  private let origins: OriginPolicy
  private let crossOrigin: CrossOrigin
  private let states: StateSource
  private let authenticator: Authenticator
  private let server: GatewayServer
  private let legacy: LegacyEndpoint
  /// Nil: HTTP+SSE is switched off.
  private let events: EventsEndpoint?
  private let modern: ModernEndpoint
  private let observation: Observation
  private let jsonLimits: JSONLimits

  package init(
    listener: ListenerSettings, states: StateSource, authenticator: Authenticator, server: GatewayServer, sessions: SessionStore,
    observation: Observation
  ) {
    path = listener.path
    resource = "\(listener.scheme)://\(listener.host):\(listener.port)\(listener.path)"
    origins = OriginPolicy(allowedHosts: listener.allowedHosts + [listener.host], allowedOrigins: listener.allowedOrigins)
    crossOrigin = CrossOrigin(origins)
    self.states = states
    self.authenticator = authenticator
    self.server = server
    legacy = LegacyEndpoint(server: server, sessions: sessions)
    events = listener.hasLegacyEvents ? EventsEndpoint(legacy: legacy, maxConversations: listener.maxSessions) : nil
    modern = ModernEndpoint(server: server)
    self.observation = observation
    jsonLimits = JSONLimits(maxBytes: listener.maxBodyBytes)
  }

  package func answer(_ request: HTTPRequest, exchange: NIOLoopBound<HTTPExchange>) async -> HTTPAnswer {
    if let refusal = origins.refusal(of: request.headers) { return refusal }
    if let preflight = crossOrigin.preflight(request) { return preflight }
    if request.path == "/health" { return health(request) }
    guard let door = door(request.path) else {
      return .refusal(.notFound, "Nothing is served here. The MCP endpoint of this gateway is \(path).")
    }
    let start = NIODeadline.now()
    let answer = await admitted(request, door, exchange)
    observation.metrics.apiRequests.increment()
    observation.metrics.requestDuration.record(nanoseconds: (NIODeadline.now() - start).nanoseconds)
    return answer
  }

  package func answerHeaders(for headers: HTTPHeaders) -> HTTPHeaders { crossOrigin.headers(for: headers) }

  /// Liveness only: says nothing about who or what is behind.
  private func health(_ request: HTTPRequest) -> HTTPAnswer {
    guard request.method == .GET || request.method == .HEAD else { return .methodNotAllowed("GET, HEAD") }
    return .json(.ok, Array("{\"status\":\"ok\"}".utf8))
  }

  /// Which transport a path belongs to, and what is seen through it.
  private enum Door {
    case streamable(ServerView)
    case events(ServerView, conversation: String?)

    var view: ServerView {
      switch self {
      case .streamable(let view), .events(let view, _): view
      }
    }
  }

  private func door(_ path: String) -> Door? {
    if let view = ServerView(path: path, under: self.path) { return .streamable(view) }
    guard events != nil, let place = EventsPath(path, under: self.path) else { return nil }
    return .events(place.view, conversation: place.conversation)
  }

  private func admitted(_ request: HTTPRequest, _ door: Door, _ exchange: NIOLoopBound<HTTPExchange>) async -> HTTPAnswer {
    let context = RequestContext(
      id: RandomID.wordText(), carrier: TraceCarrier(request.headers), session: nil, view: door.view)
    let state: GatewayState
    do throws(GatewayError) { state = try await states.current() } catch { return .error(error) }
    let admission = await authenticator.admit(request.headers, state: state) { AuthRequest(request, context, resource: resource) }
    switch admission {
    case .refused(let refusal): return .refusal(refusal)
    case .caller(let caller):
      guard server.serves(door.view, caller) else { return .refusal(.notFound, "No such server is offered to you here.") }
      switch door {
      case .streamable: return await route(request, caller, context, exchange)
      case .events(_, let conversation): return route(request, conversation, caller, context, exchange)
      }
    }
  }

  /// HTTP+SSE: GET opens the stream, POST goes to a conversation.
  private func route(
    _ request: HTTPRequest, _ conversation: String?, _ caller: Caller, _ context: RequestContext, _ exchange: NIOLoopBound<HTTPExchange>
  ) -> HTTPAnswer {
    guard let events else { return .refusal(.notFound, "Nothing is served here.") }
    guard let conversation else {
      return request.method == .GET ? events.listen(request, caller, context.view, exchange) : .methodNotAllowed("GET")
    }
    guard request.method == .POST else { return .methodNotAllowed("POST") }
    if let refusal = MediaTypes.contentRefusal(of: request.headers) { return refusal }
    do throws(JSONError) {
      return events.take(try RawJSON(validating: request.body, limits: jsonLimits), for: conversation, caller, context, exchange)
    } catch {
      return .notJSON(error)
    }
  }

  private func route(
    _ request: HTTPRequest, _ caller: Caller, _ context: RequestContext, _ exchange: NIOLoopBound<HTTPExchange>
  ) async -> HTTPAnswer {
    if request.method == .POST { return await post(request, caller, context, exchange) }
    // 2026-07-28 has neither streams of their own nor sessions.
    let isModern = request.header(HeaderName.protocolVersion).flatMap { Revision(rawValue: $0) }?.era == .modern
    switch request.method {
    case .DELETE where !isModern: return legacy.delete(request, caller, context.view)
    case .GET where !isModern: return legacy.listen(request, caller, context.view, exchange)
    default: return .methodNotAllowed(isModern ? "POST" : "GET, POST, DELETE")
    }
  }

  private func post(
    _ request: HTTPRequest, _ caller: Caller, _ context: RequestContext, _ exchange: NIOLoopBound<HTTPExchange>
  ) async -> HTTPAnswer {
    if let refusal = MediaTypes.refusal(of: request.headers) { return refusal }
    let body: RawJSON
    do throws(JSONError) {
      body = try RawJSON(validating: request.body, limits: jsonLimits)
    } catch {
      return .notJSON(error)
    }
    let header = request.header(HeaderName.protocolVersion)
    if body.kind == .array { return await legacy.batch(body, header: header, request, caller, context, exchange) }
    let message: Message
    do throws(RPCError) { message = try Message(body) } catch { return .rpc(.badRequest, Message.requestID(in: body), error) }
    let context = context.traced(by: message.meta)
    switch EraDecision.decide(headerVersion: header, body: message) {
    case .modern:
      exchange.value.isCancelledByDisconnect = true
      return await modern.answer(message, request, caller, context, exchange)
    case .legacy(let revision): return await legacy.answer(message, header: revision, request, caller, context, exchange)
    case .unknownVersion(let version):
      return .rpc(
        .badRequest, Message.requestID(in: body), .unsupportedVersion(requested: String(version.prefix(64)), supported: Revision.allCases))
    }
  }
}

/// Header names of MCP, in lower case.
enum HeaderName {
  static let sessionID = "mcp-session-id"
  static let protocolVersion = "mcp-protocol-version"
  static let lastEventID = "last-event-id"
}

extension RPCError {
  static let sessionNotFound = RPCError(
    code: ErrorCode.sessionNotFound, message: "Session not found: it is unknown or has ended. Initialize again.")
  static let otherRevision = invalidRequest("MCP-Protocol-Version is not the revision that this session negotiated")
}

extension HTTPAnswer {
  static func methodNotAllowed(_ allowed: String, _ reason: String = "This method is not served here.") -> HTTPAnswer {
    .refusal(.methodNotAllowed, reason, headers: ["allow": allowed])
  }

  /// A JSON-RPC error as the whole body.
  static func rpc(_ status: HTTPResponseStatus, _ id: RequestID?, _ error: RPCError) -> HTTPAnswer {
    .json(status, Encode.error(id: id, error))
  }

  static func notJSON(_ error: JSONError) -> HTTPAnswer {
    .refusal(.badRequest, "The body is not valid JSON: \(error)", code: ErrorCode.parseError)
  }

  /// A failure of the gateway as a whole, before the message was read.
  static func error(_ error: GatewayError) -> HTTPAnswer {
    let data = RawJSON(error.document())
    return .rpc(
      HTTPResponseStatus(statusCode: error.code.httpStatus), nil,
      RPCError(code: ErrorCode.internalError, message: error.message, data: data))
  }

  /// A caller who is not let in: the challenge says how to try again.
  static func refusal(_ refusal: AuthRefusal) -> HTTPAnswer {
    let error = RPCError(code: ErrorCode.invalidRequest, message: refusal.error.message, data: RawJSON(refusal.error.document()))
    var answer = rpc(refusal.status, nil, error)
    if refusal.status == .unauthorized { answer.headers.add(name: "www-authenticate", value: refusal.challenge) }
    return answer
  }
}

extension AuthRequest {
  init(_ request: HTTPRequest, _ context: RequestContext, resource: String) {
    self.init(
      context: CallContext(
        requestID: context.id, traceparent: context.traceparent, principal: "", session: "", projectID: "", userID: "", configID: ""),
      headers: request.headers.map { ($0.name.lowercased(), $0.value) }, method: request.method.rawValue, target: request.path,
      resource: resource,
      peer: request.peer, transport: "http")
  }
}
