internal import PluginSDK

/// Where a service is: the part of its URLs before the paths.
package struct ServiceAddress: Sendable, Hashable {
  /// Without a slash at the end.
  package let base: String

  /// - Parameters:
  ///   - text: e.g. "https://api.example.com/v1".
  ///   - member: the configuration's name of it, for errors.
  ///   - allowsPlainHTTP: the key may travel unencrypted, also to other machines.
  ///   - risk: what http:// to another machine does.
  package init(
    _ text: String, member: String, allowsPlainHTTP: Bool, risk: String = "would send the key unencrypted to another machine"
  ) throws {
    func wrong(_ reason: String) -> PluginError { .invalid("\(member): \(reason)") }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw wrong("a URL has neither blanks nor characters beyond ASCII") }
    let isEncrypted = text.hasPrefix("https://")
    guard isEncrypted || text.hasPrefix("http://") else { throw wrong("a URL is expected that begins with https:// or http://") }
    let rest = text.dropFirst(isEncrypted ? 8 : 7)
    guard !rest.contains(where: { "?#@\\\"<>".contains($0) }) else { throw wrong("a URL without user, query and fragment is expected") }
    let authority = rest.prefix { $0 != "/" }
    guard !authority.isEmpty, authority.first != ":" else { throw wrong("the URL names no host") }
    guard isEncrypted || allowsPlainHTTP || Self.isThisMachine(authority) else {
      throw wrong("http:// \(risk): use https://, or set insecure_http to true")
    }
    var base = text[...]
    while base.hasSuffix("/") { base = base.dropLast() }
    self.base = String(base)
  }

  private static func isThisMachine(_ authority: Substring) -> Bool {
    if authority.hasPrefix("[::1]") { return authority == "[::1]" || authority.hasPrefix("[::1]:") }
    let host = authority.prefix { $0 != ":" }
    if host == "localhost" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}

/// A service's key, checked before it is ever sent.
package enum ServiceKey {
  /// - Throws: `PluginError.invalid` for what cannot be a key: nothing, an example's placeholder, characters that no header can carry.
  package static func checked(_ text: String?, member: String) throws -> String {
    guard let text else {
      throw PluginError.invalid("\(member): the key of the service is missing; write \"${env:NAME}\" or \"${file:PATH}\"")
    }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw PluginError.invalid("\(member): the key has blanks, line breaks or characters beyond ASCII")
    }
    guard !text.uppercased().hasPrefix("YOUR_") else { throw PluginError.invalid("\(member): this is an example's placeholder, not a key") }
    return text
  }
}
