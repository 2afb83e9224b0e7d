internal import PluginABI

/// Takes one file through every check, in order, and into the process. No code of the library runs in this process before the last step, and none in a
/// child before the checks of file, hash and format have passed.
struct LibraryLoader {
  let settings: PluginSettings
  let log: Log
  /// Hashes that are loaded already.
  let known: Set<String>
  /// How many builds were loaded from the same path.
  let builds: Int

  enum Outcome {
    case loaded(LoadedLibrary, SealedImage)
    /// The same bytes are loaded already, from the same or another path.
    case known(sha256: String)
  }

  func load(_ name: String, in folder: borrowing Folder) throws(PluginRefusal) -> Outcome {
    let path = folder.path + "/" + name
    let image = try SealedImage.copy(try LibraryFile.open(name, in: folder), path: path, avoidMemfd: settings.avoidMemfd)
    var isKept = false
    defer { if !isKept { image.discard() } }
    let sha256 = try image.withBytes(path: path) { SealedImage.sha256($0) }
    try checkTrust(sha256, path)
    if known.contains(sha256) { return .known(sha256: sha256) }
    try checkBuilds(path)
    try checkFormat(image, path)
    let isBuiltIn = settings.trustedInlineHashes.contains(sha256)
    // Built together with the gateway: known not to crash on loading, so the start does not wait for a process a library.
    let described = isBuiltIn ? nil : try DescriberProcess(settings: settings, image: image).describe(path: path)
    let library = try LoadedLibrary(image, path: path, sha256: sha256, isBuiltIn: isBuiltIn)
    isKept = true
    if let described, PluginDescription(library.tables) != described {
      throw PluginRefusal(path: path, rule: .describe, reason: "describes itself differently each time it is loaded", fix: "do not use it")
    }
    for skipped in library.tables.skipped { log.warning("provider not known to this gateway: \(skipped)", ["path": path]) }
    log.info(
      "plugin loaded",
      ["plugin": library.tables.id, "version": library.tables.version, "path": path, "sha256": sha256, "copy": image.loadPath])
    return .loaded(library, image)
  }

  func checkTrust(_ sha256: String, _ path: String) throws(PluginRefusal) {
    guard case .allowlist(let hashes) = settings.trust, !hashes.contains(sha256) else { return }
    throw PluginRefusal(
      path: path, rule: .trust, reason: "its SHA-256 \(sha256) is not on the list",
      fix: "add the hash to plugins.allowlist if you trust the file")
  }

  /// A library is never taken out of the process, so their number has a bound.
  private func checkBuilds(_ path: String) throws(PluginRefusal) {
    guard builds >= Limits.Plugin.maxBuildsPerFile else { return }
    throw PluginRefusal(
      path: path, rule: .builds, reason: "\(builds) builds of this file were loaded since the start, and each stays in memory",
      fix: "restart the gateway to use this build")
  }

  func checkFormat(_ image: SealedImage, _ path: String) throws(PluginRefusal) {
    let library = try image.withBytes(path: path) { bytes throws(PluginRefusal) in
      do throws(ELFLibrary.Problem) {
        return try ELFLibrary(bytes)
      } catch {
        throw PluginRefusal(path: path, rule: error.rule, reason: error.reason, fix: error.fix)
      }
    }
    guard library.entrySymbols.contains(SMG_ENTRY_SYMBOL) else { throw wrongEntry(library.entrySymbols, path) }
    if library.hasTextRelocations {
      throw PluginRefusal(
        path: path, rule: .textRelocations, reason: "rewrites its own code when loaded (DT_TEXTREL)", fix: "build it with -fPIC")
    }
    if library.hasExecutableStack {
      throw PluginRefusal(path: path, rule: .executableStack, reason: "asks for an executable stack", fix: "link it with -z noexecstack")
    }
    if !library.isNeverUnloaded { log.debug("not linked with -z nodelete; kept loaded all the same", ["path": path]) }
    try LibraryDependencies.check(library, path: path)
  }

  private func wrongEntry(_ found: [String], _ path: String) -> PluginRefusal {
    guard let other = found.first else {
      return PluginRefusal(
        path: path, rule: .entrySymbol, reason: "does not export \(SMG_ENTRY_SYMBOL)",
        fix: "export it, or take the file out of the plugin folder")
    }
    return PluginRefusal(
      path: path, rule: .abiVersion, reason: "exports \(other) only; this gateway speaks plugin ABI major 0",
      fix: "use a build of the plugin for this gateway")
  }
}
