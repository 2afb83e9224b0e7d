package import JSON
package import MCP
package import NIOCore

/// The way back to the client of one request while it runs: messages about the request, and questions to the client. Usable from any thread.
package final class ClientLink: Sendable {
  /// What the client can do, as it declared for this conversation or request.
  package let capabilities: RawJSON?
  /// Asked for by the client: progress is reported under it.
  package let progressToken: RequestID?
  /// Log messages below it are not wanted; nil: none are.
  package let loggingLevel: LoggingLevel?
  private let session: Session?
  private let channel: any ClientChannel
  private let eventLoop: any EventLoop

  /// For a request of a session.
  init(_ session: Session, _ request: Request, on eventLoop: any EventLoop, _ channel: any ClientChannel) {
    capabilities = session.clientCapabilities
    progressToken = request.meta?[MetaKey.progressToken].flatMap { RequestID($0) }
    loggingLevel = session.loggingLevel
    self.session = session
    self.channel = channel
    self.eventLoop = eventLoop
  }

  /// For a request of 2026-07-28. It can be told things, but not asked.
  init(_ envelope: ModernEnvelope, on eventLoop: any EventLoop, _ channel: any ClientChannel) {
    capabilities = envelope.clientCapabilities
    progressToken = envelope.progressToken
    loggingLevel = envelope.logLevel
    session = nil
    self.channel = channel
    self.eventLoop = eventLoop
  }

  /// Whether the client can be asked anything while its request runs.
  package var canAsk: Bool { session?.isInitialized ?? false }

  /// A message that belongs to the request.
  package func send(_ message: [UInt8]) { channel.send(message) }

  /// See ``ClientChannel/finish(_:)``.
  func finish(_ message: [UInt8]) -> Bool { channel.finish(message) }

  /// Asks the client and waits for its answer.
  package func ask(method: String, params: [UInt8]?, deadline: NIODeadline) async -> ClientQuestions.Answer {
    guard let session else { return .failure(.methodNotFound("this client cannot be asked while its request runs")) }
    return await session.questions.ask(deadline: deadline, on: eventLoop) { id in
      send(Encode.request(id: id, method: method, params: params))
    } onCancel: { id in
      self.send(Encode.cancelled(id, reason: "the answer is not needed any more"))
    }
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
