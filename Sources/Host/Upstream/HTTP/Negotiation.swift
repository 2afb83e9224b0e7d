internal import Egress
internal import JSON
internal import MCP
internal import NIOCore

/// Begins a conversation with a server over HTTP: finds out which transport and era it speaks, and shakes hands.
struct Negotiation: Sendable {
  /// An open conversation.
  struct Opened: Sendable {
    var channel: RemoteChannel
    var greeting: ServerGreeting
    /// The one stream of HTTP+SSE, with what comes after the handshake.
    var stream: EventReader?
  }

  private enum Failure: Error {
    /// The server may speak something else.
    case other(UpstreamError)
    case final(UpstreamError)
  }

  let wire: RemoteWire
  let clientInfo: Implementation
  let capabilities: RawJSON?
  let deadline: NIODeadline

  /// Tries the kinds in order. The most telling reason is that of the first failure but for the question about 2026-07-28.
  func run(_ kinds: [RemoteChannel.Kind]) async throws(UpstreamError) -> Opened {
    var reason: (kind: RemoteChannel.Kind, error: UpstreamError)?
    for kind in kinds {
      do throws(Failure) {
        return try await attempt(kind, isLast: kind == kinds.last)
      } catch {
        switch error {
        case .final(let error): throw error
        case .other(let error): if reason == nil || reason?.kind == .modern { reason = (kind, error) }
        }
      }
    }
    throw reason?.error ?? .unavailable("no transport is left to try")
  }

  private func attempt(_ kind: RemoteChannel.Kind, isLast: Bool) async throws(Failure) -> Opened {
    switch kind {
    case .modern: try await discover(isLast: isLast)
    case .streamable: try await initialize()
    case .events: try await openEvents()
    }
  }

  // MARK: 2026-07-28

  private func discover(isLast: Bool) async throws(Failure) -> Opened {
    let params = RawJSON(.object([:]))
    let body = ModernParams(clientInfo: clientInfo).enveloping(params)
    let message = Encode.request(id: RequestID(0), method: MethodName.discover, params: body)
    let fields = RoutingHeaders.fields(method: MethodName.discover, params: params)
    let patience = isLast ? deadline : min(deadline, .now() + Limits.Upstream.probeTimeout)
    let outcome: Response.Outcome?
    do throws(ExchangeFailure) {
      outcome = try await Self.response(to: RequestID(0), in: try await wire.post(message, fields: fields, deadline: patience).answer)
    } catch {
      switch error {
      case .unreachable(let error): throw .final(error)
      case .refused(let status, nil) where [401, 403].contains(status) || (300..<400).contains(status): throw .final(error.error)
      case .refused(_, let error?): outcome = .error(error)
      default: throw .other(error.error)
      }
    }
    switch outcome.map(DiscoverVerdict.init) {
    case .modern(let greeting): return Opened(channel: .modern, greeting: greeting)
    case .incompatible: throw .final(.protocolViolation("it speaks no revision of MCP that the gateway speaks"))
    case .legacy, nil: throw .other(.protocolViolation("it does not speak 2026-07-28"))
    }
  }

  /// The answer to a request whose conversation has not begun, so that nothing else matters.
  static func response(to id: RequestID, in answer: RemoteWire.Answer) async throws(ExchangeFailure) -> Response.Outcome? {
    switch answer {
    case .accepted: return nil
    case .messages(let messages): return outcome(of: id, in: messages)
    case .events(var reader):
      while let messages = try await reader.nextMessages() {
        if let outcome = outcome(of: id, in: messages) { return outcome }
      }
      return nil
    }
  }

  private static func outcome(of id: RequestID, in messages: [Message]) -> Response.Outcome? {
    for case .response(let response) in messages where response.id == id || response.id == nil { return response.outcome }
    return nil
  }

  // MARK: Streamable HTTP

