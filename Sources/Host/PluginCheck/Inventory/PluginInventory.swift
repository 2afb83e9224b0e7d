internal import JSON

/// What lies on the search path, and who uses it.
struct PluginInventory {
  let config: PluginsConfig
  let inspector: LibraryInspector
  /// The gateway that serves, if this is asked in one.
  private let gateway: LivePlugins?

  init(_ config: PluginsConfig, executable: ExecutablePath, gateway: LivePlugins? = nil) {
    self.config = config
    self.gateway = gateway
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

  /// The path of a library of this name on the search path.
  func file(named name: String) throws(GatewayError) -> String {
    var names: [String] = []
    for path in inspector.settings.searchPaths {
      guard let folder = try? Folder.open(path), let libraries = try? folder.libraries() else { continue }
      if libraries.contains(name) { return folder.path + "/" + name }
      names += libraries
    }
    throw GatewayError(
      .configurationInvalid, "No library on the search path has the file name '\(Fields.shown(name))'.",
      suggestions: [
        Suggestion.didYouMean(name, among: names).map { "\($0.prefix(1).uppercased())\($0.dropFirst())" } ?? "`plugin list` shows them."
      ])
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
    guard var object = found.document.objectValue else { return found.document }
    if let offer = found.offer {
      object["used_by"] = .array(users(of: offer).map(JSONValue.string))
      if isWhole { object["providers"] = .array(offer.providers.map(\.whole)) }
    }
    if let gateway {
      let mine = gateway.instances.filter { $0.listing.path == found.path || $0.listing.pluginID == found.offer?.id }
      object["instances"] = .array(mine.map { $0.document(isWhole: true) })
    }
    return .object(object)
  }
}
