/// A JSON number taken apart exactly: significant digits times a power of ten. Never rounds, and costs no more than its text is long.
struct Decimal: Hashable {
  let isNegative: Bool
  /// From the first to the last digit that is not zero, as ASCII; empty for zero.
  let digits: [UInt8]
  /// Power of ten of the last digit, brought into ±`farthestExponent`; 0 for zero.
  let exponent: Int

  /// Exponents in texts are unbounded; beyond this they only say "huge" or "tiny".
  private static let farthestExponent = 1 << 40

  /// - Parameter text: a number in JSON's grammar; nil when it is plainly not one.
  init?(_ text: some Collection<UInt8>) {
    var digits: [UInt8] = []
    var fractionDigits = 0
    var isInFraction = false
    var exponent = 0
    var index = text.startIndex
    isNegative = text.first == .minus
    if isNegative { text.formIndex(after: &index) }
    while index != text.endIndex, !text[index].isExponentMark {
      let byte = text[index]
      text.formIndex(after: &index)
      if byte == .point {
        isInFraction = true
        continue
      }
      guard byte.isDigit else { return nil }
      if isInFraction { fractionDigits += 1 }
      if byte != .zero || !digits.isEmpty { digits.append(byte) }
    }
    if index != text.endIndex {
      text.formIndex(after: &index)
      guard let written = Self.exponent(text[index...]) else { return nil }
      exponent = written
    }
    let significant = (digits.lastIndex { $0 != .zero } ?? -1) + 1
    self.exponent = significant == 0 ? 0 : exponent - fractionDigits + (digits.count - significant)
    digits.removeSubrange(significant...)
    self.digits = digits
  }

  /// Nil when the number has a fraction or does not fit.
  var intValue: Int? {
    guard !digits.isEmpty else { return 0 }
    guard exponent >= 0, digits.count + exponent <= 19 else { return nil }
    var value = 0
    for position in 0..<(digits.count + exponent) {
      let digit = position < digits.count ? Int(digits[position] & 0x0F) : 0
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowInSum) = isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || overflowInSum { return nil }
      value = sum
    }
    return value
  }

  /// In digits and a point; nil when these would be more than `maxDigits`.
  func plain(maxDigits: Int) -> [UInt8]? {
    guard digits.count <= maxDigits, abs(exponent) <= maxDigits else { return nil }
    var text: [UInt8] = digits.isEmpty ? [.zero] : digits
    if exponent >= 0 {
      text += Array(repeating: .zero, count: exponent)
    } else {
      text = Array(repeating: .zero, count: max(0, 1 - exponent - text.count)) + text
      text.insert(.point, at: text.count + exponent)
    }
    guard text.count <= maxDigits else { return nil }
    return isNegative ? [.minus] + text : text
  }

  private static func exponent(_ text: some Collection<UInt8>) -> Int? {
    var magnitude = 0
    var rest = text[...]
    let sign = rest.first
    if sign == .plus || sign == .minus { rest = rest.dropFirst() }
    guard !rest.isEmpty else { return nil }
    for byte in rest {
      guard byte.isDigit else { return nil }
      magnitude = min(magnitude * 10 + Int(byte & 0x0F), farthestExponent)
    }
    return sign == .minus ? -magnitude : magnitude
  }
}
