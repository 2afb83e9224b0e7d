internal import PluginABI

/// Takes one file through every check, in order. No code of it runs in this process, unless it was built with the gateway; in a child only after the checks of
/// file, hash and format have passed.
struct LibraryLoader {
  let settings: PluginSettings
  let log: Log
  /// All of them have to trust a library.
  let rules: [LibraryTrust]
  /// Hashes that were found before.
  let known: Set<String>
  /// How many builds were found on the same path.
  let builds: Int

  enum Outcome {
    /// `loaded`: of one of the gateway's own.
    case found(FoundLibrary, loaded: LoadedLibrary?, SealedImage, TrustGround)
    /// The same bytes were found before, on the same or another path.
    case known(sha256: String, TrustGround)
  }

  func load(_ name: String, in folder: borrowing Folder) throws(PluginRefusal) -> Outcome {
    let path = folder.path + "/" + name
    let image = try SealedImage.copy(try LibraryFile.open(name, in: folder), path: path, avoidMemfd: settings.avoidMemfd)
    var isKept = false
    defer { if !isKept { image.discard() } }
    let sha256 = try image.withBytes(path: path) { SealedImage.sha256($0) }
    let ground = try trust(sha256, path)
    if known.contains(sha256) { return .known(sha256: sha256, ground) }
    try checkBuilds(path)
    try checkFormat(image, path)
    let (found, loaded) = try describe(image, sha256, path)
    isKept = true
    for skipped in found.description.skipped { log.warning("provider not known to this gateway: \(skipped)", ["path": path]) }
    log.info(
      "plugin found",
      [
        "plugin": found.description.id, "version": found.description.version, "path": path, "sha256": sha256, "copy": image.loadPath,
        "trust": ground.signer.map { "signed by \($0.name) (\($0.fingerprint))" } ?? ground.name,
      ])
    return .found(found, loaded: loaded, image, ground)
  }

  private func describe(_ image: SealedImage, _ sha256: String, _ path: String) throws(PluginRefusal) -> (FoundLibrary, LoadedLibrary?) {
    // Built together with the gateway: known not to crash on loading, so the start does not wait for a process a library.
    if settings.trustedInlineHashes.contains(sha256) {
      let library = try LoadedLibrary(builtIn: image, path: path, sha256: sha256)
      return (library.found, library)
    }
    let description = try DescriberProcess(settings: settings, image: image).describe(path: path)
    return (FoundLibrary(description, path: path, sha256: sha256, isBuiltIn: false), nil)
  }

  /// Why the library may be loaded, by the last of the rules.
  func trust(_ sha256: String, _ path: String) throws(PluginRefusal) -> TrustGround {
    var ground = TrustGround.any
    for rule in rules { ground = try rule.judge(sha256: sha256, path: path) }
    return ground
  }

  /// What was found once may be in use for as long as the gateway runs, so their number has a bound.
  private func checkBuilds(_ path: String) throws(PluginRefusal) {
    guard builds >= Limits.Plugin.maxBuildsPerFile else { return }
    throw PluginRefusal(
      path: path, rule: .builds, reason: "\(builds) builds of this file were found since the start, and each stays in memory",
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
