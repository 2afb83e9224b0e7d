internal import Glibc
internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// A child and the conversation with it, usable from any thread. Calls made on the child's own event loop never leave it.
final class StdioConnection: Sendable {
  let process: ChildProcess
  private let handler: NIOLoopBound<StdioHandler>
  private let greetingBox = Mutex<ServerGreeting?>(nil)

  private init(process: ChildProcess, handler: NIOLoopBound<StdioHandler>) {
    self.process = process
    self.handler = handler
  }

  /// What the server said about itself; nil before `open`.
  var greeting: ServerGreeting? { greetingBox.withLock { $0 } }

  /// Starts the child; the conversation is not open yet. `onEnd` is called once, on the event loop, when no further call can be made.
  static func launch(
    _ server: UpstreamServer, setup: UpstreamSetup, on eventLoop: any EventLoop, deadline: NIODeadline,
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
      standardIO: { channel in
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
    return StdioConnection(process: process, handler: handler)
  }

  /// The MCP handshake. Fails the connection if it does not succeed before the deadline or the task is cancelled.
  func open(clientInfo: Implementation, capabilities: RawJSON?, deadline: NIODeadline) async throws(UpstreamError) {
    let promise = process.eventLoop.makePromise(of: Result<ServerGreeting, UpstreamError>.self)
    let timer = process.eventLoop.scheduleTask(deadline: deadline) { self.handler.value.end(.timedOut(.initialize)) }
    defer { timer.cancel() }
    onLoop { $0.open(clientInfo: clientInfo, capabilities: capabilities, greeting: promise) }
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
    let greeting = try result.get()
    greetingBox.withLock { $0 = greeting }
  }

  /// One call. `params` is JSON text of an object without line breaks.
  func request(
    method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)? = nil
  ) async throws(CallFailure) -> UpstreamReply {
    let ticket = CallTicket()
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
