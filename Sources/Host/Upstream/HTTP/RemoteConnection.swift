internal import Egress
internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// A conversation with a server over HTTP, usable from any thread. Its tasks run on one event loop.
///
/// Ends by itself when the server has forgotten the session or cannot be reached: `onEnd` is called once, before whoever waits is told.
final class RemoteConnection: UpstreamConnection {
  let askedLevel = AskedLevel()
  let server: UpstreamServer
  let wire: RemoteWire
  let setup: UpstreamSetup
  let log: Log
  let state = Mutex(RemoteState())
  let eventLoop: any EventLoop
  private let executor: LoopExecutor
  private let remembered: ServerMemory<RemoteChannel.Kind>
  let modernParams: ModernParams
  private let onEnd: @Sendable (ConnectionEnd) -> Void
  private let gonePromise: EventLoopPromise<Void>

  init(
    _ server: UpstreamServer, remote: RemoteServer, egress: EgressClient, remembered: ServerMemory<RemoteChannel.Kind>,
    setup: UpstreamSetup, on eventLoop: any EventLoop, onEnd: @escaping @Sendable (ConnectionEnd) -> Void
  ) {
    self.server = server
    wire = RemoteWire(client: egress, server: remote)
    self.setup = setup
    modernParams = ModernParams(clientInfo: setup.clientInfo)
    log = setup.log.scoped("upstream.\(server.name)")
    self.remembered = remembered
    self.eventLoop = eventLoop
    executor = LoopExecutor(eventLoop)
    self.onEnd = onEnd
    gonePromise = eventLoop.makePromise()
  }

  var greeting: ServerGreeting? { state.withLock { $0.greeting } }
  var gone: EventLoopFuture<Void> { gonePromise.futureResult }
  var processIDs: (command: Int32, supervisor: Int32)? { nil }

  // MARK: Tasks

  /// Begins a task, unless all is over.
  @discardableResult
  func spawn(_ work: RemoteState.Work, _ body: @escaping @Sendable () async -> Void) -> Bool {
    state.withLock { state in
      guard state.phase != .ended else { return false }
      spawn(work, &state, body)
      return true
    }
  }

  func spawn(_ work: RemoteState.Work, _ state: inout RemoteState, _ body: @escaping @Sendable () async -> Void) {
    let number = state.newTask()
    let task = Task(executorPreference: executor) {
      await body()
      if self.state.withLock({ $0.didFinish(number) }) { self.gonePromise.succeed() }
    }
    state.add(number, work, task)
  }

  func cancelTasks(_ matches: (RemoteState.Work) -> Bool) {
    for task in state.withLock({ $0.tasks(matches) }) { task.cancel() }
  }

  // MARK: Beginning

  func open(clientInfo: Implementation, capabilities: RawJSON?, deadline: NIODeadline) async throws(UpstreamError) {
    let promise = eventLoop.makePromise(of: Result<Void, UpstreamError>.self)
    let negotiation = Negotiation(wire: wire, clientInfo: clientInfo, capabilities: capabilities, deadline: deadline)
    let isBegun = spawn(.opening) { promise.succeed(await self.open(negotiation)) }
    if !isBegun { promise.succeed(.failure(.shuttingDown)) }
    // An event stream has no deadline of its own.
    let timer = eventLoop.scheduleTask(deadline: deadline) { self.cancelTasks { $0 == .opening } }
    defer { timer.cancel() }
    let result: Result<Void, UpstreamError>
    do {
      result = try await promise.futureResult.get()
    } catch {
      throw .shuttingDown
    }
    if case .failure(.cancelled) = result, deadline <= .now() { throw .timedOut(.initialize) }
    if case .failure(.timedOut) = result { throw .timedOut(.initialize) }
    try result.get()
  }

  private func open(_ negotiation: Negotiation) async -> Result<Void, UpstreamError> {
    let order = RemoteChannel.order(wire.server.transport, server.eraPin)
    do throws(UpstreamError) {
      let opened = try await negotiation.run(remembered[server].map { [$0] } ?? order)
      remembered[server] = order.count > 1 ? opened.channel.kind : nil
      if didOpen(opened) {
        if case .modern = opened.channel { startListening(opened.greeting) }
        return .success(())
      }
      // Nobody wants it any more.
      if case .streamable(let session) = opened.channel, session.id != nil {
        state.withLock { spawn(.farewell, &$0) { await self.sayFarewell(session) } }
      }
      return .failure(.shuttingDown)
    } catch {
      // Next time everything is asked again.
      remembered[server] = nil
      return .failure(error)
    }
  }

  private func didOpen(_ opened: Negotiation.Opened) -> Bool {
    state.withLock { state in
      guard state.phase == .opening else { return false }
      state.phase = .open
      state.channel = opened.channel
      state.greeting = opened.greeting
      if case .streamable(let session) = opened.channel, session.id != nil {
        state.owesFarewell = true
        spawn(.stream, &state) { await self.listen(session) }
      }
      if let stream = opened.stream { spawn(.stream, &state) { await self.follow(stream) } }
      return true
    }
  }

  // MARK: End

  /// Takes no further call from now on. `owesFarewell`: the server may still keep the session.
  func end(_ end: ConnectionEnd, owesFarewell: Bool) {
    let isFirst = state.withLock { state in
      guard state.phase == .open else { return false }
      state.phase = .closing
      if !owesFarewell { state.owesFarewell = false }
      return true
    }
    guard isFirst else { return }
    listening?.stop()
    if case .modern = state.withLock({ $0.channel }) { remembered[server] = nil }
    onEnd(end)
    finishIfIdle()
  }

  func close() {
    state.withLock { if $0.phase != .ended { $0.phase = .closing } }
    finishIfIdle()
  }

  func shutDown() {
    failCalls(.shuttingDown)
    close()
  }

  func abandon(_ error: UpstreamError) {
    failCalls(error)
    close()
  }

  func kill() {
    shutDown()
    cancelTasks { _ in true }
  }

  func failCalls(_ error: UpstreamError, mayHaveRun: Bool = false) {
    let (waiters, questions) = state.withLock { $0.removeCalls() }
    for question in questions { question.withdraw() }
    for waiter in waiters { waiter.resume(returning: .failure(mayHaveRun ? .lost(error) : .failed(error))) }
  }

  /// Ends a connection that is closing and has no call left: what still runs for it is broken off, and the server told.
  func finishIfIdle() {
    let (tasks, isGone) = state.withLock { state -> ([Task<Void, Never>], Bool) in
      guard state.phase == .closing, state.calls.count == 0 else { return ([], false) }
      state.phase = .ended
      state.listening?.stop()
      state.timer?.cancel()
      let tasks = state.tasks { $0 != .message }
      if state.owesFarewell, case .streamable(let session) = state.channel {
        spawn(.farewell, &state) { await self.sayFarewell(session) }
      }
      return (tasks, state.becameGone())
    }
    for task in tasks { task.cancel() }
    if isGone { gonePromise.succeed() }
  }

  private func sayFarewell(_ session: RemoteWire.Session) async {
    do throws(ExchangeFailure) {
      try await wire.delete(session, deadline: .now() + Limits.Upstream.farewellTimeout)
    } catch {
      if error.status != 405 { log.debug("the server did not take the end of its session", ["reason": error.error.operatorText]) }
    }
  }
}
