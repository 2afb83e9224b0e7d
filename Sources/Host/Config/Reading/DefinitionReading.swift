internal import JSON

extension ConfigReader {
  /// What may stand in an entry, or for all that do not say otherwise.
  func passage(_ fields: Fields, _ settings: inout DefinitionSettings) {
    settings.pinning = fields.choice("pinning", Pinning.self) ?? settings.pinning
    settings.argumentsWish = fields.bool("validate_arguments") ?? settings.argumentsWish
    settings.resultsWish = fields.bool("validate_results") ?? settings.resultsWish
    if let value = fields.value(
      "max_output_bytes", schema: ["anyOf": [Self.bytes, ["type": "object", "additionalProperties": Self.bytes]]])
    {
      settings.outputLimits = outputLimits(value)
    }
  }

  private static var bytes: JSONValue {
    ["type": "integer", "minimum": 1, "maximum": .number(JSONNumber(Limits.Upstream.maxMessageBytes))]
  }

  private func outputLimits(_ value: RawJSON) -> OutputLimits {
    var limits = OutputLimits()
    let rules = value.kind == .object ? diagnostics.map(value).map { ($0.name, $0.value) } : [("*", value)]
    for (pattern, place) in rules {
      guard place.kind == .number, let bytes = place.intValue, (1...Limits.Upstream.maxMessageBytes).contains(bytes) else {
        diagnostics.error(
          at: place,
          "must be a whole number of bytes from 1 to \(Limits.Upstream.maxMessageBytes), or an object of them by pattern of tool names")
        continue
      }
      limits.rules.append(OutputLimits.Rule(pattern: pattern, bytes: bytes))
    }
    return limits
  }
}

/// How the definitions of servers are judged: of all servers, of a set, of one.
extension ServerReader {
  /// `common_overrides` of a set of servers.
  func overriddenToolPolicy(_ fields: Fields) -> GuardrailPolicy? {
    fields.object("common_overrides") { overrides in
      overrides.value("server_tools_guardrails_config").map { policy($0, .definitions) }
    } ?? nil
  }

  /// - Parameter setPolicy: of the set that the server is in.
  func definitionSettings(_ fields: Fields, setPolicy: GuardrailPolicy?) -> DefinitionSettings {
    var settings = common.definitions
    settings.screensServerInfo = fields.bool("enable_server_info_validation") ?? settings.screensServerInfo
    settings.mode = fields.choice("definition_guardrails_mode", GuardrailMode.self) ?? settings.mode
    if settings.mode == .observe, let place = fields.value("definition_guardrails_mode") {
      config.diagnostics.warning(at: place, "definitions are observed: none is kept back or changed", "use \"enforce\" to protect")
    }
    config.passage(fields, &settings)
    let own = fields.value(anyOf: "tool_guardrails_policy", "server_tools_guardrails_config").map { policy($0, .definitions) }
    let wish = fields.bool("enable_tool_guardrails")
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
