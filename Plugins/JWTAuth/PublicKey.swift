internal import CLibcrypto

/// A public key of the identity provider, ready to verify with.
final class PublicKey: @unchecked Sendable {
  // Never changed after it was made; libcrypto verifies with one key on several threads.
  private let key: OpaquePointer
  let kind: Algorithm.KeyKind

  /// Nil when libcrypto does not take it: a point that is not on its curve, say.
  init?(_ kind: Algorithm.KeyKind, subjectPublicKeyInfo bytes: [UInt8]) {
    let key = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var position = buffer.baseAddress
      return d2i_PUBKEY(nil, &position, buffer.count)
    }
    guard let key else {
      ERR_clear_error()
      return nil
    }
    self.key = key
    self.kind = kind
    // Of an RSA key nothing can be told that would be worth the time.
    guard kind == .rsa || Self.isValid(key) else { return nil }
  }

  deinit { EVP_PKEY_free(key) }

  private static func isValid(_ key: OpaquePointer) -> Bool {
    guard let context = EVP_PKEY_CTX_new(key, nil) else { return false }
    defer {
      EVP_PKEY_CTX_free(context)
      ERR_clear_error()
    }
    return EVP_PKEY_public_check(context) == 1
  }

  /// Whether `signature`, as a JWS carries it, is this key's for `message`.
  func verifies(_ signature: [UInt8], of message: some Collection<UInt8>, by algorithm: Algorithm) -> Bool {
    guard algorithm.keyKind == kind, let signature = Self.encoded(signature, algorithm) else { return false }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer {
      EVP_MD_CTX_free(context)
      // What went wrong stays in a list of the thread, which others read.
      ERR_clear_error()
    }
    var keyContext: OpaquePointer?
    guard EVP_DigestVerifyInit(context, &keyContext, Self.digest(algorithm), nil, key) == 1 else { return false }
    if algorithm == .ps256 {
      guard EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1 else { return false }
      // As long as the digest (RFC 7518 section 3.5).
      guard EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1 else { return false }
    }
    let message = Array(message)
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  private static func digest(_ algorithm: Algorithm) -> OpaquePointer? {
    switch algorithm {
    case .rs256, .ps256, .es256: EVP_sha256()
    case .rs384, .es384: EVP_sha384()
    case .rs512: EVP_sha512()
    case .edDSA: nil
    }
  }

  /// The form that libcrypto takes. Of elliptic curves a JWS has the two numbers side by side (RFC 7518 section 3.4).
  private static func encoded(_ signature: [UInt8], _ algorithm: Algorithm) -> [UInt8]? {
    let half: Int
    switch algorithm.keyKind {
    case .p256: half = 32
    case .p384: half = 48
    case .rsa, .ed25519: return signature
    }
    guard signature.count == 2 * half else { return nil }
    return DER.sequence(DER.integer(signature[..<half]), DER.integer(signature[half...]))
  }
}
