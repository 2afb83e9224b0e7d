package import JSON
internal import MCP
internal import NIOCore

/// The walk of one request to a server through the gateway, once its caller is admitted:
/// resolve what it asks for → screen the input → forward → screen the output. Nothing reaches a server before the first verdict, and nothing reaches the
/// caller before the second.
package struct Pipeline: Sendable {
  let discovery: Discovery
  let upstream: UpstreamPool
  let observation: Observation
  /// The gateway as it is now, for calls that were begun under an earlier configuration; nil: that does not change.
  let states: StateSource?
  let visits: PageVisits
  /// What guardrails keep of conversations.
  let memory: SessionStates

  package init(
    discovery: Discovery, upstream: UpstreamPool, observation: Observation, states: StateSource? = nil, visits: PageVisits = PageVisits(),
    memory: SessionStates = SessionStates()
  ) {
    self.memory = memory
    self.visits = visits
    self.discovery = discovery
    self.upstream = upstream
    self.observation = observation
    self.states = states
  }

  /// How one request ended.
  package enum Outcome: Sendable {
    /// The server answered. `result` is its result object, screened; that of a tool may say `isError`.
    case answered(result: RawJSON, content: RawJSON, input: ScreeningReport, output: ScreeningReport)
    case blockedInput(ScreeningReport)
    case blockedOutput(ScreeningReport)
    /// The server refused with a JSON-RPC error, screened as output is.
    case refused(error: RawJSON, output: ScreeningReport)
    case failed(GatewayError)
    /// 2026-07-28: the client is to answer and to make the call again.
    case inputRequired(RoundAtClient)
  }

  package func run(_ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> Outcome {
    observation.began(call)
    let start = NIODeadline.now()
    let outcome = await walk(call, on: server, for: caller, request)
    observation.finished(call, on: server, outcome, since: start, for: caller, request)
    return outcome
  }

  private func walk(_ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> Outcome {
    do throws(GatewayError) {
      try await discovery.admit(call, on: server, for: caller, request)
      let calls = callStates(on: server, for: caller)
      guard !mayRunMeanwhile(call, on: server, for: caller) else {
        return await walkMeanwhile(call, on: server, for: caller, request, calls)
      }
      let (content, input) = await screenInput(call, on: server, for: caller, request, calls)
      guard !input.isBlocked else { return .blockedInput(input) }
      return try await forward(
        call, content, .given(input), on: server, for: caller, await vetted(request, of: call, on: server, for: caller), calls)
    } catch {
      return .failed(error)
    }
  }

  func forward(
    _ call: ForwardedRequest, _ content: RawJSON, _ input: InputVerdict, on server: ServerEntry, for caller: Caller,
    _ request: RequestContext, _ calls: CallStates?
  ) async throws(GatewayError) -> Outcome {
    var rounds = UpstreamRounds(self, call, content, input, on: server, for: caller, request, calls)
    switch try await rounds.run() {
    case .blocked(.input, let report): return .blockedInput(report)
    case .blocked(_, let report): return .blockedOutput(report)
    case .waits(let asked, let repetition): return .inputRequired(RoundAtClient(asked: asked, repetition: repetition))
    case .reply(let reply):
      return try await judged(reply, to: call, content, input.report, on: rounds.server, for: rounds.caller, request, calls)
    }
  }

  func screenInput(
    _ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, _ calls: CallStates?
  ) async -> (RawJSON, ScreeningReport) {
    await screening(for: caller).screen(
      call.content, base: call.base, as: subject(.input, call, server.inputPolicy, server, caller, request), calls)
  }

  /// The request without what its trace carries besides, where a guardrail finds something in it: words of the caller's, which the server would be told.
  func vetted(_ request: RequestContext, of call: ForwardedRequest, on server: ServerEntry, for caller: Caller) async -> RequestContext {
    let said = request.outgoing(to: server)
    guard server.inputPolicy.isEnabled, said.tracestate != nil || said.baggage != nil else { return request }
    var members: JSONObject = [:]
    if let state = said.tracestate { members["tracestate"] = .string(state) }
    if let baggage = said.baggage { members["baggage"] = .string(baggage) }
    let words = RawJSON(.object(members))
    let (passed, report) = await screening(for: caller).screen(
      words, base: "/params/_meta", as: subject(.input, call, server.inputPolicy, server, caller, request))
    guard report.isBlocked || !passed.bytes.elementsEqual(words.bytes) else { return request }
    observation.log.warning("The tracestate and baggage of a request are kept back", ["server": server.name, "item": call.recordedItem])
    return request.with(trace: request.trace, tracestate: nil, baggage: nil)
  }

  /// Where guardrails leave what they have to know of this call later; nil: none can.
  func callStates(on server: ServerEntry, for caller: Caller) -> CallStates? {
    server.inputPolicy.isEnabled && !caller.state.guardrails.isEmpty ? CallStates() : nil
  }

  private func judged(
    _ reply: UpstreamReply, to call: ForwardedRequest, _ content: RawJSON, _ input: ScreeningReport, on server: ServerEntry,
    for caller: Caller, _ request: RequestContext, _ calls: CallStates?
  ) async throws(GatewayError) -> Outcome {
    switch reply {
    case .result(let raw):
      try discovery.expectSize(raw, of: call, on: server)
      try await discovery.expectFittingResult(raw, of: call, on: server, for: caller, request)
      let (result, output) = await screenOutput(raw, base: "/result", of: call, content, on: server, for: caller, request, calls)
      return output.isBlocked ? .blockedOutput(output) : .answered(result: result, content: content, input: input, output: output)
    case .error(let refusal):
      let document = refusal.document
      try discovery.expectSize(document, of: call, on: server)
      let (error, output) = await screenOutput(
        document, base: "/error", of: call, content, on: server, for: caller, request, calls)
      guard !output.isBlocked else { return .blockedOutput(output) }
      if let link = request.link, let visits = RPCError(object: error).flatMap(InputRequired.init(urlElicitations:)) {
        for visit in visits.questions { noteVisit(visit.params, of: server, for: caller, link) }
      }
      return .refused(error: error, output: output)
    case .inputRequired:
      throw GatewayError(.internalError, "The answer could not be prepared.", server: server.name, tool: call.item)
    }
  }

  /// Every string of the answer is judged, whatever member it stands in; then the caller's own values are put back.
  func screenOutput(
    _ raw: RawJSON, base: String, of call: ForwardedRequest, _ content: RawJSON, on server: ServerEntry, for caller: Caller,
    _ request: RequestContext, _ calls: CallStates?
  ) async -> (RawJSON, ScreeningReport) {
    let subject = subject(.output, call, server.outputPolicy, server, caller, request)
    let screening = screening(for: caller)
    var (passed, report) = await screening.screen(raw, base: base, as: subject, original: (content, call.base), calls)
    passed = await screening.restore(passed, base: base, &report, as: subject, by: server.inputPolicy, calls)
    return (passed, report)
  }

  private func screening(for caller: Caller) -> Screening {
    Screening(
      bindings: caller.state.guardrails, log: observation.log, metrics: observation.metrics, states: memory,
      judgesSideBySide: caller.state.config.common.isAsyncOutputEnabled)
  }

  private func subject(
    _ phase: GuardrailPhase, _ call: ForwardedRequest, _ policy: GuardrailPolicy, _ server: ServerEntry, _ caller: Caller,
    _ request: RequestContext
  ) -> Screening.Subject {
    var subject = Screening.Subject(
      phase: phase, surface: call.method, server: server.name, item: call.item, context: caller.context(request), policy: policy,
      conversation: caller.conversation(request))
    subject.recordedItem = call.recordedItem
    return subject
  }

  // MARK: Meanwhile

  /// Judges what is said while the call runs by the policy of the same direction as the request's own texts.
  func screenSaid(
    _ text: RawJSON, _ phase: GuardrailPhase, _ surface: String, base: String, of call: ForwardedRequest, on server: ServerEntry,
    for caller: Caller, _ request: RequestContext, _ calls: CallStates?
  ) async -> (RawJSON, ScreeningReport) {
    var said = subject(phase, call, phase == .input ? server.inputPolicy : server.outputPolicy, server, caller, request)
    said.surface = surface
    let screening = screening(for: caller)
    var (passed, report) = await screening.screen(text, base: base, as: said, calls)
    if phase == .output { passed = await screening.restore(passed, base: base, &report, as: said, by: server.inputPolicy, calls) }
    return (passed, report)
  }

  func relay(
    of call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, timeout: TimeAmount,
    _ input: InputVerdict, _ calls: CallStates?
  ) -> CallRelay? {
    guard let link = request.link else { return nil }
    let screen: CallRelay.Screen = { text, phase, surface, base in
      guard await !input.report.isBlocked else { return nil }
      let (passed, report) = await screenSaid(text, phase, surface, base: base, of: call, on: server, for: caller, request, calls)
      return report.isBlocked ? nil : passed
    }
    let isScreened = server.inputPolicy.isEnabled || server.outputPolicy.isEnabled
    return CallRelay(
      link, trace: request.outgoing(to: server), timeout: timeout, executor: discovery.catalogue.executor, screen: isScreened ? screen : nil
    ) { method, params in
      if method == MethodName.elicit { noteVisit(params, of: server, for: caller, link) }
    } admit: {
      do throws(GatewayError) {
        _ = try await readmitted(call, on: server, for: caller, request)
        return nil
      } catch {
        return error
      }
    }
  }

  /// Clients of older revisions hear when a page that they were asked to visit is done.
  func noteVisit(_ params: RawJSON?, of server: ServerEntry, for caller: Caller, _ link: ClientLink) {
    guard link.era == .legacy else { return }
    visits.begin(params, of: (caller.mcpConfig.id, server.name), tell: link.sendApart)
  }

  /// Asks again for the permission that the call needed, under the configuration as it is now: what was forbidden while its client was asked is forbidden.
  func readmitted(
    _ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async throws(GatewayError) -> (Caller, ServerEntry) {
    guard let states else { return (caller, server) }
    let state = try await states.current()
    guard state !== caller.state else { return (caller, server) }
    guard let mcpConfig = state.mcpConfig(of: caller), let entry = mcpConfig.server(named: server.name) else {
      throw GatewayError(.toolPermissionDenied, "Server '\(server.name)' is not offered any more.", server: server.name, tool: call.item)
    }
    let renewed = Caller(
      principal: caller.principal, projectID: caller.projectID, userID: caller.userID, role: caller.role, mcpConfig: mcpConfig, state: state
    )
    try await discovery.admit(call, on: entry, for: renewed, request)
    return (renewed, entry)
  }
}
