internal import JSON

/// Guardrail policies of a server.
extension ServerReader {
  /// `input_guardrails_policy` and the like; absent means disabled.
  func policy(_ value: RawJSON?, _ direction: PolicyDirection) -> GuardrailPolicy {
    guard let value else { return .disabled }
    return Fields.read(value, config.diagnostics) { policy($0, direction) } ?? .disabled
  }

  private func policy(_ fields: Fields, _ direction: PolicyDirection) -> GuardrailPolicy {
    let isEnabled = fields.bool("enabled") ?? false
    let name = fields.value(anyOf: "policy_name", "guardrail_name").flatMap { config.diagnostics.string($0) }
    let block = fields.array("block").compactMap { config.diagnostics.choice($0, Detector.self) }
    _ = fields.bool("debug")
    let besides =
      fields.object("additional_config") { additional($0, isEnabled: isEnabled, direction) } ?? (redactsPII: false, checks: [])
    let mode = fields.choice("mode", GuardrailMode.self) ?? .enforce
    let bindings = self.bindings(fields, isEnabled: isEnabled)
    if isEnabled, mode == .observe, let place = fields.value("mode") {
      config.diagnostics.warning(at: place, "the policy observes: nothing is blocked or changed", "use \"enforce\" to protect")
    }
    if isEnabled, block.isEmpty {
      config.diagnostics.warning(
        at: fields.value("block") ?? fields.raw, "the \"block\" list names no detector: the guardrail alone decides what it blocks")
    }
    let json = fields.raw.value.serialized()
    let published = fields.raw.value.objectValue.map { Mask.policy($0) }
    return GuardrailPolicy(
      isEnabled: isEnabled, name: name ?? "", block: block, bindings: bindings, redactsPII: besides.redactsPII && isEnabled, mode: mode,
      checks: isEnabled ? besides.checks : [], json: json, published: published.map { JSONValue.object($0).serialized() },
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

  /// - Returns: `pii_redaction`, and what is to be checked besides the words of `block`.
  private func additional(
    _ fields: Fields, isEnabled: Bool, _ direction: PolicyDirection
  ) -> (redactsPII: Bool, checks: Set<PolicyCheck>) {
    let redactsPII = fields.bool("pii_redaction") ?? false
    var checks: Set<PolicyCheck> = []
    for check in PolicyCheck.allCases where check.isOfAnswers && fields.bool(check.rawValue) == true { checks.insert(check) }
    if topics(fields) { checks.insert(.topic) }
    if detectors(fields) { checks.insert(.custom) }
    for name in ["relevancy_threshold", "adherence_threshold"] { _ = fields.number(name, in: 0...1) }
    _ = fields.bool("debug")
    guard isEnabled, direction != .output else { return (redactsPII, checks) }
    for check in checks.filter(\.isOfAnswers).sorted(by: { $0.rawValue < $1.rawValue }) {
      config.diagnostics.error(
        at: fields.value(check.rawValue) ?? fields.raw, "\(check.rawValue) compares answers with their questions: here is no answer yet",
        "put it into output_guardrails_policy")
    }
    return (redactsPII, checks)
  }

  /// `topic`: a subject, or a list of them.
  private func topics(_ fields: Fields) -> Bool {
    guard let value = fields.value("topic") else { return false }
    config.diagnostics.recorder?.allowsOne(value)
    let topics = value.kind == .string ? [value] : config.diagnostics.array(value)
    for topic in topics where config.diagnostics.string(topic)?.isEmpty == true { config.diagnostics.error(at: topic, "must not be empty") }
    return !topics.isEmpty
  }

  /// `custom`: parameters of detectors, by their names.
  private func detectors(_ fields: Fields) -> Bool {
    let detectors = fields.map("custom")
    for detector in detectors where detector.value.kind != .object {
      config.diagnostics.typeError(at: detector.value, expected: "an object with the detector's parameters")
    }
    return !detectors.isEmpty
  }
}

/// Which texts a policy is for.
enum PolicyDirection { case input, output, definitions }
