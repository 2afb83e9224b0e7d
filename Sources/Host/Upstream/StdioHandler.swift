internal import JSON
internal import MCP
internal import NIOCore

/// One conversation over a child's standard input and output: many calls at a time, told apart by ids of our own. Lives on one event
/// loop. Until `open` has succeeded only the handshake goes over the line.
///
/// Ends once, by `end(_:)`: every call in flight fails with the reason, later ones are turned away as not sent, `onEnd` is called.
final class StdioHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  typealias Waiter = CheckedContinuation<Result<UpstreamReply, CallFailure>, Never>

  enum State {
    case opening
    case open
    /// No further call is taken; those in flight may still be answered.
    case closing
    case ended
  }

  let eventLoop: any EventLoop
  let log: Log
  let onNotification: @Sendable (MCP.Notification) -> Void
  private var onEnd: (@Sendable (UpstreamError) -> Void)?
  private(set) var state = State.opening
  var pending = PendingCalls<Waiter>()
  var framer = LineFramer(maxLineBytes: Limits.Upstream.maxMessageBytes)
  var garbageLines = 0
  var unknownAnswers = 0
  /// What withdraws a question of the server that is not answered yet.
  var questions: [RequestID: @Sendable () -> Void] = [:]
  /// In a conversation of 2026-07-28.
  var listening: ServerListening?
  /// Whether callers who know nothing of each other share this child: what it says at large is then for none of them.
  let isSharedByAll: Bool
  /// Set until the conversation is open.
  var opening: StdioOpening?
  /// Of the child's input, until that is closed.
  var inputGauge: InputGauge?
  /// The question which era the child speaks has reached its input.
  var questionIsSent = false
  /// The child could not bear the question which era it speaks, so that another one may be started and not asked.
  private(set) var wasEndedByQuestion = false
  /// The conversation is one of 2026-07-28.
  private(set) var isModern = false
  var greeting: EventLoopPromise<Result<ServerGreeting, UpstreamError>>?
  private var context: ChannelHandlerContext?
  private var timer: Scheduled<Void>?
  private var timerDeadline = NIODeadline.distantFuture
  private var exitStatus: ExitStatus?
  private var outputHasEnded = false
  private var sentBytes = 0
  /// Some of `sentBytes` did not reach the child's input.
  private var wasInputRefused = false
  private var isFlushDue = false

  init(
    eventLoop: any EventLoop, log: Log, isSharedByAll: Bool = false, onNotification: @escaping @Sendable (MCP.Notification) -> Void,
    onEnd: @escaping @Sendable (UpstreamError) -> Void
  ) {
    self.isSharedByAll = isSharedByAll
    self.eventLoop = eventLoop
    self.log = log
    self.onNotification = onNotification
    self.onEnd = onEnd
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  // MARK: Calls

  /// Sends a call and keeps `waiter` until it is answered, out of time, cancelled, or the connection ends.
  func call(
    _ ticket: CallTicket, method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)?, waiter: Waiter
  ) {
    guard case .open = state, let channel = context?.channel, channel.isActive else {
      return waiter.resume(returning: .failure(.notSent))
    }
    guard pending.count < Limits.Upstream.maxInFlightPerChild, channel.isWritable else {
      return waiter.resume(returning: .failure(.failed(.overloaded)))
    }
    guard deadline > .now() else { return waiter.resume(returning: .failure(.failed(.timedOut(.request)))) }
    let id = pending.add(waiter, deadline: deadline, position: sentBytes, listener: listener)
    guard ticket.send(as: id) else { return fail(id, .cancelled) }
    send(Encode.request(id: RequestID(id), method: method, params: params)) { [weak self] isSent in
      if !isSent { self?.didNotSend(id) }
    }
    if deadline < timerDeadline { scheduleTimer(deadline) }
  }

  /// The child had closed its input, by its end as a rule, before it could have read the call to the end of the line.
  private func didNotSend(_ id: Int) { pending.remove(id)?.resume(returning: .failure(.notSent)) }

  /// The caller is gone: the child may stop working on it, and a late answer is dropped.
  func cancel(_ id: Int) {
    guard pending.contains(id) else { return }
    fail(id, .cancelled)
    sendCancelled(id, reason: "the caller cancelled the request")
  }

  func fail(_ id: Int, _ error: UpstreamError) { pending.remove(id)?.resume(returning: .failure(.failed(error))) }

  private func sendCancelled(_ id: Int, reason: String) {
    guard state != .ended else { return }
    sendIfPossible(Encode.cancelled(RequestID(id), reason: reason))
  }

  // MARK: Subscriptions

  /// - Parameter params: JSON text on one line.
  func openListening(_ number: Int, params: [UInt8]) {
    guard case .open = state else { return }
    sendIfPossible(Encode.request(id: ServerListening.id(number), method: MethodName.listen, params: params))
  }

  func closeListening(_ number: Int) {
    guard case .open = state else { return }
    sendIfPossible(Encode.cancelled(ServerListening.id(number), reason: "the subscription is not needed any more"))
  }

  // MARK: Output

  /// - Parameter onSent: told whether the child's input has taken the message whole.
  func send(_ message: [UInt8], _ onSent: ((Bool) -> Void)? = nil) {
    guard let context else {
      onSent?(false)
      return
    }
    var line = context.channel.allocator.buffer(capacity: message.count + 1)
    line.writeBytes(message)
    line.writeInteger(UInt8(ascii: "\n"))
    sentBytes += line.readableBytes
    let written = eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [weak self] result in
      let isSent = if case .success = result { true } else { false }
      if !isSent { self?.wasInputRefused = true }
      onSent?(isSent)
    }
    context.write(wrapOutboundOut(line), promise: written)
    flushSoon(context)
  }

  /// Calls that arrive in one turn of the event loop go out in one system call.
  private func flushSoon(_ context: ChannelHandlerContext) {
    guard !isFlushDue else { return }
    isFlushDue = true
    eventLoop.assumeIsolated().execute { [weak self] in
      self?.isFlushDue = false
      self?.context?.flush()
    }
  }

  /// For answers and notifications: a child that does not read loses them, rather than filling the gateway's memory.
  func sendIfPossible(_ message: [UInt8]) {
    guard context?.channel.isWritable == true else { return }
    send(message)
  }

  // MARK: Deadlines

  /// One timer serves all calls. It is moved only forward in time, so a call costs no timer of its own as a rule.
  private func scheduleTimer(_ deadline: NIODeadline) {
    timer?.cancel()
    timerDeadline = deadline
    timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.expireCalls() }
  }

  /// A call's deadline may have come nearer.
  func watchDeadlines() {
    if let next = pending.earliestDeadline, next < timerDeadline { scheduleTimer(next) }
  }

  private func expireCalls() {
    timerDeadline = .distantFuture
    let expired = pending.removeExpired(at: .now())
    for (id, waiter) in expired {
      waiter.resume(returning: .failure(.failed(.timedOut(.request))))
      sendCancelled(id, reason: "the request timed out")
    }
    if let next = pending.earliestDeadline { scheduleTimer(next) }
    if !expired.isEmpty { checkThatInputIsRead() }
  }

  /// After a call timed out: if the child has not even read what was sent and goes on not reading, its successor may do better.
  private func checkThatInputIsRead() {
    let before = readBytes
    guard before < sentBytes else { return }
    eventLoop.assumeIsolated().scheduleTask(in: Limits.Upstream.unreadInputTimeout) { [weak self] in
      guard let self, self.state != .ended, self.readBytes == before else { return }
      self.end(.protocolViolation("it does not read its input"))
    }
  }

  /// Bytes that the kernel has taken for the child so far.
  private var readBytes: Int {
    do {
      return sentBytes - (try context?.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0)
    } catch {
      // The channel is closed, so nothing waits any more.
      return sentBytes
    }
  }

  // MARK: Life

  /// What has been heard before the conversation was begun counts from now on.
  func endIfOver() {
    if outputHasEnded { outputDidEnd() } else if let exitStatus { processDidEnd(exitStatus) }
  }

  func didOpen(_ greeting: ServerGreeting) {
    state = .open
    opening = nil
    isModern = greeting.revision.era == .modern
    self.greeting?.succeed(.success(greeting))
    self.greeting = nil
  }

  /// Takes no further call and tells the child so by closing its input.
  func closeInput() {
    guard state != .ended else { return }
    if case .opening = state { return end(.cancelled) }
    state = .closing
    inputGauge = nil
    context?.close(mode: .output, promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    outputHasEnded = true
    outputDidEnd()
    context.fireChannelInactive()
  }

  /// Before `open` this says little: the command may not even have been executed, and the supervisor tells why.
  private func outputDidEnd() {
    if case .opening = state, greeting == nil { return }
    if let exitStatus { end(.exited(exitStatus.description)) } else { endSoon(.exited("closed its output")) }
  }

  /// The command has ended; what it wrote before may still be on its way.
  func processDidEnd(_ status: ExitStatus) {
    exitStatus = status
    if case .opening = state, greeting == nil { return }
    if outputHasEnded { end(.exited(status.description)) } else { endSoon(.exited(status.description)) }
  }

  private func endSoon(_ error: UpstreamError) {
    eventLoop.assumeIsolated().scheduleTask(in: Limits.Upstream.exitReportDelay) { [weak self] in self?.end(error) }
    if case .open = state { state = .closing }
  }

  /// Fails whatever waits and closes the channel.
  func end(_ error: UpstreamError) {
    guard state != .ended else { return }
    if case .exited = error { wasEndedByQuestion = endedByQuestion }
    let error = describeEnd(error)
    let position = readPosition
    state = .ended
    inputGauge = nil
    timer?.cancel()
    // First, so that whoever calls again after a failure is not given this conversation once more.
    if !wasEndedByQuestion { onEnd?(error) }
    onEnd = nil
    // What waits to be written is turned away as not sent.
    context?.close(promise: nil)
    for waiter in pending.removeAll(from: position) { waiter.resume(returning: .failure(.notSent)) }
    failCalls(error)
    listening?.stop()
    listening = nil
    greeting?.succeed(.failure(error))
    greeting = nil
  }

  /// How much of what was sent was read before everyone who could read it was gone: the command, and all who held its output open.
  private var readPosition: Int {
    guard exitStatus != nil, outputHasEnded, !wasInputRefused, let inputGauge else { return sentBytes }
    return sentBytes - inputGauge.unreadBytes
  }

  func failCalls(_ error: UpstreamError) {
    for withdraw in questions.values { withdraw() }
    questions.removeAll()
    let failure: CallFailure = if case .exited = error { .lost(error) } else { .failed(error) }
    for waiter in pending.removeAll() { waiter.resume(returning: .failure(failure)) }
  }

  private func describeEnd(_ error: UpstreamError) -> UpstreamError {
    guard case .opening = state, case .exited(let reason) = error else { return error }
    return .cannotStart("it \(reason) before the MCP handshake was complete")
  }
}
