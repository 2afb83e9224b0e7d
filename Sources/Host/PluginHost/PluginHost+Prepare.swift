internal import NIOCore

extension PluginHost {
  /// What an instance is made of: checks the configuration and decides in which process the provider runs. One that runs in this process is tried out in a child
  /// first. On a thread of its own, because all of this takes its time.
  func prepare(_ spec: BindingSpec, _ offer: PluginCatalog.Offer) async -> Result<ProviderTable, PluginHostError> {
    await withCheckedContinuation { continuation in
      let isStarted = HostThread.start("smg-prepare") {
        do throws(PluginHostError) {
          continuation.resume(returning: .success(try self.table(spec, offer)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
      if !isStarted { continuation.resume(returning: .failure(.unavailable(reason: "no thread to check a configuration on"))) }
    }
  }

  private func table(_ spec: BindingSpec, _ offer: PluginCatalog.Offer) throws(PluginHostError) -> ProviderTable {
    if let problems = ConfigurationCheck.problems(spec.configJSON, schema: offer.listing.configSchemaJSON) {
      throw .invalidConfiguration(binding: spec.bindingName, provider: spec.provider, problems: problems)
    }
    if let rules = spec.mode.sandbox(isBuiltIn: offer.library.isBuiltIn) { return isolated(spec, offer, rules) }
    if settings.probeCreate, !offer.library.isBuiltIn {
      let child = DescriberProcess(settings: settings, image: offer.image)
      if let reason = child.tryCreate(spec.kind, spec.provider, config: spec.configJSON, timeout: spec.createTimeout) {
        throw .createFailed(binding: spec.bindingName, provider: spec.provider, reason: reason)
      }
    }
    do throws(PluginRefusal) {
      return try inProcess(offer)
    } catch {
      throw .createFailed(binding: spec.bindingName, provider: spec.provider, reason: "\(error)")
    }
  }

  /// Tables that stand for those of a provider in a process of its own.
  private func isolated(_ spec: BindingSpec, _ offer: PluginCatalog.Offer, _ rules: SandboxRules) -> ProviderTable {
    if offer.listing.flags.contains(.network), !rules.mayUseNetwork {
      log.warning(
        "the plugin says that it opens sockets, which its process may not",
        ["binding": spec.bindingName, "plugin": offer.listing.pluginID, "fix": "if it needs them, set \"sandbox\": {\"network\": true}"])
    }
    return ProviderTable(
      isolating: offer.provider, isBuiltIn: offer.library.isBuiltIn,
      plan: IsolationPlan(
        image: offer.image, runnerPath: settings.describerPath, sandbox: rules, createTimeout: spec.createTimeout,
        threads: settings.concurrencyPerInstance, clock: settings.restartClock))
  }

  /// The provider's own tables. Its library comes into this process here, unless it is there already.
  private func inProcess(_ offer: PluginCatalog.Offer) throws(PluginRefusal) -> ProviderTable {
    let library: LoadedLibrary
    if let known = loaded(offer.library.sha256) {
      library = known
    } else {
      // Two threads that come here at once get the same library twice: it is loaded once.
      library = try LoadedLibrary(offer.library, offer.image)
      keep(library)
      log.info(
        "plugin loaded into the gateway's process",
        ["plugin": offer.listing.pluginID, "path": offer.listing.path, "sha256": offer.listing.sha256])
    }
    let listing = offer.listing
    guard let table = library.providers.first(where: { $0.listing.kind == listing.kind && $0.listing.name == listing.name }) else {
      throw PluginRefusal(path: listing.path, rule: .describe, reason: "no longer offers \"\(listing.name)\"", fix: "do not use it")
    }
    return table
  }
}
