/// An enabled policy without a guardrail that can carry it out would be a promise nobody keeps: such a configuration is refused.
enum GuardrailCoverage {
  static func check(_ state: GatewayState) throws(GatewayError) {
    for mcpConfig in state.config.mcpConfigs.values { try check(mcpConfig, state) }
  }

  static func check(_ mcpConfig: MCPConfig, _ state: GatewayState) throws(GatewayError) {
    for server in mcpConfig.servers {
      try check(server.inputPolicy, .input, "input_guardrails_policy", server, state)
      try check(server.outputPolicy, .output, "output_guardrails_policy", server, state)
      if let policy = server.definitions.policy { try check(policy, .tool, "The policy for tools", server, state) }
    }
  }

  private static func check(
    _ policy: GuardrailPolicy, _ phase: GuardrailPhase, _ key: String, _ server: ServerEntry, _ state: GatewayState
  ) throws(GatewayError) {
    guard policy.isEnabled else { return }
    let judges = state.guardrails.filter { policy.bindings.contains($0.name) && $0.instance.implements(phase) }
    guard !judges.isEmpty else {
      throw GatewayError(
        .configurationInvalid, "\(key) of server '\(server.name)' is enabled, but no guardrail that it selects judges \(phase.word).",
        server: server.name, suggestions: ["Add a guardrail to plugins.guardrails, or set \"enabled\": false."])
    }
    for check in PolicyCheck.allCases where policy.checks.contains(check) { try find(check, among: judges, key, server) }
    guard policy.redactsPII else { return }
    guard judges.contains(where: { $0.instance.implements(.restore) }) else {
      throw GatewayError(
        .configurationInvalid,
        "\(key) of server '\(server.name)' asks for pii_redaction, but no guardrail that it selects can take personal data out and put it back.",
        server: server.name,
        suggestions: [
          "Add a guardrail with the provider 'patterns' or 'enkrypt' to plugins.guardrails, name it in the policy's \"provider\" if that names another, "
            + "or set additional_config.pii_redaction to false."
        ])
    }
  }

  /// What a policy asks for, one of its guardrails carries out.
  private static func find(
    _ check: PolicyCheck, among judges: [BoundGuardrail], _ key: String, _ server: ServerEntry
  ) throws(GatewayError) {
    guard !judges.contains(where: { $0.instance.carriesOut(check) }) else { return }
    let names = judges.map { "'\($0.name)' (\($0.instance.listing.name))" }.joined(separator: ", ")
    throw GatewayError(
      .configurationInvalid,
      "\(key) of server '\(server.name)' asks for additional_config.\(check.rawValue), which none of its guardrails carries out: \(names).",
      server: server.name,
      suggestions: [
        "Add a guardrail that does to plugins.guardrails, for instance the provider \"enkrypt\", and have the policy's \"provider\" select it; or take \"\(check.rawValue)\" out of the policy."
      ])
  }
}

extension GuardrailPhase {
  /// For logs and messages.
  var word: String {
    switch self {
    case .input: "input"
    case .output: "output"
    case .tool: "tool"
    case .server: "server"
    case .restore: "restore"
    }
  }
}
