internal import Synchronization

/// Carries one open call into a closure or a task. Taken at most once; a call that nobody takes completes itself.
final class CallBox: Sendable {
  private let call: Mutex<Call?>

  init(_ call: consuming Call) { self.call = Mutex(call) }

  func take() -> Call? { call.withLock { $0.take() } }
}
