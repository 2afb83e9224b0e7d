internal import PluginABI

/// Copies and checks a guardrail's verdict.
enum VerdictReader {
  static func read(_ value: smg_verdict, segments: [Segment]) throws(MalformedValue) -> Verdict {
    guard let action = Verdict.Action(rawValue: value.action) else { throw MalformedValue("unknown action \(value.action)") }
    var verdict = Verdict(action: action)
    if value.violation_count != 0 { verdict.violations = try violations(value, segments) }
    if value.replacement_count != 0 { verdict.replacements = try replacements(value, segments) }
    if action == .transform, verdict.replacements.isEmpty { throw MalformedValue("TRANSFORM without replacements") }
    if action != .transform, !verdict.replacements.isEmpty { throw MalformedValue("replacements without TRANSFORM") }
    if value.call_state.len != 0 { verdict.callState = try PluginText.state(value.call_state, "call_state", max: Int(SMG_STATE_MAX)) }
    if value.session_state.len != 0 {
      verdict.sessionState = try PluginText.state(value.session_state, "session_state", max: Int(SMG_STATE_MAX))
    }
    if value.metadata_json.len != 0 {
      verdict.metadataJSON = String(decoding: try PluginText.json(value.metadata_json, "metadata_json"), as: UTF8.self)
    }
    return verdict
  }

  private static func violations(_ value: smg_verdict, _ segments: [Segment]) throws(MalformedValue) -> [Violation] {
    let source = try PluginText.elements(value.violations, value.violation_count, "violations", max: Limits.Plugin.maxViolations)
    var violations: [Violation] = []
    violations.reserveCapacity(source.count)
    for violation in source { violations.append(try read(violation, segments)) }
    return violations
  }

  private static func read(_ value: smg_violation, _ segments: [Segment]) throws(MalformedValue) -> Violation {
    guard value.score >= 0, value.score <= 1 else { throw MalformedValue("a violation's score is not between 0 and 1") }
    var violation = Violation(
      category: try PluginText.string(value.category, "category"), code: try PluginText.string(value.code, "code"),
      message: try PluginText.string(value.message, "message", max: Limits.Plugin.maxMessageBytes), score: value.score)
    if value.evidence_json.len != 0 {
      violation.evidenceJSON = String(decoding: try PluginText.json(value.evidence_json, "evidence_json"), as: UTF8.self)
    }
    guard value.segment != SMG_NO_SEGMENT else {
      guard value.start == 0, value.end == 0 else { throw MalformedValue("a violation without a segment has offsets") }
      return violation
    }
    guard value.segment < segments.count else { throw MalformedValue("a violation's segment \(value.segment) is out of range") }
    let length = UInt64(segments[Int(value.segment)].text.utf8.count)
    guard value.start <= value.end, value.end <= length else { throw MalformedValue("a violation's offsets are out of range") }
    violation.segment = Int(value.segment)
    violation.start = Int(value.start)
    violation.end = Int(value.end)
    return violation
  }

  private static func replacements(_ value: smg_verdict, _ segments: [Segment]) throws(MalformedValue) -> [(segment: Int, text: String)] {
    let source = try PluginText.elements(value.replacements, value.replacement_count, "replacements", max: segments.count)
    var replacements: [(segment: Int, text: String)] = []
    replacements.reserveCapacity(source.count)
    var seen = Set<UInt32>()
    var room = Limits.Plugin.maxReplacementBytes
    for replacement in source {
      guard replacement.segment < segments.count else {
        throw MalformedValue("a replacement's segment \(replacement.segment) is out of range")
      }
      guard seen.insert(replacement.segment).inserted else { throw MalformedValue("segment \(replacement.segment) is replaced twice") }
      guard !segments[Int(replacement.segment)].flags.contains(.key) else { throw MalformedValue("a replacement of a member name") }
      let text = try PluginText.string(replacement.text, "a replacement", max: room)
      room -= text.utf8.count
      replacements.append((Int(replacement.segment), text))
    }
    return replacements
  }
}
