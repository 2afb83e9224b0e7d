internal import JSON
internal import PluginABI

/// What a library offers, as far as checks need it.
struct CheckedOffer: Sendable {
  var id: String
  var version: String
  var vendor: String
  var license: String
  var providers: [CheckedProvider]

  init(_ tables: PluginTables) {
    id = tables.id
    version = tables.version
    vendor = tables.vendor
    license = tables.license
    providers = tables.providers.map { CheckedProvider($0) }
  }

  var document: JSONValue {
    [
      "id": .string(id), "version": .string(version), "vendor": .string(vendor), "license": .string(license),
      "providers": .array(providers.map(\.document)),
    ]
  }

  init?(_ json: JSONValue) {
    guard let id = json["id"]?.stringValue, let version = json["version"]?.stringValue, let vendor = json["vendor"]?.stringValue,
      let license = json["license"]?.stringValue, let list = json["providers"]?.arrayValue
    else { return nil }
    self.id = id
    self.version = version
    self.vendor = vendor
    self.license = license
    providers = list.compactMap(CheckedProvider.init)
  }
}

/// One provider of a library, as a child describes it.
struct CheckedProvider: Sendable, Hashable {
  var kind: ProviderKind
  var name: String
  /// SMG_PF_*, by their words.
  var promises: [String]
  /// Guardrail: SMG_PHASE_*; telemetry: SMG_REC_* and metrics; by their words.
  var takes: [String]
  var schema: [UInt8]

  /// - Parameter provider: read without its schema, which may be unusable: it is read here, and left out then.
  init(_ provider: PluginTables.Provider) {
    kind = provider.kind
    name = provider.name
    promises = Self.words(provider.flags.rawValue, [(SMG_PF_INLINE, "inline"), (SMG_PF_SERIAL, "serial"), (SMG_PF_NETWORK, "network")])
    takes = Self.takes(provider)
    do throws(PluginTables.Problem) {
      schema = try PluginTables.schema(provider.table.pointee.config_schema, provider.name)
    } catch {
      schema = []
    }
  }

  private static func takes(_ provider: PluginTables.Provider) -> [String] {
    let table = provider.table.pointee.vtable
    switch provider.kind {
    case .auth: return []
    case .guardrail:
      let bits = table.assumingMemoryBound(to: smg_guardrail.self).pointee.phases
      return words(
        bits, [(SMG_PHASE_INPUT, "input"), (SMG_PHASE_OUTPUT, "output"), (SMG_PHASE_TOOL, "tool"), (SMG_PHASE_SERVER, "server")])
    case .telemetry:
      let telemetry = table.assumingMemoryBound(to: smg_telemetry.self).pointee
      return words(telemetry.kinds, [(SMG_REC_LOG, "logs"), (SMG_REC_SPAN, "spans")]) + (telemetry.export_metrics == nil ? [] : ["metrics"])
    }
  }

  private static func words(_ bits: UInt32, _ names: [(UInt32, String)]) -> [String] { names.filter { bits & $0.0 != 0 }.map(\.1) }

  // MARK: JSON

  /// Between child and parent.
  var document: JSONValue {
    var object = summary.objectValue ?? [:]
    object["schema"] = .string(String(decoding: schema, as: UTF8.self))
    return .object(object)
  }

  /// For lists.
  var summary: JSONValue {
    [
      "kind": .string(kind.rawValue), "name": .string(name), "promises": .array(promises.map(JSONValue.string)),
      "takes": .array(takes.map(JSONValue.string)),
    ]
  }

  /// With the schema of its configuration.
  var whole: JSONValue {
    var object = summary.objectValue ?? [:]
    object["config_schema"] = ConfigSample.parsed(schema)?.value ?? .null
    return .object(object)
  }

  /// nil when the value is not what `document` makes.
  init?(_ json: JSONValue) {
    guard let kind = json["kind"]?.stringValue.flatMap(ProviderKind.init), let name = json["name"]?.stringValue,
      let schema = json["schema"]?.stringValue, let promises = json["promises"]?.arrayValue, let takes = json["takes"]?.arrayValue
    else { return nil }
    self.kind = kind
    self.name = name
    self.promises = promises.compactMap(\.stringValue)
    self.takes = takes.compactMap(\.stringValue)
    self.schema = Array(schema.utf8)
  }
}
