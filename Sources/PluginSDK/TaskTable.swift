internal import PluginABI
internal import Synchronization

/// The tasks of one instance's open calls.
final class TaskTable: Sendable {
  private struct State {
    var tasks: [smg_call: Task<Void, Never>] = [:]
    var isEnding = false
  }
  private let state = Mutex(State())
  private let emptied = Gate()

  /// False when the instance is ending; `body` then never runs.
  func start(_ id: smg_call, _ body: @escaping @Sendable () async -> Void) -> Bool {
    state.withLock { state in
      guard !state.isEnding else { return false }
      state.tasks[id] = Task.detached {
        await body()
        self.finished(id)
      }
      return true
    }
  }

  private func finished(_ id: smg_call) {
    let isEmpty = state.withLock { state in
      state.tasks[id] = nil
      return state.isEnding && state.tasks.isEmpty
    }
    if isEmpty { emptied.open() }
  }

  func cancel(_ id: smg_call) { state.withLock { $0.tasks[id] }?.cancel() }

  /// No task starts from here on; those that run are cancelled.
  func cancelAll() {
    let tasks = state.withLock { state in
      state.isEnding = true
      return Array(state.tasks.values)
    }
    for task in tasks { task.cancel() }
    if tasks.isEmpty { emptied.open() }
  }

  /// Waits, on a host thread that may wait, until every task has ended. False: the deadline came first.
  func waitUntilEmpty(before deadline: MonotonicTime) -> Bool { emptied.wait(before: deadline) }
}
