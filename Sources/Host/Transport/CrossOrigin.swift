package import NIOHTTP1

/// What lets pages of the allowed origins use the gateway from a browser (Fetch Standard, "CORS protocol"). Pages of other origins are refused before.
/// Nothing here admits anybody: a browser sends no credentials of its own accord, and every request after the preflight is asked for them.
package struct CrossOrigin: Sendable {
  private let policy: OriginPolicy

  package init(_ policy: OriginPolicy) { self.policy = policy }

  /// What pages may send beside the headers that browsers always let pass.
  private static let requestHeaders = [
    "Authorization", "Content-Type", "Accept", "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-ID",
    "apikey",
    "ENKRYPT_GATEWAY_KEY", "project_id", "user_id", "traceparent", "tracestate", "baggage",
  ]
  /// What pages may read of an answer.
  private static let responseHeaders = ["Mcp-Session-Id", "WWW-Authenticate", "MCP-Protocol-Version"]
  private static let methods = "GET, POST, DELETE"
  /// How long a browser may remember the answer to a preflight.
  private static let lifetimeSeconds = 600

  /// The headers of every answer to a request with `headers`, refusals included: without them a page could not read why it was refused.
  package func headers(for headers: HTTPHeaders) -> HTTPHeaders {
    guard let origin = policy.allowedOrigin(in: headers) else { return [:] }
    return [
      "access-control-allow-origin": origin, "vary": "Origin",
      "access-control-expose-headers": Self.responseHeaders.joined(separator: ", "),
    ]
  }

  /// The answer to a preflight; nil when the request is none.
  package func preflight(_ request: HTTPRequest) -> HTTPAnswer? {
    guard request.method == .OPTIONS, policy.allowedOrigin(in: request.headers) != nil,
      request.header("access-control-request-method") != nil
    else { return nil }
    let allowed = Self.requestHeaders + Self.parameterHeaders(in: request.headers["access-control-request-headers"])
    return HTTPAnswer(
      .noContent,
      headers: [
        "access-control-allow-methods": Self.methods, "access-control-allow-headers": allowed.joined(separator: ", "),
        "access-control-max-age": String(Self.lifetimeSeconds), "cache-control": "no-store",
      ])
  }

  /// Those asked for that repeat arguments of tools; which there are depends on the tool.
  private static func parameterHeaders(in asked: [String]) -> [String] {
    asked.flatMap { $0.split(separator: ",") }.map { $0.filter { $0 != " " && $0 != "\t" } }.filter {
      $0.lowercased().hasPrefix("mcp-param-")
    }
  }
}
