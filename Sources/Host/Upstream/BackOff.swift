internal import NIOCore

/// How long a server that keeps failing is left alone. The first failure costs nothing: most deaths are accidents, and the next call
/// starts the server again.
struct BackOff: Sendable, Equatable {
  private(set) var failures = 0

  /// Records a start that failed, or a death after `lifetime`; gives the pause before the next start.
  mutating func pauseAfterFailure(lifetime: TimeAmount?) -> TimeAmount {
    if let lifetime, lifetime >= Limits.Upstream.healthyAfter { failures = 0 }
    failures = min(failures + 1, 64)
    return pause
  }

  /// Records that a server gave no answers, however long it lived; gives the pause, which there always is.
  mutating func pauseAfterSilence() -> TimeAmount {
    failures = min(max(failures + 1, 2), 64)
    return pause
  }

  private var pause: TimeAmount {
    guard failures > 1 else { return .zero }
    let doublings = min(failures - 2, 16)
    return min(Limits.Upstream.maxBackOff, .nanoseconds(Limits.Upstream.firstBackOff.nanoseconds << doublings))
  }
}
