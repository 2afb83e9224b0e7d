internal import Glibc

/// Times as lines show them.
enum LineTime {
  /// RFC 3339 in UTC with microseconds.
  static func text(_ unixNanoseconds: UInt64) -> String {
    var seconds = time_t(clamping: unixNanoseconds / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let micros = String(1_000_000 + unixNanoseconds / 1000 % 1_000_000).dropFirst()
    return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
      + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(micros)Z"
  }

  /// From one time to a later one, to a microsecond.
  static func milliseconds(_ start: UInt64, _ end: UInt64) -> Double {
    end > start ? Double((end - start) / 1000) / 1000 : 0
  }

  private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// OpenTelemetry's severity numbers as words.
enum Severity {
  static func word(_ number: UInt32) -> String {
    switch number {
    case 1...4: "TRACE"
    case 5...8: "DEBUG"
    case 9...12: "INFO"
    case 13...16: "WARN"
    case 17...20: "ERROR"
    case 21...: "FATAL"
    default: "UNSET"
    }
  }

  static func padded(_ number: UInt32) -> String {
    let word = word(number)
    return word + String(repeating: " ", count: 5 - word.count)
  }
}
