internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// One call on its way to a server.
struct RemoteCall: Sendable {
  let id: Int
  let method: String
  let params: [UInt8]
  let listener: (any UpstreamListener)?
  /// When HTTP gives up; the call's own time is kept by the connection, since it may begin anew.
  let latest: NIODeadline

  var traceFields: [(name: String, value: String)] { listener?.traceFields ?? [] }

  var message: [UInt8] { Encode.request(id: RequestID(id), method: method, params: params) }
}

extension RemoteConnection {
  func request(
    method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)?
  ) async throws(CallFailure) -> UpstreamReply {
    let ticket = CallTicket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        begin(ticket, method: method, params: params, deadline: deadline, listener: listener, waiter: waiter)
      }
    } onCancel: {
      guard let id = ticket.cancel() else { return }
      self.giveUp(id, .cancelled, reason: "the caller cancelled the request")
    }
    return try result.get()
  }

  private func begin(
    _ ticket: CallTicket, method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)?,
    waiter: RemoteState.Waiter
  ) {
    let refusal: CallFailure? = state.withLock { state in
      guard state.phase == .open, let channel = state.channel else { return .notRun(.exited("ended the session")) }
      guard state.calls.count < Limits.Upstream.maxInFlightPerChild else { return .failed(.overloaded) }
      guard deadline > .now() else { return .failed(.timedOut(.request)) }
      let id = state.calls.add(waiter, deadline: deadline, listener: listener)
      guard ticket.send(as: id) else {
        _ = state.calls.remove(id)
        return .failed(.cancelled)
      }
      let latest = max(deadline, listener?.latest ?? deadline) + .seconds(1)
      let call = RemoteCall(id: id, method: method, params: params, listener: listener, latest: latest)
      spawn(.call(id), &state) { await self.perform(call, over: channel) }
      return nil
    }
    if let refusal { return waiter.resume(returning: .failure(refusal)) }
    setTimer(deadline)
  }

  func isPending(_ id: Int) -> Bool { state.withLock { $0.calls.contains(id) } }

  /// The end of a call, the first time that it is heard of.
  func complete(_ id: Int, _ result: Result<UpstreamReply, CallFailure>) {
    guard let (waiter, questions) = state.withLock({ $0.removeCall(id) }) else { return }
    for question in questions { question.withdraw() }
    waiter.resume(returning: result)
    finishIfIdle()
  }

  /// Nobody waits for the call any more: its stream is closed, and a server that does not take that for a cancellation is told.
  private func giveUp(_ id: Int, _ error: UpstreamError, reason: String) {
    guard isPending(id) else { return }
    let tasks = state.withLock { $0.tasks { $0 == .call(id) } }
    let isModern = if case .modern = state.withLock({ $0.channel }) { true } else { false }
    if !isModern { say(Encode.cancelled(RequestID(id), reason: reason)) }
    complete(id, .failure(.failed(error)))
    for task in tasks { task.cancel() }
  }

  // MARK: Deadlines

  /// One timer serves all calls; it is set for the earliest deadline, or for an earlier one that has moved since.
  func setTimer(_ deadline: NIODeadline) {
    state.withLock { state in
      guard deadline < state.timerDeadline, state.phase != .ended else { return }
      state.timer?.cancel()
      state.timerDeadline = deadline
      state.timer = eventLoop.scheduleTask(deadline: deadline) { [weak self] in self?.expireCalls() }
    }
  }

  private func expireCalls() {
    let (expired, next) = state.withLock { state -> ([Int], NIODeadline?) in
      state.timerDeadline = .distantFuture
      return (state.calls.expired(at: .now()), state.calls.earliestDeadline)
    }
    for id in expired { giveUp(id, .timedOut(.request), reason: "the request timed out") }
    if let next { setTimer(next) }
  }

  // MARK: One call

  private func perform(_ call: RemoteCall, over channel: RemoteChannel) async {
    do throws(ExchangeFailure) {
      switch channel {
      case .streamable(let session): try await exchange(call, session)
      case .modern: try await exchangeModern(call)
      case .events(let url):
        // The answer comes on the stream.
        return _ = try await wire.post(call.message, to: url, fields: call.traceFields, isOneWay: true, deadline: call.latest)
      }
      complete(call.id, .failure(.failed(.protocolViolation("its answer does not hold the response to the request"))))
    } catch {
      fail(call.id, error)
    }
  }

  func fail(_ id: Int, _ failure: ExchangeFailure) {
    let error = failure.error
    switch failure {
    case .sessionLost:
      end(.expired(error), owesFarewell: false)
      complete(id, .failure(.notRun(error)))
    case .unreachable:
      end(.failed(error), owesFarewell: false)
      complete(id, .failure(.notRun(error)))
    case .interrupted(answerBegun: false):
      // Servers that lost the session may do that as well, so the next call begins a new one.
      end(.expired(error), owesFarewell: true)
      complete(id, .failure(.lost(error)))
    case .interrupted(answerBegun: true): complete(id, .failure(.lost(error)))
    case .refused(_, let refusal?): complete(id, .success(.error(refusal)))
    case .refused(_, nil), .failed: complete(id, .failure(.failed(error)))
    }
  }

  /// Streamable HTTP: posts the call and reads until its response.
  private func exchange(_ call: RemoteCall, _ session: RemoteWire.Session) async throws(ExchangeFailure) {
    switch try await wire.post(call.message, session: session, fields: call.traceFields, deadline: call.latest).answer {
    case .accepted: throw .failed(.protocolViolation("it accepted the request and does not answer it"))
    case .messages(let messages): for message in messages { take(message, during: call) }
    case .events(let reader): try await follow(reader, of: call, session)
    }
  }

  /// Reads a call's stream, and goes on with it where it was cut, if the server made that possible.
  private func follow(_ first: EventReader, of call: RemoteCall, _ session: RemoteWire.Session) async throws(ExchangeFailure) {
    var reader = first
    var place = ResumePlace()
    while true {
      do throws(ExchangeFailure) {
        try await read(&reader, of: call)
      } catch {
        guard case .interrupted = error, !reader.lastEventID.isEmpty else { throw error }
      }
      guard isPending(call.id) else { return }
      guard place.advance(to: reader.lastEventID, retryMilliseconds: reader.retryMilliseconds) else {
        return complete(call.id, .failure(.lost(.exited("the event stream ended before the response"))))
      }
      reader = try await resume(call, session, &place)
    }
  }

  /// Reads to the end; once the call is answered, for a moment only.
  func read(_ reader: inout EventReader, of call: RemoteCall) async throws(ExchangeFailure) {
    while let messages = try await reader.nextMessages() {
      for message in messages { take(message, during: call) }
      guard isPending(call.id) else { return await drain(&reader, of: call) }
    }
  }

  /// A stream that is read to its end leaves a connection that can be used again.
  private func drain(_ reader: inout EventReader, of call: RemoteCall) async {
    let timer = eventLoop.scheduleTask(in: Limits.Upstream.answeredStreamGrace) { self.cancelTasks { $0 == .call(call.id) } }
    defer { timer.cancel() }
    do throws(ExchangeFailure) {
      while try await reader.next() != nil {}
    } catch {
      log.trace("the stream of an answered request broke off", ["reason": error.error.operatorText])
    }
  }

  private func resume(
    _ call: RemoteCall, _ session: RemoteWire.Session, _ place: inout ResumePlace
  ) async throws(ExchangeFailure) -> EventReader {
    while true {
      try await pause(place.pause)
      do throws(ExchangeFailure) {
        return try await wire.events(session: session, after: place.lastEventID, deadline: call.latest, idleTimeout: nil)
      } catch {
        switch error {
        case .sessionLost:
          // That the session is gone does not say what became of the call.
          end(.expired(error.error), owesFarewell: false)
          throw .interrupted(answerBegun: true)
        case .refused: throw .interrupted(answerBegun: true)
        case .unreachable, .interrupted: guard place.failed() else { throw .interrupted(answerBegun: true) }
        case .failed: throw error
        }
      }
    }
  }

  func pause(_ time: TimeAmount) async throws(ExchangeFailure) {
    do { try await Task.sleep(nanoseconds: UInt64(max(0, time.nanoseconds))) } catch { throw .failed(.cancelled) }
  }
}
