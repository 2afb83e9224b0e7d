/// Exact comparison and divisibility, for the numeric keywords of JSON Schema.
extension Decimal: Comparable {
  static func < (left: Decimal, right: Decimal) -> Bool {
    switch (left.sign, right.sign) {
    case (let one, let other) where one != other: one < other
    case (0, _): false
    case (1, _): isMagnitude(left, below: right)
    default: isMagnitude(right, below: left)
    }
  }

  /// Zero has no sign, so that -0 equals 0.
  static func == (left: Decimal, right: Decimal) -> Bool {
    left.sign == right.sign && left.exponent == right.exponent && left.digits == right.digits
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(sign)
    hasher.combine(exponent)
    hasher.combine(digits)
  }

  var isInteger: Bool { exponent >= 0 }

  /// -1, 0 or 1.
  var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }

  /// One text for all ways to write the same number.
  var canonicalText: String {
    guard !digits.isEmpty else { return "0" }
    let body = String(decoding: digits, as: UTF8.self)
    return (isNegative ? "-" : "") + body + (exponent == 0 ? "" : "e\(exponent)")
  }

  /// The digits as one number; nil when there are more than 18.
  var coefficient: UInt64? {
    guard digits.count <= 18 else { return nil }
    return digits.reduce(0) { $0 * 10 + UInt64($1 & 0x0F) }
  }

  /// Whether this is a whole multiple of ±`coefficient` × 10^`power`, where the coefficient is neither 0 nor divisible by 10.
  func isMultiple(ofCoefficient coefficient: UInt64, power: Int) -> Bool {
    guard !digits.isEmpty else { return true }
    // Neither number ends in a zero digit: with the higher power on the divisor's side it has a factor ten that this one lacks.
    guard exponent >= power else { return false }
    let remainder = digits.reduce(0 as UInt64) { Self.product($0, 10, modulo: coefficient, plus: UInt64($1 & 0x0F)) }
    return Self.product(remainder, Self.powerOfTen(exponent - power, modulo: coefficient), modulo: coefficient, plus: 0) == 0
  }

  private static func isMagnitude(_ left: Decimal, below right: Decimal) -> Bool {
    let leftScale = left.digits.count + left.exponent
    let rightScale = right.digits.count + right.exponent
    return leftScale == rightScale ? left.digits.lexicographicallyPrecedes(right.digits) : leftScale < rightScale
  }

  private static func powerOfTen(_ power: Int, modulo: UInt64) -> UInt64 {
    var result = 1 % modulo
    var square = 10 % modulo
    var rest = power
    while rest > 0 {
      if rest & 1 == 1 { result = product(result, square, modulo: modulo, plus: 0) }
      square = product(square, square, modulo: modulo, plus: 0)
      rest >>= 1
    }
    return result
  }

  /// `one` is below `modulo`, so the quotient fits.
  private static func product(_ one: UInt64, _ other: UInt64, modulo: UInt64, plus addend: UInt64) -> UInt64 {
    let wide = (one % modulo).multipliedFullWidth(by: other % modulo)
    let remainder = modulo.dividingFullWidth(wide).remainder
    return (remainder + addend % modulo) % modulo
  }
}
