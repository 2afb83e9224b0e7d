/// What a server's own words are held to: how they are judged before anybody sees them.
package struct DefinitionSettings: Sendable, Hashable {
  /// `enable_server_info_validation`: screen the server's name, description and greeting.
  package var screensServerInfo = true
  /// `enable_tool_guardrails`: screen the definitions of its items.
  package var screensItems = true
  /// `tool_guardrails_policy` (2.1.7) or `server_tools_guardrails_config` (2.2), of the server or else of its set: what definitions are judged by. Nil: by
  /// every guardrail that can, as each is configured.
  package var policy: GuardrailPolicy?
  /// `definition_guardrails_mode`: whether verdicts on definitions are carried out; of a policy of its own, also that policy's `mode`.
  package var mode = GuardrailMode.enforce
  /// `pinning`: what becomes of changes of what was first accepted.
  package var pinning = Pinning.warn
  /// `validate_arguments`; nil: where changes of the schema have to be approved.
  package var argumentsWish: Bool?
  /// `validate_results`; nil: likewise.
  package var resultsWish: Bool?
  /// `max_output_bytes`
  package var outputLimits = OutputLimits()

  package init() {}

  /// Whether arguments have to fit the tool's `inputSchema`.
  package var checksArguments: Bool { argumentsWish ?? (pinning == .enforce) }
  /// Whether `structuredContent` has to fit the tool's `outputSchema`.
  package var checksResults: Bool { resultsWish ?? (pinning == .enforce) }
  var checksAny: Bool { checksArguments || checksResults }

  /// Whether anything of what the server says of itself is judged.
  package var isScreened: Bool { screensServerInfo || screensItems }
}
