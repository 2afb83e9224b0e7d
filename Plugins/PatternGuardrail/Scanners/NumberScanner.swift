extension TextScan {
  /// What the digits that begin at `start` may be: an IPv4 address, a card, a social security number, a telephone number.
  mutating func number(at start: Int, _ findings: inout Findings) {
    guard !isInsideWord(start) else { return }
    let run = NumberRun(bytes, at: start)
    guard run.digits.count >= 4 else { return }
    let end =
      ipv4(run, start, &findings) ?? card(run, start, &findings) ?? socialSecurityNumber(run, start, &findings)
      ?? phone(run, start, &findings)
    if let end { numberEnd = end }
  }

  // Each returns where the number ends, if it is one.

  private func ipv4(_ run: NumberRun, _ start: Int, _ findings: inout Findings) -> Int? {
    guard run.isSeparated(by: UInt8(ascii: "."), 4), !run.hasPlus, bytes[start].isDigit else { return nil }
    guard (0..<4).allSatisfy({ run.length($0) <= 3 && run.value($0) <= 255 }) else { return nil }
    let end = run.group(3).end
    guard bytes[start - 1] != UInt8(ascii: "."), !(bytes[end] == UInt8(ascii: ".") && bytes[end + 1].isDigit) else { return nil }
    let isVersion = hasCue(.version, before: start) || bytes[start - 1] == UInt8(ascii: "-")
    let first = run.value(0)
    let isLocal = first == 0 || first == 127 || first == 255
    report(.ipAddress, "ipv4", isLocal ? 0.3 : isVersion ? 0.4 : 0.85, start..<end, &findings)
    return end
  }

  private func card(_ run: NumberRun, _ start: Int, _ findings: inout Findings) -> Int? {
    guard findings.wants(.paymentCard), run.digits.count >= 12, !run.hasPlus, bytes[start].isDigit else { return nil }
    let before = bytes[start - 1]
    guard before != UInt8(ascii: "."), before != UInt8(ascii: "-") else { return nil }
    let hasCue = hasCue(.card, before: start)
    var best: (confidence: Double, end: Int)?
    for last in (0..<run.groupCount).reversed() {
      guard let confidence = cardConfidence(run, last, hasCue), confidence > best?.confidence ?? 0 else { continue }
      best = (confidence, run.group(last).end)
    }
    guard let best else { return nil }
    report(.paymentCard, "payment_card", best.confidence, start..<best.end, &findings)
    return best.end
  }

  /// How much the groups up to `last` look like a card's number; nil when they are none.
  private func cardConfidence(_ run: NumberRun, _ last: Int, _ hasCue: Bool) -> Double? {
    let count = run.group(last).digits
    guard (12...19).contains(count) else { return nil }
    let separator = last == 0 ? 0 : run.group(1).separator
    guard last == 0 || (separator == 0x20 || separator == 0x2D) && run.isSeparated(by: separator, last + 1) else { return nil }
    let isIssued = PaymentCard.isIssued(run.digits, count)
    guard isIssued || hasCue, PaymentCard.passesLuhn(run.digits, count) else { return nil }
    if !isIssued { return 0.7 }
    if PaymentCard.isUsual(run, last) { return 0.95 }
    return last == 0 ? (hasCue ? 0.95 : 0.8) : hasCue ? 0.75 : 0.5
  }

  private func socialSecurityNumber(_ run: NumberRun, _ start: Int, _ findings: inout Findings) -> Int? {
    guard findings.wants(.socialSecurityNumber), !run.hasPlus, bytes[start].isDigit else { return nil }
    let isWhole = run.length(0) == 9
    guard isWhole || run.hasShape(3, 2, 4) else { return nil }
    let end = run.group(isWhole ? 0 : 2).end
    guard bytes[end] != UInt8(ascii: "-"), ![UInt8(ascii: "-"), UInt8(ascii: ".")].contains(bytes[start - 1]) else { return nil }
    let number = run.digits.number(0..<9)
    let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000)
    guard area != 0, area != 666, area < 900, group != 0, serial != 0 else { return nil }
    let separator = isWhole ? 0 : run.group(1).separator
    guard isWhole || run.group(2).separator == separator else { return nil }
    let hasCue = hasCue(.socialSecurity, before: start)
    let confidence = hasCue ? 0.95 : separator == UInt8(ascii: "-") ? 0.85 : separator == UInt8(ascii: " ") ? 0.6 : 0.2
    guard confidence > 0.5 else { return nil }
    report(.socialSecurityNumber, "us_ssn", confidence, start..<end, &findings)
    return end
  }
}

