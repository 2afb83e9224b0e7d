/// Why a library may be loaded.
package enum TrustGround: Sendable, Hashable {
  /// It is one of those built and installed with the gateway.
  case builtIn
  /// A trusted key signed these bytes.
  case signature(TrustedKey)
  /// Its SHA-256 is listed.
  case allowlist
  /// Every library may be.
  case any

  package var name: String {
    switch self {
    case .builtIn: "built_in"
    case .signature: "signature"
    case .allowlist: "allowlist"
    case .any: "any"
    }
  }

  /// The operator's name for whoever signed it, and the fingerprint of the key.
  package var signer: (name: String, fingerprint: String)? {
    guard case .signature(let key) = self else { return nil }
    return (key.name, key.key.fingerprint)
  }
}
