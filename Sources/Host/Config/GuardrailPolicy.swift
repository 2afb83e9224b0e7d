/// `input_guardrails_policy` or `output_guardrails_policy`: what to look for in one direction of a server's traffic. Absent means disabled.
package struct GuardrailPolicy: Sendable, Hashable {
  /// `enabled`
  package var isEnabled: Bool
  /// `policy_name` (2.2: `guardrail_name`): the policy's name at the provider.
  package var name: String
  /// `block`: what blocks when found.
  package var block: [Detector]
  /// `provider`, resolved: names of the guardrail bindings that judge; all of them when the policy names none. Empty when disabled.
  package var bindings: [String]
  /// `additional_config.pii_redaction`: personal data is taken out, and put back for who sent it.
  package var redactsPII: Bool
  /// The policy as written, for the provider: one JSON object. Holds no secret.
  package var json: [UInt8]
  /// Changes when `json` changes.
  package var revision: UInt64

  /// No screening.
  package static let disabled = GuardrailPolicy(isEnabled: false, name: "", block: [], bindings: [], json: Array("{}".utf8), revision: 0)

  package init(
    isEnabled: Bool, name: String, block: [Detector], bindings: [String], redactsPII: Bool = false, json: [UInt8], revision: UInt64
  ) {
    self.redactsPII = redactsPII
    self.isEnabled = isEnabled
    self.name = name
    self.block = block
    self.bindings = bindings
    self.json = json
    self.revision = revision
  }
}

/// The words of a policy's `block` list.
package enum Detector: String, Sendable, Hashable, CaseIterable {
  case policyViolation = "policy_violation"
  case injectionAttack = "injection_attack"
  case topicDetector = "topic_detector"
  case nsfw
  case toxicity
  case pii
  case keywordDetector = "keyword_detector"
  case bias
  case spongeAttack = "sponge_attack"
}
