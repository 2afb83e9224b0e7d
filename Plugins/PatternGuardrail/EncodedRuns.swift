/// Finds runs of base64 or hexadecimal digits that are long enough to say something.
struct EncodedRuns {
  static let minBytes = 24
  /// A line of a run over several lines has at least so many digits.
  static let minLineBytes = 60

  private var start = 0
  private var lineStart = 0

  /// A symbol at `position`.
  /// - Returns: the run that ends before it, if one does.
  mutating func symbol(at position: Int, _ kind: UInt8, _ bytes: PlainBytes) -> Range<Int>? {
    let byte = bytes[position]
    if kind & ByteClass.base64Symbol != 0 {
      // Padding is at the end; before a digit the sign is an assignment.
      guard byte == UInt8(ascii: "="), bytes[position + 1].isWord else { return nil }
    } else if isLineEnd(byte, at: position) {
      lineStart = position + 1
      return nil
    }
    return end(at: position)
  }

  private func isLineEnd(_ byte: UInt8, at position: Int) -> Bool {
    if byte == 0x0A, lineStart == position, position > start { return true }
    return (byte == 0x0A || byte == 0x0D) && position - max(start, lineStart) >= Self.minLineBytes
  }

  mutating func end(at position: Int) -> Range<Int>? {
    defer {
      start = position + 1
      lineStart = position + 1
    }
    return position - start >= Self.minBytes ? start..<position : nil
  }
}

extension TextScan {
  /// Decodes a run, one level deep, and reads what comes out of it.
  mutating func decode(_ run: Range<Int>, _ findings: inout Findings) {
    guard place.encoding == .none else { return }
    if let decoded = Base64.hex(bytes, run) { return read(decoded, of: run, .hex, &findings) }
    for shift in 0..<4 {
      let part = run.lowerBound + shift..<run.upperBound
      guard Base64.isText(Base64.decode(bytes, part, limit: 48)) else { continue }
      return read(Base64.decode(bytes, part, limit: .max), of: run, .base64, &findings)
    }
  }

  private func read(_ decoded: [UInt8], of run: Range<Int>, _ encoding: TextPlace.Encoding, _ findings: inout Findings) {
    guard Base64.isText(decoded) else { return }
    HiddenText.read(
      decoded, TextPlace(segment: place.segment, isMemberName: place.isMemberName, codeRange: text.original(run), encoding: encoding),
      &findings)
  }
}

/// Base64 (RFC 4648 sections 4 and 5, in any mixture) and hexadecimal digits.
enum Base64 {
  /// Decodes until the end, padding or `limit` bytes; line ends are passed over.
  static func decode(_ bytes: PlainBytes, _ range: Range<Int>, limit: Int) -> [UInt8] {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(min(limit, range.count / 4 * 3 + 3))
    var (buffer, bits) = (UInt32(0), 0)
    for index in range {
      guard let value = value(bytes[index]) else {
        if bytes[index] == UInt8(ascii: "=") { break }
        continue
      }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      decoded.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      if decoded.count >= limit { break }
    }
    return decoded
  }

  @inline(__always)
  static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }

  /// What hexadecimal digits stand for; nil when the run is something else.
  static func hex(_ bytes: PlainBytes, _ range: Range<Int>) -> [UInt8]? {
    guard range.count % 2 == 0, range.allSatisfy({ bytes[$0].isHexDigit }) else { return nil }
    return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { hexValue(bytes[$0]) << 4 | hexValue(bytes[$0 + 1]) }
  }

  private static func hexValue(_ byte: UInt8) -> UInt8 { byte.isDigit ? byte & 15 : (byte & 15) + 9 }

  /// Whether four of five bytes are printable ASCII: words, not noise.
  static func isText(_ bytes: [UInt8]) -> Bool {
    let printable = bytes.count { $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    return bytes.count >= 8 && printable * 5 >= bytes.count * 4
  }
}
