/// RFC 8259 section 7, and UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
extension Scanner {
  /// After the opening quote; ends after the closing one. True when the string has an escape.
  mutating func scanString() throws(JSONError) -> Bool {
    var index = position
    var isEscaped = false
    while true {
      index = ByteLanes.leap(bytes, from: index, to: end) { $0.stringStops }
      while index &+ 8 <= end {
        let stops = ByteLanes(at: bytes + index).stringStops
        index &+= stops.first
        if !stops.isEmpty { break }
      }
      guard index < end else { throw JSONError(.unexpectedEnd, at: end) }
      let byte = bytes[index]
      if byte == .quote {
        position = index &+ 1
        return isEscaped
      } else if byte == .backslash {
        isEscaped = true
        index = try scanEscape(at: index)
      } else if byte >= 0x80 {
        index = try scanNonASCII(at: index)
      } else if byte < 0x20 {
        throw JSONError(.controlCharacter, at: index)
      } else {
        index &+= 1
      }
    }
  }

  /// The index after the escape at `index`. Any `\u` and four digits will do: what it means is for the decoder.
  private func scanEscape(at index: Int) throws(JSONError) -> Int {
    guard index &+ 1 < end else { throw JSONError(.unexpectedEnd, at: end) }
    switch bytes[index &+ 1] {
    case .quote, .backslash, .slash, 0x62, 0x66, 0x6E, 0x72, 0x74: return index &+ 2
    case 0x75:
      for digit in (index &+ 2)..<(index &+ 6) {
        guard digit < end else { throw JSONError(.unexpectedEnd, at: end) }
        guard bytes[digit].hexadecimalDigit != nil else { throw JSONError(.badEscape, at: index) }
      }
      return index &+ 6
    default: throw JSONError(.badEscape, at: index)
    }
  }

  /// The index after the run of well-formed sequences that starts at `start`.
  private func scanNonASCII(at start: Int) throws(JSONError) -> Int {
    var index = start
    while index < end, bytes[index] >= 0x80 {
      let length = sequenceLength(at: index)
      guard length > 0 else { throw JSONError(.badUTF8, at: index) }
      index &+= length
    }
    return index
  }

  /// Length of the sequence at `index`; 0 when it is malformed or cut off.
  @inline(__always)
  private func sequenceLength(at index: Int) -> Int {
    let left = end &- index
    guard left > 1 else { return 0 }
    let lead = bytes[index]
    let second = bytes[index &+ 1]
    switch lead {
    case 0xC2...0xDF: return isContinuation(second) ? 2 : 0
    case 0xE0...0xEF:
      guard left > 2, isContinuation(second), isContinuation(bytes[index &+ 2]) else { return 0 }
      let isOverlong = lead == 0xE0 && second < 0xA0
      let isSurrogate = lead == 0xED && second >= 0xA0
      return isOverlong || isSurrogate ? 0 : 3
    case 0xF0...0xF4:
      guard left > 3, isContinuation(second), isContinuation(bytes[index &+ 2]), isContinuation(bytes[index &+ 3]) else { return 0 }
      let isOverlong = lead == 0xF0 && second < 0x90
      let isBeyondUnicode = lead == 0xF4 && second >= 0x90
      return isOverlong || isBeyondUnicode ? 0 : 4
    default: return 0
    }
  }

  @inline(__always)
  private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
