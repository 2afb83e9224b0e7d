internal import CLinux
internal import Glibc

/// The system's clocks, as numbers.
package enum WallClock {
  /// Nanoseconds since 1970 (CLOCK_REALTIME).
  package static func nowUnixNanoseconds() -> UInt64 { read(CLOCK_REALTIME) }
  /// Nanoseconds of CLOCK_MONOTONIC: the clock of the plugin ABI's deadlines and of NIODeadline.
  package static func monotonicNanoseconds() -> UInt64 { read(CLOCK_MONOTONIC) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}

extension WallClock {
  /// RFC 3339 in UTC with microseconds, e.g. `2026-01-31T23:59:59.000001Z`.
  package static func iso8601(unixNanoseconds: UInt64 = nowUnixNanoseconds()) -> String {
    let micros = String(1_000_000 + unixNanoseconds / 1000 % 1_000_000).dropFirst()
    return Timestamp.text(unixSeconds: Int64(unixNanoseconds / 1_000_000_000)).dropLast() + ".\(micros)Z"
  }

  /// As the original writes into its document, `2026-01-31T23:59:59.000001`: ISO 8601 with microseconds and without a zone; in UTC.
  package static func documentTime() -> String { String(iso8601().dropLast()) }

  /// `YYYY-MM-DD HH:MM:SS UTC`, the form of the cache tools.
  package static func plain(unixNanoseconds: UInt64) -> String {
    let text = Timestamp.text(unixSeconds: Int64(unixNanoseconds / 1_000_000_000))
    return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC"
  }
}
