internal import FoundationEssentials
package import JSON

/// Detached signatures of one build of a library: what `libX.so.sig` beside `libX.so` holds. Each is by Ed25519, over `smg-plugin-v1`, a zero byte and the
/// 32 bytes of the file's SHA-256. What else stands in the file only explains refusals; nothing is believed of it.
package struct PluginSignature: Sendable, Hashable {
  /// By one key.
  package struct Entry: Sendable, Hashable {
    /// Fingerprint of the key.
    package var key: String
    package var signature: [UInt8]
  }

  static let format = "smg-plugin-v1"
  static let suffix = ".sig"

  /// Of the file that was signed, as the signer says: lower-case hex.
  package var sha256: String
  package var entries: [Entry]

  /// What a signature is over.
  /// - Parameter sha256: lower-case hex.
  static func message(sha256: String) -> [UInt8]? {
    guard let digest = KeyDigest(hex: sha256) else { return nil }
    return Array(format.utf8) + [0] + digest.bytes
  }

  /// - Throws: what is wrong with the text, as in "it …".
  init(_ bytes: [UInt8]) throws(Malformed) {
    let document: RawJSON
    do throws(JSONError) {
      document = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Plugin.maxSignatureBytes, maxDepth: 4))
    } catch { throw Malformed(reason: "is no JSON: \(error)") }
    guard let format = document["format"]?.stringValue else { throw Malformed(reason: "has no \"format\"") }
    guard format == Self.format else { throw Malformed(reason: "has the format '\(Fields.shown(format))', known is '\(Self.format)'") }
    guard let sha256 = document["sha256"]?.stringValue.flatMap({ KeyDigest(hex: $0) }) else {
      throw Malformed(reason: "has no \"sha256\" of 64 hexadecimal digits")
    }
    guard let list = document["signatures"], (1...Limits.Plugin.maxSignatures).contains(list.itemCount), list.kind == .array else {
      throw Malformed(reason: "has not 1 to \(Limits.Plugin.maxSignatures) \"signatures\"")
    }
    let entries = list.elements.compactMap { Entry($0) }
    guard entries.count == list.itemCount else {
      throw Malformed(reason: "has a signature without \"key\", or without \"ed25519\" of 64 bytes in base64")
    }
    self.init(sha256: sha256.hex, entries: entries)
  }

  init(sha256: String, entries: [Entry]) {
    self.sha256 = sha256
    self.entries = entries
  }

  struct Malformed: Error { var reason: String }

  /// As it goes into the file.
  package var document: JSONValue {
    [
      "format": .string(Self.format), "sha256": .string(sha256),
      "signatures": .array(entries.map { ["key": .string($0.key), "ed25519": .string(Data($0.signature).base64EncodedString())] }),
    ]
  }

  /// With a signature by one more key, or a new one by the same.
  func signed(by key: borrowing SigningKey) throws(GatewayError) -> PluginSignature {
    guard let message = Self.message(sha256: sha256) else { throw GatewayError(.internalError, "The SHA-256 is none.") }
    let entry = Entry(key: key.publicKey.fingerprint, signature: try key.sign(message))
    var signed = self
    signed.entries.removeAll { $0.key == entry.key }
    signed.entries.append(entry)
    return signed
  }
}

extension PluginSignature.Entry {
  fileprivate init?(_ document: RawJSON) {
    guard let key = document["key"]?.stringValue, key.utf8.count == 16, key.utf8.allSatisfy({ Hex.value($0) != nil }),
      let data = document["ed25519"]?.stringValue.flatMap({ Data(base64Encoded: $0) }), data.count == SigningPublicKey.signatureByteCount
    else { return nil }
    self.init(key: key.lowercased(), signature: Array(data))
  }
}
