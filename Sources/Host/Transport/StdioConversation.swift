internal import JSON
internal import MCP
internal import NIOCore
internal import NIOHTTP1

/// One client over standard input and output: one message a line. Until `initialize` each request stands for itself (2026-07-28); after it the process serves
/// one legacy session. Confined to its event loop.
final class StdioConversation {
  private let parts: Parts
  private let eventLoop: any EventLoop
  private let executor: LoopExecutor
  /// Writes one line; on the event loop.
  private let write: ([UInt8]) -> Void
  private var session: Session?
  private var running: [RequestID: Task<Void, Never>] = [:]
  /// Called when nothing runs any more, once the input has ended.
  private var onIdle: (() -> Void)?

  /// What it takes to answer.
  struct Parts: Sendable {
    let states: StateSource
    let authenticator: Authenticator
    let server: GatewayServer
    /// The credentials that the client was configured with, as the headers that carry them over HTTP.
    let credentials: HTTPHeaders
    let jsonLimits: JSONLimits
  }

  init(_ parts: Parts, on eventLoop: any EventLoop, write: @escaping ([UInt8]) -> Void) {
    self.parts = parts
    self.eventLoop = eventLoop
    self.write = write
    executor = LoopExecutor(eventLoop)
  }

  /// One line of input.
  func take(_ line: [UInt8]) {
    do throws(RPCError) {
      let raw: RawJSON
      do throws(JSONError) { raw = try RawJSON(validating: line, limits: parts.jsonLimits) } catch {
        throw RPCError.parseError("The line is not valid JSON: \(error)")
      }
      guard raw.kind == .array else { return take(try Self.message(raw)) }
      guard session?.revision == .v2025_03_26, case .batch(let elements) = try Payload(raw) else { throw RPCError.batchRefused }
      try takeBatch(elements)
    } catch let refusal {
      write(Encode.error(id: nil, refusal))
    }
  }

  private static func message(_ raw: RawJSON) throws(RPCError) -> Message {
    do throws(RPCError) { return try Message(raw) } catch {
      throw RPCError(code: error.code, message: error.message, data: error.data)
    }
  }

  private func take(_ message: Message) {
    switch message {
    case .request(let call): begin(call)
    case .response(let response): session?.questions.take(response)
    case .notification(let notification):
      if notification.method == MethodName.initialized { session?.initialized() }
      guard notification.method == MethodName.cancelled, let id = notification.params?["requestId"].flatMap({ RequestID($0) }) else {
        return
      }
      running[id]?.cancel()
    }
  }

  // MARK: Requests

  private func begin(_ call: Request) {
    guard running[call.id] == nil else { return write(Encode.error(id: call.id, .invalidRequest("a request with this id is in flight"))) }
    guard running.count < Limits.Upstream.maxInFlightPerChild else {
      return write(Encode.error(id: call.id, .internalError("too many requests are in flight")))
    }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    running[call.id] = Task(executorPreference: executor) {
      let answer = await bound.value.answer(call)
      bound.value.finish(call.id, answer, isWanted: !Task.isCancelled)
    }
  }

  /// An answer to a request that the client cancelled is not sent.
  private func finish(_ id: RequestID, _ answer: [UInt8], isWanted: Bool) {
    running[id] = nil
    if isWanted { write(answer) }
    if running.isEmpty { onIdle?() }
  }

  /// Messages of a batch are answered together (2025-03-26).
  private func takeBatch(_ elements: [RawJSON]) throws(RPCError) {
    let id = RequestID.string("batch \(RandomID.wordText())")
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    running[id] = Task(executorPreference: executor) {
      var answers: [[UInt8]] = []
      for element in elements {
        if let answer = await bound.value.answer(element) { answers.append(answer) }
      }
      let text = answers.isEmpty ? nil : Array("[".utf8) + answers.joined(separator: [UInt8(ascii: ",")]) + Array("]".utf8)
      bound.value.finish(id, text ?? [], isWanted: text != nil)
    }
  }

  private func answer(_ element: RawJSON) async -> [UInt8]? {
    do throws(RPCError) {
      let message = try Message(element)
      guard case .request(let call) = message else {
        take(message)
        return nil
      }
      return await answer(call)
    } catch {
      return Encode.error(id: Message.requestID(in: element), error)
    }
  }

