internal import NIOCore
internal import PluginABI
internal import Synchronization

extension InstanceCore {
  /// Ends the instance (R9): no new calls; open calls get until `deadline`; `stop` and, if it ends well, `destroy`. What cannot be ended in time is leaked
  /// and counted. Waits: only for a host thread of its own.
  /// - Parameter deadline: nanoseconds of CLOCK_MONOTONIC.
  func retire(deadline: UInt64) {
    guard advance(from: .live, to: .draining) else { return }
    let counters = counters
    waitQuiet(until: deadline) {
      counters.inFlight.load(ordering: .sequentiallyConsistent) == 0 && counters.queuedRecords.load(ordering: .relaxed) <= 0
        && self.isOnlyStuckInside
    }
    finishOpenCalls()
    guard advance(from: .draining, to: .closed) else { return }
    // A thread that was let in just before is in or out by then.
    waitQuiet(until: Self.soon(Limits.Plugin.closingGrace)) { self.isOnlyStuckInside }
    finishOpenCalls()
    timers.stop(self)
    requests.stop(self)
    end(by: max(deadline, Self.soon(Limits.Plugin.minStopTime)))
  }

  /// `stop`, the owed callbacks, `destroy`.
  private func end(by deadline: UInt64) {
    guard let pointer = selfPointer else { return }
    let table = table
    guard let status = onOwnThread("stop", pointer, until: deadline, { table.provider.pointee.stop($0, deadline) }) else {
      return leak("stop has not returned by its deadline")
    }
    guard status == SMG_OK else { return leak("stop answered \(status)") }
    waitQuiet(until: deadline) { self.owedCallbacks == 0 && self.counters.frames.load(ordering: .sequentiallyConsistent) == 0 }
    let inside = counters.frames.load(ordering: .sequentiallyConsistent)
    guard inside == 0, owedCallbacks == 0 else { return leak("\(inside) threads are still inside") }
    let isDestroyed: Void? = onOwnThread("destroy", pointer, until: max(deadline, Self.soon(Limits.Plugin.minStopTime))) {
      table.provider.pointee.destroy($0)
    }
    if isDestroyed == nil { leak("destroy has not returned by its deadline") }
  }

  /// Ends an instance whose `create` came back after its deadline: nobody knows it, so it is stopped and destroyed on the spot.
  func discard(_ pointer: UnsafeMutableRawPointer) {
    begin(pointer)
    retire(deadline: WallClock.monotonicNanoseconds())
  }

  func leak(_ why: String) {
    counters.isLeaked.store(true, ordering: .relaxed)
    counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
    if table.isolation != nil, let pointer = selfPointer {
      // What waits for it here stays, but not the process.
      Unmanaged<IsolatedInstance>.fromOpaque(pointer).takeUnretainedValue().end(because: why)
    }
    log.error("cannot be ended and stays in memory: \(why)", ["binding": binding, "plugin": table.listing.pluginID])
  }

  private func finishOpenCalls() {
    for call in runtime.calls.openCalls(of: id) { end(call, Self.retired) }
  }

  private var isOnlyStuckInside: Bool {
    counters.frames.load(ordering: .sequentiallyConsistent) <= counters.stuck.load(ordering: .relaxed)
  }

  private func waitQuiet(until deadline: UInt64, _ isQuiet: () -> Bool) {
    _ = quiet.wait(until: deadline) { _ in isQuiet() ? true : nil }
  }

  static func soon(_ time: TimeAmount) -> UInt64 { WallClock.monotonicNanoseconds() + UInt64(time.nanoseconds) }

  /// Runs a function of the plugin that may not return on a thread that may be lost.
  /// - Returns: nil when it has not returned by the deadline, or no thread could be started.
  private func onOwnThread<Result: Sendable>(
    _ what: String, _ pointer: UnsafeMutableRawPointer, until deadline: UInt64,
    _ body: @escaping @Sendable (UnsafeMutableRawPointer) -> Result
  ) -> Result? {
    let result = Monitor<Result?>(nil)
    let address = UInt(bitPattern: pointer)
    let isStarted = HostThread.start("smg-\(what)") {
      guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else { return }
      let value = body(pointer)
      result.withLock { $0 = value }
      result.broadcast()
    }
    return isStarted ? result.wait(until: deadline) { $0 } : nil
  }
}

extension InstanceCore {
  /// Ends the instance on a thread of its own: open calls get until the deadline, then `stop` and `destroy` at least a moment more. A second call does nothing.
  /// - Parameter done: called when it is gone, or leaked.
  func retire(deadline: NIODeadline, done: @escaping @Sendable () -> Void) {
    let limit = Self.bounded(deadline) ?? 0
    let isStarted = HostThread.start("smg-retire") {
      self.retire(deadline: limit)
      done()
    }
    guard !isStarted else { return }
    leak("no thread to end it on")
    done()
  }

  func retire(deadline: NIODeadline) async {
    await withCheckedContinuation { continuation in retire(deadline: deadline) { continuation.resume() } }
  }
}
