internal import NIOCore
internal import PluginABI
internal import Synchronization

extension InstanceCore {
  /// What became of an attempt to run an operation on the caller's own thread.
  enum InlineResult {
    case settled(CallOutcome)
    /// The operation has returned without completing.
    case open(smg_call, since: UInt64)
    /// It must go to the pool.
    case busy
  }

  /// Runs an operation on the caller's thread, if it may. When it completes before it returns, nothing suspends and no timer is set.
  func runInline<Operation: PluginOperation>(
    _: Operation.Type, _ request: UnsafePointer<Operation.Request>, deadline: UInt64
  ) -> InlineResult {
    guard mayRunInline, Operation.isSmall(request), let instance = selfPointer else { return .busy }
    let turn = isSerial ? lane.tryTurn() : nil
    if isSerial, turn == nil { return .busy }
    defer { turn?.end() }
    guard tryEnter() else { return .settled(.failed(Self.retired)) }
    defer { leave() }
    guard
      let call = runtime.calls.reserve(
        owner: id, expecting: Operation.expectation(request), deadline: deadline, traceparent: Operation.traceparent(request),
        isEntered: true)
    else {
      return .settled(.failed(Self.tooManyCalls))
    }
    let frame = ThreadFrame.current.inline(self) { Operation.enter(self, instance, call, request, deadline: deadline) }
    let inside = frame.left &- frame.entered
    if inside > UInt64(Limits.Plugin.inlineFrameBudget.nanoseconds) {
      inlineFrameWasSlow(nanoseconds: inside, wasReported: frame.wasReported)
    }
    guard let outcome = runtime.calls.take(call) else { return .open(call, since: frame.entered) }
    counters.durations.record(nanoseconds: inside)
    return .settled(frame.left <= deadline ? outcome : .failed(Self.late))
  }

  /// Runs an operation on a pool thread.
  func run(
    _ what: StaticString, expecting expectation: CallExpectation, traceparent: String, deadline: UInt64, lane: Lane, pool: ThreadPool,
    keepsTurn: Bool,
    _ operation: @escaping @Sendable (UnsafeMutableRawPointer, smg_call) -> Void
  ) async -> CallOutcome {
    guard
      let call = runtime.calls.reserve(owner: id, expecting: expectation, deadline: deadline, traceparent: traceparent, isEntered: false)
    else {
      return .failed(Self.tooManyCalls)
    }
    return await settle(call, deadline: deadline) {
      lane.submit(
        Lane.Job(
          pool: pool,
          run: { worker, turn in self.enter(what, call, deadline, worker, keepsTurn ? nil : turn, operation) },
          reject: { self.end(call, PluginFailure(.unavailable, "too many operations wait for a thread")) }))
    }
  }

  private func enter(
    _ what: StaticString, _ call: smg_call, _ deadline: UInt64, _ worker: ThreadPool.Worker, _ turn: Lane.Turn?,
    _ operation: (UnsafeMutableRawPointer, smg_call) -> Void
  ) {
    guard tryEnter() else { return end(call, Self.retired) }
    defer { leave() }
    // Over before its turn came: the plugin never hears of it.
    guard let pointer = selfPointer, runtime.calls.enter(call) else { return }
    PoolFrame.run(self, what, until: Self.overdue(deadline), worker: worker, turn: turn) { operation(pointer, call) }
  }

  /// Waits for the outcome until the deadline or the task's cancellation; `start`, if given, sets the operation going.
  func settle(_ call: smg_call, deadline: UInt64, start: (() -> Void)? = nil) async -> CallOutcome {
    let timer = runtime.timer.schedule(at: deadline) { self.end(call, PluginFailure(.timeout, "no answer by the deadline")) }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let outcome = runtime.calls.park(call, CallTable.Waiter(continuation)) {
          continuation.resume(returning: outcome)
        } else {
          start?()
        }
      }
    } onCancel: {
      end(call, PluginFailure(.cancelled, "the caller has gone"))
    }
    runtime.timer.cancel(timer)
    return outcome
  }

  /// The host ends a call, and tells the plugin when it has seen it.
  func end(_ call: smg_call, _ failure: PluginFailure) {
    guard runtime.calls.finish(call, failure) == .won(entered: true) else { return }
    requests.callEnds(self, call)
    hint(call)
  }

  /// Tells the plugin that nobody waits for the call any more. A hint: dropped when too many are on their way.
  private func hint(_ call: smg_call) {
    guard let cancel = table.cancel, let pointer = selfPointer else { return }
    let isRoom = counters.hints.wrappingAdd(1, ordering: .relaxed).newValue <= Limits.Plugin.maxPendingHints
    let address = UInt(bitPattern: pointer)
    let isTaken =
      isRoom
      && runtime.services.submit { worker in
        defer { self.counters.hints.wrappingSubtract(1, ordering: .relaxed) }
        guard let pointer = UnsafeMutableRawPointer(bitPattern: address), self.tryEnter() else { return }
        defer { self.leave() }
        PoolFrame.run(self, "a cancel hint", until: Self.serviceDeadline, worker: worker, turn: nil) { cancel(pointer, call) }
      }
    if !isTaken { counters.hints.wrappingSubtract(1, ordering: .relaxed) }
  }

  /// Runs a callback that the plugin is owed on a service thread, then `settle` on the same thread, outside the plugin.
  func submitOwed(_ what: StaticString, _ callback: @escaping @Sendable () -> Void, then settle: @escaping @Sendable () -> Void) {
    let run: ThreadPool.Job = { worker in
      self.enterOwed()
      PoolFrame.run(self, what, until: Self.serviceDeadline, worker: worker, turn: nil, callback)
      self.leave()
      settle()
    }
    // The service pool refuses only once it has ended, which is after every instance was retired.
    if isSerial {
      lane.submit(Lane.Job(pool: runtime.services, run: { worker, _ in run(worker) }, reject: {}), isOwed: true)
    } else {
      _ = runtime.services.submit(run)
    }
  }

  // MARK: Times and texts

  /// A caller's deadline in nanoseconds of CLOCK_MONOTONIC, never further away than the host allows; nil when it has passed.
  static func bounded(_ deadline: NIODeadline) -> UInt64? {
    let now = WallClock.monotonicNanoseconds()
    let deadline = UInt64(clamping: deadline.uptimeNanoseconds)
    return deadline > now ? min(deadline, now + UInt64(Limits.Plugin.maxCallDuration.nanoseconds)) : nil
  }

  /// When a frame whose call ends at `deadline` should be out.
  private static func overdue(_ deadline: UInt64) -> UInt64 { deadline + UInt64(Limits.Plugin.overdueGrace.nanoseconds) }

  private static var serviceDeadline: UInt64 { WallClock.monotonicNanoseconds() + UInt64(Limits.Plugin.serviceFrameBudget.nanoseconds) }

  static let retired = PluginFailure(.unavailable, "the instance is being retired")
  static let tooLate = PluginFailure(.timeout, "the deadline has passed already")
  static let late = PluginFailure(.timeout, "answered after the deadline")
  private static let tooManyCalls = PluginFailure(.unavailable, "too many calls are open")
}
