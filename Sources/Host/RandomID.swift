internal import Glibc

/// Identifiers nobody can guess, from the kernel's random source.
package enum RandomID {
  /// Fills `buffer` from the kernel's random source (getentropy(3), at most 256 bytes a call).
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

  /// 32 lower-case hexadecimal digits: 128 bits.
  package static func hex128() -> String { hex(bytes(16)) }

  /// A version 4 UUID (RFC 9562).
  package static func uuid() -> String {
    var raw = bytes(16)
    raw[6] = raw[6] & 0x0f | 0x40
    raw[8] = raw[8] & 0x3f | 0x80
    let text = hex(raw)
    var parts: [Substring] = []
    var rest = text[...]
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
  }

  package static func hex(_ bytes: some Collection<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: bytes.count * 2) { out in
      var at = 0
      for byte in bytes {
        out[at] = digits[Int(byte >> 4)]
        out[at + 1] = digits[Int(byte & 15)]
        at += 2
      }
      return at
    }
  }
}
