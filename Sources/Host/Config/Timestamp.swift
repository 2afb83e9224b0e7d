/// Times as the document has them: ISO 8601, `2026-12-31T23:59:59[.ffffff][Z|±hh:mm]`. Without a zone they are taken as UTC.
enum Timestamp {
  /// Seconds since 1970; nil when `text` is no such time.
  static func unixSeconds(_ text: String) -> Int64? {
    var scanner = Scanner(rest: Array(text.utf8)[...])
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"), let day = scanner.number(2),
      scanner.take("T") || scanner.take(" "), let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2),
      scanner.take(":"),
      let second = scanner.number(2), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60,
      second < 61
    else { return nil }
    scanner.skipFraction()
    guard let offset = scanner.zoneOffset() else { return nil }
    return (daysSince1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - offset
  }

  /// `2026-12-31T23:59:59Z`
  static func text(unixSeconds: Int64) -> String {
    let days = (unixSeconds - (unixSeconds % 86_400 + 86_400) % 86_400) / 86_400
    let second = unixSeconds - days * 86_400
    let (year, month, day) = civil(days)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(two(month))-\(two(day))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
  }

  private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// Days from 1970-01-01 in the Gregorian calendar: years begin in March, so that the leap day is the last.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let marchYear = month > 2 ? year : year - 1
    let era = marchYear / 400
    let yearOfEra = marchYear % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    return (yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
  }

  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Character) -> Bool {
      guard rest.first == character.asciiValue else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func number(_ digits: Int) -> Int64? {
      let text = rest.prefix(digits)
      guard text.count == digits, text.allSatisfy({ (48...57).contains($0) }) else { return nil }
      rest = rest.dropFirst(digits)
      return text.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    mutating func skipFraction() {
      guard rest.first == UInt8(ascii: "."), rest.dropFirst().first.map({ (48...57).contains($0) }) == true else { return }
      rest = rest.dropFirst().drop { (48...57).contains($0) }
    }

    /// Seconds east of UTC at the end of the text; nil when something else stands there.
    mutating func zoneOffset() -> Int64? {
      if rest.isEmpty || (take("Z") && rest.isEmpty) { return 0 }
      let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
      guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), rest.isEmpty, hours < 24, minutes < 60 else { return nil }
      return sign * (hours * 3600 + minutes * 60)
    }
  }
}
