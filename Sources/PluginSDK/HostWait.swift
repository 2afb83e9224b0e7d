internal import Synchronization

/// One wait for something that the host does: joins its end, the task's cancellation and the continuation, whichever order they come in.
final class HostWait<ID: Sendable, Outcome: Sendable>: Sendable {
  private struct State {
    var continuation: CheckedContinuation<Outcome, Never>?
    var id: ID?
    var isCancelled = false
  }
  private let state = Mutex(State())

  func arm(_ continuation: CheckedContinuation<Outcome, Never>) {
    state.withLock { $0.continuation = continuation }
  }

  func started(_ id: ID, cancel: (ID) -> Bool) {
    let isCancelled = state.withLock { state in
      state.id = id
      return state.isCancelled
    }
    if isCancelled { _ = cancel(id) }
  }

  func cancel(using cancel: (ID) -> Bool) {
    let id = state.withLock { state in
      state.isCancelled = true
      return state.id
    }
    if let id { _ = cancel(id) }
  }

  func finish(_ outcome: Outcome) {
    let continuation = state.withLock { state in
      defer { state.continuation = nil }
      return state.continuation
    }
    continuation?.resume(returning: outcome)
  }
}
