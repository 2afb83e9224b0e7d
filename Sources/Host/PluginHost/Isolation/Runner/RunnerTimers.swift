internal import PluginABI
internal import Synchronization

/// The timers of the instance in a plugin's process (R8). They run here: the gateway hears nothing of them.
struct RunnerTimers {
  fileprivate var pending: [UInt64: (callback: PluginTimers.Callback, token: TimerToken)] = [:]
  fileprivate var nextID: UInt64 = 1
  fileprivate var owed = 0
}

extension RunnerInstance {
  func startTimer(delay: UInt64, _ callback: PluginTimers.Callback, id: UnsafeMutablePointer<UInt64>?) -> smg_status {
    switch currentPhase {
    case .creating: return SMG_E_UNAVAILABLE
    case .stopping: return SMG_E_CANCELLED
    case .live: break
    }
    let (due, isBeyond) = WallClock.monotonicNanoseconds().addingReportingOverflow(delay)
    // Inside the lock, because the id must be written before the callback can run.
    return timers.withLock { timers in
      guard timers.owed < Limits.Plugin.maxTimersPerInstance else { return SMG_E_UNAVAILABLE }
      let number = timers.nextID
      timers.nextID += 1
      let token = timer.schedule(at: isBeyond ? .max : due) { self.expire(number) }
      timers.pending[number] = (callback, token)
      timers.owed += 1
      id?.pointee = number
      return SMG_OK
    }
  }

  func cancelTimer(_ id: UInt64) -> smg_status {
    guard let entry = timers.withLock({ $0.pending.removeValue(forKey: id) }) else { return SMG_E_STALE }
    timer.cancel(entry.token)
    fire(entry.callback, SMG_E_CANCELLED)
    return SMG_OK
  }

  func stopTimers() {
    let all = timers.withLock { timers in
      defer { timers.pending = [:] }
      return timers.pending.values.map { $0 }
    }
    for entry in all {
      timer.cancel(entry.token)
      fire(entry.callback, SMG_E_CANCELLED)
    }
  }

  private func expire(_ id: UInt64) {
    guard let entry = timers.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
    fire(entry.callback, SMG_OK)
  }

  private func fire(_ callback: PluginTimers.Callback, _ why: smg_status) {
    callBack("a timer callback") { [self] in
      callback.fire(callback.argument, why)
      timers.withLock { $0.owed -= 1 }
    }
  }
}
