package import JSON
package import MCP
package import NIOCore
internal import Synchronization

/// The way back to the client of one request while it runs: messages about the request, and questions to the client. Usable from any thread.
package final class ClientLink: Sendable {
  /// What the client can do, as it declared for this conversation or request.
  package let capabilities: RawJSON?
  /// Asked for by the client: progress is reported under it.
  package let progressToken: RequestID?
  /// Log messages below it are not wanted; nil: none are.
  package let loggingLevel: LoggingLevel?
  private let session: Session?
  /// Makes the answer an event stream; from any thread.
  private let carry: @Sendable (EventStream) -> Void
  private let eventLoop: any EventLoop
  private let stream = Mutex<EventStream?>(nil)

  /// For a request of a session.
  init(_ session: Session, _ request: Request, on eventLoop: any EventLoop, carry: @escaping @Sendable (EventStream) -> Void) {
    capabilities = session.clientCapabilities
    progressToken = request.meta?[MetaKey.progressToken].flatMap { RequestID($0) }
    loggingLevel = session.loggingLevel
    self.session = session
    self.carry = carry
    self.eventLoop = eventLoop
  }

  /// For a request of 2026-07-28. It can be told things, but not asked.
  init(_ envelope: ModernEnvelope, on eventLoop: any EventLoop, carry: @escaping @Sendable (EventStream) -> Void) {
    capabilities = envelope.clientCapabilities
    progressToken = envelope.progressToken
    loggingLevel = envelope.logLevel
    session = nil
    self.carry = carry
    self.eventLoop = eventLoop
  }

  /// Whether the client can be asked anything while its request runs.
  package var canAsk: Bool { session != nil }

  /// A message that belongs to the request. The first one makes the answer an event stream.
  package func send(_ message: [UInt8]) { openStream().send(message) }

  private func openStream() -> EventStream {
    let (stream, isNew) = self.stream.withLock { current in
      if let current { return (current, false) }
      let stream = session?.openStream() ?? EventStream(name: nil)
      current = stream
      return (stream, true)
    }
    guard isNew else { return stream }
    if session?.revision ?? .v2026_07_28 == .v2025_11_25 { stream.prime() }
    carry(stream)
    return stream
  }

  /// Asks the client and waits for its answer.
  package func ask(method: String, params: [UInt8]?, deadline: NIODeadline) async -> ClientQuestions.Answer {
    guard let session else { return .failure(.methodNotFound("this client cannot be asked while its request runs")) }
    return await session.questions.ask(deadline: deadline, on: eventLoop) { id in
      send(Encode.request(id: id, method: method, params: params))
    } onCancel: { id in
      self.send(Encode.cancelled(id, reason: "the answer is not needed any more"))
    }
  }

  /// The answer to the request as the last event, if there were others; else false, and it is to be the whole body.
  func finish(_ message: [UInt8]) -> Bool {
    guard let stream = stream.withLock({ $0 }) else { return false }
    stream.send(message)
    stream.end()
    return true
  }
}

extension Encode {
  /// `notifications/cancelled` for a request of ours.
  static func cancelled(_ id: RequestID, reason: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { params in
      params.key("requestId")
      params.raw(id.encoded())
      params.key("reason")
      params.string(reason)
    }
    return Encode.notification(method: MethodName.cancelled, params: writer.bytes)
  }
}
