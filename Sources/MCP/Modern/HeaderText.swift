/// Header values that stand for any text: plain, or `=?base64?…?=` around the base64 of its UTF-8 (MCP 2026-07-28, transports).
package enum HeaderText {
  private static let opening = Array("=?base64?".utf8)
  private static let closing = Array("?=".utf8)

  /// The text a value stands for; nil if it begins and ends as an encoded one but is not canonical base64 of UTF-8.
  package static func decode(_ value: String) -> String? {
    guard value.utf8.starts(with: opening) else { return value }
    let bytes = Array(value.utf8)
    guard bytes.count >= opening.count + closing.count, bytes.suffix(closing.count).elementsEqual(closing)
    else { return value }
    guard let decoded = Base64.decode(bytes[opening.count..<(bytes.count - closing.count)]) else { return nil }
    return String(validating: decoded, as: UTF8.self)
  }

  /// The header value for `text`: as it is where it survives a header field unchanged and cannot be taken for an encoded one.
  package static func encode(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7E } && trimmed(text) == text
    if isPlain, !text.utf8.starts(with: opening) { return text }
    return String(decoding: opening + Base64.encode(Array(text.utf8)) + closing, as: UTF8.self)
  }

  /// Without the spaces and tabs around a field value (RFC 9110 §5.5).
  static func trimmed(_ value: String) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = value.utf8.first, let last = value.utf8.last, isBlank(first) || isBlank(last) else { return value }
    let front = value.utf8.drop(while: isBlank)
    let end = front.lastIndex { !isBlank($0) }.map { front.index(after: $0) } ?? front.startIndex
    return String(front[front.startIndex..<end]) ?? value
  }
}

/// Base64 of RFC 4648 §4, canonical form only: padding is required, unused bits are zero, nothing else is let pass.
package enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? digits[Int(bits >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
      }
    }
    return text
  }

  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var bitCount = 0
    for character in text.dropLast(padding) {
      guard let digit = digit(character) else { return nil }
      bits = bits << 6 | digit
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
        bits &= (1 << UInt32(bitCount)) - 1
      }
    }
    return bits == 0 && bitCount == padding * 2 ? bytes : nil
  }

  private static func digit(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
