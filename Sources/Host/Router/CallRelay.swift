internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// Carries what a server says during one call to the client of that call, and the client's answers back: in order, under ids and tokens of each side's own, and
/// screened like the call itself.
final class CallRelay: UpstreamListener {
  /// Judges one part of a message, which stands at `base` (RFC 6901): the text to pass on, or nil when it is blocked.
  typealias Screen = @Sendable (_ text: RawJSON, _ phase: GuardrailPhase, _ surface: String, _ base: String) async -> RawJSON?

  let progressToken: RequestID?
  let traceFields: [(name: String, value: String)]
  let conversation: String
  private let link: ClientLink
  /// Nil: nothing is screened.
  private let screen: Screen?
  /// Whether the call is still allowed, once its client has answered something; nil: it is.
  private let admit: @Sendable () async -> GatewayError?
  /// Told of each question before it is put to the client.
  private let willAsk: @Sendable (_ method: String, _ params: RawJSON?) -> Void
  private let denial = Mutex<GatewayError?>(nil)
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
  init(
    _ link: ClientLink, trace: TraceCarrier, timeout: TimeAmount, executor: any TaskExecutor, screen: Screen?,
    willAsk: @escaping @Sendable (_ method: String, _ params: RawJSON?) -> Void,
    admit: @escaping @Sendable () async -> GatewayError?
  ) {
    self.willAsk = willAsk
    self.link = link
    traceFields = trace.fields
    self.admit = admit
    conversation = link.conversation
    self.timeout = timeout
    self.executor = executor
    self.screen = screen
    latest = .now() + max(Limits.Upstream.maxCallDuration, timeout)
    progressToken = link.progressToken == nil ? nil : RequestID(Int(RandomID.word() >> 12))
  }

  var loggingLevel: LoggingLevel? { link.loggingLevel }
  var isLevelSaid: Bool { link.isLevelSaid }

  var capabilities: [UInt8] { ClientCapabilities(link.capabilities).declaration }

  /// Set when the call was forbidden while its client was asked: whatever the server answers now is not for the client.
  var denied: GatewayError? { denial.withLock { $0 } }

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
      guard let screen, let params = withoutToken(next) else { continue }
      if let passed = await screen(params, .output, next.method, "/params") { deliver(next, passed) }
    }
  }

  /// The token of progress is the gateway's own number, and says nothing: its digits could be taken for those of a payment card.
  private func withoutToken(_ notification: MCP.Notification) -> RawJSON? {
    guard notification.method == MethodName.progress, let params = notification.params else { return notification.params }
    guard let place = params["progressToken"] else { return nil }
    do throws(JSONError) { return try params.replacing([(place, Array("null".utf8))]) } catch { return nil }
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

  /// A capability that the client lacks altogether; of what it has, each request is looked at when it is asked.
  func answers(_ method: String) -> Bool {
    guard link.canAsk else { return false }
    switch ClientCapabilities(link.capabilities).obstacle(to: method, nil) {
    case .unknown, .missing: return false
    case .unsupported, nil: return true
    }
  }

  func asked(
    _ request: Request, answer: @escaping @Sendable (Result<RawJSON, RPCError>) -> Void
  ) -> @Sendable () -> Void {
    let task = Task(executorPreference: executor) { answer(await self.ask(request)) }
    return { task.cancel() }
  }

  private func ask(_ request: Request) async -> Result<RawJSON, RPCError> {
    if let obstacle = ClientCapabilities(link.capabilities).obstacle(to: request.method, request.params) {
      return .failure(.cannotBeAsked(obstacle))
    }
    var params = request.params
    if let screen, let original = params {
      guard let passed = await screen(original, .output, request.method, "/params") else { return .failure(.blocked) }
      params = passed
    }
    willAsk(request.method, params)
    let reply = await link.ask(method: request.method, params: params, deadline: latest)
    guard !ClientQuestions.isUnanswered(reply) else { return reply }
    if let error = await admit() {
      denial.withLock { $0 = error }
      return .failure(.denied)
    }
    guard let screen else { return reply }
    switch reply {
    case .success(let result):
      guard let passed = await screen(result, .input, request.method, "/result") else { return .failure(.blocked) }
      return .success(passed)
    case .failure(let error):
      return .failure(await screen(error.document, .input, request.method, "/error").flatMap(RPCError.init(object:)) ?? .blocked)
    }
  }
}

extension RPCError {
  /// A guardrail stopped a message that has no other answer than an error.
  static let blocked = RPCError(code: ErrorCode.internalError, message: "blocked by a guardrail of the gateway")
  /// What a server asked is not passed on, because its call is not allowed any more.
  static let denied = RPCError(code: ErrorCode.internalError, message: "the call is not allowed any more")

  /// For the server that asked what its client does not answer.
  static func cannotBeAsked(_ obstacle: ClientCapabilities.Obstacle) -> RPCError {
    switch obstacle {
    case .unknown, .missing: .methodNotFound("the client does not offer this method")
    case .unsupported: .invalidParams("the client does not offer this kind of request")
    }
  }
}
