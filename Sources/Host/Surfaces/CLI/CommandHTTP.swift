internal import Egress
internal import FoundationEssentials
internal import NIOCore

/// One request of a command to a running gateway, over HTTP or HTTPS.
struct CommandHTTP {
  let target: RequestTarget
  /// Whom a connection over HTTPS trusts, and how the command presents itself.
  let tls: TLSProfile
  /// What to do when nobody answers.
  let hint: String
  /// Whether a key may go over a network in clear.
  let allowsPlaintext: Bool
  private static let timeout: TimeAmount = .seconds(60)
  private static let profile = "gateway"

  struct Answer: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [(name: String, value: String)]
    let body: [UInt8]
  }

  func send(
    _ method: String, _ url: String, headers: [(name: String, value: String)], body: [UInt8]
  ) async throws -> Answer {
    guard target.isTLS || target.isLoopback || allowsPlaintext else {
      throw GatewayError(
        .toolInvalidArguments, "\(target.origin) is another machine, and everybody on the way would read the key.",
        suggestions: ["Use an https URL or a tunnel to 127.0.0.1, or say --allow-plaintext where the network is yours."])
    }
    var settings = EgressSettings()
    if !ListenerSettings.isLoopback(target.host) { settings.proxy = try ProxySettings(environment: ProcessInfo.processInfo.environment) }
    let client = try EgressClient(settings)
    var request = EgressRequest(url: url, deadline: .now() + Self.timeout)
    request.method = method
    request.headers = headers
    request.body = body
    request.connectTimeout = .seconds(5)
    request.maxResponseBytes = Limits.Config.maxDocumentBytes
    // Whoever runs the command chooses the gateway, wherever it is.
    request.rules = EgressRules(addresses: try AddressPolicy(allowing: ["0.0.0.0/0", "::/0"]), tlsProfiles: [Self.profile: tls])
    request.tlsProfile = Self.profile
    let answer: Result<Answer, EgressError>
    do throws(EgressError) {
      let response = try await client.send(request)
      let body = try await response.body.collect(upTo: Limits.Config.maxDocumentBytes)
      answer = .success(Answer(status: response.status, headers: response.headers, body: body))
    } catch {
      answer = .failure(error)
    }
    await client.shutdown()
    do throws(EgressError) { return try answer.get() } catch { throw failure(error) }
  }

  private func failure(_ error: EgressError) -> GatewayError {
    let place = "\(target.host):\(target.port)"
    switch error {
    case .tls:
      return GatewayError(
        .unavailable, "The connection to \(place) is not trusted.", cause: "\(error)",
        suggestions: ["Name the authority of the gateway's certificate with --ca."])
    case .cannotConnect, .cannotResolve, .timedOut(.connecting):
      return GatewayError(.unavailable, "No gateway answers at \(place).", cause: "\(error)", suggestions: [hint])
    default: return GatewayError(.unavailable, "The gateway at \(place) did not answer.", cause: "\(error)")
    }
  }
}
