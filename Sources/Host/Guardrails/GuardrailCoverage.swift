/// An enabled policy without a guardrail that can carry it out would be a promise nobody keeps: such a configuration is refused.
enum GuardrailCoverage {
  static func check(_ state: GatewayState) throws(GatewayError) {
    for mcpConfig in state.config.mcpConfigs.values {
      for server in mcpConfig.servers {
        try check(server.inputPolicy, .input, "input_guardrails_policy", server, state)
        try check(server.outputPolicy, .output, "output_guardrails_policy", server, state)
        if let policy = server.definitions.policy { try check(policy, .tool, "The policy for tools", server, state) }
      }
    }
  }

  private static func check(
    _ policy: GuardrailPolicy, _ phase: GuardrailPhase, _ key: String, _ server: ServerEntry, _ state: GatewayState
  ) throws(GatewayError) {
    guard policy.isEnabled else { return }
    let isCovered = state.guardrails.contains { policy.bindings.contains($0.name) && $0.instance.implements(phase) }
    guard isCovered else {
      throw GatewayError(
        .configurationInvalid, "\(key) of server '\(server.name)' is enabled, but no guardrail that it selects judges \(phase.word).",
        server: server.name, suggestions: ["Add a guardrail to plugins.guardrails, or set \"enabled\": false."])
    }
    guard policy.redactsPII else { return }
    let redacts = state.guardrails.contains {
      policy.bindings.contains($0.name) && $0.instance.implements(phase) && $0.instance.implements(.restore)
    }
    guard redacts else {
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
