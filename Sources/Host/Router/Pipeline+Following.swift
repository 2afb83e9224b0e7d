internal import JSON
internal import MCP
internal import NIOCore

extension Pipeline {
  /// The walk of a wish to hear of a resource: like that of a request to read it, up to the server.
  /// - Parameter establish: takes the wish to the server: whether it follows, or why not.
  func follow(
    _ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, timeout: TimeAmount,
    establish: @Sendable (_ target: UpstreamTarget, _ uri: String, _ deadline: NIODeadline) async -> Result<RPCError?, UpstreamError>
  ) async -> Outcome {
    observation.began(call)
    let start = NIODeadline.now()
    let outcome: Outcome
    do throws(GatewayError) {
      outcome = try await walk(call, on: server, for: caller, request, timeout: timeout, establish: establish)
    } catch {
      outcome = .failed(error)
    }
    observation.finished(call, on: server, outcome, since: start, for: caller, request)
    return outcome
  }

  private func walk(
    _ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, timeout: TimeAmount,
    establish: @Sendable (UpstreamTarget, String, NIODeadline) async -> Result<RPCError?, UpstreamError>
  ) async throws(GatewayError) -> Outcome {
    try await discovery.admit(call, on: server, for: caller, request)
    let calls = callStates(on: server, for: caller)
    let (content, input) = await screenInput(call, on: server, for: caller, request, calls)
    guard !input.isBlocked else { return .blockedInput(input) }
    guard let uri = content["uri"]?.stringValue else {
      throw GatewayError(.toolInvalidArguments, "What is left of the request names no resource.", server: server.name, tool: call.item)
    }
    let target = try discovery.target(server, caller, request)
    let refusal: RPCError?
    do throws(UpstreamError) {
      refusal = try await establish(target, uri, .now() + timeout).get()
    } catch {
      throw GatewayError(upstream: error, server: server.name, call: call)
    }
    guard let refusal else {
      return .answered(
        result: RawJSON(.object([:])), content: content, input: input, output: ScreeningReport(policyName: server.outputPolicy.name))
    }
    let (error, output) = await screenOutput(refusal.document, base: "/error", of: call, content, on: server, for: caller, request, calls)
    return output.isBlocked ? .blockedOutput(output) : .refused(error: error, output: output)
  }
}
