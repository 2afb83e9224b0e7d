internal import Glibc

/// Identifiers and keys that nobody can guess, from the kernel's random source.
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

  /// 16 lower-case hexadecimal digits: enough to tell requests apart.
  package static func hex64() -> String { Hex.encode(bytes(8)) }

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
