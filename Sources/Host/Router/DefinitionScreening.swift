internal import JSON

extension Discovery {
  /// Keeps back tools that the configuration denies (silently) and items whose definition a guardrail blocks (with the reason).
  func screened(
    _ found: Found, _ kind: ItemKind, _ server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async -> ItemList {
    if server.screensServerInfo {
      let report = await judge(found.server, .server, item: server.name, server, caller, request)
      guard !report.isBlocked else {
        return ItemList(source: found.source, items: [], blocked: [], serverRejection: report.reasons, lifetime: found.lifetime)
      }
    }
    var kept: [ItemList.Item] = []
    var blocked: [ItemList.Blocked] = []
    for item in found.items where kind != .tools || server.access(to: item.name) == .allowed {
      let report = server.screensTools ? await judge(item.definition, .tool, item: item.name, server, caller, request) : nil
      if let report, report.isBlocked {
        blocked.append(ItemList.Blocked(name: item.name, reasons: report.reasons))
      } else {
        kept.append(item)
      }
    }
    var list = ItemList(source: found.source, items: kept, blocked: blocked, serverRejection: [], lifetime: found.lifetime)
    list.withheldBytes = found.items.definitionBytes - kept.definitionBytes
    return list
  }

  private func judge(
    _ raw: RawJSON, _ phase: GuardrailPhase, item: String, _ server: ServerEntry, _ caller: Caller, _ request: RequestContext
  ) async -> ScreeningReport {
    let subject = Screening.Subject(
      phase: phase, surface: "registration", server: server.name, item: item, context: caller.context(request),
      policy: .registration(caller.state.guardrails))
    let screening = Screening(bindings: caller.state.guardrails, log: observation.log, metrics: observation.metrics)
    return await screening.screen(raw, base: "", as: subject).1
  }
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
