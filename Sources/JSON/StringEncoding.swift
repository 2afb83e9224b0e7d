/// Strings in JSON's form. Only what must be escaped is: quote, backslash, control characters.
enum StringEncoding {
  static func append(_ text: String, to bytes: inout [UInt8]) {
    var text = text
    text.withUTF8 { append($0, to: &bytes) }
  }

  /// - Parameter text: well-formed UTF-8.
  static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(.quote)
    var start = 0
    while let base = text.baseAddress, start < text.count {
      let stop = endOfPlainRun(from: start, in: text, base: base)
      bytes.append(contentsOf: UnsafeBufferPointer(start: base + start, count: stop - start))
      if stop < text.count { appendEscape(text[stop], to: &bytes) }
      start = stop + 1
    }
    bytes.append(.quote)
  }

  private static func endOfPlainRun(from start: Int, in text: UnsafeBufferPointer<UInt8>, base: UnsafePointer<UInt8>) -> Int {
    var index = ByteLanes.leap(base, from: start, to: text.count) { $0.needsEscape }
    while index &+ 8 <= text.count {
      let stops = ByteLanes(at: base + index).needsEscape
      index &+= stops.first
      if !stops.isEmpty { return index }
    }
    while index < text.count {
      let byte = base[index]
      if byte < 0x20 || byte == .quote || byte == .backslash { break }
      index &+= 1
    }
    return index
  }

  private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(.backslash)
    switch byte {
    case .quote, .backslash: bytes.append(byte)
    case 0x08: bytes.append(0x62)
    case 0x0C: bytes.append(0x66)
    case .lineFeed: bytes.append(0x6E)
    case .carriageReturn: bytes.append(0x72)
    case .tab: bytes.append(0x74)
    default:
      let low = byte & 0x0F
      bytes.append(contentsOf: "u00".utf8)
      bytes.append(.zero + byte >> 4)
      bytes.append(low < 10 ? .zero + low : 0x57 + low)
    }
  }
}
