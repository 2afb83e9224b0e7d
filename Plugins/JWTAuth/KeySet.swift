internal import JSON

/// The public keys of an identity provider: a JWK Set (RFC 7517) read and checked.
struct KeySet: Sendable {
  static let maxBytes = 256 << 10
  static let maxKeys = 128
  /// Keys that a token which names none is tried with.
  static let maxCandidates = 8

  struct Entry: Sendable {
    /// "kid".
    var id: String?
    /// "alg": the only one that it is for; nil = every one of its kind.
    var algorithm: Algorithm?
    var key: PublicKey
  }

  let entries: [Entry]
  /// Keys that nothing is verified with: of other kinds and uses, too short, malformed.
  let skipped: Int

  init(_ bytes: [UInt8]) throws(KeySetError) {
    guard bytes.count <= Self.maxBytes else { throw KeySetError("it has more than \(Self.maxBytes) bytes") }
    let document: RawJSON
    do throws(JSONError) {
      document = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Self.maxBytes, maxDepth: 16))
    } catch {
      throw KeySetError("it is not JSON: \(error)")
    }
    guard let keys = document["keys"], keys.kind == .array else {
      throw KeySetError("it is not a JWK Set: an object with the member keys is expected")
    }
    guard keys.elements.reduce(0, { count, _ in count + 1 }) <= Self.maxKeys else {
      throw KeySetError("it has more than \(Self.maxKeys) keys")
    }
    var entries: [Entry] = []
    var skipped = 0
    for key in keys.elements {
      if let entry = Self.entry(key) { entries.append(entry) } else { skipped += 1 }
    }
    guard !entries.isEmpty else {
      throw KeySetError(
        "it has no key to verify with (\(skipped) of other kinds or uses): RSA of 2048 to 8192 bits, P-256, P-384 or Ed25519 is expected")
    }
    self.entries = entries
    self.skipped = skipped
  }

  /// Keys that a token with this header may have been signed with.
  func candidates(id: String?, _ algorithm: Algorithm) -> [PublicKey] {
    let fitting = entries.lazy.filter { entry in
      (id == nil || entry.id == id) && entry.key.kind == algorithm.keyKind && (entry.algorithm ?? algorithm) == algorithm
    }
    return fitting.prefix(Self.maxCandidates).map(\.key)
  }

  /// Nil for a key that is not one to verify with: RFC 7517 section 5 says to ignore what is not understood.
  private static func entry(_ key: RawJSON) -> Entry? {
    guard isForSignatures(key), let publicKey = publicKey(key) else { return nil }
    guard let name = key["alg"] else { return Entry(id: key["kid"]?.stringValue, algorithm: nil, key: publicKey) }
    guard let algorithm = name.stringValue.flatMap(Algorithm.init(rawValue:)), algorithm.keyKind == publicKey.kind else { return nil }
    return Entry(id: key["kid"]?.stringValue, algorithm: algorithm, key: publicKey)
  }

  private static func isForSignatures(_ key: RawJSON) -> Bool {
    if let use = key["use"], use.stringValue != "sig" { return false }
    guard let operations = key["key_ops"] else { return true }
    return operations.elements.contains { $0.stringValue == "verify" }
  }

  private static func publicKey(_ key: RawJSON) -> PublicKey? {
    switch (key["kty"]?.stringValue, key["crv"]?.stringValue) {
    case ("RSA", _): rsa(key)
    case ("EC", "P-256"): ec(key, .p256, count: 32)
    case ("EC", "P-384"): ec(key, .p384, count: 48)
    case ("OKP", "Ed25519"): ed25519(key)
    default: nil
    }
  }

  private static func rsa(_ key: RawJSON) -> PublicKey? {
    guard let modulus = bytes(key, "n"), let exponent = bytes(key, "e") else { return nil }
    let significant = modulus.drop { $0 == 0 }
    // 2048 bits: the highest bit of 256 bytes is set.
    guard (256...1024).contains(significant.count), significant.count > 256 || (significant.first ?? 0) >= 0x80 else { return nil }
    let power = exponent.drop { $0 == 0 }
    guard (1...4).contains(power.count), let last = power.last, last % 2 == 1, power.count > 1 || last >= 3 else { return nil }
    return PublicKey(.rsa, subjectPublicKeyInfo: SubjectPublicKeyInfo.rsa(modulus: modulus, exponent: exponent))
  }

  private static func ec(_ key: RawJSON, _ kind: Algorithm.KeyKind, count: Int) -> PublicKey? {
    guard let x = bytes(key, "x"), let y = bytes(key, "y"), x.count == count, y.count == count else { return nil }
    return PublicKey(kind, subjectPublicKeyInfo: SubjectPublicKeyInfo.ec(p256: kind == .p256, x: x, y: y))
  }

  private static func ed25519(_ key: RawJSON) -> PublicKey? {
    guard let x = bytes(key, "x"), x.count == 32 else { return nil }
    return PublicKey(.ed25519, subjectPublicKeyInfo: SubjectPublicKeyInfo.ed25519(x))
  }

  private static func bytes(_ key: RawJSON, _ name: String) -> [UInt8]? { key[name]?.decodedUTF8.flatMap { Base64URL.decode($0) } }
}

/// Why a text is no set of keys. Names what is wrong, never a key.
struct KeySetError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
