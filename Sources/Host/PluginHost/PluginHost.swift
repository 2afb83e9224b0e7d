package import Egress
package import NIOCore
internal import Synchronization

/// Finds plugins, loads them, and makes instances of the providers that the configuration names.
package final class PluginHost: Sendable {
  private struct State {
    var runtime: PluginRuntime?
    var libraries: [(library: LoadedLibrary, image: SealedImage)] = []
    var refusals: [PluginRefusal] = []
    var searched: [String] = []
    var instances: [PluginInstance] = []
    var isShutDown = false
  }

  private let settings: PluginSettings
  private let directory: any DirectorySource
  private let egress: EgressClient
  private let log: Log
  private let metrics: any PluginMetricsSink
  private let state = Mutex(State())

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

  // MARK: Libraries

  /// Searches the folders and loads what passes every check. A file that does not is a refusal, logged and kept in `refusals`, and does not stop the
  /// others. May be called again: new files are loaded beside the old ones. Waits for child processes, so not on an event loop.
  package func load() throws(PluginHostError) {
    _ = try runtime()
    if settings.trust == .any {
      log.warning(
        "plugins.trust is \"any\": every library on the search path is loaded", ["path": settings.searchPaths.joined(separator: ":")])
    }
    var refusals: [PluginRefusal] = []
    for path in settings.searchPaths {
      do throws(PluginRefusal) {
        try load(folder: path, &refusals)
      } catch {
        refusals.append(error)
      }
    }
    for refusal in refusals {
      log.warning("plugin refused: \(refusal.reason)", ["path": refusal.path, "rule": refusal.rule.rawValue, "fix": refusal.fix])
    }
    state.withLock { state in
      state.refusals = refusals
      state.searched = settings.searchPaths
    }
  }

  private func load(folder path: String, _ refusals: inout [PluginRefusal]) throws(PluginRefusal) {
    let folder = try Folder.open(path)
    for name in try folder.libraries() {
      let known = state.withLock { state in Set(state.libraries.map { $0.library.sha256 }) }
      do throws(PluginRefusal) {
        guard case .loaded(let library, let image) = try LibraryLoader(settings: settings, log: log, known: known).load(name, in: folder)
        else { continue }
        state.withLock { $0.libraries.append((library, image)) }
      } catch {
        refusals.append(error)
      }
    }
  }

  /// Everything the loaded libraries offer, in the order they were found.
  package var providers: [ProviderListing] { state.withLock { $0.libraries.flatMap { $0.library.providers.map(\.listing) } } }

  /// What `load` would not take, and why.
  package var refusals: [PluginRefusal] { state.withLock { $0.refusals } }

  /// Instances that have not been retired by `shutdown`, with their counters, for status output.
  package var instances: [PluginInstance] { state.withLock { $0.instances } }

  // MARK: Instances

  /// Creates an instance of the provider that the binding names.
  /// - Throws: `unknownProvider`, `ambiguousProvider`, `invalidConfiguration`, `createFailed`, `unavailable`.
  package func bind(_ spec: BindingSpec) async throws(PluginHostError) -> PluginInstance {
    let runtime = try runtime()
    let (table, image) = try select(spec)
    if let error = await prepare(spec, table, image) { throw error }
    let core = InstanceCore(
      binding: spec.bindingName, table: table, runtime: runtime, trustInline: spec.trustInline,
      log: log.scoped("plugin.\(spec.bindingName)"),
      metrics: metrics, directory: directory, egress: spec.egress)
    if let reason = await core.createOnPool(spec.configJSON, timeout: spec.createTimeout) {
      throw .createFailed(binding: spec.bindingName, provider: spec.provider, reason: reason)
    }
    let instance = PluginInstance(core)
    state.withLock { state in
      state.instances.removeAll { $0.core.currentPhase == .closed }
      state.instances.append(instance)
    }
    return instance
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

  private func runtime() throws(PluginHostError) -> PluginRuntime {
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

  private func select(_ spec: BindingSpec) throws(PluginHostError) -> (ProviderTable, SealedImage) {
    let (libraries, refusals, searched) = state.withLock { ($0.libraries, $0.refusals, $0.searched) }
    let offers = libraries.flatMap { entry in entry.library.providers.map { (table: $0, image: entry.image) } }
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
