internal import JSON
internal import MCP
internal import NIOCore

/// What the child says.
extension StdioHandler {
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard state != .ended else { return }
    let isWithinBounds: Bool
    do {
      try framer.append(unwrapInboundIn(data).readableBytesView)
      isWithinBounds = true
    } catch {
      isWithinBounds = false
    }
    while state != .ended, let line = framer.next() { take(line) }
    if !isWithinBounds { end(.tooLarge(Limits.Upstream.maxMessageBytes)) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    log.debug("the connection to the child failed", ["error": "\(error)"])
    context.close(promise: nil)
  }

  private func take(_ line: [UInt8]) {
    do {
      let raw = try RawJSON(validating: line, limits: JSONLimits(maxBytes: Limits.Upstream.maxMessageBytes))
      switch try Payload(raw) {
      case .single(let message): take(message)
      case .batch(let elements): for element in elements { take(try Message(element)) }
      }
      garbageLines = 0
    } catch {
      takeGarbage(line, reason: "\(error)")
    }
  }

  private func take(_ message: Message) {
    if opening != nil { return takeDuringOpening(message) }
    switch message {
    case .response(let response): take(response)
    case .notification(let notification): take(notification)
    case .request(let request): answer(request)
    }
  }

  private func take(_ notification: MCP.Notification) {
    switch notification.method {
    case MethodName.progress:
      guard let token = notification.params?["progressToken"].flatMap({ RequestID($0) }) else { return }
      pending.heard(reportingAs: token, now: .now())
      pending.listener(reportingAs: token)?.notified(notification)
    case MethodName.message where !isSharedByAll:
      pending.latestOfOneConversation?.listener.notified(notification)
    case MethodName.acknowledged where listening != nil: listening?.acknowledged(notification)
    case MethodName.cancelled:
      guard let id = notification.params?["requestId"].flatMap({ RequestID($0) }) else { return }
      questions.removeValue(forKey: id)?()
    default: onNotification(notification)
    }
  }

  private func take(_ response: Response) {
    if let listening, let number = response.id.flatMap(ServerListening.number) {
      if case .error(let error) = response.outcome { return listening.ended(number, refusal: error) }
      return listening.ended(number)
    }
    guard case .number(let text) = response.id, let id = Int(text), let waiter = pending.remove(id) else {
      unknownAnswers += 1
      log.debug("an answer to no call in flight was dropped", ["count": "\(unknownAnswers)"])
      return
    }
    guard !isModern else {
      do throws(UpstreamError) { waiter.resume(returning: .success(try UpstreamReply(modern: response.outcome))) } catch {
        waiter.resume(returning: .failure(.failed(error)))
      }
      return
    }
    switch response.outcome {
    case .result(let result): waiter.resume(returning: .success(.result(result)))
    case .error(let error): waiter.resume(returning: .success(.error(error)))
    }
  }

  /// A ping is answered here; anything else goes to the client whose calls are in flight, if it answers such requests. Of several clients none is asked:
  /// the answer could be for another's call.
  private func answer(_ request: Request) {
    guard !isModern else {
      return sendIfPossible(Encode.error(id: request.id, .methodNotFound("a server asks nothing in \(Revision.newest.rawValue)")))
    }
    guard request.method != MethodName.ping else { return sendIfPossible(Encode.result(id: request.id, "{}".utf8)) }
    guard !isSharedByAll, pending.count > 0, let call = pending.latestOfOneConversation else {
      log.warning(
        "the server asked a client while calls of several were in flight, so none was asked; \"sharing\": \"session\" gives each its own",
        ["method": request.method, "in_flight": "\(pending.count)"])
      return sendIfPossible(Encode.error(id: request.id, .methodNotFound("it is not clear which client this is for")))
    }
    guard questions.count < Limits.Session.maxOpenQuestions, questions[request.id] == nil, call.listener.answers(request.method) else {
      return sendIfPossible(Encode.error(id: request.id, .methodNotFound("no client that is connected now offers this method")))
    }
    pending.restAll()
    ask(call.listener, of: call.id, request)
  }

  /// The question may be any call's. When this one ends before it is answered, another is tried.
  private func ask(_ listener: any UpstreamListener, of id: Int, _ request: Request, tried: Set<Int> = []) {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let tried = tried.union([id])
    questions[request.id] = listener.asked(request) { [eventLoop] answer in
      eventLoop.execute {
        let handler = bound.value
        if ClientQuestions.isGone(answer), let next = handler.whomElseToAsk(request, tried) {
          return handler.ask(next.listener, of: next.id, request, tried: tried)
        }
        handler.pass(answer, to: request.id)
      }
    }
  }

  private func whomElseToAsk(_ request: Request, _ tried: Set<Int>) -> (id: Int, listener: any UpstreamListener)? {
    guard questions[request.id] != nil, tried.count < Limits.Bridge.maxCallsAsked,
      let next = pending.latestOfOneConversation(except: tried), next.listener.answers(request.method)
    else { return nil }
    return next
  }

  private func pass(_ answer: Result<RawJSON, RPCError>, to id: RequestID) {
    let isWanted = questions.removeValue(forKey: id) != nil
    if questions.isEmpty {
      pending.heardAll(now: .now())
      watchDeadlines()
    }
    guard isWanted, state != .ended else { return }
    switch answer {
    case .success(let result): sendIfPossible(Encode.result(id: id, result.compacted().bytes))
    case .failure(let error): sendIfPossible(Encode.error(id: id, error))
    }
  }

  /// Many servers print to standard output by mistake; that is survived. A broken message that still shows whose answer it is fails that
  /// call at once instead of letting it run into its deadline.
  private func takeGarbage(_ line: [UInt8], reason: String) {
    garbageLines += 1
    if let id = GarbageLine.answeredID(in: line), pending.contains(id) {
      fail(id, .protocolViolation("its answer is not a valid message: \(reason)"))
    }
    if garbageLines & (garbageLines - 1) == 0 {
      log.warning(
        "the child wrote a line that is no MCP message", ["reason": reason, "bytes": "\(line.count)", "in_a_row": "\(garbageLines)"])
    }
    if garbageLines > Limits.Upstream.maxGarbageLines {
      end(.protocolViolation("more than \(Limits.Upstream.maxGarbageLines) lines in a row were no MCP messages"))
    }
  }
}
