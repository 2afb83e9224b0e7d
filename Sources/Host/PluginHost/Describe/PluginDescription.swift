internal import JSON

/// What a library offers, without the library: as a describing child reports it, or as its tables say.
struct PluginDescription: Sendable, Equatable {
  struct Provider: Sendable, Equatable {
    var kind: ProviderKind
    var name: String
    var flags: ProviderFlags
    var configSchema: [UInt8]
    var traits: ProviderTraits
  }

  var id: String
  var version: String
  var vendor: String
  var license: String
  var providers: [Provider]
  /// Providers that this gateway does not know, and why.
  var skipped: [String]

  init(_ tables: PluginTables) {
    (id, version, vendor, license) = (tables.id, tables.version, tables.vendor, tables.license)
    providers = tables.providers.map {
      Provider(kind: $0.kind, name: $0.name, flags: $0.flags, configSchema: $0.configSchema, traits: ProviderTraits($0))
    }
    skipped = tables.skipped
  }
}

// MARK: As JSON

extension PluginDescription {
  var json: JSONValue {
    [
      "id": .string(id), "version": .string(version), "vendor": .string(vendor), "license": .string(license),
      "providers": .array(providers.map(\.json)), "skipped": .array(skipped.map(JSONValue.string)),
    ]
  }

  /// nil when the value is not what `json` makes of a sound library. The process that wrote it has the library's code in it, so it is read like the library's
  /// own words.
  init?(_ json: JSONValue) {
    guard let id = json["id"]?.stringValue, PluginText.isName(id), let version = Self.line(json["version"]),
      let vendor = Self.line(json["vendor"]), let license = Self.line(json["license"]), let list = json["providers"]?.arrayValue,
      (1...Limits.Plugin.maxProvidersPerLibrary).contains(list.count), let skipped = json["skipped"]?.arrayValue,
      skipped.count <= Limits.Plugin.maxProvidersPerLibrary
    else { return nil }
    (self.id, self.version, self.vendor, self.license) = (id, version, vendor, license)
    (providers, self.skipped) = ([], [])
    for entry in list {
      guard let provider = Provider(entry), !providers.contains(where: { $0.kind == provider.kind && $0.name == provider.name }) else {
        return nil
      }
      providers.append(provider)
    }
    for entry in skipped {
      guard let text = Self.line(entry, max: 4 * Limits.Plugin.maxIdentifierBytes) else { return nil }
      self.skipped.append(text)
    }
  }

  /// A text without control characters.
  private static func line(_ json: JSONValue?, max: Int = Limits.Plugin.maxIdentifierBytes) -> String? {
    guard let text = json?.stringValue, text.utf8.count <= max, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else { return nil }
    return text
  }
}

extension PluginDescription.Provider {
  fileprivate var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "name": .string(name), "flags": .int(Int(flags.rawValue)),
      "schema": .string(String(decoding: configSchema, as: UTF8.self)), "wanted": .int(Int(traits.wanted)),
      "traits": .int(Int(traits.flags)), "cancel": .bool(traits.isCancellable), "fetch_config": .bool(traits.fetchesConfigs),
      "export_metrics": .bool(traits.exportsMetrics),
    ]
  }

  fileprivate init?(_ json: JSONValue) {
    func bits(_ name: String) -> UInt32? { json[name]?.intValue.flatMap(UInt32.init(exactly:)) }
    guard let kind = json["kind"]?.stringValue.flatMap(ProviderKind.init), let name = json["name"]?.stringValue, PluginText.isName(name),
      let flags = bits("flags"), let schema = json["schema"]?.stringValue.map({ Array($0.utf8) }), Self.isSchema(schema),
      let wanted = bits("wanted"), let traits = bits("traits"), let cancels = json["cancel"]?.boolValue,
      let fetches = json["fetch_config"]?.boolValue, let exports = json["export_metrics"]?.boolValue
    else { return nil }
    self.init(
      kind: kind, name: name, flags: ProviderFlags(rawValue: flags), configSchema: schema,
      traits: ProviderTraits(
        wanted: wanted, flags: traits, isCancellable: cancels, fetchesConfigs: fetches && kind == .auth,
        exportsMetrics: exports && kind == .telemetry))
  }

  private static func isSchema(_ text: [UInt8]) -> Bool {
    guard !text.isEmpty else { return true }
    do {
      _ = try JSONSchema(try RawJSON(validating: text, limits: JSONLimits(maxBytes: Limits.Plugin.maxConfigSchemaBytes)))
      return true
    } catch { return false }
  }
}
