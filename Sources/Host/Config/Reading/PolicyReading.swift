internal import JSON

/// Guardrail policies of a server.
extension ServerReader {
  /// `input_guardrails_policy` and the like; absent means disabled.
  func policy(_ value: RawJSON?) -> GuardrailPolicy {
    guard let value else { return .disabled }
    return Fields.read(value, config.diagnostics) { policy($0) } ?? .disabled
  }

  private func policy(_ fields: Fields) -> GuardrailPolicy {
    let isEnabled = fields.bool("enabled") ?? false
    let name = fields.value(anyOf: "policy_name", "guardrail_name").flatMap { config.diagnostics.string($0) }
    let block = fields.array("block").compactMap { config.diagnostics.choice($0, Detector.self) }
    _ = fields.bool("debug")
    let redactsPII = fields.object("additional_config") { additional($0, isEnabled: isEnabled) } ?? false
    let bindings = self.bindings(fields, isEnabled: isEnabled)
    if isEnabled, block.isEmpty {
      config.diagnostics.warning(
        at: fields.value("block") ?? fields.raw, "the \"block\" list names no detector: the guardrail alone decides what it blocks")
    }
    let json = fields.raw.value.serialized()
    return GuardrailPolicy(
      isEnabled: isEnabled, name: name ?? "", block: block, bindings: bindings, redactsPII: redactsPII && isEnabled, json: json,
      revision: KeyDigest(of: json).prefix)
  }

  /// The guardrails that judge: those that `provider` names, or all. An enabled policy without any is a mistake, never a free pass.
  private func bindings(_ fields: Fields, isEnabled: Bool) -> [String] {
    let place = fields.value("provider")
    let wanted = place.flatMap { config.diagnostics.string($0) }
    guard isEnabled else { return [] }
    let all = plugins.guardrails.map(\.provider)
    guard !all.isEmpty else {
      config.diagnostics.error(
        at: fields.value("enabled") ?? fields.raw, "the policy is enabled, but no guardrail is configured that could judge",
        "add one to plugins.guardrails, or set \"enabled\" to false")
      return []
    }
    guard let place, let wanted else { return all.map(\.name) }
    let chosen = all.filter { $0.name == wanted || $0.provider == wanted }.map(\.name)
    if chosen.isEmpty {
      config.diagnostics.error(
        at: place, "no guardrail of plugins.guardrails has this name",
        Suggestion.didYouMean(wanted, among: all.flatMap { [$0.name, $0.provider] }))
    }
    return chosen
  }

  /// - Returns: `pii_redaction`.
  private func additional(_ fields: Fields, isEnabled: Bool) -> Bool {
    let checks: [(String, UnavailableProtection)] = [
      ("relevancy", .relevancy), ("adherence", .adherence), ("hallucination", .hallucination),
    ]
    for (name, protection) in checks {
      if isEnabled { config.refuseIfTrue(fields, name, protection) } else { _ = fields.bool(name) }
    }
    for name in ["relevancy_threshold", "adherence_threshold"] { _ = fields.number(name, in: 0...1) }
    _ = fields.bool("debug")
    return fields.bool("pii_redaction") ?? false
  }
}
