internal import Egress
internal import JSON
internal import MCP

/// Asks a running gateway to use one of its tools, by one request of revision 2026-07-28, over HTTP or HTTPS.
struct GatewayClient {
  private let target: RequestTarget
  private let url: String
  private let key: String
  private let tls: TLSProfile
  private let allowsPlaintext: Bool

  /// - Parameters:
  ///   - url: of the gateway's MCP endpoint; without a path, that is `/mcp/`.
  ///   - tls: whom a connection over HTTPS trusts, and how the command presents itself.
  ///   - allowsPlaintext: whether the key may go to another machine in clear.
  init(url: String, key: String, tls: TLSProfile = .system, allowsPlaintext: Bool = false) throws(GatewayError) {
    do throws(EgressError) { target = try RequestTarget(url) } catch {
      throw GatewayError(.toolInvalidArguments, "'\(url)' is not a URL such as http://127.0.0.1:8000/mcp/.")
    }
    let hasPath = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last?.contains("/") ?? false
    self.url = hasPath ? url : url + "/mcp/"
    self.key = key
    self.tls = tls
    self.allowsPlaintext = allowsPlaintext
  }

  /// - Returns: the tool's structured answer.
  func call(_ tool: GatewayTool, _ arguments: JSONObject) async throws -> JSONValue {
    let answer = try await post(Self.request(tool, arguments), tool: tool)
    let (status, message) = (answer.status, try RawJSON(validating: answer.body))
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

  private func post(_ body: [UInt8], tool: GatewayTool) async throws -> CommandHTTP.Answer {
    let http = CommandHTTP(
      target: target, tls: tls, hint: "Start one with `secure-mcp-gateway serve`, or give --url.", allowsPlaintext: allowsPlaintext)
    return try await http.send("POST", url, headers: headers(tool), body: body)
  }

  private func headers(_ tool: GatewayTool) -> [(name: String, value: String)] {
    [
      ("Authorization", "Bearer \(key)"), ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
      ("MCP-Protocol-Version", Revision.newest.rawValue), ("Mcp-Method", MethodName.toolsCall), ("Mcp-Name", tool.rawValue),
    ]
  }
}
