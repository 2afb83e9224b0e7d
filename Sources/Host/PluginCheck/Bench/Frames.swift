internal import Glibc
internal import Synchronization

/// Which functions of the plugin are being run, and since when. A watchdog ends the check when one of them does not return.
final class Frames: Sendable {
  private struct State {
    var inside: [UInt64: (stage: String, since: UInt64)] = [:]
    var next: UInt64 = 0
  }
  private let state = Mutex(State())
  private let box: BlackBox?

  init(box: BlackBox?) { self.box = box }

  /// Runs a function of the plugin.
  func inside<Result>(_ stage: String, _ body: () -> Result) -> Result {
    box?.enter(stage)
    let id = state.withLock { state in
      state.next += 1
      state.inside[state.next] = (stage, WallClock.monotonicNanoseconds())
      return state.next
    }
    defer { _ = state.withLock { $0.inside.removeValue(forKey: id) } }
    return body()
  }

  func note(number: UInt64) { box?.number = number }

  /// The functions under way.
  var current: [String] { state.withLock { $0.inside.values.map(\.stage) } }

  /// What has been running for longer than `limit` nanoseconds.
  func overdue(after limit: UInt64) -> String? {
    let now = WallClock.monotonicNanoseconds()
    return state.withLock { state in
      state.inside.values.first { now > $0.since && now - $0.since > limit }?.stage
    }
  }
}
