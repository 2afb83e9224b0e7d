/// One reason for a verdict (`smg_violation`).
package struct Violation: Sendable, Hashable {
  package var category: String
  package var code: String
  package var message: String
  /// For the operator; empty when there is none. Valid JSON otherwise.
  package var evidenceJSON: String
  /// 0 to 1.
  package var score: Double
  /// Index into the request's segments; nil: the message as a whole.
  package var segment: Int?
  /// Byte offsets in the segment's UTF-8 text, `start <= end`.
  package var start: Int
  package var end: Int

  package init(
    category: String, code: String, message: String, evidenceJSON: String = "", score: Double = 1, segment: Int? = nil, start: Int = 0,
    end: Int = 0
  ) {
    self.category = category
    self.code = code
    self.message = message
    self.evidenceJSON = evidenceJSON
    self.score = score
    self.segment = segment
    self.start = start
    self.end = end
  }
}

/// A guardrail's answer, copied and checked: indices are in range, texts are valid UTF-8, sizes are bounded.
package struct Verdict: Sendable {
  package enum Action: UInt32, Sendable, Hashable {
    case allow = 0
    case block = 1
    /// Continue with the replacements applied.
    case transform = 2
  }

  package var action: Action
  package var violations: [Violation]
  /// New texts of segments, at most one each; only with `.transform`.
  package var replacements: [(segment: Int, text: String)]
  /// Opaque, handed back to the later phases of the same call; nil = unchanged.
  package var callState: StateBytes?
  /// Opaque, to be stored for the session; nil = unchanged.
  package var sessionState: StateBytes?
  /// Empty or valid JSON.
  package var metadataJSON: String

  package init(
    action: Action, violations: [Violation] = [], replacements: [(segment: Int, text: String)] = [], callState: StateBytes? = nil,
    sessionState: StateBytes? = nil, metadataJSON: String = ""
  ) {
    self.action = action
    self.violations = violations
    self.replacements = replacements
    self.callState = callState
    self.sessionState = sessionState
    self.metadataJSON = metadataJSON
  }
}
