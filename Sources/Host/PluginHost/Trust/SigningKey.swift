internal import CLibcrypto
internal import Glibc

/// An Ed25519 private key, by which plugins are signed. It exists only in the command that uses it.
struct SigningKey: ~Copyable {
  private let key: OpaquePointer
  let publicKey: SigningPublicKey

  deinit { EVP_PKEY_free(key) }

  private init?(taking key: OpaquePointer) {
    guard let publicKey = SigningPublicKey.raw(key).flatMap({ SigningPublicKey(bytes: $0) }) else {
      EVP_PKEY_free(key)
      return nil
    }
    self.key = key
    self.publicKey = publicKey
  }

  static func generate() throws(GatewayError) -> SigningKey {
    var seed = [UInt8](repeating: 0, count: 32)
    defer {
      OPENSSL_cleanse(&seed, seed.count)
      ERR_clear_error()
    }
    guard RAND_priv_bytes(&seed, Int32(seed.count)) == 1, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count),
      let made = SigningKey(taking: key)
    else { throw GatewayError(.operationFailed, "A key cannot be made: libcrypto gives no random bytes.") }
    return made
  }

  /// A private key in PEM (PKCS #8), without a passphrase.
  /// - Parameter origin: for the message.
  static func read(pem: [UInt8], from origin: String) throws(GatewayError) -> SigningKey {
    guard let input = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else {
      throw GatewayError(.operationFailed, "The key cannot be read: libcrypto has no memory.")
    }
    defer {
      BIO_free(input)
      ERR_clear_error()
    }
    // Without this function libcrypto would ask for a passphrase on the terminal.
    guard let key = PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil) else { throw unreadable(pem, origin) }
    guard let read = SigningKey(taking: key) else {
      throw GatewayError(
        .toolInvalidArguments, "\(origin) has a private key of another kind than Ed25519.",
        suggestions: ["Make one with `plugin generate-key`, or with `openssl genpkey -algorithm ed25519`."])
    }
    return read
  }

  private static func unreadable(_ pem: [UInt8], _ origin: String) -> GatewayError {
    let text = String(decoding: pem, as: UTF8.self)
    if text.contains("ENCRYPTED") {
      return GatewayError(
        .toolInvalidArguments, "The private key in \(origin) has a passphrase, which is not asked for.",
        suggestions: ["Hand it over in clear: `openssl pkey -in \(origin) | secure-mcp-gateway plugin sign … --key -`."])
    }
    if text.contains("PUBLIC KEY") {
      return GatewayError(.toolInvalidArguments, "\(origin) is a public key; signing takes the private one.")
    }
    return GatewayError(
      .toolInvalidArguments, "\(origin) is no private key in PEM.",
      suggestions: ["Make one with `plugin generate-key`, or with `openssl genpkey -algorithm ed25519`."])
  }

  func sign(_ message: [UInt8]) throws(GatewayError) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: SigningPublicKey.signatureByteCount)
    var count = signature.count
    defer { ERR_clear_error() }
    guard let context = EVP_MD_CTX_new() else { throw Self.failed }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
    else { throw Self.failed }
    return signature
  }

  /// PKCS #8 in PEM, in clear.
  func pem() throws(GatewayError) -> [UInt8] {
    guard let output = BIO_new(BIO_s_mem()) else { throw Self.failed }
    defer {
      BIO_free(output)
      ERR_clear_error()
    }
    var bytes = [UInt8](repeating: 0, count: 4096)
    guard PEM_write_bio_PrivateKey(output, key, nil, nil, 0, nil, nil) == 1 else { throw Self.failed }
    let count = BIO_read(output, &bytes, Int32(bytes.count))
    guard count > 0, count < bytes.count else { throw Self.failed }
    return Array(bytes[..<Int(count)])
  }

  private static var failed: GatewayError { GatewayError(.operationFailed, "libcrypto cannot use the key.") }
}
