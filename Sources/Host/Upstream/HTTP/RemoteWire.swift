internal import Egress
internal import JSON
internal import MCP
internal import NIOCore

/// HTTP requests to one server and what their answers mean.
struct RemoteWire: Sendable {
  let client: EgressClient
  let server: RemoteServer

  /// What a POST was answered with.
  enum Answer: Sendable {
    case messages([Message])
    case events(EventReader)
    /// A success without a message.
    case accepted
  }

  /// Headers of a session of Streamable HTTP.
  struct Session: Sendable, Equatable {
    /// Nil: the server keeps no sessions.
    var id: String?
    var revision: Revision

    var fields: [(name: String, value: String)] {
      (id.map { [("Mcp-Session-Id", $0)] } ?? []) + [("MCP-Protocol-Version", revision.rawValue)]
    }
  }

  // MARK: Requests

  /// Posts one message.
  /// - Parameter isOneWay: the answer on this connection does not matter beyond its status.
  func post(
    _ message: [UInt8], to url: String? = nil, session: Session? = nil, fields: [(name: String, value: String)] = [],
    isOneWay: Bool = false, deadline: NIODeadline
  ) async throws(ExchangeFailure) -> (answer: Answer, sessionID: String?) {
    var request = self.request("POST", url, session, deadline: deadline)
    request.headers += [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")] + fields
    request.body = message
    let response = try await send(request, hasSession: session?.id != nil || url != nil)
    return (try await answer(response, isOneWay: isOneWay), response.header("mcp-session-id"))
  }

  /// Posts a request whose answer is a stream that lasts.
  func listen(
    _ message: [UInt8], fields: [(name: String, value: String)], idleTimeout: TimeAmount
  ) async throws(ExchangeFailure) -> Answer {
    var request = self.request("POST", nil, nil, deadline: nil)
    request.idleTimeout = idleTimeout
    request.httpVersion = .http1
    request.headers += [("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream")] + fields
    request.body = message
    return try await answer(try await send(request, hasSession: false), isOneWay: false)
  }

  /// Opens an event stream, or goes on with one after `lastEventID`.
  func events(
    session: Session? = nil, after lastEventID: String = "", deadline: NIODeadline? = nil, idleTimeout: TimeAmount?
  ) async throws(ExchangeFailure) -> EventReader {
    var request = self.request("GET", nil, session, deadline: deadline)
    request.idleTimeout = idleTimeout
    request.httpVersion = .http1
    request.headers.append(("Accept", "text/event-stream"))
    if !lastEventID.isEmpty { request.headers.append(("Last-Event-ID", lastEventID)) }
    let response = try await send(request, hasSession: session?.id != nil)
    guard AnswerType(response.header("content-type")) == .events else {
      throw .failed(.protocolViolation("its answer to GET is no event stream"))
    }
    return EventReader(response.body)
  }

  /// Tells the server that the session is over. Some do not want to know.
  func delete(_ session: Session, deadline: NIODeadline) async throws(ExchangeFailure) {
    _ = try await send(request("DELETE", nil, session, deadline: deadline), hasSession: true)
  }

  private func request(_ method: String, _ url: String?, _ session: Session?, deadline: NIODeadline?) -> EgressRequest {
    var request = EgressRequest(url: url ?? server.url, deadline: deadline)
    request.method = method
    request.connectTimeout = server.connectTimeout
    request.rules = server.rules
    request.tlsProfile = server.rules.tlsProfiles[RemoteServer.tlsProfile] == nil ? nil : RemoteServer.tlsProfile
    // Bounded where it is read: a stream may go on for hours.
    request.maxResponseBytes = .max
    // Whether a call may be made twice is decided above.
    request.mayBeResent = false
    request.redirects = .sameOrigin(maximum: Limits.Upstream.maxRedirects)
    request.headers = server.headers.map { ($0.name, $0.value) } + (session?.fields ?? [])
    if !server.headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
      request.headers.append(("User-Agent", "secure-mcp-gateway/\(Version.current)"))
    }
    return request
  }

  /// The answer, if it is a success.
  private func send(_ request: EgressRequest, hasSession: Bool) async throws(ExchangeFailure) -> EgressResponse {
    let response: EgressResponse
    do throws(EgressError) {
      response = try await client.send(request)
    } catch {
      throw ExchangeFailure(error)
    }
    guard !(200..<300).contains(response.status) else { return response }
    throw await refusal(response, hasSession: hasSession)
  }

  // MARK: Answers

  private func answer(_ response: EgressResponse, isOneWay: Bool) async throws(ExchangeFailure) -> Answer {
    if isOneWay || response.status == 202 || response.status == 204 {
      // Read to its end, so that the connection can be used again.
      _ = try await Self.collect(response.body, upTo: Limits.Upstream.maxErrorBodyBytes)
      return .accepted
    }
    switch AnswerType(response.header("content-type")) {
    case .events: return .events(EventReader(response.body))
    case .json:
      let body = try await Self.collect(response.body, upTo: Limits.Upstream.maxMessageBytes)
      do throws(UpstreamError) { return .messages(try Message.all(in: body)) } catch { throw .failed(error) }
    case .other: throw .failed(.protocolViolation("its answer is neither JSON nor an event stream"))
    }
  }

  private func refusal(_ response: EgressResponse, hasSession: Bool) async -> ExchangeFailure {
    let status = response.status
    // What these bodies say is for nobody's eyes.
    guard ![401, 403, 407].contains(status) else { return .refused(status: status, nil) }
    let body: [UInt8]
    do throws(ExchangeFailure) {
      body = try await Self.collect(response.body, upTo: Limits.Upstream.maxErrorBodyBytes)
    } catch {
      if case .failed(.tooLarge) = error { return .refused(status: status, nil) }
      return error
    }
    let error = Self.error(in: body)
    if SessionLoss.isSaid(status: status, body: body, error: error, hasSession: hasSession) { return .sessionLost }
    return .refused(status: status, error)
  }

  private static func error(in body: [UInt8]) -> RPCError? {
    do {
      guard case .single(.response(let response)) = try Payload(RawJSON(validating: body)), case .error(let error) = response.outcome else {
        return nil
      }
      return error
    } catch {
      return nil
    }
  }

  private static func collect(_ body: EgressBody, upTo limitBytes: Int) async throws(ExchangeFailure) -> [UInt8] {
    do throws(EgressError) {
      return try await body.collect(upTo: limitBytes)
    } catch {
      throw ExchangeFailure(error, limitBytes: limitBytes)
    }
  }
}

/// The media types that matter (RFC 9110 section 8.3.1).
enum AnswerType: Sendable {
  case json, events, other

  init(_ contentType: String?) {
    let type = (contentType ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    self = type == "application/json" ? .json : type == "text/event-stream" ? .events : .other
  }
}
