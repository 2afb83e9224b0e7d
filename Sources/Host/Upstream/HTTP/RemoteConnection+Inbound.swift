internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// What the server says.
extension RemoteConnection {
  /// `call` is the one on whose stream the message came; nil for a stream of the session.
  func take(_ message: Message, during call: RemoteCall?) {
    switch message {
    case .response(let response): take(response, during: call)
    case .notification(let notification): take(notification, during: call)
    case .request(let request): answer(request, during: call)
    }
  }

  private func take(_ response: Response, during call: RemoteCall?) {
    let id = response.id.map(Self.number) ?? call?.id
    guard let id, isPending(id) else { return log.debug("an answer to no call in flight was dropped") }
    if let call, call.id == id, case .modern = state.withLock({ $0.channel }) {
      return complete(id, modernResult(response.outcome, of: call))
    }
    switch response.outcome {
    case .result(let result): complete(id, .success(.result(result)))
    case .error(let error) where SessionLoss.isSaid(by: error):
      fail(id, .sessionLost)
    case .error(let error): complete(id, .success(.error(error)))
    }
    // An answer that came another way leaves the call's own stream behind.
    if call?.id != id { cancelTasks { $0 == .call(id) } }
  }

  private static func number(_ id: RequestID) -> Int? { if case .number(let text) = id { Int(text) } else { nil } }

  private func take(_ notification: MCP.Notification, during call: RemoteCall?) {
    switch notification.method {
    case MethodName.progress:
      guard let token = notification.params?["progressToken"].flatMap({ RequestID($0) }) else { return }
      let listener = state.withLock { state in
        state.calls.heard(reportingAs: token, now: .now())
        return state.calls.listener(reportingAs: token)
      }
      listener?.notified(notification)
    case MethodName.message:
      listener(of: call)?.notified(notification)
    case MethodName.cancelled:
      guard let id = notification.params?["requestId"].flatMap({ RequestID($0) }) else { return }
      state.withLock { $0.questions.removeValue(forKey: id) }?.withdraw()
    default: setup.onNotification(server, notification)
    }
  }

  /// What is said at large is for the one conversation whose calls are in flight; of several it is for none.
  private func listener(of call: RemoteCall?) -> (any UpstreamListener)? {
    state.withLock { state in
      if let call { return state.calls.listener(of: call.id) }
      return server.sharing == .gateway ? nil : state.calls.latestOfOneConversation?.listener
    }
  }

  // MARK: Questions

  /// A ping is answered here; anything else goes to the client of the call on whose stream it came, or else to the one client whose calls
  /// are in flight, if it answers such requests.
  private func answer(_ request: Request, during call: RemoteCall?) {
    guard request.method != MethodName.ping else { return say(Encode.result(id: request.id, "{}".utf8)) }
    guard let (id, listener) = whomToAsk(request, during: call) else {
      return say(Encode.error(id: request.id, .methodNotFound("no client that is connected now offers this method")))
    }
    ask(listener, of: id, request, isItsOwn: call != nil)
  }

  /// - Parameters:
  ///   - isItsOwn: the question came on that call's stream. Else it may be any call's, and when this one ends before it is answered, another is tried.
  ///   - tried: calls by which it was asked before.
  private func ask(_ listener: any UpstreamListener, of id: Int, _ request: Request, isItsOwn: Bool, tried: Set<Int> = []) {
    let tried = tried.union([id])
    let withdraw = listener.asked(request) { answer in
      if !isItsOwn, ClientQuestions.isGone(answer), let next = self.whomElseToAsk(request, tried) {
        return self.ask(next.listener, of: next.id, request, isItsOwn: false, tried: tried)
      }
      self.pass(answer, to: request.id, during: isItsOwn ? id : nil)
    }
    let isOpen = state.withLock { $0.questions[request.id]?.withdraw = withdraw } != nil
    if !isOpen { withdraw() }
  }

  /// Whose client answers such a question, if any. The question is open from now on, and the call's time rests: the answer may be there at once.
  private func whomToAsk(_ request: Request, during call: RemoteCall?) -> (id: Int, listener: any UpstreamListener)? {
    state.withLock { state in
      guard state.questions.count < Limits.Session.maxOpenQuestions, state.questions[request.id] == nil else { return nil }
      var asked: (id: Int, listener: any UpstreamListener)?
      if let call {
        asked = state.calls.listener(of: call.id).flatMap { $0.answers(request.method) ? (call.id, $0) : nil }
      } else if server.sharing != .gateway, let latest = state.calls.latestOfOneConversation, latest.listener.answers(request.method) {
        asked = latest
      }
      guard let asked else { return nil }
      state.questions[request.id] = RemoteState.Question(call: call == nil ? nil : asked.id) {}
      if call == nil { state.calls.restAll() } else { state.calls.rest(asked.id) }
      return asked
    }
  }

  private func whomElseToAsk(_ request: Request, _ tried: Set<Int>) -> (id: Int, listener: any UpstreamListener)? {
    state.withLock { state in
      guard state.questions[request.id] != nil, tried.count < Limits.Bridge.maxCallsAsked,
        let next = state.calls.latestOfOneConversation(except: tried), next.listener.answers(request.method)
      else { return nil }
      return next
    }
  }

  /// - Parameter call: on whose stream the question came; nil: it may be any call's.
  private func pass(_ answer: Result<RawJSON, RPCError>, to id: RequestID, during call: Int?) {
    let (isWanted, deadline) = state.withLock { state in
      let isWanted = state.questions.removeValue(forKey: id) != nil
      if let call { state.calls.heard(call, now: .now()) } else if state.questions.isEmpty { state.calls.heardAll(now: .now()) }
      return (isWanted, state.calls.earliestDeadline)
    }
    if let deadline { setTimer(deadline) }
    guard isWanted else { return }
    switch answer {
    case .success(let result): say(Encode.result(id: id, result.compacted().bytes))
    case .failure(let error): say(Encode.error(id: id, error))
    }
  }

  // MARK: Messages without an answer

  /// Sends a message; that it did not arrive is for the log only. In 2026-07-28 a client has nothing to say but requests.
  func say(_ message: [UInt8]) {
    let isSent = state.withLock { state in
      guard state.phase != .ended, state.messagesUnderWay < Limits.Upstream.maxMessagesUnderWay else { return false }
      switch state.channel {
      case .streamable(let session): spawn(.message, &state) { await self.post(message, session: session) }
      case .events(let url): spawn(.message, &state) { await self.post(message, to: url) }
      case .modern, nil: return false
      }
      return true
    }
    if !isSent { log.debug("a message to the server was dropped") }
  }

  private func post(_ message: [UInt8], to url: String? = nil, session: RemoteWire.Session? = nil) async {
    do throws(ExchangeFailure) {
      _ = try await wire.post(message, to: url, session: session, isOneWay: true, deadline: .now() + Limits.Upstream.messageTimeout)
    } catch {
      if case .sessionLost = error { end(.expired(error.error), owesFarewell: false) }
      log.debug("a message to the server was lost", ["reason": error.error.operatorText])
    }
  }
}
