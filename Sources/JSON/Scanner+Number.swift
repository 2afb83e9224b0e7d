/// RFC 8259 section 6.
extension Scanner {
  /// At the minus or the first digit. What may not follow a number is found by whoever looks for the next token.
  mutating func scanNumber() throws(JSONError) {
    if next == .minus { position &+= 1 }
    if next == .zero {
      position &+= 1
      guard !next.isDigit else { throw JSONError(.badNumber, at: position) }
    } else {
      try scanDigits()
    }
    if next == .point {
      position &+= 1
      try scanDigits()
    }
    if next.isExponentMark {
      position &+= 1
      if next == .plus || next == .minus { position &+= 1 }
      try scanDigits()
    }
  }

  /// One digit at least.
  private mutating func scanDigits() throws(JSONError) {
    var index = position
    while index < end, bytes[index].isDigit { index &+= 1 }
    guard index > position else { throw JSONError(index < end ? .badNumber : .unexpectedEnd, at: index) }
    position = index
  }
}
