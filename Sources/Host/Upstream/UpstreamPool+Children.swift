internal import JSON
internal import MCP
package import NIOCore
internal import Synchronization

/// Beginning and end of children.
extension UpstreamPool {
  /// Starts a child for everybody who waits for it. Goes on even if all of them give up: the next caller profits.
  func start(_ child: State.ChildID, _ server: UpstreamServer, capabilities: [UInt8], on eventLoop: any EventLoop) async {
    let deadline = NIODeadline.now() + Self.bounded(server.startTimeout)
    do throws(UpstreamError) {
      let capabilities = try Self.capabilities(capabilities)
      guard let connection = try await open(child, server, capabilities, on: eventLoop, deadline: deadline) else { return }
      serve(child, connection, of: server, on: eventLoop)
      setup.log.info(
        "started",
        [
          "server": server.name, "config": server.configID, "pid": connection.processIDs.map { "\($0.command)" } ?? "none",
          "revision": connection.greeting?.revision.rawValue ?? "none",
        ])
    } catch {
      setup.log.warning("failed to start", ["server": server.name, "config": server.configID, "reason": error.operatorText])
      didEnd(child, error)
    }
  }

  /// - Returns: nil when nobody wants it any more.
  private func open(
    _ child: State.ChildID, _ server: UpstreamServer, _ capabilities: RawJSON?, on eventLoop: any EventLoop, deadline: NIODeadline
  ) async throws(UpstreamError) -> (any UpstreamConnection)? {
    let connection = try await connect(child, server, on: eventLoop, deadline: deadline)
    if let unwanted = state.withLock({ $0.didLaunch(child, connection) }) {
      abandon(unwanted, .shuttingDown)
      return nil
    }
    do throws(UpstreamError) {
      try await connection.open(clientInfo: setup.clientInfo, capabilities: capabilities, deadline: deadline)
      announcements[server] = connection.greeting?.announcesUpdates
      return connection
    } catch {
      guard await connection.wasEndedByQuestion() else { throw error }
      setup.log.info("ended when it was asked which revision it speaks, and is started again", ["server": server.name])
      connection.abandon(error)
      try await gone(connection, before: deadline, otherwise: error)
      guard state.withLock({ $0.willRelaunch(child) }) else { throw .shuttingDown }
      var unasked = server
      unasked.eraPin = .legacy
      return try await open(child, unasked, capabilities, on: eventLoop, deadline: deadline)
    }
  }

  /// Waits until nothing of a child is left.
  private func gone(
    _ connection: any UpstreamConnection, before deadline: NIODeadline, otherwise error: UpstreamError
  ) async throws(UpstreamError) {
    let isGone = connection.gone.eventLoop.makePromise(of: Bool.self)
    let timer = connection.gone.eventLoop.scheduleTask(deadline: deadline) { isGone.succeed(false) }
    connection.gone.whenComplete { _ in isGone.succeed(true) }
    defer { timer.cancel() }
    let answer: Bool
    do { answer = try await isGone.futureResult.get() } catch { answer = false }
    guard answer else { throw error }
  }

  private func connect(
    _ child: State.ChildID, _ server: UpstreamServer, on eventLoop: any EventLoop, deadline: NIODeadline
  ) async throws(UpstreamError) -> any UpstreamConnection {
    let key = state.withLock { $0.key(of: child) }
    var setup = setup
    setup.onNotification = { [weak self, told = setup.onNotification] server, notification in
      // Said to those who asked, and not at large.
      guard notification.method != MethodName.resourceUpdated else {
        if let key { self?.updated(key, notification) }
        return
      }
      told(server, notification)
    }
    guard let remote = server.remote else {
      return try await StdioConnection.launch(server, setup: setup, eras: eras, on: eventLoop, deadline: deadline) { [weak self] error in
        self?.didEnd(child, error)
      }
    }
    guard let egress = setup.egress else { throw .unavailable("this gateway makes no connections over HTTP") }
    return RemoteConnection(
      server, remote: remote, egress: egress, remembered: remembered, setup: setup, on: eventLoop
    ) { [weak self] end in self?.didEnd(child, by: end) }
  }

