/// The little of DER (X.690) that public keys and signatures are written in.
enum DER {
  static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, Array(parts.joined())) }

  /// - Parameter magnitude: big-endian, of a number that is not negative; zeros in front do not count.
  static func integer(_ magnitude: some Collection<UInt8>) -> [UInt8] {
    let digits = Array(magnitude.drop { $0 == 0 })
    guard let first = digits.first else { return element(0x02, [0]) }
    return element(0x02, first >= 0x80 ? [0] + digits : digits)
  }

  static func bitString(_ bytes: [UInt8]) -> [UInt8] { element(0x03, [0] + bytes) }

  private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag] + length(content.count) + content }

  private static func length(_ count: Int) -> [UInt8] {
    guard count >= 0x80 else { return [UInt8(count)] }
    var bytes: [UInt8] = []
    var rest = count
    while rest > 0 {
      bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
      rest >>= 8
    }
    return [0x80 | UInt8(bytes.count)] + bytes
  }
}

/// AlgorithmIdentifier and the wrapping of public keys (RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480, RFC 8410).
enum SubjectPublicKeyInfo {
  private static let rsaEncryption: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
  private static let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
  private static let p256: [UInt8] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
  private static let p384: [UInt8] = [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]
  private static let ed25519: [UInt8] = [0x06, 0x03, 0x2B, 0x65, 0x70]

  static func rsa(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
    let key = DER.sequence(DER.integer(modulus), DER.integer(exponent))
    return DER.sequence(DER.sequence(rsaEncryption), DER.bitString(key))
  }

  static func ec(p256 isP256: Bool, x: [UInt8], y: [UInt8]) -> [UInt8] {
    DER.sequence(DER.sequence(ecPublicKey, isP256 ? p256 : p384), DER.bitString([4] + x + y))
  }

  static func ed25519(_ key: [UInt8]) -> [UInt8] { DER.sequence(DER.sequence(ed25519), DER.bitString(key)) }
}
