/// The operator's proxy, from the environment variables that curl and others read: `http_proxy` (lower case only: a CGI's `HTTP_PROXY` comes from a
/// request header), `https_proxy`, `all_proxy` and `no_proxy` in lower or upper case.
///
/// With a proxy, the address policy cannot see what the target's name resolves to, since the proxy resolves it; it judges targets that are IP
/// addresses. `localhost` and loopback addresses never go through a proxy.
package struct ProxySettings: Sendable, Hashable {
  package static let none = ProxySettings(http: nil, https: nil, direct: [])

  /// URLs, perhaps with credentials.
  private let http: String?
  private let https: String?
  private let direct: [DirectRule]

  private init(http: String?, https: String?, direct: [DirectRule]) {
    self.http = http
    self.https = https
    self.direct = direct
  }

  /// - Throws: `badRequest` naming the variable whose value is not a proxy's URL.
  package init(environment: [String: String]) throws(EgressError) {
    func read(_ names: [String]) throws(EgressError) -> String? {
      guard let name = names.first(where: { environment[$0]?.isEmpty == false }), let value = environment[name] else { return nil }
      guard let url = ProxyURL.normalize(value) else {
        throw .badRequest("the environment variable \(name) is not the URL of an http, https or socks5 proxy")
      }
      return url
    }
    let all = try read(["all_proxy", "ALL_PROXY"])
    let exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    self.init(
      http: try read(["http_proxy"]) ?? all, https: try read(["https_proxy", "HTTPS_PROXY"]) ?? all,
      direct: exceptions.split { $0 == "," || $0 == " " }.compactMap { DirectRule(String($0)) })
  }

  /// The URL of the proxy for `target`; nil to connect directly.
  func proxy(for target: RequestTarget) -> String? {
    guard let proxy = target.isTLS ? https : http, !target.isLoopback, !direct.contains(where: { $0.covers(target) }) else { return nil }
    return proxy
  }
}

/// One item of `no_proxy`: `*`, a host with its subdomains (`example.com`, `.example.com`), an address or a network; a port after a host limits it.
private enum DirectRule: Sendable, Hashable {
  case everything
  case domain(String, port: Int?)
  case address(IPAddress)
  case block(AddressBlock)

  init?(_ text: String) {
    if text == "*" {
      self = .everything
    } else if let block = AddressBlock(text) {
      self = .block(block)
    } else if let address = IPAddress(text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text) {
      self = .address(address)
    } else {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard let name = parts.first, let domain = HostName.normalize(String(name.drop { $0 == "." })) else { return nil }
      self = .domain(domain, port: parts.count > 1 ? Int(parts[1]) ?? -1 : nil)
    }
  }

  func covers(_ target: RequestTarget) -> Bool {
    switch self {
    case .everything: true
    case .domain(let domain, let port):
      (target.host == domain || target.host.hasSuffix("." + domain)) && (port ?? target.port) == target.port
    case .address(let address): target.address == address
    case .block(let block): target.address.map(block.contains) ?? false
    }
  }
}
