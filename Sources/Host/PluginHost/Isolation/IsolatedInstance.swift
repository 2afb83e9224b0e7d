internal import CLinux
internal import Glibc
internal import NIOCore
internal import PluginABI
internal import Synchronization

/// An instance in a process of its own, as the gateway's side of the ABI: for `InstanceCore` a plugin like any other, whose operations return at once and
/// whose answers come from a thread of the host. When the process ends, its calls fail and another one is started.
final class IsolatedInstance: Sendable {
  enum Condition {
    /// Not created yet, or again.
    case starting
    case up(RunnerProcess)
    /// Ended; started again at a moment of CLOCK_MONOTONIC, or not any more.
    case down(until: UInt64?)
  }

  struct State {
    var condition = Condition.starting
    /// Grows with every process, so that what belongs to an old one is recognised.
    var epoch: UInt64 = 0
    /// What the process is owed and had no room for.
    var backlog: [(kind: FrameKind, number: UInt64, payload: [UInt8])] = []
    var backlogBytes = 0
    /// By number of a call or batch: when the process must have left it.
    var awaited: [UInt64: UInt64] = [:]
    /// By the process's number of a request: the gateway's.
    var requests: [UInt64: UInt64] = [:]
    var nextBatch: UInt64 = 1 << 63
    /// What `create` and `stop` answered.
    var created: (status: smg_status, text: String)?
    var stopped: smg_status?
    /// No other process is started.
    var isEnding = false
    /// The process has been ended by the host, for this reason.
    var killedFor: String?
  }

  let core: InstanceCore
  let plan: IsolationPlan
  let config: [UInt8]
  let state = Monitor(State())
  /// Wakes the thread that waits for the process.
  let wake: Int32

  init(_ core: InstanceCore, _ plan: IsolationPlan, config: [UInt8]) {
    self.core = core
    self.plan = plan
    self.config = config
    wake = smg_eventfd()
  }

  deinit { if wake >= 0 { close(wake) } }

  // MARK: Life

  /// Starts the first process and waits until its instance is created.
  func start() -> (status: smg_status, text: String) {
    guard wake >= 0 else { return (SMG_E_UNAVAILABLE, "no descriptor for the plugin's process") }
    guard HostThread.start("smg-isolated", { self.supervise() }) else { return (SMG_E_UNAVAILABLE, "no thread for the plugin's process") }
    let limit = InstanceCore.soon(plan.createTimeout)
    let created = state.wait(until: limit) { $0.created }
    if let created, created.status == SMG_OK { return created }
    end(because: "create has not returned in time")
    return created ?? (SMG_E_TIMEOUT, "create has not returned within \(plan.createTimeout.nanoseconds / 1_000_000) ms")
  }

  /// The plugin's `stop`. A process that does not stop in time is ended: nothing of it stays.
  func stop(deadline: UInt64) -> smg_status {
    state.withLock { $0.isEnding = true }
    var writer = WireWriter()
    writer.put(deadline)
    owe(.stop, 0, writer.bytes)
    interrupt()
    let answer = state.wait(until: deadline) { state -> smg_status? in
      if let status = state.stopped { return status }
      if case .up = state.condition { return nil }
      return SMG_OK
    }
    if answer != SMG_OK { end(because: answer == nil ? "stop has not returned by its deadline" : "stop answered \(answer ?? 0)") }
    return SMG_OK
  }

  /// The plugin's `destroy`, and the end of its process.
  func destroy() {
    owe(.destroy, 0)
    let limit = InstanceCore.soon(Limits.Plugin.minStopTime)
    let isGone: Bool? = state.wait(until: limit) { state in
      if case .up = state.condition { nil } else { true }
    }
    if isGone == nil { end(because: "destroy has not returned by its deadline") }
  }

  /// Ends the process now.
  func end(because reason: String) {
    state.withLock { state in
      state.isEnding = true
      kill(&state, reason)
    }
    interrupt()
  }

  /// Ends the process of an epoch; another one follows.
  func kill(_ state: inout State, _ reason: String) {
    guard case .up(let process) = state.condition, state.killedFor == nil else { return }
    state.killedFor = reason
    process.kill()
  }

  func interrupt() {
    var one: UInt64 = 1
    _ = Glibc.write(wake, &one, MemoryLayout<UInt64>.size)
  }

  // MARK: Operations

  /// Sends a call on its way. One that cannot be sent fails at once.
  func ask(_ kind: FrameKind, _ call: smg_call, _ write: (inout WireWriter) throws(WireError) -> Void) {
    guard core.counters.inFlight.load(ordering: .relaxed) <= Limits.Plugin.maxQueuedPerInstance else {
      return fail(call, PluginFailure(.unavailable, "too many operations wait for the plugin's process"))
    }
    var writer = WireWriter()
    do throws(WireError) {
      try write(&writer)
    } catch {
      return fail(call, PluginFailure(.invalid, "the request cannot be passed on: \(error)"))
    }
    if let failure = state.withLock({ send(&$0, kind, call, writer.bytes) }) { fail(call, failure) }
  }

