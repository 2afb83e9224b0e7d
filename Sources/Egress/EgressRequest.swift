package import NIOCore

/// One HTTP request that leaves the gateway.
package struct EgressRequest: Sendable {
  package enum HTTPVersion: Sendable, Hashable {
    /// HTTP/2 over TLS where the server offers it, else HTTP/1.1. HTTP/1.1 with a libcurl before 8.0, whose HTTP/2 can lose the end of a body.
    case automatic
    /// For long streams with slow readers: on an HTTP/2 connection a reader that is behind holds up the connection's other streams.
    case http1
    /// HTTP/2, over plain HTTP with prior knowledge, as gRPC needs it. With a libcurl before 8.0 each request has a connection of its own.
    case http2
  }

  package enum Redirects: Sendable, Hashable {
    /// A redirect is an answer like any other.
    case none
    /// Follows at most so many redirects that keep scheme, host and port. Method and body are kept, except that 303 becomes a GET.
    case sameOrigin(maximum: Int)
  }

  package var method = "GET"
  /// Absolute, http or https, without user name and password.
  package var url: String
  /// In order. `Host`, `Content-Length` and what belongs to the connection are written by the client.
  package var headers: [(name: String, value: String)] = []
  package var body: [UInt8]?

  /// When everything must be over, body included. Nil needs an `idleTimeout`.
  package var deadline: NIODeadline?
  /// From the start until there is a connection, waiting for a free one included.
  package var connectTimeout: TimeAmount = .seconds(10)
  /// The longest silence of the server, from the start on. A reader that is behind stops this clock.
  package var idleTimeout: TimeAmount?
  package var maxResponseBytes = 16 << 20
  package var maxHeaderBytes = 64 << 10

  package var rules = EgressRules()
  /// A key of `rules.tlsProfiles`; nil for `TLSProfile.system`.
  package var tlsProfile: String?
  package var httpVersion = HTTPVersion.automatic
  package var redirects = Redirects.none
  /// Whether the request may be sent again when a pooled connection dies before the answer's first byte. Nil: if its method is idempotent
  /// (RFC 9110 section 9.2.2).
  package var mayBeResent: Bool?

  package init(url: String, deadline: NIODeadline?) {
    self.url = url
    self.deadline = deadline
  }
}

extension EgressRequest {
  /// Whether `text` can be the name of a header (RFC 9110 section 5.6.2).
  package static func isHeaderName(_ text: String) -> Bool { HeaderLine.isToken(text) }
}
