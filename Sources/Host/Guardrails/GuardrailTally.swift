package import NIOCore
internal import Synchronization

/// What is counted about one binding for as long as the gateway runs, whatever instances and settings it had meanwhile.
package final class GuardrailTally: Sendable {
  /// A moment's counts.
  package struct Counts: Sendable {
    /// Verdicts by action.
    package var allowed: UInt64 = 0
    package var blocked: UInt64 = 0
    package var transformed: UInt64 = 0
    /// Checks without a verdict, by kind.
    package var failures: [PluginFailure.Code: UInt64] = [:]
    /// Checks that were not made, because the breaker was open.
    package var notAsked: UInt64 = 0
    package var lastVerdict: NIODeadline?
    package var lastFailure: (at: NIODeadline, code: PluginFailure.Code)?
    /// Time of checks that were made, as `DurationHistogram` counts it.
    package var buckets = [UInt64](repeating: 0, count: DurationHistogram.boundsSeconds.count + 1)
    package var sumSeconds = 0.0

    package var verdicts: UInt64 { allowed + blocked + transformed }
    package var failed: UInt64 { failures.values.reduce(0, +) }
  }

  private let counts = Mutex(Counts())

  package var current: Counts { counts.withLock { $0 } }

  func verdict(_ action: Verdict.Action, after elapsed: TimeAmount, now: NIODeadline) {
    counts.withLock { counts in
      switch action {
      case .allow: counts.allowed += 1
      case .block: counts.blocked += 1
      case .transform: counts.transformed += 1
      }
      counts.lastVerdict = now
      counts.took(elapsed)
    }
  }

  func failure(_ code: PluginFailure.Code, after elapsed: TimeAmount, now: NIODeadline) {
    counts.withLock { counts in
      counts.failures[code, default: 0] += 1
      counts.lastFailure = (now, code)
      counts.took(elapsed)
    }
  }

  func notAsked() { counts.withLock { $0.notAsked += 1 } }
}

extension GuardrailTally.Counts {
  fileprivate mutating func took(_ elapsed: TimeAmount) {
    let seconds = Double(elapsed.nanoseconds) / 1e9
    buckets[DurationHistogram.boundsSeconds.firstIndex { seconds <= $0 } ?? buckets.count - 1] += 1
    sumSeconds += seconds
  }
}
