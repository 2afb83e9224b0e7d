package import JSON
package import NIOCore

/// What the guardrails said of one message.
package struct ScreeningReport: Sendable {
  /// One reason to block, or one thing worth a flag.
  package struct Finding: Sendable {
    package var binding: String
    package var violation: Violation
    /// RFC 6901 pointer of the text in the message; empty for the message as a whole.
    package var pointer: String
    package var handling = Handling.block
  }

  /// What comes of a finding.
  package enum Handling: String, Sendable {
    case block
    /// The text was replaced and passed.
    case redact
    /// The text passed.
    case flag
  }

  package var isBlocked = false
  /// Why it is blocked; empty when it is not.
  package var findings: [Finding] = []
  /// What was found in texts that passed.
  package var passed: [Finding] = []
  /// The policy observes: what is said of blocks and replacements would have been.
  package var isObserved = false
  /// Guardrails that gave no verdict and whose policy let the message pass with a mark.
  package var flags: [String] = []
  package var policyName = ""
  package var elapsed: TimeAmount = .zero
  /// How many guardrails gave a verdict.
  package var runs = 0
}

/// Runs a message through the chain of guardrails: the first block wins, replacements compose in order.
package struct Screening: Sendable {
  package var bindings: [BoundGuardrail]
  package var log: Log
  package var metrics: GatewayMetrics
  /// What guardrails keep of conversations; nil: nothing is kept, and nothing is handed to them.
  package var states: SessionStates?
  /// Guardrails that only judge may judge an answer at the same time.
  package var judgesSideBySide: Bool

  package init(bindings: [BoundGuardrail], log: Log, metrics: GatewayMetrics, states: SessionStates? = nil, judgesSideBySide: Bool = false)
  {
    self.judgesSideBySide = judgesSideBySide
    self.states = states
    self.bindings = bindings
    self.log = log
    self.metrics = metrics
  }

  /// What is screened, and on whose behalf.
  package struct Subject: Sendable {
    package var phase: GuardrailPhase
    package var surface: String
    package var server: String
    package var item: String
    /// The item as the log may name it.
    package var recordedItem: String
    package var context: CallContext
    package var policy: GuardrailPolicy
    /// What the text is a part of; nil: of no conversation.
    package var conversation: SessionStates.Conversation?

    package init(
      phase: GuardrailPhase, surface: String, server: String, item: String, context: CallContext, policy: GuardrailPolicy,
      conversation: SessionStates.Conversation? = nil
    ) {
      self.conversation = conversation
      self.phase = phase
      self.surface = surface
      self.server = server
      self.item = item
      recordedItem = item
      self.context = context
      self.policy = policy
    }
  }

  /// - Parameters:
  ///   - raw: the part of the message that carries text.
  ///   - base: RFC 6901 pointer of `raw` from the message's root.
  ///   - original: for output, what the server was sent, and its pointer.
  ///   - calls: what the guardrails left of the call's input, and leave of it now.
  /// - Returns: the text to forward, with every replacement applied, and the report. When the report says blocked, nothing of the text may go on.
  package func screen(
    _ raw: RawJSON, base: String, as subject: Subject, original: (content: RawJSON, base: String)? = nil,
    _ calls: CallStates? = nil
  ) async -> (RawJSON, ScreeningReport) {
    var report = ScreeningReport(policyName: subject.policy.name)
    guard subject.policy.isEnabled else { return (raw, report) }
    let chain = bindings.filter { subject.policy.bindings.contains($0.name) && $0.instance.implements(subject.phase) }
    guard !chain.isEmpty else { return (raw, unguarded(report, subject).settled(subject.policy.mode)) }
    let start = NIODeadline.now()
    var message = ScreenedMessage(raw, base: base, binary: subject.phase == .output ? BinaryContent(of: subject.surface) : nil)
    guard !message.hidesTooMuch else { return (raw, unreadable(report, subject).settled(subject.policy.mode)) }
    let before = original.map { ScreenedMessage($0.content, base: $0.base, escapes: .none).segments } ?? []
    // Of what is only observed, nothing is kept: no placeholder of it is in any text.
    let (subject, calls) = subject.policy.mode == .enforce ? (subject, calls) : (subject.withoutConversation, nil)
    var rest = chain[...]
    while !rest.isEmpty, !report.isBlocked {
      let judges = rest.prefix(width(of: rest, subject))
      rest = rest[judges.endIndex...]
      let request = GuardrailRequest(
        context: subject.context, phase: subject.phase, surface: subject.surface, server: subject.server, item: subject.item,
        policyJSON: subject.policy.json, policyRevision: String(subject.policy.revision), segments: message.segments, original: before)
      if let binding = judges.first, judges.count == 1 {
        await judge(by: binding, request, on: &message, into: &report, subject, calls)
        continue
      }
      for (binding, reply) in await replies(of: judges, to: request, subject, calls) where !report.isBlocked {
        judge(reply, of: binding, on: &message, into: &report, subject)
      }
    }
    report.elapsed = NIODeadline.now() - start
    return (subject.policy.mode == .enforce ? message.raw : raw, report.settled(subject.policy.mode))
  }

  /// A policy that asks for protection which nobody gives lets no call pass. Definitions are judged by whoever can.
  private func unguarded(_ report: ScreeningReport, _ subject: Subject) -> ScreeningReport {
    guard subject.phase == .input || subject.phase == .output else { return report }
    log.error("An enabled policy has no guardrail to run", ["server": subject.server, "phase": subject.phase.word])
    var report = report
    report.isBlocked = true
    report.findings = [.unguarded]
    return report
  }

  /// What escapes hide beyond all bounds nobody can judge.
  private func unreadable(_ report: ScreeningReport, _ subject: Subject) -> ScreeningReport {
    log.warning(
      "A message hides more in escapes than guardrails read",
      ["server": subject.server, "item": subject.recordedItem, "phase": subject.phase.word, "principal": subject.context.principal])
    var report = report
    report.isBlocked = true
    report.findings = [.unreadable]
    return report
  }

  /// Asks one guardrail, and once more when it replaced a text together with what its escapes hide.
  func judge(
    by binding: BoundGuardrail, _ request: GuardrailRequest, on message: inout ScreenedMessage, into report: inout ScreeningReport,
    _ subject: Subject, _ calls: CallStates?
  ) async {
    var request = request
    for _ in 0..<Limits.Guardrails.maxLooks {
      let reply = await ask(binding, request, of: subject, calls)
      guard judge(reply, of: binding, on: &message, into: &report, subject) else { return }
      request.segments = message.segments
    }
    fail("its replacements come to no end", of: binding, into: &report, subject)
  }

  /// - Returns: whether the guardrail has to be asked once more.
  @discardableResult
  private func judge(
    _ reply: PluginReply<Verdict>, of binding: BoundGuardrail, on message: inout ScreenedMessage, into report: inout ScreeningReport,
    _ subject: Subject
  ) -> Bool {
    guard case .value(let verdict) = reply else {
      fail(reply.failureText, of: binding, into: &report, subject)
      return false
    }
    if subject.phase != .restore {
      metrics.guardrailRuns.increment()
      report.runs += 1
    }
    let segments = message.segments
    if verdict.action == .transform {
      guard message.apply(verdict.replacements) else {
        fail("the verdict replaces what cannot be replaced", of: binding, into: &report, subject)
        return false
      }
    }
    let isPartial = verdict.action == .transform && message.needsAnotherLook
    guard subject.phase != .restore else {
      if verdict.action == .block { fail("it blocks where nothing is judged any more", of: binding, into: &report, subject) }
      return isPartial
    }
    let findings = verdict.findings(of: binding, in: segments)
    record(verdict.action, findings, in: segments, subject)
    if verdict.action == .block {
      report.isBlocked = true
      report.findings += findings
    } else {
      report.passed += findings
    }
    return isPartial
  }

  /// No verdict: the operator's policy decides, and says so in the log.
  private func fail(_ reason: String, of binding: BoundGuardrail, into report: inout ScreeningReport, _ subject: Subject) {
    metrics.guardrailFailures.increment()
    log.warning(
      "Guardrail gave no verdict",
      [
        "guardrail": binding.name, "reason": reason, "on_failure": binding.onFailure.rawValue, "server": subject.server,
        "mode": subject.policy.mode.rawValue,
      ])
    switch binding.onFailure {
    case .allow: break
    case .allowAndFlag: report.flags.append(binding.name)
    case .block:
      report.isBlocked = true
      report.findings.append(.failure(binding))
    }
  }
}

