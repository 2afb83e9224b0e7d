internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// Holds the subscription of one conversation of 2026-07-28, whatever the transport: opens it, opens it again when it ends or when something else is wanted, and
/// brings the server's word to those who wait for it. Usable from any thread.
final class ServerListening: Sendable {
  /// What the transport does.
  struct Wire: Sendable {
    /// Sends `subscriptions/listen` with `ServerListening.id(number)`.
    let open: @Sendable (_ number: Int, ListenFilter) -> Void
    let close: @Sendable (_ number: Int) -> Void
    /// What the server would have said.
    let missed: @Sendable (MCP.Notification) -> Void
  }

  private typealias Waiter = CheckedContinuation<Result<RPCError?, CallFailure>, Never>

  private struct State {
    var listening: ListenState
    var waiters: [Int: Waiter] = [:]
    var lastTicket = 0
    var isStopped = false
  }

  private let state: Mutex<State>
  private let eventLoop: any EventLoop
  private let wire: Wire

  init(_ greeting: ServerGreeting, on eventLoop: any EventLoop, wire: Wire) {
    state = Mutex(State(listening: ListenState(ListenFilter(announcedBy: greeting))))
    self.eventLoop = eventLoop
    self.wire = wire
  }

  static func id(_ number: Int) -> RequestID { .string("listen-\(number)") }

  /// The number of the stream with that id; nil for other requests.
  static func number(_ id: RequestID) -> Int? {
    guard case .string(let text) = id, text.hasPrefix("listen-") else { return nil }
    return Int(text.dropFirst("listen-".count))
  }

  // MARK: Wishes

  func begin() { act { $0.begin() } }

  /// - Returns: nil once the server tells of the resource; or why it does not.
  func follow(_ uri: String, deadline: NIODeadline) async throws(CallFailure) -> RPCError? {
    let ticket = state.withLock { state in
      state.lastTicket += 1
      return state.lastTicket
    }
    let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(ticket, .failed(.timedOut(.request))) }
    defer { timer.cancel() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: Waiter) in
        let isStopped = state.withLock { state in
          if !state.isStopped { state.waiters[ticket] = waiter }
          return state.isStopped
        }
        guard !isStopped else { return waiter.resume(returning: .failure(.notSent)) }
        act { $0.follow(uri, ticket: ticket) }
        if Task.isCancelled { giveUp(ticket, .failed(.cancelled)) }
        if deadline <= .now() { giveUp(ticket, .failed(.timedOut(.request))) }
      }
    } onCancel: {
      giveUp(ticket, .failed(.cancelled))
    }
    return try result.get()
  }

  func unfollow(_ uri: String) { act { $0.unfollow(uri) } }

  private func giveUp(_ ticket: Int, _ failure: CallFailure) {
    let waiter = state.withLock { state in
      state.listening.forget(ticket: ticket)
      return state.waiters.removeValue(forKey: ticket)
    }
    waiter?.resume(returning: .failure(failure))
  }

  // MARK: Events

  /// `notifications/subscriptions/acknowledged`.
  func acknowledged(_ notification: MCP.Notification) {
    guard let id = notification.meta?[MetaKey.subscriptionID].flatMap({ RequestID($0) }), let number = Self.number(id) else { return }
    let honoured = ListenFilter(notification.params?["notifications"])
    act { $0.acknowledged(number, honoured, now: .now()) }
  }

  /// - Parameter refusal: the server's error in place of a stream; nil: it ended the stream, or the stream was cut.
  func ended(_ number: Int, refusal: RPCError? = nil) { act { $0.ended(number, refusal: refusal, now: .now()) } }

  /// The conversation is over.
  func stop() {
    let waiters = state.withLock { state in
      state.isStopped = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: .failure(.notSent)) }
  }

  // MARK: Steps

  private func act(_ event: (inout ListenState) -> [ListenState.Step]) {
    let (steps, settled) = state.withLock { state -> ([ListenState.Step], [(Waiter, RPCError?)]) in
      guard !state.isStopped else { return ([], []) }
      let steps = event(&state.listening)
      let settled = steps.compactMap { step -> (Waiter, RPCError?)? in
        guard case .settle(let ticket, let error) = step else { return nil }
        return state.waiters.removeValue(forKey: ticket).map { ($0, error) }
      }
      return (steps, settled)
    }
    for (waiter, error) in settled { waiter.resume(returning: .success(error)) }
    for step in steps { take(step) }
  }

  private func take(_ step: ListenState.Step) {
    switch step {
    case .open(let number, let filter):
      eventLoop.scheduleTask(in: Limits.Upstream.acknowledgementTimeout) { [weak self] in self?.act { $0.timedOut(number) } }
      wire.open(number, filter)
    case .close(let number): wire.close(number)
    case .retry(let pause): eventLoop.scheduleTask(in: pause) { [weak self] in self?.act { $0.retry() } }
    case .missed(let filter): for notification in filter.notifications { wire.missed(notification) }
    case .settle: break
    }
  }
}
