internal import PluginABI

extension PluginCheck {
  static let tables = library(
    CheckRule(
      id: "tables", summary: "Tables, names and functions are all there and of the right size.",
      header:
        "R4: \"A structure that begins with `size`\" has the size of the header's; undefined flags and `reserved` are 0. R10: \"Only what is marked "
        + "SMG_NULLABLE may be NULL.\" Identifiers are NUL-terminated ASCII (R3); names differ within a kind.",
      fix: "Set .size = sizeof of each table, fill in every function that is not marked SMG_NULLABLE, and begin names with a letter.")
  ) { library throws(CheckEnd) in
    let tables = try library.tables(readsSchemas: false)
    for provider in tables.providers { look(at: provider, library.log) }
    for skipped in tables.skipped { library.log.advise("tables", "the gateway does not know the provider \(skipped), and leaves it out") }
    if tables.providers.isEmpty { library.log.fail("tables", "it offers nothing that this gateway knows") }
    for (what, text) in [("version", tables.version), ("vendor", tables.vendor), ("license", tables.license)] where text.isEmpty {
      library.log.advise("tables", "\(what) is empty: operators see it in lists")
    }
    if !tables.id.contains(".") {
      library.log.advise("tables", "id \"\(tables.id)\" is no reversed domain, so another plugin may have it too")
    }
  }

  private static let knownFlags = SMG_PF_INLINE | SMG_PF_SERIAL | SMG_PF_NETWORK
  private static let knownGuardrailFlags =
    SMG_GF_BINARY | SMG_GF_RELEVANCY | SMG_GF_ADHERENCE | SMG_GF_HALLUCINATION | SMG_GF_TOPIC | SMG_GF_CUSTOM
  private static let knownPhases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT | SMG_PHASE_TOOL | SMG_PHASE_SERVER | SMG_PHASE_RESTORE

  private static func look(at provider: PluginTables.Provider, _ log: CheckLog) {
    let table = provider.table.pointee
    func expectZero(_ value: UInt32, _ what: String) {
      if value != 0 { log.fail("tables", "\"\(provider.name)\" has bits in \(what) that the header does not define: \(value)") }
    }
    expectZero(table.flags & ~knownFlags, "flags")
    expectZero(table.reserved, "reserved")
    switch provider.kind {
    case .guardrail:
      let guardrail = table.vtable.assumingMemoryBound(to: smg_guardrail.self).pointee
      expectZero(guardrail.phases & ~knownPhases, "phases")
      expectZero(guardrail.flags & ~knownGuardrailFlags, "the guardrail's flags")
      expectZero(guardrail.reserved, "the guardrail's reserved")
      if guardrail.phases == 0 { log.fail("tables", "\"\(provider.name)\" implements no phase, so it is never asked") }
    case .auth: expectZero(table.vtable.assumingMemoryBound(to: smg_auth.self).pointee.flags, "the auth table's flags")
    case .telemetry:
      let telemetry = table.vtable.assumingMemoryBound(to: smg_telemetry.self).pointee
      expectZero(telemetry.kinds & ~(SMG_REC_LOG | SMG_REC_SPAN), "kinds")
      if telemetry.kinds == 0, telemetry.export_metrics == nil {
        log.fail("tables", "\"\(provider.name)\" wants neither records nor metrics, so it is never asked")
      }
    }
  }
}
