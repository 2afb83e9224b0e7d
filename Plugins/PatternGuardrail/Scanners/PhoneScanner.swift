extension TextScan {
  /// A telephone number: international (E.164), North American, national with its leading zero, or any that is called one.
  func phone(_ run: NumberRun, _ start: Int, _ findings: inout Findings) -> Int? {
    guard findings.wants(.phone), run.groupCount > 0 else { return nil }
    let before = bytes[start - 1]
    guard ![UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "$")].contains(before) else {
      return nil
    }
    guard let (end, confidence) = international(run) ?? northAmerican(run) ?? national(run, start) else { return nil }
    guard !(bytes[end] == UInt8(ascii: ".") && bytes[end + 1].isDigit && run.group(0).end == end) else { return nil }
    guard confidence >= 0.5 || hasCue(.phone, before: start) else { return nil }
    report(.phone, "phone", hasCue(.phone, before: start) ? min(0.95, max(0.8, confidence + 0.1)) : confidence, start..<end, &findings)
    return end
  }

  private typealias Candidate = (end: Int, confidence: Double)

  private func international(_ run: NumberRun) -> Candidate? {
    if run.hasPlus {
      guard let last = run.lastGroup(atMost: 15), run.group(last).digits >= 8, CallingCode.isValid(run.digits[0], run.digits[1]) else {
        return nil
      }
      return (run.group(last).end, 0.85)
    }
    guard run.digits.count > 10, run.digits[0] == 0, run.digits[1] == 0, run.digits[2] != 0,
      CallingCode.isValid(run.digits[2], run.digits[3])
    else {
      return nil
    }
    guard let last = run.lastGroup(atMost: 17), run.group(last).digits >= 10 else { return nil }
    return (run.group(last).end, run.groupCount > 1 ? 0.7 : 0.5)
  }

  private func northAmerican(_ run: NumberRun) -> Candidate? {
    let first = run.length(0) == 1 && run.digits[0] == 1 ? 1 : 0
    guard run.hasShape(3, 3, 4, from: first), run.digits[first] > 1, run.digits[first + 3] > 1 else { return nil }
    guard run.group(first + 1).separator != UInt8(ascii: "/") else { return nil }
    let last = run.group(first + 2)
    return (last.end, last.separator == UInt8(ascii: " ") && !run.hasParenthesis ? 0.65 : 0.8)
  }

  private func national(_ run: NumberRun, _ start: Int) -> Candidate? {
    guard let last = run.lastGroup(atMost: 13), run.group(last).digits >= 7, !isDate(run) else { return nil }
    let digits = run.group(last).digits
    let isPlausible =
      last > 0 && run.digits[0] == 0 && run.digits[1] != 0 && (9...12).contains(digits) && (2...5).contains(run.length(0))
    return (run.group(last).end, isPlausible ? 0.65 : 0.3)
  }

  /// Days, months and years in some order.
  private func isDate(_ run: NumberRun) -> Bool {
    let separator = run.group(1).separator
    guard separator == run.group(2).separator else { return false }
    if run.hasShape(4, 2, 2) || run.hasShape(2, 2, 4) || run.hasShape(1, 2, 4) || run.hasShape(2, 1, 4) { return true }
    return run.hasShape(2, 2, 2) && separator != UInt8(ascii: " ")
  }
}

/// Country calling codes (ITU-T E.164): zones 1 and 7 are one digit, these are two, all others three.
enum CallingCode {
  private static let twoDigits: Set<Int> = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81,
    82, 84,
    86, 90, 91, 92, 93, 94, 95, 98,
  ]
  /// First two digits of codes with three.
  private static let threeDigits: Set<Int> = [21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99]

  /// - Parameters: the first two digits.
  static func isValid(_ first: UInt8, _ second: UInt8) -> Bool {
    let code = Int(first) * 10 + Int(second)
    return first == 1 || first == 7 || twoDigits.contains(code) || threeDigits.contains(code)
  }
}
