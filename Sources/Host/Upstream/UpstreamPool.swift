package import JSON
internal import MCP
package import NIOCore
internal import Synchronization

/// All conversations with servers, children of the gateway and others: starts them on first use, lets concurrent calls share them, ends them when they are
/// idle, retired or broken, and starts them again. Usable from any thread; a call made on a child's event loop stays on it.
package final class UpstreamPool: Sendable {
  typealias State = PoolState<any UpstreamConnection, WaitingCall>

  /// A call in the queue for a child that is being started.
  struct WaitingCall: Sendable {
    let continuation: CheckedContinuation<Result<State.Lease, UpstreamError>, Never>
  }

  let setup: UpstreamSetup
  let group: any EventLoopGroup
  let state: Mutex<State>
  private let nextTicket = Atomic<UInt64>(0)
  private let gate = ConcurrencyGate()
  let remembered = ServerMemory<RemoteChannel.Kind>()
  let eras = ServerMemory<Era>()
  /// Whether servers announced that they tell of changes of resources.
  let announcements = ServerMemory<Bool>()
  let following = Mutex(Following())
  let followSignals = Mutex<[UpstreamKey: FollowSignal]>([:])

  package convenience init(group: any EventLoopGroup, setup: UpstreamSetup) {
    self.init(group: group, setup: setup, capacity: PoolCapacity())
  }

  init(group: any EventLoopGroup, setup: UpstreamSetup, capacity: PoolCapacity) {
    self.group = group
    self.setup = setup
    state = Mutex(State(capacity: capacity))
  }

  /// One call. `params` is JSON text of an object. The deadline covers waiting for a child, too; starting one has its own as well.
  ///
  /// When the deadline passes or the task is cancelled, the server is sent `notifications/cancelled` and its late answer is dropped.
  package func request(
    _ target: UpstreamTarget, method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)? = nil
  ) async throws(UpstreamError) -> UpstreamReply {
    let params = try OneLine.params(params)
    let key = UpstreamKey(target)
    guard let limit = target.server.maxConcurrency else { return try await send(target, key, method, params, deadline, listener) }
    try await gate.enter(key, limit: limit, on: group.any(), deadline: deadline)
    defer { gate.leave(key) }
    return try await send(target, key, method, params, deadline, listener)
  }

  private func send(
    _ target: UpstreamTarget, _ key: UpstreamKey, _ method: String, _ params: [UInt8], _ deadline: NIODeadline,
    _ listener: (any UpstreamListener)?
  ) async throws(UpstreamError) -> UpstreamReply {
    var attempts = 0
    while true {
      let lease = try await lease(key, target: target, deadline: deadline)
      var isAnswered = false
      defer { release(lease, isAnswered: isAnswered) }
      await setLevel(lease, target, for: listener, deadline: deadline)
      do throws(CallFailure) {
        let reply = try await lease.connection.request(method: method, params: params, deadline: deadline, listener: listener)
        isAnswered = true
        return reply
      } catch {
        attempts += 1
        switch error {
        case .failed(let error):
          if error.countsAsUnanswered { missedAnswer(lease) }
          throw error
        case .notSent:
          stopUsing(lease)
          guard attempts < Self.maxAttempts else { throw .exited("ended before the call could be sent") }
        case .notRun(let error):
          guard attempts == 1 else { throw error }
        case .lost(let error):
          guard attempts == 1, Self.isRepeatable(method) else { throw error }
        }
      }
    }
  }

  /// Whether a call may be made twice: it reads, or sets what it sets whatever that was before.
  private static func isRepeatable(_ method: String) -> Bool {
    if method == MethodName.ping || method == MethodName.setLoggingLevel { return true }
    return ["/list", "/read", "/get", "/complete", "/subscribe", "/unsubscribe"].contains { method.hasSuffix($0) }
  }

  /// The server's answer to `initialize`, from the child that serves this target; starts it if need be.
  package func serverInfo(_ target: UpstreamTarget, deadline: NIODeadline) async throws(UpstreamError) -> RawJSON {
    let lease = try await lease(UpstreamKey(target), target: target, deadline: deadline)
    defer { release(lease, isAnswered: false) }
    guard let greeting = lease.connection.greeting else { throw .protocolViolation("it did not introduce itself") }
    return greeting.raw
  }

  /// A child may end just when a call is about to be sent; then the next one serves it. This often.
  private static let maxAttempts = 3

  // MARK: Leases

  private func lease(
    _ key: UpstreamKey, target: UpstreamTarget, deadline: NIODeadline
  ) async throws(UpstreamError) -> State.Lease {
    if let lease = state.withLock({ $0.lease(key) }) { return lease }
    let ticket = nextTicket.add(1, ordering: .relaxed).newValue
    let eventLoop = group.any()
    let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(ticket, .timedOut(.start)) }
    defer { timer.cancel() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        admit(key, target.server, WaitingCall(continuation: continuation), ticket: ticket, on: eventLoop)
        // Had the task been cancelled before, or the deadline passed, nobody would have found the waiter.
        if Task.isCancelled { giveUp(ticket, .cancelled) }
        if deadline <= .now() { giveUp(ticket, .timedOut(.start)) }
      }
    } onCancel: {
      giveUp(ticket, .cancelled)
    }
    return try result.get()
  }

  private func admit(_ key: UpstreamKey, _ server: UpstreamServer, _ waiter: WaitingCall, ticket: UInt64, on eventLoop: any EventLoop) {
    switch state.withLock({ $0.admit(key, server: server, waiter: waiter, ticket: ticket, now: .now()) }) {
    case .ready(let lease): waiter.continuation.resume(returning: .success(lease))
    case .refused(let error): waiter.continuation.resume(returning: .failure(error))
    case .wait: break
    case .start(let child, let evicted):
      if let evicted { close(evicted) }
      // On the loop: the global pool may be held up by a plugin that shares it.
      Task(executorPreference: LoopExecutor(eventLoop)) {
        await self.start(child, server, capabilities: key.capabilities, on: eventLoop)
      }
    }
  }

  private func giveUp(_ ticket: UInt64, _ error: UpstreamError) {
    state.withLock { $0.removeWaiter(ticket: ticket) }?.continuation.resume(returning: .failure(error))
  }

  private func release(_ lease: State.Lease, isAnswered: Bool) {
    if let last = state.withLock({ $0.release(lease.child, isAnswered: isAnswered, now: .now()) }) { close(last) }
  }

  /// A conversation that goes on without calls, until `letGo`.
  func hold(_ target: UpstreamTarget, deadline: NIODeadline) async throws(UpstreamError) -> State.Lease {
    let lease = try await lease(UpstreamKey(target), target: target, deadline: deadline)
    defer { release(lease, isAnswered: false) }
    state.withLock { $0.hold(lease.child) }
    return lease
  }

  func letGo(_ lease: State.Lease) { state.withLock { $0.letGo(lease.child, now: .now()) } }
}
