internal import MCP
internal import NIOCore
internal import NIOHTTP1

/// An event stream as the answer on one connection: its head, its events as they come, a comment when it is quiet, its end. Confined to the event loop.
final class CarriedStream {
  private let stream: EventStream
  private let headers: HTTPHeaders
  private let isKeepAlive: Bool
  private let commentInterval: TimeAmount
  private let context: ChannelHandlerContext
  private let onEnd: (_ isKeepAlive: Bool) -> Void
  private var number: Int?
  private var keepAlive: Scheduled<Void>?
  private var lastWrite = NIODeadline.now()
  private var isOver = false

  /// - Parameters:
  ///   - headers: beside those of every event stream.
  ///   - isKeepAlive: the connection stays open after the stream.
  ///   - commentInterval: of silence, before a comment.
  ///   - onEnd: called once when the whole answer is written.
  init(
    _ stream: EventStream, headers: HTTPHeaders, isKeepAlive: Bool, commentInterval: TimeAmount, context: ChannelHandlerContext,
    onEnd: @escaping (_ isKeepAlive: Bool) -> Void
  ) {
    self.stream = stream
    self.headers = headers
    self.isKeepAlive = isKeepAlive
    self.commentInterval = commentInterval
    self.context = context
    self.onEnd = onEnd
  }

  /// Writes the head and attaches to the stream. False, with nothing written, when another connection carries it.
  func begin(after event: Int?, version: HTTPVersion) -> Bool {
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    // Deliveries arrive in a later turn of the loop, after the head.
    number = stream.attach(after: event) { delivery in eventLoop.execute { bound.value.take(delivery) } }
    guard number != nil else { return false }
    var headers: HTTPHeaders = [
      "content-type": "text/event-stream", "cache-control": "no-cache, no-store", "x-accel-buffering": "no",
    ]
    headers.add(contentsOf: self.headers)
    if !isKeepAlive { headers.add(name: "connection", value: "close") }
    write(.head(HTTPResponseHead(version: version, status: .ok, headers: headers)))
    context.flush()
    watch()
    return true
  }

  func connectionEnded() {
    isOver = true
    keepAlive?.cancel()
    if let number { stream.detach(number) }
  }

  private func take(_ delivery: EventStream.Delivery) {
    guard !isOver else { return }
    switch delivery {
    case .text(let text): send(text)
    case .end: end()
    }
  }

  /// A client that does not read must not fill the gateway's memory; of a session's stream it may fetch the rest later.
  private func send(_ text: [UInt8]) {
    guard backlog <= Limits.Transport.maxEventBacklogBytes else { return context.close(promise: nil) }
    lastWrite = .now()
    write(.body(.byteBuffer(context.channel.allocator.buffer(bytes: text))))
    context.flush()
  }

  private func end() {
    isOver = true
    keepAlive?.cancel()
    onEnd(isKeepAlive)
    guard isKeepAlive else {
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      return context.writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
    write(.end(nil))
    context.flush()
  }

  private func write(_ part: HTTPServerResponsePart) { context.write(NIOAny(part), promise: nil) }

  private var backlog: Int {
    // A closed channel has no options, and nothing waits in it.
    do { return try context.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0 } catch { return 0 }
  }

  private func watch() {
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    keepAlive = context.eventLoop.scheduleTask(deadline: lastWrite + commentInterval) {
      let carried = bound.value
      guard !carried.isOver else { return }
      if carried.lastWrite + carried.commentInterval <= .now() { carried.send(SSEEncoder.comment()) }
      carried.watch()
    }
  }
}
