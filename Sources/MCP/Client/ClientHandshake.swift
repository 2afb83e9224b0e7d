package import JSON

/// The client's side of a legacy conversation's beginning: `initialize`, its answer, `notifications/initialized`.
/// Free of I/O: it says what to send, and the caller brings what arrived. Deadlines are the caller's.
package struct ClientHandshake: Sendable {
  package enum Failure: Error, Sendable, CustomStringConvertible {
    case refused(RPCError)
    /// The server answered with a revision that `initialize` cannot lead to, or with none.
    case unknownRevision(String?)

    package var description: String {
      switch self {
      case .refused(let error): "the server refused initialize with code \(error.code)"
      case .unknownRevision(let version?): "the server answered initialize with the unknown protocol version \(version.debugDescription)"
      case .unknownRevision(nil): "the server answered initialize without a protocol version"
      }
    }
  }

  package enum Action: Sendable {
    /// Send this message and go on bringing what arrives.
    case send([UInt8])
    /// Send this message; the conversation is open.
    case finish([UInt8], ServerGreeting)
    case fail(Failure)
    /// Nothing to do.
    case ignore
  }

  private enum State {
    case idle, waiting, ended
  }

  /// Longest part of a version string that a failure repeats.
  private static let maxQuotedCharacters = 64

  private let id: RequestID
  private let params: [UInt8]
  private var state = State.idle

  /// `id` is that of the `initialize` request, unused otherwise on this connection. `capabilities` is an object; nil declares none.
  package init(
    id: RequestID, clientInfo: Implementation, capabilities: RawJSON? = nil, offering revision: Revision = .newestLegacy
  ) {
    self.id = id
    params = Encode.initializeParams(revision: revision, clientInfo: clientInfo, capabilities: capabilities)
  }

  /// The first message. Once.
  package mutating func start() -> Action {
    guard state == .idle else { return .ignore }
    state = .waiting
    return .send(Encode.request(id: id, method: MethodName.initialize, params: params))
  }

  /// What to do about a message that arrived before the conversation was open. A ping is answered, any other request refused;
  /// notifications and answers to other requests are ignored.
  package mutating func receive(_ message: Message) -> Action {
    guard state == .waiting else { return .ignore }
    switch message {
    case .request(let request): return .send(Self.answer(to: request))
    case .response(let response) where response.id == id: return conclude(response.outcome)
    case .notification, .response: return .ignore
    }
  }

  private mutating func conclude(_ outcome: Response.Outcome) -> Action {
    state = .ended
    switch outcome {
    case .error(let error): return .fail(.refused(error))
    case .result(let result):
      guard let greeting = ServerGreeting(result) else {
        let version = result["protocolVersion"]?.stringValue
        return .fail(.unknownRevision(version.map { String($0.prefix(Self.maxQuotedCharacters)) }))
      }
      return .finish(Encode.notification(method: MethodName.initialized), greeting)
    }
  }

  /// A ping is answered, any other request refused.
  static func answer(to request: Request) -> [UInt8] {
    guard request.method == MethodName.ping else {
      return Encode.error(id: request.id, .methodNotFound("not available before initialization"))
    }
    return Encode.result(id: request.id, "{}".utf8)
  }
}

extension Encode {
  /// Params of `initialize`. `capabilities` is an object; nil declares none.
  package static func initializeParams(revision: Revision, clientInfo: Implementation, capabilities: RawJSON? = nil) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { params in
      params.key("protocolVersion")
      params.string(revision.rawValue)
      params.key("capabilities")
      params.raw((capabilities ?? RawJSON(.object([:]))).compacted())
      params.key("clientInfo")
      clientInfo.write(into: &params)
    }
    return writer.bytes
  }
}
