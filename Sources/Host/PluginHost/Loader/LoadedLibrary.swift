internal import Glibc
internal import PluginABI

/// A library in this process, for good: it is never closed.
struct LoadedLibrary: Sendable {
  let path: String
  let sha256: String
  let tables: PluginTables
  let providers: [ProviderTable]

  /// dlopens the private copy and reads what it publishes.
  init(_ image: SealedImage, path: String, sha256: String, isBuiltIn: Bool) throws(PluginRefusal) {
    do throws(PluginTables.Problem) {
      tables = try Self.open(image.loadPath)
    } catch {
      throw PluginRefusal(path: path, rule: error.rule, reason: error.reason, fix: error.fix)
    }
    self.path = path
    self.sha256 = sha256
    providers = tables.providers.map { [tables] provider in
      ProviderTable(
        provider: provider.table,
        listing: ProviderListing(
          kind: provider.kind, name: provider.name, pluginID: tables.id, version: tables.version, vendor: tables.vendor,
          license: tables.license,
          path: path, sha256: sha256, flags: provider.flags, configSchemaJSON: provider.configSchema), isBuiltIn: isBuiltIn)
    }
  }

  /// Loads a library and reads its tables. Its constructors run here.
  static func open(_ loadPath: String) throws(PluginTables.Problem) -> PluginTables { try PluginTables(entry: entry(of: loadPath)) }

  /// Loads a library and finds its entry function. Its constructors run here.
  static func entry(of loadPath: String) throws(PluginTables.Problem) -> smg_entry_fn {
    guard let handle = dlopen(loadPath, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      let reason = dlerror().map { String(cString: $0) } ?? "unknown reason"
      throw PluginTables.Problem(rule: .load, reason: "cannot be loaded: \(reason)", fix: "build it for this system")
    }
    guard let symbol = dlsym(handle, SMG_ENTRY_SYMBOL) else {
      throw PluginTables.Problem(rule: .entrySymbol, reason: "does not export \(SMG_ENTRY_SYMBOL)", fix: "export it from the library")
    }
    return unsafeBitCast(symbol, to: smg_entry_fn.self)
  }
}
