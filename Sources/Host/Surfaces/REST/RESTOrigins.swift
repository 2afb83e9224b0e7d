internal import RESTServer

/// Which names the API answers to, and which pages may use it: the defence against DNS rebinding and foreign pages. Unlike the MCP endpoint, it trusts no
/// other page of this machine.
struct RESTOrigins: Sendable {
  private let hosts: Set<String>
  private let origins: Set<String>
  private let isAnyHost: Bool

  init(_ settings: AdminAPISettings) {
    hosts = Set(
      (settings.allowedHosts + [
        settings.host, settings.host.contains(":") ? "[\(settings.host)]" : settings.host, "localhost", "127.0.0.1", "[::1]", "::1",
      ]).map { OriginPolicy.withoutPort($0[...]) })
    origins = Set(settings.allowedOrigins.map { $0.lowercased() })
    isAnyHost = settings.allowedHosts.contains("*")
  }

  func check(_ request: RESTRequest) throws(RESTRefusal) {
    let named = request.values(of: "host")
    guard named.count == 1, let host = named.first, isAnyHost || hosts.contains(OriginPolicy.withoutPort(host[...])) else {
      throw RESTRefusal(421, "The Host header names a host that this API does not serve (admin_api.allowed_hosts).")
    }
    guard request.headers.contains(where: { $0.name == "origin" }), allowedOrigin(request) == nil, !isOwnPage(request, host) else { return }
    throw RESTRefusal(403, "The Origin header names an origin that is not allowed (admin_api.allowed_origins).")
  }

  /// The API's own page.
  private func isOwnPage(_ request: RESTRequest, _ host: String) -> Bool {
    let sent = request.values(of: "origin")
    return sent.count == 1 && ["http://", "https://"].contains { sent[0].lowercased() == $0 + host.lowercased() }
  }

  /// The one origin that the request names, as it was sent, if it is listed.
  private func allowedOrigin(_ request: RESTRequest) -> String? {
    let sent = request.values(of: "origin")
    return sent.count == 1 && origins.contains(sent[0].lowercased()) ? sent[0] : nil
  }

  // MARK: Cross-origin answers (Fetch Standard, "CORS protocol")

  /// Nothing unless an origin is listed and asks. Never with credentials: a browser adds none of its own.
  func answerHeaders(for request: RESTRequest) -> [(name: String, value: String)] {
    guard let origin = allowedOrigin(request) else { return [] }
    return [
      ("access-control-allow-origin", origin), ("vary", "Origin"),
      ("access-control-expose-headers", "ETag, Link, X-Total-Count, Retry-After, WWW-Authenticate, Idempotent-Replayed"),
    ]
  }

  /// The answer to a preflight; nil when the request is none.
  func preflight(_ request: RESTRequest) -> RESTAnswer? {
    guard request.method == "OPTIONS", allowedOrigin(request) != nil, request.header("access-control-request-method") != nil else {
      return nil
    }
    return RESTAnswer(
      204,
      headers: [
        ("access-control-allow-methods", "GET, POST, PUT, DELETE"),
        ("access-control-allow-headers", "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key"),
        ("access-control-max-age", "600"),
      ])
  }
}
