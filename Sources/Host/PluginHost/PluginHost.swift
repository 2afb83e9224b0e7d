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
    fileprivate var instances: [InstanceCore] = []
    fileprivate var isShutDown = false
  }

  let settings: PluginSettings
  private let directory: any DirectorySource
  private let egress: EgressClient
  let log: Log
  private let metrics: any PluginMetricsSink
  let state = Mutex(State())

  /// - Parameter egress: carries what plugins send; whoever makes it shuts it down, after this host.
  package init(
    settings: PluginSettings, directory: any DirectorySource, egress: EgressClient, log: Log, metrics: any PluginMetricsSink
  ) {
    self.settings = settings
    self.directory = directory
    self.egress = egress
    self.log = log
    self.metrics = metrics
  }

  /// Everything that can be bound, in the order it was found.
  package var providers: [ProviderListing] { state.withLock { $0.catalog.offers().map(\.table.listing) } }

  /// What the last search would not take, and why.
  package var refusals: [PluginRefusal] { state.withLock { $0.refusals } }

  /// Instances that have not ended, with their counters, for status output.
  package var instances: [InstanceReport] {
    state.withLock { $0.instances.filter { $0.currentPhase != .closed } }.map { InstanceReport($0) }
  }

  // MARK: Instances

  /// The build that `bind` would make an instance of: SHA-256, lower-case hex.
  /// - Throws: `unknownProvider`, `ambiguousProvider`.
  package func build(for spec: BindingSpec, trying change: PluginChange? = nil) throws(PluginHostError) -> String {
    try select(spec, change).table.listing.sha256
  }

  /// Creates an instance of the provider that the binding names.
  /// - Parameter change: other builds of a plugin, to be tried as if they served already.
  /// - Throws: `unknownProvider`, `ambiguousProvider`, `invalidConfiguration`, `createFailed`, `unavailable`.
  package func bind(_ spec: BindingSpec, trying change: PluginChange? = nil) async throws(PluginHostError) -> PluginInstance {
    let runtime = try runtime()
    let offer = try select(spec, change)
    let table = offer.table
    if let error = await prepare(spec, table, offer.image) { throw error }
    let core = InstanceCore(
      binding: spec.bindingName, table: table, generation: offer.generation, runtime: runtime, trustInline: spec.trustInline,
      log: log.scoped("plugin.\(spec.bindingName)"),
      metrics: metrics, directory: directory, egress: spec.egress)
    if let reason = await core.createOnPool(spec.configJSON, timeout: spec.createTimeout) {
      throw .createFailed(binding: spec.bindingName, provider: spec.provider, reason: reason)
    }
    state.withLock { state in
      state.instances.removeAll { $0.currentPhase == .closed }
      state.instances.append(core)
    }
    return PluginInstance(core)
  }

  /// Retires every instance and ends the threads. Libraries stay loaded.
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
      let listing = offer.table.listing
      return listing.kind == spec.kind && listing.name == spec.provider && (spec.plugin == nil || listing.pluginID == spec.plugin)
    }
    guard let match = matches.first else {
      throw .unknownProvider(
        kind: spec.kind, name: spec.provider, plugin: spec.plugin, found: offers.map(\.table.listing), searched: searched, refused: refusals
      )
    }
    guard matches.count == 1 else {
      throw .ambiguousProvider(kind: spec.kind, name: spec.provider, candidates: matches.map(\.table.listing))
    }
    return match
  }

  /// Checks the configuration and tries the creation in a child, on a thread of its own because both take their time.
  /// - Returns: why the instance must not be created.
  private func prepare(_ spec: BindingSpec, _ table: ProviderTable, _ image: SealedImage) async -> PluginHostError? {
    let child = settings.probeCreate && !table.isBuiltIn ? DescriberProcess(settings: settings, image: image) : nil
    return await withCheckedContinuation { continuation in
      let isStarted = HostThread.start("smg-prepare") {
        continuation.resume(returning: Self.prepare(spec, schema: table.listing.configSchemaJSON, child))
      }
      if !isStarted { continuation.resume(returning: .unavailable(reason: "no thread to check a configuration on")) }
    }
  }

  private static func prepare(_ spec: BindingSpec, schema: [UInt8], _ child: DescriberProcess?) -> PluginHostError? {
    if let problems = ConfigurationCheck.problems(spec.configJSON, schema: schema) {
      return .invalidConfiguration(binding: spec.bindingName, provider: spec.provider, problems: problems)
    }
    guard let reason = child?.tryCreate(spec.kind, spec.provider, config: spec.configJSON, timeout: spec.createTimeout) else { return nil }
    return .createFailed(binding: spec.bindingName, provider: spec.provider, reason: reason)
  }
}
