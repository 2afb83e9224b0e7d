internal import MCP
internal import NIOCore
internal import Synchronization

/// Whether servers that are there still answer, and whether those that were not are back.
extension UpstreamPool {
  // MARK: Silence

  /// A call had no answer although the connection stands. After too many another conversation is tried; what is in flight may still be
  /// answered for as long as this one takes to end.
  func missedAnswer(_ lease: State.Lease) {
    if let left = state.withLock({ $0.didMissAnswer(lease.child, now: .now()) }) { leave(left) }
  }

  private func leave(_ lease: State.Lease) {
    let status = state.withLock { $0.slots[lease.child.slot].map(Self.describe) }
    setup.log.warning(
      "out of service", ["server": status?.server ?? "", "config": status?.configID ?? "", "reason": status?.lastError?.operatorText ?? ""])
    close(lease)
    group.any().scheduleTask(in: Limits.Upstream.drainTimeout) { lease.connection.abandon(.timedOut(.request)) }
    recoverLater(lease.child.slot)
  }

  // MARK: Health checks

  /// Asks an idle conversation for a sign of life, again and again while it lasts. Takes place in the conversation that there is, so it leaves nothing
  /// behind at the server, and does not keep the conversation from being idle.
  func checkHealth(_ child: State.ChildID, every interval: TimeAmount, on eventLoop: any EventLoop) {
    eventLoop.scheduleTask(in: Self.bounded(interval)) { [weak self] in
      guard let self, self.isCurrent(child) else { return }
      Task(executorPreference: LoopExecutor(eventLoop)) {
        await self.checkHealth(child)
        self.checkHealth(child, every: interval, on: eventLoop)
      }
    }
  }

  private func isCurrent(_ child: State.ChildID) -> Bool { state.withLock { $0.current(child)?.isReady ?? false } }

  private func checkHealth(_ child: State.ChildID) async {
    guard let connection = state.withLock({ $0.connectionToCheck(child) }) else { return }
    let isModern = connection.greeting?.revision.era == .modern
    let isAlive: Bool
    do throws(CallFailure) {
      _ = try await connection.request(
        method: isModern ? MethodName.discover : MethodName.ping, params: Array("{}".utf8),
        deadline: .now() + Limits.Upstream.healthTimeout,
        listener: nil)
      isAlive = true
    } catch {
      switch error {
      case .failed(let reason): isAlive = !reason.countsAsUnanswered
      // The connection ends, and says so itself.
      case .notSent, .notRun, .lost: return
      }
    }
    if let left = state.withLock({ $0.didCheck(child, isAlive: isAlive, now: .now()) }) { leave(left) }
  }

  // MARK: Return

  /// Tries a server that failed again when its pause is over, so that its return is noticed although nobody calls it.
  func recoverLater(_ slot: UInt64) {
    guard let time = state.withLock({ $0.recoveryTime(slot) }) else { return }
    let eventLoop = group.any()
    eventLoop.scheduleTask(deadline: max(time, .now() + Limits.Upstream.firstBackOff)) { [weak self] in
      guard let self, let (child, server, evicted) = self.state.withLock({ $0.recover(slot, now: .now()) }) else { return }
      if let evicted { self.close(evicted) }
      let capabilities = self.state.withLock { $0.slots[slot]?.key.capabilities } ?? []
      Task(executorPreference: LoopExecutor(eventLoop)) {
        await self.start(child, server, capabilities: capabilities, on: eventLoop)
      }
    }
  }
}