  private func fail(_ call: smg_call, _ failure: PluginFailure) { _ = core.runtime.calls.finish(call, failure) }

  private func send(_ state: inout State, _ kind: FrameKind, _ number: UInt64, _ payload: [UInt8]) -> PluginFailure? {
    switch state.condition {
    case .starting: return PluginFailure(.unavailable, "the plugin's process is being started")
    case .down(let until):
      guard let until else { return PluginFailure(.unavailable, "the plugin's process has ended") }
      let now = WallClock.monotonicNanoseconds()
      let milliseconds = UInt32(clamping: (until > now ? until - now : 0) / 1_000_000)
      return PluginFailure(.unavailable, "the plugin's process has ended and is started again", retryAfterMilliseconds: milliseconds)
    case .up(let process):
      if state.backlog.isEmpty {
        switch process.socket.send(kind, number, payload) {
        case .done: return nil
        case .failed: return PluginFailure(.unavailable, "the plugin's process cannot be reached")
        case .full: break
        }
      }
      return keep(&state, kind, number, payload) ? nil : Self.full
    }
  }

  /// Keeps a message until there is room for it.
  /// - Returns: false when too much waits already.
  private func keep(_ state: inout State, _ kind: FrameKind, _ number: UInt64, _ payload: [UInt8]) -> Bool {
    guard state.backlog.count < Limits.Plugin.maxOwedFrames, state.backlogBytes + payload.count <= Limits.Plugin.maxOwedBytes else {
      return false
    }
    state.backlog.append((kind, number, payload))
    state.backlogBytes += payload.count
    interrupt()
    return true
  }

  private static let full = PluginFailure(.unavailable, "the plugin's process does not keep up")

  /// Nobody waits for the call any more: the process must leave it soon, or is ended.
  func cancel(_ call: smg_call) {
    state.withLock { state in
      guard case .up = state.condition else { return }
      state.awaited[call] = InstanceCore.soon(Limits.Plugin.isolatedLeaveBudget)
    }
    owe(.cancel, call)
    interrupt()
  }

  /// Hands over telemetry and waits until the plugin has returned.
  /// - Returns: false when the process did not take it.
  func deliver(_ kind: FrameKind, _ write: (inout WireWriter) throws(WireError) -> Void) -> Bool {
    var writer = WireWriter(reserving: 4096)
    do throws(WireError) {
      try write(&writer)
    } catch {
      core.warn("telemetry cannot be passed on: \(error)")
      return false
    }
    let limit = InstanceCore.soon(Limits.Plugin.telemetryFrameBudget)
    let sent = state.withLock { state -> (number: UInt64, epoch: UInt64)? in
      let number = state.nextBatch
      guard send(&state, kind, number, writer.bytes) == nil else { return nil }
      state.nextBatch += 1
      state.awaited[number] = limit
      return (number, state.epoch)
    }
    guard let sent else { return false }
    interrupt()
    return state.wait(until: limit + UInt64(Limits.Plugin.overdueGrace.nanoseconds)) { state -> Bool? in
      if state.epoch != sent.epoch { return false }
      return state.awaited[sent.number] == nil ? true : nil
    } ?? false
  }

  func dropped(_ records: Int) { core.counters.droppedRecords.wrappingAdd(UInt64(records), ordering: .relaxed) }

  // MARK: What the process is owed

  /// Sends it, now or when there is room.
  /// - Parameter epoch: of the process that it is for; nil: the present one.
  func owe(_ kind: FrameKind, _ number: UInt64, _ payload: [UInt8] = [], epoch: UInt64? = nil) {
    state.withLock { state in
      guard case .up(let process) = state.condition, epoch == nil || epoch == state.epoch else { return }
      if state.backlog.isEmpty, process.socket.send(kind, number, payload) != .full { return }
      if !keep(&state, kind, number, payload) { kill(&state, "it does not read what it is sent") }
    }
  }

  /// - Returns: whether something still waits for room.
  func sendBacklog() -> Bool {
    state.withLock { state in
      guard case .up(let process) = state.condition else { return false }
      var sent = 0
      for entry in state.backlog {
        if process.socket.send(entry.kind, entry.number, entry.payload) == .full { break }
        sent += 1
        state.backlogBytes -= entry.payload.count
      }
      state.backlog.removeFirst(sent)
      return !state.backlog.isEmpty
    }
  }
}
