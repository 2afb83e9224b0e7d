package import NIOHTTP1

/// Which browser origins and which Host names may talk to the gateway: the defence against DNS rebinding and foreign pages (MCP transports, security warning).
package struct OriginPolicy: Sendable {
  private let hosts: Set<String>
  private let origins: Set<String>
  private let isAnyHost: Bool

  /// - Parameters:
  ///   - allowedHosts: names beside the loopback ones; a port is not looked at; `*` allows every name.
  ///   - allowedOrigins: whole origins such as `https://app.example.com`.
  package init(allowedHosts: [String], allowedOrigins: [String]) {
    hosts = Set(allowedHosts.map { Self.withoutPort($0[...]) } + ["localhost", "127.0.0.1", "[::1]", "::1"])
    origins = Set(allowedOrigins.map { $0.lowercased() })
    isAnyHost = allowedHosts.contains("*")
  }

  /// The refusal, or nil when the request may pass. A request without `Origin` comes from no browser page and passes.
  package func refusal(of headers: HTTPHeaders) -> HTTPAnswer? {
    let hostHeaders = headers["host"]
    guard hostHeaders.count == 1, let host = hostHeaders.first.map({ Self.withoutPort($0[...]) }), isAnyHost || hosts.contains(host) else {
      return .refusal(.misdirectedRequest, "The Host header names a host that this gateway does not serve (gateway.allowed_hosts).")
    }
    guard headers.contains(name: "origin"), allowedOrigin(in: headers) == nil else { return nil }
    return .refusal(.forbidden, "The Origin header names an origin that is not allowed (gateway.allowed_origins).")
  }

  /// The one origin that the request names, as it was sent, if it is allowed.
  package func allowedOrigin(in headers: HTTPHeaders) -> String? {
    let values = headers["origin"]
    guard values.count == 1, let value = values.first else { return nil }
    let origin = value.lowercased()
    return origins.contains(origin) || isLoopback(origin) ? value : nil
  }

  /// Pages that the user's own machine serves are as trusted as its other programs.
  private func isLoopback(_ origin: String) -> Bool {
    guard let scheme = ["http://", "https://"].first(where: origin.hasPrefix) else { return false }
    return ["localhost", "127.0.0.1", "[::1]"].contains(Self.withoutPort(origin.dropFirst(scheme.count)))
  }

  static func withoutPort(_ host: Substring) -> String {
    let bytes = host.utf8
    let isLiteral = bytes.first == UInt8(ascii: "[")
    // An address of IPv6 without its brackets has no port.
    if !isLiteral, bytes.count(where: { $0 == UInt8(ascii: ":") }) > 1 { return host.lowercased() }
    let mark = bytes.firstIndex(of: isLiteral ? UInt8(ascii: "]") : UInt8(ascii: ":"))
    let end = mark.map { isLiteral ? bytes.index(after: $0) : $0 } ?? bytes.endIndex
    return host[..<end].lowercased()
  }
}
