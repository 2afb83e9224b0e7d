internal import Glibc
internal import PluginSDK

/// How long a service asks to be left alone (RFC 9110 section 10.2.3; `retry-after-ms` where a service sends it).
enum RetryAfter {
  /// Longer wishes count as this: a guardrail that stays silent for hours because of one header would be worse than one more refusal.
  static let maxNanoseconds: UInt64 = 300_000_000_000

  /// Nil when the answer does not say, or says it in a way that nobody understands.
  static func nanoseconds(_ response: HTTPResponse, now: Int = time(nil)) -> UInt64? {
    if let text = response.header("retry-after-ms"), let milliseconds = Double(text), (0...1e12).contains(milliseconds) {
      return min(maxNanoseconds, UInt64(milliseconds * 1e6))
    }
    guard let text = response.header("retry-after") else { return nil }
    if let seconds = Double(text), (0...1e12).contains(seconds) {
      return seconds * 1e9 > Double(maxNanoseconds) ? maxNanoseconds : UInt64(seconds * 1e9)
    }
    guard let moment = date(text) else { return nil }
    return UInt64(min(max(0, moment - now), Int(maxNanoseconds / 1_000_000_000))) * 1_000_000_000
  }

  /// Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT", the one form that senders may use.
  static func date(_ text: String) -> Int? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else { return nil }
    let clock = words[4].split(separator: ":")
    guard clock.count == 3, let day = Int32(words[1]), let year = Int32(words[3]) else { return nil }
    guard let hour = Int32(clock[0]), let minute = Int32(clock[1]), let second = Int32(clock[2]) else { return nil }
    guard (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute),
      (0...60).contains(second)
    else { return nil }
    var parts = tm()
    parts.tm_year = year - 1900
    parts.tm_mon = Int32(month)
    parts.tm_mday = day
    parts.tm_hour = hour
    parts.tm_min = minute
    parts.tm_sec = second
    return timegm(&parts)
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
