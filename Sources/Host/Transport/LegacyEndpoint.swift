internal import JSON
internal import MCP
internal import NIOCore
internal import NIOHTTP1

/// The session path: `initialize` opens a session, every other message names it, GET listens to it, DELETE or idleness ends it.
struct LegacyEndpoint: Sendable {
  let server: GatewayServer
  let sessions: SessionStore

  func answer(
    _ message: Message, header: Revision?, _ request: HTTPRequest, _ caller: Caller, _ context: RequestContext,
    _ exchange: NIOLoopBound<HTTPExchange>
  ) async -> HTTPAnswer {
    if case .request(let call) = message, call.method == MethodName.initialize { return initialize(call, caller, context) }
    let session: Session
    switch find(request, caller, context.view, Self.id(of: message)) {
    case .success(let found): session = found
    case .failure(let refusal): return refusal.answer
    }
    guard header == nil || header == session.revision else { return .rpc(.badRequest, Self.id(of: message), .otherRevision) }
    switch message {
    case .request(let call): return await answer(call, session, caller, context, exchange)
    case .notification(let notification): take(notification, session)
    case .response(let response): session.questions.take(response)
    }
    return HTTPAnswer(.accepted)
  }

  private func answer(
    _ call: Request, _ session: Session, _ caller: Caller, _ context: RequestContext, _ exchange: NIOLoopBound<HTTPExchange>
  ) async -> HTTPAnswer {
    let eventLoop = exchange.eventLoop
    guard session.begin(call.id, cancel: { eventLoop.execute { exchange.value.cancel() } }) else {
      return .rpc(.badRequest, call.id, .invalidRequest("a request with this id is in flight"))
    }
    defer { session.finish(call.id) }
    let link = ClientLink(session, call, on: eventLoop, EventStreamChannel(session, carry: HTTPExchange.carrier(exchange)))
    let reply = await reply(to: call, session, caller, context.with(session: session.id, link: link, revision: session.revision))
    return link.finish(reply) ? .carried : .json(.ok, reply)
  }

  func take(_ notification: MCP.Notification, _ session: Session) {
    if notification.method == MethodName.initialized { return session.initialized() }
    guard notification.method == MethodName.cancelled, let id = notification.params?["requestId"].flatMap({ RequestID($0) }) else { return }
    session.cancel(id)
  }

  /// The GET stream: what belongs to no request in flight; or, with `Last-Event-ID`, the rest of the stream that broke.
  func listen(_ request: HTTPRequest, _ caller: Caller, _ view: ServerView, _ exchange: NIOLoopBound<HTTPExchange>) -> HTTPAnswer {
    guard MediaTypes.acceptsEvents(request.headers) else {
      return .refusal(.notAcceptable, "The Accept header must list text/event-stream.")
    }
    let session: Session
    switch find(request, caller, view, nil) {
    case .success(let found): session = found
    case .failure(let refusal): return refusal.answer
    }
    if let header = request.header(HeaderName.protocolVersion), header != session.revision.rawValue {
      return .rpc(.badRequest, nil, .otherRevision)
    }
    var (stream, number): (EventStream, Int?) = (session.standalone, nil)
    if let last = request.header(HeaderName.lastEventID) {
      guard let event = EventStream.parse(id: last), let known = session.stream(event.stream) else {
        return .rpc(.badRequest, nil, .invalidRequest("Last-Event-ID names no event that this session has kept"))
      }
      (stream, number) = (known, event.number)
    }
    guard exchange.value.carry(stream, after: number) else {
      return .rpc(.conflict, nil, .invalidRequest("another connection carries this event stream"))
    }
    if number == nil, session.revision >= .v2025_11_25 { stream.prime() }
    return .carried
  }

  /// Batches exist in 2025-03-26 only. Each message is answered for itself; what needs no answer leaves none.
  func batch(
    _ body: RawJSON, header: String?, _ request: HTTPRequest, _ caller: Caller, _ context: RequestContext,
    _ exchange: NIOLoopBound<HTTPExchange>
  ) async -> HTTPAnswer {
    let session: Session
    switch find(request, caller, context.view, nil) {
    case .success(let found): session = found
    case .failure(let refusal): return refusal.answer
    }
    guard session.revision == .v2025_03_26, header == nil || header == session.revision.rawValue else {
      return .rpc(.badRequest, nil, .batchRefused)
    }
    let elements: [RawJSON]
    do throws(RPCError) {
      guard case .batch(let list) = try Payload(body) else { return .rpc(.badRequest, nil, .batchRefused) }
      elements = list
    } catch {
      return .rpc(.badRequest, nil, error)
    }
    guard let replies = await replies(to: elements, session, caller, context) else { return HTTPAnswer(.accepted) }
    return .json(.ok, replies)
  }

