package import JSON
internal import NIOCore

/// `timeout metrics`: operations, their deadlines, and how many kept them; and how guardrails and plugins are doing.
package enum TimeoutReport: Operation {
  package static let name = "timeout metrics"
  package static let isMutation = false

  package static func run(_ input: NoInput, _ context: OperationContext) async throws(GatewayError) -> JSONValue {
    guard case .object(var document) = context.services.observation.timeouts.document() else {
      throw GatewayError(.internalError, "The timeout metrics are not available.")
    }
    let timeouts = context.caller.state.config.common.timeouts
    document["timeout_config"] = [
      "default_timeout": seconds(timeouts.default), "guardrail_timeout": seconds(timeouts.guardrail),
      "auth_timeout": seconds(timeouts.auth),
      "tool_execution_timeout": seconds(timeouts.toolExecution), "discovery_timeout": seconds(timeouts.discovery),
      "cache_timeout": seconds(timeouts.cache), "connectivity_timeout": seconds(timeouts.connectivity),
    ]
    document["guardrails"] = context.services.observation.metrics.guardrails.document
    document["plugins"] = context.services.observation.metrics.plugins.document
    return .object(document)
  }

  private static func seconds(_ time: TimeAmount) -> JSONValue {
    let value = Double(time.nanoseconds) / 1e9
    return value == value.rounded() ? .int(Int(value)) : .number(JSONNumber(value))
  }
}
