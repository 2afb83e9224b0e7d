internal import Synchronization

/// How many log lines one instance may still write: `maxLogMessagesPerSecond`, up to two seconds' worth at once.
final class LogBudget: Sendable {
  private struct State {
    var lines = Double(2 * Limits.Plugin.maxLogMessagesPerSecond)
    var at: UInt64 = 0
  }
  private let state = Mutex(State())

  /// - Parameter now: nanoseconds of CLOCK_MONOTONIC.
  func take(now: UInt64) -> Bool {
    state.withLock { state in
      let rate = Double(Limits.Plugin.maxLogMessagesPerSecond)
      if now > state.at {
        state.lines = min(2 * rate, state.lines + Double(now - state.at) / 1e9 * rate)
        state.at = now
      }
      guard state.lines >= 1 else { return false }
      state.lines -= 1
      return true
    }
  }
}
