internal import JSON
internal import MCP
internal import NIOCore

/// One call to a server, made as often as the server wants answers of the client first. Each question is screened like an answer of the server, each answer
/// like what the client sends, and each further round needs the permission that the first one needed.
struct UpstreamRounds {
  enum Ending: Sendable {
    case reply(UpstreamReply)
    /// A guardrail stopped a question, or the answer to one.
    case blocked(GuardrailPhase, ScreeningReport)
    /// The client is to make the call again, with answers and what it has to carry.
    case waits(InputRequired, Repetition)
  }

  /// What a round brings to the server.
  private struct Round {
    var answers: [UInt8]?
    var state: RawJSON?
    var number = 0
  }

  private enum Step {
    case next(Round)
    case end(Ending)
  }

  let pipeline: Pipeline
  let call: ForwardedRequest
  /// The part of the call that guardrails judge, as they let it pass.
  let content: RawJSON
  let request: RequestContext
  /// On the call itself.
  private let input: InputVerdict
  private let calls: CallStates?
  var server: ServerEntry
  var caller: Caller
  private let timeout: TimeAmount
  private let relay: CallRelay?
  private let latest: NIODeadline
  private var pause = Limits.Bridge.firstRepeatPause

  init(
    _ pipeline: Pipeline, _ call: ForwardedRequest, _ content: RawJSON, _ input: InputVerdict, on server: ServerEntry, for caller: Caller,
    _ request: RequestContext, _ calls: CallStates?
  ) {
    self.input = input
    self.calls = calls
    self.pipeline = pipeline
    self.call = call
    self.content = content
    self.server = server
    self.caller = caller
    self.request = request
    timeout = server.timeout ?? caller.state.config.common.timeouts.toolExecution
    relay = pipeline.relay(of: call, on: server, for: caller, request, timeout: timeout, input, calls)
    latest = relay?.latest ?? .now() + timeout
  }

  mutating func run() async throws(GatewayError) -> Ending {
    var round = Round()
    if case .atClient(after: let before?) = call.rounds {
      switch try await resumed(before) {
      case .next(let next): round = next
      case .end(let ending): return ending
      }
    }
    while true {
      let reply = try await send(round)
      let verdict = await input.report
      guard !verdict.isBlocked else { return .blocked(.input, verdict) }
      guard let (asked, isConsent) = questions(in: reply) else { return .reply(reply) }
      switch try await take(asked, isConsent: isConsent, after: round) {
      case .next(let next): round = next
      case .end(let ending): return ending
      }
    }
  }

  // MARK: One round

  private func send(_ round: Round) async throws(GatewayError) -> UpstreamReply {
    let target = try pipeline.discovery.target(server, caller, request)
    let params = call.params(
      content.compacted(), trace: request.outgoing(to: server), progressToken: relay?.progressToken, answers: round.answers,
      state: round.state
    )
    let result = await pipeline.observation.timeouts.track(
      .toolExecution, server: server.name, timeout: timeout, escalation: caller.state.config.common.timeouts.escalation,
      outcome: TimeoutMetrics.Outcome.init
    ) {
      await pipeline.upstream.reply(target, method: call.method, params: params, deadline: min(.now() + timeout, latest), listener: relay)
    }
    await relay?.finish()
    if let denied = relay?.denied { throw denied }
    do throws(UpstreamError) {
      return try result.get()
    } catch {
      throw GatewayError(upstream: error, server: server.name, call: call)
    }
  }

  /// What the reply asks of the client. A legacy server's wish for a visit to a web page asks it too, where the client knows no such error.
  private func questions(in reply: UpstreamReply) -> (InputRequired, isConsent: Bool)? {
    switch reply {
    case .result: return nil
    case .inputRequired(let asked): return (asked, false)
    case .error(let error):
      guard request.link?.era == .modern, let visits = InputRequired(urlElicitations: error) else { return nil }
      return (visits, true)
    }
  }

  private mutating func take(_ asked: InputRequired, isConsent: Bool, after round: Round) async throws(GatewayError) -> Step {
    let number = round.number + 1
    guard number <= Limits.Bridge.maxRounds else {
      throw failure("The server asked for input more than \(Limits.Bridge.maxRounds) times.")
    }
    if let obstacle = obstacle(to: asked) { return .end(try refused(obstacle)) }
    var questions: [InputRequired.Question] = []
    for question in asked.questions {
      var params = question.params
      if let original = params {
        let (passed, report) = await screen(original, .output, question.method, base: "/result/inputRequests/params")
        guard !report.isBlocked else { return .end(.blocked(.output, report)) }
        params = passed
      }
      // The server's own key is a text that nobody needs to read.
      questions.append(InputRequired.Question(key: Repetition.key(questions.count), method: question.method, params: params))
    }
    let repetition = Repetition(
      server: server.name, rounds: number, asked: asked.questions.map { Repetition.Asked(key: $0.key, method: $0.method) },
      state: asked.state, isConsent: isConsent)
    if case .atClient = call.rounds { return .end(.waits(InputRequired(questions: questions, state: asked.state), repetition)) }
    return try await askHere(questions, repetition)
  }

