package import NIOCore

/// `gateway`: where the gateway listens and what it bounds.
package struct ListenerSettings: Sendable, Hashable {
  /// `host`: the address to bind. One that is not loopback needs `tls`, or `allow_plaintext`.
  package var host = "127.0.0.1"
  /// `port`: 0 lets the system choose.
  package var port = 8000
  /// `path`: where MCP is served; the same path with a slash at the end is served too.
  package var path = "/mcp"
  /// `allowed_hosts`: names accepted in the `Host` header beside the bound address and, on loopback, its usual names. `host` or `host:port`.
  package var allowedHosts: [String] = []
  /// `allowed_origins`: values accepted in the `Origin` header (`scheme://host[:port]`); a request without `Origin` is not from a browser and passes.
  package var allowedOrigins: [String] = []
  /// `allow_plaintext`: serve plain HTTP on an address that is not loopback, for instance behind a proxy that ends TLS.
  package var allowsPlaintext = false
  /// `tls`: serve HTTPS; nil: plain HTTP.
  package var tls: TLSSettings?
  /// `legacy_sse`: serve HTTP+SSE, the transport of 2024-11-05, too.
  package var hasLegacyEvents = false
  /// `event_loops`: threads that serve requests.
  package var eventLoops = 1
  /// `max_body_bytes`: a larger request is refused with 413.
  package var maxBodyBytes = Limits.Transport.maxBodyBytes
  /// `max_connections`: open connections; further ones are closed at once.
  package var maxConnections = Limits.Transport.maxConnections
  /// `max_sessions`: conversations at a time; one more ends the longest idle.
  package var maxSessions = Limits.Session.maxSessions
  /// `session_idle_timeout`, seconds: a conversation without a request for so long ends.
  package var sessionIdleTimeout: TimeAmount = Limits.Session.idleExpiry
  /// `input_timeout`, seconds: how long a client of 2026-07-28 may take to come back with what a server asked for.
  package var inputTimeout: TimeAmount = Limits.Bridge.inputTimeout
  /// `shutdown_timeout`, seconds: how long calls in flight may finish after a stop signal.
  package var shutdownTimeout: TimeAmount = .seconds(10)

  package init() {}

  /// `https` or `http`.
  package var scheme: String { tls == nil ? "http" : "https" }

  /// Whether `host` can only be reached from this machine.
  package var isLoopback: Bool { Self.isLoopback(host) }

  /// The loopback network of either family. `localhost` is trusted to be one, as RFC 6761 asks; other names are not resolved here.
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// `gateway.tls`: what the listener shows its clients, and asks of them. Paths are absolute; the files are read again when they change.
package struct TLSSettings: Sendable, Hashable {
  /// `certificate`: PEM file, the listener's own certificate first and then those that lead to its authority.
  package var certificate: String
  /// `key`: PEM file of its private key.
  package var key: String
  /// `client_ca`: PEM file of the authorities whose client certificates are accepted; nil: clients need none.
  package var clientAuthorities: String?
}
