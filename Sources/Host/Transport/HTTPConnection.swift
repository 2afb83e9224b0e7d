internal import NIOCore
internal import NIOHTTP1

/// One client connection: gathers each request within the bounds of ``Limits/Transport``, hands it to the application and writes the answer.
/// Confined to its event loop. NIO's pipelining handler in front of it delivers one request at a time.
final class HTTPConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let application: any HTTPApplication
  private let settings: HTTPListenerSettings
  private let executor: LoopExecutor
  private let budget: BodyBudget
  private let connections: OpenConnections
  private var head: HTTPRequestHead?
  /// Of every answer to the request that is being read or worked on.
  private var answerHeaders: HTTPHeaders = [:]
  private var body = ByteBuffer()
  private var isRefused = false
  /// When the next step must have come; nil while a request is worked on.
  private var due: NIODeadline?
  private var timer: Scheduled<Void>?
  private var peer: String?
  private var writeStall: Scheduled<Void>?
  private var running: (task: Task<Void, Never>, exchange: NIOLoopBound<HTTPExchange>)?
  /// The event stream that is this connection's answer just now.
  private var carried: CarriedStream?

  init(
    application: any HTTPApplication, settings: HTTPListenerSettings, executor: LoopExecutor, budget: BodyBudget,
    connections: OpenConnections
  ) {
    self.application = application
    self.settings = settings
    self.executor = executor
    self.budget = budget
    self.connections = connections
  }

  func channelActive(context: ChannelHandlerContext) {
    expect(within: settings.idleTimeout, context: context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, context: context)
    case .body(let part): gather(part, context: context)
    case .end: finish(context: context)
    }
  }

  private func begin(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
    self.head = head
    answerHeaders = application.answerHeaders(for: head.headers)
    isRefused = false
    expect(within: settings.bodyTimeout, context: context)
    guard let length = head.headers.first(name: "content-length").flatMap(Int.init), length > settings.maxBodyBytes else {
      return continueIfAsked(head, context)
    }
    refuse(.payloadTooLarge, "The body is larger than the limit of \(settings.maxBodyBytes) bytes (max_body_bytes).", context: context)
  }

  /// RFC 9110 section 10.1.1: a client that waits for permission gets it once the declared length is known to fit.
  private func continueIfAsked(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    guard head.headers.first(name: "expect")?.lowercased() == "100-continue" else { return }
    context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
  }

  private func gather(_ part: ByteBuffer, context: ChannelHandlerContext) {
    guard !isRefused else { return }
    guard body.readableBytes + part.readableBytes <= settings.maxBodyBytes else {
      return refuse(
        .payloadTooLarge, "The body is larger than the limit of \(settings.maxBodyBytes) bytes (max_body_bytes).", context: context)
    }
    guard budget.take(part.readableBytes) else {
      return refuse(.serviceUnavailable, "Too many request bodies are arriving at once. Try again.", context: context)
    }
    guard body.readableBytes > 0 else { return body = part }
    var part = part
    body.writeBuffer(&part)
  }

  private func finish(context: ChannelHandlerContext) {
    due = nil
    guard let head, !isRefused else { return }
    self.head = nil
    let request = HTTPRequest(
      method: head.method, path: String(head.uri.prefix { $0 != "?" }), headers: head.headers,
      body: body.getBytes(at: body.readerIndex, length: body.readableBytes) ?? [], peer: peer(context.remoteAddress))
    releaseBody()
    run(request, isKeepAlive: head.isKeepAlive, version: head.version, context: context)
  }

  private func run(_ request: HTTPRequest, isKeepAlive: Bool, version: HTTPVersion, context: ChannelHandlerContext) {
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    let exchange = NIOLoopBound(HTTPExchange(), eventLoop: context.eventLoop)
    exchange.value.onCarry = { stream, number in
      let (handler, context) = bound.value
      return handler.carry(stream, after: number, isKeepAlive: isKeepAlive, version: version, context: context)
    }
    exchange.value.connections = connections
    let application = application
    let task = Task(executorPreference: executor) {
      let answer = await application.answer(request, exchange: exchange)
      let (handler, context) = bound.value
      handler.running = nil
      exchange.value.onCarry = nil
      exchange.value.onCancel = nil
      handler.connections.requestEnded()
      guard !answer.isCarried else { return }
      handler.write(answer, isKeepAlive: isKeepAlive, version: version, isHead: request.method == .HEAD, context: context)
    }
    exchange.value.onCancel = { task.cancel() }
    running = (task, exchange)
    connections.requestBegan()
  }

  private func carry(_ stream: EventStream, after number: Int?, isKeepAlive: Bool, version: HTTPVersion, context: ChannelHandlerContext)
    -> Bool
  {
    guard context.channel.isActive, carried == nil else { return false }
    let carried = CarriedStream(
      stream, headers: answerHeaders, isKeepAlive: isKeepAlive && version == .http1_1, commentInterval: settings.keepAliveInterval,
      context: context
    ) {
      [weak self] isKeepAlive in
      self?.carried = nil
      if isKeepAlive { self?.expect(within: self?.settings.idleTimeout ?? .zero, context: context) }
    }
    guard carried.begin(after: number, version: version) else { return false }
    self.carried = carried
    return true
  }

  private func write(_ answer: HTTPAnswer, isKeepAlive: Bool, version: HTTPVersion, isHead: Bool, context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    var headers = answer.headers
    headers.add(contentsOf: answerHeaders)
    if answer.status.mayHaveResponseBody { headers.add(name: "content-length", value: String(answer.body.count)) }
    if !isKeepAlive { headers.add(name: "connection", value: "close") }
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: version, status: answer.status, headers: headers))), promise: nil)
    if !isHead, !answer.body.isEmpty {
      context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: answer.body)))), promise: nil)
    }
    guard isKeepAlive else {
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      return context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
    // The next request may wait in the pipeline already: then it is begun within this call.
    expect(within: settings.idleTimeout, context: context)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  /// Answers before the whole request has arrived; what follows of it is not read, so the connection ends.
  private func refuse(_ status: HTTPResponseStatus, _ reason: String, context: ChannelHandlerContext) {
    isRefused = true
    releaseBody()
    due = nil
    write(.refusal(status, reason), isKeepAlive: false, version: head?.version ?? .http1_1, isHead: false, context: context)
  }

  private func releaseBody() {
    budget.giveBack(body.readableBytes)
    body = ByteBuffer()
  }

  // MARK: Deadlines

  /// Ends the connection unless the next step comes in time: the rest of a request, or the next request on an idle connection.
  ///
  /// One timer a connection looks at `due` now and then; to cancel a scheduled task costs time in proportion to the number of all others, and a request
  /// would do it several times.
  private func expect(within time: TimeAmount, context: ChannelHandlerContext) {
    due = .now() + time
    if timer == nil { watch(context) }
  }

  /// Looks again when the next step is due, at the latest after the shorter limit: so no step can become due before the timer that is set already.
  private func watch(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    let latest = NIODeadline.now() + min(settings.idleTimeout, settings.bodyTimeout)
    timer = context.eventLoop.scheduleTask(deadline: min(due ?? latest, latest)) {
      let (handler, context) = bound.value
      handler.timer = nil
      handler.look(context)
    }
  }

  private func look(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    guard let due, due <= .now(), running == nil, carried == nil else { return watch(context) }
    guard Self.waitingBytes(context.channel) == 0 else { return expect(within: settings.idleTimeout, context: context) }
    guard head != nil, !isRefused else { return context.close(promise: nil) }
    refuse(.requestTimeout, "The request did not arrive within the time limit.", context: context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    writeStall?.cancel()
    writeStall = nil
    if !context.channel.isWritable { expectProgress(since: .max, context: context) }
    context.fireChannelWritabilityChanged()
  }

  /// A slow reader may take its time, one that takes nothing may not: ends the connection when no byte leaves within the limit.
  private func expectProgress(since waiting: Int, context: ChannelHandlerContext) {
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    writeStall = context.eventLoop.scheduleTask(in: settings.writeTimeout) {
      let (handler, context) = bound.value
      let now = Self.waitingBytes(context.channel)
      guard now < waiting else { return context.close(promise: nil) }
      handler.expectProgress(since: now, context: context)
    }
  }

  private static func waitingBytes(_ channel: any Channel) -> Int {
    do { return try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0 } catch { return 0 }
  }

  // MARK: The end

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    writeStall?.cancel()
    releaseBody()
    carried?.connectionEnded()
    carried = nil
    if let running, running.exchange.value.isCancelledByDisconnect { running.task.cancel() }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  private func peer(_ address: SocketAddress?) -> String {
    if let peer { return peer }
    guard let address, let ip = address.ipAddress, let port = address.port else { return "" }
    let text = ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    peer = text
    return text
  }
}
