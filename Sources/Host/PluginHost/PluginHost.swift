package import Egress
package import NIOCore
internal import Synchronization

/// Finds plugins, loads them, and makes instances of the providers that the configuration names.
package final class PluginHost: Sendable {
  struct State {
    fileprivate var runtime: PluginRuntime?
    var catalog = PluginCatalog()
    var refusals: [PluginRefusal] = []
    var searched: [String] = []
    /// Which libraries may be loaded: all of them have to allow it.
    var rules: [LibraryTrust]
    var instances: [InstanceCore] = []
    /// What instances did that have ended.
    var ended: [BindingActivity.Binding: BindingActivity] = [:]
    fileprivate var isShutDown = false
  }

  let settings: PluginSettings
  private let directory: any DirectorySource
  private let egress: EgressClient
  let log: Log
  private let metrics: any PluginMetricsSink
  let state: Mutex<State>
  /// By SHA-256, the libraries in this process, for good.
  private let loaded = Mutex<[String: LoadedLibrary]>([:])

  /// - Parameter egress: carries what plugins send; whoever makes it shuts it down, after this host.
  package init(
    settings: PluginSettings, directory: any DirectorySource, egress: EgressClient, log: Log, metrics: any PluginMetricsSink
  ) {
    self.settings = settings
    self.directory = directory
    self.egress = egress
    self.log = log
    self.metrics = metrics
    state = Mutex(State(rules: [LibraryTrust(trust: settings.trust, builtIn: settings.trustedInlineHashes)]))
  }

  /// Everything that can be bound, in the order it was found.
  package var providers: [ProviderListing] { state.withLock { $0.catalog.offers().map(\.listing) } }

  /// What the last search would not take, and why.
  package var refusals: [PluginRefusal] { state.withLock { $0.refusals } }

  /// Instances that have not ended, with their counters, for status output.
  package var instances: [InstanceReport] {
    state.withLock { $0.instances.filter { $0.currentPhase != .closed } }.map { core in
      var report = InstanceReport(core)
      report.ground = state.withLock { $0.catalog.grounds[core.table.listing.sha256] ?? .any }
      report.distrust = distrust(of: core.table.listing)
      return report
    }
  }

  // MARK: Instances

  /// The build that `bind` would make an instance of: SHA-256, lower-case hex.
  /// - Throws: `unknownProvider`, `ambiguousProvider`.
  package func build(for spec: BindingSpec, trying change: PluginChange? = nil) throws(PluginHostError) -> String {
    try select(spec, change).listing.sha256
  }

  /// Creates an instance of the provider that the binding names.
  /// - Parameter change: other builds of a plugin, to be tried as if they served already.
  /// - Throws: `unknownProvider`, `ambiguousProvider`, `invalidConfiguration`, `createFailed`, `unavailable`.
  package func bind(_ spec: BindingSpec, trying change: PluginChange? = nil) async throws(PluginHostError) -> PluginInstance {
    let runtime = try runtime()
    let offer = try select(spec, change)
    do throws(PluginRefusal) { try requireTrust(in: offer.listing) } catch {
      throw .untrusted(binding: spec.bindingName, provider: spec.provider, refusal: error)
    }
    let table = try await prepare(spec, offer).get()
    let core = InstanceCore(
      binding: spec.bindingName, table: table, generation: offer.generation, runtime: runtime, trustInline: spec.trustInline,
      log: log.scoped("plugin.\(spec.bindingName)"),
      metrics: metrics, directory: directory, egress: spec.egress)
    if let reason = await core.createOnPool(spec.configJSON, timeout: spec.createTimeout) {
      throw .createFailed(binding: spec.bindingName, provider: spec.provider, reason: reason)
    }
    state.withLock { state in
      state.forgetEnded()
      state.instances.append(core)
    }
    return PluginInstance(core)
  }

  /// Retires every instance and ends the threads. What is loaded stays loaded.
  package func shutdown(deadline: NIODeadline) async {
    let (instances, runtime) = state.withLock { state in
      state.isShutDown = true
      defer { state.instances = [] }
      return (state.instances, state.runtime)
    }
    await withTaskGroup(of: Void.self) { group in
      for instance in instances { group.addTask { await instance.retire(deadline: deadline) } }
    }
    runtime?.stop()
  }

  /// A library that is in this process now.
  func keep(_ library: LoadedLibrary) { loaded.withLock { $0[library.found.sha256] = library } }

  func loaded(_ sha256: String) -> LoadedLibrary? { loaded.withLock { $0[sha256] } }

  func runtime() throws(PluginHostError) -> PluginRuntime {
    let result = state.withLock { state -> Result<PluginRuntime, PluginHostError> in
      if state.isShutDown { return .failure(.unavailable(reason: "the plugin host is shut down")) }
      if let runtime = state.runtime { return .success(runtime) }
      do throws(PluginHostError) {
        let runtime = try PluginRuntime(settings: settings, egress: egress)
        state.runtime = runtime
        return .success(runtime)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func select(_ spec: BindingSpec, _ change: PluginChange?) throws(PluginHostError) -> PluginCatalog.Offer {
    let (offers, refusals, searched) = state.withLock { ($0.catalog.offers(trying: change), $0.refusals, $0.searched) }
    let matches = offers.filter { offer in
      let listing = offer.listing
      return listing.kind == spec.kind && listing.name == spec.provider && (spec.plugin == nil || listing.pluginID == spec.plugin)
    }
    guard let match = matches.first else {
      throw .unknownProvider(
        kind: spec.kind, name: spec.provider, plugin: spec.plugin, found: offers.map(\.listing), searched: searched, refused: refusals
      )
    }
    guard matches.count == 1 else {
      throw .ambiguousProvider(kind: spec.kind, name: spec.provider, candidates: matches.map(\.listing))
    }
    return match
  }
}
