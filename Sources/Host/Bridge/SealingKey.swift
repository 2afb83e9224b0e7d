internal import CLibcrypto

/// Encrypts short texts so that whoever carries them can neither read nor change them: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each.
/// The nonces of one key stay apart with overwhelming probability for the first 2^32 texts.
package struct SealingKey: Sendable {
  package static let byteCount = 32
  static let nonceBytes = 12
  static let tagBytes = 16

  private let bytes: [UInt8]

  /// A key of this process alone.
  package init() { bytes = RandomID.bytes(Self.byteCount) }

  /// A key that several processes share. Nil unless it has 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Nonce, encrypted text and tag.
  /// - Parameter context: what the text is for; it opens for the same only.
  package func seal(_ text: [UInt8], for context: [UInt8]) -> [UInt8] {
    let nonce = RandomID.bytes(Self.nonceBytes)
    let sealed = Cipher(key: bytes, nonce: nonce, isEncrypting: true).flatMap { cipher -> [UInt8]? in
      guard cipher.authenticate(context), let encrypted = cipher.update(text), cipher.finish(), let tag = cipher.tag() else { return nil }
      return nonce + encrypted + tag
    }
    // Nothing but a lack of memory or a broken libcrypto leads here.
    guard let sealed else { preconditionFailure("libcrypto cannot encrypt with AES-256-GCM") }
    return sealed
  }

  /// The text, if it was sealed with this key for this context and nobody changed it since.
  package func open(_ sealed: [UInt8], for context: [UInt8]) -> [UInt8]? {
    guard sealed.count >= Self.nonceBytes + Self.tagBytes else { return nil }
    let nonce = Array(sealed.prefix(Self.nonceBytes))
    let encrypted = Array(sealed.dropFirst(Self.nonceBytes).dropLast(Self.tagBytes))
    guard let cipher = Cipher(key: bytes, nonce: nonce, isEncrypting: false), cipher.authenticate(context),
      let text = cipher.update(encrypted), cipher.expect(tag: Array(sealed.suffix(Self.tagBytes))), cipher.finish()
    else { return nil }
    return text
  }
}

/// One run of AES-256-GCM in libcrypto.
private final class Cipher {
  private let context: OpaquePointer

  init?(key: [UInt8], nonce: [UInt8], isEncrypting: Bool) {
    guard let context = EVP_CIPHER_CTX_new() else { return nil }
    self.context = context
    guard EVP_CipherInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce, isEncrypting ? 1 : 0) == 1 else { return nil }
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  /// What is not encrypted but has to be the same when it is opened.
  func authenticate(_ context: [UInt8]) -> Bool {
    guard let count = Int32(exactly: context.count) else { return false }
    var written: Int32 = 0
    return EVP_CipherUpdate(self.context, nil, &written, context, count) == 1
  }

  func update(_ text: [UInt8]) -> [UInt8]? {
    guard let count = Int32(exactly: text.count) else { return nil }
    var result = [UInt8](repeating: 0, count: text.count)
    var written: Int32 = 0
    guard EVP_CipherUpdate(context, &result, &written, text, count) == 1, Int(written) == text.count else { return nil }
    return result
  }

  /// When opening: whether the tag fits.
  func finish() -> Bool {
    var rest = [UInt8](repeating: 0, count: 16)
    var written: Int32 = 0
    return EVP_CipherFinal_ex(context, &rest, &written) == 1
  }

  func tag() -> [UInt8]? {
    var tag = [UInt8](repeating: 0, count: SealingKey.tagBytes)
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1 ? tag : nil
  }

  func expect(tag: [UInt8]) -> Bool {
    var tag = tag
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
  }
}
