internal import JSON

/// A JWT in the compact form of JWS (RFC 7519, RFC 7515 section 3.1), taken apart. Nothing of it is believed before its signature was verified.
struct SignedToken: Sendable {
  /// Larger ones would hardly pass as a header.
  static let maxBytes = 16 << 10
  static let maxKeyIDBytes = 256

  let algorithm: Algorithm
  /// "kid": which key signed it.
  let keyID: String?
  /// What the signature is of: the first two parts and the dot between them.
  let signed: ArraySlice<UInt8>
  let signature: [UInt8]
  /// The claims' bytes, not read yet.
  let payload: [UInt8]

  /// Why a text is no token that could be verified.
  enum Flaw: Error {
    case malformed
    /// "none", an HMAC, or one that is not known.
    case algorithm
    /// A "crit" that this plugin does not implement, or another type of token.
    case kind
  }

  init(_ text: some Sequence<UInt8>) throws(Flaw) {
    let bytes = Array(text)
    guard bytes.count <= Self.maxBytes else { throw .malformed }
    let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw .malformed }
    let fields = try Self.object(header)
    guard let algorithm = fields["alg"]?.stringValue.flatMap(Algorithm.init(rawValue:)) else { throw .algorithm }
    guard fields["crit"] == nil, Self.isToken(fields["typ"]) else { throw .kind }
    if let id = fields["kid"] {
      guard let text = id.stringValue, text.utf8.count <= Self.maxKeyIDBytes else { throw .malformed }
      keyID = text
    } else {
      keyID = nil
    }
    self.algorithm = algorithm
    self.payload = payload
    self.signature = signature
    signed = bytes[..<parts[1].endIndex]
  }

  /// "JWT", "at+jwt" (RFC 9068), with or without "application/", or no type at all. An id token, say, that has a type of its own is none.
  private static func isToken(_ type: RawJSON?) -> Bool {
    guard let type else { return true }
    guard let name = type.stringValue?.lowercased() else { return false }
    return ["jwt", "at+jwt"].contains(name.hasPrefix("application/") ? String(name.dropFirst(12)) : name)
  }

  /// The claims, once the signature is verified.
  func claims() throws(Flaw) -> RawJSON { try Self.object(payload) }

  private static func object(_ bytes: [UInt8]) throws(Flaw) -> RawJSON {
    let value: RawJSON
    do throws(JSONError) {
      value = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: maxBytes, maxDepth: 16))
    } catch {
      throw .malformed
    }
    guard value.kind == .object else { throw .malformed }
    return value
  }
}
