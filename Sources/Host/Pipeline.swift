package import JSON
internal import MCP
internal import NIOCore

/// The walk of one tool call through the gateway, once its caller is admitted:
/// resolve the tool → screen the input → forward → screen the output. Nothing reaches a server before the first verdict, and nothing reaches the
/// caller before the second.
package struct Pipeline: Sendable {
  let discovery: Discovery
  let upstream: UpstreamPool
  let observation: Observation

  /// How one call ended.
  package enum Outcome: Sendable {
    /// The server answered. `result` is its result object, screened; it may say `isError`.
    case answered(result: RawJSON, arguments: RawJSON, input: ScreeningReport, output: ScreeningReport)
    case blockedInput(ScreeningReport)
    case blockedOutput(ScreeningReport)
    /// The server refused with a JSON-RPC error, screened as output is.
    case refused(error: RawJSON, output: ScreeningReport)
    case failed(GatewayError)
  }

  package func run(_ call: ToolCallRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> Outcome {
    observation.metrics.toolCalls.increment()
    let start = NIODeadline.now()
    let outcome = await walk(call, on: server, for: caller, request)
    observation.finished(call, on: server, outcome, since: start, for: caller, request)
    return outcome
  }

  private func walk(_ call: ToolCallRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> Outcome {
    do throws(GatewayError) {
      try await resolve(call, on: server, for: caller, request)
      let (arguments, input) = await screenInput(call, on: server, for: caller, request)
      guard !input.isBlocked else { return .blockedInput(input) }
      switch try await forward(call, arguments, to: server, for: caller, request) {
      case .result(let raw):
        let (result, output) = await screenOutput(raw, base: "/result", of: call, arguments, input, on: server, for: caller, request)
        return output.isBlocked ? .blockedOutput(output) : .answered(result: result, arguments: arguments, input: input, output: output)
      case .error(let refusal):
        let (error, output) = await screenOutput(
          refusal.document, base: "/error", of: call, arguments, input, on: server, for: caller, request)
        return output.isBlocked ? .blockedOutput(output) : .refused(error: error, output: output)
      }
    } catch {
      return .failed(error)
    }
  }

  /// Only a tool that the caller could have seen in the server's list is called.
  private func resolve(_ call: ToolCallRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext)
    async throws(GatewayError)
  {
    if case .denied(let reason) = server.access(to: call.tool) {
      throw GatewayError(.toolPermissionDenied, reason ?? "The tool is denied for this server.", server: server.name, tool: call.tool)
    }
    let list = try await discovery.tools(of: server, for: caller, request).list
    guard list.serverRejection.isEmpty else { throw .rejected(server) }
    guard list.contains(call.tool) else {
      if list.blocked.contains(where: { $0.name == call.tool }) {
        throw GatewayError(
          .discoveryToolValidationFailed, "A guardrail rejected the definition of this tool.", server: server.name, tool: call.tool)
      }
      throw GatewayError(.toolNotFound, "Tool '\(call.tool)' not found for this server.", server: server.name, tool: call.tool)
    }
  }

  private func screenInput(_ call: ToolCallRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) async -> (
    RawJSON, ScreeningReport
  ) {
    await screening(for: caller).screen(
      call.arguments, base: "/params/arguments", as: subject(.input, call, server.inputPolicy, server, caller, request))
  }

  private func forward(
    _ call: ToolCallRequest, _ arguments: RawJSON, to server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async throws(GatewayError) -> UpstreamReply {
    let target = try discovery.target(server, caller, request)
    let timeout = server.timeout ?? caller.state.config.common.timeouts.toolExecution
    let relay = relay(of: call, on: server, for: caller, request, timeout: timeout)
    let params = Self.params(call.tool, arguments.compacted(), request, progressToken: relay?.progressToken)
    let result = await observation.timeouts.track(
      .toolExecution, server: server.name, timeout: timeout, escalation: caller.state.config.common.timeouts.escalation,
      outcome: TimeoutMetrics.Outcome.init
    ) {
      await upstream.reply(target, method: "tools/call", params: params, deadline: .now() + timeout, listener: relay)
    }
    await relay?.finish()
    do throws(UpstreamError) {
      return try result.get()
    } catch {
      throw GatewayError(upstream: error, server: server.name, tool: call.tool)
    }
  }

  /// Every string of the answer is judged, whatever member it stands in.
  private func screenOutput(
    _ raw: RawJSON, base: String, of call: ToolCallRequest, _ arguments: RawJSON, _ input: ScreeningReport, on server: ServerEntry,
    for caller: Caller, _ request: RequestContext
  ) async -> (RawJSON, ScreeningReport) {
    await screening(for: caller).screen(
      raw, base: base, as: subject(.output, call, server.outputPolicy, server, caller, request), original: arguments,
      callStates: input.callStates)
  }

  private func screening(for caller: Caller) -> Screening {
    Screening(bindings: caller.state.guardrails, log: observation.log, metrics: observation.metrics)
  }

  private func subject(
    _ phase: GuardrailPhase, _ call: ToolCallRequest, _ policy: GuardrailPolicy, _ server: ServerEntry, _ caller: Caller,
    _ request: RequestContext
  ) -> Screening.Subject {
    Screening.Subject(
      phase: phase, surface: "tools/call", server: server.name, item: call.tool, context: caller.context(request), policy: policy)
  }

  /// What the server says meanwhile, and asks, is judged by the policy of the same direction as the call's own texts.
  private func relay(
    of call: ToolCallRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, timeout: TimeAmount
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

  private static func params(_ tool: String, _ arguments: RawJSON, _ request: RequestContext, progressToken: RequestID?) -> [UInt8] {
    var writer = JSONWriter(reservingBytes: arguments.bytes.count + tool.utf8.count + 160)
    writer.object { writer in
      writer.key("name")
      writer.string(tool)
      writer.key("arguments")
      writer.raw(arguments)
      writer.key("_meta")
      writer.object { writer in
        if let progressToken {
          writer.key("progressToken")
          writer.raw(progressToken.encoded())
        }
        writer.key("traceparent")
        writer.string(request.traceparent)
      }
    }
    return writer.bytes
  }
}