  private func answer(_ call: Request) async -> [UInt8] {
    do throws(RPCError) {
      return Encode.result(id: call.id, try await result(of: call))
    } catch {
      return Encode.error(id: call.id, error)
    }
  }

  private func result(of call: Request) async throws(RPCError) -> [UInt8] {
    let context = RequestContext(id: RandomID.wordText(), carrier: TraceCarrier(call.meta), session: nil)
    let caller = try await admit(context)
    if call.method == MethodName.initialize { return try initialize(call, caller, context) }
    guard let session else { return try await modern(call, caller, context) }
    guard session.principal == caller.principal else { throw .invalidRequest("the key belongs to somebody else now; connect again") }
    if call.method == MethodName.setLoggingLevel {
      session.loggingLevel = try LoggingLevel(settingOf: call)
      return Array("{}".utf8)
    }
    let link = ClientLink(session, call, on: eventLoop, channel)
    return try await parts.server.call(
      call, era: .legacy, caller, context.with(session: session.id, link: link, revision: session.revision))
  }

  private func modern(_ call: Request, _ caller: Caller, _ context: RequestContext) async throws(RPCError) -> [UInt8] {
    guard call.meta?[MetaKey.protocolVersion] != nil || call.method == MethodName.discover else {
      throw .invalidRequest("initialize first, or send \(MetaKey.protocolVersion) in _meta")
    }
    let envelope: ModernEnvelope
    do throws(ModernEnvelope.Failure) { envelope = try ModernEnvelope(call, headers: nil) } catch { throw error.error }
    let link = ClientLink(envelope, of: "stdio", on: eventLoop, channel)
    return try await parts.server.call(call, era: .modern, caller, context.with(session: nil, link: link))
  }

  private func initialize(_ call: Request, _ caller: Caller, _ context: RequestContext) throws(RPCError) -> [UInt8] {
    guard session == nil else { throw .invalidRequest("initialize may come only once") }
    guard let offered = call.params?["protocolVersion"]?.stringValue else {
      throw .invalidParams("initialize needs protocolVersion, a string")
    }
    let revision = Revision.negotiated(offered: offered)
    let greeting = try parts.server.greeting(revision, caller, context)
    let session = Session(
      principal: caller.principal, revision: revision, clientCapabilities: call.params?["capabilities"], now: .now())
    self.session = session
    parts.server.follow(session, caller) { [channel] in channel.send($0) }
    return greeting
  }

  /// The configuration counts as it is now, as over HTTP: a key that was disabled is refused at its next request.
  private func admit(_ context: RequestContext) async throws(RPCError) -> Caller {
    let state: GatewayState
    do throws(GatewayError) { state = try await parts.states.current() } catch {
      throw RPCError(code: ErrorCode.internalError, message: error.message, data: RawJSON(error.document()))
    }
    let admission = await parts.authenticator.admit(parts.credentials, state: state) {
      AuthRequest(
        context: CallContext(
          requestID: context.id, traceparent: context.traceparent, principal: "", session: "", projectID: "", userID: "", configID: ""),
        headers: parts.credentials.map { ($0.name.lowercased(), $0.value) }, method: "", target: "", resource: "", peer: "",
        transport: "stdio")
    }
    switch admission {
    case .caller(let caller): return caller
    case .refused(let refusal):
      throw RPCError(code: ErrorCode.invalidRequest, message: refusal.error.message, data: RawJSON(refusal.error.document()))
    }
  }

  private var channel: LineChannel {
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let eventLoop = eventLoop
    return LineChannel { message in
      if eventLoop.inEventLoop { bound.value.write(message) } else { eventLoop.execute { bound.value.write(message) } }
    }
  }

  // MARK: The end

  /// No further input comes: calls `onIdle` when every answer is written.
  func finish(onIdle: @escaping () -> Void) {
    self.onIdle = onIdle
    session?.questions.failAll()
    parts.server.endHeldCalls()
    if running.isEmpty { onIdle() }
  }

  func cancelAll() {
    for task in running.values { task.cancel() }
  }
}

/// Every message is a line of its own, the answer like any other.
private struct LineChannel: ClientChannel {
  let write: @Sendable ([UInt8]) -> Void

  func send(_ message: [UInt8]) { write(message) }
  func sendApart(_ message: [UInt8]) { write(message) }
  func finish(_ message: [UInt8]) -> Bool { false }
}
