/// When a provider has been slow on event loops too often: `limit` times within ten seconds and in more than one of a hundred calls, so that a thread
/// that merely lost its processor now and then is not blamed.
struct InlineStrikes: Sendable {
  private static let window: UInt64 = 10_000_000_000
  private var since: UInt64 = 0
  private var callsBefore: UInt64 = 0
  private var strikes = 0

  /// Counts one slow call.
  /// - Parameters:
  ///   - now: nanoseconds of a monotonic clock.
  ///   - calls: calls of the instance so far, this one included.
  /// - Returns: true when it is out.
  mutating func add(now: UInt64, calls: UInt64, limit: Int) -> Bool {
    if strikes == 0 || now &- since > Self.window {
      since = now
      callsBefore = calls == 0 ? 0 : calls - 1
      strikes = 0
    }
    strikes += 1
    return strikes >= limit && UInt64(strikes) * 100 >= calls &- callsBefore
  }
}
