/// UTF-8 one scalar at a time, forwards and backwards, safe on any bytes: what is not UTF-8 counts as U+FFFD, byte by byte.
package enum UTF8Scalar {
  @inlinable package static var replacement: UInt32 { 0xFFFD }

  /// The scalar that begins at `position` and the bytes it takes.
  @inlinable @inline(__always)
  package static func decode(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> (scalar: UInt32, count: Int) {
    let first = UInt32(text[position])
    if first < 0x80 { return (first, 1) }
    if first < 0xE0 {
      guard first >= 0xC2, let next = continuation(text, position + 1) else { return (replacement, 1) }
      return ((first & 0x1F) << 6 | next, 2)
    }
    guard let next = continuation(text, position + 1), let third = continuation(text, position + 2) else { return (replacement, 1) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | next << 6 | third, 3) }
    guard first < 0xF5, let fourth = continuation(text, position + 3) else { return (replacement, 1) }
    let scalar = (first & 0x07) << 18 | next << 12 | third << 6 | fourth
    return (scalar < 0x110000 ? scalar : replacement, 4)
  }

  /// The six bits of a continuation byte; nil when there is none at `position`.
  @inlinable @inline(__always)
  package static func continuation(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> UInt32? {
    guard position < text.count else { return nil }
    let byte = UInt32(text[position])
    return byte & 0xC0 == 0x80 ? byte & 0x3F : nil
  }

  /// The scalar that ends before `position`, which is above 0, and the bytes it takes.
  package static func decode(_ text: UnsafeBufferPointer<UInt8>, before position: Int) -> (scalar: UInt32, count: Int) {
    var start = position - 1
    let limit = max(0, position - 4)
    while start > limit, text[start] & 0xC0 == 0x80 { start -= 1 }
    let decoded = decode(text, at: start)
    return start + decoded.count == position ? decoded : (replacement, 1)
  }

  package static func encode(_ scalar: UInt32) -> [UInt8] {
    guard let scalar = Unicode.Scalar(scalar) else { return encode(replacement) }
    return Array(String(Character(scalar)).utf8)
  }
}
