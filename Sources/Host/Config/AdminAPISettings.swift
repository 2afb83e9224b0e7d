/// `admin_api`: where administrators find the REST API, and what it bounds.
package struct AdminAPISettings: Sendable, Hashable {
  /// `enabled`: `serve` serves it too; `system start-api` serves it in any case.
  package var isEnabled = false
  /// `host`: the address to bind. One that is not loopback needs `tls`, or `allow_plaintext`.
  package var host = "127.0.0.1"
  /// `port`: 0 lets the system choose.
  package var port = 8001
  /// `allowed_hosts`: names accepted in the `Host` header beside the bound address and the loopback names.
  package var allowedHosts: [String] = []
  /// `allowed_origins`: origins whose pages may use the API from a browser. No other may, pages of this machine included; the API's own page needs none.
  package var allowedOrigins: [String] = []
  /// `allow_plaintext`: serve plain HTTP on an address that is not loopback, for instance behind a proxy that ends TLS.
  package var allowsPlaintext = false
  /// `tls`: serve HTTPS; nil: plain HTTP.
  package var tls: TLSSettings?
  /// `max_body_bytes`: a larger request is refused with 413.
  package var maxBodyBytes = Limits.REST.maxBodyBytes
  /// `max_connections`: open connections; further ones wait to be accepted.
  package var maxConnections = Limits.REST.maxConnections
  /// `max_failures`: refused credentials of one address within a minute; then the address is locked out for a while.
  package var maxFailures = Limits.REST.maxFailures

  package init() {}

  /// `https` or `http`.
  package var scheme: String { tls == nil ? "http" : "https" }
}
