internal import Glibc
internal import MCP
internal import NIOCore
internal import NIOPosix

/// The process's standard input and output, kept for the protocol alone.
package struct StandardStreams: Sendable {
  let input: Int32
  let output: Int32

  /// Takes them over: from now on, what anything else prints goes to standard error.
  package static func takeOver() throws(GatewayError) -> StandardStreams {
    let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard input >= 0, output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
      throw GatewayError(.unavailable, "Standard input and output cannot be used.", cause: String(cString: strerror(errno)))
    }
    return StandardStreams(input: input, output: output)
  }
}

/// Serves the client at standard input and output until the input ends.
final class StdioListener: Sendable {
  private let channel: any Channel
  private let handler: NIOLoopBound<StdioClientHandler>

  static func start(
    _ streams: StandardStreams, group: any EventLoopGroup, parts: StdioConversation.Parts, maxLineBytes: Int, drainTimeout: TimeAmount
  ) async throws -> StdioListener {
    let eventLoop = group.any()
    let handler = try await eventLoop.submit {
      NIOLoopBound(
        StdioClientHandler(parts, on: eventLoop, maxLineBytes: maxLineBytes, drainTimeout: drainTimeout), eventLoop: eventLoop)
    }.get()
    let channel = try await NIOPipeBootstrap(group: eventLoop)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler.value) }
      }
      .takingOwnershipOfDescriptors(input: streams.input, output: streams.output).get()
    return StdioListener(channel, handler)
  }

  private init(_ channel: any Channel, _ handler: NIOLoopBound<StdioClientHandler>) {
    self.channel = channel
    self.handler = handler
  }

  /// Returns when the client is gone.
  func finished() async { _ = await channel.closeFuture.result() }

  /// Lets running requests finish.
  func stop() { channel.eventLoop.execute { self.handler.value.inputEnded() } }
}

/// Lines of a client, and to it.
final class StdioClientHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let eventLoop: any EventLoop
  private let drainTimeout: TimeAmount
  private let parts: StdioConversation.Parts
  private let maxLineBytes: Int
  private var framer: LineFramer
  private var context: ChannelHandlerContext?
  private var conversation: StdioConversation?
  private var hasEnded = false

  init(_ parts: StdioConversation.Parts, on eventLoop: any EventLoop, maxLineBytes: Int, drainTimeout: TimeAmount) {
    self.parts = parts
    self.eventLoop = eventLoop
    self.drainTimeout = drainTimeout
    self.maxLineBytes = maxLineBytes
    framer = LineFramer(maxLineBytes: maxLineBytes)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    conversation = StdioConversation(parts, on: eventLoop) { [weak self] in self?.write($0) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasEnded else { return }
    do {
      try framer.append(unwrapInboundIn(data).readableBytesView)
    } catch {
      takeLines()
      write(Encode.error(id: nil, .parseError("A line is longer than the limit of \(maxLineBytes) bytes.")))
      return inputEnded()
    }
    takeLines()
  }

  private func takeLines() {
    while let line = framer.next() { conversation?.take(line) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(ChannelEvent.inputClosed) = event as? ChannelEvent {
      if let rest = framer.finish() { conversation?.take(rest) }
      inputEnded()
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    conversation?.cancelAll()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  /// What runs is answered within the time that a shutdown may take.
  func inputEnded() {
    guard !hasEnded, let conversation else { return }
    hasEnded = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let timer = eventLoop.scheduleTask(in: drainTimeout) { bound.value.leave() }
    conversation.finish { [weak self] in
      timer.cancel()
      self?.leave()
    }
  }

  private func leave() {
    guard let context else { return }
    let bound = NIOLoopBound(context, eventLoop: eventLoop)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.close(promise: nil) }
  }

  /// A client that does not read must not fill the gateway's memory.
  private func write(_ message: [UInt8]) {
    guard let context, context.channel.isActive else { return }
    guard backlog <= Limits.Upstream.maxOutboundBytes else { return context.close(promise: nil) }
    var line = context.channel.allocator.buffer(capacity: message.count + 1)
    line.writeBytes(message)
    line.writeInteger(UInt8(ascii: "\n"))
    context.writeAndFlush(wrapOutboundOut(line), promise: nil)
  }

  private var backlog: Int {
    // A closed channel has no options, and nothing waits in it.
    do { return try context?.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0 } catch { return 0 }
  }
}
