internal import PluginABI
internal import Synchronization

/// The timers of one instance (`smg.host.timer/0`, R8): every `fire` that was accepted runs exactly once, on a service thread.
final class PluginTimers: Sendable {
  typealias Fire = @convention(c) (UnsafeMutableRawPointer?, smg_status) -> Void

  /// A callback the plugin is owed.
  struct Callback: @unchecked Sendable {
    let fire: Fire
    // The plugin's own pointer, handed back to it and never followed.
    let argument: UnsafeMutableRawPointer?
  }

  private enum Phase { case notYet, open, stopped }
  private struct State {
    var phase = Phase.notYet
    var pending: [UInt64: (callback: Callback, token: TimerToken)] = [:]
    var nextID: UInt64 = 1
    var owed = 0
  }
  private let state = Mutex(State())

  /// Callbacks that have not returned yet.
  var owed: Int { state.withLock { $0.owed } }

  /// `create` has succeeded.
  func begin() { state.withLock { if $0.phase == .notYet { $0.phase = .open } } }

  func after(_ core: InstanceCore, delay: UInt64, _ callback: Callback, id: UnsafeMutablePointer<UInt64>?) -> smg_status {
    let (due, isBeyond) = WallClock.monotonicNanoseconds().addingReportingOverflow(delay)
    // Inside the lock, because the id must be written before the callback can run.
    return state.withLock { state in
      switch state.phase {
      case .notYet: return SMG_E_UNAVAILABLE
      case .stopped: return SMG_E_CANCELLED
      case .open: break
      }
      guard state.owed < Limits.Plugin.maxTimersPerInstance else { return SMG_E_UNAVAILABLE }
      let number = state.nextID
      state.nextID += 1
      // When it is due at once, the timer's thread waits for this lock and then finds the entry.
      let token = core.runtime.timer.schedule(at: isBeyond ? .max : due) { core.timers.expire(core, number) }
      state.pending[number] = (callback, token)
      state.owed += 1
      id?.pointee = number
      return SMG_OK
    }
  }

  func cancel(_ core: InstanceCore, id: UInt64) -> smg_status {
    guard let entry = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return SMG_E_STALE }
    core.runtime.timer.cancel(entry.token)
    deliver(core, entry.callback, SMG_E_CANCELLED)
    return SMG_OK
  }

  /// `stop` is about to be entered: no new timers, those that wait are cancelled.
  func stop(_ core: InstanceCore) {
    let entries = state.withLock { state in
      state.phase = .stopped
      defer { state.pending = [:] }
      return state.pending
    }
    for (_, entry) in entries {
      core.runtime.timer.cancel(entry.token)
      deliver(core, entry.callback, SMG_E_CANCELLED)
    }
  }

  private func expire(_ core: InstanceCore, _ id: UInt64) {
    guard let entry = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
    deliver(core, entry.callback, SMG_OK)
  }

  private func deliver(_ core: InstanceCore, _ callback: Callback, _ why: smg_status) {
    core.submitOwed("a timer callback") {
      callback.fire(callback.argument, why)
    } then: {
      self.delivered(core)
    }
  }

  private func delivered(_ core: InstanceCore) {
    let left = state.withLock { state in
      state.owed -= 1
      return state.owed
    }
    if left == 0, core.currentPhase != .live { core.quiet.broadcast() }
  }
}
