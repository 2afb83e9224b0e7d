internal import CLibcrypto

/// SHA-256 of a gateway key: what is compared instead of the key.
package struct KeyDigest: Sendable, Hashable {
  private let words: SIMD4<UInt64>

  /// Fetched once, since fetching costs more than hashing a key. Immutable and used from any thread, as libcrypto allows.
  nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

  /// Digest of a presented key.
  package init(of key: UnsafeRawBufferPointer) {
    var words = SIMD4<UInt64>()
    let isComputed = withUnsafeMutableBytes(of: &words) { digest in
      EVP_Digest(key.baseAddress, key.count, digest.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, Self.algorithm, nil)
    }
    precondition(isComputed == 1, "libcrypto cannot compute SHA-256")
    self.words = words
  }

  package init(of key: some Collection<UInt8>) {
    self = Array(key).withUnsafeBytes(Self.init(of:))
  }

  /// From 64 hex digits; nil when `hex` is anything else.
  package init?(hex: some StringProtocol) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var words = SIMD4<UInt64>()
    let isHex = withUnsafeMutableBytes(of: &words) { digest in
      for index in 0..<32 {
        guard let high = Hex.value(digits[2 * index]), let low = Hex.value(digits[2 * index + 1]) else { return false }
        digest[index] = high << 4 | low
      }
      return true
    }
    guard isHex else { return nil }
    self.words = words
  }

  /// 64 lower-case hex digits.
  package var hex: String { withUnsafeBytes(of: words) { Hex.encode($0) } }
  package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
  /// The first 12 of them.
  package var keyID: String { String(hex.prefix(Self.keyIDCharacters)) }
  static let keyIDCharacters = 12
  /// The first eight bytes as a number.
  package var prefix: UInt64 { words[0] }
}