  /// The first thing that the client did not declare.
  private func obstacle(to asked: InputRequired) -> ClientCapabilities.Obstacle? {
    let client = ClientCapabilities(
      request.link.flatMap { link in
        if case .atClient = call.rounds { return link.capabilities }
        return link.canAsk ? link.capabilities : nil
      })
    return asked.questions.lazy.compactMap { client.obstacle(to: $0.method, $0.params) }.first
  }

  /// A client of 2026-07-28 learns what it would have to declare; in earlier revisions there are no words for it.
  private func refused(_ obstacle: ClientCapabilities.Obstacle) throws(GatewayError) -> Ending {
    guard request.link?.era == .modern, obstacle.required != [:] else {
      throw failure("The server asks for input that this client does not offer.")
    }
    return .reply(.error(.missingCapability(obstacle.required)))
  }

  // MARK: Answers

  /// Asks the client in this call's own time, everything of one round at once.
  private mutating func askHere(_ questions: [InputRequired.Question], _ repetition: Repetition) async throws(GatewayError) -> Step {
    guard let link = request.link else { throw failure("The server asks for input, and nobody is there to give it.") }
    var repetition = repetition
    if questions.isEmpty { try await wait() }
    let latest = latest
    let answers = await withTaskGroup(of: (Int, ClientQuestions.Answer).self) { group in
      for (index, question) in questions.enumerated() {
        group.addTask { (index, await link.ask(method: question.method, params: question.params, deadline: latest)) }
      }
      var answers: [Int: ClientQuestions.Answer] = [:]
      for await (index, answer) in group { answers[index] = answer }
      return answers
    }
    for (index, asked) in repetition.asked.enumerated() {
      switch answers[index] {
      case .success(let answer): repetition.answers.append((asked, answer))
      case .failure(let error):
        throw failure("The server asked for input, and the client did not give it.", cause: "the client answered with \(error.code)")
      case nil: throw failure("The server asked for input, and the client did not give it.")
      }
    }
    (caller, server) = try await pipeline.readmitted(call, on: server, for: caller, request)
    return try await resumed(repetition)
  }

  private mutating func resumed(_ before: Repetition) async throws(GatewayError) -> Step {
    guard before.server == server.name else { throw failure("The server that asked is not the one that is called now.") }
    if before.isConsent {
      let isGiven = before.answers.count == before.asked.count && before.answers.allSatisfy { $0.answer["action"]?.stringValue == "accept" }
      guard isGiven else { throw failure("The server needs a visit to a web page first, which was declined.") }
      return .next(Round(number: before.rounds))
    }
    var answers: [(key: String, answer: RawJSON)] = []
    for (asked, answer) in before.answers {
      let (passed, report) = await screen(answer, .input, asked.method, base: "/params/inputResponses")
      guard !report.isBlocked else { return .end(.blocked(.input, report)) }
      answers.append((asked.key, passed.compacted()))
    }
    var writer = JSONWriter()
    writer.object { object in
      for (key, answer) in answers {
        object.key(key)
        object.raw(answer)
      }
    }
    return .next(Round(answers: before.asked.isEmpty ? nil : writer.bytes, state: before.state, number: before.rounds))
  }

  /// Between rounds in which nothing is asked.
  private mutating func wait() async throws(GatewayError) {
    do { try await Task.sleep(nanoseconds: UInt64(pause.nanoseconds)) } catch {
      throw GatewayError(upstream: .cancelled, server: server.name, call: call)
    }
    pause = min(pause * 2, Limits.Bridge.maxRepeatPause)
  }

  // MARK: Parts

  private func screen(_ text: RawJSON, _ phase: GuardrailPhase, _ surface: String, base: String) async -> (RawJSON, ScreeningReport) {
    await pipeline.screenSaid(text, phase, surface, base: base, of: call, on: server, for: caller, request, calls)
  }

  private func failure(_ message: String, cause: String? = nil) -> GatewayError {
    GatewayError(.toolExecutionFailed, message, cause: cause ?? message, server: server.name, tool: call.item)
  }
}

extension InputRequired {
  /// The web pages that a legacy server's error -32042 names (2025-11-25), as questions. Nil for any other error.
  init?(urlElicitations error: RPCError) {
    guard error.code == ErrorCode.urlElicitationRequired, let list = error.data?["elicitations"], list.kind == .array else { return nil }
    var questions: [Question] = []
    for elicitation in list.elements {
      guard elicitation.kind == .object, elicitation["mode"]?.stringValue == "url" else { return nil }
      questions.append(Question(key: Repetition.key(questions.count), method: MethodName.elicit, params: elicitation))
    }
    guard !questions.isEmpty, questions.count <= Limits.Bridge.maxQuestionsPerRound else { return nil }
    self.init(questions: questions)
  }
}
