/// Every library that was found, and which builds give each plugin its providers now. A value without I/O. Nothing is ever taken out: a library may be in use
/// for as long as the gateway runs, and may come back into use when its file does.
struct PluginCatalog {
  /// One build of a plugin.
  struct Entry {
    let library: FoundLibrary
    let image: SealedImage
    /// Counts the builds of one plugin in the order in which they were found, from 1.
    let generation: Int

    var pluginID: String { library.description.id }
  }

  /// A provider as it would be bound now.
  struct Offer {
    let provider: FoundLibrary.Provider
    let library: FoundLibrary
    let image: SealedImage
    let generation: Int

    var listing: ProviderListing { provider.listing }
  }

  private(set) var entries: [Entry] = []
  /// By SHA-256, why each may be loaded, as it was last seen.
  private(set) var grounds: [String: TrustGround] = [:]
  /// SHA-256 of what was on the search path when it was last searched.
  private var present: Set<String> = []
  /// Builds that could not take over, until their file changes or somebody asks again.
  private var rejected: Set<String> = []
  /// By plugin id: SHA-256 of the builds that new instances are made of. More than one when files of one id lie side by side.
  private var serving: [String: Set<String>] = [:]

  var hashes: Set<String> { Set(entries.map(\.library.sha256)) }

  /// How many builds were found on one path.
  func builds(from path: String) -> Int { entries.count { $0.library.path == path } }

  mutating func add(_ library: FoundLibrary, _ image: SealedImage, _ ground: TrustGround) {
    grounds[library.sha256] = ground
    let generation = entries.count { $0.pluginID == library.description.id } + 1
    entries.append(Entry(library: library, image: image, generation: generation))
  }

  /// A library that is known was found again.
  mutating func trust(_ sha256: String, _ ground: TrustGround) { grounds[sha256] = ground }

  // MARK: Search

  /// Records what is on the search path. Plugins that did not serve before do at once: nothing depends on them.
  /// - Returns: plugins whose files are not those that serve. A plugin whose files are gone goes on as it is.
  mutating func searched(_ found: Set<String>, retryRejected: Bool) -> [PluginChange] {
    present = found
    rejected = retryRejected ? [] : rejected.intersection(found)
    var changes: [PluginChange] = []
    for (id, builds) in onDisk.sorted(by: { $0.key < $1.key }) {
      guard let current = serving[id] else {
        serving[id] = builds
        continue
      }
      if builds != current { changes.append(PluginChange(pluginID: id, from: current, to: builds)) }
    }
    return changes
  }

  /// By plugin id, what lies on the search path and may serve.
  private var onDisk: [String: Set<String>] {
    entries.reduce(into: [:]) { builds, entry in
      let hash = entry.library.sha256
      if present.contains(hash), !rejected.contains(hash) { builds[entry.pluginID, default: []].insert(hash) }
    }
  }

  mutating func accept(_ change: PluginChange) { serving[change.pluginID] = change.to }

  mutating func reject(_ change: PluginChange) { rejected.formUnion(change.to.subtracting(change.from)) }

  // MARK: Choice

  /// What may be bound, in the order it was found.
  /// - Parameter change: taken as if it had been accepted.
  func offers(trying change: PluginChange? = nil) -> [Offer] {
    entries.flatMap { entry -> [Offer] in
      let builds = change?.pluginID == entry.pluginID ? change?.to : serving[entry.pluginID]
      guard builds?.contains(entry.library.sha256) == true else { return [] }
      return entry.library.providers.map { Offer(provider: $0, library: entry.library, image: entry.image, generation: entry.generation) }
    }
  }

  /// The newest generation among builds.
  func generation(of change: PluginChange) -> Int {
    entries.filter { change.to.contains($0.library.sha256) && $0.pluginID == change.pluginID }.map(\.generation).max() ?? 0
  }
}

/// Other builds of a plugin lie on the search path than those that serve. By SHA-256, lower-case hex.
package struct PluginChange: Sendable, Hashable {
  package let pluginID: String
  let from: Set<String>
  let to: Set<String>
}
