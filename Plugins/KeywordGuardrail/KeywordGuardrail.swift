internal import JSON
internal import PluginSDK

/// Looks for the keywords and regular expressions of lists, in whatever disguise Unicode offers, and blocks, takes them out or tells of them.
///
/// Lists become automata when the instance is made; a check is one pass over each text for each kind of list, however long they are.
struct KeywordGuardrail: GuardrailProvider {
  static let name = "custom_keyword"
  static let flags: ProviderFlags = [.inline]
  static let configSchema = KeywordConfig.schema

  /// More are not reported: the message is blocked by the first.
  static let maxViolations = 64

  private let live: LiveLists
  private let host: PluginServices

  init(config: PluginConfig, host: PluginServices) throws {
    live = try LiveLists(KeywordConfig(config.json).lists, host: host)
    self.host = host
  }

  func check(_ request: GuardrailRequest) throws -> Verdict {
    let lists = live.current
    var reading = MessageReading(lists, isRewritable: request.phase == .input || request.phase == .output)
    for index in request.segments.indices {
      let segment = request.segments[index]
      guard !segment.kind.contains(.binary) else { continue }
      let place = MessageReading.Place(
        segment: index, isMemberName: segment.kind.contains(.memberName),
        isApart: segment.kind.contains(.number) || segment.kind.contains(.nested))
      let text = segment.text
      try text.withUTF8 { try reading.read($0, place) }
      if reading.isOver { break }
    }
    guard !reading.isEmpty else { return .allow }
    return verdict(reading, request)
  }

  private func verdict(_ reading: MessageReading, _ request: borrowing GuardrailRequest) -> Verdict {
    guard reading.blocked.isEmpty else { return .block(reading.blocked.map { violation($0, .block, reading, request) }) }
    count(reading)
    let told =
      reading.redacted.prefix(Self.maxViolations).map { violation($0, .redact, reading, request) }
      + reading.flagged.prefix(Self.maxViolations).map { violation($0, .flag, reading, request) }
    guard !reading.replacements.isEmpty else { return Verdict(action: .allow, violations: told) }
    return .transform(reading.replacements, violations: told)
  }

  private func violation(
    _ finding: MessageReading.Finding, _ action: ListAction, _ reading: MessageReading, _ request: borrowing GuardrailRequest
  ) -> Violation {
    let match = finding.match
    let list = reading.lists.lists[match.list]
    let what = match.isExpression ? "pattern of list \(list.name)" : "keyword"
    let words =
      switch action {
      case .block: match.isExpression ? "Blocked \(what) matched" : "Blocked keyword detected: \(match.word)"
      case .redact: "A \(what) was taken out"
      case .flag: "A \(what) was found"
      }
    var evidence = JSONWriter()
    evidence.object {
      $0.member(match.isExpression ? "pattern" : "keyword", match.word)
      $0.member("path", request.segments[finding.place.segment].path.string)
      $0.member("matched", finding.quote)
      if list.name != "blocked_keywords" { $0.member("list", list.name) }
      if action != .block { $0.member("action", action.rawValue) }
    }
    return Violation(
      category: "keyword_detector", code: match.isExpression ? "pattern" : "keyword", message: words, evidenceJSON: evidence.bytes,
      score: 1,
      place: Violation.Place(segment: finding.place.segment, range: match.range))
  }

  /// Counts what passes although something was found; the gateway says it in its log.
  private func count(_ reading: MessageReading) {
    var counts: [Int: Int] = [:]
    for finding in reading.redacted + reading.flagged { counts[finding.match.list, default: 0] += 1 }
    for (number, count) in counts {
      let list = reading.lists.lists[number]
      host.metrics?.record(
        .counter, "keyword_guardrail.findings", value: Double(count), labels: [("list", list.name), ("action", list.action.rawValue)])
    }
  }
}
