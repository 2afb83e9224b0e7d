package import NIOCore

/// `common_mcp_gateway_config`.
package struct CommonSettings: Sendable, Hashable {
  /// `enkrypt_log_level`: least severity that is logged. DEBUG, INFO, WARNING, ERROR (or TRACE), in any case.
  package var logLevel: LogLevel = .info
  /// `enkrypt_tool_cache_expiration`, hours in the file: how long discovered tools are believed.
  package var toolCacheExpiry: TimeAmount = .hours(4)
  /// `enkrypt_gateway_cache_expiration`, hours in the file, or `enkrypt_gateway_cache_expiration_minutes`: reported by the cache tools; the
  /// configuration itself is always live.
  package var gatewayCacheExpiry: TimeAmount = .hours(24)
  /// `enkrypt_async_input_guardrails_enabled`: tools of `async_safe_tools` are called while their input is judged.
  package var isAsyncInputEnabled = false
  /// `enkrypt_async_output_guardrails_enabled`: guardrails that only judge judge an answer at the same time.
  package var isAsyncOutputEnabled = false
  /// `timeout_settings`.
  package var timeouts = TimeoutSettings()
  /// What holds for the definitions of servers that do not say otherwise.
  package var definitions = DefinitionSettings()
  /// `enkrypt_allow_stdio_servers`: false refuses every server that is started as a command.
  package var allowsStdioServers = true

  package init() {}
}

/// `timeout_settings`: one deadline per kind of work. Seconds in the file; what is not written keeps its default.
package struct TimeoutSettings: Sendable, Hashable {
  /// `default_timeout`: what has no deadline of its own.
  package var `default`: TimeAmount = .seconds(30)
  /// `guardrail_timeout`: one verdict, unless the binding sets its own.
  package var guardrail: TimeAmount = .seconds(15)
  /// `auth_timeout`: knowing a caller.
  package var auth: TimeAmount = .seconds(10)
  /// `tool_execution_timeout`: one tool call upstream, unless the server sets its own.
  package var toolExecution: TimeAmount = .seconds(60)
  /// `discovery_timeout`: starting a server and listing its tools.
  package var discovery: TimeAmount = .seconds(20)
  /// `cache_timeout`: one operation on an external cache.
  package var cache: TimeAmount = .seconds(5)
  /// `connectivity_timeout`: opening a connection.
  package var connectivity: TimeAmount = .seconds(2)
  /// `escalation_policies`.
  package var escalation = EscalationThresholds()

  package init() {}
}

/// `escalation_policies`: the share of its deadline at which an operation counts as escalated.
package struct EscalationThresholds: Sendable, Hashable {
  /// `warn_threshold`
  package var warn = 0.8
  /// `timeout_threshold`
  package var timeout = 1.0
  /// `fail_threshold`
  package var fail = 1.2

  package init() {}
}
