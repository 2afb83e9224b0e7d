internal import Egress
internal import NIOCore
internal import PluginABI
internal import Synchronization

/// The open HTTP requests of one instance (`smg.host.http/0`, R8). Whoever takes a request out of the table first decides its outcome: the answer, a
/// cancellation, the end of the call that it serves, or `stop`. Every `done` that was accepted runs exactly once.
final class PluginRequests: Sendable {
  typealias Done = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<smg_http_response>) -> Void

  /// A callback the plugin is owed.
  struct Callback: @unchecked Sendable {
    let done: Done
    // The plugin's own pointer, handed back to it and never followed.
    let argument: UnsafeMutableRawPointer?

    func run(_ outcome: PluginHTTPOutcome) { outcome.withABI { done(argument, $0) } }
  }

  /// Why a request was not accepted.
  struct Refusal: Error {
    var status: smg_status
  }

  /// What a waiting thread gets.
  struct Settled: Sendable {
    var outcome: PluginHTTPOutcome
    var heldBytes: Int
  }

  private let table = Mutex(RequestTable())

  /// Callbacks that have not returned yet.
  var owed: Int { table.withLock { $0.owed } }
  /// Requests without an outcome.
  var open: Int { table.withLock { $0.count } }

  /// `create` has succeeded.
  func begin() { table.withLock { $0.begin() } }

  // MARK: The plugin's side

  func start(
    _ core: InstanceCore, _ request: UnsafeRawPointer?, _ callback: Callback, id: UnsafeMutablePointer<UInt64>?
  ) throws(Refusal) {
    _ = try open(core, request, .callback(callback), id)
  }

  /// Waits. Runs the callback on the current thread.
  func fetch(_ core: InstanceCore, _ request: UnsafeRawPointer?, _ callback: Callback) throws(Refusal) {
    guard !core.table.listing.flags.contains(.inline) else { throw Refusal(status: SMG_E_UNSUPPORTED) }
    let waiter = Monitor<Settled?>(nil)
    let (id, deadline) = try open(core, request, .waiter(waiter), nil)
    // The client keeps the deadline; this is for the case that it does not.
    var settled = waiter.wait(until: deadline + UInt64(Limits.Plugin.overdueGrace.nanoseconds)) { $0 }
    if settled == nil {
      settle(core, id, .timedOut)
      settled = waiter.wait(until: nil) { $0 }
    }
    core.enterOwed()
    defer { core.leave() }
    callback.run(settled?.outcome ?? .timedOut)
    delivered(core, heldBytes: settled?.heldBytes ?? 0)
  }

  /// - Returns: false when its outcome is decided.
  func cancel(_ core: InstanceCore, id: UInt64) -> Bool { settle(core, id, .cancelled) }

  // MARK: The host's side

  /// The host has ended a call: what served it is cancelled.
  func callEnds(_ core: InstanceCore, _ call: smg_call) {
    for id in table.withLock({ $0.serving(call) }) { settle(core, id, .cancelled) }
  }

  /// `stop` is about to be entered: no new requests, those that are open are cancelled.
  func stop(_ core: InstanceCore) {
    for id in table.withLock({ $0.stop() }) { settle(core, id, .cancelled) }
  }

  // MARK: One request

  private func open(
    _ core: InstanceCore, _ pointer: UnsafeRawPointer?, _ receiver: RequestTable.Receiver, _ place: UnsafeMutablePointer<UInt64>?
  ) throws(Refusal) -> (id: UInt64, deadline: UInt64) {
    try table.withLock { table throws(Refusal) in try table.admit() }
    guard let client = core.runtime.egress, let executor = RequestExecutor.shared else { throw Refusal(status: SMG_E_UNAVAILABLE) }
    var request = try read(core, pointer)
    let deadline = try request.setDeadline(core)
    request.join(core.runtime.calls.traceparent(of: request.call, owner: core.id))
    let id = try table.withLock { table throws(Refusal) in
      let id = try table.add(receiver, call: request.call, bytes: request.heldBytes)
      // Before the callback can run (R8).
      place?.pointee = id
      return id
    }
    try checkCall(core, request.call, id)
    run(core, id, request.egress, client, executor)
    return (id, deadline)
  }

  private func read(_ core: InstanceCore, _ pointer: UnsafeRawPointer?) throws(Refusal) -> PluginHTTPRequest {
    do throws(MalformedValue) {
      return try PluginHTTPRequest(pointer, rules: core.egress)
    } catch {
      core.counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
      core.warn("an HTTP request was refused: \(error.reason)")
      throw Refusal(status: SMG_E_INVALID)
    }
  }

  /// A call that ended before the request was in the table has not cancelled it. When somebody else has, its `done` is owed.
  private func checkCall(_ core: InstanceCore, _ call: smg_call, _ id: UInt64) throws(Refusal) {
    guard call != 0, core.runtime.calls.deadline(of: call, owner: core.id) == nil, let entry = table.withLock({ $0.take(id) }) else {
      return
    }
    delivered(core, heldBytes: entry.heldBytes)
    throw Refusal(status: SMG_E_STALE)
  }

  private func run(_ core: InstanceCore, _ id: UInt64, _ request: EgressRequest, _ client: EgressClient, _ executor: RequestExecutor) {
    let task = Task.detached(executorPreference: executor) { [self] in
      let outcome = await perform(core, id, request, client)
      settle(core, id, outcome)
    }
    if !table.withLock({ $0.setTask(task, of: id) }) { task.cancel() }
  }

  private func perform(_ core: InstanceCore, _ id: UInt64, _ request: EgressRequest, _ client: EgressClient) async -> PluginHTTPOutcome {
    do throws(EgressError) {
      let response = try await client.send(request)
      var body: [UInt8] = []
      var chunks = response.body.makeAsyncIterator()
      while let chunk = try await chunks.next() {
        guard table.withLock({ $0.hold(chunk.count, for: id) }) else { return .tooMuchHeld }
        if body.isEmpty { body = chunk } else { body += chunk }
      }
      return .answer(PluginHTTPAnswer(code: response.status, headers: response.headers, trailers: response.body.trailers, body: body))
    } catch {
      report(core, error)
      return PluginHTTPOutcome(error)
    }
  }

  /// Tells the operator how to allow what the policy refuses, once for each place.
  private func report(_ core: InstanceCore, _ error: EgressError) {
    guard case .refusedAddress(let host, let port, _, _) = error else { return }
    if table.withLock({ $0.isNews("\(host):\(port)") }) { core.warn("\(error) of this binding") }
  }

  /// - Returns: false when the outcome was decided before.
  @discardableResult private func settle(_ core: InstanceCore, _ id: UInt64, _ outcome: PluginHTTPOutcome) -> Bool {
    guard let entry = table.withLock({ $0.take(id) }) else { return false }
    entry.task?.cancel()
    switch entry.receiver {
    case .waiter(let waiter):
      waiter.withLock { $0 = Settled(outcome: outcome, heldBytes: entry.heldBytes) }
      waiter.signal()
    case .callback(let callback):
      core.submitOwed("a response callback") {
        callback.run(outcome)
      } then: {
        self.delivered(core, heldBytes: entry.heldBytes)
      }
    }
    return true
  }

  private func delivered(_ core: InstanceCore, heldBytes: Int) {
    let left = table.withLock { $0.delivered(heldBytes: heldBytes) }
    if left == 0, core.currentPhase != .live { core.quiet.broadcast() }
  }
}

extension PluginHTTPRequest {
  /// Makes it part of the trace of the call that it serves, unless the plugin has said of which.
  fileprivate mutating func join(_ traceparent: String?) {
    guard let traceparent, !egress.headers.contains(where: { $0.name.lowercased() == "traceparent" }) else { return }
    egress.headers.append(("traceparent", traceparent))
  }

  /// Sets when the request must be over.
  /// - Returns: nanoseconds of CLOCK_MONOTONIC.
  fileprivate mutating func setDeadline(_ core: InstanceCore) throws(PluginRequests.Refusal) -> UInt64 {
    var callDeadline: UInt64?
    if call != 0 {
      callDeadline = core.runtime.calls.deadline(of: call, owner: core.id)
      guard callDeadline != nil else { throw PluginRequests.Refusal(status: SMG_E_STALE) }
    }
    guard let limit = Self.deadline(asked: deadline, call: callDeadline, now: WallClock.monotonicNanoseconds()) else {
      throw PluginRequests.Refusal(status: SMG_E_TIMEOUT)
    }
    egress.deadline = .uptimeNanoseconds(limit)
    return limit
  }
}
