internal import PluginABI

extension PluginCheck {
  static let create = provider(
    CheckRule(
      id: "create", summary: "create() makes an instance of a valid configuration.",
      header: "\"SMG_OK: *self is set, not NULL … Anything else … what was written to `error` tells the operator why.\"",
      fix:
        "Let create() take every configuration that the schema accepts, without reaching for a service: it runs more than once, also in a child "
        + "process that has no network. Say in `error` what is wrong with those that it refuses.")
  ) { bench throws(CheckEnd) in
    // Their end is looked at elsewhere: here it is the process's.
    _ = try bench.create()
    _ = try bench.create()
  }

  static let refusedConfig = provider(
    CheckRule(
      id: "refused-config", summary: "create() survives configurations that are wrong, and says what is wrong.",
      header:
        "create(): \"Anything else: *self is ignored, stop and destroy are not called, and what was written to `error` tells the operator why.\"",
      fix:
        "Check what the schema cannot say, and write a sentence that names the member, never its value, to `error` before you return a status."
    )
  ) { bench throws(CheckEnd) in
    var silent = 0
    for sample in ConfigSample.wrong + ConfigSample.wrong(bench.schema) {
      do throws(CheckInstance.Refused) {
        try CheckInstance(bench, config: Array(sample.json.utf8), mode: .guarded).end()
      } catch {
        if error.text.isEmpty { silent += 1 }
      }
    }
    if silent > 0 { bench.advise("create() refused \(silent) wrong configurations without a word to its error sink") }
  }
}

extension CheckBench {
  /// The provider's configuration schema; empty when there is none that can be used.
  var schema: [UInt8] {
    do throws(PluginTables.Problem) { return try PluginTables.schema(table.pointee.config_schema, name) } catch { return [] }
  }
}
