internal import JSON
internal import PluginSDK
internal import ServiceClient
internal import Synchronization

/// The service that knows keys and the servers that they see (`POST /mcp-gateway/get-gateway`).
final class RemoteGateway: Sendable {
  static let path = "/mcp-gateway/get-gateway"
  static let maxAnswerBytes = 512 << 10
  /// Answers that wait for their `fetch_config`, which comes right after `authenticate`.
  static let maxRecords = 256

  private struct State {
    var records: [String: GatewayRecord] = [:]
    /// Subjects, longest known first.
    var order: [String] = []
    var failure: PluginError?
  }
  private let state = Mutex(State())
  private let settings: RemoteSettings
  private let http: HTTPClient
  private let gate: RequestGate

  init(_ settings: RemoteSettings, _ host: PluginServices) throws {
    guard let http = host.http else { throw PluginError.unavailable("the host offers no HTTP (smg.host.http/0)") }
    self.settings = settings
    self.http = http
    gate = RequestGate(width: settings.maxConcurrency)
  }

  /// Whether the last question had a usable answer.
  func health() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  func authenticate(_ request: AuthRequest.Copy) async throws -> AuthDecision {
    switch PresentedKey.read(request.headers) {
    case .none: return .refused(.noCredentials)
    case .malformed(let why): return .refused(.malformed(why))
    case .key(let key):
      let wishes = (project: PresentedKey.wish("project_id", request.headers), user: PresentedKey.wish("user_id", request.headers))
      let response = try await ask(key, wishes, until: request.context.deadline)
      guard response.status == 200 else { return try refusal(response.status) }
      return try accept(response.body, wishes)
    }
  }

  /// What `authenticate` was told of this caller a moment ago.
  func document(of request: ConfigRequest) throws -> ConfigDocument {
    guard let record = state.withLock({ $0.records[request.identity.subject] }) else {
      throw PluginError.unavailable("too many callers come at once to keep what the service said of each; the next request asks again")
    }
    return ConfigDocument(.json(record.document), ttlNanoseconds: settings.reuseNanoseconds)
  }

  private func accept(_ body: [UInt8], _ wishes: (project: String, user: String)) throws -> AuthDecision {
    let record: GatewayRecord
    do throws(PluginError) {
      record = try GatewayRecord(body)
    } catch {
      throw noted(error)
    }
    state.withLock { $0.failure = nil }
    guard wishes.project.isEmpty || wishes.project == record.projectID else { return .refused(.otherProject) }
    guard wishes.user.isEmpty || wishes.user == record.userID else { return .refused(.otherUser) }
    remember(record)
    return .identified(
      Identity(
        subject: record.subject, projectID: record.projectID, userID: record.userID, configID: record.configID, role: "",
        ttlNanoseconds: settings.reuseNanoseconds, vary: Credentials.headerNames))
  }

  private func remember(_ record: GatewayRecord) {
    state.withLock { state in
      if state.records.updateValue(record, forKey: record.subject) == nil { state.order.append(record.subject) }
      if state.order.count > Self.maxRecords { state.records[state.order.removeFirst()] = nil }
    }
  }

  /// A service that says no is a refusal; one that fails is none, and lets nobody in either.
  private func refusal(_ status: Int) throws -> AuthDecision {
    switch status {
    case 400, 401, 403, 404:
      state.withLock { $0.failure = nil }
      return .refused(.unknownKey)
    case 429: throw noted(.unavailable("the service limits the rate of requests (HTTP 429 at \(Self.path))"))
    default: throw noted(.unavailable("the service gave no answer to use (HTTP \(status) at \(Self.path))"))
    }
  }

  private func ask(
    _ key: String, _ wishes: (project: String, user: String), until deadline: MonotonicTime
  ) async throws -> HTTPResponse {
    var body = JSONWriter()
    body.object { body in
      body.member("gateway_key", key)
      body.member("project_id", wishes.project)
      body.member("user_id", wishes.user)
      body.member("mcp_config_id", "")
    }
    var headers = [
      (name: "Content-Type", value: "application/json"), ("Accept", "application/json"), ("User-Agent", "secure-mcp-gateway"),
      ("X-Enkrypt-Gateway-Key", key), ("X-Enkrypt-API-Key", settings.key),
    ]
    if !settings.gatewayName.isEmpty { headers.append(("X-Enkrypt-MCP-Gateway", settings.gatewayName)) }
    // A little before the call ends, so that the log says who did not answer.
    let left = min(UInt64(settings.timeoutSeconds * 1e9), deadline.nanosecondsLeft / 50 * 49)
    let request = HTTPRequest(
      "POST", settings.address.base + Self.path, headers: headers, body: body.bytes,
      deadline: MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds &+ left), maxResponseBytes: Self.maxAnswerBytes)
    do {
      return try await gate.pass { try await http.send(request) }
    } catch let error as PluginError {
      throw noted(PluginError(error.status, "the service gave no answer at \(Self.path): \(error.message)"))
    }
  }

  private func noted(_ error: PluginError) -> PluginError {
    state.withLock { $0.failure = error }
    return error
  }
}
