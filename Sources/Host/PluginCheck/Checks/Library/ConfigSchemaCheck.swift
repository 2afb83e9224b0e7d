internal import JSON
internal import PluginABI

extension PluginCheck {
  static let configSchema = library(
    CheckRule(
      id: "config-schema", summary: "Each provider's configuration schema is a JSON Schema in UTF-8.",
      header:
        "config_schema: \"a JSON Schema (2020-12) for the configuration; the host validates before it calls create\". R3: text is UTF-8.",
      fix:
        "Give a schema of the type object, with additionalProperties false, so that mistyped members are found; `examples` shows a configuration that "
        + "works, and is what checks use.")
  ) { library throws(CheckEnd) in
    for provider in try library.tables(readsSchemas: false).providers { look(at: provider, library.log) }
  }

  private static func look(at provider: PluginTables.Provider, _ log: CheckLog) {
    let json: [UInt8]
    do throws(PluginTables.Problem) {
      json = try PluginTables.schema(provider.table.pointee.config_schema, provider.name)
    } catch {
      return log.fail("config-schema", error.reason)
    }
    guard !json.isEmpty else {
      return log.advise(
        "config-schema", "\"\(provider.name)\" publishes no schema: mistakes in a configuration are found by create() alone")
    }
    guard let schema = ConfigSample.parsed(json) else { return }
    if schema["type"]?.stringValue != "object" {
      log.advise("config-schema", "the schema of \"\(provider.name)\" is not of the type object, which every configuration is")
    }
    for example in schema["examples"]?.value.arrayValue ?? [] {
      guard let problems = ConfigurationCheck.problems(example.serialized(), schema: json) else { continue }
      log.fail("config-schema", "an example in the schema of \"\(provider.name)\" is not valid: \(problems.joined(separator: "; "))")
    }
  }
}
