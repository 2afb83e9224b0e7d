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

  /// How one request ended.
  package enum Outcome: Sendable {
    /// The server answered. `result` is its result object, screened; that of a tool may say `isError`.
    case answered(result: RawJSON, content: RawJSON, input: ScreeningReport, output: ScreeningReport)
    case blockedInput(ScreeningReport)
    case blockedOutput(ScreeningReport)
    /// The server refused with a JSON-RPC error, screened as output is.
    case refused(error: RawJSON, output: ScreeningReport)
    case failed(GatewayError)
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
      let (content, input) = await screenInput(call, on: server, for: caller, request)
      guard !input.isBlocked else { return .blockedInput(input) }
      switch try await forward(call, content, to: server, for: caller, request) {
      case .result(let raw):
        let (result, output) = await screenOutput(raw, base: "/result", of: call, content, input, on: server, for: caller, request)
        return output.isBlocked ? .blockedOutput(output) : .answered(result: result, content: content, input: input, output: output)
      case .inputRequired:
        throw GatewayError(
          .toolExecutionFailed, "The server asks for input that the gateway cannot pass on to this client.", server: server.name,
          tool: call.item)
      case .error(let refusal):
        let (error, output) = await screenOutput(
          refusal.document, base: "/error", of: call, content, input, on: server, for: caller, request)
        return output.isBlocked ? .blockedOutput(output) : .refused(error: error, output: output)
      }
    } catch {
      return .failed(error)
    }
  }

  private func screenInput(_ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> (
    RawJSON, ScreeningReport
  ) {
    await screening(for: caller).screen(
      call.content, base: call.base, as: subject(.input, call, server.inputPolicy, server, caller, request))
  }

  private func forward(
    _ call: ForwardedRequest, _ content: RawJSON, to server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async throws(GatewayError) -> UpstreamReply {
    let target = try discovery.target(server, caller, request)
    let timeout = server.timeout ?? caller.state.config.common.timeouts.toolExecution
    let relay = relay(of: call, on: server, for: caller, request, timeout: timeout)
    let params = call.params(content.compacted(), traceparent: request.traceparent, progressToken: relay?.progressToken)
    let result = await observation.timeouts.track(
      .toolExecution, server: server.name, timeout: timeout, escalation: caller.state.config.common.timeouts.escalation,
      outcome: TimeoutMetrics.Outcome.init
    ) {
      await upstream.reply(target, method: call.method, params: params, deadline: .now() + timeout, listener: relay)
    }
    await relay?.finish()
    do throws(UpstreamError) {
      return try result.get()
    } catch {
      throw GatewayError(upstream: error, server: server.name, call: call)
    }
  }

  /// Every string of the answer is judged, whatever member it stands in.
  private func screenOutput(
    _ raw: RawJSON, base: String, of call: ForwardedRequest, _ content: RawJSON, _ input: ScreeningReport, on server: ServerEntry,
    for caller: Caller, _ request: RequestContext
  ) async -> (RawJSON, ScreeningReport) {
    await screening(for: caller).screen(
      raw, base: base, as: subject(.output, call, server.outputPolicy, server, caller, request), original: (content, call.base),
      callStates: input.callStates)
  }

  private func screening(for caller: Caller) -> Screening {
    Screening(bindings: caller.state.guardrails, log: observation.log, metrics: observation.metrics)
  }

  private func subject(
    _ phase: GuardrailPhase, _ call: ForwardedRequest, _ policy: GuardrailPolicy, _ server: ServerEntry, _ caller: Caller,
    _ request: RequestContext
  ) -> Screening.Subject {
    Screening.Subject(
      phase: phase, surface: call.method, server: server.name, item: call.item, context: caller.context(request), policy: policy)
  }

  /// What the server says meanwhile, and asks, is judged by the policy of the same direction as the request's own texts.
  private func relay(
    of call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, timeout: TimeAmount
  ) -> CallRelay? {
    guard let link = request.link else { return nil }
    let screen: CallRelay.Screen = { text, phase, surface in
      let policy = phase == .input ? server.inputPolicy : server.outputPolicy
      var said = subject(phase, call, policy, server, caller, request)
      said.surface = surface
      let (passed, report) = await screening(for: caller).screen(text, base: phase == .input ? "/result" : "/params", as: said)
      return report.isBlocked ? nil : passed
    }
    let isScreened = server.inputPolicy.isEnabled || server.outputPolicy.isEnabled
    return CallRelay(link, of: request, timeout: timeout, executor: discovery.catalogue.executor, screen: isScreened ? screen : nil)
  }
}
