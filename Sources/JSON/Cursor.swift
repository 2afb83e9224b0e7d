/// Walks text that the scanner has accepted, leaning on that for speed only: every read is checked against the end, so that no text, however wrong,
/// leads it astray or into a trap.
struct Cursor {
  let bytes: UnsafePointer<UInt8>
  var position: Int
  let end: Int
  private var longValues: LongValues

  /// The byte at the position; 0 at the end.
  @inline(__always)
  var next: UInt8 { position < end ? bytes[position] : 0 }

  @inline(__always)
  mutating func skipWhitespace() {
    while position < end, bytes[position] <= .space { position &+= 1 }
  }

  /// Before an element or a member: steps over a comma and whitespace. False when the container ends here.
  @inline(__always)
  mutating func advanceToItem() -> Bool {
    skipWhitespace()
    if next == .comma {
      position &+= 1
      skipWhitespace()
    }
    return position < end && next != .closeBracket && next != .closeBrace
  }

  /// Steps over a member's name and colon. The range is that of the name with its quotes; nil when there is none.
  @inline(__always)
  mutating func takeName() -> (range: Range<Int>, isEscaped: Bool)? {
    guard next == .quote else { return nil }
    let start = position
    let isEscaped = skipString()
    let range = start..<position
    skipWhitespace()
    if next == .colon { position &+= 1 }
    skipWhitespace()
    return (range, isEscaped)
  }

  /// Steps over the value at the position. The range is empty when there is none.
  @inline(__always)
  mutating func takeValue() -> Range<Int> {
    let start = position
    if let stop = longValues.end(at: start), stop <= end {
      position = stop
      return start..<stop
    }
    switch next {
    case .quote: _ = skipString()
    case .openBrace, .openBracket: skipContainer()
    default: skipScalar()
    }
    return start..<position
  }

  /// At the opening quote; ends after the closing one. True when the string has an escape.
  @inline(__always)
  mutating func skipString() -> Bool {
    var index = position &+ 1
    var isEscaped = false
    while index < end {
      if index &+ 8 <= end {
        let stops = ByteLanes(at: bytes + index).quotesAndBackslashes
        index &+= stops.first
        if stops.isEmpty { continue }
      }
      let byte = bytes[index]
      index &+= 1
      if byte == .quote { break }
      if byte == .backslash {
        isEscaped = true
        index &+= 1
      }
    }
    position = min(index, end)
    return isEscaped
  }

  /// A number, true, false or null.
  @inline(__always)
  private mutating func skipScalar() {
    var index = position
    while index < end {
      let byte = bytes[index]
      if byte == .comma || byte <= .space || byte == .closeBrace || byte == .closeBracket { break }
      index &+= 1
    }
    position = index
  }

  /// Counts brackets and steps over strings; the kinds of brackets match because the text was checked.
  private mutating func skipContainer() {
    var depth = 0
    while position < end {
      if position &+ 8 <= end {
        let stops = ByteLanes(at: bytes + position).quotesAndBrackets
        position &+= stops.first
        if stops.isEmpty { continue }
      }
      switch bytes[position] {
      case .quote:
        _ = skipString()
        continue
      case .openBrace, .openBracket: depth &+= 1
      case .closeBrace, .closeBracket: depth &-= 1
      default: break
      }
      position &+= 1
      if depth == 0 { return }
    }
  }
}

extension Cursor {
  init?(from position: Int, to end: Int, of text: UnsafeBufferPointer<UInt8>, _ longValues: LongValues) {
    guard let base = text.baseAddress, position <= end, end <= text.count else { return nil }
    self.longValues = longValues
    bytes = base
    self.position = position
    self.end = end
  }
}
