internal import JSON
internal import MCP
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// HTTP+SSE, the transport of 2024-11-05, for clients that know no other: GET opens the event stream, whose first event names the path to post to; posted
/// messages are acknowledged, and whatever there is to say stands on the stream.
struct EventsEndpoint: Sendable {
  let legacy: LegacyEndpoint
  let conversations: EventsConversations

  init(legacy: LegacyEndpoint, maxConversations: Int) {
    self.legacy = legacy
    conversations = EventsConversations(limit: maxConversations, sessions: legacy.sessions)
  }

  // MARK: The stream

  func listen(_ request: HTTPRequest, _ caller: Caller, _ view: ServerView, _ exchange: NIOLoopBound<HTTPExchange>) -> HTTPAnswer {
    guard MediaTypes.acceptsEvents(request.headers) else {
      return .refusal(.notAcceptable, "The Accept header must list text/event-stream.")
    }
    guard let conversation = conversations.begin(principal: caller.principal, view: view, on: exchange.eventLoop) else {
      return .refusal(.serviceUnavailable, "Too many sessions are open (gateway.max_sessions).")
    }
    guard exchange.value.carry(conversation.stream) else {
      conversations.end(conversation.id)
      return .refusal(.serviceUnavailable, "The event stream could not be opened.")
    }
    let path = request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
    conversation.stream.announce(endpoint: "\(path)/\(conversation.id)")
    return .carried
  }

  // MARK: Messages

  /// - Parameter id: the end of the path that the message was posted to.
  func take(
    _ body: RawJSON, for id: String, _ caller: Caller, _ context: RequestContext, _ exchange: NIOLoopBound<HTTPExchange>
  ) -> HTTPAnswer {
    guard let conversation = conversations.find(id, principal: caller.principal, view: context.view) else {
      return .rpc(.notFound, nil, .sessionNotFound)
    }
    do throws(RPCError) {
      if body.kind == .array {
        try takeBatch(body, conversation, caller, context, exchange)
      } else {
        try take(try Message(body), conversation, caller, context, exchange)
      }
      return HTTPAnswer(.accepted)
    } catch {
      return .rpc(.badRequest, Message.requestID(in: body), error)
    }
  }

  private func take(
    _ message: Message, _ conversation: EventsConversation, _ caller: Caller, _ context: RequestContext,
    _ exchange: NIOLoopBound<HTTPExchange>
  ) throws(RPCError) {
    switch message {
    case .notification(let notification):
      if let session = conversation.session { legacy.take(notification, session) }
    case .response(let response): conversation.session?.questions.take(response)
    case .request(let call): try begin(call, conversation, caller, context, exchange)
    }
  }

  /// - Throws: what is wrong with the POST and not with the request, which has an answer on the stream already or gets none.
  private func begin(
    _ call: Request, _ conversation: EventsConversation, _ caller: Caller, _ context: RequestContext,
    _ exchange: NIOLoopBound<HTTPExchange>
  ) throws(RPCError) {
    guard call.method != MethodName.initialize else { return initialize(call, conversation, caller, context) }
    guard let session = conversation.session else {
      return conversation.stream.send(Encode.error(id: call.id, .invalidRequest("initialize first")))
    }
    let link = ClientLink(session, call, on: exchange.eventLoop, EventsChannel(stream: conversation.stream))
    let context = context.traced(by: call.meta).with(session: session.id, link: link, revision: session.revision)
    try run(call.id, session, exchange) { await legacy.reply(to: call, session, caller, context) }
  }

  private func initialize(_ call: Request, _ conversation: EventsConversation, _ caller: Caller, _ context: RequestContext) {
    do throws(RPCError) {
      var greeting: [UInt8] = []
      let session = try conversation.begin { () throws(RPCError) in
        let (session, result) = try legacy.open(call, caller, context, standalone: conversation.stream)
        greeting = result
        return session
      }
      session.atEnd { [conversations, id = conversation.id] in conversations.end(id) }
      conversation.stream.send(Encode.result(id: call.id, greeting))
    } catch {
      conversation.stream.send(Encode.error(id: call.id, error))
    }
  }

  private func takeBatch(
    _ body: RawJSON, _ conversation: EventsConversation, _ caller: Caller, _ context: RequestContext,
    _ exchange: NIOLoopBound<HTTPExchange>
  ) throws(RPCError) {
    guard let session = conversation.session, session.revision == .v2025_03_26, case .batch(let elements) = try Payload(body) else {
      throw .batchRefused
    }
    try run(.string("batch \(RandomID.wordText())"), session, exchange) {
      await legacy.replies(to: elements, session, caller, context)
    }
  }

  /// The answer follows on the stream. One that the client cancelled does not.
  private func run(
    _ id: RequestID, _ session: Session, _ exchange: NIOLoopBound<HTTPExchange>, _ work: @escaping @Sendable () async -> [UInt8]?
  ) throws(RPCError) {
    guard session.requestsUnderWay < Limits.Session.maxRequestsUnderWay else { throw .internalError("too many requests are in flight") }
    let cancellation = Cancellation()
    guard session.begin(id, cancel: cancellation.cancel) else { throw .invalidRequest("a request with this id is in flight") }
    let connections = exchange.value.connections
    connections?.requestBegan()
    cancellation.cancels(
      Task(executorPreference: LoopExecutor(exchange.eventLoop)) {
        let answer = await work()
        session.finish(id)
        if let answer, !Task.isCancelled { session.standalone.send(answer) }
        connections?.requestEnded()
      })
  }
}

/// Cancels a task, also one that is yet to begin.
private final class Cancellation: Sendable {
  private let state = Mutex<(isCancelled: Bool, task: Task<Void, Never>?)>((false, nil))

  func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task
    }
    task?.cancel()
  }

  func cancels(_ task: Task<Void, Never>) {
    let isCancelled = state.withLock { state in
      state.task = task
      return state.isCancelled
    }
    if isCancelled { task.cancel() }
  }
}

/// A path of HTTP+SSE: `/sse` for what the endpoint itself offers, and `<endpoint>/sse` and `<endpoint>/servers/<name>/sse` as the paths above them; messages
/// are posted one step below, to the id of their conversation.
struct EventsPath {
  let view: ServerView
  /// Nil: where the stream is opened.
  let conversation: String?

  /// - Parameters:
  ///   - path: of the request, as sent, without its query.
  ///   - endpoint: the path at which MCP is served.
  /// - Returns: nil when it is no such path.
  init?(_ path: String, under endpoint: String) {
    var steps = path.split(separator: "/", omittingEmptySubsequences: false)
    if steps.last?.isEmpty == true { steps.removeLast() }
    if steps.last == "sse" {
      conversation = nil
    } else {
      guard let id = steps.popLast(), steps.last == "sse", !id.isEmpty else { return nil }
      conversation = String(id)
    }
    let above = steps.dropLast().joined(separator: "/")
    guard let view = above.isEmpty ? .all : ServerView(path: above, under: endpoint) else { return nil }
    self.view = view
  }
}
