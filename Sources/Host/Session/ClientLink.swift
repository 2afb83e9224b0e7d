package import JSON
package import MCP
package import NIOCore

/// The way back to the client of one request while it runs: messages about the request, and questions to the client. Usable from any thread.
package final class ClientLink: Sendable {
  /// How the client is reached.
  private enum Way: Sendable {
    case session(Session)
    /// One exchange of 2026-07-28, which can be told things, but not asked.
    case exchange
    /// A request of 2026-07-28 over as many exchanges as it takes.
    case held(HeldCall)
  }

  /// What one exchange says of itself.
  private struct Exchange: Sendable {
    var capabilities: RawJSON?
    var progressToken: RequestID?
    var loggingLevel: LoggingLevel?
    var isLevelSaid: Bool
    var channel: any ClientChannel
  }

  let revision: Revision
  package var era: Era { revision.era }
  /// Equal for requests that come from one client, as far as can be told.
  let conversation: String
  let eventLoop: any EventLoop
  private let own: Exchange
  private let way: Way

  /// For a request of a session.
  init(_ session: Session, _ request: Request, on eventLoop: any EventLoop, _ channel: any ClientChannel) {
    revision = session.revision
    conversation = session.id
    own = Exchange(
      capabilities: session.clientCapabilities, progressToken: request.meta?[MetaKey.progressToken].flatMap { RequestID($0) },
      loggingLevel: session.loggingLevel, isLevelSaid: session.isLevelSaid, channel: channel)
    way = .session(session)
    self.eventLoop = eventLoop
  }

  /// For a request of 2026-07-28.
  /// - Parameter conversation: there are no sessions, so what is known of the sender has to do.
  init(_ envelope: ModernEnvelope, of conversation: String, on eventLoop: any EventLoop, _ channel: any ClientChannel) {
    revision = envelope.revision
    self.conversation = conversation
    own = Exchange(
      capabilities: envelope.clientCapabilities, progressToken: envelope.progressToken, loggingLevel: envelope.logLevel,
      isLevelSaid: envelope.logLevel != nil, channel: channel)
    way = .exchange
    self.eventLoop = eventLoop
  }

  /// For the work on a request of 2026-07-28 that may take several exchanges, begun by that of `first`.
  init(_ call: HeldCall, from first: ClientLink) {
    revision = first.revision
    conversation = first.conversation
    own = first.own
    way = .held(call)
    eventLoop = first.eventLoop
  }

  /// Of the exchange that is open now, or was last.
  private var exchange: Exchange { if case .held(let call) = way { call.link.own } else { own } }

  /// What the client can do, as it declared for this conversation or request.
  package var capabilities: RawJSON? { exchange.capabilities }
  /// Asked for by the client: progress is reported under it.
  package var progressToken: RequestID? { exchange.progressToken }
  /// Log messages below it are not wanted; nil: none are.
  package var loggingLevel: LoggingLevel? { exchange.loggingLevel }
  /// Whether the client chose that level.
  package var isLevelSaid: Bool { exchange.isLevelSaid }

  /// Whether the client can be asked anything while its request runs.
  package var canAsk: Bool {
    switch way {
    case .exchange: false
    case .session(let session): session.isInitialized
    case .held: true
    }
  }

  /// A message that belongs to the request. While the client is away, nobody hears it.
  package func send(_ message: [UInt8]) {
    if case .held(let call) = way, !call.isAttended { return }
    exchange.channel.send(message)
  }

  /// See ``ClientChannel/sendApart(_:)``. Keeps the conversation reachable after the request.
  var sendApart: @Sendable ([UInt8]) -> Void { { [channel = own.channel] in channel.sendApart($0) } }

  /// See ``ClientChannel/finish(_:)``.
  func finish(_ message: [UInt8]) -> Bool { own.channel.finish(message) }

  /// Asks the client and waits for its answer.
  package func ask(method: String, params: RawJSON?, deadline: NIODeadline) async -> ClientQuestions.Answer {
    switch way {
    case .exchange: return .failure(.methodNotFound("this client cannot be asked while its request runs"))
    case .held(let call): return await call.ask(method, params, deadline: deadline)
    case .session(let session):
      var params = params
      if method == MethodName.sampling, let asked = params {
        do throws(JSONError) { params = try OlderContent(revision: revision).sampling(asked) } catch {
          return .failure(.internalError("the messages could not be prepared for the client"))
        }
      }
      let text = params?.compacted().bytes
      return await session.questions.ask(deadline: deadline, on: eventLoop) { id in
        send(Encode.request(id: id, method: method, params: text))
      } onCancel: { id in
        self.send(Encode.cancelled(id, reason: "the answer is not needed any more"))
      }
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
