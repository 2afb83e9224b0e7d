internal import JSON
internal import MCP
internal import NIOCore

/// Requests of 2026-07-28 that may take several exchanges, because a server wants answers of the client before its own.
struct ModernRounds: Sendable {
  /// - Parameter after: what the client brings back, of a request of which nothing was kept.
  /// - Returns: JSON text of the result.
  typealias Work = @Sendable (_ context: RequestContext, _ after: Repetition?) async throws(RPCError) -> [UInt8]

  /// Methods whose results may ask for input.
  static let methods: Set<String> = [MethodName.toolsCall, MethodName.promptsGet, MethodName.resourcesRead]

  let held: HeldCalls
  let seal: StateSeal

  /// The answer to one exchange.
  func answer(_ call: Request, _ caller: Caller, _ context: RequestContext, work: @escaping Work) async throws(RPCError) -> [UInt8] {
    guard let link = context.link else { return try await work(context, nil) }
    let responses = call.params?["inputResponses"].flatMap { $0.isNull ? nil : $0 }
    var before: Repetition?
    switch try state(of: call, responses, for: caller, context) {
    case .held(let ticket): return try await resume(ticket, responses, call, link, caller, context)
    case .repeated(var repetition):
      try repetition.take(responses)
      before = repetition
    case nil: break
    }
    guard ClientCapabilities(link.capabilities).canBeAsked else { return try await work(context, before) }
    let heldCall = HeldCall(principal: caller.principal, link: link, held: held)
    let inner = context.with(
      session: nil, link: ClientLink(heldCall, from: link), revision: context.revision, parameterFields: context.parameterFields)
    heldCall.begin { [before] in
      do throws(RPCError) { return .success(try await work(inner, before)) } catch { return .failure(error) }
    }
    return try await follow(heldCall, call, caller, context)
  }

  private func state(of call: Request, _ responses: RawJSON?, for caller: Caller, _ context: RequestContext) throws(RPCError)
    -> RequestState?
  {
    guard responses == nil || responses?.kind == .object else { throw .invalidParams("inputResponses must be an object.") }
    guard let state = call.params?["requestState"], !state.isNull else {
      guard responses == nil else { throw .invalidParams("inputResponses need the requestState of the result that asked for them.") }
      return nil
    }
    guard let text = state.stringValue else { throw .invalidParams("requestState must be a string.") }
    return try seal.open(text, for: StateBinding(call, caller, context))
  }

  private func resume(
    _ ticket: String, _ responses: RawJSON?, _ call: Request, _ link: ClientLink, _ caller: Caller, _ context: RequestContext
  ) async throws(RPCError) -> [UInt8] {
    for (_, answer) in responses?.members ?? RawJSON(.object([:])).members where answer.kind != .object {
      throw .invalidParams("each of inputResponses must be an object.")
    }
    guard let heldCall = held.release(ticket), heldCall.resume(ticket: ticket, answers: responses, link: link) else {
      throw StateSeal.refusal
    }
    return try await follow(heldCall, call, caller, context)
  }

  private func follow(_ heldCall: HeldCall, _ call: Request, _ caller: Caller, _ context: RequestContext) async throws(RPCError) -> [UInt8]
  {
    switch await heldCall.news() {
    case .finished(let outcome): return try outcome.get()
    case .asked(let questions, let ticket, let time):
      let asked = InputRequired(questions: questions.map { InputRequired.Question(key: $0.key, method: $0.method, params: $0.params) })
      let state = seal.seal(.held(ticket: ticket), lifetime: time, for: StateBinding(call, caller, context))
      return asked.encoded(state: state, serverInfo: .gateway)
    }
  }

  /// The result that sends the client off with everything that is needed to go on.
  func encode(_ round: RoundAtClient, of call: Request, _ caller: Caller, _ context: RequestContext) -> [UInt8] {
    let state = seal.seal(.repeated(round.repetition), lifetime: held.inputTimeout, for: StateBinding(call, caller, context))
    return round.asked.encoded(state: state, serverInfo: .gateway)
  }
}
