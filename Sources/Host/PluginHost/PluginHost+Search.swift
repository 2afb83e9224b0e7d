internal import Synchronization

extension PluginHost {
  /// Searches the folders and takes up what passes every check: described in a process of its own, or loaded when it was built with the gateway. A file that does not is a refusal, logged and kept in `refusals`, and does not stop the others.
  /// Plugins that are found for the first time can be bound at once. Waits for child processes, so not on an event loop.
  /// - Parameter retryRejected: whether builds that could not take over before are offered again although their files are the same.
  /// - Returns: plugins of which other builds lie there now than those that serve, which go on until `accept`. Nothing the first time.
  @discardableResult
  package func load(retryRejected: Bool = false) throws(PluginHostError) -> [PluginChange] {
    _ = try runtime()
    let (rules, isFirst) = state.withLock { ($0.rules, $0.searched.isEmpty) }
    if isFirst, rules.contains(where: { $0.trust.mode == .any }) {
      log.warning(
        "plugins.trust is \"any\": every library on the search path is loaded", ["path": settings.searchPaths.joined(separator: ":")])
    }
    var search = Search(rules: rules)
    for path in settings.searchPaths {
      do throws(PluginRefusal) {
        try look(into: path, &search)
      } catch {
        search.refusals.append(error)
      }
    }
    let known = state.withLock { Set($0.refusals) }
    for refusal in search.refusals where !known.contains(refusal) {
      log.warning("plugin refused: \(refusal.reason)", ["path": refusal.path, "rule": refusal.rule.rawValue, "fix": refusal.fix])
    }
    return state.withLock { state in
      state.refusals = search.refusals
      state.searched = settings.searchPaths
      return state.catalog.searched(search.found, retryRejected: retryRejected)
    }
  }

  private struct Search {
    let rules: [LibraryTrust]
    var found: Set<String> = []
    var refusals: [PluginRefusal] = []
  }

  private func look(into path: String, _ search: inout Search) throws(PluginRefusal) {
    let folder = try Folder.open(path)
    for name in try folder.libraries() {
      let (known, builds) = state.withLock { ($0.catalog.hashes, $0.catalog.builds(from: folder.path + "/" + name)) }
      do throws(PluginRefusal) {
        let loader = LibraryLoader(settings: settings, log: log, rules: search.rules, known: known, builds: builds)
        switch try loader.load(name, in: folder) {
        case .known(let sha256, let ground):
          state.withLock { $0.catalog.trust(sha256, ground) }
          search.found.insert(sha256)
        case .found(let library, let loaded, let image, let ground):
          if let loaded { keep(loaded) }
          state.withLock { $0.catalog.add(library, image, ground) }
          search.found.insert(library.sha256)
        }
      } catch {
        search.refusals.append(error)
      }
    }
  }

  // MARK: Changes

  /// The other builds serve from now on.
  package func accept(_ change: PluginChange) { state.withLock { $0.catalog.accept(change) } }

  /// They could not take over; they are not offered again until their files change.
  package func reject(_ change: PluginChange) { state.withLock { $0.catalog.reject(change) } }

  /// The number of the newest build in a change, from 1.
  package func generation(of change: PluginChange) -> Int { state.withLock { $0.catalog.generation(of: change) } }

  /// What the search path looks like, for noticing that it changed; costs a look at each file's state. Folders that cannot be used are left out.
  package var searchPathState: SearchPathState { SearchPathState(settings.searchPaths, rules: state.withLock { $0.rules }) }
}