  /// The answers to the messages of a batch, as one; nil when none has one.
  func replies(to elements: [RawJSON], _ session: Session, _ caller: Caller, _ context: RequestContext) async -> [UInt8]? {
    var replies: [[UInt8]] = []
    for element in elements {
      if let reply = await reply(to: element, session, caller, context) { replies.append(reply) }
    }
    return replies.isEmpty ? nil : Array("[".utf8) + replies.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8)
  }

  func delete(_ request: HTTPRequest, _ caller: Caller, _ view: ServerView) -> HTTPAnswer {
    switch find(request, caller, view, nil) {
    case .failure(let refusal): return refusal.answer
    case .success(let session):
      _ = sessions.close(session.id, principal: caller.principal, view: view)
      return HTTPAnswer(.noContent)
    }
  }

  /// What stands in a batch has no way back to its client but its answer.
  private func reply(to element: RawJSON, _ session: Session, _ caller: Caller, _ context: RequestContext) async -> [UInt8]? {
    let message: Message
    do throws(RPCError) { message = try Message(element) } catch { return Encode.error(id: Message.requestID(in: element), error) }
    let call: Request
    switch message {
    case .request(let request): call = request
    case .notification(let notification):
      take(notification, session)
      return nil
    case .response(let response):
      session.questions.take(response)
      return nil
    }
    guard call.method != MethodName.initialize else {
      return Encode.error(id: call.id, .invalidRequest("initialize may not stand in a batch"))
    }
    return await reply(to: call, session, caller, context.with(session: session.id, link: nil, revision: session.revision))
  }

  func reply(to call: Request, _ session: Session, _ caller: Caller, _ context: RequestContext) async -> [UInt8] {
    do throws(RPCError) {
      if call.method == MethodName.setLoggingLevel {
        session.loggingLevel = try LoggingLevel(settingOf: call)
        return Encode.result(id: call.id, "{}".utf8)
      }
      return Encode.result(id: call.id, try await server.call(call, era: .legacy, caller, context))
    } catch {
      return Encode.error(id: call.id, error)
    }
  }

  private func initialize(_ call: Request, _ caller: Caller, _ context: RequestContext) -> HTTPAnswer {
    do throws(RPCError) {
      let (session, greeting) = try open(call, caller, context)
      return .json(.ok, Encode.result(id: call.id, greeting), headers: [HeaderName.sessionID: session.id])
    } catch {
      let status: HTTPResponseStatus =
        switch error.code {
        case ErrorCode.invalidParams: .badRequest
        case ErrorCode.internalError: .serviceUnavailable
        default: .ok
        }
      return .rpc(status, call.id, error)
    }
  }

  /// Opens the session that `initialize` asks for.
  /// - Parameter standalone: see ``Session/standalone``; nil: a stream of its own.
  /// - Returns: the session and the result of `initialize`.
  func open(
    _ call: Request, _ caller: Caller, _ context: RequestContext, standalone: EventStream? = nil
  ) throws(RPCError) -> (Session, [UInt8]) {
    guard let offered = call.params?["protocolVersion"]?.stringValue else {
      throw .invalidParams("initialize needs protocolVersion, a string")
    }
    let revision = Revision.negotiated(offered: offered)
    let greeting = try server.greeting(revision, caller, context)
    guard
      let session = sessions.open(
        principal: caller.principal, revision: revision, view: context.view, clientCapabilities: call.params?["capabilities"],
        standalone: standalone)
    else {
      throw .internalError("too many sessions are open (gateway.max_sessions)")
    }
    server.follow(session, caller) { [standalone = session.standalone] in standalone.send($0) }
    return (session, greeting)
  }

  private struct Refusal: Error { var answer: HTTPAnswer }

  /// A message without a session id is not given to any session; an unknown one tells the client to initialize again.
  private func find(_ request: HTTPRequest, _ caller: Caller, _ view: ServerView, _ id: RequestID?) -> Result<Session, Refusal> {
    let ids = request.headers[HeaderName.sessionID]
    guard let sessionID = ids.first, ids.count == 1 else {
      return .failure(
        Refusal(answer: .rpc(.badRequest, id, .invalidRequest("exactly one Mcp-Session-Id header is needed; initialize gives it"))))
    }
    guard let session = sessions.find(sessionID, principal: caller.principal, view: view) else {
      return .failure(Refusal(answer: .rpc(.notFound, id, .sessionNotFound)))
    }
    return .success(session)
  }

  private static func id(of message: Message) -> RequestID? {
    if case .request(let call) = message { call.id } else { nil }
  }
}
