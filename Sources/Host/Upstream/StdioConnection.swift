internal import Glibc
internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// A child and the conversation with it, usable from any thread. Calls made on the child's own event loop never leave it.
final class StdioConnection: Sendable {
  let askedLevel = AskedLevel()
  let process: ChildProcess
  private let handler: NIOLoopBound<StdioHandler>
  private let greetingBox = Mutex<ServerGreeting?>(nil)
  private let listeningBox = Mutex<ServerListening?>(nil)
  private let server: UpstreamServer
  private let modernParams: ModernParams
  private let eras: ServerMemory<Era>

  private init(
    _ server: UpstreamServer, process: ChildProcess, handler: NIOLoopBound<StdioHandler>, clientInfo: Implementation,
    eras: ServerMemory<Era>
  ) {
    self.server = server
    self.process = process
    self.handler = handler
    modernParams = ModernParams(clientInfo: clientInfo)
    self.eras = eras
  }

  /// What the server said about itself; nil before `open`.
  var greeting: ServerGreeting? { greetingBox.withLock { $0 } }

  /// Starts the child; the conversation is not open yet. `onEnd` is called once, on the event loop, when no further call can be made.
  /// - Parameter eras: what is known of servers, and will be of this one.
  static func launch(
    _ server: UpstreamServer, setup: UpstreamSetup, eras: ServerMemory<Era>, on eventLoop: any EventLoop, deadline: NIODeadline,
    onEnd: @escaping @Sendable (UpstreamError) -> Void
  ) async throws(UpstreamError) -> StdioConnection {
    let log = setup.log.scoped("upstream.\(server.name)")
    let onNotification: @Sendable (MCP.Notification) -> Void = { setup.onNotification(server, $0) }
    let handler = try await onLoop(eventLoop) {
      NIOLoopBound(
        StdioHandler(
          eventLoop: eventLoop, log: log, isSharedByAll: server.sharing == .gateway, onNotification: onNotification, onEnd: onEnd),
        eventLoop: eventLoop)
    }
    let secrets = SecretMask(environment: server.environment)
    let handlers = ChildProcess.Handlers(
      standardIO: { channel, input in
        handler.value.inputGauge = try InputGauge(input)
        let limit = Limits.Upstream.maxOutboundBytes
        try channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: limit / 2, high: limit))
        try channel.pipeline.syncOperations.addHandler(handler.value)
      },
      standardError: { try $0.pipeline.syncOperations.addHandler(StderrHandler(log: log, secrets: secrets)) })
    let (process, standardIO) = try await ChildProcess.launch(
      ChildCommand(server, setup: setup), supervisorPath: setup.supervisorPath, on: eventLoop, handlers: handlers,
      deadline: deadline)
    process.ended.whenSuccess { handler.value.processDidEnd($0) }
    process.gone.whenComplete { _ in standardIO.close(promise: nil) }
    // However the conversation ended, a child that stays after that is ended too.
    standardIO.closeFuture.whenComplete { _ in
      eventLoop.scheduleTask(in: Limits.Upstream.exitReportDelay + Limits.Upstream.inputClosedGrace) { process.terminate() }
    }
    return StdioConnection(server, process: process, handler: handler, clientInfo: setup.clientInfo, eras: eras)
  }

  /// Finds out which era the child speaks, and shakes hands. Fails the connection if that does not succeed before the deadline or the task is cancelled.
  func open(clientInfo: Implementation, capabilities: RawJSON?, deadline: NIODeadline) async throws(UpstreamError) {
    let promise = process.eventLoop.makePromise(of: Result<ServerGreeting, UpstreamError>.self)
    let timer = process.eventLoop.scheduleTask(deadline: deadline) { self.handler.value.end(.timedOut(.initialize)) }
    defer { timer.cancel() }
    let opening = StdioOpening(plan, clientInfo: clientInfo, capabilities: capabilities)
    onLoop { $0.open(opening, greeting: promise) }
    let result: Result<ServerGreeting, UpstreamError>
    do {
      result = try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        process.eventLoop.execute { self.handler.value.end(.cancelled) }
      }
    } catch {
      throw .exited("\(error)")
    }
    switch result {
    case .success(let greeting):
      greetingBox.withLock { $0 = greeting }
      if greeting.revision.era == .modern { startListening(greeting) }
      eras[server] = greeting.revision.era
    case .failure(let error):
      // Next time it is asked again, unless that is what ended it.
      eras[server] = await wasEndedByQuestion() ? .legacy : nil
      throw error
    }
  }

  var listening: ServerListening? { listeningBox.withLock { $0 } }

  private func startListening(_ greeting: ServerGreeting) {
    let handler = self.handler
    let eventLoop = process.eventLoop
    let params = modernParams
    let listening = ServerListening(
      greeting, on: eventLoop,
      wire: ServerListening.Wire(
        open: { number, filter in
          let text = params.enveloping(filter.params)
          eventLoop.execute { handler.value.openListening(number, params: text) }
        },
        close: { number in eventLoop.execute { handler.value.closeListening(number) } },
        missed: { notification in eventLoop.execute { handler.value.onNotification(notification) } }))
    listeningBox.withLock { $0 = listening }
    onLoop { $0.listening = listening }
    listening.begin()
  }

  /// Only that a server need not be asked is worth knowing: one that was updated answers the question differently.
  private var plan: StdioOpening.Plan {
    switch server.eraPin {
    case .legacy: .legacy
    case .modern: .modern
    case .auto: eras[server] == .legacy ? .legacy : .discover
    }
  }

  /// The child did not survive the question which era it speaks. Another one will not be asked.
  func wasEndedByQuestion() async -> Bool {
    do { return try await process.eventLoop.submit { self.handler.value.wasEndedByQuestion }.get() } catch { return false }
  }

  /// One call. `params` is JSON text of an object without line breaks.
  func request(
    method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)? = nil
  ) async throws(CallFailure) -> UpstreamReply {
    let ticket = CallTicket()
    let params = try greeting?.revision.era == .modern ? enveloped(params, listener) : params
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        onLoop { $0.call(ticket, method: method, params: params, deadline: deadline, listener: listener, waiter: waiter) }
      }
    } onCancel: {
      guard let id = ticket.cancel() else { return }
      process.eventLoop.execute { self.handler.value.cancel(id) }
    }
    return try result.get()
  }

  /// In 2026-07-28 every request says who sends it.
  private func enveloped(_ params: [UInt8], _ listener: (any UpstreamListener)?) throws(CallFailure) -> [UInt8] {
    do throws(JSONError) {
      return modernParams.enveloping(try RawJSON(validating: params), for: listener)
    } catch {
      throw .failed(.protocolViolation("the parameters of the call are not JSON: \(error)"))
    }
  }

  /// Ends the child step by step: its input is closed, then SIGTERM, then SIGKILL. Whoever waits for an answer may still get one.
  func close() { closeStepwise { $0.closeInput() } }

  /// The same, but whoever waits is told that the gateway shuts down.
  func shutDown() {
    closeStepwise {
      $0.failCalls(.shuttingDown)
      $0.closeInput()
    }
  }

  private func closeStepwise(_ closeInput: @escaping @Sendable (StdioHandler) -> Void) {
    onLoop(closeInput)
    let process = self.process
    let timer = process.eventLoop.scheduleTask(in: Limits.Upstream.inputClosedGrace) { process.terminate() }
    process.gone.whenComplete { _ in timer.cancel() }
  }

  /// Fails every call with `error` and ends the child without waiting for it to leave by itself.
  func abandon(_ error: UpstreamError) {
    onLoop { $0.end(error) }
    process.terminate()
  }

  private func onLoop(_ body: @escaping @Sendable (StdioHandler) -> Void) {
    if process.eventLoop.inEventLoop {
      body(handler.value)
    } else {
      process.eventLoop.execute { body(self.handler.value) }
    }
  }

  private static func onLoop<T: Sendable>(
    _ eventLoop: any EventLoop, _ body: @escaping @Sendable () -> T
  ) async throws(UpstreamError) -> T {
    do {
      return try await eventLoop.submit(body).get()
    } catch {
      throw .shuttingDown
    }
  }
}
