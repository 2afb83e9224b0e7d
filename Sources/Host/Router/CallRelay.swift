internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// Carries what a server says during one call to the client of that call, and the client's answers back: in order, under ids and tokens of each side's own, and
/// screened like the call itself.
final class CallRelay: UpstreamListener {
  /// Judges one message: the text to pass on, or nil when it is blocked.
  typealias Screen = @Sendable (_ text: RawJSON, _ phase: GuardrailPhase, _ surface: String) async -> RawJSON?

  let progressToken: RequestID?
  let conversation: String
  private let link: ClientLink
  /// Nil: nothing is screened.
  private let screen: Screen?
  let timeout: TimeAmount
  let latest: NIODeadline
  private let executor: any TaskExecutor
  private let queue = Mutex(Queue())

  /// Notifications that wait for their verdict; one task works them off.
  private struct Queue {
    var waiting: [MCP.Notification] = []
    var isWorking = false
    var whenEmpty: CheckedContinuation<Void, Never>?
  }

  /// - Parameter timeout: begins anew whenever something is heard of the call, up to ``Limits/Upstream/maxCallDuration`` altogether.
  init(_ link: ClientLink, of request: RequestContext, timeout: TimeAmount, executor: any TaskExecutor, screen: Screen?) {
    self.link = link
    conversation = request.session ?? request.id
    self.timeout = timeout
    self.executor = executor
    self.screen = screen
    latest = .now() + max(Limits.Upstream.maxCallDuration, timeout)
    progressToken = link.progressToken == nil ? nil : RequestID(Int(RandomID.word() >> 12))
  }

  var loggingLevel: LoggingLevel? { link.loggingLevel }

  // MARK: Notifications

  func notified(_ notification: MCP.Notification) {
    guard isWanted(notification) else { return }
    guard screen != nil else { return deliver(notification, notification.params) }
    let begins = queue.withLock { queue in
      guard queue.waiting.count < Limits.Upstream.maxQueuedNotifications else { return false }
      queue.waiting.append(notification)
      defer { queue.isWorking = true }
      return !queue.isWorking
    }
    if begins { Task(executorPreference: executor) { await self.work() } }
  }

  private func isWanted(_ notification: MCP.Notification) -> Bool {
    guard notification.method == MethodName.message else { return link.progressToken != nil }
    guard let wanted = link.loggingLevel, let level = notification.params?["level"]?.stringValue.flatMap({ LoggingLevel(rawValue: $0) })
    else { return false }
    return level >= wanted
  }

  private func work() async {
    while let next = take() {
      guard let screen, let params = next.params else { continue }
      if let passed = await screen(params, .output, next.method) { deliver(next, passed) }
    }
  }

  private func take() -> MCP.Notification? {
    let (next, waiter) = queue.withLock { queue -> (MCP.Notification?, CheckedContinuation<Void, Never>?) in
      guard queue.waiting.isEmpty else { return (queue.waiting.removeFirst(), nil) }
      queue.isWorking = false
      defer { queue.whenEmpty = nil }
      return (nil, queue.whenEmpty)
    }
    waiter?.resume()
    return next
  }

  private func deliver(_ notification: MCP.Notification, _ params: RawJSON?) {
    guard var params else { return }
    if notification.method == MethodName.progress {
      guard let token = link.progressToken, let place = params["progressToken"] else { return }
      // What cannot be given the client's own token is not for the client.
      do throws(JSONError) { params = try params.replacing([(place, token.encoded())]) } catch { return }
    }
    link.send(Encode.notification(method: notification.method, params: params.compacted().bytes))
  }

  /// Returns when everything heard so far was delivered, so that the answer comes last.
  func finish() async {
    await withCheckedContinuation { continuation in
      let isIdle = queue.withLock { queue in
        if queue.isWorking { queue.whenEmpty = continuation }
        return !queue.isWorking
      }
      if isIdle { continuation.resume() }
    }
  }

  // MARK: Questions

  /// Methods of requests from servers, and the client capability that each needs.
  private static let capabilities = ["sampling/createMessage": "sampling", "elicitation/create": "elicitation", "roots/list": "roots"]

  func answers(_ method: String) -> Bool {
    guard link.canAsk, let capability = Self.capabilities[method] else { return false }
    return link.capabilities?[capability]?.kind == .object
  }

  func asked(
    _ request: Request, answer: @escaping @Sendable (Result<RawJSON, RPCError>) -> Void
  ) -> @Sendable () -> Void {
    let task = Task(executorPreference: executor) { answer(await self.ask(request)) }
    return { task.cancel() }
  }

  private func ask(_ request: Request) async -> Result<RawJSON, RPCError> {
    var params = request.params
    if let screen, let original = params {
      guard let passed = await screen(original, .output, request.method) else { return .failure(.blocked) }
      params = passed
    }
    let reply = await link.ask(method: request.method, params: params.map { Array($0.compacted().bytes) }, deadline: latest)
    guard let screen, case .success(let result) = reply else { return reply }
    guard let passed = await screen(result, .input, request.method) else { return .failure(.blocked) }
    return .success(passed)
  }
}

extension RPCError {
  /// A guardrail stopped a message that has no other answer than an error.
  static let blocked = RPCError(code: ErrorCode.internalError, message: "blocked by a guardrail of the gateway")
}