  /// Neither a timer that never rests nor one beyond what a clock holds.
  static func bounded(_ time: TimeAmount) -> TimeAmount { min(max(time, .milliseconds(20)), .hours(24 * 365)) }

  private static func capabilities(_ text: [UInt8]) throws(UpstreamError) -> RawJSON? {
    guard !text.isEmpty else { return nil }
    do {
      return try RawJSON(validating: text)
    } catch {
      throw .protocolViolation("the client's capabilities are not JSON: \(error)")
    }
  }

  private func serve(_ child: State.ChildID, _ connection: any UpstreamConnection, of server: UpstreamServer, on eventLoop: any EventLoop) {
    guard let (waiters, isReturn) = state.withLock({ $0.didStart(child, now: .now()) }) else { return }
    // Another version of the server may have come back: nobody is served from what the earlier one said.
    if isReturn { setup.onReturn(server) }
    for waiter in waiters { waiter.continuation.resume(returning: .success(State.Lease(child: child, connection: connection))) }
    checkIdle(child, after: server.idleTimeout, on: eventLoop)
    if let interval = server.healthInterval { checkHealth(child, every: interval, on: eventLoop) }
  }

  private func checkIdle(_ child: State.ChildID, after pause: TimeAmount, on eventLoop: any EventLoop) {
    eventLoop.scheduleTask(in: Self.bounded(pause)) { [weak self] in
      guard let self else { return }
      switch self.state.withLock({ $0.checkIdle(child, now: .now()) }) {
      case .close(let lease): self.close(lease)
      case .checkAgain(let pause): self.checkIdle(child, after: pause, on: eventLoop)
      case .nothing: break
      }
    }
  }

