internal import NIOCore

/// When a plugin's process that has ended is started again: at once, then after ever longer pauses, until it has lived for a while. Pure.
struct RestartBackoff: Sendable {
  /// Ends in a row, each soon after the start before it.
  private(set) var failures = 0
  private var startedAt: UInt64 = 0

  mutating func started(now: UInt64) { startedAt = now }

  /// - Returns: the nanoseconds to wait.
  mutating func ended(now: UInt64) -> UInt64 {
    if now &- startedAt >= UInt64(Limits.Plugin.restartCalm.nanoseconds) { failures = 0 }
    failures += 1
    guard failures > 1 else { return 0 }
    let first = UInt64(Limits.Plugin.firstRestartPause.nanoseconds)
    let longest = UInt64(Limits.Plugin.longestRestartPause.nanoseconds)
    return min(longest, first << UInt64(min(failures - 2, 30)))
  }
}

/// The time by which restarts are paced: another one in tests, where nobody wants to wait.
package protocol RestartClock: Sendable {
  /// Nanoseconds that only grow.
  var now: UInt64 { get }
  /// - Returns: the moment of CLOCK_MONOTONIC until which to wait so that `moment` has come.
  func wait(until moment: UInt64) -> UInt64
}

/// CLOCK_MONOTONIC.
package struct SystemRestartClock: RestartClock {
  package init() {}
  package var now: UInt64 { WallClock.monotonicNanoseconds() }
  package func wait(until moment: UInt64) -> UInt64 { moment }
}
