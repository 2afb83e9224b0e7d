/// The signature algorithms that are verified (RFC 7518 section 3.1, RFC 8037 section 3.1).
///
/// `none` is not among them, nor is any HMAC: a provider of public keys has no secret to share, and a public key that were taken for one would let anybody
/// sign. Which key an algorithm takes is fixed here and never up to the token.
enum Algorithm: String, CaseIterable, Sendable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case es256 = "ES256"
  case es384 = "ES384"
  case edDSA = "EdDSA"

  enum KeyKind: Sendable, Hashable {
    case rsa, p256, p384, ed25519
  }

  var keyKind: KeyKind {
    switch self {
    case .rs256, .rs384, .rs512, .ps256: .rsa
    case .es256: .p256
    case .es384: .p384
    case .edDSA: .ed25519
    }
  }
}