  /// A child did not start, or ended. Those who wait for it are told; the others learn it from the connection.
  func didEnd(_ child: State.ChildID, _ error: UpstreamError) {
    guard let (waiters, remains) = state.withLock({ $0.didFail(child, error, now: .now()) }) else { return }
    if let remains { abandon(remains, error) }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(error)) }
    recoverLater(child.slot)
  }

  /// A connection takes no more calls, and ends by itself when those in flight are done.
  private func didEnd(_ child: State.ChildID, by end: ConnectionEnd) {
    let (error, isFailure) =
      switch end {
      case .failed(let error): (error, true)
      case .expired(let error): (error, false)
      }
    guard let (waiters, remains) = state.withLock({ $0.didFail(child, error, countsAsFailure: isFailure, now: .now()) }) else { return }
    if let remains { forgetWhenGone(remains) }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(error)) }
    recoverLater(child.slot)
  }

  /// A connection takes no more calls, and why is still on its way. Its calls in flight are left to hear that from itself.
  func stopUsing(_ lease: State.Lease) {
    guard let (waiters, remains) = state.withLock({ $0.didFail(lease.child, .exited("ended"), now: .now()) }) else { return }
    if let remains { forgetWhenGone(remains) }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(.exited("ended"))) }
  }

  /// The child may finish what it does: its input is closed first.
  func close(_ lease: State.Lease) {
    lease.connection.close()
    forgetWhenGone(lease)
  }

  /// The child is of no use any more.
  private func abandon(_ lease: State.Lease, _ error: UpstreamError) {
    lease.connection.abandon(error)
    forgetWhenGone(lease)
  }

  private func forgetWhenGone(_ lease: State.Lease) {
    lease.connection.gone.whenComplete { [weak self] _ in self?.state.withLock { $0.didClose(lease.child) } }
  }

  // MARK: Retirement

  /// Children of matching entries get no new calls and are ended when those in flight are done, or after `Limits.Upstream.drainTimeout`.
  package func retire(where matches: @Sendable (UpstreamServer) -> Bool) { retire { matches($0.server) } }

  /// Ends the children that belong to this session alone.
  package func endSession(_ session: String) { retire { $0.key.session == session } }

  private func retire(_ matches: (State.Slot) -> Bool) {
    let (idle, busy) = state.withLock { $0.retire(where: matches) }
    for lease in idle { close(lease) }
    guard !busy.isEmpty else { return }
    group.any().scheduleTask(in: Limits.Upstream.drainTimeout) { [weak self] in
      for child in busy { self?.drain(child) }
    }
  }

  private func drain(_ child: State.ChildID) {
    let (waiters, remains) = state.withLock { $0.drain(child) }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(.timedOut(.start))) }
    if let remains { abandon(remains, .timedOut(.request)) }
  }

  // MARK: End

  /// Ends every child: its input is closed first, then SIGTERM, then SIGKILL, all children at the same time. Calls in flight fail with
  /// `.shuttingDown`. Returns when nothing is left of any child, or a second after the deadline.
  package func shutdown(deadline: NIODeadline) async {
    let (waiters, remains) = state.withLock { $0.shutDown() }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(.shuttingDown)) }
    for lease in remains {
      lease.connection.shutDown()
      forgetWhenGone(lease)
    }
    let eventLoop = group.any()
    let killing = eventLoop.scheduleTask(deadline: deadline) { self.killClosing() }
    defer { killing.cancel() }
    while await !isEmpty(within: Self.shutdownCheckInterval, on: eventLoop) {
      guard NIODeadline.now() < deadline + Self.killGrace else { break }
    }
    let left = state.withLock { $0.closing.count + $0.launching.count }
    if left > 0 { setup.log.error("children are still alive after shutdown", ["count": "\(left)"]) }
  }

  private static let shutdownCheckInterval = TimeAmount.milliseconds(20)
  /// After SIGKILL at the deadline.
  private static let killGrace = TimeAmount.seconds(1)

  private func killClosing() {
    for connection in state.withLock({ Array($0.closing.values) }) { connection.kill() }
  }

  /// Waits until the children known to be closing are gone, at most for `interval`; true if there is none, and none about to run, left.
  private func isEmpty(within interval: TimeAmount, on eventLoop: any EventLoop) async -> Bool {
    let closing = state.withLock { Array($0.closing.values) }
    let done = eventLoop.makePromise(of: Void.self)
    if !closing.isEmpty { EventLoopFuture.andAllComplete(closing.map(\.gone), on: eventLoop).cascade(to: done) }
    let timer = eventLoop.scheduleTask(in: interval) { done.succeed() }
    timer.futureResult.whenFailure { _ in done.succeed() }
    do { try await done.futureResult.get() } catch { setup.log.error("waiting for children failed", ["error": "\(error)"]) }
    return state.withLock { $0.closing.isEmpty && $0.launching.isEmpty }
  }

  // MARK: Status

  /// A snapshot of every child, in no particular order.
  package var states: [UpstreamState] {
    state.withLock { state in state.slots.values.map(Self.describe) }
  }

  static func describe(_ slot: State.Slot) -> UpstreamState {
    var retryAt: NIODeadline?
    let phase: UpstreamState.Phase
    switch slot.phase {
    case .starting: phase = .starting
    case .ready: phase = .ready
    case .failed(_, let until):
      phase = .failed
      retryAt = until
    }
    return UpstreamState(
      configID: slot.server.configID, server: slot.server.name, principal: slot.key.principal, session: slot.key.session, phase: phase,
      pid: slot.connection?.processIDs?.command, supervisorPID: slot.connection?.processIDs?.supervisor, inFlight: slot.inFlight,
      restarts: max(0, slot.starts - 1), lastError: slot.lastError, retryAt: retryAt, isRetired: slot.isRetired,
      revision: slot.connection?.greeting?.revision.rawValue)
  }
}
