internal import NIOCore

/// What a room uses to tell the operator what happened.
package final class Observation: Sendable {
  package let log: Log
  package let metrics: GatewayMetrics
  package let timeouts: TimeoutMetrics
  package let telemetry: TelemetryHub

  package init(log: Log, metrics: GatewayMetrics, timeouts: TimeoutMetrics, telemetry: TelemetryHub) {
    self.log = log
    self.metrics = metrics
    self.timeouts = timeouts
    self.telemetry = telemetry
  }
}

extension Observation {
  func began(_ call: ForwardedRequest) {
    if call.isToolCall { metrics.toolCalls.increment() }
  }

  /// Counts a tool call, and leaves the span of a request of any kind. Arguments and answers are never recorded.
  func finished(
    _ call: ForwardedRequest, on server: ServerEntry, _ outcome: Pipeline.Outcome, since start: NIODeadline, for caller: Caller,
    _ request: RequestContext
  ) {
    let elapsed = NIODeadline.now() - start
    if call.isToolCall { count(outcome, elapsed) }
    if case .failed(let error) = outcome, let cause = error.cause {
      log.info(
        call.isToolCall ? "Tool call failed" : "Request to a server failed",
        ["server": server.name, call.isToolCall ? "tool" : "item": call.recordedItem, "code": error.code.rawValue, "reason": cause])
    }
    guard telemetry.wantsSpans else { return }
    let end = WallClock.nowUnixNanoseconds()
    telemetry.record(
      SpanRecord(
        name: call.isToolCall ? "secure_tool_execution.execute_tool" : "secure_tool_execution.\(call.method)", trace: request.trace.child(),
        startUnixNanoseconds: end &- UInt64(max(elapsed.nanoseconds, 0)),
        endUnixNanoseconds: end, isError: outcome.status == .error,
        attributes: [
          ("server_name", .string(server.name)), ("tool_name", .string(call.recordedItem)), ("call_index", .int(Int64(call.index))),
          ("status", .string(outcome.status.rawValue)), ("request_id", .string(request.id)),
          ("enkrypt_project_id", .string(caller.projectID)),
          ("enkrypt_user_id", .string(caller.userID)), ("enkrypt_mcp_config_id", .string(caller.mcpConfig.id)),
          ("input_guardrails_enabled", .bool(server.inputPolicy.isEnabled)),
          ("output_guardrails_enabled", .bool(server.outputPolicy.isEnabled)),
        ]))
  }

  private func count(_ outcome: Pipeline.Outcome, _ elapsed: TimeAmount) {
    switch outcome.status {
    case .success: metrics.toolCallSuccess.increment()
    case .blockedInput, .blockedOutput, .blockedByRelevancy, .blockedByAdherence, .blockedByHallucination:
      metrics.toolCallBlocked.increment()
    case .error: metrics.toolCallFailure.increment()
    // Its client makes it again.
    case .inputRequired: return
    }
    metrics.toolCallDuration.record(nanoseconds: elapsed.nanoseconds)
  }
}

extension ForwardedRequest {
  fileprivate var isToolCall: Bool { if case .tool = target { true } else { false } }
}
