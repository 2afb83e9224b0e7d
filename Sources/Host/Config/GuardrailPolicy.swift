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
  /// `mode`: whether verdicts are carried out.
  package var mode: GuardrailMode = .enforce
  /// `additional_config`: what is to be checked besides, when the policy is enabled.
  package var checks: Set<PolicyCheck> = []
  /// The policy as written, for the provider: one JSON object. Holds no secret.
  package var json: [UInt8]
  /// The policy as callers may see it: without the subjects and the detectors' parameters, which say what is looked for.
  package var published: [UInt8]
  /// Changes when `json` changes.
  package var revision: UInt64

  /// No screening.
  package static let disabled = GuardrailPolicy(isEnabled: false, name: "", block: [], bindings: [], json: Array("{}".utf8), revision: 0)

  package init(
    isEnabled: Bool, name: String, block: [Detector], bindings: [String], redactsPII: Bool = false, mode: GuardrailMode = .enforce,
    checks: Set<PolicyCheck> = [], json: [UInt8], published: [UInt8]? = nil, revision: UInt64
  ) {
    self.published = published ?? json
    self.redactsPII = redactsPII
    self.mode = mode
    self.checks = checks
    self.isEnabled = isEnabled
    self.name = name
    self.block = block
    self.bindings = bindings
    self.json = json
    self.revision = revision
  }
}

/// `mode` of a policy.
package enum GuardrailMode: String, Sendable, Hashable, CaseIterable {
  /// What a guardrail blocks is blocked, what it replaces is replaced.
  case enforce
  /// The guardrails judge as they would otherwise, and nothing is blocked or changed: the log and the metrics say what would have been.
  case observe
}

/// The members of `additional_config` that name something to check.
package enum PolicyCheck: String, Sendable, Hashable, CaseIterable {
  case relevancy, adherence, hallucination, topic, custom

  /// In the order in which answers tell of them.
  static let ofAnswers = allCases.filter(\.isOfAnswers)

  /// It compares an answer with its question, so there is nothing to check on the way to the server.
  var isOfAnswers: Bool {
    switch self {
    case .relevancy, .adherence, .hallucination: true
    case .topic, .custom: false
    }
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
