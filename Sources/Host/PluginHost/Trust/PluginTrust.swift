/// Which libraries may be loaded at all: `plugins.trust`, with the lists that go with it.
package struct PluginTrust: Sendable, Hashable {
  package enum Mode: String, Sendable, Hashable, CaseIterable {
    /// Every file that passes the other checks; gives one warning at start.
    case any
    /// Files whose SHA-256 is listed.
    case allowlist
    /// Files with a signature by a trusted key, files that are listed, and those built with the gateway.
    case signed
  }

  package var mode: Mode
  /// SHA-256 of files, lower-case hex.
  package var allowlist: Set<String>
  package var keys: [TrustedKey]

  package init(_ mode: Mode, allowlist: Set<String> = [], keys: [TrustedKey] = []) {
    self.mode = mode
    self.allowlist = allowlist
    self.keys = keys
  }

  package static let any = PluginTrust(.any)

  package static func allowlist(_ hashes: Set<String>) -> PluginTrust { PluginTrust(.allowlist, allowlist: hashes) }
}

/// A key of `plugins.trusted_keys`, and whose it is.
package struct TrustedKey: Sendable, Hashable {
  /// The operator's name for the signer.
  package var name: String
  package var key: SigningPublicKey
  /// It is known and not trusted any more.
  package var isRevoked: Bool

  package init(name: String, key: SigningPublicKey, isRevoked: Bool = false) {
    self.name = name
    self.key = key
    self.isRevoked = isRevoked
  }
}
