internal import NIOCore

/// A request that has been checked: nothing in it can be read by libcurl or the server as something else than was meant.
struct PreparedRequest: Sendable {
  var target: RequestTarget
  private(set) var method: String
  private(set) var body: [UInt8]?
  /// `name: value` as libcurl takes them.
  private(set) var headerLines: [String]
  let tls: TLSProfile
  let addresses: AddressPolicy
  let mayBeResent: Bool
  let source: EgressRequest

  init(_ request: EgressRequest, settings: EgressSettings) throws(EgressError) {
    target = try RequestTarget(request.url)
    guard request.deadline != nil || request.idleTimeout != nil else { throw .badRequest("it has neither a deadline nor an idle timeout") }
    guard HeaderLine.isToken(request.method), !["CONNECT", "TRACE"].contains(request.method.uppercased()) else {
      throw .badRequest("its method is not one that may be sent")
    }
    guard request.method != "HEAD" || request.body == nil else { throw .badRequest("a HEAD request has no body") }
    method = request.method
    body = request.body
    headerLines = try HeaderLine.lines(request.headers, bodyBytes: request.body?.count ?? 0, limitBytes: settings.maxRequestHeaderBytes)
    tls = try Self.profile(request)
    addresses = request.rules.addresses
    mayBeResent = request.mayBeResent ?? ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].contains(request.method)
    source = request
  }

  private static func profile(_ request: EgressRequest) throws(EgressError) -> TLSProfile {
    guard let name = request.tlsProfile else { return .system }
    guard let profile = request.rules.tlsProfiles[name] else { throw .badRequest("there is no TLS profile \"\(name)\"") }
    return profile
  }

  /// What the address policy says where the URL itself names the address; such a request is refused even if a proxy would take it.
  func checkLiteralAddress() throws(EgressError) {
    guard let address = target.address else { return }
    if let refused = addresses.refusedClass(of: address, port: target.port, host: target.host) {
      throw .refusedAddress(host: target.host, port: target.port, address: address.description, addressClass: refused)
    }
  }

  /// 303 See Other: the other resource is fetched (RFC 9110 section 15.4.4).
  mutating func becomeGet() {
    if method != "HEAD" { method = "GET" }
    body = nil
    headerLines.removeAll { $0.lowercased().hasPrefix("content-") }
  }
}
