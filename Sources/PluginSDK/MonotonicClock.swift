internal import Glibc

extension MonotonicTime {
  /// This moment.
  public static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
  }

  /// Nanoseconds until this moment; 0 when it has passed.
  public var nanosecondsLeft: UInt64 {
    let now = MonotonicTime.now.nanoseconds
    return nanoseconds > now ? nanoseconds - now : 0
  }
}
