internal import JSON
internal import Synchronization

/// The plugins of a gateway that serves, for administrators.
package struct LivePlugins: Sendable {
  private let host: PluginHost
  private let reloads: PluginReloads

  init(host: PluginHost, reloads: PluginReloads) {
    self.host = host
    self.reloads = reloads
  }

  var instances: [InstanceReport] { host.instances }

  /// Looks for new builds, and takes them into use.
  /// - Parameter name: file name or id of a library, or the name of a provider; nil: all.
  func reload(_ name: String?) async throws -> Answer {
    let outcomes: [PluginReloads.Outcome]
    do { outcomes = try await reloads.reload(name, isAsked: true) } catch let error as PluginHostError {
      throw GatewayError(.unavailable, "The plugin folders cannot be searched: \(error).")
    }
    let refusals = host.refusals.filter { name == nil ? host.isUsed($0.path) : host.isNamed(name ?? "", $0.path) }
    if let name, outcomes.isEmpty, refusals.isEmpty, host.pluginID(named: name) == nil { throw unknown(name) }
    let failed = outcomes.filter { $0.failure != nil }
    let isBad = !failed.isEmpty || !refusals.isEmpty
    return Answer(
      [
        "reloaded": .array(
          outcomes.filter { $0.failure == nil }.map { ["plugin": .string($0.pluginID), "generation": .int($0.generation)] }),
        "failed": .array(
          failed.map { ["plugin": .string($0.pluginID), "generation": .int($0.generation), "reason": .string($0.failure ?? "")] }),
        "refused": .array(refusals.map(\.document)),
      ], message: message(outcomes.count - failed.count, failed.count, refusals.count), isBad: isBad)
  }

  private func message(_ reloaded: Int, _ failed: Int, _ refused: Int) -> String {
    if failed + refused > 0 {
      return "\(reloaded) reloaded; \(failed) could not take over, and \(refused) files were refused: the builds in use go on."
    }
    return reloaded == 0 ? "No new build lies there; nothing changed." : "\(reloaded) reloaded."
  }

  private func unknown(_ name: String) -> GatewayError {
    let known = host.providers.flatMap { [$0.pluginID, $0.name, FilePath.name(of: $0.path)] }
    return GatewayError(
      .configurationInvalid, "The gateway has no plugin '\(Fields.shown(name))'.",
      suggestions: [
        Suggestion.didYouMean(name, among: known).map { "\($0.prefix(1).uppercased())\($0.dropFirst())" } ?? "`plugin list` shows them."
      ])
  }
}

extension PluginHost {
  /// The plugin of this id, with a provider of this name, or from a file of this name.
  func pluginID(named name: String) -> String? {
    state.withLock { state in
      state.catalog.entries.last { entry in
        entry.pluginID == name || FilePath.name(of: entry.library.path) == name
          || entry.library.providers.contains { $0.listing.name == name }
      }?.pluginID
    }
  }

  /// A plugin that was loaded from this path is in use.
  func isUsed(_ path: String) -> Bool { instances.contains { !$0.isDraining && $0.listing.path == path } }

  /// The name is that of the file, or of a plugin that was loaded from it.
  func isNamed(_ name: String, _ path: String) -> Bool {
    if FilePath.name(of: path) == name { return true }
    guard let id = pluginID(named: name) else { return false }
    return state.withLock { $0.catalog.entries.contains { $0.pluginID == id && $0.library.path == path } }
  }
}

extension PluginRefusal {
  var document: JSONValue {
    ["file": .string(path), "rule": .string(rule.rawValue), "reason": .string(reason), "fix": .string(fix)]
  }
}
