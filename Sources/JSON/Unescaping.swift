internal import Glibc

/// What the body of a checked string (without its quotes) means.
enum Unescaping {
  /// What to make of a `\u` escape that is half of a surrogate pair.
  enum LoneSurrogate {
    /// U+FFFD: the result is UTF-8.
    case replaced
    /// Its own three bytes, which no UTF-8 text has: names that differ stay different.
    case kept
  }

  static func hasEscapes(_ body: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = body.baseAddress else { return false }
    return memchr(base, Int32(UInt8.backslash), body.count) != nil
  }

  /// The text as UTF-8.
  static func utf8(of body: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    hasEscapes(body) ? decode(body, loneSurrogate: .replaced) : Array(body)
  }

  /// The text for comparison: equal exactly when the code units are.
  static func exactBytes(of body: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    hasEscapes(body) ? decode(body, loneSurrogate: .kept) : Array(body)
  }

  static func string(of body: UnsafeBufferPointer<UInt8>) -> String {
    hasEscapes(body) ? String(decoding: decode(body, loneSurrogate: .replaced), as: UTF8.self) : String(decoding: body, as: UTF8.self)
  }

  private static func decode(_ body: UnsafeBufferPointer<UInt8>, loneSurrogate: LoneSurrogate) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(body.count)
    var index = 0
    while let base = body.baseAddress, index < body.count {
      let rest = base + index
      let left = body.count - index
      let plain = memchr(rest, Int32(UInt8.backslash), left).map { UnsafeRawPointer($0) - UnsafeRawPointer(rest) } ?? left
      text.append(contentsOf: UnsafeBufferPointer(start: rest, count: plain))
      index += plain
      if index < body.count { index = decodeEscape(at: index, of: body, into: &text, loneSurrogate: loneSurrogate) }
    }
    return text
  }

  /// The index after the escape at `index`; a malformed one, which the scanner does not let through, is dropped.
  private static func decodeEscape(
    at index: Int, of body: UnsafeBufferPointer<UInt8>, into text: inout [UInt8], loneSurrogate: LoneSurrogate
  ) -> Int {
    guard index + 1 < body.count else { return body.count }
    switch body[index + 1] {
    case 0x62: text.append(0x08)
    case 0x66: text.append(0x0C)
    case 0x6E: text.append(.lineFeed)
    case 0x72: text.append(.carriageReturn)
    case 0x74: text.append(.tab)
    case 0x75: return decodeUnicodeEscape(at: index, of: body, into: &text, loneSurrogate: loneSurrogate)
    default: text.append(body[index + 1])
    }
    return index + 2
  }

  private static func decodeUnicodeEscape(
    at index: Int, of body: UnsafeBufferPointer<UInt8>, into text: inout [UInt8], loneSurrogate: LoneSurrogate
  ) -> Int {
    guard let unit = codeUnit(at: index, of: body) else { return min(index + 2, body.count) }
    if UTF16.isLeadSurrogate(unit), let trail = codeUnit(at: index + 6, of: body), UTF16.isTrailSurrogate(trail) {
      append(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF)), to: &text)
      return index + 12
    }
    let isLone = unit & 0xF800 == 0xD800
    append(isLone && loneSurrogate == .replaced ? 0xFFFD : UInt32(unit), to: &text)
    return index + 6
  }

  /// The UTF-16 code unit of the `\u` escape at `index`; nil when there is none.
  private static func codeUnit(at index: Int, of body: UnsafeBufferPointer<UInt8>) -> UInt16? {
    guard index + 6 <= body.count, body[index] == .backslash, body[index + 1] == 0x75 else { return nil }
    var unit: UInt16 = 0
    for position in index + 2..<index + 6 {
      guard let digit = body[position].hexadecimalDigit else { return nil }
      unit = unit << 4 | digit
    }
    return unit
  }

  private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
    let tail = UInt8(truncatingIfNeeded: scalar) & 0x3F | 0x80
    let second = UInt8(truncatingIfNeeded: scalar >> 6)
    let third = UInt8(truncatingIfNeeded: scalar >> 12)
    switch scalar {
    case 0..<0x80: text.append(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800: text += [second | 0xC0, tail]
    case 0x800..<0x10000: text += [third | 0xE0, second & 0x3F | 0x80, tail]
    default: text += [UInt8(truncatingIfNeeded: scalar >> 18) | 0xF0, third & 0x3F | 0x80, second & 0x3F | 0x80, tail]
    }
  }
}
