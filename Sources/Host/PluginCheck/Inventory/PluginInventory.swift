internal import JSON

/// What lies on the search path, and who uses it.
struct PluginInventory {
  let config: PluginsConfig
  private let inspector: LibraryInspector

  init(_ config: PluginsConfig, executable: ExecutablePath) {
    self.config = config
    var settings = PluginSettings(config, executable: executable, log: Log(sink: SilentSink(), scope: "plugins"))
    settings.describerPath = executable.path
    inspector = LibraryInspector(settings: settings, executablePath: executable.path)
  }

  /// Every library of every folder, in the order in which the gateway looks; folders that it cannot use are entries, too.
  func all() -> [LibraryInspection] {
    inspector.settings.searchPaths.flatMap { path -> [LibraryInspection] in
      do throws(PluginRefusal) {
        let folder = try Folder.open(path)
        return try folder.libraries().map { inspector.inspect($0, in: folder) }
      } catch {
        var found = LibraryInspection(path: path)
        found.refusal = error
        return [found]
      }
    }
  }

  /// A library wherever it lies.
  func library(at path: String) -> LibraryInspection { inspector.inspect(path: path) }

  /// Bindings of the configuration that a library serves.
  func users(of offer: CheckedOffer) -> [String] {
    let bindings: [(ProviderKind, ProviderBinding)] =
      [(.auth, config.auth)] + config.guardrails.map { (.guardrail, $0.provider) } + config.telemetry.map { (.telemetry, $0) }
    return bindings.compactMap { kind, binding in
      let isOffered = offer.providers.contains { $0.kind == kind && $0.name == binding.provider }
      guard isOffered, binding.plugin == nil || binding.plugin == offer.id else { return nil }
      return "\(kind.rawValue) \(binding.name)"
    }
  }

  func document(_ found: LibraryInspection, isWhole: Bool = false) -> JSONValue {
    guard var object = found.document.objectValue, let offer = found.offer else { return found.document }
    object["used_by"] = .array(users(of: offer).map(JSONValue.string))
    if isWhole { object["providers"] = .array(offer.providers.map(\.whole)) }
    return .object(object)
  }
}