  private func initialize() async throws(Failure) -> Opened {
    var handshake = ClientHandshake(id: RequestID(0), clientInfo: clientInfo, capabilities: capabilities)
    guard case .send(let hello) = handshake.start() else { throw .final(.protocolViolation("the handshake was begun twice")) }
    do throws(ExchangeFailure) {
      let (answer, sessionID) = try await wire.post(hello, deadline: deadline)
      let (initialized, greeting) = try await Self.finish(&handshake, answer)
      let session = RemoteWire.Session(id: try Self.usable(sessionID), revision: greeting.revision)
      _ = try await wire.post(initialized, session: session, isOneWay: true, deadline: deadline)
      return Opened(channel: .streamable(session), greeting: greeting)
    } catch {
      // An HTTP error in place of an answer is what a server of the older transport gives.
      if case .refused(400..<500, _) = error, ![401, 403, 429].contains(error.status ?? 0) { throw .other(error.error) }
      if case .sessionLost = error { throw .other(error.error) }
      throw .final(error.error)
    }
  }

  private static func finish(
    _ handshake: inout ClientHandshake, _ answer: RemoteWire.Answer
  ) async throws(ExchangeFailure) -> (initialized: [UInt8], ServerGreeting) {
    switch answer {
    case .accepted: break
    case .messages(let messages): if let end = try step(&handshake, messages) { return end }
    case .events(var reader):
      while let messages = try await reader.nextMessages() {
        if let end = try step(&handshake, messages) { return end }
      }
    }
    throw .failed(.protocolViolation("it did not answer initialize"))
  }

  /// A server that asks something before the conversation is open gets no answer.
  private static func step(
    _ handshake: inout ClientHandshake, _ messages: [Message]
  ) throws(ExchangeFailure) -> (initialized: [UInt8], ServerGreeting)? {
    for message in messages {
      switch handshake.receive(message) {
      case .finish(let initialized, let greeting): return (initialized, greeting)
      case .fail(let failure): throw .failed(.protocolViolation("\(failure)"))
      case .send, .ignore: break
      }
    }
    return nil
  }

  /// The server's session id, which goes into a header of every request.
  private static func usable(_ sessionID: String?) throws(ExchangeFailure) -> String? {
    guard let sessionID, !sessionID.isEmpty else { return nil }
    guard sessionID.utf8.count <= Limits.Upstream.maxSessionIDBytes, sessionID.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .failed(.protocolViolation("its session id is not visible ASCII of at most \(Limits.Upstream.maxSessionIDBytes) bytes"))
    }
    return sessionID
  }

  // MARK: HTTP+SSE

  private func openEvents() async throws(Failure) -> Opened {
    var handshake = ClientHandshake(id: RequestID(0), clientInfo: clientInfo, capabilities: capabilities)
    guard case .send(let hello) = handshake.start() else { throw .final(.protocolViolation("the handshake was begun twice")) }
    do throws(ExchangeFailure) {
      var reader = try await wire.events(idleTimeout: Limits.Upstream.onlyStreamIdleTimeout)
      let url = try await endpoint(&reader)
      _ = try await wire.post(hello, to: url, isOneWay: true, deadline: deadline)
      while let messages = try await reader.nextMessages() {
        guard let (initialized, greeting) = try Self.step(&handshake, messages) else { continue }
        _ = try await wire.post(initialized, to: url, isOneWay: true, deadline: deadline)
        return Opened(channel: .events(url: url), greeting: greeting, stream: reader)
      }
      throw .failed(.protocolViolation("its event stream ended before the MCP handshake was complete"))
    } catch {
      throw .other(error.error)
    }
  }

  /// The URL that the first event names. It must be of the same origin: the credentials in the headers are for nobody else.
  private func endpoint(_ reader: inout EventReader) async throws(ExchangeFailure) -> String {
    guard let event = try await reader.next(), event.type == "endpoint", let path = String(validating: event.data, as: UTF8.self) else {
      throw .failed(.protocolViolation("its event stream does not begin with an endpoint"))
    }
    do throws(EgressError) {
      let origin = try RequestTarget(wire.server.url)
      let target = try origin.redirected(to: path)
      if target.hasSameOrigin(as: origin) { return target.url }
    } catch {
      throw .failed(.protocolViolation("the endpoint that its event stream names is not a URL"))
    }
    throw .failed(.protocolViolation("the endpoint that its event stream names is of another origin"))
  }
}

extension ExchangeFailure {
  var status: Int? { if case .refused(let status, _) = self { status } else { nil } }
}
