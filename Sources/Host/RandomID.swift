internal import Glibc
internal import Synchronization

/// Identifiers and keys that nobody can guess, from the kernel's random source; and cheap ones, which only have to differ.
package enum RandomID {
  /// Fills `buffer` by getentropy(3), which gives at most 256 bytes a call and does not fail once the kernel's source is ready.
  package static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    var rest = buffer[...]
    while let start = UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let count = min(rest.count, 256)
      precondition(getentropy(start, count) == 0, "the kernel's random source is not available")
      rest = rest.dropFirst(count)
    }
  }

  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes(fill)
    return bytes
  }

  private static let seed: (UInt64, UInt64) = {
    var seed: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &seed, fill)
    return seed
  }()
  private static let counter = Atomic<UInt64>(0)

  /// A number to tell requests and spans apart: as good as random (SipHash of a counter under a random seed), without a system call. Not a secret.
  package static func word() -> UInt64 {
    var hasher = Hasher()
    hasher.combine(seed.0)
    hasher.combine(seed.1)
    hasher.combine(counter.add(1, ordering: .relaxed).newValue)
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// A `word()` in 16 lower-case hexadecimal digits.
  package static func wordText() -> String { withUnsafeBytes(of: word()) { Hex.encode($0) } }

  /// 32 lower-case hexadecimal digits.
  package static func hex128() -> String { Hex.encode(bytes(16)) }

  /// A version 4 UUID (RFC 9562 section 5.4), lower case.
  package static func uuid() -> String {
    var raw = bytes(16)
    raw[6] = raw[6] & 0x0f | 0x40
    raw[8] = raw[8] & 0x3f | 0x80
    let groups = [raw[0..<4], raw[4..<6], raw[6..<8], raw[8..<10], raw[10..<16]]
    return groups.map { Hex.encode($0) }.joined(separator: "-")
  }

  /// A gateway key: 36 random bytes in URL-safe base64 (RFC 4648 section 5), 48 characters.
  package static func gatewayKey() -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let bytes = bytes(36)
    var text: [UInt8] = []
    for index in stride(from: 0, to: bytes.count, by: 3) {
      let group = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
      for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
