internal import JSON

/// What the operator learns of verdicts: in the log which guardrail found what and where, with the text masked; in the metrics how often.
extension Screening {
  /// - Parameters:
  ///   - findings: of one verdict.
  ///   - segments: the message as the guardrail saw it.
  func record(_ verdict: Verdict.Action, _ findings: [ScreeningReport.Finding], in segments: [Segment], _ subject: Subject) {
    count(verdict, findings, subject.policy.mode)
    for finding in findings.prefix(Limits.Guardrails.maxLoggedFindings) {
      log.warning(
        finding.handling.sentence(subject.policy.mode),
        [
          "guardrail": finding.binding, "phase": subject.phase.word, "server": subject.server, "item": subject.recordedItem,
          "category": finding.violation.category, "code": finding.violation.code, "place": finding.maskedPlace(in: segments),
          "text": finding.maskedText(in: segments), "principal": subject.context.principal,
        ])
    }
    if findings.count > Limits.Guardrails.maxLoggedFindings {
      log.warning("More was found in the same message", ["count": String(findings.count - Limits.Guardrails.maxLoggedFindings)])
    }
  }

  private func count(_ verdict: Verdict.Action, _ findings: [ScreeningReport.Finding], _ mode: GuardrailMode) {
    switch (mode, verdict) {
    case (.observe, .block), (.observe, .transform): metrics.guardrailObserved.increment()
    case (.enforce, .block): metrics.guardrailBlocks.increment()
    case (_, .allow), (.enforce, .transform): if !findings.isEmpty { metrics.guardrailPassed.increment() }
    }
  }
}

extension ScreeningReport.Handling {
  fileprivate func sentence(_ mode: GuardrailMode) -> String {
    switch (self, mode) {
    case (.block, .enforce): "Guardrail blocked a message"
    case (.block, .observe): "Guardrail would have blocked a message"
    case (.redact, .enforce): "Guardrail replaced text of a message"
    case (.redact, .observe): "Guardrail would have replaced text of a message"
    case (.flag, _): "Guardrail flagged a message"
    }
  }
}

extension ScreeningReport.Finding {
  /// The pointer, without names that are no plain words: a member name may itself be what was found.
  fileprivate func maskedPlace(in segments: [Segment]) -> String {
    var tokens = pointer.split(separator: "/", omittingEmptySubsequences: false).map { Mask.isPlainName($0) ? String($0) : "***" }
    let isName = violation.segment.map { segments.indices.contains($0) && segments[$0].flags.contains(.key) } ?? false
    if isName, let last = tokens.indices.last { tokens[last] = "***" }
    return tokens.joined(separator: "/")
  }

  fileprivate func maskedText(in segments: [Segment]) -> String {
    guard let index = violation.segment, segments.indices.contains(index), violation.start < violation.end else { return "" }
    let bytes = Array(segments[index].text.utf8)
    guard violation.start >= 0, violation.end <= bytes.count else { return "" }
    return Mask.excerpt(String(decoding: bytes[violation.start..<violation.end], as: UTF8.self))
  }
}

extension Mask {
  /// Of a text that must not stand in a log: its ends when it is long enough that they give nothing away, and its length.
  static func excerpt(_ text: String) -> String {
    let length = text.unicodeScalars.count
    guard length >= 8, let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else { return "*** (\(length))" }
    guard first.properties.isAlphabetic || first.isASCII, last.properties.isAlphabetic || last.isASCII else { return "*** (\(length))" }
    return "\(first)***\(last) (\(length))"
  }

  /// A name as programs use them, short: no address, number or secret.
  static func isPlainName(_ name: Substring) -> Bool {
    let bytes = name.utf8
    guard bytes.count <= 32 else { return false }
    let digits = bytes.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard digits <= 6 else { return false }
    return bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "$"): true
      default: false
      }
    }
  }
}
