package import JSON

/// One administrative change, or an attempt at one.
package struct AuditEntry: Sendable {
  package enum Outcome: String, Sendable {
    /// Written before the change takes its place: when the machine dies between the two, the record has a change too many, never one too few.
    case done
    /// Refused by rule or for want of something; nothing was changed.
    case refused
    /// Refused because the caller may not.
    case denied
  }

  /// Who: of this machine's users, or of the gateway's keys.
  package var actor: String
  /// By which way: `cli` or `rest`.
  package var surface: String
  /// The operation's words.
  package var operation: String
  package var outcome: Outcome
  /// What it was told; without secrets.
  package var input: JSONObject
  /// Revisions of the document, of changes only.
  package var before: String?
  package var after: String?
  /// The code of the refusal.
  package var errorCode: String?

  package init(
    actor: String, surface: String, operation: String, outcome: Outcome, input: JSONObject, before: String? = nil, after: String? = nil,
    errorCode: String? = nil
  ) {
    self.actor = actor
    self.surface = surface
    self.operation = operation
    self.outcome = outcome
    self.input = input
    self.before = before
    self.after = after
    self.errorCode = errorCode
  }

  /// The line in the record: the entry, its place in the chain, and the digest of the line before.
  func line(sequence: Int, previous: String, now: String = WallClock.iso8601()) -> [UInt8] {
    var line: JSONObject = [
      "time": .string(now), "sequence": .int(sequence), "actor": .string(actor), "surface": .string(surface),
      "operation": .string(operation), "outcome": .string(outcome.rawValue), "input": .object(input),
    ]
    if let before { line["revision_before"] = .string(before) }
    if let after { line["revision_after"] = .string(after) }
    if let errorCode { line["error_code"] = .string(errorCode) }
    line["previous"] = .string(previous)
    let bytes = JSONValue.object(line).serialized()
    guard bytes.count > Limits.Audit.maxLineBytes, !input.isEmpty else { return bytes }
    var shorter = self
    shorter.input = [:]
    return shorter.line(sequence: sequence, previous: previous, now: now)
  }
}