/// Card numbers (ISO/IEC 7812): the ranges of the large issuers, and the check digit.
enum PaymentCard {
  /// The groups in which cards show their numbers.
  static func isUsual(_ run: NumberRun, _ last: Int) -> Bool {
    switch last {
    case 2: run.hasShape(4, 6, 5) || run.hasShape(4, 6, 4) || run.hasShape(4, 4, 5)
    case 3: run.hasShape(4, 4, 4, 4) || run.hasShape(4, 4, 4, 1)
    case 4: run.hasShape(4, 4, 4, 4, 3)
    default: false
    }
  }

  static func passesLuhn(_ digits: NumberRun.Digits, _ count: Int) -> Bool {
    var (sum, doubles) = (0, false)
    for index in (0..<count).reversed() {
      let value = doubles ? Int(digits[index]) * 2 : Int(digits[index])
      sum += value > 9 ? value - 9 : value
      doubles.toggle()
    }
    return sum % 10 == 0
  }

  /// The first digits and lengths that an issuer uses.
  private struct IssuerRange {
    var prefixes: ClosedRange<Int>
    var prefixDigits: Int
    var lengths: ClosedRange<Int>

    /// Leaves the prefix of the first four digits.
    var divisor: Int { prefixDigits == 1 ? 1000 : prefixDigits == 2 ? 100 : prefixDigits == 3 ? 10 : 1 }
  }

  private static let issuers = [
    // Visa
    IssuerRange(prefixes: 4...4, prefixDigits: 1, lengths: 13...19),
    // Mastercard
    IssuerRange(prefixes: 51...55, prefixDigits: 2, lengths: 16...16),
    IssuerRange(prefixes: 2221...2720, prefixDigits: 4, lengths: 16...16),
    // American Express
    IssuerRange(prefixes: 34...34, prefixDigits: 2, lengths: 15...15), IssuerRange(prefixes: 37...37, prefixDigits: 2, lengths: 15...15),
    // Diners Club
    IssuerRange(prefixes: 300...305, prefixDigits: 3, lengths: 14...19), IssuerRange(prefixes: 36...36, prefixDigits: 2, lengths: 14...19),
    IssuerRange(prefixes: 38...39, prefixDigits: 2, lengths: 14...19),
    // Discover
    IssuerRange(prefixes: 6011...6011, prefixDigits: 4, lengths: 16...19),
    IssuerRange(prefixes: 644...649, prefixDigits: 3, lengths: 16...19),
    IssuerRange(prefixes: 65...65, prefixDigits: 2, lengths: 16...19),
    // JCB
    IssuerRange(prefixes: 3528...3589, prefixDigits: 4, lengths: 16...19),
    IssuerRange(prefixes: 1800...1800, prefixDigits: 4, lengths: 15...15),
    IssuerRange(prefixes: 2131...2131, prefixDigits: 4, lengths: 15...15),
    // UnionPay
    IssuerRange(prefixes: 62...62, prefixDigits: 2, lengths: 16...19),
    // Maestro
    IssuerRange(prefixes: 5018...5018, prefixDigits: 4, lengths: 13...19),
    IssuerRange(prefixes: 5020...5020, prefixDigits: 4, lengths: 13...19),
    IssuerRange(prefixes: 5038...5038, prefixDigits: 4, lengths: 13...19),
    IssuerRange(prefixes: 5893...5893, prefixDigits: 4, lengths: 13...19),
    IssuerRange(prefixes: 6304...6304, prefixDigits: 4, lengths: 13...19),
    IssuerRange(prefixes: 6759...6763, prefixDigits: 4, lengths: 13...19),
    // Mir
    IssuerRange(prefixes: 2200...2204, prefixDigits: 4, lengths: 16...19),
  ]

  static func isIssued(_ digits: NumberRun.Digits, _ count: Int) -> Bool {
    let first = digits.number(0..<4)
    for issuer in issuers where issuer.lengths.contains(count) {
      if issuer.prefixes.contains(first / issuer.divisor) { return true }
    }
    return false
  }
}
