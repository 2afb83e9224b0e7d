internal import PluginSDK
internal import Synchronization

/// What one instance knows of its service: whether it answered last time, and until when it asks to be left alone.
final class ServiceState: Sendable {
  private struct State {
    var failure: PluginError?
    var quietUntil = MonotonicTime(nanoseconds: 0)
  }
  private let state = Mutex(State())

  /// Why the last request had no usable answer; nil when it had one, or when there was none yet.
  var failure: PluginError? { state.withLock { $0.failure } }

  func succeeded() { state.withLock { $0.failure = nil } }
  func failed(_ error: PluginError) { state.withLock { $0.failure = error } }

  /// From now on nothing is sent for so long.
  func stayQuiet(nanoseconds: UInt64) {
    let moment = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds &+ nanoseconds)
    state.withLock { $0.quietUntil = max($0.quietUntil, moment) }
  }

  var quietNanoseconds: UInt64 { state.withLock { $0.quietUntil }.nanosecondsLeft }
}
