/// Percent-encoded octets (RFC 3986 section 2.1), as whoever follows a URI reads them; and the `+` that is a space in a query (URL Standard section 5.1).
enum PercentEscapes {
  /// Whether a text with none of these bytes has no escape.
  static func begins(with byte: UInt8) -> Bool { byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") }

  /// The text without them; nil when it has none.
  static func decoded(_ text: UnsafeBufferPointer<UInt8>) -> String? {
    guard let first = text.firstIndex(where: begins) else { return nil }
    var isQuery = text[..<first].lastIndex { $0 == UInt8(ascii: "?") || $0 <= 0x20 }.map { text[$0] > 0x20 } ?? false
    var hasEscape = false
    var bytes = Array(text[..<first])
    bytes.reserveCapacity(text.count)
    var index = first
    while index < text.count {
      let byte = text[index]
      if let octet = octet(text, at: index) {
        bytes.append(octet)
        hasEscape = true
        index += 3
        continue
      }
      if isQuery, byte == UInt8(ascii: "+") {
        bytes.append(UInt8(ascii: " "))
        hasEscape = true
      } else {
        bytes.append(byte)
      }
      isQuery = byte > 0x20 && (isQuery || byte == UInt8(ascii: "?"))
      index += 1
    }
    return hasEscape ? String(decoding: bytes, as: UTF8.self) : nil
  }

  /// What no URI may have as it is, escaped once more; and what would be read as an escape.
  static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var isQuery = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "?") { isQuery = true }
      let isEscape = byte == UInt8(ascii: "%") || isQuery && byte == UInt8(ascii: "+")
      guard byte <= 0x20 || byte >= 0x7F || isEscape || byte == UInt8(ascii: "\"") else {
        bytes.append(byte)
        continue
      }
      bytes.append(UInt8(ascii: "%"))
      for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func octet(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt8? {
    guard text[index] == UInt8(ascii: "%"), index + 2 < text.count, let high = digit(text[index + 1]), let low = digit(text[index + 2])
    else { return nil }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
