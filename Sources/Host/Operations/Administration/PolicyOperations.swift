internal import JSON

/// The guardrail policies of a server.
enum PolicyOperations {
  static let all = [updateInput, updateOutput, updateBoth]

  /// Direction, and the names of its member: the one to write and the other that 2.2 knows.
  static let members = [
    ("input", ["input_guardrails_policy", "input_guardrails_config"]),
    ("output", ["output_guardrails_policy", "output_guardrails_config"]),
  ]
  static let disabledInput: JSONObject = [
    "enabled": false, "policy_name": "", "additional_config": ["pii_redaction": false], "block": ["policy_violation"],
  ]
  static let disabledOutput: JSONObject = [
    "enabled": false, "policy_name": "", "additional_config": ["relevancy": false, "hallucination": false, "adherence": false],
    "block": ["policy_violation"],
  ]

  static let updateInput = AdminOperation.change(
    "config update-server-input-guardrails", "Replace the guardrail policy on the way to a server.",
    .put("/configs/{config_id}/servers/{server_name}/input-guardrails"),
    [Inputs.config.required, Inputs.serverName.required, Inputs.policy.required]
  ) { edit in
    let server = try edit.replacePolicies([("input", edit.input.require(Inputs.policy))])
    return Answer(message: "Input guardrails policy updated for server '\(server)'")
  }.answering(.null)

  static let updateOutput = AdminOperation.change(
    "config update-server-output-guardrails", "Replace the guardrail policy on the way back from a server.",
    .put("/configs/{config_id}/servers/{server_name}/output-guardrails"),
    [Inputs.config.required, Inputs.serverName.required, Inputs.policy.required]
  ) { edit in
    let server = try edit.replacePolicies([("output", edit.input.require(Inputs.policy))])
    return Answer(message: "Output guardrails policy updated for server '\(server)'")
  }.answering(.null)

  static let updateBoth = AdminOperation.change(
    "config update-server-guardrails", "Replace one or both guardrail policies of a server.",
    .put("/configs/{config_id}/servers/{server_name}/guardrails"),
    [Inputs.config.required, Inputs.serverName.required, Inputs.inputPolicy.optional, Inputs.outputPolicy.optional]
  ) { edit in
    let policies = [("input", edit.input.find(Inputs.inputPolicy)), ("output", edit.input.find(Inputs.outputPolicy))]
    let given = policies.compactMap { direction, policy in policy.map { (direction, $0) } }
    guard !given.isEmpty else { throw GatewayError(.toolInvalidArguments, "Give 'input_policy', 'output_policy', or both.") }
    let server = try edit.replacePolicies(given)
    return Answer(message: "Updated \(given.map(\.0).joined(separator: " and ")) guardrails policies for server '\(server)'")
  }.answering(.null)
}

extension AdminEdit {
  /// Puts policies in place of those that are there, by whichever name. Returns the server's name.
  mutating func replacePolicies(_ policies: [(String, JSONObject)]) throws -> String {
    let config = try entry(.configs, Inputs.config)
    let server = try config.server(input.require(Inputs.serverName))
    for (direction, policy) in policies {
      let names = PolicyOperations.members.first { $0.0 == direction }?.1 ?? []
      let present = names.first { server.value[$0] != nil } ?? "\(direction)_guardrails_policy"
      json.set(.object(policy), at: server.path + [.member(present)])
    }
    touch(config)
    return server.name
  }
}
