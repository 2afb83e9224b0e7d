internal import JSON
internal import NIOCore

extension ScreeningReport {
  /// What fired, each category once.
  var categories: [String] {
    findings.reduce(into: []) { if !$0.contains($1.violation.category) { $0.append($1.violation.category) } }
  }

  /// Which kinds of things which guardrails found; none of their words, and no place.
  func writeKinds(into writer: inout JSONWriter) {
    writer.key("violations")
    writer.array { writer in
      for finding in findings.prefix(Limits.Guardrails.maxReportedFindings) {
        writer.object { writer in
          writer.member("type", finding.violation.category)
          writer.member("guardrail", finding.binding)
        }
      }
    }
  }

  /// How many guardrails gave a verdict, and which gave none and let the message pass.
  func writeRuns(into writer: inout JSONWriter) {
    writer.number("guardrail_runs", runs)
    if !flags.isEmpty {
      writer.key("unscreened_by")
      writer.array { writer in for flag in flags { writer.string(flag) } }
    }
  }

  /// As `writeRuns`, with the kinds of things that were found and passed.
  func writeProof(into writer: inout JSONWriter) {
    writeRuns(into: &writer)
    guard !passed.isEmpty else { return }
    writer.key("warnings")
    writer.array { writer in
      for finding in passed.prefix(Limits.Guardrails.maxReportedFindings) {
        writer.object { writer in
          writer.member("type", finding.violation.category)
          writer.member("guardrail", finding.binding)
          writer.member("action", finding.action(isObserved))
        }
      }
    }
  }

  /// The guardrail response of an answer. The sender of a text may learn what in it was found and where; the receiver of somebody else's text learns
  /// only which kind of thing was found.
  func write(into writer: inout JSONWriter, isForSender: Bool) {
    writer.object { writer in
      writer.flag("is_safe", !isBlocked)
      if isBlocked {
        writer.key("violations")
        writer.array { writer in
          for finding in findings.prefix(Limits.Guardrails.maxReportedFindings) { finding.write(into: &writer, isForSender: isForSender) }
        }
      }
      if !passed.isEmpty {
        writer.key("warnings")
        writer.array { writer in
          for finding in passed.prefix(Limits.Guardrails.maxReportedFindings) {
            finding.write(into: &writer, isForSender: isForSender, isObserved: isObserved)
          }
        }
      }
      writer.key("processing_time_ms")
      writer.double((Double(elapsed.nanoseconds) / 1e4).rounded() / 100)
      writeRuns(into: &writer)
      writer.key("metadata")
      writer.object { $0.text("policy_name", policyName) }
    }
  }
}

extension ScreeningReport {
  /// What one check said of an answer: an empty object when it was not asked, or when something else had blocked the answer before it was.
  func write(_ check: PolicyCheck, isAsked: Bool, into writer: inout JSONWriter) {
    let found = (findings + passed).filter { $0.violation.category == check.rawValue }
    writer.object { writer in
      guard !found.isEmpty || isAsked && !isBlocked && runs > 0 else { return }
      writer.flag("is_safe", found.allSatisfy { $0.handling != .block || isObserved })
      guard !found.isEmpty else { return }
      writer.key(isBlocked ? "violations" : "warnings")
      writer.array { writer in
        for finding in found { finding.write(into: &writer, isForSender: false, isObserved: isObserved) }
      }
    }
  }
}

extension ScreeningReport.Finding {
  /// For whoever must not learn what was found: a guardrail's own words may quote it.
  private func neutralMessage(_ isObserved: Bool) -> String {
    switch handling {
    case .block where !isObserved: "Blocked by an output guardrail"
    case .redact where !isObserved: "Replaced by an output guardrail"
    case .block, .redact, .flag: "Found by an output guardrail"
    }
  }

  fileprivate func action(_ isObserved: Bool) -> String {
    isObserved && handling != .flag ? "would_\(handling.rawValue)" : handling.rawValue
  }

  func write(into writer: inout JSONWriter, isForSender: Bool, isObserved: Bool = false) {
    writer.object { writer in
      writer.text("type", violation.category)
      writer.key("severity")
      writer.double(violation.score)
      writer.text("message", isForSender ? violation.message : neutralMessage(isObserved))
      writer.text("action", action(isObserved))
      writer.key("metadata")
      writer.object { writer in
        writer.text("guardrail", binding)
        guard isForSender else { return }
        writer.text("path", pointer)
        if violation.segment != nil {
          writer.number("start", Int(clamping: violation.start))
          writer.number("end", Int(clamping: violation.end))
        }
      }
    }
  }
}
