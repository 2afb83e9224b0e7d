internal import Synchronization

/// One operation, hint or callback inside a plugin on a pool thread, with the time by which it should be out again.
final class PoolFrame: Sendable {
  private enum State { case inside, overdue, returned }

  private let state = Mutex(State.inside)
  private let core: InstanceCore
  private let what: StaticString
  private let worker: ThreadPool.Worker
  private let turn: Lane.Turn?

  /// - Parameter turn: given back when the frame overstays, so that others of the instance go on; nil when only one may ever be inside.
  private init(_ core: InstanceCore, _ what: StaticString, _ worker: ThreadPool.Worker, _ turn: Lane.Turn?) {
    self.core = core
    self.what = what
    self.worker = worker
    self.turn = turn
  }

  /// Runs `body` inside the plugin on the current thread, which is `worker`'s.
  static func run(
    _ core: InstanceCore, _ what: StaticString, until deadline: UInt64, worker: ThreadPool.Worker, turn: Lane.Turn?, _ body: () -> Void
  ) {
    let frame = PoolFrame(core, what, worker, turn)
    let timer = core.runtime.timer.schedule(at: deadline) { frame.overstays() }
    body()
    core.runtime.timer.cancel(timer)
    frame.returns()
  }

  private func overstays() {
    state.withLock { state in
      guard state == .inside else { return }
      state = .overdue
      core.frameOverstays(what)
      worker.abandon()
      turn?.end()
    }
  }

  private func returns() {
    let wasOverdue = state.withLock { state in
      defer { state = .returned }
      return state == .overdue
    }
    if wasOverdue { core.overdueFrameReturned(what) }
  }
}
