internal import JSON
internal import PluginSDK

/// Finds personal data, secrets and attempts to take a model over, by their form alone: no network, no model, no state.
struct PatternGuardrail: GuardrailProvider {
  static let name = "patterns"
  static let phases: GuardrailPhases = [.all, .restore]
  static let configSchema = PatternConfig.schema

  private let settings: Settings
  private let discoverySettings: Settings
  private let host: PluginServices

  init(config: PluginConfig, host: PluginServices) throws {
    settings = try PatternConfig(config.json).settings
    discoverySettings = settings.withoutRedaction
    self.host = host
  }

  func check(_ request: GuardrailRequest) throws -> Verdict {
    guard request.phase != .restore else { return try Replacing.restored(request) }
    guard GuardrailPhases.all.contains(request.phase) else { return .allow }
    var findings = Findings(try settings(for: request))
    var words = WordStreams(segments: request.segments.count)
    for index in request.segments.indices {
      let segment = request.segments[index]
      guard !segment.kind.contains(.binary) else { continue }
      let field = segment.path.withUTF8 { FieldName(path: $0) }
      let place = TextPlace(segment: index, isMemberName: segment.kind.contains(.memberName))
      segment.text.withUTF8 { Self.read($0, place, field, &words, &findings) }
      if findings.isComplete { break }
    }
    if findings.strongest != .off { count(findings) }
    return try verdict(findings, request)
  }

  private func settings(for request: borrowing GuardrailRequest) throws -> Settings {
    let base = request.phase == .tool || request.phase == .server ? discoverySettings : settings
    guard !request.policyJSON.isEmpty else { return base }
    return base.adapted(to: try RawJSON(validating: request.policyJSON.bytes))
  }

  private static func read(
    _ buffer: UnsafeBufferPointer<UInt8>, _ place: TextPlace, _ field: FieldName, _ words: inout WordStreams, _ findings: inout Findings
  ) {
    PlainText.with(buffer) { text in
      if text.isFolded { HiddenText.find(in: buffer, place, &findings) }
      var scan = TextScan(text, place, field: field)
      scan.run(&words, &findings)
    }
  }

  private func verdict(_ findings: Findings, _ request: borrowing GuardrailRequest) throws -> Verdict {
    // Of a message that is blocked only the reasons are told.
    let told = findings.strongest == .block ? findings.reported.filter { $0.action == .block } : findings.reported
    let violations = told.map { violation($0, request) }
    switch findings.strongest {
    case .block: return .block(violations)
    case .redact:
      var replacing = try Replacing(request)
      var verdict = Verdict.transform(replacing.replacements(findings.redactions, request), violations: violations)
      try replacing.keep(in: &verdict)
      return verdict
    case .off, .flag:
      var verdict = Verdict(action: .allow, violations: violations)
      // A placeholder in the sender's own words is not to be taken for one of the session's.
      if request.phase == .input, findings.settings.redacts, !Replacing.placeholders(in: request).isEmpty {
        var replacing = try Replacing(request)
        try replacing.keep(in: &verdict)
      }
      return verdict
    }
  }

  /// Neither message nor evidence holds anything of the text but its shape.
  private func violation(_ finding: Finding, _ request: borrowing GuardrailRequest) -> Violation {
    var evidence = JSONWriter()
    evidence.object {
      $0.member("detector", finding.detector.name)
      $0.member("action", finding.action.rawValue)
      $0.member("path", request.segments[finding.segment].path.string)
      if !finding.shape.isEmpty { $0.member("shape", finding.shape) }
      if finding.encoding != .none { $0.member("encoding", finding.encoding.rawValue) }
    }
    return Violation(
      category: finding.detector.group.category, code: finding.code.description, message: finding.detector.title + ".",
      evidenceJSON: evidence.bytes, score: finding.confidence, place: Violation.Place(segment: finding.segment, range: finding.range))
  }

  /// Counts everything that was found, by detector and action; the gateway says in its log what becomes of it.
  private func count(_ findings: Findings) {
    guard let metrics = host.metrics else { return }
    for detector in Detector.allCases where findings.counts[detector.index] > 0 {
      metrics.record(
        .counter, "pattern_guardrail.findings", value: Double(findings.counts[detector.index]),
        labels: [("detector", detector.name), ("action", findings.settings.rules[detector.index].action.rawValue)])
    }
  }
}
