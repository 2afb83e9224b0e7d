package import JSON
package import PluginSDK

/// Asks one service, by HTTP through the host: JSON in, JSON out.
///
/// Whatever is not a usable answer is thrown, so that no failure can pass for a verdict. Errors say what an operator needs: service, path, status; never a
/// key, and nothing of what was sent or answered.
package struct ServiceClient: Sendable {
  package struct Settings: Sendable {
    /// For errors, e.g. "Enkrypt".
    package var service: String
    package var address: ServiceAddress
    /// Go with every request; the key is one of them.
    package var headers: [(name: String, value: String)]
    /// For the words about a refused key, e.g. "api_key".
    package var keyMember = "api_key"
    package var timeoutSeconds: Double
    package var maxConcurrency: Int
    package var maxResponseBytes: Int

    package init(
      service: String, address: ServiceAddress, headers: [(name: String, value: String)], timeoutSeconds: Double, maxConcurrency: Int,
      maxResponseBytes: Int
    ) {
      self.service = service
      self.address = address
      self.headers = headers
      self.timeoutSeconds = timeoutSeconds
      self.maxConcurrency = maxConcurrency
      self.maxResponseBytes = maxResponseBytes
    }
  }

  /// One request and, where the service asks to come back later, at most two more.
  static let maxAttempts = 3
  /// Before the second attempt, where the service does not say how long to wait; doubles.
  static let firstPauseNanoseconds: UInt64 = 250_000_000

  private let settings: Settings
  private let http: HTTPClient
  private let services: PluginServices
  private let gate: RequestGate
  private let state = ServiceState()

  package init(_ settings: Settings, host: PluginServices) throws {
    guard let http = host.http else { throw PluginError.unavailable("the host offers no HTTP") }
    self.settings = settings
    self.http = http
    services = host
    gate = RequestGate(width: settings.maxConcurrency)
  }

  /// Whether the last request was answered.
  package func health() throws {
    if let failure = state.failure { throw failure }
  }

  /// - Parameter deadline: of the call that is served.
  /// - Throws: `PluginError`, `CancellationError`.
  package func post(_ path: String, headers: [(name: String, value: String)] = [], body: [UInt8], deadline: MonotonicTime) async throws
    -> RawJSON
  {
    do {
      let answer = try await attempts(path, headers, body, deadline)
      state.succeeded()
      return answer
    } catch let error as PluginError {
      state.failed(error)
      throw error
    }
  }

  private func attempts(
    _ path: String, _ headers: [(name: String, value: String)], _ body: [UInt8], _ deadline: MonotonicTime
  ) async throws -> RawJSON {
    var attempt = 1
    while true {
      try await waitForQuiet(before: deadline)
      let response = try await gate.pass { try await send(path, headers, body, deadline) }
      guard let pause = pause(after: response, attempt: attempt) else { return try read(response, path) }
      guard attempt < Self.maxAttempts, pause < deadline.nanosecondsLeft else { throw overloaded(response.status, pause) }
      attempt += 1
      if state.quietNanoseconds == 0 { try await sleep(pause) }
    }
  }

  /// How long to wait before the next attempt; nil when the answer is final. A wish of the service is one to all calls of this instance.
  private func pause(after response: HTTPResponse, attempt: Int) -> UInt64? {
    guard response.status == 429 || response.status == 503 else { return nil }
    guard let asked = RetryAfter.nanoseconds(response) else {
      return response.status == 429 ? Self.firstPauseNanoseconds << UInt64(attempt - 1) : nil
    }
    state.stayQuiet(nanoseconds: asked)
    return asked
  }

  private func waitForQuiet(before deadline: MonotonicTime) async throws {
    while true {
      let pause = state.quietNanoseconds
      guard pause > 0 else { return }
      guard pause < deadline.nanosecondsLeft else { throw overloaded(429, pause) }
      try await sleep(pause)
    }
  }

  private func sleep(_ nanoseconds: UInt64) async throws {
    guard let timer = services.timer else { throw PluginError.unavailable("the host offers no timer") }
    try await timer.sleep(nanoseconds: nanoseconds)
  }

  private func overloaded(_ status: Int, _ pause: UInt64) -> PluginError {
    let milliseconds = UInt32(clamping: pause / 1_000_000)
    return PluginError(
      .unavailable, "\(settings.service) limits the rate of requests (HTTP \(status)) and asks for a pause of \(milliseconds) ms",
      retryAfterMilliseconds: milliseconds)
  }

  private func send(
    _ path: String, _ headers: [(name: String, value: String)], _ body: [UInt8], _ deadline: MonotonicTime
  ) async throws -> HTTPResponse {
    let begun = MonotonicTime.now.nanoseconds
    // A little before the call ends, so that the log says who did not answer.
    let limit = MonotonicTime(nanoseconds: begun &+ min(UInt64(settings.timeoutSeconds * 1e9), deadline.nanosecondsLeft / 50 * 49))
    let standard = [("Content-Type", "application/json"), ("Accept", "application/json"), ("User-Agent", "secure-mcp-gateway")]
    let request = HTTPRequest(
      "POST", settings.address.base + path, headers: standard + settings.headers + headers, body: body, deadline: limit,
      maxResponseBytes: settings.maxResponseBytes)
    do {
      let response = try await http.send(request)
      record(String(response.status), begun)
      return response
    } catch let error as PluginError {
      record("failed", begun)
      throw PluginError(error.status, "\(settings.service) gave no answer at \(path): \(error.message)")
    }
  }

  private func record(_ outcome: String, _ begun: UInt64) {
    let labels = [("service", settings.service.lowercased()), ("outcome", outcome)]
    let seconds = Double(MonotonicTime.now.nanoseconds &- begun) / 1e9
    services.metrics?.record(.counter, "guardrail_service_requests", value: 1, labels: labels)
    services.metrics?.record(.histogram, "guardrail_service_request_duration", unit: "s", value: seconds, labels: labels)
  }

  private func read(_ response: HTTPResponse, _ path: String) throws -> RawJSON {
    switch response.status {
    case 200: break
    case 401, 403:
      throw PluginError.invalid("\(settings.service) refuses the key (HTTP \(response.status) at \(path)): check \(settings.keyMember)")
    case 404:
      throw PluginError.invalid("\(settings.service) does not know what was asked for (HTTP 404 at \(path)): check base_url and names")
    case 500...599: throw PluginError.unavailable("\(settings.service) failed (HTTP \(response.status) at \(path))")
    default: throw PluginError.invalid("\(settings.service) did not accept the request (HTTP \(response.status) at \(path))")
    }
    do {
      return try RawJSON(validating: response.body)
    } catch {
      throw malformed(path, "it is not JSON (\(error))")
    }
  }

  /// An answer that cannot be read as what the service documents.
  package func malformed(_ path: String, _ reason: String) -> PluginError {
    let error = PluginError.unavailable("\(settings.service)'s answer at \(path) cannot be used: \(reason)")
    state.failed(error)
    return error
  }
}
