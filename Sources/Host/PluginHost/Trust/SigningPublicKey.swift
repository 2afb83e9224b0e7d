internal import CLibcrypto
internal import FoundationEssentials

/// An Ed25519 public key (RFC 8032).
package struct SigningPublicKey: Sendable, Hashable {
  package static let byteCount = 32
  static let signatureByteCount = 64

  package let bytes: [UInt8]

  /// Nil for what is no key, or one by which anybody could sign.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, !SmallOrder.contains(bytes) else { return nil }
    self.bytes = bytes
  }

  /// 32 bytes in base64, as the configuration has it.
  package init?(base64: String) {
    guard let data = Data(base64Encoded: base64), data.base64EncodedString() == base64 else { return nil }
    self.init(bytes: Array(data))
  }

  /// A PEM file as `openssl pkey -pubout` writes it.
  package init?(pem: [UInt8]) {
    guard let input = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { return nil }
    defer {
      BIO_free(input)
      ERR_clear_error()
    }
    guard let key = PEM_read_bio_PUBKEY(input, nil, nil, nil) else { return nil }
    defer { EVP_PKEY_free(key) }
    guard let bytes = Self.raw(key) else { return nil }
    self.init(bytes: bytes)
  }

  package var base64: String { Data(bytes).base64EncodedString() }

  /// By which signatures and messages name it: the first 16 hexadecimal digits of its SHA-256.
  package var fingerprint: String {
    bytes.withUnsafeBytes { String(SealedImage.sha256($0).prefix(16)) }
  }

  func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == Self.signatureByteCount,
      let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
    else { return false }
    defer {
      EVP_PKEY_free(key)
      ERR_clear_error()
    }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  /// The public part of a key of libcrypto's; nil when it is none of Ed25519.
  static func raw(_ key: OpaquePointer) -> [UInt8]? {
    guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else { return nil }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var count = bytes.count
    return EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 && count == byteCount ? bytes : nil
  }
}

/// The points of small order of edwards25519 in every encoding: signatures by them can be made without any private key. A key of zeros, which stands where
/// somebody meant to fill one in, is among them.
private enum SmallOrder {
  /// Without the sign bit, which may be either.
  private static let encodings: [[UInt8]] = [
    // y = 0 (order 4), y = 1 (order 1), and the same plus p = 2^255 - 19.
    [0] + zeros(31), [1] + zeros(31), [0xed] + ones, [0xee] + ones,
    // y = -1 (order 2).
    [0xec] + ones,
    // The four points of order 8.
    [
      0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
      0x33,
      0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
      0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
      0xcc,
      0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
  ]
  private static let ones = [UInt8](repeating: 0xff, count: 30) + [0x7f]

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  static func contains(_ key: [UInt8]) -> Bool {
    var key = key
    key[31] &= 0x7f
    return encodings.contains(key)
  }
}
