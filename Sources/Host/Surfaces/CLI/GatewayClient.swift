internal import Egress
internal import FoundationEssentials
internal import JSON
internal import MCP
internal import NIOCore

/// Asks a running gateway to use one of its tools, by one request of revision 2026-07-28, over HTTP or HTTPS.
struct GatewayClient {
  private let target: RequestTarget
  private let url: String
  private let key: String
  private let tls: TLSProfile
  private static let timeout: TimeAmount = .seconds(60)
  private static let profile = "gateway"

  /// - Parameters:
  ///   - url: of the gateway's MCP endpoint; without a path, that is `/mcp/`.
  ///   - tls: whom a connection over HTTPS trusts, and how the command presents itself.
  init(url: String, key: String, tls: TLSProfile = .system) throws(GatewayError) {
    do throws(EgressError) { target = try RequestTarget(url) } catch {
      throw GatewayError(.toolInvalidArguments, "'\(url)' is not a URL such as http://127.0.0.1:8000/mcp/.")
    }
    let hasPath = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last?.contains("/") ?? false
    self.url = hasPath ? url : url + "/mcp/"
    self.key = key
    self.tls = tls
  }

  /// - Returns: the tool's structured answer.
  func call(_ tool: GatewayTool, _ arguments: JSONObject) async throws -> JSONValue {
    let (status, body) = try await post(Self.request(tool, arguments), tool: tool)
    let message = try RawJSON(validating: body)
    if let result = message["result"]?["structuredContent"] { return result.value }
    let reason = message["error"]?["message"]?.stringValue ?? "The answer is not that of a gateway."
    throw GatewayError(status == 401 || status == 403 ? .invalidCredentials : .operationFailed, "The gateway answered \(status): \(reason)")
  }

  private static func request(_ tool: GatewayTool, _ arguments: JSONObject) -> [UInt8] {
    let params: JSONValue = [
      "name": .string(tool.rawValue), "arguments": .object(arguments),
      "_meta": .object([MetaKey.protocolVersion: .string(Revision.newest.rawValue), MetaKey.clientCapabilities: [:]]),
    ]
    return Encode.request(id: RequestID(1), method: MethodName.toolsCall, params: params.serialized())
  }

  private func post(_ body: [UInt8], tool: GatewayTool) async throws -> (status: Int, body: [UInt8]) {
    var settings = EgressSettings()
    if !ListenerSettings.isLoopback(target.host) { settings.proxy = try ProxySettings(environment: ProcessInfo.processInfo.environment) }
    let client = try EgressClient(settings)
    var request = EgressRequest(url: url, deadline: .now() + Self.timeout)
    request.method = "POST"
    request.headers = headers(tool)
    request.body = body
    request.connectTimeout = .seconds(5)
    request.maxResponseBytes = Limits.Upstream.maxMessageBytes
    // Whoever runs the command chooses the gateway, wherever it is.
    request.rules = EgressRules(addresses: try AddressPolicy(allowing: ["0.0.0.0/0", "::/0"]), tlsProfiles: [Self.profile: tls])
    request.tlsProfile = Self.profile
    let answer: Result<(status: Int, body: [UInt8]), EgressError>
    do throws(EgressError) {
      let response = try await client.send(request)
      answer = .success((response.status, try await response.body.collect(upTo: Limits.Upstream.maxMessageBytes)))
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
      return GatewayError(
        .unavailable, "No gateway answers at \(place).", cause: "\(error)",
        suggestions: ["Start one with `secure-mcp-gateway serve`, or give --url."])
    default: return GatewayError(.unavailable, "The gateway at \(place) did not answer.", cause: "\(error)")
    }
  }

  private func headers(_ tool: GatewayTool) -> [(name: String, value: String)] {
    [
      ("Authorization", "Bearer \(key)"), ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
      ("MCP-Protocol-Version", Revision.newest.rawValue), ("Mcp-Method", MethodName.toolsCall), ("Mcp-Name", tool.rawValue),
    ]
  }
}
