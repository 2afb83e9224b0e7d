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
