/// One thread that runs short host actions when they are due: call deadlines, overdue frames, plugin timers. Never runs plugin code.
final class DeadlineTimer: Sendable {
  private struct State {
    var heap = TimerHeap<@Sendable () -> Void>()
    var isStopped = false
  }
  private let monitor = Monitor(State())

  /// - Throws: when the system has no thread to give.
  init() throws(PluginHostError) {
    let monitor = monitor
    guard HostThread.start("smg-timer", { Self.run(monitor) }) else { throw .unavailable(reason: "no thread for the plugin host's timer") }
  }

  deinit { stop() }

  /// Runs `action` on the timer's thread at `deadline` (nanoseconds of CLOCK_MONOTONIC); it must not wait.
  func schedule(at deadline: UInt64, _ action: @escaping @Sendable () -> Void) -> TimerToken {
    let (token, isFirst) = monitor.withLock { state in
      let earliest = state.heap.earliest
      let token = state.heap.insert(at: deadline, action)
      return (token, earliest.map { deadline < $0 } ?? true)
    }
    if isFirst { monitor.signal() }
    return token
  }

  /// - Returns: false when the action has run, runs or was cancelled before.
  @discardableResult func cancel(_ token: TimerToken) -> Bool {
    // The action is released outside the lock: what it holds may have a deinit of its own.
    monitor.withLock { $0.heap.remove(token) } != nil
  }

  /// Ends the thread; what is still scheduled never runs.
  func stop() {
    monitor.withLock { $0.isStopped = true }
    monitor.signal()
  }

  private enum Step {
    case run(@Sendable () -> Void)
    case sleep(until: UInt64?)
    case end
  }

  private static func run(_ monitor: Monitor<State>) {
    var sleepUntil: UInt64?
    while true {
      let seen = sleepUntil
      let step = monitor.wait(until: sleepUntil) { state -> Step? in
        if state.isStopped { return .end }
        if let action = state.heap.popDue(now: WallClock.monotonicNanoseconds()) { return .run(action) }
        return state.heap.earliest == seen ? nil : .sleep(until: state.heap.earliest)
      }
      switch step {
      case .end: return
      case .run(let action): action()
      case .sleep(let until): sleepUntil = until
      case nil: continue
      }
    }
  }
}
