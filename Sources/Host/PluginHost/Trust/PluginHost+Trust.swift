internal import NIOPosix
internal import Synchronization

extension PluginHost {
  /// Takes a document into effect by which other libraries are trusted. They are searched for first, since it may name what they offer. If it does not take
  /// effect, only what both documents trust is loaded until the next: a key that was revoked in vain does not let anything in.
  func trusting<Result>(_ new: PluginTrust, insteadOf old: PluginTrust, _ adopt: () async throws -> Result) async throws -> Result {
    use([new])
    do {
      if new != old { try await NIOThreadPool.singleton.runIfActive { _ = try self.load() } }
      return try await adopt()
    } catch {
      use(new == old ? [new] : [new, old], tells: false)
      throw error
    }
  }

  /// Which libraries may be loaded from now on: what serves goes on, since it cannot be taken out of the process, and the log says which of it would be refused now.
  /// Several, while it is not certain which will be in effect: then all have to allow a library.
  func use(_ trusts: [PluginTrust], tells: Bool = true) {
    let rules = trusts.map { LibraryTrust(trust: $0, builtIn: settings.trustedInlineHashes) }
    let isChanged = state.withLock { state in
      defer { state.rules = rules }
      return state.rules != rules
    }
    guard isChanged, tells else { return }
    for report in instances where !report.isDraining {
      guard let refusal = distrust(of: report.listing) else { continue }
      log.error(
        "A plugin that is in use is not trusted any more; it goes on until the gateway is restarted, which will refuse it",
        [
          "binding": report.bindingName, "plugin": report.listing.pluginID, "rule": refusal.rule.rawValue, "reason": refusal.reason,
          "fix": refusal.fix,
        ])
    }
  }

  /// - Throws: why no new instance may be made of a library that is loaded.
  func requireTrust(in listing: ProviderListing) throws(PluginRefusal) {
    let (rules, ground) = state.withLock { ($0.rules, $0.catalog.grounds[listing.sha256] ?? .any) }
    for rule in rules { try rule.judge(ground, sha256: listing.sha256, path: listing.path) }
  }

  /// Why a library that is loaded would not be loaded now.
  func distrust(of listing: ProviderListing) -> PluginRefusal? {
    do throws(PluginRefusal) {
      try requireTrust(in: listing)
      return nil
    } catch { return error }
  }
}