extension Screening.Subject {
  fileprivate var withoutConversation: Self {
    var copy = self
    copy.conversation = nil
    return copy
  }
}

extension Verdict {
  /// What it found, and what came of it. A verdict that blocks or replaces says at least that.
  fileprivate func findings(of binding: BoundGuardrail, in segments: [Segment]) -> [ScreeningReport.Finding] {
    let replaced = action == .transform ? Set(replacements.map(\.segment)) : []
    let findings = violations.map { violation in
      let pointer = violation.segment.flatMap { segments.indices.contains($0) ? segments[$0].pointer : nil } ?? ""
      let isReplaced = violation.segment.map { replaced.contains($0) } ?? false
      return ScreeningReport.Finding(
        binding: binding.name, violation: violation, pointer: pointer, handling: action == .block ? .block : isReplaced ? .redact : .flag)
    }
    switch action {
    case .allow: return findings
    case .block: return findings.isEmpty ? [.unspecified(binding)] : findings
    case .transform: return findings.contains { $0.handling == .redact } ? findings : findings + [.replacement(binding)]
    }
  }
}

extension ScreeningReport {
  /// As it counts: under a policy that observes, nothing is blocked.
  fileprivate func settled(_ mode: GuardrailMode) -> ScreeningReport {
    guard mode == .observe else { return self }
    var report = self
    report.isObserved = true
    report.isBlocked = false
    report.passed = findings + passed
    report.findings = []
    return report
  }

  /// Nothing was done, and under an enforcing policy the text would not have passed.
  var wouldBlock: Bool { isObserved && passed.contains { $0.handling == .block } }
}

extension ScreeningReport.Finding {
  /// A guardrail that blocks without saying why.
  static func unspecified(_ binding: BoundGuardrail) -> Self {
    plain(binding.name, category: "policy_violation", message: "Blocked by \(binding.name)")
  }

  /// A guardrail that replaces text without saying why.
  static func replacement(_ binding: BoundGuardrail) -> Self {
    var finding = plain(binding.name, category: "redaction", message: "Text was replaced by \(binding.name)")
    finding.handling = .redact
    return finding
  }

  /// Says that a guardrail gave no verdict.
  static let failureCategory = "guardrail_failure"

  static func failure(_ binding: BoundGuardrail) -> Self {
    plain(binding.name, category: failureCategory, message: "The guardrail \(binding.name) gave no verdict")
  }

  static var unreadable: Self {
    plain("", category: "policy_violation", message: "The text hides more in escapes than can be judged")
  }

  static var unguarded: Self { plain("", category: failureCategory, message: "No guardrail is there to judge this") }

  private static func plain(_ binding: String, category: String, message: String) -> Self {
    let violation = Violation(category: category, code: "", message: message, score: 1)
    return Self(binding: binding, violation: violation, pointer: "")
  }
}
