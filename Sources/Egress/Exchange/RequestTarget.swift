internal import CCurl

/// Where a request goes, read from its URL.
package struct RequestTarget: Sendable, Hashable {
  /// The URL as libcurl writes it, without fragment: numbers that mean an IPv4 address are dotted, the path has no dot segments.
  package let url: String
  package let isTLS: Bool
  /// Lower case, without brackets and final dot.
  package let host: String
  package let port: Int
  /// If the host is an address.
  package let address: IPAddress?

  package init(_ text: String) throws(EgressError) {
    guard let parts = URLParts.read(text) else { throw .badRequest("the URL is not an absolute http or https URL in percent-encoded form") }
    try self.init(parts)
  }

  /// The target of a `Location` header, which may be relative (RFC 9110 section 10.2.2).
  package func redirected(to location: String) throws(EgressError) -> RequestTarget {
    guard let parts = URLParts.read(location, relativeTo: url) else { throw .redirected(reason: "the Location header is not a URL") }
    return try RequestTarget(parts)
  }

  private init(_ parts: borrowing URLParts) throws(EgressError) {
    guard let scheme = parts.part(CURLUPART_SCHEME), ["http", "https"].contains(scheme) else {
      throw .badRequest("the URL's scheme is neither http nor https")
    }
    guard parts.part(CURLUPART_USER) == nil, parts.part(CURLUPART_PASSWORD) == nil else {
      throw .badRequest("the URL holds a user name or password; send credentials in a header")
    }
    guard let host = parts.part(CURLUPART_HOST), let port = parts.part(CURLUPART_PORT, flags: CURLU_DEFAULT_PORT).flatMap({ Int($0) }),
      (1...65535).contains(port), let url = parts.part(CURLUPART_URL)
    else { throw .badRequest("the URL has no usable host and port") }
    let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    address = IPAddress(bare)
    guard let name = address?.description ?? HostName.normalize(bare) else {
      throw .badRequest("the URL's host is not a host name or an address")
    }
    self.host = name
    self.port = port
    self.url = String(url.prefix { $0 != "#" })
    isTLS = scheme == "https"
  }

  package var origin: String { "\(isTLS ? "https" : "http")://\(address?.family == .ipv6 ? "[\(host)]" : host):\(port)" }

  package var isLoopback: Bool { host == "localhost" || host.hasSuffix(".localhost") || address?.addressClass == .loopback }

  package func hasSameOrigin(as other: RequestTarget) -> Bool { isTLS == other.isTLS && host == other.host && port == other.port }
}
