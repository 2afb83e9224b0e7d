package import JSON

/// The client's side of a conversation's beginning over standard input and output, where nothing else tells which era a server speaks: first
/// `server/discover`, and `initialize` unless the answer to it is one of 2026-07-28. Free of I/O: it says what to send, and the caller brings what arrived
/// and the silence that lasted too long.
package struct StdioOpening: Sendable {
  /// What is known of the server beforehand.
  package enum Plan: Sendable {
    case discover
    /// It speaks a revision that begins with `initialize`.
    case legacy
    /// Only 2026-07-28 will do.
    case modern
  }

  package enum Failure: Error, Sendable, CustomStringConvertible {
    case handshake(ClientHandshake.Failure)
    /// It names the revisions that it speaks, and the gateway speaks none of them.
    case incompatible
    case notModern

    package var description: String {
      switch self {
      case .handshake(let failure): failure.description
      case .incompatible: "it speaks no revision of MCP that the gateway speaks"
      case .notModern: "it does not speak \(Revision.newest.rawValue)"
      }
    }
  }

  package enum Action: Sendable {
    case send([UInt8])
    /// The conversation is open, once `sending` is sent.
    case open(ServerGreeting, sending: [UInt8]?)
    case fail(Failure)
    case ignore
  }

  private enum State {
    case idle, discovering, initializing
    /// It refused `initialize` because it speaks 2026-07-28 alone, so its answer to the first question is still to come.
    case hesitating(ClientHandshake.Failure)
    case ended
  }

  /// Ids of the two requests. They differ, so that a late answer to the first is not taken for one to the second.
  private static let discoverID = RequestID(0)
  private static let initializeID = RequestID(1)
  /// Further requests of the conversation count on from here.
  package static let lastID = 1

  private let plan: Plan
  private let clientInfo: Implementation
  private var handshake: ClientHandshake
  private var state = State.idle
  /// The answer to `server/discover` that came after it was given up. It counts only if `initialize` is refused.
  private var lateGreeting: ServerGreeting?

  /// - Parameter capabilities: an object, for `initialize`; nil declares none.
  package init(_ plan: Plan, clientInfo: Implementation, capabilities: RawJSON? = nil) {
    self.plan = plan
    self.clientInfo = clientInfo
    handshake = ClientHandshake(id: Self.initializeID, clientInfo: clientInfo, capabilities: capabilities)
  }

  /// Whether the next thing to hear is what the server says to `server/discover`, and nothing is lost when it says nothing.
  package var isAsking: Bool { if case .discovering = state { plan == .discover } else { false } }

  /// The question which era it speaks was given up without an answer, and nothing else decided since.
  package private(set) var isUnanswered = false

  /// The first message. Once.
  package mutating func start() -> Action {
    guard case .idle = state else { return .ignore }
    if plan == .legacy { return initialize() }
    state = .discovering
    let params = ModernParams(clientInfo: clientInfo).enveloping(RawJSON(.object([:])))
    return .send(Encode.request(id: Self.discoverID, method: MethodName.discover, params: params))
  }

  /// The server has had long enough to answer `server/discover`.
  package mutating func giveUpAsking() -> Action {
    guard isAsking else { return .ignore }
    isUnanswered = true
    return initialize()
  }

  /// What to do about a message that arrived before the conversation was open.
  package mutating func receive(_ message: Message) -> Action {
    switch state {
    case .idle, .ended: .ignore
    case .discovering: receiveWhileAsking(message)
    case .initializing: receiveInHandshake(message)
    case .hesitating(let failure): receiveLate(message, after: failure)
    }
  }

  private mutating func receiveWhileAsking(_ message: Message) -> Action {
    switch message {
    case .notification: return .ignore
    case .request(let request): return .send(ClientHandshake.answer(to: request))
    case .response(let response):
      // Who cannot read a request does not know its id.
      guard response.id == Self.discoverID || response.id == nil else { return .ignore }
      switch DiscoverVerdict(response.outcome) {
      case .modern(let greeting):
        state = .ended
        return .open(greeting, sending: nil)
      case .incompatible: return fail(.incompatible)
      case .legacy: return plan == .modern ? fail(.notModern) : initialize()
      }
    }
  }

  private mutating func receiveInHandshake(_ message: Message) -> Action {
    if case .response(let response) = message, response.id == Self.discoverID {
      isUnanswered = false
      if case .modern(let greeting) = DiscoverVerdict(response.outcome) { lateGreeting = greeting }
      return .ignore
    }
    switch handshake.receive(message) {
    case .send(let answer): return .send(answer)
    case .finish(let initialized, let greeting):
      state = .ended
      return .open(greeting, sending: initialized)
    case .fail(let failure): return didFail(failure)
    case .ignore: return .ignore
    }
  }

  private mutating func didFail(_ failure: ClientHandshake.Failure) -> Action {
    if let lateGreeting {
      state = .ended
      return .open(lateGreeting, sending: nil)
    }
    guard plan == .discover, case .refused(let error) = failure, error.namesModernRevision else { return fail(.handshake(failure)) }
    state = .hesitating(failure)
    return .ignore
  }

  private mutating func receiveLate(_ message: Message, after failure: ClientHandshake.Failure) -> Action {
    switch message {
    case .notification: return .ignore
    case .request(let request): return .send(ClientHandshake.answer(to: request))
    case .response(let response):
      guard response.id == Self.discoverID else { return .ignore }
      guard case .modern(let greeting) = DiscoverVerdict(response.outcome) else { return fail(.handshake(failure)) }
      state = .ended
      return .open(greeting, sending: nil)
    }
  }

  private mutating func initialize() -> Action {
    state = .initializing
    guard case .send(let hello) = handshake.start() else { return .ignore }
    return .send(hello)
  }

  private mutating func fail(_ failure: Failure) -> Action {
    state = .ended
    return .fail(failure)
  }
}

extension RPCError {
  /// A server of 2026-07-28 says which revisions it speaks when it is asked for another.
  fileprivate var namesModernRevision: Bool {
    code == ErrorCode.unsupportedVersion && data?["supported"]?.elements.contains { $0.stringValue == Revision.newest.rawValue } ?? false
  }
}
