package import JSON
internal import NIOCore

/// `timeout metrics`: operations, their deadlines, and how many kept them; and how guardrails and plugins are doing.
package enum TimeoutReport: Operation {
  package static let name = "timeout metrics"
  package static let isMutation = false

  package static func run(_ input: NoInput, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    try report(context.services.observation, context.caller.state)
  }

  /// The same for every caller.
  static func report(_ observation: Observation, _ state: GatewayState) throws(GatewayError) -> JSONValue {
    guard case .object(var document) = observation.timeouts.document() else {
      throw GatewayError(.internalError, "The timeout metrics are not available.")
    }
    let timeouts = state.config.common.timeouts
    document["timeout_config"] = [
      "default_timeout": seconds(timeouts.default), "guardrail_timeout": seconds(timeouts.guardrail),
      "auth_timeout": seconds(timeouts.auth),
      "tool_execution_timeout": seconds(timeouts.toolExecution), "discovery_timeout": seconds(timeouts.discovery),
      "cache_timeout": seconds(timeouts.cache), "connectivity_timeout": seconds(timeouts.connectivity),
    ]
    document["guardrails"] = observation.metrics.guardrails.document
    document["plugins"] = observation.metrics.plugins.document
    return .object(document)
  }

  private static func seconds(_ time: TimeAmount) -> JSONValue {
    let value = Double(time.nanoseconds) / 1e9
    return value == value.rounded() ? .int(Int(value)) : .number(JSONNumber(value))
  }
}
