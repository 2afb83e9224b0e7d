internal import Synchronization

/// What is counted about one instance.
final class InstanceCounters: Sendable {
  let calls = Atomic<UInt64>(0)
  let failures = Atomic<UInt64>(0)
  let stale = Atomic<UInt64>(0)
  let misbehaviours = Atomic<UInt64>(0)
  let durations = CallDurations()
  /// Calls without an answer yet.
  let inFlight = Atomic<Int>(0)
  /// Threads inside the plugin's code.
  let frames = Atomic<Int>(0)
  /// Frames past their deadline.
  let stuck = Atomic<Int>(0)
  /// Cancel hints on their way.
  let hints = Atomic<Int>(0)
  let droppedLogs = Atomic<UInt64>(0)
  let droppedRecords = Atomic<UInt64>(0)
  let queuedRecords = Atomic<Int>(0)
  let isLeaked = Atomic(false)
  /// Times that an isolated instance's process has ended by itself.
  let processEnds = Atomic<UInt64>(0)
  /// Times that another process took its place.
  let restarts = Atomic<UInt64>(0)
  /// Of an isolated instance's process while there is one; else 0.
  let processID = Atomic<Int32>(0)
  let strikes = Mutex(InlineStrikes())
}

extension InstanceCore {
  var stats: PluginStats {
    PluginStats(
      calls: counters.calls.load(ordering: .relaxed), failures: counters.failures.load(ordering: .relaxed),
      staleCompletions: counters.stale.load(ordering: .relaxed), misbehaviours: counters.misbehaviours.load(ordering: .relaxed),
      latency: counters.durations.current, inFlight: counters.inFlight.load(ordering: .relaxed),
      framesInside: counters.frames.load(ordering: .relaxed),
      stuckFrames: counters.stuck.load(ordering: .relaxed), owedCallbacks: owedCallbacks, openRequests: requests.open,
      droppedLogs: counters.droppedLogs.load(ordering: .relaxed),
      droppedRecords: counters.droppedRecords.load(ordering: .relaxed), isInline: mayRunInline,
      isLeaked: counters.isLeaked.load(ordering: .relaxed), isIsolated: table.isolation != nil,
      processEnds: counters.processEnds.load(ordering: .relaxed), restarts: counters.restarts.load(ordering: .relaxed),
      processID: counters.processID.load(ordering: .relaxed))
  }

  // MARK: Misbehaviour

  /// A frame on an event loop took longer than it may.
  func inlineFrameWasSlow(nanoseconds: UInt64, wasReported: Bool) {
    counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
    if wasReported { counters.stuck.wrappingSubtract(1, ordering: .relaxed) }
    warn("held up an event loop for \(nanoseconds / 1000) µs")
    let calls = counters.calls.load(ordering: .relaxed)
    let isOut = counters.strikes.withLock { $0.add(now: WallClock.monotonicNanoseconds(), calls: calls, limit: runtime.inlineStrikes) }
    if isOut { moveToPool("too many slow calls") }
  }

  /// The watchdog sees a frame on an event loop that does not return.
  func inlineFrameIsStuck(nanoseconds: UInt64) {
    counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
    counters.stuck.wrappingAdd(1, ordering: .relaxed)
    warn("has been holding up an event loop for \(nanoseconds / 1_000_000) ms")
    moveToPool("a call does not return")
  }

  /// A frame on a pool thread is still inside at its deadline.
  func frameOverstays(_ what: StaticString) {
    counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
    counters.stuck.wrappingAdd(1, ordering: .relaxed)
    warn("\(what) has not returned by its deadline")
  }

  func overdueFrameReturned(_ what: StaticString) {
    counters.stuck.wrappingSubtract(1, ordering: .relaxed)
    warn("\(what) has returned after its deadline")
  }

  /// A line about the plugin's behaviour, rate-limited together with the plugin's own.
  func warn(_ message: @autoclosure () -> String) {
    guard admitLogLine() else { return }
    log.warning(message(), ["binding": binding, "plugin": table.listing.pluginID])
  }

  /// Whether one more line may be written; counts it as dropped when not.
  func admitLogLine() -> Bool {
    let isAdmitted = logBudget.take(now: WallClock.monotonicNanoseconds())
    if !isAdmitted { counters.droppedLogs.wrappingAdd(1, ordering: .relaxed) }
    return isAdmitted
  }
}
