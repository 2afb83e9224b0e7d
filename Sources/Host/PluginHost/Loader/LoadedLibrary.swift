internal import Glibc
internal import PluginABI

/// A library in this process, for good: it is never closed.
struct LoadedLibrary: Sendable {
  let found: FoundLibrary
  let providers: [ProviderTable]

  /// Takes one of the gateway's own into the process and reads what it publishes.
  init(builtIn image: SealedImage, path: String, sha256: String) throws(PluginRefusal) {
    let tables = try Self.tables(image, path)
    self.init(tables, FoundLibrary(PluginDescription(tables), path: path, sha256: sha256, isBuiltIn: true))
  }

  /// Takes a library into the process that has been described in another.
  init(_ found: FoundLibrary, _ image: SealedImage) throws(PluginRefusal) {
    let tables = try Self.tables(image, found.path)
    guard PluginDescription(tables) == found.description else {
      throw PluginRefusal(
        path: found.path, rule: .describe, reason: "describes itself differently each time it is loaded", fix: "do not use it")
    }
    self.init(tables, found)
  }

  private init(_ tables: PluginTables, _ found: FoundLibrary) {
    self.found = found
    let isBuiltIn = found.isBuiltIn
    providers = zip(tables.providers, found.providers).map { provider, found in
      ProviderTable(provider: provider.table, listing: found.listing, isBuiltIn: isBuiltIn)
    }
  }

  private static func tables(_ image: SealedImage, _ path: String) throws(PluginRefusal) -> PluginTables {
    do throws(PluginTables.Problem) { return try open(image.loadPath) } catch {
      throw PluginRefusal(path: path, rule: error.rule, reason: error.reason, fix: error.fix)
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
