internal import JSON
internal import NIOCore

extension Discovery {
  /// Keeps back tools that the configuration denies (silently) and items whose definition a guardrail blocks (with the reason).
  func screened(
    _ found: Found, _ kind: ItemKind, _ server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async -> ItemList {
    let judge = DefinitionJudge(discovery: self, server: server, caller: caller, request: request)
    if server.definitions.screensServerInfo,
      case .blocked(let reasons, _) = await judge.verdict(on: found.server, .server, item: server.name)
    {
      return ItemList(source: found.source, items: [], blocked: [], serverRejection: reasons, lifetime: found.lifetime)
    }
    let offered = found.items.filter { kind != .tools || server.access(to: $0.name) == .allowed }
    var kept: [ItemList.Item] = []
    var blocked: [ItemList.Blocked] = []
    if server.definitions.screensItems {
      for (item, verdict) in zip(offered, await judge.verdicts(on: offered)) {
        switch verdict {
        case .blocked(let reasons, let details): blocked.append(ItemList.Blocked(name: item.name, reasons: reasons, details: details))
        case .passed(let definition) where definition == item.definition: kept.append(item)
        case .passed(let definition): kept.append(ItemList.Item(kind, name: item.name, definition: definition))
        }
      }
    } else {
      kept = offered
    }
    var list = ItemList(source: found.source, items: kept, blocked: blocked, serverRejection: [], lifetime: found.lifetime)
    list.withheldBytes = max(0, found.items.definitionBytes - kept.definitionBytes)
    return list
  }
}

/// Asks the guardrails about definitions of one server, on behalf of the caller who needs to know.
struct DefinitionJudge: Sendable {
  let discovery: Discovery
  let server: ServerEntry
  let caller: Caller
  let request: RequestContext

  private var policy: GuardrailPolicy {
    var policy = server.definitions.policy ?? .registration(caller.state.guardrails)
    if server.definitions.mode == .observe, policy.mode == .enforce {
      policy.mode = .observe
      policy.revision &+= 1
    }
    return policy
  }

  /// Side by side, a bounded number at a time; in the order of the items.
  func verdicts(on items: [ItemList.Item]) async -> [DefinitionVerdicts.Verdict] {
    var verdicts = items.map { discovery.verdicts.find(key(of: $0.definition, .tool, item: $0.name)) }
    let missing = verdicts.indices.filter { verdicts[$0] == nil }
    await withTaskGroup(of: (Int, DefinitionVerdicts.Verdict).self) { group in
      for (count, index) in missing.enumerated() {
        if count >= Limits.Guardrails.maxDefinitionsAtOnce, let (done, verdict) = await group.next() { verdicts[done] = verdict }
        group.addTask { (index, await ask(about: items[index].definition, .tool, item: items[index].name)) }
      }
      for await (done, verdict) in group { verdicts[done] = verdict }
    }
    return verdicts.map { $0 ?? .blocked(reasons: [], details: []) }
  }

  func verdict(on definition: RawJSON, _ phase: GuardrailPhase, item: String) async -> DefinitionVerdicts.Verdict {
    if let known = discovery.verdicts.find(key(of: definition, phase, item: item)) { return known }
    return await ask(about: definition, phase, item: item)
  }

  private func key(of definition: RawJSON, _ phase: GuardrailPhase, item: String) -> DefinitionVerdicts.Key {
    DefinitionVerdicts.Key(
      phase: phase, server: server.name, item: item, content: KeyDigest(of: definition.bytes), policy: policy.revision,
      guardrails: caller.state.guardrailRevision)
  }

  private func ask(about definition: RawJSON, _ phase: GuardrailPhase, item: String) async -> DefinitionVerdicts.Verdict {
    let policy = policy
    let subject = Screening.Subject(
      phase: phase, surface: "registration", server: server.name, item: item, context: caller.context(request), policy: policy)
    let guardrails = caller.state.guardrails
    let screening = Screening(bindings: guardrails, log: discovery.observation.log, metrics: discovery.observation.metrics)
    let (passed, report) = await screening.screen(definition, base: "", as: subject)
    let verdict = Self.verdict(of: report, on: passed, phase: phase, item: item)
    let judges = guardrails.count { policy.bindings.contains($0.name) && $0.instance.implements(phase) }
    if report.isVerdict(of: judges) {
      discovery.verdicts.keep(
        verdict, key(of: definition, phase, item: item), lifetime: caller.state.config.common.toolCacheExpiry)
    }
    return verdict
  }

  /// What is replaced in a definition must leave the item what it is: it is asked for by the name that the server gave it.
  private static func verdict(
    of report: ScreeningReport, on passed: RawJSON, phase: GuardrailPhase, item: String
  ) -> DefinitionVerdicts.Verdict {
    guard !report.isBlocked else { return .blocked(reasons: report.reasons, details: report.places) }
    let names = ["name", "uri", "uriTemplate"].compactMap { passed[$0]?.stringValue }
    guard phase == .server || names.contains(item) else {
      return .blocked(reasons: ["policy_violation: A guardrail would give it another name"], details: [])
    }
    return .passed(passed)
  }
}

extension ScreeningReport {
  /// Every guardrail that was asked gave its verdict: none failed.
  fileprivate func isVerdict(of judges: Int) -> Bool {
    isBlocked || wouldBlock ? !(findings + passed).contains { $0.violation.category == Finding.failureCategory } : runs == judges
  }

  /// Which guardrail found what, in which member of the definition.
  fileprivate var places: JSONValue {
    .array(
      findings.prefix(Limits.Guardrails.maxReportedFindings).map { finding in
        ["guardrail": .string(finding.binding), "type": .string(finding.violation.category), "member": .string(finding.member)]
      })
  }

  /// The same in words, each once. A guardrail's own words stay in the log: they may quote what was found.
  fileprivate var reasons: [String] {
    findings.prefix(Limits.Guardrails.maxReportedFindings).reduce(into: []) { reasons, finding in
      let reason = "\(finding.violation.category): \(finding.sentence)"
      if !reasons.contains(reason) { reasons.append(reason) }
    }
  }
}

extension ScreeningReport.Finding {
  /// Of the definition. No deeper, since names further down are the server's own words.
  fileprivate var member: String {
    let member = pointer.split(separator: "/").first.map(String.init) ?? ""
    return Self.knownMembers.contains(member) ? member : "other"
  }

  fileprivate var sentence: String {
    guard !binding.isEmpty, violation.category != Self.failureCategory else { return violation.message }
    return "found by \(binding) in " + (member == "other" ? "the definition" : member)
  }

  private static let knownMembers: Set<String> = [
    "name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons", "_meta", "uri", "uriTemplate", "mimeType",
    "arguments",
  ]
}

extension [ItemList.Item] {
  var definitionBytes: Int { reduce(0) { $0 + $1.definition.bytes.count } }
}

extension GuardrailPolicy {
  /// Definitions are judged by every guardrail that can.
  static func registration(_ guardrails: [BoundGuardrail]) -> GuardrailPolicy {
    GuardrailPolicy(
      isEnabled: true, name: "registration", block: [], bindings: guardrails.map(\.name), json: Array("{}".utf8), revision: 0)
  }
}
