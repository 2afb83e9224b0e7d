internal import JSON

/// How the definitions of servers are judged: of all servers, of a set, of one.
extension ServerReader {
  /// `common_overrides` of a set of servers.
  func overriddenToolPolicy(_ fields: Fields) -> GuardrailPolicy? {
    fields.object("common_overrides") { overrides in
      overrides.value("server_tools_guardrails_config").map { policy($0) }
    } ?? nil
  }

  /// - Parameter setPolicy: of the set that the server is in.
  func definitionSettings(_ fields: Fields, setPolicy: GuardrailPolicy?) -> DefinitionSettings {
    var settings = common.definitions
    settings.screensServerInfo = fields.bool("enable_server_info_validation") ?? settings.screensServerInfo
    settings.pinning = fields.choice("pinning", Pinning.self) ?? settings.pinning
    let own = fields.value(anyOf: "tool_guardrails_policy", "server_tools_guardrails_config").map { policy($0) }
    let wish = fields.value("enable_tool_guardrails", schema: ["type": "boolean"]).flatMap { config.diagnostics.bool($0) }
    let toolPolicy = own ?? setPolicy
    settings.screensItems = wish ?? toolPolicy?.isEnabled ?? settings.screensItems
    guard let toolPolicy, toolPolicy.isEnabled else { return settings }
    if wish == false, let place = fields.value("enable_tool_guardrails") {
      config.diagnostics.warning(at: place, "has no effect: a policy for tools is enabled", "disable the policy to switch both off")
    }
    settings.screensItems = true
    settings.policy = toolPolicy
    return settings
  }
}
